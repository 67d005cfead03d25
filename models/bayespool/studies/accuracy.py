"""Diagnostic accuracy as observed: one validated, frozen class of 2x2 tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.columns import recognise
from bayespool.studies.compound import with_counts_apart
from bayespool.studies.contradictions import rates_against_counts
from bayespool.studies.partial import Partial, read_kinds
from bayespool.studies.partial_accuracy import KINDS, read_mixed
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.spellings import ACCURACY, DISEASED, HEALTHY
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

Counts = NDArray[np.int64]
COUNTS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, eq=False, repr=False)
class AccuracyStudies(Rows):
    """2x2 tables of index test against reference standard, one per row.

    Build one with `from_table` or `from_counts`, which check everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique: the study, and where a study has several rows its second label
        too ("Su 2020, brachial plexus").
    tp, fp, fn, tn
        Counts, int64, shape (n_rows,), read-only. Zeros stand as they are, never corrected.
    covariates
        Every other column under its own header, one value per row: numbers where all filled cells
        are numbers, text otherwise, None for a blank. A year column of any case is ``year``.
    partial
        What a row states that is no full table (its counts are then those of the possible table in
        the middle, 0 where it has none); None for a row with its counts.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "2x2 tables of diagnostic accuracy"
    ARRAYS: ClassVar[Mapping[str, type]] = dict.fromkeys(COUNTS, np.int64)
    TUPLES: ClassVar[tuple[str, ...]] = ("partial",)
    DERIVED: ClassVar[tuple[str, ...]] = ("n_diseased", "n_healthy")
    COUNTED: ClassVar[Mapping[str, tuple[str, str]]] = {
        "with the condition": ("tp", "n_diseased"), "without the condition": ("tn", "n_healthy"),
    }  # fmt: skip
    PEOPLE: ClassVar[tuple[str, ...]] = ("n_diseased", "n_healthy")

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts
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
            Path, data frame or mapping of columns; see
            `bayespool.studies.tables.read_table`. The counts of each group are given as both
            counts (tp, fn; fp, tn), one count and the group size (tp, n_diseased; fp, n_healthy;
            also n1, n2), or a printed rate and the group size (sens, n_diseased; spec, n_healthy),
            which is taken if exactly one integer prints as that rate. A column ``kind`` marks rows
            that are no full table: ``margin`` (tp and fn, or tn and fp alone), ``rates`` (any of
            sens, spec, ppv, npv, accuracy as printed, or a range over readers, with group sizes,
            which may be ranges), ``candidate`` (several rows, one of which is right, with
            ``weight``), ``marker`` (mean1, sd1, mean2, sd2, or auc with auc_low and auc_high, and
            ``direction``: whether cases lie higher or lower).
        name
            Short name; the file's stem if None.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = with_counts_apart(read_table(table, **reading), ACCURACY, (DISEASED, HEALTHY))
        kinds = read_kinds(read, KINDS)
        counted = kinds.plain or "candidate" in kinds.kinds
        recognised = recognise(kinds.table, ACCURACY, (DISEASED, HEALTHY) if counted else ())
        counts, partial, problems = read_mixed(kinds, recognised)
        rows = zip(*(counts.get(count, ()) for count in COUNTS), strict=True)
        full = {row: cells for row, cells in enumerate(rows) if row not in partial}
        by_role = {row: dict(zip(COUNTS, cells, strict=True)) for row, cells in full.items()}
        warned = rates_against_counts(kinds.table, ACCURACY, (DISEASED, HEALTHY), by_role)
        shared = shared_fields(kinds.table, recognised, name, problems, full, warned)
        statements = tuple(partial.get(row) for row in range(len(kinds.kinds)))
        return cls(**(shared | {count: counts[count] for count in COUNTS}), partial=statements)

    @classmethod
    def from_counts(
        cls,
        study: Sequence[object],
        tp: ArrayLike,
        fp: ArrayLike,
        fn: ArrayLike,
        tn: ArrayLike,
        **covariates: Sequence[object],
    ) -> Self:
        """The same checks for counts in memory; rows in messages count the header as row 1."""
        columns: dict[str, Sequence[object]] = {"study": study}
        for name, values in {"tp": tp, "fp": fp, "fn": fn, "tn": tn}.items():
            columns[name] = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
        return cls.from_table(columns | covariates)

    def _described(self) -> str:
        diseased, healthy = int(self.n_diseased.sum()), int(self.n_healthy.sum())
        return f"{diseased} diseased, {healthy} healthy"

    @property
    def n_diseased(self) -> Counts:
        """tp + fn, shape (n_rows,)."""
        return self.tp + self.fn

    @property
    def n_healthy(self) -> Counts:
        """fp + tn, shape (n_rows,)."""
        return self.fp + self.tn
