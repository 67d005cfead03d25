"""Integrals over study effects against brute force and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial, Gaussian
from bayespool.priors import LKJ, HalfNormal, Normal


def make_hierarchy(q: int, likelihood: str = "logit", n_studies: int = 5, seed: int = 0):
    """Studies with one row per effect and one row on the sum of effects."""
    rng = np.random.default_rng(seed)
    rows_per_study = q + 1
    z = np.vstack([np.eye(q), np.ones(q)])
    n_rows = n_studies * rows_per_study
    trials = rng.integers(0, 60, n_rows)
    if likelihood == "normal":
        data = Gaussian(rng.normal(size=n_rows), rng.uniform(0.1, 1.0, n_rows))
    else:
        data = Binomial(rng.binomial(trials, 0.3), trials, likelihood)
    names = "abc"[:q]
    return Hierarchy(
        X=np.tile(np.vstack([np.eye(q), np.zeros(q)]), (n_studies, 1)),
        Z=np.tile(z, (n_studies, 1)),
        study=np.repeat(np.arange(n_studies), rows_per_study),
        likelihood=data,
        coefficients=tuple(f"mu_{n}" for n in names),
        coefficient_priors=(Normal(0, 1.5),) * q,
        between=Covariance(
            tuple(f"tau_{n}" for n in names),
            (HalfNormal(1),) * q,
            tuple(f"rho_{i}{j}" for i in range(1, q) for j in range(i)),
            LKJ(2) if q > 1 else None,
        ),
    )


def sigma(hierarchy: Hierarchy, natural: dict[str, np.ndarray]) -> np.ndarray:
    q = hierarchy.dimension
    tau = np.array([natural[n][0] for n in hierarchy.sigmas[0].scales])
    rho = np.eye(q)
    for name in hierarchy.correlations:
        i, j = int(name[-2]), int(name[-1])
        rho[i, j] = rho[j, i] = natural[name][0]
    return rho * np.outer(tau, tau)


def log_rows(hierarchy: Hierarchy, eta: np.ndarray) -> np.ndarray:
    """Row log likelihoods by scipy's own distributions, eta (n_rows, points)."""
    data = hierarchy.likelihood
    if isinstance(data, Gaussian):
        return stats.norm.logpdf(data.y[:, None], eta, data.se[:, None])
    p = {
        "logit": stats.logistic.cdf,
        "probit": stats.norm.cdf,
        "cloglog": lambda e: -np.expm1(-np.exp(e)),
    }[data.link_name](eta)
    return stats.binom.logpmf(data.successes[:, None], data.trials[:, None], p)


@pytest.mark.parametrize("q,points", [(1, 4001), (2, 301), (3, 71)])
@pytest.mark.parametrize("likelihood", ["logit", "probit", "cloglog"])
def test_binomial_integral_equals_a_dense_grid(q, points, likelihood):
    hierarchy = make_hierarchy(q, likelihood)
    theta = np.concatenate([np.full(q, -0.8), np.log(np.linspace(0.4, 0.7, q)),
                            np.linspace(-0.5, 0.4, q * (q - 1) // 2)])[:, None]  # fmt: skip
    cov = sigma(hierarchy, hierarchy.natural(theta))
    axis, step = np.linspace(-6.5, 6.5, points, retstep=True)
    v = np.array(list(itertools.product(axis, repeat=q))).T
    u = np.linalg.cholesky(cov) @ v
    log_weight = -0.5 * np.sum(v * v, axis=0) - 0.5 * q * np.log(2 * np.pi) + q * np.log(step)
    expected = []
    for k in range(hierarchy.n_studies):
        rows = np.flatnonzero(hierarchy.study == k)
        eta = (hierarchy.X[rows] @ theta[:q]) + hierarchy.Z[rows] @ u
        part = make_part(hierarchy, rows)
        expected.append(np.logaddexp.reduce(log_rows(part, eta).sum(axis=0) + log_weight))
    got = hierarchy.log_likelihood(theta, 25)[:, 0]
    np.testing.assert_allclose(got, expected, atol=2e-6)


def make_part(hierarchy: Hierarchy, rows: np.ndarray):
    class Part:
        likelihood = hierarchy.likelihood.take(rows)

    return Part


@pytest.mark.parametrize("q", [1, 2, 3])
def test_normal_rows_have_their_closed_form(q):
    hierarchy = make_hierarchy(q, "normal")
    rng = np.random.default_rng(3)
    theta = hierarchy.draw_prior(20, rng)
    got = hierarchy.log_likelihood(theta, 1)
    for d in range(theta.shape[1]):
        natural = {n: x[d : d + 1] for n, x in hierarchy.natural(theta).items()}
        cov = sigma(hierarchy, natural)
        for k in range(hierarchy.n_studies):
            rows = np.flatnonzero(hierarchy.study == k)
            z = hierarchy.Z[rows]
            expected = stats.multivariate_normal.logpdf(
                hierarchy.likelihood.y[rows],
                hierarchy.X[rows] @ theta[:q, d],
                z @ cov @ z.T + np.diag(hierarchy.likelihood.se[rows] ** 2),
                allow_singular=True,
            )
            assert got[k, d] == pytest.approx(expected, abs=1e-8)


def test_more_nodes_change_little_and_the_error_is_seen():
    hierarchy = make_hierarchy(2)
    theta = hierarchy.draw_prior(50, np.random.default_rng(1))
    theta[2:4] = np.log(0.6)  # the prior's far tail needs more nodes than any posterior
    fine = hierarchy.log_likelihood(theta, 31)
    assert np.abs(hierarchy.log_likelihood(theta, 15) - fine).max() < 1e-4
    assert np.abs(hierarchy.log_likelihood(theta, 2) - fine).max() > 1e-3


def test_one_draw_at_a_time_equals_many_at_once():
    hierarchy = make_hierarchy(2)
    theta = hierarchy.draw_prior(7, np.random.default_rng(2))
    together = hierarchy.log_likelihood(theta, 7)
    alone = np.column_stack([hierarchy.log_likelihood(theta[:, [i]], 7) for i in range(7)])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [10**6, 10**9])
def test_enormous_groups_and_extreme_heterogeneity_stay_finite(size):
    successes = np.array([size // 2, size - 1, 0, 3])
    trials = np.array([size, size, size, 4])
    hierarchy = Hierarchy(
        X=np.tile(np.eye(2), (2, 1)), Z=np.tile(np.eye(2), (2, 1)),
        study=np.array([0, 0, 1, 1]), likelihood=Binomial(successes, trials),
        coefficients=("a", "b"), coefficient_priors=(Normal(0, 1.5),) * 2,
        between=Covariance(("s", "t"), (HalfNormal(1),) * 2, ("r",), LKJ(2)),
    )  # fmt: skip
    theta = np.array([[0.0, 3.0], [1.0, -2.0], [-9.0, 1.5], [1.0, 1.0], [-6.0, 0.3]])
    value = hierarchy.log_likelihood(theta, 9)
    assert np.isfinite(value).all()
    fine = hierarchy.log_likelihood(theta, 41)
    np.testing.assert_allclose(value[:, 1], fine[:, 1], rtol=1e-4)


def test_study_effects_follow_their_conditional():
    hierarchy = make_hierarchy(2, n_studies=3)
    one = np.array([[-0.5], [0.3], [np.log(0.9)], [np.log(0.6)], [0.5]])
    n = 40_000
    u, _ = hierarchy.effects(np.repeat(one, n, axis=1), np.random.default_rng(5))
    axis, _ = np.linspace(-6, 6, 241, retstep=True)
    v = np.array(list(itertools.product(axis, repeat=2))).T
    grid = np.linalg.cholesky(sigma(hierarchy, hierarchy.natural(one))) @ v
    for k in range(3):
        rows = np.flatnonzero(hierarchy.study == k)
        eta = hierarchy.X[rows] @ one[:2] + hierarchy.Z[rows] @ grid
        log_p = log_rows(make_part(hierarchy, rows), eta).sum(axis=0) - 0.5 * (v * v).sum(axis=0)
        w = np.exp(log_p - log_p.max())
        w /= w.sum()
        mean = grid @ w
        sd = np.sqrt((grid - mean[:, None]) ** 2 @ w)
        np.testing.assert_array_less(np.abs(u[:, k].mean(axis=1) - mean), 4 * sd / np.sqrt(n))
        np.testing.assert_allclose(u[:, k].std(axis=1), sd, rtol=0.03)
