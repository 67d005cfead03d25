"""Marginals that follow from a grid, against the posterior of tau by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import bayespool as bp
from bayespool.association import NormalNormal, Proportion
from bayespool.association.scale import typical_variance
from bayespool.estimands import LOWER, UPPER, Estimate, of_marginal
from bayespool.numerics.marginals import LogGrid, NormalMixture, Transformed
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.report.summary import build_summary
from bayespool.studies import Correlations, Effects

STUDIES = Effects.from_table(
    {"study": list("ABCDE"), "estimate": [0.2, -0.4, 1.1, 0.3, 0.7],
     "se": [0.2, 0.3, 0.5, 0.1, 0.25]}, measure="or",
)  # fmt: skip


def posterior_of_tau(studies: Any) -> tuple[Any, Any]:
    """Evenly spaced tau and its posterior probabilities: mu is integrated in closed form."""
    tau = (np.arange(200_000) + 0.5) * (4.0 / 200_000)
    variance = studies.se[:, None] ** 2 + tau**2
    y = studies.estimate[:, None]
    # y is normal with the diagonal `variance` plus 16 everywhere, by Sherman and Morrison
    w = 1 / variance
    total = w.sum(axis=0)
    square = (w * y * y).sum(axis=0) - (w * y).sum(axis=0) ** 2 / (total + 1 / 16)
    log_p = -0.5 * square + 0.5 * np.log(w).sum(axis=0) - 0.5 * np.log1p(16 * total)
    log_p += stats.halfnorm.logpdf(tau, 0, 0.5)
    p = np.exp(log_p - log_p.max())
    return tau, p / p.sum()


def weighted(values: Any, p: Any) -> dict[str, float]:
    at = np.searchsorted(np.cumsum(p), [LOWER, 0.5, UPPER])
    lower, median, upper = values[at]
    mean = p @ values
    sd = np.sqrt(p @ (values - mean) ** 2)
    return {"mean": mean, "median": median, "lower": lower, "upper": upper, "sd": sd}


def stated(estimate: Estimate, end: str) -> float:
    return estimate.mcse if end == "mean" else float(getattr(estimate, f"mcse_{end}"))


@pytest.mark.parametrize("name", ["tau", "tau2", "I2"])
def test_variation_is_that_of_brute_force_within_its_stated_error(name: str) -> None:
    model = NormalNormal(mu=Normal(0, 4), tau=HalfNormal(0.5), measure="or")
    ours = bp.fit(model, STUDIES, engine="quadrature").estimates[name]
    tau, p = posterior_of_tau(STUDIES)
    v = typical_variance(STUDIES.se)
    assert v is not None
    values = {"tau": tau, "tau2": tau**2, "I2": tau**2 / (tau**2 + v)}[name]
    expected = weighted(values, p)
    spacing = np.max(np.diff(values)[p[1:] > 1e-9])  # of the brute force
    for end in ("mean", "median", "lower", "upper"):
        assert abs(getattr(ours, end) - expected[end]) < stated(ours, end) + spacing, end
    assert ours.sd == pytest.approx(expected["sd"], rel=1e-4)
    assert np.isinf(ours.ess)


@pytest.mark.parametrize("base", ["mixture", "grid"])
def test_a_transformed_marginal_is_that_of_many_draws(base: str) -> None:
    rng = np.random.default_rng(1)
    if base == "mixture":
        weight, centre, spread = np.array([0.3, 0.7]), np.array([-1.0, 0.5]), np.array([0.4, 1.5])
        which = rng.choice(2, 400_000, p=weight)
        draws = rng.normal(centre[which], spread[which])
        marginal = Transformed(NormalMixture(weight, centre, spread), special.expit, special.logit)
        values = special.expit(draws)
    else:
        axis = np.linspace(-6, 3, 301)
        draws = np.exp(rng.normal(-1.0, 0.5, 400_000))
        grid = LogGrid(axis, stats.norm.pdf(axis, -1.0, 0.5))
        marginal, values = Transformed(grid, np.square, np.sqrt), draws**2
    error = values.std() / np.sqrt(values.size)
    assert abs(marginal.mean - values.mean()) < 4 * error
    assert marginal.sd == pytest.approx(values.std(), rel=0.02)
    cuts = np.array([0.025, 0.2, 0.5, 0.9])
    at = marginal.quantile(cuts)
    np.testing.assert_allclose(marginal.cdf(at), cuts, atol=1e-9)
    np.testing.assert_allclose([np.mean(values < x) for x in at], cuts, atol=4e-3)
    estimate = of_marginal("x", marginal, 0.0)
    assert 0 < estimate.mcse_median < 1e-3 * estimate.sd


def test_quantiles_between_the_points_of_a_coarse_grid() -> None:
    """A half-normal standard deviation on 61 points, far from linear between them."""
    axis = np.linspace(np.log(1e-6), np.log(6.0), 61)
    tau = np.exp(axis)
    grid = LogGrid(axis, stats.halfnorm.pdf(tau) * tau)
    p = np.array([0.025, 0.5, 0.975])
    ours, exact = grid.quantile(p), stats.halfnorm.ppf(p)
    stated = np.abs(ours - grid.coarser().quantile(p))
    assert np.all(np.abs(ours - exact) < stated)
    np.testing.assert_allclose(ours, exact, rtol=2e-3)
    np.testing.assert_allclose(grid.cdf(exact), p, atol=2e-3)


CORRELATIONS = Correlations.from_table(
    {"study": list("ABCD"), "r": [0.2, 0.5, -0.1, 0.6], "n": [30, 40, 22, 90]}
)


@pytest.mark.parametrize(
    "model, studies",
    [
        (NormalNormal(measure="or"), STUDIES),
        (NormalNormal(measure="cor", tau=HalfNormal(0.3)), CORRELATIONS.effects("cor")),
        (NormalNormal(measure="cor", tau=Fixed(0)), CORRELATIONS.effects("cor")),
        (Proportion(), bp.load_dataset("mrn_changes_management").where("analysis", "main")
         .where("estimand", "change of management")),
    ],
)  # fmt: skip
def test_every_number_has_an_error_of_its_own(model: Any, studies: Any) -> None:
    fitted = bp.fit(model, studies, engine="quadrature")
    for e in build_summary(fitted).estimates.values():
        assert min(e.mcse, e.mcse_median, e.mcse_lower, e.mcse_upper) > 0, e.name
