"""Two groups and an event, as counted: one validated, frozen class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.columns import recognise
from bayespool.studies.compound import with_counts_apart
from bayespool.studies.contradictions import rates_against_counts
from bayespool.studies.counts import read_counts
from bayespool.studies.measures import OF_COUNTS, measure_named
from bayespool.studies.partial import Partial, RowReader, read_kinds
from bayespool.studies.partial_arms import (
    KINDS,
    central_estimate,
    intervals_of_tables,
    says_nothing,
    statement,
)
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.spellings import ARM_1, ARM_2, ARMS
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

Counts = NDArray[np.int64]
ARM_COUNTS = ("e1", "n1", "e2", "n2")


ADD_LEGAL = "allowed is add=0.5, or an exact model of the counts"


class CountEffects(NamedTuple):
    """Effects of counts, one value per row; ``usable`` where there is an estimate with an SE.

    ``empty`` rows say nothing of the measure and have no estimate; their standard error is that
    with 1/2 in every cell.
    """

    estimate: NDArray[np.float64]
    se: NDArray[np.float64]
    usable: NDArray[np.bool_]
    empty: NDArray[np.bool_]
    approximated: tuple[bool, ...]
    how: tuple[str, ...]


def check_add(add: float | None) -> None:
    """Raise ``ValueError`` unless ``add`` is None or a positive number."""
    if add is not None and not 0 < add < float("inf"):
        raise ValueError(f"add={add!r}: allowed is a positive number such as 0.5, or None")


def effects_of_counts(
    measure: str, e1: Counts, n1: Counts, e2: Counts, n2: Counts, add: float | None
) -> CountEffects:
    """Effects of counts; ``add`` goes to all cells of the tables with a zero cell.

    Where nobody or everybody has the event, a ratio has no estimate whatever is added: it would be
    one of the sizes of the groups (Cochrane Handbook, section 10.4.4.2). The risk difference is 0
    there, for the same reason without what is added; its standard error needs it.
    """
    from bayespool.numerics import effects

    function = {
        "or": effects.log_odds_ratio,
        "rr": effects.log_risk_ratio,
        "rd": effects.risk_difference,
    }[measure]
    estimate, se = function(e1, n1, e2, n2, add=add or 0.0)
    alike, empty = (e1 + e2 == 0) | (e1 + e2 == n1 + n2), (n1 == 0) | (n2 == 0)
    if measure_named(measure).is_ratio:
        empty |= alike
    estimate = np.where(empty, np.nan, np.where(alike, 0.0, estimate))
    se = np.where(empty, function(e1, n1, e2, n2, add=0.5).se, se)
    usable = np.isfinite(estimate) & np.isfinite(se) & (se > 0)
    zero = ~empty & np.logical_or.reduce([cell == 0 for cell in (e1, n1 - e1, e2, n2 - e2)])
    corrected = tuple(bool(z and add) for z in zero)
    how = tuple(f"counts + {add:g} (zero cell)" if c else "counts" for c in corrected)
    return CountEffects(estimate, se, usable, empty, corrected, how)


@dataclass(frozen=True, eq=False, repr=False)
class ArmCounts(Rows):
    """Events and people of two groups, one comparison per row.

    Group 1 is treated, exposed or has the finding; group 2 is its control. Build one with
    `from_table` or `from_counts`, which check everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    e1, n1, e2, n2
        People with the event and all people of each group, int64, shape (n_rows,), read-only. Zeros
        stand as they are, never corrected.
    covariates
        Every other column under its own header, one value per row.
    partial
        What a row states that is no full table (its counts are then those of the possible table in
        the middle); None for a row with its counts.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "events and people of two groups"
    ARRAYS: ClassVar[Mapping[str, type]] = dict.fromkeys(ARM_COUNTS, np.int64)
    COUNTED: ClassVar[Mapping[str, tuple[str, str]]] = {
        "group 1": ("e1", "n1"), "group 2": ("e2", "n2"),
    }  # fmt: skip
    PEOPLE: ClassVar[tuple[str, ...]] = ("n1", "n2")
    TUPLES: ClassVar[tuple[str, ...]] = ("partial",)

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    e1: Counts
    n1: Counts
    e2: Counts
    n2: Counts
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    partial: tuple[Partial | None, ...] = ()
    file: str = IN_MEMORY
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_table(
        cls, table: TableSource, name: str | None = None, **reading: Unpack[Reading]
    ) -> Self:
        """Read and validate a table.

        Parameters
        ----------
        table
            Path, data frame or mapping of columns. Each group is given as events and people
            (e1, n1, e2, n2; events_treated, total_treated, ...), as events and people without it
            (a, b, c, d of finding by outcome; ai, bi, ci, di), or as a printed risk and people. A
            column ``kind`` marks rows that are no full table: ``rates`` (risk1, risk2 as printed,
            n1, n2), ``candidate`` (several rows, one of which is right, with ``weight``),
            ``censored`` (p such as ns or <0.001, alpha, direction, p_test; n1 and n2, or n; events
            of both groups).
        name
            Short name; the file's stem if None.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = with_counts_apart(read_table(table, **reading), ARMS, (ARM_1, ARM_2))
        kinds = read_kinds(read, KINDS)
        counted = kinds.plain or "candidate" in kinds.kinds
        recognised = recognise(kinds.table, ARMS, (ARM_1, ARM_2) if counted else ())
        problems = []
        rows: dict[int, tuple[int, ...]] = {}
        if kinds.plain:
            part = kinds.table.take(kinds.plain)
            counts, found = read_counts(part, recognised, every_group=True)
            problems += found
            if len(counts) == len(ARM_COUNTS):
                cells = zip(*(counts[c] for c in ("e1", "none1", "e2", "none2")), strict=True)
                rows |= {
                    row: (a, a + b, c, c + d)
                    for row, (a, b, c, d) in zip(kinds.plain, cells, strict=True)
                }
        partial: list[Partial | None] = [None] * len(kinds.kinds)
        for row, kind in enumerate(kinds.kinds):
            said = statement(kinds, row, recognised, problems) if kind else None
            if said is not None and not said.tables:
                reader = RowReader(kinds.table, row, problems)
                reader.fault("p", f"no table was found for {said.says}",
                             "a narrower design (n1, n2, events), or the normal model")  # fmt: skip
            elif said is not None:
                partial[row], rows[row] = said, said.central
        full = {row: cells for row, cells in rows.items() if partial[row] is None}
        by_role = {row: {"e1": a, "none1": n - a, "e2": c, "none2": m - c}
                   for row, (a, n, c, m) in full.items()}  # fmt: skip
        warned = rates_against_counts(kinds.table, ARMS, (ARM_1, ARM_2), by_role)
        shared = shared_fields(kinds.table, recognised, name, problems, full, warned)
        columns = np.array([rows[row] for row in range(len(kinds.kinds))], dtype=np.int64).T
        return cls(**shared, partial=tuple(partial), **dict(zip(ARM_COUNTS, columns, strict=True)))

    @classmethod
    def from_counts(
        cls,
        study: Sequence[object],
        e1: ArrayLike,
        n1: ArrayLike,
        e2: ArrayLike,
        n2: ArrayLike,
        **covariates: Sequence[object],
    ) -> Self:
        """The same checks for counts in memory; rows in messages count the header as row 1."""
        columns: dict[str, Sequence[object]] = {"study": study}
        for name, values in {"e1": e1, "n1": n1, "e2": e2, "n2": n2}.items():
            columns[name] = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
        return cls.from_table(columns | covariates)

    @property
    def zero_cell(self) -> NDArray[np.bool_]:
        """Rows with a zero in one of the four cells, shape (n_rows,); of partial ones, the
        table in the middle."""
        cells = (self.e1, self.n1 - self.e1, self.e2, self.n2 - self.e2)
        return np.logical_or.reduce([cell == 0 for cell in cells])

    @property
    def no_contrast(self) -> NDArray[np.bool_]:
        """Complete rows in which nobody or everybody has the event, shape (n_rows,)."""
        events, people = self.e1 + self.e2, self.n1 + self.n2
        return ((events == 0) | (events == people)) & ~self.is_partial

    def as_effects(self, measure: str) -> "Effects":
        return self.effects(measure, add=0.5)

    def effects(self, measure: str, add: float | None = None) -> "Effects":
        """Estimate and standard error of every row: an approximation that exact models do not need.

        Parameters
        ----------
        measure
            ``or``, ``rr`` or ``rd``.
        add
            Added to all four cells of the tables with a zero cell, which are then flagged as
            approximated; 0.5 is the usual choice. None adds nothing.

        Raises
        ------
        ValueError
            Another measure, or ``add`` not positive.
        TableError
            Without ``add``, a zero cell allows no estimate or no standard error.
        """
        from bayespool.studies.effects import Effects

        label = measure_named(measure, OF_COUNTS).analysis_label
        check_add(add)
        effect = effects_of_counts(measure, self.e1, self.n1, self.e2, self.n2, add)
        estimate, se = effect.estimate.copy(), effect.se.copy()
        usable, how = effect.usable.copy(), list(effect.how)
        partial = list(self.partial)
        for row, said in enumerate(partial):
            if said is None:
                if effect.empty[row]:
                    e1, n1, e2, n2 = (int(getattr(self, name)[row]) for name in ARM_COUNTS)
                    nothing = says_nothing(e1, n1, e2, n2, float(se[row]))
                    partial[row], how[row], usable[row] = nothing, nothing.says, True
                continue
            if said.kind == "censored" and measure != "or":
                raise ValueError(
                    f"{self.file}: {self.row[row]} is told by its P value; as an effect it is one "
                    f"of odds ratios, not of {measure}; allowed: measure='or', or an exact model"
                )
            intervals = said.intervals or intervals_of_tables(said, measure, add)
            usable[row] = bool(intervals)
            if intervals:
                partial[row] = replace(said, intervals=intervals)
                estimate[row], se[row] = central_estimate(intervals)
                how[row] = said.says
        if not usable.all():
            raise TableError(
                Problem(self.file, None, None, f"{row}: a zero cell gives no {label}", ADD_LEGAL)
                for row, fine in zip(self.row, usable, strict=True)
                if not fine
            )
        every = zip(*(getattr(self, name).tolist() for name in ARM_COUNTS), strict=True)
        return Effects(
            **self._shared() | {"partial": tuple(partial)},
            measure=measure,
            estimate=estimate,
            se=se,
            adjusted=(False,) * len(self),
            approximated=tuple(
                a or p is not None for a, p in zip(effect.approximated, self.partial, strict=True)
            ),
            how=tuple(how),
            counts=tuple(every),
        )
