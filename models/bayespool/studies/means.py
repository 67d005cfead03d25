"""Means of two groups as reported: one validated, frozen class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from bayespool.studies.columns import recognise
from bayespool.studies.contradictions import sems_against_sds
from bayespool.studies.mean_rows import read_means
from bayespool.studies.measures import OF_MEANS, measure_named
from bayespool.studies.numbers import read_numbers
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.spellings import MEANS
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

Values = NDArray[np.float64]
MOMENTS = ("mean1", "sd1", "n1", "mean2", "sd2", "n2")


@dataclass(frozen=True, eq=False, repr=False)
class GroupMeans(Rows):
    """Means, standard deviations and sizes of two groups, one comparison per row.

    Group 1 is treated, exposed or has the finding; group 2 is its control. Build one with
    `from_table`, which checks everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    mean1, sd1, mean2, sd2
        In the units of the outcome, float, shape (n_rows,), read-only.
    n1, n2
        People of each group, int64.
    approximated
        Whether a mean or an SD of the row was computed from a median, quartiles or a range.
    how
        How each row was obtained, in words.
    covariates
        Every other column under its own header, one value per row.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "means of two groups"
    ARRAYS: ClassVar[Mapping[str, type]] = {
        name: np.int64 if name.startswith("n") else float for name in MOMENTS
    }
    TUPLES: ClassVar[tuple[str, ...]] = ("approximated", "how")
    PEOPLE: ClassVar[tuple[str, ...]] = ("n1", "n2")

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    mean1: Values
    sd1: Values
    n1: NDArray[np.int64]
    mean2: Values
    sd2: Values
    n2: NDArray[np.int64]
    approximated: tuple[bool, ...]
    how: tuple[str, ...]
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
            Path, data frame or mapping of columns. For each group k = 1, 2: n and the mean
            with sd (mean1, sd1, n1) or with its standard error (sem1, se1); or the median1 with
            quartiles (q1_1, q3_1), range (min1, max1) or both, from which mean and SD are computed
            by Luo 2018 and Wan 2014 and flagged. Rows may differ in form.
        name
            Short name; the file's stem if None.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        read = read_table(table, **reading)
        recognised = recognise(read, MEANS)
        rows, problems = read_means(read, recognised)
        numbers, _ = read_numbers(read, recognised, lenient=tuple(recognised.roles))
        warned = sems_against_sds(read, recognised.roles, numbers)
        shared = shared_fields(read, recognised, name, problems, warnings=warned)
        moments = {role: [row.moments[role] for row in rows] for role in MOMENTS}
        return cls(
            **(shared | moments),
            approximated=tuple(row.approximated for row in rows),
            how=tuple(row.how for row in rows),
        )

    def as_effects(self, measure: str) -> "Effects":
        return self.effects(measure)

    def effects(self, measure: str, *, exact: bool = True) -> "Effects":
        """Estimate and standard error of every row, group 1 against group 2.

        Parameters
        ----------
        measure
            ``md`` (units of the outcome), ``smd`` (Hedges' g) or ``rom`` (log ratio of means).
        exact
            For smd: the exact small-sample correction, else Hedges' approximation.

        Raises
        ------
        ValueError
            Another measure.
        TableError
            A ratio of means that are not above 0, or an smd of three people or fewer.
        """
        from bayespool.numerics import effects
        from bayespool.studies.effects import Effects

        measure_named(measure, OF_MEANS)
        usable, rule, allowed = np.ones(len(self), bool), "", ""
        if measure == "rom":
            usable = (self.mean1 > 0) & (self.mean2 > 0)
            rule, allowed = (
                "a mean is not above 0",
                "a ratio needs both means above 0; else md or smd",
            )
        elif measure == "smd":
            usable = self.n1 + self.n2 > 3
            rule, allowed = "there are too few people", "an smd needs n1 + n2 > 3"
        if not usable.all():
            raise TableError(
                Problem(self.file, None, None, f"{row}: {rule}", allowed)
                for row, fine in zip(self.row, usable, strict=True)
                if not fine
            )
        group1, group2 = (self.mean1, self.sd1, self.n1), (self.mean2, self.sd2, self.n2)
        if measure == "smd":
            estimate, se = effects.standardised_mean_difference(*group1, *group2, exact=exact)
        elif measure == "md":
            estimate, se = effects.mean_difference(*group1, *group2)
        else:
            estimate, se = effects.log_response_ratio(*group1, *group2)
        return Effects(
            **self._shared(),
            measure=measure,
            estimate=estimate,
            se=se,
            approximated=self.approximated,
            how=self.how,
            pooled_sd=self.pooled_sd() if measure == "md" else None,
        )

    def pooled_sd(self) -> float:
        """Standard deviation within groups, pooled over all groups of all rows."""
        freedom = np.concatenate([self.n1, self.n2]) - 1.0
        variance = np.concatenate([self.sd1, self.sd2]) ** 2
        return float(np.sqrt(np.sum(freedom * variance) / np.sum(freedom)))
