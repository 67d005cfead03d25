"""Integrals over study effects: adaptive Gauss-Hermite quadrature around each study's mode.

A study's rows have linear predictors ``offset + loading . v`` with ``v ~ N(0, I)`` of dimension
1 to 3. Everything is vectorised over studies and draws; arrays keep draws on the last axis.

References
----------
Liu & Pierce (1994), Biometrika 81:624-629; Pinheiro & Bates (1995), JCGS 4:12-35.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from bayespool.numerics.likelihoods import Cross, RowLikelihood

Array = np.ndarray
Curvature = dict[tuple[int, int], Array]
MAX_DIMENSION = 3
PLAIN_STEPS = 3
NEWTON_STEPS = 60
NEWTON_TOLERANCE = 0.02  # in conditional standard deviations of a study's effect; nodes mend it


@lru_cache(maxsize=64)
def hermite_nodes(n: int) -> tuple[Array, Array]:
    """Nodes and log weights of the probabilists' Gauss-Hermite rule; the weights sum to one."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, np.log(weights) - 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows sorted by study, and where each study begins.

    Attributes
    ----------
    likelihood : RowLikelihood
        One entry per row, sorted by study.
    starts : array of int, shape (n_studies,)
        First row of each study; every study has at least one row.
    depth : array of int, shape (n_rows,)
        Index of the last component of ``v`` that the row's predictor depends on. Rows that depend
        on the first components alone are evaluated on fewer nodes.
    """

    likelihood: RowLikelihood
    starts: Array
    depth: Array

    @property
    def n_rows(self) -> int:
        return len(self.likelihood)

    def part(self, draws: slice | Array) -> Rows:
        """The same rows for some of the draws."""
        own = self.likelihood.part(draws)
        return self if own is self.likelihood else replace(self, likelihood=own)

    @cached_property
    def study(self) -> Array:
        """Study index of each row."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.append(self.starts, self.n_rows)))

    @cached_property
    def _rows_per_study(self) -> int:
        """Rows of every study when all have equally many, else 0."""
        lengths = np.diff(np.append(self.starts, self.n_rows))
        return int(lengths[0]) if np.all(lengths == lengths[0]) else 0

    @cached_property
    def levels(self) -> list[Level]:
        """The rows by depth."""
        n_studies = len(self.starts)
        out = []
        for depth in range(int(self.depth.max()) + 1):
            members = np.flatnonzero(self.depth == depth)
            study = self.study[members]
            starts = np.flatnonzero(np.diff(study, prepend=-1))
            out.append(
                Level(
                    members,
                    study,
                    self.likelihood.take(members),
                    np.array_equal(study, np.arange(n_studies)),
                    study[starts],
                    starts,
                )
            )
        return out

    def by_study(self, values: Array) -> Array:
        """Sum rows (axis -2) within studies."""
        per = self._rows_per_study
        if not per:
            return np.add.reduceat(values, self.starts, axis=-2)
        total = values[..., 0::per, :]
        for r in range(1, per):
            total = total + values[..., r::per, :]
        return total


class Level(NamedTuple):
    """Rows of one depth: which, of which study, and how to sum them by study."""

    members: Array
    study: Array
    likelihood: RowLikelihood
    one_each: bool
    present: Array
    starts: Array

    def by_study(self, values: Array, n_studies: int) -> Array:
        """Sum rows (axis -2) into all studies, some of which may have no such row."""
        if self.one_each:
            return values
        out = np.zeros((*values.shape[:-2], n_studies, values.shape[-1]))
        out[..., self.present, :] = np.add.reduceat(values, self.starts, axis=-2)
        return out


class Mode(NamedTuple):
    """Where each study's effects lie given the hyperparameters, in units of ``v``.

    ``centre`` has shape (q, n_studies, n_draws); ``spread`` is the upper-triangular solve's
    lower-triangular factor C with C C' the inverse curvature, as a dict (i, j) -> array;
    ``log_det`` is log|C|; ``converged`` marks the studies whose Newton steps settled.
    """

    centre: Array
    spread: dict[tuple[int, int], Array]
    log_det: Array
    converged: Array

    def part(self, draws: slice | Array) -> Mode:
        """The same for some of the draws."""
        return Mode(
            self.centre[..., draws],
            {key: value[..., draws] for key, value in self.spread.items()},
            self.log_det[..., draws],
            self.converged[..., draws],
        )


def _predictor(offset: Array, loading: Array, v: Array) -> Array:
    """``offset + loading . v`` with v given per row, shapes (rows, draws) and (q, rows, draws)."""
    eta = offset.copy()
    for i in range(loading.shape[0]):
        eta += loading[i] * v[i]
    return eta


def factor_upper(curvature: dict[tuple[int, int], Array]) -> dict[tuple[int, int], Array]:
    """Upper-triangular U with U U' = H, so that C = U'^-1 is lower triangular."""
    q = 1 + max(i for i, _ in curvature)
    upper: dict[tuple[int, int], Array] = {}
    for j in reversed(range(q)):
        for i in reversed(range(j + 1)):
            rest = curvature[i, j] - sum(upper[i, k] * upper[j, k] for k in range(j + 1, q))
            # round-off cannot push a pivot below the prior's own curvature of one
            upper[i, j] = np.sqrt(np.maximum(rest, 1e-12)) if i == j else rest / upper[j, j]
    return upper


def solve_upper(upper: dict[tuple[int, int], Array], rhs: list[Array]) -> list[Array]:
    """Solve (U U') x = rhs."""
    q = len(rhs)
    y: list[Array] = [rhs[0]] * q
    for i in reversed(range(q)):  # U y = rhs
        y[i] = (rhs[i] - sum(upper[i, k] * y[k] for k in range(i + 1, q))) / upper[i, i]
    x: list[Array] = [rhs[0]] * q
    for i in range(q):  # U' x = y
        x[i] = (y[i] - sum(upper[k, i] * x[k] for k in range(i))) / upper[i, i]
    return x


def _inverse_transpose(upper: dict[tuple[int, int], Array]) -> dict[tuple[int, int], Array]:
    """C = U'^-1, lower triangular, with C C' = (U U')^-1."""
    q = 1 + max(i for i, _ in upper)
    c: dict[tuple[int, int], Array] = {}
    for j in range(q):
        for i in range(j, q):
            if i == j:
                c[i, i] = 1.0 / upper[i, i]
            else:
                c[i, j] = -sum(upper[k, i] * c[k, j] for k in range(j, i)) / upper[i, i]
    return c


def crossed(cross: Cross, left: Array, right: Array, shape: tuple[int, ...]) -> Array:
    """What coupled rows add to the curvature in two loadings (n_rows, n_draws), on first rows."""
    i, j = cross.first, cross.second
    out = np.zeros(shape)
    out[..., i, :] = cross.weight * (left[i] * right[j] + left[j] * right[i])
    return out


def mode_at(centre: Array, upper: dict[tuple[int, int], Array], converged: Array) -> Mode:
    """The mode with the spread that a factorised curvature gives."""
    log_det = -sum(np.log(upper[i, i]) for i in range(len(centre)))
    return Mode(centre, _inverse_transpose(upper), np.asarray(log_det), converged)


def find_mode(rows: Rows, offset: Array, loading: Array, start: Array | None = None) -> Mode:
    """Each study's mode and curvature by Fisher scoring, vectorised over studies and draws.

    Parameters
    ----------
    rows : Rows
    offset : array, shape (n_rows, n_draws)
    loading : array, shape (q, n_rows, n_draws)
    start : array, shape (q, n_studies, n_draws), optional
        Where to begin; by default one weighted least-squares step towards each row's own estimate.
    """
    q = loading.shape[0]
    if start is None:
        eta0, weight0 = rows.likelihood.start()
        pull = weight0 * (eta0 - offset)
        told = _curvature(rows, loading, np.broadcast_to(weight0, offset.shape), None)
        rhs = [rows.by_study(pull * loading[i]) for i in range(q)]
        v = np.stack(solve_upper(factor_upper(told), rhs))
    else:
        v = start

    step, upper, decrement = _climb(rows, offset, loading, v)
    if rows.likelihood.exact:
        v = v + step
    else:
        # settled studies stay where they are, so that no result depends on its neighbours
        for _ in range(PLAIN_STEPS):
            moving = decrement >= NEWTON_TOLERANCE**2
            if not moving.any():
                break
            v = v + np.where(moving, step, 0.0)
            step, upper, decrement = _climb(rows, offset, loading, v)
        left = np.flatnonzero(~np.all(decrement < NEWTON_TOLERANCE**2, axis=0))
        if left.size:  # the draws with a study that plain steps did not settle
            v_left, upper_left, decrement[:, left] = _damped(
                rows.part(left), offset[:, left], loading[..., left], v[..., left],
                decrement[:, left],
            )  # fmt: skip
            v[..., left] = v_left
            for key, value in upper_left.items():
                upper[key][..., left] = value
    return mode_at(v, upper, decrement < NEWTON_TOLERANCE**2)


def _curvature(rows: Rows, loading: Array, weight: Array, cross: Cross | None) -> Curvature:
    """Curvature of each study's log density in its effects, prior and rows together."""
    out = {}
    for j in range(len(loading)):
        for i in range(j + 1):
            told = weight * (loading[i] * loading[j])
            if cross is not None:
                told += crossed(cross, loading[i], loading[j], told.shape)
            out[i, j] = rows.by_study(told)
            if i == j:
                out[i, j] += 1.0
    return out


def _climb(rows: Rows, offset: Array, loading: Array, v: Array) -> tuple[Array, Curvature, Array]:
    """Newton's step, the factor of the curvature, and the squared length of the step in SDs."""
    eta = _predictor(offset, loading, v[:, rows.study])
    slope, weight, cross = rows.likelihood.derivatives(eta)
    upper = factor_upper(_curvature(rows, loading, weight, cross))
    gradient = [rows.by_study(slope * loading[i]) - v[i] for i in range(len(loading))]
    step = np.stack(solve_upper(upper, gradient))
    decrement = sum(g * s for g, s in zip(gradient, step, strict=True))
    return step, upper, np.asarray(decrement)


def _damped(
    rows: Rows, offset: Array, loading: Array, v: Array, decrement: Array
) -> tuple[Array, Curvature, Array]:
    """Newton with step halving, for the few studies where plain steps overshoot."""
    study = rows.study

    def height(v: Array) -> Array:
        eta = _predictor(offset, loading, v[:, study])
        return rows.by_study(rows.likelihood.log_density(eta)) - 0.5 * np.sum(v * v, axis=0)

    settled = decrement < NEWTON_TOLERANCE**2
    v = np.where(settled, v, np.where(np.isfinite(v), np.clip(v, -1e3, 1e3), 0.0))
    now, at_origin = height(v), height(np.zeros_like(v))
    v = np.where(~settled & (at_origin > now), 0.0, v)
    now = np.where(settled, now, np.maximum(now, at_origin))
    step, upper, decrement = _climb(rows, offset, loading, v)
    for _ in range(NEWTON_STEPS):
        moving = ~(decrement < NEWTON_TOLERANCE**2)
        if not moving.any():
            break
        fraction = moving.astype(float)
        for _ in range(30):
            trial = height(v + fraction * step)
            worse = moving & ~(trial >= now - 1e-9 * np.abs(now))
            if not worse.any():
                break
            fraction = np.where(worse, 0.5 * fraction, fraction)
        v = v + fraction * step
        now = height(v)
        step, upper, decrement = _climb(rows, offset, loading, v)
    return v, upper, decrement


def integrate(rows: Rows, offset: Array, loading: Array, nodes: int, mode: Mode) -> Array:
    """Log likelihood of each study with its effects integrated out, shape (n_studies, n_draws).

    Constants that do not depend on parameters (`log_constant`) are included. For a likelihood that
    is quadratic in its predictor the result is exact with one node.
    """
    q = loading.shape[0]
    n_nodes = 1 if rows.likelihood.exact else nodes
    x, log_w = hermite_nodes(n_nodes)
    log_w = log_w + 0.5 * x * x
    n_studies, n_draws = mode.centre.shape[1:]

    # The integrand is divided by its value at the mode. It is log-concave there and below, so no
    # exponential overflows.
    reference = -0.5 * np.sum(mode.centre**2, axis=0)
    for part in rows.levels:
        eta = _on_rows(part, offset, loading, list(mode.centre))
        reference = reference + part.by_study(part.likelihood.log_density(eta), n_studies)
    lower: Array = -reference

    # points of component i on the nodes of components 0..i-1 (leading axes, the last varies first)
    v: list[Array] = []
    for i in range(q - 1):
        point = _point(mode, v, x, i)
        v = [*v, point + mode.spread[i, i] * x.reshape((-1,) + (1,) * point.ndim)]
        lower = lower - 0.5 * v[i] ** 2 + log_w.reshape((-1,) + (1,) * (v[i].ndim - 1))
        if i < len(rows.levels) and rows.levels[i].members.size:
            part = rows.levels[i]
            lower = lower + part.by_study(
                part.likelihood.log_density(_on_rows(part, offset, loading, v)), n_studies
            )

    # the deepest component one node at a time: everything but its rows is a quadratic in the node
    point = _point(mode, v, x, q - 1)
    scale = mode.spread[q - 1, q - 1]
    lower = lower - 0.5 * point * point
    linear = -scale * point
    deepest = rows.levels[q - 1] if len(rows.levels) == q else None
    if deepest is not None:
        base = _on_rows(deepest, offset, loading, [*v, point])
        slope = loading[q - 1][deepest.members] * _by_row(scale, deepest)
    total = np.zeros(np.broadcast_shapes(lower.shape, point.shape))
    for node, weight in zip(x, log_w, strict=True):
        term = linear * node
        term += lower
        term += weight - 0.5 * (node * scale) ** 2
        if deepest is not None:
            eta = base + node * slope
            term = term + deepest.by_study(deepest.likelihood.log_density(eta), n_studies)
        np.exp(term, out=term)
        total = total + term
    constant = rows.by_study(rows.likelihood.log_constant())
    summed = total.reshape((-1, n_studies, n_draws)).sum(axis=0)
    return np.log(summed) + reference + mode.log_det + constant


def _point(mode: Mode, v: list[Array], x: Array, i: int) -> Array:
    """Component i at its own centre node, on the nodes of the components before it."""
    point = mode.centre[i]
    for j in range(i):
        nodes = x.reshape((-1,) + (1,) * (j + 2))
        point = point + mode.spread[i, j] * nodes
    return point


def _on_rows(part: Level, offset: Array, loading: Array, v: list[Array]) -> Array:
    """Linear predictor of a level's rows at points of the components."""
    eta = offset[part.members]
    for i, values in enumerate(v):
        eta = eta + loading[i][part.members] * _by_row(values, part)
    return eta


def _by_row(v: Array, part: Level) -> Array:
    return v if part.one_each else v[..., part.study, :]


def draw_effects(
    rows: Rows,
    offset: Array,
    loading: Array,
    mode: Mode,
    rng: np.random.Generator,
    sweeps: int = 8,
) -> Array:
    """One draw of every study's effects from their conditional, shape (q, n_studies, n_draws).

    Independence Metropolis from a Student-t(8) around the mode; for a Gaussian likelihood one
    direct draw. Eight sweeps at acceptance above 0.8 leave less than 1e-5 of the start.
    """
    q, n_studies, n_draws = mode.centre.shape
    study = rows.study
    freedom = 8.0

    def propose() -> tuple[Array, Array]:
        z = rng.standard_normal((q, n_studies, n_draws))
        if not rows.likelihood.exact:
            z /= np.sqrt(rng.chisquare(freedom, (n_studies, n_draws)) / freedom)
        v = mode.centre.copy()
        for (i, j), c in mode.spread.items():
            v[i] += c * z[j]
        if rows.likelihood.exact:
            return v, np.zeros((n_studies, n_draws))
        log_q = -0.5 * (freedom + q) * np.log1p(np.sum(z * z, axis=0) / freedom)
        eta = _predictor(offset, loading, v[:, study])
        log_p = rows.by_study(rows.likelihood.log_density(eta)) - 0.5 * np.sum(v * v, axis=0)
        return v, log_p - log_q

    v, weight = propose()
    if rows.likelihood.exact:
        return v
    for _ in range(sweeps):
        v_new, weight_new = propose()
        take = np.log(rng.random((n_studies, n_draws))) < weight_new - weight
        v = np.where(take, v_new, v)
        weight = np.where(take, weight_new, weight)
    return v
