"""How a table is read, as options that the commands on tables share, and how it is spoken of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bayespool.cli.options import READING
from bayespool.progress import note

if TYPE_CHECKING:
    from bayespool.studies.tables import Reading


@Parameter(name="*", group=READING)
@dataclass(frozen=True)
class Read:
    """How the table is read, where it does not say so itself.

    Parameters
    ----------
    keep_row
        The label of a row that is a study although it looks like a total; repeat for more.
    sheet
        The sheet of a workbook; the first by default.
    column_map
        Which column plays a role, as ROLE=COLUMN, such as "tp=True pos" or "study=Paper"; repeat
        for more.
    comparison
        The comparison of a Cochrane review, by its number or name.
    outcome
        The outcome of a Cochrane review, by its number (2, or 1.2) or name.
    """

    keep_row: tuple[str, ...] = ()
    sheet: str | None = None
    column_map: Annotated[tuple[str, ...], Parameter(name="--map")] = ()
    comparison: str | None = None
    outcome: str | None = None

    def options(self) -> Reading:
        """For ``from_table``.

        Raises
        ------
        ValueError
            A mapping that is none.
        """
        columns: dict[str, str] = {}
        for text in self.column_map:
            role, separator, column = (part.strip() for part in text.partition("="))
            if not (role and separator and column):
                raise ValueError(f'--map "{text}": allowed is ROLE=COLUMN, as in "tp=True pos"')
            if role in columns:
                raise ValueError(f"--map: {role} is given twice")
            columns[role] = column
        return {
            "keep_rows": self.keep_row, "sheet": self.sheet, "column_map": columns,
            "comparison": self.comparison, "outcome": self.outcome,
        }  # fmt: skip


READ = Read()


def warn(studies: Any) -> Any:
    """The studies, once what is odd about their table has been said."""
    for sentence in studies.warnings:
        note(sentence)
    return studies


def table_text(rows: Iterable[Iterable[object]]) -> list[str]:
    """Rows as lines with aligned columns."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in texts]  # fmt: skip
