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
from typing import NamedTuple

import numpy as np

from bayespool.numerics import modes, quadrature
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.modes import Mode
from bayespool.numerics.quadrature import hermite_nodes
from bayespool.numerics.row_likelihood import Cross
from bayespool.numerics.study_rows import Rows

Array = np.ndarray
Matrix = dict[tuple[int, int], Array]
STEPS = 40


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


class JointMode(NamedTuple):
    """Where all effects of each study lie, in units of v and z.

    ``study`` is the mode and spread of v with the z maximised out; ``inner`` that of each z given
    v at its mode, which moves by minus ``gain`` (component of z, of v) when v moves by one.
    """

    study: Mode
    inner: Mode
    gain: Matrix


def joint_mode(
    rows: NestedRows,
    offset: Array,
    loading: Array,
    inner: Array,
    prior: EffectPrior = NORMAL,
) -> JointMode:
    """Mode and curvature by damped Fisher scoring with results eliminated study by study.

    Parameters
    ----------
    rows : NestedRows
    offset : array, shape (n_rows, n_draws)
    loading, inner : array, shape (q, n_rows, n_draws)
        On the effects of the study, and of the result (p = 0 where there are none).
    prior : EffectPrior
        Of the effects of studies.
    """
    if not len(inner):
        alone = modes.find_mode(rows.studies, offset, loading, prior=prior)
        none = np.empty((0, *alone.centre.shape[1:]))
        return JointMode(alone, Mode(none, {}, np.zeros(()), alone.converged), {})
    q, p = len(loading), len(inner)
    study, result = rows.studies.study, rows.results.study
    n_draws = offset.shape[1]
    v = np.zeros((q, len(rows.studies.starts), n_draws))
    z = np.zeros((p, len(rows.results.starts), n_draws))
    likelihood = rows.studies.likelihood

    def predictor(v: Array, z: Array) -> Array:
        eta = offset + sum(loading[i] * v[i][study] for i in range(q))
        return np.asarray(eta + sum(inner[a] * z[a][result] for a in range(p)))

    def height(v: Array, z: Array) -> Array:
        own = prior.log_density(v) - rows.over_results(0.5 * np.sum(z * z, axis=0))
        return rows.studies.by_study(likelihood.log_density(predictor(v, z))) + own

    now = height(v, z)
    for _ in range(STEPS):
        eta = predictor(v, z)
        slope, weight, cross = likelihood.derivatives(eta)

        def told(
            left: Array, right: Array, weight: Array = weight, cross: Cross | None = cross
        ) -> Array:
            out = weight * left * right
            return out if cross is None else out + modes.crossed(cross, left, right, out.shape)

        pull = prior.pull(v)
        g_v = [rows.studies.by_study(slope * loading[i]) - pull[i] for i in range(q)]
        g_z = [rows.results.by_study(slope * inner[a]) - z[a] for a in range(p)]
        h_zz: Matrix = {}
        for b in range(p):
            for a in range(b + 1):
                h_zz[a, b] = rows.results.by_study(told(inner[a], inner[b])) + float(a == b)
        upper_z = modes.factor_upper(h_zz)
        h_zv = {
            (a, i): rows.results.by_study(told(inner[a], loading[i]))
            for a in range(p)
            for i in range(q)
        }
        gain: Matrix = {}
        for i in range(q):
            solved = modes.solve_upper(upper_z, [h_zv[a, i] for a in range(p)])
            gain |= {(a, i): x for a, x in enumerate(solved)}
        schur: Matrix = {}
        for j in range(q):
            for i in range(j + 1):
                taken = sum(h_zv[a, i] * gain[a, j] for a in range(p))
                schur[i, j] = (
                    rows.studies.by_study(told(loading[i], loading[j]))
                    + prior.curvature(v, i, j)
                    - rows.over_results(np.asarray(taken))
                )
        upper_v = modes.factor_upper(schur)
        rhs = [
            g_v[i] - rows.over_results(np.asarray(sum(gain[a, i] * g_z[a] for a in range(p))))
            for i in range(q)
        ]
        step_v = np.stack(modes.solve_upper(upper_v, rhs))
        step_z = np.stack(modes.solve_upper(upper_z, g_z))
        for a in range(p):
            step_z[a] -= sum(gain[a, i] * step_v[i][rows.study_of] for i in range(q))
        decrement = sum(g * s for g, s in zip(g_v, step_v, strict=True)) + rows.over_results(
            np.asarray(sum(g * s for g, s in zip(g_z, step_z, strict=True)))
        )
        moving = ~(decrement < modes.NEWTON_TOLERANCE**2)
        if not moving.any():
            break
        fraction = moving.astype(float)
        for _ in range(30):
            new_v = v + fraction * step_v
            new_z = z + fraction[rows.study_of] * step_z
            trial = height(new_v, new_z)
            worse = moving & ~(trial >= now - 1e-9 * np.abs(now))
            if not worse.any():
                break
            fraction = np.where(worse, 0.5 * fraction, fraction)
        v, z, now = new_v, new_z, trial
    return JointMode(
        modes.mode_at(v, upper_v, ~moving),
        modes.mode_at(z, upper_z, ~moving[rows.study_of]),
        gain,
    )


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
