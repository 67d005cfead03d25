"""Many studies: the log posterior as a polynomial, and what happens where it is none."""

from __future__ import annotations

import numpy as np
import pytest

import bayespool as bp
from bayespool import accuracy
from bayespool.engines import expansion, quadrature
from bayespool.engines.mode import posterior_mode
from bayespool.estimands import summarise
from bayespool.hierarchy import Hierarchy


def simulated(k: int) -> Hierarchy:
    rng = np.random.default_rng(k)
    u = rng.multivariate_normal([1.2, 1.8], [[0.5, -0.15], [-0.15, 0.6]], k)
    p = 1.0 / (1.0 + np.exp(-u))
    n1, n2 = rng.integers(10, 150, k), rng.integers(10, 150, k)
    tp, tn = rng.binomial(n1, p[:, 0]), rng.binomial(n2, p[:, 1])
    studies = bp.AccuracyStudies.from_counts([f"S{i}" for i in range(k)], tp, n2 - tn, n1 - tp, tn)
    return accuracy.Bivariate().hierarchy(studies)


@pytest.fixture(scope="module")
def hierarchy():
    return simulated(200)


@pytest.fixture(scope="module")
def expanded(hierarchy):
    return quadrature.sample(hierarchy, 1)


@pytest.fixture(scope="module")
def integrated(hierarchy):
    """Every draw integrated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expansion, "applies", lambda hierarchy: False)
        return quadrature.sample(hierarchy, 2)


def test_the_expansion_gives_the_posterior_that_integrals_give(hierarchy, expanded, integrated):
    assert not expanded.failures
    assert not integrated.failures
    assert expanded.n_expanded > 0
    assert integrated.n_expanded == 0
    ours, theirs = (
        {n: summarise(n, x[None], r.ancestor) for n, x in hierarchy.natural(r.theta).items()}
        for r in (expanded, integrated)
    )
    for name, one in ours.items():
        error = np.hypot(one.sd, theirs[name].sd) / np.sqrt(4_000.0)
        assert one.mean == pytest.approx(theirs[name].mean, abs=4.0 * error)
        assert one.sd == pytest.approx(theirs[name].sd, rel=0.08)
    gap = expanded.log_marginal_likelihood - integrated.log_marginal_likelihood
    both = (expanded.log_marginal_likelihood_mcse, integrated.log_marginal_likelihood_mcse)
    assert abs(gap) < 4.0 * np.hypot(*both) + 2e-3


def test_what_an_expansion_says_at_its_draws_is_what_many_nodes_say(hierarchy, expanded):
    assert expanded.node_error < 1e-3
    assert expanded.nodes > 0


@pytest.mark.parametrize("holds", [False, True], ids=["second sample", "probe draws"])
def test_a_poor_expansion_is_dropped(hierarchy, monkeypatch, holds):
    """By the second sample, and where that says nothing by probe draws of the result."""
    monkeypatch.setattr(expansion, "DEGREES", ((0, 2),))
    if holds:
        monkeypatch.setattr(expansion.Expansion, "holds", lambda self, *rest: True)
    result = quadrature.sample(hierarchy, 1, ess=1_000.0)
    assert result.n_expanded == 0
    assert not result.failures


def test_few_studies_are_integrated():
    assert not expansion.applies(simulated(100))


def test_least_squares():
    rng = np.random.default_rng(1)
    columns, value = rng.standard_normal((7, 40)), rng.standard_normal(40)
    expected = np.linalg.lstsq(columns.T, value)[0]
    assert expansion.least_squares(columns, value) == pytest.approx(expected, rel=1e-10)


def test_parts_of_the_studies_add_up(hierarchy):
    theta = posterior_mode(hierarchy)[0][:, None] + 0.01 * np.arange(5)
    assert len(hierarchy.parts) > 1
    for rule in (1, 7):
        total = hierarchy.total_log_likelihood(theta, rule)
        assert total == pytest.approx(hierarchy.log_likelihood(theta, rule).sum(axis=0), abs=1e-9)
    alone = [hierarchy.subset([k]).total_log_likelihood(theta, 7) for k in range(200)]
    assert sum(alone) == pytest.approx(hierarchy.total_log_likelihood(theta, 7), abs=1e-9)
