"""The beta-binomial model against its posterior summed over a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.association import BetaBinomial
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.studies import Proportions

STUDIES = Proportions.from_counts(list("ABCD"), [4, 0, 7, 3], [20, 12, 9, 30])


def on_a_grid(events: Any, people: Any) -> tuple[float, dict[str, Any]]:
    """Log evidence and posterior means by a rule over the logit of the mean and log psi."""
    mu, h = np.linspace(-8, 6, 561, retstep=True)
    log_psi, g = np.linspace(-14, 3, 681, retstep=True)
    m, psi = 1.0 / (1.0 + np.exp(-mu[:, None])), np.exp(log_psi)
    log_p = stats.norm.logpdf(mu, 0, 1.5)[:, None] + stats.halfnorm.logpdf(psi, 0, 0.5) + log_psi
    for y, n in zip(events, people, strict=True):
        log_p = log_p + stats.betabinom.logpmf(y, n, m / psi, (1 - m) / psi)
    weight = np.exp(log_p - log_p.max())
    evidence = float(np.log(weight.sum() * h * g) + log_p.max())
    weight /= weight.sum()
    shrunken = [
        float(np.sum(weight * (m / psi + y) / (1 / psi + n)))
        for y, n in zip(events, people, strict=True)
    ]
    means = {
        "mu_proportion": float(np.sum(weight * m)),
        "mu_new_proportion": float(np.sum(weight * m)),
        "psi": float(np.sum(weight * psi)),
        "icc": float(np.sum(weight * psi / (1 + psi))),
        "proportion": np.array(shrunken),
    }
    return evidence, means


@pytest.fixture(scope="module")
def fitted() -> bp.Fit:
    return bp.fit(BetaBinomial(), STUDIES, engine="quadrature", ess=20_000)


@pytest.fixture(scope="module")
def exact() -> tuple[float, dict[str, Any]]:
    return on_a_grid(STUDIES.events, STUDIES.n)


@pytest.mark.parametrize("name", ["mu_proportion", "mu_new_proportion", "psi", "icc"])
def test_means_are_those_of_the_grid(fitted: bp.Fit, exact: Any, name: str) -> None:
    ours = fitted.estimates[name]
    assert abs(ours.mean - exact[1][name]) < 4 * ours.mcse


def test_shrunken_proportions_are_those_of_the_grid(fitted: bp.Fit, exact: Any) -> None:
    draws = fitted.study_samples["proportion"][:, 0]
    error = 2 * draws.std(axis=1) / np.sqrt(fitted.draws.info["ess"])  # draws of draws: be generous
    assert np.all(np.abs(draws.mean(axis=1) - exact[1]["proportion"]) < 4 * error)


def test_evidence_and_leaving_out_are_those_of_the_grid(fitted: bp.Fit, exact: Any) -> None:
    info = fitted.draws.info
    error = info["log_marginal_likelihood_mcse"]
    assert abs(info["log_marginal_likelihood"] - exact[0]) < 4 * error
    left = refit_without_each(fitted)
    for k, one in enumerate(left.studies):
        keep = np.arange(4) != k
        rest, means = on_a_grid(STUDIES.events[keep], STUDIES.n[keep])
        assert one.elpd == pytest.approx(exact[0] - rest, abs=0.05)
        ours = one.estimates["mu_proportion"]
        assert abs(ours.mean - means["mu_proportion"]) < 4 * ours.mcse


def test_proportions_drawn_are_beta_and_of_the_seed(fitted: bp.Fit) -> None:
    theta = fitted.hierarchy.unconstrained(
        {"mu": np.full(40_000, 0.4), "psi": np.full(40_000, 0.3)}
    )
    m, psi = 1.0 / (1.0 + np.exp(-0.4)), 0.3
    new = fitted.hierarchy.new_effects(theta, np.random.default_rng(1))[0, 0]
    told, _ = fitted.hierarchy.effects(theta, np.random.default_rng(2))
    y, n = STUDIES.events[1], STUDIES.n[1]
    for logit, law in (
        (0.4 + new, stats.beta(m / psi, (1 - m) / psi)),
        (0.4 + told[0, 1], stats.beta(m / psi + y, (1 - m) / psi + n - y)),
    ):
        assert stats.kstest(1.0 / (1.0 + np.exp(-logit)), law.cdf).pvalue > 1e-4
    again, other = (bp.fit(BetaBinomial(), STUDIES, "quadrature", seed=s) for s in (1, 2))
    same = bp.fit(BetaBinomial(), STUDIES, "quadrature", seed=1)
    for name in ("mu_new_proportion", "mu_proportion"):
        assert np.array_equal(again.samples[name], same.samples[name])
        assert not np.array_equal(again.samples[name], other.samples[name])


@pytest.mark.parametrize("psi", [1e-12, 1e6])
def test_extreme_overdispersion_draws_numbers(fitted: bp.Fit, psi: float) -> None:
    theta = fitted.hierarchy.unconstrained({"mu": np.zeros(100), "psi": np.full(100, psi)})
    rng = np.random.default_rng(1)
    drawn = [fitted.hierarchy.new_effects(theta, rng), fitted.hierarchy.effects(theta, rng)[0]]
    assert all(np.isfinite(values).all() for values in drawn)
