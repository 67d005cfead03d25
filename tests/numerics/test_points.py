"""Unbiased likelihoods of randomised points against closed forms, nodes and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.accuracy import Bivariate, Comparison, NestedBivariate
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.integration import blocks
from bayespool.linear_predictors import Within
from bayespool.numerics import points
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.likelihoods import Gaussian
from bayespool.numerics.points import Points
from bayespool.numerics.problem import Problem
from bayespool.priors import LKJ, Gamma, HalfNormal, Normal

COPIES = 4_000


def gaussian(q: int) -> Hierarchy:
    """Three studies of two results; every result has a row on each effect of its study and its own,
    and one on their sum."""
    rng = np.random.default_rng(q)
    design = np.vstack([np.eye(q), np.ones((1, q)) / np.sqrt(q)])
    n = 6 * len(design)
    correlated = q <= 6
    names = tuple(f"rho_{i}{j}" for i in range(1, q) for j in range(i)) if correlated else ()
    return Hierarchy(
        X=np.tile(design, (6, 1)), Z=np.tile(design, (6, 1)),
        study=np.repeat(np.arange(3), n // 3),
        likelihood=Gaussian(rng.normal(0.0, 1.0, n), rng.uniform(0.3, 1.0, n)),
        coefficients=tuple(f"mu_{i}" for i in range(q)), coefficient_priors=(Normal(0, 1),) * q,
        between=Covariance(tuple(f"tau_{i}" for i in range(q)), (HalfNormal(1),) * q, names,
                           LKJ(2) if correlated else None),
        within=Within(np.tile(design[:, :2], (6, 1)), np.repeat(np.arange(6), len(design)),
                      (Covariance(("w_0", "w_1"), (HalfNormal(1),) * 2),)),
    )  # fmt: skip


def dense(h: Hierarchy, theta: np.ndarray) -> np.ndarray:
    """The multivariate normal log density of every study's rows."""
    value = {name: float(x[0]) for name, x in h.natural(theta).items()}
    q = h.dimension
    corr = np.eye(q)
    if h.sigmas[0].correlations:
        for i in range(1, q):
            for j in range(i):
                corr[i, j] = corr[j, i] = value[f"rho_{i}{j}"]
    tau = np.array([value[f"tau_{i}"] for i in range(q)])
    sigma = corr * np.outer(tau, tau)
    inner = np.diag([value["w_0"] ** 2, value["w_1"] ** 2])
    mean = h.X @ np.array([value[f"mu_{i}"] for i in range(q)])
    out = []
    for k in range(h.n_studies):
        rows = np.flatnonzero(h.study == k)
        same = h.within.result[rows][:, None] == h.within.result[rows]
        cov = h.Z[rows] @ sigma @ h.Z[rows].T + np.diag(h.likelihood.se[rows] ** 2)
        cov += same * (h.within.Z[rows] @ inner @ h.within.Z[rows].T)
        out.append(stats.multivariate_normal(mean[rows], cov).logpdf(h.likelihood.y[rows]))
    return np.array(out)


def averaged(estimates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the mean of estimates and its standard error, over the last axis."""
    top = estimates.max(axis=-1, keepdims=True)
    raw = np.exp(estimates - top)
    mean = raw.mean(axis=-1)
    return np.log(mean) + top[..., 0], raw.std(axis=-1) / mean / np.sqrt(estimates.shape[-1])


def problem_of(h: Hierarchy, theta: np.ndarray) -> Problem:
    offset, loading, _ = h.predictors(theta)
    (block,) = blocks(h, theta)
    return Problem.at_mode(block.rows, offset, loading, h.inner_loading(theta), NORMAL)


@pytest.mark.parametrize("q", [4, 6, 10])
def test_normal_rows_have_the_closed_form(q):
    """By Laplace's formula to round-off, and by points without bias: effects of any dimension."""
    h = gaussian(q)
    theta = h.draw_prior(1, np.random.default_rng(3))
    exact = dense(h, theta)
    np.testing.assert_allclose(h.log_likelihood(theta, 1)[:, 0], exact, atol=1e-8)
    many = problem_of(h, np.repeat(theta, COPIES, axis=1))
    found = points.log_likelihood(many, Points(8, np.random.default_rng(1)))
    mean, error = averaged(found)
    assert error.max() < 0.02
    assert np.all(np.abs(mean - exact) < 4.0 * error)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("q", [4, 10])
def test_effects_follow_their_normal_conditional(q, known, monkeypatch):
    """Drawn from it where rows are normal, and by weights as of any other rows."""
    if not known:
        monkeypatch.setattr(Problem, "gaussian", False)
    h = gaussian(q)
    theta = h.draw_prior(1, np.random.default_rng(4))
    many = problem_of(h, np.repeat(theta, 6_000, axis=1))
    v, z = points.draw_effects(many, np.random.default_rng(5))
    for drawn, mode in ((v, many.mode.study.centre), (z, many.mode.inner.centre)):
        error = drawn.std(axis=-1) / np.sqrt(drawn.shape[-1])
        assert np.abs((drawn.mean(axis=-1) - mode[..., 0]) / error).max() < 4.5
    spread = many.mode.study.spread  # the marginal covariance of the study's effects: C C'
    for i in range(q):
        variance = sum(spread[i, j][:, 0] ** 2 for j in range(i + 1))
        np.testing.assert_allclose(v[i].var(axis=-1), variance, rtol=0.1)


NU = Gamma(2, 0.1)
CASES = {
    "one level": (Bivariate(), "csf_tau_dementia", 8, 31),
    "two levels": (NestedBivariate(), "brachial_plexus_readers", 16, 9),
    "merged and two levels": (Comparison(), "ascus_hc2_repc", 8, 13),
    "Student t": (Bivariate(nu=NU), "telomerase", 16, 21),
}


@pytest.mark.parametrize("case", CASES)
def test_points_are_unbiased_where_nodes_are_exact(case):
    model, dataset, number, nodes = CASES[case]
    studies = bp.load_dataset(dataset).by_study()
    if case == "two levels":
        studies = studies.select(range(3))
    h = model.hierarchy(studies)
    natural = {name: np.array([0.4]) for name in h.names}
    natural |= {name: np.array([1.0]) for name in h.coefficients}
    if "nu" in natural:
        natural["nu"] = np.array([5.0])
    theta = h.unconstrained(natural)
    exact = h.log_likelihood(theta, nodes)[:, 0]
    many = np.repeat(theta, COPIES, axis=1)
    mean, error = averaged(h.log_likelihood(many, Points(number, np.random.default_rng(2))))
    assert error.max() < 0.02
    # the exact numbers are those of a finite rule, and of a mixture on 24 points for Student t
    assert np.all(np.abs(mean - exact) < 4.0 * error + 2e-4)


def test_estimates_of_studies_are_independent():
    """Common shifts would not average out over studies."""
    h = Bivariate().hierarchy(bp.load_dataset("anti_ccp").by_study())
    theta = np.repeat(h.draw_prior(1, np.random.default_rng(1)), COPIES, axis=1)
    noise = h.log_likelihood(theta, Points(4, np.random.default_rng(2)))
    r = np.corrcoef(noise)[np.triu_indices(len(noise), 1)]
    assert np.abs(r).max() < 5.0 / np.sqrt(COPIES)


def test_nets_are_stratified_in_every_coordinate():
    for number in (4, 8, 16, 256):
        for column in points.net(number, 12).T:
            np.testing.assert_array_equal(np.sort(column), np.arange(number) / number)


def test_student_t_effects_have_their_density():
    prior = EffectPrior(np.array([3.5]), (True, True))
    v = np.random.default_rng(1).normal(0, 2, (2, 5, 1))
    exact = stats.multivariate_t([0, 0], np.eye(2), 3.5).logpdf(np.moveaxis(v[..., 0], 0, -1))
    np.testing.assert_allclose(prior.log_density(v)[:, 0], exact + np.log(2 * np.pi), atol=1e-10)
    h = 1e-5
    for i in range(2):
        step = np.zeros_like(v)
        step[i] = h
        slope = (prior.log_density(v + step) - prior.log_density(v - step)) / (2 * h)
        np.testing.assert_allclose(-prior.pull(v)[i], slope, atol=1e-6)
