"""How much of a pooled value each study is: percentage study weights.

References
----------
Burke, Ensor, Snell, van der Windt & Riley (2018), Res Synth Methods 9:163-178; Riley et al. (2018),
Stat Methods Med Res 27:2885-2905: the information about the regression coefficients is a sum over
studies, and with ``V`` its inverse the variance of a coefficient is ``sum_k V I_k V``; a study's
weight is its share of that sum. With one row per study and one coefficient this is
``1 / (se^2 + tau^2)`` over its sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.held import held

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
STEP = 1e-4
SINGULAR = 1e-10


@held
def information(fitted: Fit) -> Array:
    """What each study tells of the regression coefficients, shape (n_studies, p, p).

    With the standard deviations, correlations and shape of the curve at their posterior medians,
    and sampling variances at the posterior medians of the studies' own values.
    """
    hierarchy = fitted.hierarchy
    theta = np.median(fitted.theta, axis=1)[:, None]
    eta = np.median(fitted.predictors.reshape(len(hierarchy.Z), -1), axis=1)[:, None]
    likelihood = hierarchy.rows_at(theta).likelihood
    _, weight, cross = likelihood.derivatives(eta)
    rows = np.diag(np.maximum(weight[:, 0], 0.0))
    if cross is not None:
        rows[cross.first, cross.second] = rows[cross.second, cross.first] = cross.weight[:, 0]
    design = np.stack([hierarchy.predictors(theta + d)[0][:, 0] for d in _steps(hierarchy, theta)])
    design = (design - hierarchy.predictors(theta)[0][:, 0]).T / STEP
    spread = _between(fitted, theta)
    out = np.zeros((hierarchy.n_studies, design.shape[1], design.shape[1]))
    for k in range(hierarchy.n_studies):
        own = np.flatnonzero(hierarchy.study == k)
        j, s = rows[np.ix_(own, own)], spread[np.ix_(own, own)]
        # (J^-1 + S)^-1, also where a row tells nothing
        precision = j @ np.linalg.inv(np.eye(len(own)) + s @ j)
        out[k] = design[own].T @ precision @ design[own]
    return out


def _steps(hierarchy: Any, theta: Array) -> Array:
    """A small step of every coefficient, (p, n_hyper, 1)."""
    p = len(hierarchy.coefficients)
    steps = np.zeros((p, len(theta), 1))
    steps[np.arange(p), np.arange(p), 0] = STEP
    return steps


def _between(fitted: Fit, theta: Array) -> Array:
    """Covariance of the rows' true values, (n_rows, n_rows); zero between studies.

    A study that a robust model finds outlying has a covariance as much wider.
    """
    hierarchy = fitted.hierarchy
    _, loading, _ = hierarchy.predictors(theta)
    inner = hierarchy.inner_loading(theta)
    loading = loading[..., 0].copy()
    if hierarchy.freedom_prior is not None:
        u = fitted.effects.reshape(*fitted.effects.shape[:2], -1)
        factor = hierarchy.study_precision(fitted.theta, u).mean(axis=1)[hierarchy.study]
        loading[np.array(hierarchy.robust)] /= np.sqrt(factor)
    out = np.einsum("ir,is->rs", loading, loading)
    if hierarchy.within is not None:
        result = hierarchy.within.result
        same = result[:, None] == result[None, :]
        out = out + same * np.einsum("ir,is->rs", inner[..., 0], inner[..., 0])
    return out


@held
def study_weights(fitted: Fit, label: str = "") -> Array | None:
    """Weight of every study in what is pooled, in percent, shape (n_pooled, n_studies).

    Of the pooled sensitivity and specificity (of a group or test `label`), or of the pooled
    effect. None with one study, or where the studies do not tell all coefficients apart.
    """
    own = information(fitted)
    total = own.sum(axis=0)
    scale = np.sqrt(np.maximum(np.diag(total), 1e-300))
    if len(own) == 1 or np.linalg.eigvalsh(total / np.outer(scale, scale))[0] < SINGULAR:
        return None
    target = np.linalg.solve(total, _targets(fitted, label).T)  # (p, n_pooled)
    parts = np.einsum("pt,kpq,qt->tk", target, own, target)
    found: Array = 100.0 * parts / parts.sum(axis=1, keepdims=True)
    return found


def _targets(fitted: Fit, label: str) -> Array:
    """What is pooled as a combination of the coefficients, (n_pooled, p)."""
    names = fitted.hierarchy.coefficients
    if fitted.model.measure:
        return np.array([[float(name == "mu") for name in names]])
    point = {name: np.array([np.median(x)]) for name, x in fitted.draws.hyper.items()}

    def pooled(values: dict[str, Array]) -> Array:
        return np.array([float(mu[0]) for mu in fitted.model.at(values, fitted.coding, label)[0]])

    middle = pooled(point)
    return np.array(
        [(pooled(point | {name: point[name] + STEP}) - middle) / STEP for name in names]
    ).T
