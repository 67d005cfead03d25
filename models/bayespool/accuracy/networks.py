"""Which studies used which tests: a network, its links, and the parts that it falls into."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayespool.accuracy.cross_classified import cross_classified
from bayespool.design import design
from bayespool.quantity import Group
from bayespool.studies.cutoffs import refuse_cutoffs

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


class PairEvidence(NamedTuple):
    """How two tests were compared: studies with both, and with one of them alone.

    ``participants`` are those of the studies with both, of the larger of the two results.
    """

    second: Group
    first: Group
    within: int
    only_second: int
    only_first: int
    cross_classified: int
    participants: int


@dataclass(frozen=True, eq=False)
class Network:
    """Tests, and the studies that used them.

    Attributes
    ----------
    tests : tuple of Group
        In the order of their first rows.
    studies : tuple of str
        In the order of their first rows.
    people : array of int, shape (n_tests, n_studies)
        People of a study that had a test; 0 where it did not use it.
    crossed : frozenset of str
        Studies that cross-classify two tests.
    """

    tests: tuple[Group, ...]
    studies: tuple[str, ...]
    people: Array
    crossed: frozenset[str]

    @classmethod
    def of(cls, studies: AccuracyStudies, column: str) -> Network:
        """The network of a table whose tests are named in a column."""
        named = tuple(map(str, studies.covariates[column]))
        tests = tuple(map(Group, dict.fromkeys(named)))
        labels = tuple(dict.fromkeys(studies.study))
        people = np.zeros((len(tests), len(labels)), int)
        sizes = studies.n_diseased + studies.n_healthy
        for study, test, size in zip(studies.study, named, sizes, strict=True):
            people[tests.index(Group(test)), labels.index(study)] += size
        crossed = frozenset(studies.study[i] for i, _ in cross_classified(studies))
        return cls(tests, labels, people, crossed)

    @property
    def used(self) -> Array:
        """Whether a study used a test, shape (n_tests, n_studies)."""
        return self.people > 0

    @property
    def pairs(self) -> tuple[PairEvidence, ...]:
        """Every pair of tests, the later compared with the earlier."""
        found = []
        for i, j in combinations(range(len(self.tests)), 2):
            both = self.used[i] & self.used[j]
            crossed = sum(s in self.crossed for s, b in zip(self.studies, both, strict=True) if b)
            found.append(PairEvidence(
                self.tests[j], self.tests[i], int(both.sum()), int((self.used[j] & ~both).sum()),
                int((self.used[i] & ~both).sum()), crossed,
                int(np.maximum(self.people[i], self.people[j])[both].sum()),
            ))  # fmt: skip
        return tuple(found)

    @property
    def parts(self) -> tuple[tuple[Group, ...], ...]:
        """Tests that some chain of studies links, the part of the first test first."""
        linked = (self.used.astype(int) @ self.used.T.astype(int)) > 0
        for _ in self.tests:
            linked = (linked.astype(int) @ linked.astype(int)) > 0
        rows = dict.fromkeys(tuple(np.flatnonzero(row)) for row in linked)
        return tuple(tuple(self.tests[i] for i in row) for row in rows)


def check_tests(studies: AccuracyStudies, column: str, *, indirect: bool) -> None:
    """Refuse a table without tests to compare, and rows that contradict one another."""
    file = studies.file
    if column not in studies.covariates:
        allowed = ", ".join(studies.covariates) or "none, the table has no further column"
        raise ValueError(f"{file}: no column {column!r} of tests; allowed: {allowed}")
    tests = studies.covariates[column]
    gaps = [row for row, t in zip(studies.row, tests, strict=True) if t is None]
    if gaps:
        raise ValueError(
            f"{file}: column {column!r} is empty for {', '.join(gaps)}; allowed: the name of the "
            "test of every row"
        )
    refuse_cutoffs(studies, "comparison of tests", (column,))
    labels = tuple(dict.fromkeys(map(str, tests)))
    if len(labels) < 2:
        raise ValueError(
            f"{file}: column {column!r} has one test only, {labels[0]}; allowed: at least 2, or a "
            "model of one test"
        )
    rows: dict[tuple[str, str], list[str]] = {}
    for row, study, t in zip(studies.row, studies.study, tests, strict=True):
        rows.setdefault((study, str(t)), []).append(row)
    twice = [f"{t} in {study}: {', '.join(own)}" for (study, t), own in rows.items() if own[1:]]
    if twice:
        raise ValueError(
            f"{file}: the same test twice in a study ({'; '.join(twice)}); allowed: one row per "
            "test and study"
        )
    parts = Network.of(studies, column).parts
    if len(parts) > 1 and not indirect:
        shown = "; ".join(", ".join(part) for part in parts)
        raise ValueError(
            f"{file}: the network of tests is not connected. No study compares a test of one part "
            f"with one of another: {shown}. Only different studies would be compared; allowed: "
            "the tests of one part, or indirect=True (--indirect)"
        )


def check_covariates(studies: AccuracyStudies, column: str, covariates: tuple[str, ...]) -> None:
    """Refuse covariates that cannot be told from the tests."""
    matrix = design(studies, covariates).matrix
    tests = list(map(str, studies.covariates[column]))
    labels = list(dict.fromkeys(tests))
    by_test = np.eye(len(labels))[[labels.index(test) for test in tests]]
    whole = np.column_stack([by_test, matrix / np.abs(matrix).max(axis=0)])
    if np.linalg.matrix_rank(whole) < whole.shape[1]:
        raise ValueError(
            f"{studies.file}: covariates {', '.join(covariates)} cannot be told from differences "
            "between the tests; allowed: covariates that differ between rows of the same test"
        )
