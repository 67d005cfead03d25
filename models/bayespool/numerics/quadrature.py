"""Integrals over study effects: adaptive Gauss-Hermite quadrature around each study's mode.

A study's rows have linear predictors ``offset + loading . v`` with ``v ~ N(0, I)`` of dimension
1 to 3. Everything is vectorised over studies and draws; arrays keep draws on the last axis.

References
----------
Liu & Pierce (1994), Biometrika 81:624-629; Pinheiro & Bates (1995), JCGS 4:12-35.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bayespool.numerics.modes import Mode
from bayespool.numerics.study_rows import Level, Rows

Array = np.ndarray


@lru_cache(maxsize=64)
def hermite_nodes(n: int) -> tuple[Array, Array]:
    """Nodes and log weights of the probabilists' Gauss-Hermite rule; the weights sum to one."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, np.log(weights) - 0.5 * np.log(2.0 * np.pi)


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
