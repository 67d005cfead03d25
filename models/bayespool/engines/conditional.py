"""Given the standard deviations of a Gaussian hierarchy: its evidence and coefficients, closed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bayespool.hierarchy import Hierarchy
from bayespool.integration import CHUNK, slices

Array = np.ndarray
SINGULAR = 1e-6  # eigenvalue of a correlation matrix below which digits are lost
NOTHING = 1e-200  # weight of a row that says nothing


class Conditional(NamedTuple):
    """Given the standard deviations: log evidence with prior and Jacobian, coefficients."""

    log_density: Array  # (n_points,)
    mean: Array  # (p, n_points)
    factor: Array  # (n_points, p, p), lower triangular


def conditional(hierarchy: Hierarchy, logs: Array) -> Conditional:
    """Closed forms at each column of `logs`, shape (n_positive, n_points)."""
    p, centre = hierarchy.X.shape[1], _centre(hierarchy)
    priors = hierarchy.coefficient_priors
    of_prior = np.column_stack(
        [
            [(prior.mu - value) / prior.sigma for prior, value in zip(priors, centre, strict=True)],
            np.diag([1.0 / prior.sigma for prior in priors]),
        ]
    )
    heights, moves, factors = [], [], []
    for part in slices(logs.shape[1], CHUNK // (len(hierarchy.Z) * (1 + p))):
        solved = _one_row_each(hierarchy, logs[:, part], centre, of_prior)
        if solved is None:
            height, whitened = _whitened(hierarchy, logs[:, part], centre)
            known = np.broadcast_to(of_prior, (len(whitened), *of_prior.shape))
            solved = height, *_least_squares(np.concatenate([whitened, known], axis=1))
        height, move, factor, squares = solved
        diagonal = np.einsum("nii->ni", factor)
        heights.append(height - 0.5 * squares + np.log(diagonal).sum(axis=1))
        moves.append(move)
        factors.append(factor)
    log_prior = -sum(np.log(float(prior.sigma)) for prior in priors) + sum(
        hierarchy.positive[name].logpdf(np.exp(logs[i])) + logs[i]
        for i, name in enumerate(hierarchy.positive)
    )
    return Conditional(
        np.concatenate(heights) + log_prior,
        centre[:, None] + np.concatenate(moves).T,
        np.concatenate(factors),
    )


def _one_row_each(
    hierarchy: Hierarchy, logs: Array, centre: Array, of_prior: Array
) -> tuple[Array, Array, Array, Array] | None:
    """Log likelihood without squares, and `_least_squares`, where no study has a second row.

    Squares of regressors are then the same at all points but for weights, so that one product
    serves all. None where a study has several rows, or where the squares of several regressors
    would lose the digits of the smallest.
    """
    n = logs.shape[1]
    theta = np.concatenate([np.repeat(centre[:, None], n, axis=1), logs])
    rows = hierarchy.rows_at(theta)
    if len(hierarchy.X) > hierarchy.n_studies:
        return None
    offset, loading, _ = hierarchy.predictors(theta)
    y, precision = rows.likelihood.start()
    precision = np.broadcast_to(np.maximum(precision, NOTHING), (len(hierarchy.X), n))
    spread = 1.0 + precision * np.einsum("ikn,ikn->kn", loading, loading)
    weight, x, residual = precision / spread, hierarchy.X, y - offset
    height = np.sum(rows.likelihood.log_constant() + np.zeros(n), axis=0)
    height = height - 0.5 * np.log(spread).sum(axis=0)
    p, known = x.shape[1], of_prior[:, 1:]
    products = (x[:, :, None] * x[:, None]).reshape(-1, p * p)
    squares = (weight.T @ products).reshape(n, p, p) + known.T @ known
    pulled = (weight * residual).T @ x + known.T @ of_prior[:, 0]
    unit = 1.0 / np.sqrt(np.einsum("nii->ni", squares))
    correlation = squares * unit[:, :, None] * unit[:, None]
    if p > 1 and np.linalg.eigvalsh(correlation)[:, 0].min() < SINGULAR:
        return None
    cov = np.linalg.inv(correlation) * unit[:, :, None] * unit[:, None]
    beta = np.einsum("nij,nj->ni", cov, pulled)
    left = np.sum(weight * (residual - x @ beta.T) ** 2, axis=0)
    left += np.sum((of_prior[:, :1] - known @ beta.T) ** 2, axis=0)
    factor = np.sqrt(cov) if p == 1 else np.linalg.cholesky(cov)
    return height + hierarchy.n_studies * hierarchy.log_offset, beta, factor, left


def _whitened(hierarchy: Hierarchy, logs: Array, centre: Array) -> tuple[Array, Array]:
    """Rows freed of study effects and at unit variance: observation, then regressors.

    Each row of a study is predicted from those before it, so that no large squares are subtracted
    from each other however precise a study is. Returns the log likelihood without the squares
    (n_points,), and the rows (n_points, n_rows, 1 + p), observations around a centre.
    """
    n, q, k = logs.shape[1], hierarchy.dimension, hierarchy.n_studies
    theta = np.concatenate([np.repeat(centre[:, None], n, axis=1), logs])
    rows = hierarchy.rows_at(theta)
    offset, loading, _ = hierarchy.predictors(theta)
    y, weight = rows.likelihood.start()
    weight = np.broadcast_to(np.maximum(weight, NOTHING), (len(hierarchy.X), n))
    regressors = np.broadcast_to(hierarchy.X[:, :, None], (*hierarchy.X.shape, n))
    columns = np.concatenate([(y - offset)[:, None], regressors], axis=1)
    out = np.empty(columns.shape)
    height = np.sum(rows.likelihood.log_constant() + np.zeros(n), axis=0)
    mean = np.zeros((q, k, columns.shape[1], n))
    cov = np.broadcast_to(np.eye(q)[:, :, None, None], (q, q, k, n)).copy()
    place = np.arange(len(hierarchy.X)) - rows.starts[hierarchy.study]
    for turn in range(int(place.max()) + 1):
        at = np.flatnonzero(place == turn)
        own, noise = hierarchy.study[at], 1.0 / weight[at]
        h, known = loading[:, at], cov[:, :, own]
        pulled = np.einsum("ijkn,jkn->ikn", known, h)
        variance = noise + np.einsum("ikn,ikn->kn", h, pulled)
        surprise = columns[at] - np.einsum("ikn,ikcn->kcn", h, mean[:, own])
        out[at] = surprise / np.sqrt(variance)[:, None]
        height -= 0.5 * (np.log(variance) - np.log(noise)).sum(axis=0)
        gain = pulled / variance
        mean[:, own] += gain[:, :, None] * surprise
        kept = np.eye(q)[:, :, None, None] - gain[:, None] * h[None]
        cov[:, :, own] = np.einsum("iakn,abkn,jbkn->ijkn", kept, known, kept) + (
            gain[:, None] * gain[None] * noise
        )
    return height + k * hierarchy.log_offset, np.moveaxis(out, 2, 0)


def _least_squares(rows: Array) -> tuple[Array, Array, Array]:
    """Solutions of ``rows[..., 0] = rows[..., 1:] beta`` at every point, from (n, m, 1 + p).

    Returns
    -------
    beta, shape (n, p)
    factor, shape (n, p, p)
        Lower triangular, of the inverse of the matrix of squares.
    squares, shape (n,)
        Of what is left.
    """
    b, a = rows[:, :, 0], rows[:, :, 1:]
    if a.shape[2] == 1:  # without the overhead of many small matrices
        norm = np.einsum("nm,nm->n", a[:, :, 0], a[:, :, 0])
        beta = (np.einsum("nm,nm->n", a[:, :, 0], b) / norm)[:, None]
        factor = (1.0 / np.sqrt(norm))[:, None, None]
    else:
        # rows of very different size: the large ones first keep the small ones' digits
        order = np.argsort(-np.abs(a).max(axis=2), axis=1, kind="stable")
        b, a = np.take_along_axis(b, order, 1), np.take_along_axis(a, order[:, :, None], 1)
        orthogonal, upper = np.linalg.qr(a[:, :, ::-1])
        inverse = np.linalg.inv(upper)
        beta = np.einsum("nij,nmj,nm->ni", inverse, orthogonal, b, optimize=True)[:, ::-1]
        inverse = inverse * np.sign(np.einsum("nii->ni", upper))[:, None]
        factor = inverse[:, ::-1, ::-1]
    left = b - np.einsum("nmi,ni->nm", a, beta)
    return beta, factor, np.einsum("nm,nm->n", left, left)


def _centre(hierarchy: Hierarchy) -> Array:
    """A centre for the coefficients, from weighted least squares with the prior."""
    y, weight = (values[:, 0] for values in hierarchy.likelihood.start())
    rows = np.column_stack([y, hierarchy.X]) * np.sqrt(weight)[:, None]
    of_prior = [
        [p.mu / p.sigma, *np.eye(hierarchy.X.shape[1])[i] / p.sigma]
        for i, p in enumerate(hierarchy.coefficient_priors)
    ]
    centre: Array = _least_squares(np.concatenate([rows, of_prior])[None])[0][0]
    return centre
