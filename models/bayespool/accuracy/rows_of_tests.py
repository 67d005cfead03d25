"""Rows of tests within studies: where each stands, and how tests differ within studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayespool.accuracy import evidence
from bayespool.accuracy.cross_classified import BOTH, cross_classified
from bayespool.accuracy.margins import study_numbers
from bayespool.accuracy.quantities import MARGINS, parameter
from bayespool.covariance import Covariance
from bayespool.hierarchy import Within
from bayespool.pymc_rows import plackett_cells
from bayespool.quantity import WHOLE, Estimand, Group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayespool.studies import AccuracyStudies

Array = np.ndarray
FACTOR, COMMON, BY_TEST = "factor", "common", "by-test"
STRUCTURES = (FACTOR, COMMON, BY_TEST)
WITHIN = ("tau_within", "tau_within_sens", "tau_within_spec")
DEPENDENCE = (parameter("dependence_diseased"), parameter("dependence_healthy"))


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows of the hierarchy, two for each row of the table.

    ``order`` puts tp and tn rows of the table, in turn, into the hierarchy's order. The rest is of
    the rows so ordered: row of the table, margin (0 diseased, 1 healthy), test, result within
    studies, and place in it. All have shape (2 n_rows,); ``pairs`` has both rows of every
    cross-classified pair, shape (n_pairs, 2).
    """

    order: Array
    row: Array
    margin: Array
    test: Array
    result: Array
    place: Array
    pairs: Array

    @classmethod
    def of(cls, studies: AccuracyStudies, tests: Sequence[object], labels: Sequence[str]) -> Layout:
        """Of the rows of a table, whose tests are among the labels.

        Every row is a result of its own, and within a study the diseased of all its tests come
        first. The two rows of a cross-classified pair are one result; so are, in a table with
        partial rows, which tie the margins, the two of a row of the table.
        """
        n = len(studies)
        row, margin = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
        test = np.array([labels.index(str(t)) for t in tests])
        if not evidence.counted(studies).all():
            none = np.empty((0, 2), int)
            return cls(np.arange(2 * n), row, margin, test[row], row, margin, none)
        first = row.copy()  # of the pair, for the second of it
        for i, j in cross_classified(studies):
            first[row == j] = i
        order = np.lexsort((row, first, margin, study_numbers(studies)[row]))
        row, margin, first = row[order], margin[order], first[order]
        result = np.cumsum(np.diff(2 * first + margin, prepend=-1) != 0) - 1
        second = np.flatnonzero(first != row)
        pairs = np.column_stack([second - 1, second])
        return cls(order, row, margin, test[row], result, (first != row).astype(int), pairs)

    @property
    def places(self) -> int:
        """The most rows that a result has."""
        return int(self.place.max()) + 1

    def cell_counts(self, studies: AccuracyStudies) -> Array:
        """Right on both tests, on the first only, on the second only, on neither, by pair."""
        counts = np.stack([studies.tp, studies.tn])[self.margin, self.row]
        people = np.stack([studies.n_diseased, studies.n_healthy])[self.margin, self.row]
        found = []
        for a, b in self.pairs:
            row, margin = self.row[a], self.margin[a]
            both = int(studies.covariates[BOTH[margin]][row])
            if margin == 1:  # false positive on both tests; these rows are of true negatives
                both += int(people[a] - studies.fp[row] - studies.fp[self.row[b]])
            first, second = counts[a] - both, counts[b] - both
            found.append([both, first, second, people[a] - both - first - second])
        return np.array(found)


class Place(NamedTuple):
    """What a row of a result is of."""

    margin: int
    test: int


@dataclass(frozen=True)
class Structure:
    """How far tests within studies differ: which standard deviation a test and a margin has.

    Parameters
    ----------
    name : {"factor", "common", "by-test"}
        One standard deviation for sensitivity and one for specificity; one for both; or one of
        every test for each of the two.
    priors : mapping
        Of ``tau_within``, ``tau_within_sens`` and ``tau_within_spec``.
    labels : tuple of Group
        The tests.
    """

    name: str
    priors: Mapping[str, Any]
    labels: tuple[Group, ...]

    def scale(self, margin: int, test: int) -> Estimand:
        """The standard deviation of a test's effects within studies (scale of the link)."""
        if self.name == COMMON:
            return parameter("tau_within")
        group = self.labels[test] if self.name == BY_TEST else WHOLE
        return parameter(f"tau_within_{MARGINS[margin].name}", group)

    def scales(self, margin: int) -> tuple[Estimand, ...]:
        """Of every test, shape (n_tests,)."""
        return tuple(self.scale(margin, test) for test in range(len(self.labels)))

    def of(self, test: Group, draws: Mapping[str, Array]) -> tuple[Array, Array]:
        """Draws of the standard deviations of one test."""
        number = self.labels.index(test)
        return draws[self.scale(0, number)], draws[self.scale(1, number)]

    def prior(self, margin: int) -> Any:
        """Of these standard deviations."""
        return self.priors["tau_within" if self.name == COMMON else
                           f"tau_within_{MARGINS[margin].name}"]  # fmt: skip

    def kinds(self, at: Layout) -> list[tuple[Place, ...]]:
        """Margin and test at each place of every result; of tests with one standard deviation the
        first stands for all."""
        found = []
        for result in range(int(at.result[-1]) + 1):
            rows = np.flatnonzero(at.result == result)
            own = [Place(int(at.margin[r]), self._apart(int(at.test[r]))) for r in rows]
            found.append(tuple(own + own[-1:] * (at.places - len(own))))
        return found

    def _apart(self, test: int) -> int:
        return test if self.name == BY_TEST else 0

    def within(self, at: Layout) -> Within:
        """An effect of each row of a result."""
        design = np.zeros((len(at.row), at.places))
        design[np.arange(len(design)), at.place] = 1.0
        of_results = self.kinds(at)
        kinds = sorted(set(of_results))
        covariances = tuple(
            Covariance(tuple(self.scale(*place) for place in kind),
                       tuple(self.prior(place.margin) for place in kind))
            for kind in kinds
        )  # fmt: skip
        several = len(kinds) > 1
        group = np.array([kinds.index(kind) for kind in of_results]) if several else None
        return Within(design, at.result, covariances, group)

    def new_effect(self, at: Layout, margin: int, test: int) -> int:
        """Which of the effects of a new result is one of a test (0 for the first of all)."""
        own = Place(margin, self._apart(test))
        for number, kind in enumerate(sorted(set(self.kinds(at)))):
            if own in kind:
                return number * at.places + kind.index(own)
        raise ValueError(f"no row is of {self.labels[test]}")

    def to_pymc(self, at: Layout) -> Any:
        """The standard deviation of every row, in PyMC."""
        import pymc as pm

        made: dict[str, Any] = {}
        for margin in range(len(MARGINS)):
            for name in self.scales(margin):
                if name not in made:
                    made[name] = self.prior(margin).to_pymc(name)
        table = [[made[name] for name in self.scales(margin)] for margin in range(len(MARGINS))]
        return pm.math.stack([pm.math.stack(row) for row in table])[at.margin, at.test]


def observe(studies: AccuracyStudies, at: Layout, p: Any, dependence: Any, marker: str) -> None:
    """The rows of the table in PyMC, from the probability of a right result in each.

    Parameters
    ----------
    studies : AccuracyStudies
    at : Layout
    p : tensor, shape (2 n_rows,)
        In the hierarchy's order.
    dependence : prior
        Of the odds ratios between cross-classified tests.
    marker : {"ignored", "binormal"}
    """
    import pymc as pm

    if not evidence.counted(studies).all():
        evidence.observe(studies, p[0::2], p[1::2], "row", marker)
        return
    counts = np.stack([studies.tp, studies.tn])[at.margin, at.row]
    people = np.stack([studies.n_diseased, studies.n_healthy])[at.margin, at.row]
    alone = np.setdiff1d(np.arange(len(counts)), at.pairs)
    for margin, name in enumerate(("tp", "tn")):
        own = np.intersect1d(np.flatnonzero(at.margin == margin), alone)
        if own.size:
            pm.Binomial(name, n=people[own], p=p[own], observed=counts[own])
    if at.pairs.size:
        odds = pm.math.stack([dependence.to_pymc(n) for n in DEPENDENCE])
        first, second = at.pairs.T
        cells = plackett_cells(p[first], p[second], odds[at.margin[first]])
        cells = pm.math.stack(cells, axis=1)
        pm.Multinomial("pairs", n=people[first], p=cells, observed=at.cell_counts(studies))
