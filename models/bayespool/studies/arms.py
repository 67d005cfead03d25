"""Two groups and an event, as counted: one validated, frozen class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespool.studies.columns import recognise
from bayespool.studies.counts import read_counts
from bayespool.studies.measures import OF_COUNTS, measure_named
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.rows import Rows, shared_fields
from bayespool.studies.spellings import ARM_1, ARM_2, ARMS
from bayespool.studies.tables import IN_MEMORY, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

Counts = NDArray[np.int64]
ARM_COUNTS = ("e1", "n1", "e2", "n2")


ADD_LEGAL = "legal is add=0.5, or an exact model of the counts"


class CountEffects(NamedTuple):
    """Effects of counts, one value per row; ``usable`` where there is an estimate with an SE."""

    estimate: NDArray[np.float64]
    se: NDArray[np.float64]
    usable: NDArray[np.bool_]
    approximated: tuple[bool, ...]
    how: tuple[str, ...]


def check_add(add: float | None) -> None:
    """Raise ``ValueError`` unless ``add`` is None or a positive number."""
    if add is not None and not 0 < add < float("inf"):
        raise ValueError(f"add={add!r}: legal is a positive number such as 0.5, or None")


def effects_of_counts(
    measure: str, e1: Counts, n1: Counts, e2: Counts, n2: Counts, add: float | None
) -> CountEffects:
    """Effects of counts; ``add`` goes to all cells of the tables with a zero cell."""
    from bayespool.numerics import effects

    function = {
        "or": effects.log_odds_ratio,
        "rr": effects.log_risk_ratio,
        "rd": effects.risk_difference,
    }[measure]
    estimate, se = function(e1, n1, e2, n2, add=add or 0.0)
    usable = np.isfinite(estimate) & np.isfinite(se) & (se > 0)
    zero = np.logical_or.reduce([cell == 0 for cell in (e1, n1 - e1, e2, n2 - e2)])
    corrected = tuple(bool(z and add) for z in zero)
    how = tuple(f"counts + {add:g} (zero cell)" if c else "counts" for c in corrected)
    return CountEffects(estimate, se, usable, corrected, how)


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
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    """

    ARRAYS: ClassVar[Mapping[str, type]] = dict.fromkeys(ARM_COUNTS, np.int64)

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    e1: Counts
    n1: Counts
    e2: Counts
    n2: Counts
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    file: str = IN_MEMORY
    sha256: str = ""

    @classmethod
    def from_table(cls, table: TableSource, name: str | None = None) -> Self:
        """Read and validate a table.

        Parameters
        ----------
        table
            Path, pandas DataFrame or mapping of columns. Each group is given as events and people
            (e1, n1, e2, n2; events_treated, total_treated, ...), as events and people without it
            (a, b, c, d of finding by outcome; ai, bi, ci, di), or as a printed risk and people.
        name
            Short name; the file's stem if None.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = read_table(table)
        recognised = recognise(read, ARMS, (ARM_1, ARM_2))
        counts, count_problems = read_counts(read, recognised, every_group=True)
        shared, problems = shared_fields(read, recognised, name)
        if count_problems or problems:
            raise TableError([*count_problems, *problems])
        cells = {role: np.array(values) for role, values in counts.items()}
        return cls(
            **shared,
            e1=cells["e1"],
            n1=cells["e1"] + cells["none1"],
            e2=cells["e2"],
            n2=cells["e2"] + cells["none2"],
        )

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
        """Rows with a zero in one of the four cells, shape (n_rows,)."""
        cells = (self.e1, self.n1 - self.e1, self.e2, self.n2 - self.e2)
        return np.logical_or.reduce([cell == 0 for cell in cells])

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
        if not effect.usable.all():
            raise TableError(
                Problem(self.file, None, None, f"{row}: a zero cell gives no {label}", ADD_LEGAL)
                for row, fine in zip(self.row, effect.usable, strict=True)
                if not fine
            )
        counts = zip(*(getattr(self, name).tolist() for name in ARM_COUNTS), strict=True)
        return Effects(
            **self._shared(),
            measure=measure,
            estimate=effect.estimate,
            se=effect.se,
            adjusted=(False,) * len(self),
            approximated=effect.approximated,
            how=effect.how,
            counts=tuple(counts),
        )
