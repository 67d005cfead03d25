"""Diagnostic accuracy as observed: one validated, frozen class of 2x2 tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.cells import number_text
from bayespool.studies.columns import normalise, recognise
from bayespool.studies.counts import read_counts
from bayespool.studies.labels import row_labels, study_labels
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.tables import IN_MEMORY, TableSource, read_table

Counts = NDArray[np.int64]
COUNTS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, eq=False)
class AccuracyStudies:
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
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    """

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    file: str = IN_MEMORY
    sha256: str = ""

    def __post_init__(self) -> None:
        for count in COUNTS:
            values = np.array(getattr(self, count), dtype=np.int64)
            values.setflags(write=False)
            object.__setattr__(self, count, values)
        columns = {name: tuple(values) for name, values in self.covariates.items()}
        object.__setattr__(self, "covariates", MappingProxyType(columns))
        lengths = {len(getattr(self, name)) for name in ("study", "row", *COUNTS)}
        if lengths | {len(values) for values in columns.values()} != {len(self.row)}:
            raise ValueError("study, row, counts and covariates must have one length")
        if not self.row or len(set(self.row)) != len(self.row):
            raise ValueError("there must be at least one row, and row labels must be unique")

    @classmethod
    def from_table(cls, table: TableSource, name: str | None = None) -> Self:
        """Read and validate a table.

        Parameters
        ----------
        table
            Path, pandas DataFrame or mapping of columns; see
            `bayespool.studies.tables.read_table`. The counts of each group are given as both
            counts (tp, fn; fp, tn), one count and the group size (tp, n_diseased; fp, n_healthy;
            also n1, n2), or a printed rate and the group size (sens, n_diseased; spec, n_healthy),
            which is taken if exactly one integer prints as that rate.
        name
            Short name; the file's stem if None.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = read_table(table)
        recognised = recognise(read)
        counts, count_problems = read_counts(read, recognised)
        studies, study_problems = study_labels(read, recognised)
        rows, row_problems = row_labels(read, recognised, studies)
        problems = [*recognised.problems, *count_problems, *study_problems, *row_problems]
        if problems:
            raise TableError(problems)
        headers = {index: read.columns[index] for index in recognised.covariates}
        if recognised.year is not None:
            headers[recognised.year] = "year"
        return cls(
            name=name or ("table" if read.file == IN_MEMORY else Path(read.file).stem),
            study=tuple(studies),
            row=tuple(rows),
            **{count: np.array(counts[count], dtype=np.int64) for count in COUNTS},
            covariates={header: read.column(index) for index, header in headers.items()},
            file=read.file,
            sha256=read.sha256,
        )

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

    def __len__(self) -> int:
        return len(self.row)

    def __repr__(self) -> str:
        n_studies = len(set(self.study))
        people = f"{int(self.n_diseased.sum())} diseased, {int(self.n_healthy.sum())} healthy"
        return f"<AccuracyStudies {self.name}: {n_studies} studies, {len(self)} rows, {people}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled; __post_init__ makes it again, and the arrays read-only.
        counts = (getattr(self, count) for count in COUNTS)
        covariates = dict(self.covariates)
        arguments = (self.name, self.study, self.row, *counts, covariates, self.file, self.sha256)
        return type(self), arguments

    @property
    def n_diseased(self) -> Counts:
        """tp + fn, shape (n_rows,)."""
        return self.tp + self.fn

    @property
    def n_healthy(self) -> Counts:
        """fp + tn, shape (n_rows,)."""
        return self.fp + self.tn

    def select(self, mask_or_indices: ArrayLike) -> Self:
        """Rows by a boolean mask, shape (n_rows,), or by distinct integer indices in their order.

        Raises
        ------
        ValueError
            Wrong shape or type, no row, or a row twice.
        IndexError
            An index beyond the rows.
        """
        chosen = np.asarray(mask_or_indices)
        if chosen.ndim != 1 or chosen.dtype.kind not in "biu":
            raise ValueError("select takes a one-dimensional boolean mask or integer indices")
        if chosen.dtype.kind == "b" and len(chosen) != len(self):
            raise ValueError(
                f"the mask has {len(chosen)} values; legal is one per row, {len(self)}"
            )
        indices = np.arange(len(self))[chosen]
        if len(indices) == 0 or len(set(indices.tolist())) != len(indices):
            raise ValueError("select needs at least one row, and each row once")
        return replace(
            self,
            study=tuple(self.study[index] for index in indices),
            row=tuple(self.row[index] for index in indices),
            **{count: getattr(self, count)[indices] for count in COUNTS},
            covariates={
                name: tuple(values[index] for index in indices)
                for name, values in self.covariates.items()
            },
        )

    def where(self, column: str, value: object) -> Self:
        """Rows whose ``column`` (a covariate, study or row) is ``value``, ignoring case.

        Raises
        ------
        TableError
            No such column or value; the message lists those there are.
        """
        wanted = number_text(value).casefold()
        texts = [number_text(cell) for cell in self._column(column)]
        chosen = [index for index, text in enumerate(texts) if text and text.casefold() == wanted]
        if not wanted or not chosen:
            distinct = list(dict.fromkeys(text for text in texts if text))
            listed = ", ".join(distinct[:20]) + (", ..." if len(distinct) > 20 else "")
            rule, legal = f"no row has {column}={value!r}", f"legal values are {listed}"
            raise TableError([Problem(self.file, None, column, rule, legal)])
        return self.select(chosen)

    def several_rows(self) -> dict[str, list[str]]:
        """Row labels of each study that has more than one row."""
        rows: dict[str, list[str]] = {}
        for study, row in zip(self.study, self.row, strict=True):
            rows.setdefault(study, []).append(row)
        return {study: labels for study, labels in rows.items() if len(labels) > 1}

    def order_by(self, column: str) -> Self:
        """Rows in ascending order of a covariate, a count, study or row; ties stay, blanks last.

        Raises
        ------
        TableError
            No such column.
        """
        values = self._column(column)

        def key(index: int) -> tuple[int, float, str]:
            value = values[index]
            if value is None:
                return 2, 0.0, ""
            if isinstance(value, int | float | np.integer):
                return 0, float(value), ""
            return 1, 0.0, str(value).casefold()

        return self.select(sorted(range(len(self)), key=key))

    def _column(self, column: str) -> Sequence[Any]:
        own: dict[str, Sequence[Any]] = {"study": self.study, "row": self.row}
        own |= {name: getattr(self, name).tolist() for name in (*COUNTS, "n_diseased", "n_healthy")}
        columns = dict(self.covariates) | own
        matches = [name for name in columns if name == column] or [
            name for name in columns if normalise(name) == normalise(column)
        ]
        if len(matches) != 1:
            rule, legal = f"there is no column {column!r}", f"legal are {', '.join(columns)}"
            raise TableError([Problem(self.file, None, column, rule, legal)])
        return columns[matches[0]]
