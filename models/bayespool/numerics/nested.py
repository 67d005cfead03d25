"""Integrals over two levels of effects: of studies, and of results within studies.

A row's linear predictor is ``offset + loading . v_study + inner . z_result`` with v and z standard
normal. Given a study's effects its results are independent, so that the integral over a study is a
quadrature over ``v`` of products of quadratures over each ``z``: many results cost their number,
not a power of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from bayespool.numerics import modes, quadrature
from bayespool.numerics.joint_mode import JointMode
from bayespool.numerics.quadrature import hermite_nodes
from bayespool.numerics.study_rows import Rows

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class NestedRows:
    """Rows sorted by study and, within, by result.

    Attributes
    ----------
    studies, results : Rows
        The same rows, with the beginnings of the studies and of the results.
    """

    studies: Rows
    results: Rows

    @cached_property
    def study_of(self) -> Array:
        """Study of each result."""
        return self.studies.study[self.results.starts]

    @cached_property
    def _first_result(self) -> Array:
        return np.flatnonzero(np.diff(self.study_of, prepend=-1))

    @cached_property
    def place(self) -> Array:
        """Number of each result within its study."""
        return np.arange(len(self.study_of)) - self._first_result[self.study_of]

    @cached_property
    def single(self) -> bool:
        """Every result has one row, so that values of results are values of rows."""
        return len(self.results.starts) == self.results.n_rows

    def less(self, of_rows: Array, of_results: Array) -> Array:
        """Sums over rows less sums over results, by study; of either (axis -2)."""
        if self.single:
            return self.studies.by_study(of_rows - of_results)
        return self.studies.by_study(of_rows) - self.over_results(of_results)

    def part(self, draws: slice | Array) -> NestedRows:
        """The same rows for some of the draws."""
        return NestedRows(self.studies.part(draws), self.results.part(draws))

    def over_results(self, values: Array) -> Array:
        """Sum results (axis -2) within studies."""
        return np.add.reduceat(values, self._first_result, axis=-2)


@dataclass(frozen=True, eq=False)
class Merged:
    """Studies of at most q rows, whose two levels of effects add up to one normal vector.

    Attributes
    ----------
    studies, members : array of int
        Which studies these are, and which rows.
    rows : Rows
        Those rows, by study.
    place : array of int
        Number of each row within its study.
    """

    studies: Array
    members: Array
    rows: Rows
    place: Array

    def loading(self, loading: Array, inner: Array, result: Array) -> Array:
        """Triangular loadings (q, n_members, n_draws) on as many components as a study has rows.

        The Cholesky factor of the covariance of the rows' linear predictors.
        """
        study, place = self.rows.study, self.place
        n_draws = loading.shape[2]
        out = np.zeros((len(loading), len(self.members), n_draws))
        at = {j: np.flatnonzero(place == j) for j in range(int(place.max()) + 1)}
        position = np.full((len(self.studies), len(at)), -1)
        position[study, place] = np.arange(len(self.members))
        for i, of_i in at.items():
            rows = self.members[of_i]
            for j in range(i + 1):
                of_j = position[study[of_i], j]
                other = self.members[of_j]
                cov = np.sum(loading[:, rows] * loading[:, other], axis=0)
                same = (result[rows] == result[other])[:, None]
                cov += np.where(same, np.sum(inner[:, rows] * inner[:, other], axis=0), 0.0)
                cov -= sum(out[k, of_i] * out[k, of_j] for k in range(j))
                if i == j:
                    out[j, of_i] = np.sqrt(np.maximum(cov, 0.0))
                else:
                    out[j, of_i] = cov / np.maximum(out[j, of_j], 1e-150)
        return out


def merged(studies: Rows, q: int) -> Merged | None:
    """The studies of at most q rows, if there are any; a cross-classified pair has more."""
    lengths = np.bincount(studies.study)
    small = np.flatnonzero(lengths <= q)
    if not small.size:
        return None
    members = np.flatnonzero(np.isin(studies.study, small))
    starts = np.concatenate([[0], np.cumsum(lengths[small])[:-1]])
    place = np.arange(len(members)) - np.repeat(starts, lengths[small])
    likelihood = studies.likelihood.take(members)
    depth = np.where(likelihood.coupled, place.max(), place)
    return Merged(small, members, Rows(likelihood, starts, depth), place)


def integrate(
    rows: NestedRows, offset: Array, loading: Array, inner: Array, nodes: int, mode: JointMode
) -> Array:
    """Log likelihood of each study with all effects integrated out, (n_studies, n_draws)."""
    q = len(loading)
    x, log_w = hermite_nodes(nodes)
    log_w = log_w + 0.5 * x * x
    study = rows.studies.study
    terms = []
    for point in product(range(nodes), repeat=q):
        v = mode.study.centre.copy()
        for (i, j), c in mode.study.spread.items():
            v[i] = v[i] + c * x[point[j]]
        at = offset + sum(loading[i] * v[i][study] for i in range(q))
        moved = mode.inner.centre.copy()
        for (a, i), gain in mode.gain.items():
            moved[a] -= gain * (v[i] - mode.study.centre[i])[rows.study_of]
        conditional = modes.find_mode(rows.results, at, inner, start=moved)
        of_results = quadrature.integrate(rows.results, at, inner, nodes, conditional)
        term = rows.over_results(of_results) - 0.5 * np.sum(v * v, axis=0)
        terms.append(term + sum(log_w[k] for k in point))
    return np.logaddexp.reduce(terms, axis=0) + mode.study.log_det
