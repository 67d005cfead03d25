"""Integrals of a hierarchy over its effects, and draws of the effects given the rest.

One level of effects, or two where studies have several results; Student t effects as a mixture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayespool.covariance import times
from bayespool.numerics import modes, nested, quadrature
from bayespool.numerics.study_rows import Rows

if TYPE_CHECKING:
    from bayespool.hierarchy import Hierarchy

Array = np.ndarray
SMALLEST_SLICE = 16  # draws; fewer would spend their time in Python
CHUNK = 40_000  # elements of the largest temporary; about what stays in cache


def log_likelihood(h: Hierarchy, theta: Array, nodes: int) -> Array:
    """Log likelihood per study, study effects integrated out; shape (n_studies, n_draws)."""
    out = np.empty((h.n_studies, theta.shape[1]))
    for wide in _slices(theta.shape[1], CHUNK // len(h.Z)):
        offset, loading, _ = h.predictors(theta[:, wide])
        rows = h.rows_at(theta[:, wide])
        inner = h.inner_loading(theta[:, wide])
        if h.freedom_prior is None:
            out[:, wide] = _integrated(h, inner, rows, offset, loading, nodes)
            continue
        log_w, factor = h.mixing(theta[:, wide])
        parts = [
            _integrated(h, inner, rows, offset, loading * h.spread(f), nodes) + w
            for f, w in zip(factor, log_w, strict=True)
        ]
        out[:, wide] = np.logaddexp.reduce(parts, axis=0)
    out += h.log_offset
    return out


def _integrated(
    h: Hierarchy,
    inner: Array | None,
    rows: Rows,
    offset: Array,
    loading: Array,
    nodes: int,
) -> Array:
    if inner is not None:
        return _integrated_twice(h, rows, offset, loading, inner, nodes)
    return _integrated_once(h, rows, offset, loading, nodes)


def _integrated_twice(
    h: Hierarchy, rows: Rows, offset: Array, loading: Array, inner: Array, nodes: int
) -> Array:
    """Over effects of studies and results; one level where a study has few rows."""
    assert h.within is not None
    out = np.empty((h.n_studies, offset.shape[1]))
    simple = nested.merged(rows, h.dimension)
    rest = np.arange(h.n_studies)
    if simple is not None:
        one = simple.loading(loading, inner, h.within.result)
        out[simple.studies] = _integrated_once(h, simple.rows, offset[simple.members], one, nodes)
        rest = np.setdiff1d(rest, simple.studies)
    if rest.size:
        members = np.flatnonzero(np.isin(h.study, rest))
        part = replace(h.of_rows(members), likelihood=rows.likelihood.take(members))
        both = _nested(part, part.rows)
        at, own, inside = offset[members], loading[:, members], inner[:, members]
        joint = nested.joint_mode(both, at, own, inside)
        # given the study's effects the results are easier, and they cost the fourth power
        out[rest] = nested.integrate(both, at, own, inside, min(nodes, nodes // 2 + 3), joint)
    return out


def _integrated_once(h: Hierarchy, rows: Rows, offset: Array, loading: Array, nodes: int) -> Array:
    mode = modes.find_mode(rows, offset, loading)
    if h.likelihood.exact:
        return quadrature.integrate(rows, offset, loading, 1, mode)
    out = np.empty((len(rows.starts), offset.shape[1]))
    width = len(offset) * nodes ** (h.dimension - 1)
    for part in _slices(offset.shape[1], CHUNK // width):
        out[:, part] = quadrature.integrate(
            rows.part(part), offset[:, part], loading[..., part], nodes, mode.part(part)
        )
    return out


def _nested(h: Hierarchy, rows: Rows) -> nested.NestedRows:
    """The rows (with their parameters) by study and by result."""
    assert h.within is not None
    starts = np.flatnonzero(np.diff(h.within.result, prepend=-1))
    by_result = replace(h.sorted_rows(starts, h.within.Z), likelihood=rows.likelihood)
    return nested.NestedRows(rows, by_result)


def draw_effects(
    h: Hierarchy, theta: Array, rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """One draw per column of theta of all effects.

    Returns
    -------
    u : array, shape (q, n_studies, n_draws)
    w : array, shape (p, n_results, n_draws), or None without effects of results
    """
    u = np.empty((h.dimension, h.n_studies, theta.shape[1]))
    w = None
    if h.within is not None:
        w = np.empty((h.within.Z.shape[1], h.within.n_results, theta.shape[1]))
    for part in _slices(theta.shape[1], CHUNK // len(h.Z)):
        offset, loading, factor = h.predictors(theta[:, part])
        rows = h.rows_at(theta[:, part])
        widen: Array | float = 1.0
        if h.freedom_prior is not None:
            drawn = _drawn_factor(h, rows, theta[:, part], offset, loading, rng)
            widen = h.spread(drawn)
            loading = loading * widen[:, rows.study]
        if h.within is None:
            mode = modes.find_mode(rows, offset, loading)
            v = quadrature.draw_effects(rows, offset, loading, mode, rng)
        else:
            both, inner = _nested(h, rows), h.inner_loading(theta[:, part])
            assert inner is not None
            joint = nested.joint_mode(both, offset, loading, inner)
            v, z = nested.draw_effects(both, offset, loading, inner, joint, rng)
            assert w is not None
            w[..., part] = times(h.within_factor(theta[:, part]), z)
        u[..., part] = times(factor, v * widen)
    return u, w


def study_precision(h: Hierarchy, theta: Array, nodes: int) -> Array:
    """Posterior mean of every study's precision factor, (n_studies, n_draws).

    Below one marks a study further from the others than a normal distribution expects; one
    for all when study effects are normal.
    """
    if h.freedom_prior is None:
        return np.ones((h.n_studies, theta.shape[1]))
    offset, loading, _ = h.predictors(theta)
    log_w, factor = h.mixing(theta)
    share = _shares(h, h.rows_at(theta), theta, offset, loading, log_w, factor, nodes)
    return np.einsum("mkd,md->kd", share, factor**-2.0)


def _shares(
    h: Hierarchy,
    rows: Rows,
    theta: Array,
    offset: Array,
    loading: Array,
    log_w: Array,
    factor: Array,
    nodes: int,
) -> Array:
    """Posterior probability of every mixing point, (n_points, n_studies, n_draws)."""
    inner = h.inner_loading(theta)
    log_p = np.stack(
        [
            _integrated(h, inner, rows, offset, loading * h.spread(f), nodes) + w
            for f, w in zip(factor, log_w, strict=True)
        ]
    )
    log_p -= log_p.max(axis=0)
    share = np.exp(log_p)
    return share / share.sum(axis=0)


def _drawn_factor(
    h: Hierarchy,
    rows: Rows,
    theta: Array,
    offset: Array,
    loading: Array,
    rng: np.random.Generator,
) -> Array:
    log_w, factor = h.mixing(theta)
    share = _shares(h, rows, theta, offset, loading, log_w, factor, 7)
    u = rng.random(share.shape[1:])
    index = np.minimum((np.cumsum(share, axis=0) < u).sum(axis=0), len(factor) - 1)
    return np.take_along_axis(factor, index, axis=0)


def _slices(n: int, size: int) -> list[slice]:
    size = max(SMALLEST_SLICE, size)
    return [slice(at, min(at + size, n)) for at in range(0, n, size)]
