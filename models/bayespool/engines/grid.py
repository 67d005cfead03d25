"""The deterministic path of the quadrature engine, for Gaussian rows and one or two variances.

Given the standard deviations everything is Gaussian: the coefficients and the evidence have closed
forms, and what is left is an integral over one or two dimensions, done on a grid. Draws are
low-discrepancy points pushed through the posterior's own quantile functions; replicates of them
with random shifts measure their error.

References
----------
Roever (2020), J Stat Softw 93(6) (the same factorisation in bayesmeta).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from bayespool.engines.conditional import Conditional, conditional
from bayespool.engines.draws import Draws, in_chains
from bayespool.engines.reach import largest
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.marginals import LogGrid, Marginal, NormalMixture
from bayespool.priors import Normal

Array = np.ndarray
REPLICATES = 4
LATTICE, KOROBOV = 1_024, 179  # size and generator, by search for small P2 in 2 to 6 dimensions
MOST_COEFFICIENTS = 12
GRID_ERROR = 1e-3
ROUND_OFF = 1e-14
DROP = 30.0  # nats below the maximum where the grid ends
COARSE, FINE = {1: 161, 2: 41}, {1: 601, 2: 241}
NARROW = 8  # parts of an axis: where all is within one, the grid is laid again
MOST_ROUNDS = 12


class GridPosterior(NamedTuple):
    """Draws and evidence of the deterministic path.

    ``marginals`` has the exact marginal of every coefficient and standard deviation, and under
    ``new`` that of the first coefficient plus the first effect of a new study. ``theta`` and
    ``z_new`` (standard-normal effects of a new study) have draws on the last axis;
    ``replicate`` says which randomly shifted point set a draw belongs to; ``grid_error`` is the
    change of the log evidence when every second grid point is left out.
    """

    theta: Array
    z_new: Array
    replicate: Array
    log_marginal_likelihood: float
    grid_error: float
    n_evaluated: int
    marginals: dict[str, Marginal]


def applies(hierarchy: Hierarchy) -> bool:
    """Whether the hierarchy is Gaussian with normal coefficients and at most two free SDs."""
    return (
        hierarchy.likelihood.exact
        and hierarchy.freedom_prior is None
        and not hierarchy.correlations
        and not hierarchy.stretch_names
        and not hierarchy.slope_names
        and hierarchy.selection is None
        and hierarchy.within is None
        and hierarchy.group is None
        and len(hierarchy.positive) <= 2
        and hierarchy.X.shape[1] <= MOST_COEFFICIENTS
        and all(isinstance(prior, Normal) for prior in hierarchy.coefficient_priors)
    )


def _axis(hierarchy: Hierarchy, i: int) -> tuple[float, float]:
    """A generous range of a log standard deviation, ended where its prior ends."""
    prior = list(hierarchy.positive.values())[i]
    with np.errstate(over="ignore"):  # the far tail of a log-t is beyond double precision
        low, high = np.log(np.maximum(prior.ppf(np.array([1e-14, 1.0 - 1e-14])), 1e-300))
    weight = hierarchy.likelihood.start()[1]
    told = weight[weight > 0.0]
    typical = -0.5 * np.log(np.median(told)) if told.size else 0.0
    # far below the standard errors nothing but the prior's own density is left
    return max(low, min(typical, high) - 40.0), min(high, max(typical, low) + 60.0)


def run(hierarchy: Hierarchy, seed: int) -> Draws:
    """`sample`, in the form that every engine returns."""
    result = sample(hierarchy, seed)
    failed = result.grid_error > GRID_ERROR
    return Draws(
        engine="quadrature",
        hyper={name: in_chains(x) for name, x in hierarchy.natural(result.theta).items()},
        ancestor=result.replicate,
        z_new=in_chains(result.z_new),
        exact=result.marginals,
        info={
            "path": "grid",
            "grid_error": result.grid_error,
            "n_evaluated": result.n_evaluated,
            "log_marginal_likelihood": result.log_marginal_likelihood,
            "log_marginal_likelihood_mcse": result.grid_error,
        },
        failures=(f"halving the grid moves the log evidence by {result.grid_error:.2g}",)
        if failed
        else (),
    )


def sample(hierarchy: Hierarchy, seed: int) -> GridPosterior:
    """Draws and evidence; the same seed gives the same bits."""
    rng = np.random.default_rng(seed)
    p, n_positive, q = hierarchy.X.shape[1], len(hierarchy.positive), hierarchy.dimension
    u, normal = _points(n_positive, p + q, rng)
    order = rng.permutation(2 * LATTICE * REPLICATES)  # of a lattice the order shows
    u, normal = u[:, order], normal[:, order]
    replicate = np.repeat(np.arange(REPLICATES), 2 * LATTICE)[order]
    if n_positive == 0:
        one = conditional(hierarchy, np.zeros((0, 1)))
        beta = one.mean + one.factor[0] @ normal[:p]
        return GridPosterior(
            beta,
            normal[p:],
            replicate,
            float(one.log_density[0]),
            0.0,
            1,
            _marginals(hierarchy, [], np.ones(1), one, np.zeros((0, 1))),
        )
    axes, evaluated = _axes(hierarchy)
    mesh = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")])
    given = conditional(hierarchy, mesh)
    shape = tuple(len(axis) for axis in axes)
    density = given.log_density.reshape(shape)
    evidence, coarse = (
        _log_integral(density, axes),
        _log_integral(
            density[tuple(slice(None, None, 2) for _ in axes)], [axis[::2] for axis in axes]
        ),
    )
    logs = _quantiles(np.exp(density - density.max()), axes, u)
    mean = _interpolate(given.mean.reshape(p, *shape), axes, logs)
    factor = _interpolate(np.moveaxis(given.factor, 0, -1).reshape(p, p, *shape), axes, logs)
    beta = mean + np.einsum("ijn,jn->in", factor, normal[:p])
    error = abs(evidence - coarse)
    return GridPosterior(
        np.concatenate([beta, logs]),
        normal[p:],
        replicate,
        evidence,
        error if error > ROUND_OFF * max(1.0, abs(evidence)) else 0.0,
        evaluated + mesh.shape[1],
        _marginals(hierarchy, axes, np.exp(density - density.max()), given, mesh),
    )


def _marginals(
    hierarchy: Hierarchy, axes: list[Array], density: Array, given: Conditional, mesh: Array
) -> dict[str, Marginal]:
    """Exact marginals: mixtures of normals for coefficients, the grid itself for the SDs."""
    weight = density.ravel() / density.sum()
    use = weight > 1e-13
    weight = weight[use] / weight[use].sum()
    mean, factor = given.mean[:, use], given.factor[use]
    spread = np.sqrt(np.einsum("nij,nij->in", factor, factor))
    out: dict[str, Marginal] = {
        name: NormalMixture(weight, mean[i], spread[i])
        for i, name in enumerate(hierarchy.coefficients)
    }
    theta = np.concatenate([mean, mesh[:, use]])
    first = hierarchy.sigma_factor(theta)[0, 0]
    out["new"] = NormalMixture(weight, mean[0], np.sqrt(spread[0] ** 2 + first**2))
    for i, name in enumerate(hierarchy.positive):
        other = tuple(j for j in range(len(axes)) if j != i)
        out[name] = LogGrid(axes[i], density.sum(axis=other) if other else density)
    return out


def _axes(hierarchy: Hierarchy) -> tuple[list[Array], int]:
    """Fine axes over the box where the density is within `DROP` of its maximum."""
    n = len(hierarchy.positive)
    bounds = [_axis(hierarchy, i) for i in range(n)]
    evaluated, size = 0, COARSE[n]
    for turn in range(MOST_ROUNDS):
        axes = [np.linspace(low, high, size) for low, high in bounds]
        mesh = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")])
        density = conditional(hierarchy, mesh).log_density.reshape([size] * n)
        evaluated += density.size
        inside = density > largest(density, "standard deviation on the grid") - DROP
        width = size
        for i in range(n):
            kept = np.flatnonzero(inside.any(axis=tuple(j for j in range(n) if j != i)))
            bounds[i] = (
                axes[i][max(kept[0] - 1, 0)],
                axes[i][min(kept[-1] + 1, size - 1)],
            )
            width = min(width, int(kept[-1] - kept[0]))
        if turn + 1 >= n and width > size // NARROW:
            break
    return [np.linspace(low, high, FINE[n]) for low, high in bounds], evaluated


def _log_integral(log_density: Array, axes: list[Array]) -> float:
    top = log_density.max()
    value = np.exp(log_density - top)
    for axis in reversed(axes):
        value = np.trapezoid(value, axis, axis=-1)
    return float(np.log(value) + top)


def _points(uniform: int, normal: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Uniform and standard-normal coordinates of a randomly shifted lattice, draws last.

    A Korobov lattice of 1,024 points; every replicate has its own shift, and its mirror image in
    the normal coordinates, which are scaled to unit variance: means and variances that are linear
    in them carry no error of their own.
    """
    dimensions = uniform + normal
    powers = [pow(KOROBOV, j, LATTICE) for j in range(dimensions)]
    lattice = np.arange(LATTICE) * np.array(powers)[:, None] % LATTICE / LATTICE
    shift = rng.random((dimensions, REPLICATES, 1))
    # together the replicates stratify every coordinate as finely as one larger lattice would
    order = np.stack([rng.permutation(REPLICATES) for _ in range(dimensions)])
    shift = (shift + order[:, :, None]) / (REPLICATES * LATTICE)
    shift += rng.random((dimensions, 1, 1))
    u = np.clip((lattice[:, None] + shift) % 1.0, 1e-12, 1.0 - 1e-12)
    z = ndtri(u[uniform:])
    z = z - z.mean(axis=2, keepdims=True)
    z /= np.sqrt(np.mean(z * z, axis=2, keepdims=True))
    both = np.concatenate([u[:uniform], u[:uniform]], axis=2)
    mirrored = np.concatenate([z, -z], axis=2)
    n = REPLICATES * 2 * LATTICE
    return both.reshape(uniform, n), mirrored.reshape(normal, n)


def _quantiles(density: Array, axes: list[Array], u: Array) -> Array:
    """Points with the density given on a grid, from uniform points."""
    first = density
    for axis in reversed(axes[1:]):
        first = np.trapezoid(first, axis, axis=-1)
    x, cell, fraction = _invert(first[None], axes[0], u[0], np.zeros(u.shape[1], int))
    if len(axes) == 1:
        return x[None]
    # between two grid lines take one or the other by distance: linear in the first coordinate
    use = cell + (_spread_fraction(u[0]) < fraction)
    y, _, _ = _invert(density, axes[1], u[1], use)
    return np.stack([x, y])


def _spread_fraction(u: Array) -> Array:
    """A second uniform number from the low digits of the first."""
    return (u * 1_000_003.0) % 1.0


def _invert(density: Array, axis: Array, u: Array, line: Array) -> tuple[Array, Array, Array]:
    """Quantiles of piecewise linear densities, one of the lines per point."""
    h = axis[1] - axis[0]
    mass = 0.5 * h * (density[:, 1:] + density[:, :-1]) + 1e-300
    cumulative = np.concatenate([np.zeros((len(density), 1)), np.cumsum(mass, axis=1)], axis=1)
    cumulative /= np.maximum(cumulative[:, -1:], 1e-300)
    # searchsorted in all lines at once: shift each line by its number
    flat = (cumulative + np.arange(len(density))[:, None]).ravel()
    at = np.searchsorted(flat, u + line, side="right") - 1 - line * len(axis)
    cell = np.clip(at, 0, len(axis) - 2)
    total = mass.sum(axis=1)[line]
    rest = (u - cumulative[line, cell]) * total / h
    f0, f1 = density[line, cell], density[line, cell + 1]
    slope = f1 - f0
    root = np.sqrt(np.maximum(f0 * f0 + 2.0 * slope * rest, 0.0))
    fraction = np.clip(2.0 * rest / np.maximum(f0 + root, 1e-300), 0.0, 1.0)
    return axis[cell] + h * fraction, cell, fraction


def _interpolate(values: Array, axes: list[Array], at: Array) -> Array:
    """Linear interpolation of grid values, the grid on the last axes, at points (n_axes, n)."""
    weights, cells = [], []
    for axis, x in zip(axes, at, strict=True):
        position = (x - axis[0]) / (axis[1] - axis[0])
        cell = np.clip(position.astype(int), 0, len(axis) - 2)
        cells.append(cell)
        weights.append(position - cell)
    if len(axes) == 1:
        (c,), (w,) = cells, weights
        return values[..., c] * (1.0 - w) + values[..., c + 1] * w
    (c, d), (w, v) = cells, weights
    return (
        values[..., c, d] * (1.0 - w) * (1.0 - v)
        + values[..., c + 1, d] * w * (1.0 - v)
        + values[..., c, d + 1] * (1.0 - w) * v
        + values[..., c + 1, d + 1] * w * v
    )
