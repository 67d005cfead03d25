"""The engine on hierarchies of one, two and three study effects, against the prior reweighted."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.covariance import Covariance
from bayespool.engines import quadrature
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial
from bayespool.priors import LKJ, Gamma, HalfNormal, Normal

DRAWS = 40_000


def hierarchy_of(q: int, robust: bool = False) -> Hierarchy:
    """Four small studies with one binomial row per effect."""
    rng = np.random.default_rng(q)
    k = 4
    trials = rng.integers(4, 15, k * q)
    return Hierarchy(
        X=np.tile(np.eye(q), (k, 1)), Z=np.tile(np.eye(q), (k, 1)),
        study=np.repeat(np.arange(k), q),
        likelihood=Binomial(rng.binomial(trials, 0.6), trials),
        coefficients=tuple(f"mu_{i}" for i in range(q)), coefficient_priors=(Normal(0, 1),) * q,
        between=Covariance(
            tuple(f"tau_{i}" for i in range(q)), (HalfNormal(0.7),) * q,
            tuple(f"rho_{i}{j}" for i in range(1, q) for j in range(i)),
            LKJ(2) if q > 1 else None,
        ),
        freedom_prior=Gamma(2, 0.1) if robust else None,
    )  # fmt: skip


@pytest.mark.parametrize("q,robust", [(1, False), (2, False), (3, False), (1, True)])
def test_posterior_equals_the_prior_reweighted_by_the_likelihood(q, robust):
    hierarchy = hierarchy_of(q, robust)
    ours = quadrature.sample(hierarchy, 1, ess=4_000)
    assert not ours.failures
    theta = hierarchy.draw_prior(DRAWS, np.random.default_rng(9))
    log_w = hierarchy.log_likelihood(theta, 7).sum(axis=0)
    w = np.exp(log_w - log_w.max())
    w /= w.sum()
    theirs, mine = hierarchy.natural(theta), hierarchy.natural(ours.theta)
    for name in hierarchy.names:
        mean = float(w @ theirs[name])
        error = np.sqrt(np.sum((w * (theirs[name] - mean)) ** 2))
        own = mine[name].std() / np.sqrt(ours.ess)
        assert abs(mine[name].mean() - mean) < 4 * np.hypot(error, own), name
    evidence = np.log(np.mean(np.exp(log_w - log_w.max()))) + log_w.max()
    relative = np.sqrt(np.sum(w * w) - 1.0 / DRAWS)
    assert abs(ours.log_marginal_likelihood - evidence) < 4 * np.hypot(
        relative, ours.log_marginal_likelihood_mcse
    )


def test_a_correlation_among_three_has_the_prior_that_is_shown():
    """The marginal of LKJ in three dimensions, against draws of the whole matrix."""
    three = Covariance(("a", "b", "c"), (HalfNormal(1),) * 3, ("ab", "ac", "bc"), LKJ(2.0))
    n = 40_000
    drawn = three.natural(np.stack(three.draw_prior(n, np.random.default_rng(5))))
    for name, prior in three.marginals.items():
        for p in (0.1, 0.3, 0.5, 0.8):
            below = np.mean(drawn[name] < prior.ppf(np.array(p)))
            assert abs(below - p) < 4.0 * np.sqrt(p * (1.0 - p) / n)
    two = Covariance(("a", "b"), (HalfNormal(1),) * 2, ("ab",), LKJ(2.0))
    assert two.marginals == {"ab": LKJ(2.0)}
