"""What the rows of every shape share: labels, covariates, selection, order, copying."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from bayespool.studies.cells import number_text
from bayespool.studies.limits import listed
from bayespool.studies.partial import Partial, as_partial
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import normalise

SHAPES: dict[str, type["Rows"]] = {}


class Rows:
    """Rows of a study table; each shape is a frozen dataclass that declares its own fields.

    A shape has the fields ``name``, ``study``, ``row``, ``covariates``, ``file``, ``sha256`` and
    ``warnings`` (what is odd about the table but allowed, a sentence each), an array for each name
    in `ARRAYS` and a tuple for each name in `TUPLES`.

    Attributes
    ----------
    COUNTED : mapping of str to (str, str)
        Groups of people by name, each with the columns of those with the event, and of all.
    PEOPLE : tuple of str
        Columns whose sum is the number of participants of a row.
    same_people : bool
        The groups are the same people twice.
    of_effects : bool
        Rows are estimates with standard errors.
    IN_WORDS : str
        What its rows are: "events and people of two groups".
    """

    ARRAYS: ClassVar[Mapping[str, type]] = {}
    TUPLES: ClassVar[tuple[str, ...]] = ()
    DERIVED: ClassVar[tuple[str, ...]] = ()
    COUNTED: ClassVar[Mapping[str, tuple[str, str]]] = {}
    PEOPLE: ClassVar[tuple[str, ...]] = ()
    same_people: ClassVar[bool] = False
    of_effects: ClassVar[bool] = False
    IN_WORDS: ClassVar[str] = "results"

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    covariates: Mapping[str, tuple[object, ...]]
    partial: tuple[Partial | None, ...]
    file: str
    sha256: str
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        if "partial" in self.TUPLES:
            statements = as_partial(self.partial) or (None,) * len(tuple(self.row))
            object.__setattr__(self, "partial", statements)
        for name, kind in self.ARRAYS.items():
            array: np.ndarray = np.array(getattr(self, name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name in ("study", "row", *self.TUPLES):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "warnings", tuple(self.warnings))
        columns = {name: tuple(values) for name, values in self.covariates.items()}
        object.__setattr__(self, "covariates", MappingProxyType(columns))
        lengths = {len(getattr(self, name)) for name in ("study", *self.ARRAYS, *self.TUPLES)}
        if lengths | {len(values) for values in columns.values()} != {len(self.row)}:
            raise ValueError("study, row, values and covariates must have one length")
        if not self.row or len(set(self.row)) != len(self.row):
            raise ValueError("there must be at least one row, and row labels must be unique")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        SHAPES[cls.__name__] = cls

    def __len__(self) -> int:
        return len(self.row)

    def __repr__(self) -> str:
        size = f"{self.n_studies} studies, {len(self)} rows"
        rest = self._described()
        return f"<{type(self).__name__} {self.name}: {size}{', ' if rest else ''}{rest}>"

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame; counts that a partial row does not state are missing."""
        from bayespool.frames import of_studies

        return of_studies(self)

    def _repr_html_(self) -> str:
        from bayespool.frames import html_of, of_studies

        return html_of(of_studies(self), repr(self).strip("<>"))

    def _described(self) -> str:
        """What a shape's repr adds to its size."""
        return ""

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled; __post_init__ makes it again, and the arrays read-only.
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        values["covariates"] = dict(self.covariates)
        return type(self), tuple(values.values())

    @property
    def n_studies(self) -> int:
        """Number of studies; a study may have several rows."""
        return len(set(self.study))

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
                f"the mask has {len(chosen)} values; allowed is one per row, {len(self)}"
            )
        indices = np.arange(len(self))[chosen]
        if len(indices) == 0 or len(set(indices.tolist())) != len(indices):
            raise ValueError("select needs at least one row, and each row once")
        changes: dict[str, Any] = {name: getattr(self, name)[indices] for name in self.ARRAYS}
        for name in ("study", "row", *self.TUPLES):
            changes[name] = tuple(getattr(self, name)[index] for index in indices)
        changes["covariates"] = {
            name: tuple(values[index] for index in indices)
            for name, values in self.covariates.items()
        }
        return replace(self, **changes)  # type: ignore[type-var]

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
            rule, allowed = (
                f"no row has {column}={value!r}",
                f"allowed values are {listed(distinct)}",
            )
            raise TableError([Problem(self.file, None, column, rule, allowed)])
        return self.select(chosen)

    def relabel(self, labels: Mapping[str, Mapping[str, str]]) -> Self:
        """Covariate values by the words that a reader is to see: ``{"control": {"h": "healthy"}}``.

        Every estimand, sentence, legend and file then uses these words.

        Raises
        ------
        TableError
            No such covariate or value, or one phrase for two values.
        """
        covariates = dict(self.covariates)
        for column, phrases in labels.items():
            if column not in covariates:
                allowed = ", ".join(covariates) or "none, the table has no covariate"
                raise TableError([Problem(self.file, None, column, "no such covariate", allowed)])
            texts = [None if cell is None else number_text(cell) for cell in covariates[column]]
            known = list(dict.fromkeys(text for text in texts if text is not None))
            unknown = [value for value in phrases if value not in known]
            if unknown:
                rule, allowed = (
                    f"no row has {unknown[0]!r}",
                    f"allowed values are {', '.join(known)}",
                )
                raise TableError([Problem(self.file, None, column, rule, allowed)])
            shown = {text: phrases.get(text, text) for text in known}
            if len(set(shown.values())) < len(known):
                rule, allowed = "two values have one label", "a label of its own for every value"
                raise TableError([Problem(self.file, None, column, rule, allowed)])
            covariates[column] = tuple(
                cell if text is None else phrases.get(text, cell)
                for cell, text in zip(covariates[column], texts, strict=True)
            )
        return replace(self, covariates=covariates)  # type: ignore[type-var]

    def several_rows(self) -> dict[str, list[str]]:
        """Row labels of each study that has more than one row."""
        rows: dict[str, list[str]] = {}
        for study, row in zip(self.study, self.row, strict=True):
            rows.setdefault(study, []).append(row)
        return {study: labels for study, labels in rows.items() if len(labels) > 1}

    @property
    def statements(self) -> tuple[Partial | None, ...]:
        """What every row states instead of a full result; None where it has one."""
        return self.partial if "partial" in self.TUPLES else (None,) * len(self)

    @property
    def is_partial(self) -> np.ndarray:
        """Rows that state less than a full result, shape (n_rows,)."""
        return np.array([said is not None for said in self.statements])

    @property
    def one_group(self) -> bool:
        """Every row is a share of one group of people."""
        return len(self.COUNTED) == 1

    @property
    def counted(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """People with the event and all people, of each group by name, (n_rows,) each."""
        return {
            name: (getattr(self, events), getattr(self, people))
            for name, (events, people) in self.COUNTED.items()
        }

    @property
    def row_counts(self) -> tuple[tuple[int, ...] | None, ...]:
        """Events and people of each group in turn, of every row; None where it has no counts."""
        columns = [column.tolist() for pair in self.counted.values() for column in pair]
        return tuple(zip(*columns, strict=True)) if columns else (None,) * len(self)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the rows hold, (n_rows,) each, by the names in `ARRAYS`."""
        return {name: getattr(self, name) for name in self.ARRAYS}

    @property
    def people(self) -> np.ndarray:
        """Participants by group and row, (n_groups, n_rows); no group where it is not told."""
        columns = [np.asarray(getattr(self, name)) for name in self.PEOPLE]
        return np.array(columns, dtype=np.int64).reshape(len(columns), len(self))

    @property
    def zero_cell(self) -> np.ndarray:
        """Rows of which two groups are compared and a cell is zero, (n_rows,)."""
        return np.zeros(len(self), bool)

    @property
    def no_contrast(self) -> np.ndarray:
        """Rows in which nobody or everybody has the event, which say nothing of a ratio."""
        return np.array([said is not None and said.empty for said in self.statements])

    def as_effects(self, measure: str) -> Any:
        """Estimates with standard errors, 1/2 added to every cell of tables with a zero cell.

        Raises
        ------
        ValueError
            Rows that are not of an association.
        """
        raise ValueError(f"{self.file}: {type(self).__name__} are no effects of {measure!r}")

    def by_study(self) -> Self:
        """Rows of one study side by side, studies in the order of their first rows."""
        first = {study: i for i, study in reversed(list(enumerate(self.study)))}
        order = sorted(range(len(self)), key=lambda i: first[self.study[i]])
        return self if order == list(range(len(self))) else self.select(order)

    def order_by(self, column: str) -> Self:
        """Rows in ascending order of a covariate, a value, study or row; ties stay, blanks last.

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

    def _shared(self) -> dict[str, Any]:
        """The fields that another shape made of these rows takes over."""
        names = ["name", "study", "row", "covariates", "file", "sha256", "warnings"]
        names += ["partial"] if "partial" in self.TUPLES else []
        return {name: getattr(self, name) for name in names}

    def _column(self, column: str) -> Sequence[Any]:
        own: dict[str, Sequence[Any]] = {"study": self.study, "row": self.row}
        own |= {name: getattr(self, name).tolist() for name in (*self.ARRAYS, *self.DERIVED)}
        own |= {name: getattr(self, name) for name in self.TUPLES}
        columns = dict(self.covariates) | own
        matches = [name for name in columns if name == column] or [
            name for name in columns if normalise(name) == normalise(column)
        ]
        if len(matches) != 1:
            rule, allowed = f"there is no column {column!r}", f"allowed are {listed(list(columns))}"
            raise TableError([Problem(self.file, None, column, rule, allowed)])
        return columns[matches[0]]
