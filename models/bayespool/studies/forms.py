"""A row of published effects on its way to an estimate: its names, faults and result."""

from dataclasses import dataclass

from bayespool.studies.columns import Recognised
from bayespool.studies.tables import Table


@dataclass(frozen=True)
class EffectRow:
    """What one row comes to; fields as in `bayespool.studies.Effects`."""

    estimate: float
    se: float
    approximated: bool
    how: str
    adjusted: bool | None = None
    counts: tuple[int, int, int, int] | None = None


# (role, rule, legal)
RowFault = tuple[str | None, str, str]


class RowFaults(Exception):
    """Every fault of one row that could be found."""

    def __init__(self, *faults: RowFault) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True)
class RowNames:
    """Headers and texts of one row, for the messages."""

    table: Table
    recognised: Recognised
    row: int

    def header(self, role: str) -> str:
        index = self.recognised.roles.get(role)
        return role if index is None else self.table.columns[index]

    def text(self, role: str) -> str:
        index = self.recognised.roles.get(role)
        return "" if index is None else self.table.texts[self.row][index]

    def __call__(self, role: str) -> str:
        return f"{self.header(role)}={self.text(role)}"
