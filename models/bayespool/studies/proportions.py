"""Single groups and an event, as counted: one validated, frozen class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.arms import ADD_LEGAL, check_add
from bayespool.studies.columns import recognise
from bayespool.studies.compound import with_counts_apart
from bayespool.studies.contradictions import rates_against_counts
from bayespool.studies.counts import read_counts
from bayespool.studies.measures import measure_named
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.spellings import ONE_ARM, SINGLE
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Proportions(Rows):
    """People with an event among all people of one group, one proportion per row.

    Build one with `from_table` or `from_counts`, which check everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    events, n
        People with the event, and all, int64, shape (n_rows,), read-only. Zeros stand as they are.
    covariates
        Every other column under its own header, one value per row.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "events and people of single groups"
    ARRAYS: ClassVar[Mapping[str, type]] = {"events": np.int64, "n": np.int64}
    COUNTED: ClassVar[Mapping[str, tuple[str, str]]] = {"": ("events", "n")}
    PEOPLE: ClassVar[tuple[str, ...]] = ("n",)

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    events: Counts
    n: Counts
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
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
            Path, data frame or mapping of columns: events and n (total), or nonevents beside
            one of them, or a printed proportion or percent and n.
        name
            Short name; the file's stem if None.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = with_counts_apart(read_table(table, **reading), SINGLE, (ONE_ARM,))
        recognised = recognise(read, SINGLE, (ONE_ARM,))
        counts, problems = read_counts(read, recognised, every_group=True)
        full = dict(
            enumerate(zip(*(counts.get(role, ()) for role in ("events", "none")), strict=True))
        )
        by_role = {row: {"events": e, "none": rest} for row, (e, rest) in full.items()}
        warned = rates_against_counts(read, SINGLE, (ONE_ARM,), by_role)
        shared = shared_fields(read, recognised, name, problems, full, warned)
        events = np.array(counts["events"])
        return cls(**shared, events=events, n=events + np.array(counts["none"]))

    @classmethod
    def from_counts(
        cls,
        study: Sequence[object],
        events: ArrayLike,
        n: ArrayLike,
        **covariates: Sequence[object],
    ) -> Self:
        """The same checks for counts in memory; rows in messages count the header as row 1."""
        columns: dict[str, Sequence[object]] = {"study": study}
        for name, values in {"events": events, "n": n}.items():
            columns[name] = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
        return cls.from_table(columns | covariates)

    def as_effects(self, measure: str) -> "Effects":
        return self.effects(measure, add=0.5)

    def effects(self, measure: str = "proportion", add: float | None = None) -> "Effects":
        """Logit and its standard error of every row: an approximation; ``proportion`` only.

        Parameters
        ----------
        measure
            ``proportion``.
        add
            Added to events and non-events where either is zero; such rows are flagged.

        Raises
        ------
        ValueError
            Another measure, or ``add`` not positive.
        TableError
            Without ``add``, a row in which nobody or everybody has the event.
        """
        from bayespool.numerics import effects
        from bayespool.studies.effects import Effects

        measure_named(measure, ("proportion",))
        check_add(add)
        zero = (self.events == 0) | (self.events == self.n)
        if zero.any() and not add:
            raise TableError(
                Problem(self.file, None, None, f"{row}: a zero count gives no logit", ADD_LEGAL)
                for row, none in zip(self.row, zero, strict=True)
                if none
            )
        estimate, se = effects.logit_proportion(self.events, self.n, add=add or 0.0)
        return Effects(
            **self._shared(),
            measure=measure,
            estimate=estimate,
            se=se,
            approximated=tuple(bool(none) for none in zero),
            how=tuple(f"counts + {add:g} (zero cell)" if none else "counts" for none in zero),
        )
