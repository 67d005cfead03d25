"""Effects as published: estimate and standard error, one validated, frozen class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.arms import ARM_COUNTS, ArmCounts, check_add
from bayespool.studies.bridge import BRIDGES
from bayespool.studies.effect_rows import (
    apart,
    contradictions_of_rows,
    read_mixed,
    recognise_effects,
)
from bayespool.studies.measures import OF_COUNTS, measure_named
from bayespool.studies.partial import Partial, read_kinds
from bayespool.studies.partial_arms import KINDS
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

FourCounts = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False, repr=False)
class Effects(Rows):
    """Estimates with standard errors on the scale of analysis, one result per row.

    Build one with `from_table` or `from_values`, which check everything, or with the ``effects``
    method of another shape.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    estimate, se
        Estimate and standard error, float, shape (n_rows,), read-only: of a ratio its logarithm, of
        a correlation Fisher's z, of a proportion its logit, else in the units of the measure.
    measure
        One of `bayespool.studies.measures.MEASURES`.
    adjusted
        Whether the estimate is adjusted for other variables; None where the table does not say.
    approximated
        Whether the row rests on more than its numbers: 1/2 added to a zero cell, a P value, a
        median, or an interval that is not symmetric about its estimate.
    how
        How each row was obtained, in words.
    counts
        (e1, n1, e2, n2) of the rows that were computed from counts, else None.
    pooled_sd
        Pooled standard deviation within the groups that mean differences were computed from, in
        the units of the outcome, over all rows of the table; None for other effects.
    covariates
        Every other column under its own header, one value per row.
    partial
        What a row states that is no estimate with its error: its estimate is then the mean of
        those possible, not a number where only limits are known. None for a full row.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "estimates with standard errors"
    of_effects: ClassVar[bool] = True
    ARRAYS: ClassVar[Mapping[str, type]] = {"estimate": float, "se": float}
    TUPLES: ClassVar[tuple[str, ...]] = ("adjusted", "approximated", "how", "counts", "partial")

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    estimate: NDArray[np.float64]
    se: NDArray[np.float64]
    measure: str = "generic"
    adjusted: tuple[bool | None, ...] = ()
    approximated: tuple[bool, ...] = ()
    how: tuple[str, ...] = ()
    counts: tuple[FourCounts | None, ...] = ()
    pooled_sd: float | None = None
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    partial: tuple[Partial | None, ...] = ()
    file: str = IN_MEMORY
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        measure_named(self.measure)
        defaults = {"adjusted": None, "approximated": False, "how": "as given", "counts": None}
        for name, default in defaults.items():
            if not getattr(self, name):
                object.__setattr__(self, name, (default,) * len(self.row))
        counts = tuple(None if four is None else tuple(four) for four in self.counts)
        object.__setattr__(self, "counts", counts)
        super().__post_init__()
        if not (np.isfinite(self.estimate) | self.is_partial).all():
            raise ValueError("estimate must be finite where nothing else is stated")
        if not np.isfinite(self.se).all():
            raise ValueError("se must be finite")
        if not (self.se > 0).all():
            raise ValueError("se must be above 0")

    @classmethod
    def from_table(
        cls,
        table: TableSource,
        measure: str = "generic",
        name: str | None = None,
        *,
        level: float = 95.0,
        add: float | None = 0.5,
        bridge: bool = False,
        **reading: Unpack[Reading],
    ) -> Self:
        """Read and validate a table whose rows may state their effects in different ways.

        Parameters
        ----------
        table
            Path, data frame or mapping of columns. Every row gives an estimate and its
            precision: a ratio as printed (column or, rr, hr, irr, ratio) or its logarithm (log_or,
            ..., estimate), another measure as it is analysed (md, smd, rd, estimate); with se (on
            the scale of analysis; se_log beside a ratio), or ci_low and ci_high (on the scale of
            the estimate; with level if it is not 95), or t or z, or an exact p; df makes the
            interval and p those of a t test. For or, rr and rd a row may give counts instead (see
            `bayespool.studies.ArmCounts.from_table`); counts win over a crude estimate of the same
            row, and an estimate marked ``adjusted`` wins over counts. A column ``kind`` marks rows
            that are no full result: ``censored`` (p such as ns or <0.001, alpha, direction, and se
            or the design: n1 and n2, or n; events for an odds ratio; sd for a mean difference), and
            for or, rr and rd also ``rates`` and ``candidate`` (see `ArmCounts.from_table`).
        measure
            ``or``, ``rr``, ``rd``, ``md``, ``smd``, ``rom``, ``cor``, ``hr``, ``irr``,
            ``proportion`` or ``generic``.
        name
            Short name; the file's stem if None.
        level
            Percent of the confidence intervals, where the row has no level.
        add
            Added to the cells of rows with a zero cell, which are flagged; None refuses such rows.
        bridge
            Take rows of kind ``smd`` among odds ratios, or ``or`` among standardised mean
            differences, times or divided by pi / sqrt(3) (Chinn 2000); they are flagged.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        ValueError
            Unknown measure, or a level or ``add`` that is none.
        TableError
            With every problem of the table's content, not only the first.
        """
        wanted = measure_named(measure)
        if not 50 <= level < 100:
            raise ValueError(f"level={level!r}: allowed is a percentage from 50 to below 100")
        check_add(add)
        allowed: tuple[str, ...] = KINDS if measure in OF_COUNTS else ("censored",)
        allowed += BRIDGES[measure][:1] if measure in BRIDGES else ()
        kinds = read_kinds(apart(read_table(table, **reading), wanted), allowed)
        recognised = recognise_effects(kinds.table, wanted)
        rows, partial, problems = read_mixed(kinds, recognised, wanted, level, add, bridge=bridge)
        full = {at: row.counts for at, row in enumerate(rows)
                if row.counts is not None and partial[at] is None}  # fmt: skip
        warned = contradictions_of_rows(kinds, recognised, wanted, level, rows)
        shared = shared_fields(kinds.table, recognised, name, problems, full, warned)
        return cls(
            **shared,
            partial=tuple(partial),
            estimate=np.array([row.estimate for row in rows]),
            se=np.array([row.se for row in rows]),
            measure=measure,
            adjusted=tuple(row.adjusted for row in rows),
            approximated=tuple(row.approximated for row in rows),
            how=tuple(row.how for row in rows),
            counts=tuple(row.counts for row in rows),
        )

    @classmethod
    def from_values(
        cls,
        study: Sequence[object],
        estimate: ArrayLike,
        se: ArrayLike,
        measure: str = "generic",
        **covariates: Sequence[object],
    ) -> Self:
        """The same checks for estimates in memory, given on the scale of analysis."""
        columns: dict[str, Sequence[object]] = {"study": study}
        for name, values in {"estimate": estimate, "se": se}.items():
            columns[name] = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
        return cls.from_table(columns | covariates, measure)

    def _described(self) -> str:
        return measure_named(self.measure).analysis_label

    @property
    def row_counts(self) -> tuple[FourCounts | None, ...]:
        return self.counts

    def as_effects(self, measure: str) -> Self:
        """These effects; they are of one measure and no other, but any may be taken as generic."""
        measure_named(measure, (self.measure, "generic"))
        return self

    def shown(self) -> tuple[np.ndarray, np.ndarray]:
        """Estimate and standard error of every row, of several possible tables those of its counts.

        Each of shape (n_rows,), on the scale of analysis; what is drawn is what is printed beside.
        """
        estimate, se = self.estimate.copy(), self.se.copy()
        for i in np.flatnonzero(self.is_partial):
            four = self.counts[i]
            if four is not None and self.measure in OF_COUNTS:
                table = ArmCounts.from_counts(["shown"], *([int(x)] for x in four))
                of_table = table.effects(self.measure, add=0.5)
                estimate[i], se[i] = of_table.estimate[0], of_table.se[0]
        return estimate, se

    def arm_counts(self) -> ArmCounts:
        """The rows that were computed from counts, as counts, for an exact model.

        Raises
        ------
        ValueError
            No row has counts.
        """
        with_counts = [
            index
            for index, (four, said) in enumerate(zip(self.counts, self.partial, strict=True))
            if four is not None and (said is None or said.tables or said.empty)
        ]
        if not with_counts:
            raise ValueError(
                f"{self.file}: no row has counts; allowed is a table with e1, n1, e2, n2"
            )
        part = self.select(with_counts)
        columns = np.array(part.counts, dtype=np.int64).T
        stated = (None if said is not None and said.empty else said for said in part.partial)
        shared = part._shared() | {"partial": tuple(stated)}
        return ArmCounts(**shared, **dict(zip(ARM_COUNTS, columns, strict=True)))
