"""Unbiased estimates of a study's likelihood from a few randomised points around its joint mode.

Importance weights need no exact likelihood, only an unbiased estimate of it: the posterior is exact
whatever the number of points, and their noise costs a share ``1 - exp(-variance)`` of the draws.

References
----------
Tran, Scharth, Pitt & Kohn (2013), arXiv:1309.3339 (importance sampling squared); Andrieu & Roberts
(2009), Ann Stat 37:697-725; Andrieu, Lee & Vihola (2018), Bernoulli 24:842-872 (iterated sampling
importance resampling, by which effects are drawn).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bayespool.numerics.modes import Mode
from bayespool.numerics.problem import Problem
from bayespool.numerics.triangular import solve_lower, times

Array = np.ndarray
WIDTH = 0.62  # scale of the logistic proposal of a normal effect: a little wider than the best
HEAVY_WIDTH = 0.95  # of the t(4) proposal of a Student t effect
SWEEPS, CANDIDATES = 3, 8


class Points(NamedTuple):
    """A rule of integration: so many points a study, with randomness from a generator.

    With ``nodes``, studies with one level of normal effects get so many nodes instead.
    """

    number: int
    rng: np.random.Generator
    nodes: int = 0


def log_likelihood(problem: Problem, rule: Points) -> Array:
    """Logarithm of an unbiased estimate of every study's likelihood, (n_studies, n_draws)."""
    u = _shifted_net(problem, rule)
    terms = np.stack([_weighted(problem, *each)[2] for each in u])
    top = terms.max(axis=0)
    # a draw so far out that no point has any density is one of likelihood zero
    safe = np.where(np.isfinite(top), top, 0.0)
    np.exp(terms - safe, out=terms)
    with np.errstate(divide="ignore"):
        estimate = np.log(terms.mean(axis=0)) + safe
    return estimate + problem.constant


def draw_effects(problem: Problem, rng: np.random.Generator) -> tuple[Array, Array]:
    """One draw of v, (q, n_studies, n_draws), and of z, (p, n_results, n_draws), per draw.

    Iterated sampling importance resampling: in each sweep the present effects and `CANDIDATES` new
    ones compete by their weights, which leaves the conditional distribution as it is. Of normal
    rows and effects it is known.
    """
    if problem.gaussian:
        return _drawn_at_mode(problem, rng)
    rows = problem.rows
    n = problem.offset.shape[1]
    q, p = len(problem.loading), len(problem.inner)
    v, z, total = np.empty(0), np.empty(0), np.empty(0)
    weight = np.empty(0)
    for sweep in range(SWEEPS):
        total = weight.copy()
        for candidate in range(CANDIDATES):
            u_v = _open(rng.random((q, len(rows.studies.starts), n)))
            u_z = _open(rng.random((p, len(rows.results.starts), n)))
            new_v, new_z, new = _weighted(problem, u_v, u_z)
            if sweep == candidate == 0:
                v, z, weight, total = new_v, new_z, new, new.copy()
                continue
            total = np.logaddexp(total, new)
            take = np.log(_open(rng.random(new.shape))) < new - total
            v = np.where(take, new_v, v)
            z = np.where(take[rows.study_of], new_z, z)
            weight = np.where(take, new, weight)
    return v, z


def _drawn_at_mode(problem: Problem, rng: np.random.Generator) -> tuple[Array, Array]:
    """Effects of normal rows, whose conditional distribution is normal around the joint mode."""
    mode, n = problem.mode, problem.offset.shape[1]
    v, z = mode.study.centre.copy(), mode.inner.centre.copy()
    e = rng.standard_normal(v.shape)
    for (i, j), c in mode.study.spread.items():
        v[i] += c * e[j]
    if len(z):
        for (a, i), gain in mode.gain.items():
            z[a] -= gain * (v[i] - mode.study.centre[i])[problem.rows.study_of]
        e = rng.standard_normal((*z.shape[:2], n))
        for (a, b), c in mode.inner.spread.items():
            z[a] += c * e[b]
    return v, z


def _weighted(problem: Problem, u_v: Array, u_z: Array) -> tuple[Array, Array, Array]:
    """Effects from uniform points, and their log weight: density over that of the proposal."""
    rows, mode = problem.rows, problem.mode
    proposal = LOGISTIC if problem.prior.normal else STUDENT
    v, log_q = _placed(u_v, mode.study, mode.study.centre, proposal, problem.several)
    z = mode.inner.centre
    if len(z):
        z = z.copy()
        for (a, i), gain in mode.gain.items():
            z[a] -= gain * (v[i] - mode.study.centre[i])[rows.study_of]
        several = np.flatnonzero(np.isin(rows.study_of, problem.several))
        z, log_q_z = _placed(u_z, mode.inner, z, LOGISTIC, several)
        log_q += rows.over_results(log_q_z)
    return v, z, problem.log_density(v, z) - log_q


def _placed(
    u: Array, mode: Mode, centre: Array, proposal: Proposal, several: Array
) -> tuple[Array, Array]:
    """Points around a centre in units of the spread at the mode, and their log density.

    Where there may be `several` modes every second point is one of the effects' own distribution.
    """
    e, log_q = proposal.draw(u)
    x = centre.copy()
    for (i, j), c in mode.spread.items():
        x[i] += c * e[j]
    log_q -= mode.log_det
    if several.size:
        own = u[:, several]
        wide = own[0] < 0.5
        own[0] = 2.0 * np.where(wide, own[0], own[0] - 0.5)
        e, _ = proposal.draw(_open(own))
        middle, spread = centre[:, several], {k: c[several] for k, c in mode.spread.items()}
        points = np.where(wide, e, middle + times(spread, e))
        near = proposal.log_density(solve_lower(spread, points - middle)) - mode.log_det[several]
        x[:, several] = points
        log_q[several] = np.logaddexp(near, proposal.log_density(points)) + np.log(0.5)
    return x, log_q


class Proposal(NamedTuple):
    """A distribution of one standardised effect: its quantiles and its log density.

    The density is multiplied by ``sqrt(2 pi)``, and summed over the effects (the first axis).
    """

    draw: Callable[[Array], tuple[Array, Array]]
    log_density: Callable[[Array], Array]


def _logistic(u: Array) -> tuple[Array, Array]:
    low, high = np.log(u), np.log(1.0 - u)
    constant = 0.5 * np.log(2.0 * np.pi) - np.log(WIDTH)
    return WIDTH * (low - high), (low + high).sum(axis=0) + len(u) * constant


def _logistic_density(x: Array) -> Array:
    away = -np.abs(x) / WIDTH
    constant = 0.5 * np.log(2.0 * np.pi) - np.log(WIDTH)
    return (away - 2.0 * np.log1p(np.exp(away))).sum(axis=0) + len(x) * constant


def _student(u: Array) -> tuple[Array, Array]:
    """Student t with 4 degrees of freedom (Shaw 2006, J Comput Finance 9:37-73)."""
    alpha = 4.0 * u * (1.0 - u)
    root = np.sqrt(alpha)
    square = np.maximum(np.cos(np.arccos(root) / 3.0) / root - 1.0, 0.0)
    x = HEAVY_WIDTH * np.copysign(2.0 * np.sqrt(square), u - 0.5)
    return x, _student_density(x)


def _student_density(x: Array) -> Array:
    constant = np.log(0.375) + 0.5 * np.log(2.0 * np.pi) - np.log(HEAVY_WIDTH)
    return -2.5 * np.log1p((0.5 / HEAVY_WIDTH * x) ** 2).sum(axis=0) + len(x) * constant


LOGISTIC = Proposal(_logistic, _logistic_density)
STUDENT = Proposal(_student, _student_density)


def _open(u: Array) -> Array:
    """Uniform numbers kept off 0 and 1."""
    return np.clip(u, 1e-16, 1.0 - 1e-16)


def _shifted_net(problem: Problem, rule: Points) -> Iterator[tuple[Array, Array]]:
    """Evenly spread points, with a shift of its own for every effect of every study and draw.

    Common shifts would not average out over studies.
    """
    rows, n = problem.rows, problem.offset.shape[1]
    q, p = len(problem.loading), len(problem.inner)
    shift_v = rule.rng.random((q, len(rows.studies.starts), n))
    shift_z = rule.rng.random((p, len(rows.results.starts), n))
    place = rows.place
    most = int(place.max()) + 1 if p else 0
    points = net(rule.number, q + p * most)
    at_z = q + p * place + np.arange(p)[:, None]
    for point in points:
        u_v = shift_v + point[:q, None, None]
        u_z = shift_z + point[at_z][:, :, None] if p else shift_z
        yield _open(u_v - np.floor(u_v)), _open(u_z - np.floor(u_z))


@lru_cache(maxsize=64)
def net(number: int, dimension: int) -> Array:
    """Points in the unit cube, every coordinate stratified, shape (number, dimension).

    The first two coordinates are a lattice; the others are permutations of its strata, fixed once.
    """
    rng = np.random.default_rng(number)
    grid = np.arange(number) / number
    columns = [grid]
    if dimension > 1:
        columns.append(grid[np.arange(number) * _generator(number) % number])
    columns += [rng.permutation(grid) for _ in range(2, dimension)]
    return np.stack(columns[:dimension], axis=1)


def _generator(number: int) -> int:
    """A multiplier near the golden section that visits every stratum."""
    start = max(1, round(0.618 * number))
    return next(g for g in range(start, 2 * number + 2) if np.gcd(g, number) == 1)
