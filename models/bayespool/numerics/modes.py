"""Where each study's effects lie given the hyperparameters, and how far around: Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.row_likelihood import Cross
from bayespool.numerics.study_rows import Rows

Array = np.ndarray
Curvature = dict[tuple[int, int], Array]
PLAIN_STEPS = 3  # with one or two effects; with more as often more
NEWTON_STEPS = 60
LEAST_STEP = 1e-8  # part of a step that is as good as none
# after such a step a search ends; with one or two effects it goes on, and creeps along an edge of
# what is possible, as that of a risk difference
GIVES_UP_FROM = 3
# in conditional standard deviations of a study's effect; that step is taken too, and leaves about
# the square of it as the error, which nodes mend
NEWTON_TOLERANCE = 0.02


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


def predictor(offset: Array, loading: Array, v: Array) -> Array:
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


def find_mode(
    rows: Rows,
    offset: Array,
    loading: Array,
    start: Array | None = None,
    prior: EffectPrior = NORMAL,
) -> Mode:
    """Each study's mode and curvature by Fisher scoring, vectorised over studies and draws.

    Parameters
    ----------
    rows : Rows
    offset : array, shape (n_rows, n_draws)
    loading : array, shape (q, n_rows, n_draws)
    start : array, shape (q, n_studies, n_draws), optional
        Where to begin; by default one weighted least-squares step towards each row's own estimate.
    prior : EffectPrior
        Of the effects.
    """
    q = loading.shape[0]
    if start is None:
        eta0, weight0 = rows.likelihood.start()
        pull = weight0 * (eta0 - offset)
        told = _curvature(rows, loading, np.broadcast_to(weight0, offset.shape), None, NORMAL, None)
        rhs = [rows.by_study(pull * loading[i]) for i in range(q)]
        upper = factor_upper(told)
        v = np.stack(solve_upper(upper, rhs))
        if rows.likelihood.exact and prior.normal:
            return mode_at(v, upper, np.ones(v.shape[1:], bool))
    else:
        v = start

    step, upper, decrement = _climb(rows, offset, loading, v, prior)
    if rows.likelihood.exact and prior.normal:
        v = v + step
    else:
        # settled studies stay where they are, so that no result depends on its neighbours
        for _ in range(PLAIN_STEPS * max(1, len(loading) - 1)):
            moving = decrement >= NEWTON_TOLERANCE**2
            if not moving.any():
                break
            v = v + np.where(moving, step, 0.0)
            step, upper, decrement = _climb(rows, offset, loading, v, prior)
        left = np.flatnonzero(~np.all(decrement < NEWTON_TOLERANCE**2, axis=0))
        if left.size:  # the draws with a study that plain steps did not settle
            v_left, step[..., left], upper_left, decrement[:, left] = _damped(
                rows.part(left), offset[:, left], loading[..., left], v[..., left],
                decrement[:, left], prior.part(left),
            )  # fmt: skip
            v[..., left] = v_left
            for key, value in upper_left.items():
                upper[key][..., left] = value
        # the last step is known: it costs nothing, and squares what is left of the error
        v = v + np.where(decrement < NEWTON_TOLERANCE**2, step, 0.0)
    return mode_at(v, upper, decrement < NEWTON_TOLERANCE**2)


def _curvature(
    rows: Rows,
    loading: Array,
    weight: Array,
    cross: Cross | None,
    prior: EffectPrior,
    v: Array | None,
) -> Curvature:
    """Curvature of each study's log density in its effects v, prior and rows together."""
    out = {}
    for j in range(len(loading)):
        for i in range(j + 1):
            told = weight * (loading[i] * loading[j])
            if cross is not None:
                told += crossed(cross, loading[i], loading[j], told.shape)
            own = float(i == j) if v is None else prior.curvature(v, i, j)
            out[i, j] = rows.by_study(told) + own
    return out


def _climb(
    rows: Rows, offset: Array, loading: Array, v: Array, prior: EffectPrior
) -> tuple[Array, Curvature, Array]:
    """Newton's step, the factor of the curvature, and the squared length of the step in SDs."""
    eta = predictor(offset, loading, v[:, rows.study])
    slope, weight, cross = rows.likelihood.derivatives(eta)
    upper = factor_upper(_curvature(rows, loading, weight, cross, prior, v))
    pull = prior.pull(v)
    gradient = [rows.by_study(slope * loading[i]) - pull[i] for i in range(len(loading))]
    step = np.stack(solve_upper(upper, gradient))
    decrement = sum(g * s for g, s in zip(gradient, step, strict=True))
    return step, upper, np.asarray(decrement)


def _damped(
    rows: Rows, offset: Array, loading: Array, v: Array, decrement: Array, prior: EffectPrior
) -> tuple[Array, Array, Curvature, Array]:
    """Newton with step halving, for the few studies where plain steps overshoot: the effects, and
    what `_climb` says there."""
    study = rows.study

    def height(v: Array, part: slice | Array = slice(None)) -> Array:
        eta = predictor(offset[:, part], loading[..., part], v[:, study])
        density = rows.part(part).likelihood.log_density(eta)
        return rows.by_study(density) + prior.part(part).log_density(v)

    settled = decrement < NEWTON_TOLERANCE**2
    v = np.where(settled, v, np.where(np.isfinite(v), np.clip(v, -1e3, 1e3), 0.0))
    now, at_origin = height(v), height(np.zeros_like(v))
    v = np.where(~settled & (at_origin > now), 0.0, v)
    now = np.where(settled, now, np.maximum(now, at_origin))
    step, upper, decrement = _climb(rows, offset, loading, v, prior)
    stuck = np.zeros(now.shape, bool)
    for _ in range(NEWTON_STEPS):
        moving = ~((decrement < NEWTON_TOLERANCE**2) | stuck)
        left = np.flatnonzero(moving.any(axis=0))  # the draws with a study that is not there yet
        if not left.size:
            break
        now[:, left], fraction = _halved(height, v, step, now, moving, left)
        if len(loading) >= GIVES_UP_FROM:
            stuck[:, left] |= moving[:, left] & (fraction < LEAST_STEP)
        own = rows.part(left), offset[:, left], loading[..., left], v[..., left], prior.part(left)
        step[..., left], upper_left, decrement[:, left] = _climb(*own)
        for key, value in upper_left.items():
            upper[key][..., left] = value
    return v, step, upper, decrement


def _halved(
    height: Callable[[Array, Array], Array],
    v: Array,
    step: Array,
    now: Array,
    moving: Array,
    left: Array,
) -> tuple[Array, Array]:
    """Move v at some of the draws by a step, or as much of it as leads up; the height there, and
    how much of the step it was."""
    at, by, before, free = v[..., left], step[..., left], now[:, left], moving[:, left]
    fraction = free.astype(float)
    for _ in range(30):
        trial = height(at + fraction * by, left)
        worse = free & ~(trial >= before - 1e-9 * np.abs(before))
        if not worse.any():
            break
        fraction = np.where(worse, 0.5 * fraction, fraction)
    v[..., left] = at + fraction * by
    return height(v[..., left], left), fraction
