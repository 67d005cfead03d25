"""The modes of the posterior of the hyperparameters, and the curvature at each.

From several starts: weighted least squares, every coefficient with its sign turned, and draws of
the prior that lie higher than a normal distribution around the first mode would have them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bayespool.engines.reach import largest
from bayespool.hierarchy import NEGLIGIBLE, Hierarchy

Array = np.ndarray
HALF = np.array(0.5)
ORDINARY = (0.03, 30.0)  # scales for which one will do
STEPS = 40
PRIOR_DRAWS = 256
MORE_STARTS = 4
SURPRISE = 3.0  # nats above the first mode's normal approximation that make another start
DISTINCT = 3.0  # conditional standard deviations between two modes
PART, LEAST_PART = 8, 100  # share of very many studies that is climbed first, and at least
SAME = 1.0  # standard deviations between two ends of climbs up one mode
SMALL = 12.0  # nats of mass below the largest mode at which another is dropped


class Modes(NamedTuple):
    """Distinct modes of the unconstrained hyperparameters, the one of largest mass first.

    ``theta`` has shape (n_modes, n_hyper), ``cov`` (n_modes, n_hyper, n_hyper); ``log_mass`` is
    Laplace's approximation of each mode's share of the evidence.
    """

    theta: Array
    cov: Array
    log_mass: Array


def posterior_mode(hierarchy: Hierarchy) -> tuple[Array, Array]:
    """The mode that weighted least squares lead to, and the inverse curvature there."""
    theta, cov, _ = climb(hierarchy, _start(hierarchy)[:, None], _units(hierarchy))
    return theta[0], cov[0]


def posterior_modes(hierarchy: Hierarchy, rng: np.random.Generator) -> Modes:
    """All distinct modes that the starts lead to."""
    unit = _units(hierarchy)
    theta, cov, value = climb(hierarchy, _start(hierarchy)[:, None], unit)
    others = _elsewhere(hierarchy, theta, cov, value, rng)
    if others.shape[1]:
        more = climb(hierarchy, others, unit)
        theta, cov, value = (np.concatenate(pair) for pair in zip((theta, cov, value), more,
                                                                  strict=True))  # fmt: skip
    mass = value + 0.5 * np.linalg.slogdet(cov)[1]
    kept: list[int] = []
    for i in np.argsort(-mass, kind="stable"):
        apart = all(_distance(theta[i], theta[k], cov[k]) > DISTINCT for k in kept)
        if not kept or (apart and mass[i] > mass[kept[0]] - SMALL):
            kept.append(int(i))
    return Modes(theta[kept], cov[kept], mass[kept])


def climb(hierarchy: Hierarchy, start: Array, unit: Array) -> tuple[Array, Array, Array]:
    """Newton's method on the Laplace approximation, from all starts (n_hyper, n) at once.

    Differences are taken over a third of a posterior standard deviation, so that round-off and
    flat directions do no harm.

    Parameters
    ----------
    unit : array, shape (n_hyper,)
        A scale of every hyperparameter; 1 will do unless it is of another order.

    Returns
    -------
    theta (n, n_hyper), cov (n, n_hyper, n_hyper), and the log posterior at each, (n,)
    """
    d, n = start.shape
    theta = start.T.copy()
    pairs = [(i, j) for i in range(d) for j in range(i)]
    smallest, most = 1e-4 * np.minimum(unit, 1.0), 0.3 * np.maximum(unit, 1.0)
    step = np.tile(np.where(unit > 1.0, 0.1 * unit, np.minimum(0.1, unit / 3.0)), (n, 1))
    scale = np.tile(np.maximum(unit, 1.0), (n, 1))
    cov, value = np.tile(np.eye(d), (n, 1, 1)), np.full(n, -np.inf)
    moving = np.ones(n, bool)
    fractions = np.array([1.0, 0.5, 0.25, 0.1, 0.03, 0.0])
    for _ in range(STEPS):
        at = np.flatnonzero(moving)
        f = _around(hierarchy, theta[at], step[at], pairs)
        gradient, hessian = _differences(f, step[at], pairs)
        value[at] = f[:, 0]
        for k, i in enumerate(at):
            cov[i] = _positive_inverse(-hessian[k], scale[i])
        move = np.einsum("nij,nj->ni", cov[at], gradient)
        longest = np.maximum(np.max(np.abs(move), axis=1) / 3.0, 1.0)
        trials = theta[at, :, None] + move[:, :, None] * fractions / longest[:, None, None]
        height = hierarchy.log_posterior(_columns(trials), 1).reshape(len(at), len(fractions))
        best = np.argmax(height, axis=1)
        theta[at] = trials[np.arange(len(at)), :, best]
        scale[at] = np.sqrt(np.einsum("nii->ni", cov[at]))
        step[at] = np.clip(scale[at] / 3.0, smallest, most)
        gain = height[np.arange(len(at)), best] - value[at]
        slow = np.einsum("ni,ni->n", gradient, move) < 1e-2
        moving[at] = ~(slow | (gain < 1e-3))
        if not moving.any():
            break
    return theta, cov, value


def _columns(points: Array) -> Array:
    """Points (n, n_hyper, m) as columns (n_hyper, n m)."""
    return np.moveaxis(points, 1, 0).reshape(points.shape[1], -1)


def _around(hierarchy: Hierarchy, theta: Array, step: Array, pairs: list[tuple[int, int]]) -> Array:
    """The log posterior at every start, one step up and down each axis, and on the diagonals."""
    n, d = theta.shape
    points = np.repeat(theta[:, :, None], 1 + 2 * d + len(pairs), axis=2)
    for i in range(d):
        points[:, i, 1 + i] += step[:, i]
        points[:, i, 1 + d + i] -= step[:, i]
    for c, (i, j) in enumerate(pairs):
        points[:, i, 1 + 2 * d + c] += step[:, i]
        points[:, j, 1 + 2 * d + c] += step[:, j]
    f = hierarchy.log_posterior(_columns(points), 1).reshape(n, -1)
    largest(f[:, 0], "start of the search for the mode")
    # beyond the edge of a bounded prior the density is zero: a fall, but not a bottomless one
    return np.where(np.isfinite(f), f, f[:, :1] - 3.0)


def _differences(f: Array, step: Array, pairs: list[tuple[int, int]]) -> tuple[Array, Array]:
    """Gradient and matrix of second derivatives from `_around`."""
    n, d = step.shape
    up, down = f[:, 1 : 1 + d], f[:, 1 + d : 1 + 2 * d]
    hessian = np.zeros((n, d, d))
    at = np.arange(d)
    hessian[:, at, at] = (up - 2.0 * f[:, :1] + down) / step**2
    for c, (i, j) in enumerate(pairs):
        mixed = f[:, 1 + 2 * d + c] - up[:, i] - up[:, j] + f[:, 0]
        hessian[:, i, j] = hessian[:, j, i] = mixed / (step[:, i] * step[:, j])
    return (up - down) / (2.0 * step), hessian


def _other_starts(
    hierarchy: Hierarchy, mode: Array, cov: Array, value: float, rng: np.random.Generator
) -> Array:
    """Points that lie higher than the first mode's normal approximation, (n_hyper, n)."""
    theta = np.concatenate([_reflections(hierarchy, mode), hierarchy.draw_prior(PRIOR_DRAWS, rng)],
                           axis=1)  # fmt: skip
    height = hierarchy.log_posterior(theta, 1)
    precision = np.linalg.inv(cov)
    away = theta - mode[:, None]
    expected = value - 0.5 * np.einsum("in,ij,jn->n", away, precision, away)
    surprise = np.where(np.isfinite(height), height - expected, -np.inf)
    chosen: list[int] = []
    for i in np.argsort(-surprise):
        if surprise[i] < SURPRISE or len(chosen) == MORE_STARTS:
            break
        if all(_distance(theta[:, i], theta[:, k], cov) > DISTINCT for k in chosen):
            chosen.append(int(i))
    return theta[:, chosen]


def _elsewhere(
    hierarchy: Hierarchy, theta: Array, cov: Array, value: Array, rng: np.random.Generator
) -> Array:
    """Where to climb besides the first mode, (n_hyper, n).

    Of very many studies a random part is climbed first, and then from its other modes.
    """
    m = hierarchy.n_studies // PART
    if m < LEAST_PART:
        return _other_starts(hierarchy, theta[0], cov[0], value[0], rng)
    unit = _units(hierarchy)
    part = hierarchy.subset(list(np.sort(rng.choice(hierarchy.n_studies, m, replace=False))))
    own, own_cov, own_value = climb(part, theta[:1].T, unit)
    starts = _other_starts(part, own[0], own_cov[0], own_value[0], rng)
    if not starts.shape[1]:
        return starts
    found, found_cov, _ = climb(part, starts, unit)
    kept, covs = [own[0]], [own_cov[0]]
    for place, spread in zip(found, found_cov, strict=True):
        if all(_distance(place, a, b) > SAME for a, b in zip(kept, covs, strict=True)):
            kept.append(place)
            covs.append(spread)
    return np.array(kept[1:]).reshape(-1, len(own[0])).T


def _reflections(hierarchy: Hierarchy, mode: Array) -> Array:
    """The mode with the sign of each coefficient turned, and of all, (n_hyper, n)."""
    p = len(hierarchy.coefficients)
    signs = np.ones((len(mode), p + 1))
    signs[np.arange(p), np.arange(p)] = -1.0
    signs[:p, p] = -1.0
    return mode[:, None] * (signs if p > 1 else signs[:, :1])


def _distance(a: Array, b: Array, cov: Array) -> float:
    return float(np.sqrt((a - b) @ np.linalg.solve(cov, a - b)))


def _start(hierarchy: Hierarchy) -> Array:
    """Weighted least squares for the coefficients; prior medians, at most 0.5, for the SDs.

    What a prior excludes is brought to the nearest value that it has.
    """
    beta = _least_squares(hierarchy)[0]
    others = (*hierarchy.stretch_priors, *hierarchy.row_real_priors)
    stretch = [float(p.ppf(HALF)) for p in others]
    real = [
        _possible(prior, value)
        for prior, value in zip(hierarchy.real.values(), [*beta, *stretch], strict=True)
    ]
    log_positive = [
        np.log(_possible(p, 20.0 if name == "nu" else np.clip(float(p.ppf(HALF)), 1e-3, 0.5)))
        for name, p in hierarchy.positive.items()
    ]
    rest = np.zeros(len(hierarchy.correlations) + len(hierarchy.unit))
    return np.concatenate([real, log_positive, rest])


def _least_squares(hierarchy: Hierarchy) -> tuple[Array, Array]:
    """Coefficients by weighted least squares with their priors, and their standard errors."""
    eta, weight = (values[:, 0] for values in hierarchy.likelihood.start())
    weight = weight / (1.0 + 0.25 * weight)
    priors = hierarchy.coefficient_priors
    spread = np.array([_spread(prior.ppf) for prior in priors])
    centre = np.array([prior.ppf(HALF) for prior in priors])
    spread = np.maximum(spread, np.spacing(centre))  # of a prior narrower than numbers are
    x = hierarchy.X
    normal = np.einsum("ri,r,rj->ij", x, weight, x) + np.diag(spread**-2.0)
    pulled = np.einsum("ri,r,r->i", x, weight, eta) + centre / spread**2
    unit = 1.0 / np.sqrt(np.diag(normal))  # columns may differ in scale by many orders
    cov = np.linalg.inv(normal * np.outer(unit, unit))
    return unit * (cov @ (unit * pulled)), unit * np.sqrt(np.diag(cov))


def _units(hierarchy: Hierarchy) -> Array:
    """A scale of every unconstrained hyperparameter, 1 unless it is of another order."""
    n, p = len(hierarchy.names), len(hierarchy.coefficients)
    unit = np.ones(n)
    unit[:p] = _least_squares(hierarchy)[1]
    for i, prior in enumerate((*hierarchy.real.values(), *hierarchy.positive.values())):
        if i < p:
            continue
        logarithm = i >= len(hierarchy.real)

        def quantile(u: Array, prior: Any = prior, logarithm: bool = logarithm) -> Array:
            return np.log(np.maximum(prior.ppf(u), 1e-300)) if logarithm else prior.ppf(u)

        unit[i] = min(1.0, _spread(quantile))
    return np.where((unit > ORDINARY[0]) & (unit < ORDINARY[1]), 1.0, unit)


def _spread(quantile: Callable[[Array], Array]) -> float:
    """Half the central 68 % of a prior on the scale of `quantile`."""
    low, high = quantile(np.array([0.16, 0.84]))
    return float(0.5 * (high - low))


def _possible(prior: Any, value: float) -> float:
    """The value, or the nearest in the middle of a prior that gives it next to no density."""
    if prior.logpdf(np.array(value)) > NEGLIGIBLE / 10.0:
        return float(value)
    low, high = prior.ppf(np.array([0.05, 0.95]))
    return float(np.clip(value, low, high))


def _positive_inverse(matrix: Array, scale: Array) -> Array:
    """Inverse of a curvature matrix with non-positive or flat directions given a wide spread."""
    scaled = matrix * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 0.05)
    return (vectors / values) @ vectors.T * np.outer(scale, scale)
