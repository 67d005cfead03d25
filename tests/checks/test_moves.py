"""One distance between two fits: of the median and both ends, on the scale of the model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, NestedBivariate
from bayespool.association import BetaBinomial, Nested, NormalNormal
from bayespool.checks.alternatives import prior_change, reach
from bayespool.checks.moves import POINTS, moves
from bayespool.checks.variants import prior_sensitivity
from bayespool.estimands import Estimate
from bayespool.priors import (
    LKJ,
    Gamma,
    HalfCauchy,
    HalfNormal,
    LogNormal,
    Normal,
    ProbabilityInterval,
    Uniform,
)


def estimate(name: str, median: float, lower: float, upper: float, error: float = 0.0) -> Estimate:
    return Estimate(name, median, median, 0.1, lower, upper, error, error, error, error, 1e3)


def test_an_end_that_moves_further_than_the_median_is_what_moves() -> None:
    before = {"spec": estimate("spec", 0.92, 0.68, 0.98)}
    after = {"spec": estimate("spec", 0.90, 0.40, 0.98)}
    (move,) = moves(Bivariate(), before, after, ["spec"])
    sd = (logit(0.98) - logit(0.68)) / 3.92
    assert move.point == "lower"
    assert move.values == (0.68, 0.40)
    assert move.shift == pytest.approx((logit(0.40) - logit(0.68)) / sd)
    assert move.shifts["median"] == pytest.approx((logit(0.90) - logit(0.92)) / sd)
    assert move.shifts["upper"] == 0.0


def test_what_does_not_move_is_said_of_the_median() -> None:
    same = {"sens": estimate("sens", 0.8, 0.6, 0.9)}
    (move,) = moves(Bivariate(), same, same, ["sens"])
    assert (move.point, move.shift, move.mcse) == ("median", 0.0, 0.0)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_moves_of_proportions_are_those_of_what_the_model_samples(small: Any, link: str) -> None:
    wide = Bivariate(link=link, tau_sens=HalfNormal(2), tau_spec=HalfNormal(2))
    first, second = (
        bp.fit(model, small, engine="quadrature", ess=500) for model in (Bivariate(link=link), wide)
    )
    for name in ("sens", "spec"):
        (move,) = moves(first.model, first.estimates, second.estimates, [name])
        before, after = (one.estimates[f"{link}_{name}"] for one in (first, second))
        sd = (before.upper - before.lower) / 3.92
        for point in POINTS:
            expected = (getattr(after, point) - getattr(before, point)) / sd
            # a quantile between two draws is interpolated on another scale
            assert move.shifts[point] == pytest.approx(expected, abs=0.01)
            errors = [getattr(one, f"mcse_{point}") for one in (before, after)]
            assert move.errors[point] == pytest.approx(math.hypot(*errors) / sd, rel=0.3)


def test_an_association_moves_on_its_own_scale_and_is_shown_on_the_readers() -> None:
    before = {"mu": estimate("mu", 0.5, 0.1, 0.9)}
    after = {"mu": estimate("mu", 0.5, -0.4, 1.0)}
    for found in (before, after):
        e = found["mu"]
        ends = [math.exp(x) for x in (e.median, e.lower, e.upper)]
        found["mu_ratio"] = estimate("mu_ratio", *ends)
    (move,) = moves(NormalNormal(measure="or"), before, after, ["mu"], ["mu_ratio"])
    assert (move.name, move.before.name, move.point) == ("mu", "mu_ratio", "lower")
    assert move.shift == pytest.approx(-0.5 / (0.8 / 3.92))
    assert move.values == pytest.approx((math.exp(0.1), math.exp(-0.4)))


@pytest.mark.parametrize("model", [Bivariate(), HSROC(), BetaBinomial()])
def test_a_proportion_of_0_or_1_stays_finite(model: Any) -> None:
    found = model.on_model_scale(np.array([0.0, 0.3, 1.0]))
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(logit(0.3))
    assert (np.diff(found) > 0).all()


def words_of(model: Any, fitted: bp.Fit) -> dict[str, tuple[str, bool]]:
    out = {}
    for name, other in model.alternatives().items():
        change = prior_change(fitted, other)
        out[name] = ("same", True) if change is None else (change.word, change.plausible)
    return out


def test_alternatives_have_a_word_and_only_the_same_belief_is_plausible(fitted: bp.Fit) -> None:
    assert words_of(fitted.model, fitted) == {
        "tau: HalfNormal(0.5)": ("narrow", True),
        "tau: HalfNormal(2)": ("wide", True),
        "tau: HalfCauchy(0.5)": ("heavy-tailed", False),
        "tau: Uniform(0, 5)": ("flat", False),
        "pooled: Normal(0, 1)": ("sceptical", True),
        "pooled: Normal(0, 3)": ("wide", True),
        "rho: LKJ(1)": ("flat", True),
        "rho: LKJ(4)": ("sceptical", True),
    }


@pytest.mark.parametrize(
    "model, word",
    [
        (Bivariate(tau_sens=HalfNormal(2), tau_spec=HalfNormal(2)), "same"),
        (Bivariate(tau_sens=HalfNormal(4), tau_spec=HalfNormal(4)), "narrow"),
        (Bivariate(tau_sens=HalfNormal(1.5), tau_spec=HalfNormal(1.2)), "wide"),
    ],
)
def test_the_word_is_about_the_prior_of_the_fit_and_not_about_the_default(
    fitted: bp.Fit, model: Any, word: str
) -> None:
    found = words_of(model, replace(fitted, model=model))
    assert found["tau: HalfNormal(2)"] == (word, True)


def test_no_alternative_to_an_informative_prior_is_plausible(fitted: bp.Fit) -> None:
    """What is known of the pooled values is no belief that a vague prior holds more loosely."""
    told = replace(fitted.model, sens=Normal(1.2, 0.1), spec=ProbabilityInterval(0.86, 0.92))
    found = words_of(told, replace(fitted, model=told))
    assert found["pooled: Normal(0, 1)"] == ("wide", False)
    assert found["pooled: Normal(0, 3)"] == ("wide", False)
    assert found["tau: HalfNormal(2)"] == ("wide", True)


def test_what_a_prior_is_of(fitted: bp.Fit, small: Any) -> None:
    def of(model: Any, **changes: Any) -> str:
        change = prior_change(replace(fitted, model=model), replace(model, **changes))
        assert change is not None
        return change.of

    assert of(Bivariate(), tau_sens=HalfNormal(2)) == "between"
    assert of(Bivariate(), sens=Normal(0, 1)) == "pooled"
    assert of(Bivariate(), rho=LKJ(1)) == ""
    assert of(Bivariate(), sens=Normal(0, 1), tau_sens=HalfNormal(2)) == ""
    assert of(HSROC(), sigma_alpha=HalfNormal(2)) == "between"
    twice = bp.AccuracyStudies.from_table(
        {"study": [*"AABC"], "reader": [*"1211"], "tp": [9] * 4, "fn": [3] * 4, "fp": [2] * 4,
         "tn": [20] * 4}
    )  # fmt: skip
    nested = replace(fitted, model=NestedBivariate(), studies=twice)
    other = replace(NestedBivariate(), tau_within_spec=HalfNormal(1))
    change = prior_change(nested, other)
    assert change is not None
    assert change.of == "within"


def test_a_prior_reaches_as_far_as_what_it_holds_probable() -> None:
    z = 1.959964
    assert reach(Normal(3, 2)) == pytest.approx(2 * z)
    assert reach(HalfNormal(2)) == pytest.approx(2 * z)
    assert reach(Uniform(0, 5)) == pytest.approx(4.75)
    assert reach(Uniform(-1, 1)) == pytest.approx(0.95)
    assert reach(HalfCauchy(0.5)) == pytest.approx(6.353, abs=1e-3)
    assert reach(LogNormal(0, 1)) == pytest.approx(math.exp(1.644854))
    assert reach(Gamma(1, 2)) == pytest.approx(-math.log(0.05) / 2)


def test_refits_are_called_by_how_they_differ_and_those_given_by_their_names(
    fitted: bp.Fit, small: Any
) -> None:
    given = {"tight": replace(fitted.model, tau_sens=HalfNormal(0.1))}
    (_, tight) = prior_sensitivity(fitted, given)
    assert (tight.name, tight.competes) == ("tight", True)
    assert tight.prior is not None
    assert tight.prior.word == ""
    studies = bp.load_dataset("konstantopoulos2011")
    model, _ = Nested.for_studies(studies)
    nested = bp.Fit(model, studies, fitted.draws, 1, {})
    assert words_of(model, nested)["tau_within: HalfNormal(0.25)"] == ("narrow", True)
    assert words_of(model, nested)["mu: Normal(0, 0.25)"] == ("sceptical", False)


def test_expit_is_undone() -> None:
    x = np.linspace(-20, 20, 41)
    np.testing.assert_allclose(Bivariate().on_model_scale(expit(x)), x, atol=1e-6)
