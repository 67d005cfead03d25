"""Rows of partial evidence: limits, slopes, and integrals against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logsumexp

from bayespool.numerics import modes, quadrature
from bayespool.numerics.binormal import Binormal
from bayespool.numerics.candidates import CandidateBinomial, Tables
from bayespool.numerics.censored import Censored
from bayespool.numerics.likelihoods import Binomial, Gaussian
from bayespool.numerics.links import link
from bayespool.numerics.mixed import Mixed
from bayespool.numerics.study_rows import Rows

RNG = np.random.default_rng(1)
ETA = RNG.normal(0, 2, (2, 50))


def tables(counts, n, weight=None):
    counts = np.array(counts).reshape(len(counts), -1)
    n = np.broadcast_to(np.array(n), counts.shape)
    w = np.ones(len(counts)) if weight is None else np.array(weight, float)
    return Tables(counts, n, np.log(w))


@pytest.mark.parametrize("name", ["logit", "probit", "cloglog"])
def test_one_table_is_the_table(name):
    of_one = CandidateBinomial((tables([[8, 17]], [10, 20]),), name)
    plain = Binomial(np.array([8, 17]), np.array([10, 20]), name)
    eta = np.clip(ETA, -3, 2)
    expected = (plain.log_density(eta) + plain.log_constant()).sum(axis=0)
    assert np.allclose(of_one.log_density(eta).sum(axis=0), expected, rtol=1e-12)
    for ours, theirs in zip(of_one.slope_and_weight(eta), plain.slope_and_weight(eta), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-8)
    assert np.allclose(of_one.derivatives(eta)[2].weight, 0.0)
    assert np.allclose(of_one.observed(), [8, 17])


def test_all_tables_say_nothing():
    every = [[a, b] for a in range(6) for b in range(8)]
    rows = CandidateBinomial((tables(every, [5, 7]), tables([[k] for k in range(10)], 9)))
    eta = RNG.normal(0, 2, (3, 20))
    assert np.allclose(rows.log_density(eta), 0.0, atol=1e-12)
    slope, weight = rows.slope_and_weight(eta)
    assert np.allclose(slope, 0.0, atol=1e-9)
    assert np.allclose(weight, 0.0, atol=1e-9)


def test_sum_over_tables_is_the_probability_of_the_statement():
    unit = tables([[3, 5], [4, 4], [4, 6]], [9, 8], [1, 1, 1])
    p, q = expit(ETA[0]), expit(ETA[1])
    expected = sum(stats.binom.pmf(a, 9, p) * stats.binom.pmf(b, 8, q) for a, b in unit.successes)
    ours = CandidateBinomial((unit,)).log_density(ETA).sum(axis=0)
    assert np.allclose(ours, np.log(expected), rtol=1e-10)


CASES = {
    "tables": CandidateBinomial((tables([[3, 15], [4, 17], [5, 12], [9, 2]], [10, 20]),)),
    "tables, probit": CandidateBinomial((tables([[3, 15], [4, 17]], [10, 20]),), "probit"),
    "single": CandidateBinomial((tables([[2], [3], [4]], 10), tables([[5], [6]], [[9], [11]]))),
    "binormal": Binormal(np.array([1.2]), np.array([1.7]), np.array([0.3])),
    "binormal, cloglog": Binormal(np.array([1.2]), np.array([0.8]), np.array([0.3]), "cloglog"),
    "censored": Censored(
        np.array([[-1.0, -1.5], [0.8, -np.inf]]),
        np.array([[1.0, 1.5], [np.inf, -0.8]]),
        np.array([[0.5, 0.7], [0.4, 0.4]]),
        np.log([[0.3, 0.7], [1.0, 1.0]]),
    ),
    "points": Censored(
        np.array([[0.2, 0.5], [1.0, 1.0]]),
        np.array([[0.2, 0.5], [1.0, 1.0]]),
        np.array([[0.5, 0.7], [0.4, 0.4]]),
        np.log([[0.3, 0.7], [0.5, 0.5]]),
    ),
}


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
def test_slopes_and_curvatures_are_derivatives(rows):
    h = 1e-4
    # second differences of what is read off from a table would show the edges of its cells
    density = rows.exact_log_density if isinstance(rows, Censored) else rows.log_density

    def total(a, b):
        return density(np.stack([a, b])).sum(axis=0)

    a, b = np.clip(ETA, -2, 1.5)
    slope, weight = rows.slope_and_weight(np.stack([a, b]))
    assert np.allclose(slope[0], (total(a + h, b) - total(a - h, b)) / (2 * h), atol=1e-5)
    assert np.allclose(slope[1], (total(a, b + h) - total(a, b - h)) / (2 * h), atol=1e-5)
    if rows.link_name == "probit" or isinstance(rows, Binormal):
        return  # expected, not observed, curvature; their integrals are tested below
    second = -(total(a + h, b) - 2 * total(a, b) + total(a - h, b)) / h**2
    concave = second > 0
    assert concave.any()
    assert np.allclose(weight[0][concave], second[concave], atol=1e-4)
    cross = rows.derivatives(np.stack([a, b]))[2]
    if cross is not None:
        mixed = -(total(a + h, b + h) - total(a + h, b - h) - total(a - h, b + h)
                  + total(a - h, b - h)) / (4 * h * h)  # fmt: skip
        inside = np.abs(mixed) < np.sqrt(weight[0] * weight[1]) * 0.999
        assert inside.any()
        assert np.allclose(cross.weight[0][inside], mixed[inside], atol=1e-4)


def test_censored_against_the_normal_distribution():
    eta = np.linspace(-6, 6, 25)[None]
    rows = Censored(*(np.array([[x]]) for x in (-1.96, 1.96, 1.0, 0.0)))
    expected = np.log(stats.norm.cdf(1.96 - eta) - stats.norm.cdf(-1.96 - eta))
    assert np.allclose(rows.log_density(eta), expected, rtol=1e-9)
    far = rows.log_density(np.array([[40.0, -40.0]]))
    tail = stats.norm.logcdf(1.96 - 40.0)
    assert np.allclose(far, tail, rtol=1e-9)
    everything = Censored(*(np.array([[x]]) for x in (-np.inf, np.inf, 1.0, 0.0)))
    assert np.allclose(everything.log_density(eta), 0.0, atol=1e-12)
    narrow = Censored(*(np.array([[x]]) for x in (0.3 - 1e-7, 0.3 + 1e-7, 0.5, 0.0)))
    plain = Gaussian(np.array([0.3]), np.array([0.5]))
    density = plain.log_density(eta) + plain.log_constant() + np.log(2e-7)
    assert np.allclose(narrow.log_density(eta), density, atol=2e-4)


@pytest.mark.parametrize("name", ["censored", "points"])
def test_what_is_read_off_is_what_is_tabulated(name):
    rows = CASES[name]
    eta = np.linspace(-14.0, 14.0, 4_001) + np.zeros((2, 1))
    exact = rows.exact_log_density(eta)
    likely = exact > -50.0
    assert np.abs(rows.log_density(eta) - exact)[likely].max() < 1e-8
    assert np.allclose(rows.log_density(eta), exact, rtol=1e-6, atol=1e-8)


def test_an_effect_of_the_row_widens_the_estimate_and_not_its_limits():
    """By quadrature over a result's effect, which the limits do not know of."""
    rows = Censored(*(np.array([[x]]) for x in (-1.0, 1.0, 0.5, 0.0)))
    sd, eta = 0.9, 1.5
    z = np.linspace(-8, 8, 4001)
    inside = rows.log_density((eta + sd * z)[None])[0]
    expected = np.trapezoid(np.exp(inside) * stats.norm.pdf(z), z)
    wide = np.hypot(0.5, sd)
    closed = stats.norm.cdf((1.0 - eta) / wide) - stats.norm.cdf((-1.0 - eta) / wide)
    assert expected == pytest.approx(closed, rel=1e-7)


INTEGRALS = {
    "tables": CASES["tables"],
    "predictive values": CandidateBinomial(
        (tables([[a, 20 - b] for a in range(16) for b in range(21) if 3 * b == a], [15, 20]),)
    ),
    "binormal": Binormal(np.array([1.6]), np.array([1.3]), np.array([0.25])),
}


@pytest.mark.parametrize("likelihood", INTEGRALS.values(), ids=INTEGRALS)
def test_integrals_over_coupled_rows(likelihood):
    """A pair of coupled rows next to a plain study, against a fine grid in two dimensions."""
    mu, sd, rho = np.array([0.8, 1.5]), np.array([1.1, 0.7]), 0.4
    factor = np.array([[sd[0], 0.0], [rho * sd[1], np.sqrt(1 - rho**2) * sd[1]]])
    both = Mixed(
        (Binomial(np.array([7, 9]), np.array([9, 11])), likelihood),
        (np.array([0, 1]), np.array([2, 3])),
    )
    rows = Rows(both, np.array([0, 2]), np.array([0, 1, 1, 1]))
    offset = np.tile(mu, 2)[:, None]
    loading = np.tile(factor.T, 2)[:, :, None]
    mode = modes.find_mode(rows, offset, loading)
    assert mode.converged.all()
    ours = quadrature.integrate(rows, offset, loading, 21, mode)[:, 0]
    v = np.linspace(-8, 8, 801)
    grid = np.stack(np.meshgrid(v, v, indexing="ij")).reshape(2, -1)
    eta = mu[:, None] + factor @ grid
    normal = stats.norm.logpdf(grid).sum(axis=0) + 2 * np.log(v[1] - v[0])
    for k, part in enumerate(both.parts):
        density = part.log_density(eta) + part.log_constant()
        assert np.isclose(ours[k], logsumexp(density.sum(axis=0) + normal), atol=2e-4), k


def test_mixed_rows_keep_their_places():
    parts = (Binomial(np.array([1, 2, 3]), np.array([4, 5, 6])), CASES["tables"])
    both = Mixed(parts, (np.array([0, 3, 4]), np.array([1, 2])))
    eta = RNG.normal(size=(5, 7))
    taken = both.take(np.array([1, 2, 4]))
    assert np.allclose(taken.log_density(eta[[1, 2, 4]]), both.log_density(eta)[[1, 2, 4]])
    assert np.array_equal(both.coupled, [False, True, True, False, False])
    assert len(both.take(np.arange(0))) == 0
    assert np.allclose(both.log_constant()[[0, 3, 4]], parts[0].log_constant())
    with pytest.raises(ValueError, match="together"):
        both.take(np.array([1]))


def test_simulated_counts_have_the_binomial_mean():
    unit = tables([[3, 5], [4, 4]], [[9, 8], [11, 8]], [0.25, 0.75])
    eta = np.full((2, 20_000), 0.3)
    drawn = CandidateBinomial((unit,)).simulate(eta, np.random.default_rng(3))
    p = link("logit").inverse(np.array(0.3))
    assert np.allclose(drawn.mean(axis=1), [p * 10.5, p * 8], atol=0.05)
