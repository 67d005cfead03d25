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
