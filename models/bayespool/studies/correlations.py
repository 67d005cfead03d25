"""Correlations as reported: one validated, frozen class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from bayespool.studies.censoring import censored_estimate
from bayespool.studies.columns import recognise
from bayespool.studies.counts import Fault, as_count, problem_at
from bayespool.studies.measures import measure_named
from bayespool.studies.numbers import as_number
from bayespool.studies.partial import Partial, RowReader, read_kinds
from bayespool.studies.problems import Problem
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.spellings import CORRELATION
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

# Fisher's z has variance 1 / (n - 3).
SMALLEST = 4


@dataclass(frozen=True, eq=False, repr=False)
class Correlations(Rows):
    """Correlation coefficients and the people they rest on, one per row.

    Build one with `from_table`, which checks everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    r
        Correlation in (-1, 1), float, shape (n_rows,), read-only.
    n
        People, int64, at least 4.
    covariates
        Every other column under its own header, one value per row.
    partial
        What a row states that is no correlation (r is then not a number): a P value. None for a
        full row.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "correlations and people"
    ARRAYS: ClassVar[Mapping[str, type]] = {"r": float, "n": np.int64}
    TUPLES: ClassVar[tuple[str, ...]] = ("partial",)
    PEOPLE: ClassVar[tuple[str, ...]] = ("n",)

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    r: NDArray[np.float64]
    n: NDArray[np.int64]
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    partial: tuple[Partial | None, ...] = ()
    file: str = IN_MEMORY
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_table(
        cls, table: TableSource, name: str | None = None, **reading: Unpack[Reading]
    ) -> Self:
        """Read and validate a table with columns r (ri, cor, correlation) and n (ni, ...).

        A column ``kind`` marks rows told by their P value alone: ``censored`` (p such as ns or
        <0.001, alpha, direction; n).

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        kinds = read_kinds(read_table(table, **reading), ("censored",))
        read = kinds.table
        recognised = recognise(read, CORRELATION)
        problems: list[Problem] = []
        values: dict[str, list[float]] = {}
        for role, parse in (("r", _correlation), ("n", _size)):
            index = recognised.roles.get(role)
            if index is None:
                allowed = f"allowed is r with n; {read.found}"
                problems.append(Problem(read.file, None, role, f"missing column {role}", allowed))
                continue
            values[role] = []
            for row, (cells, texts) in enumerate(zip(read.rows, read.texts, strict=True)):
                if role == "r" and kinds.kinds[row]:
                    values[role].append(float("nan"))
                    continue
                value = parse(read.columns[index], cells[index], texts[index])
                if isinstance(value, tuple):
                    problems.append(problem_at(read, row, index, value))
                else:
                    values[role].append(value)
        partial = tuple(
            censored_estimate(RowReader(read, row, problems), "cor") if kind else None
            for row, kind in enumerate(kinds.kinds)
        )
        shared = shared_fields(read, recognised, name, problems)
        return cls(**shared, partial=partial, r=np.array(values["r"]), n=np.array(values["n"]))

    def as_effects(self, measure: str) -> "Effects":
        return self.effects(measure)

    def effects(self, measure: str = "cor") -> "Effects":
        """Fisher's z and its standard error of every row; the only measure is ``cor``."""
        from bayespool.numerics import effects
        from bayespool.studies.effects import Effects

        measure_named(measure, ("cor",))
        estimate, se = effects.fisher_z(self.r, self.n)
        how = tuple("r and n" if said is None else said.says for said in self.partial)
        return Effects(
            **self._shared(),
            measure=measure,
            estimate=estimate,
            se=se,
            how=how,
            approximated=tuple(self.is_partial.tolist()),
        )


def _correlation(name: str, value: object, text: str) -> float | Fault:
    if value is None:
        return f"{name} is blank", "a correlation is a number with -1 < r < 1"
    number = as_number(name, value, text)  # type: ignore[arg-type]
    if isinstance(number, float) and not -1 < number < 1:
        return f"{name}={text} is no correlation", f"-1 < {name} < 1"
    return number


def _size(name: str, value: object, text: str) -> float | Fault:
    n = as_count(name, value, text)  # type: ignore[arg-type]
    if isinstance(n, int) and n < SMALLEST:
        return f"{name}={n} gives no standard error", f"{name} is {SMALLEST} or more"
    return n
