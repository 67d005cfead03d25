"""Which models let effects vary between studies, their other priors, and what they refuse."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

import bayespool as bp
from bayespool.association import BetaBinomial, BinomialNormal, Nested, NormalNormal, Proportion
from bayespool.association.scale import prior_source, varies
from bayespool.checks.variants import prior_sensitivity
from bayespool.choice import choose
from bayespool.model_options import ModelOptions
from bayespool.priors import Fixed, HalfNormal, Normal, ProbabilityInterval
from bayespool.studies import ArmCounts, Proportions

EVENTS = Proportions.from_counts(list("ABCD"), [4, 0, 7, 3], [20, 12, 9, 30])


@pytest.mark.parametrize(
    "model, expected",
    [
        (NormalNormal(), True),
        (NormalNormal(tau=Fixed(0)), False),
        (NormalNormal(tau=Fixed(0.2)), True),
        (BinomialNormal(tau=Fixed(0.0)), False),
        (Proportion(), True),
        (BetaBinomial(), True),
        (Nested(), True),
    ],
)
def test_only_a_standard_deviation_of_zero_makes_an_effect_common(
    model: Any, expected: bool
) -> None:
    assert varies(model) is expected


@pytest.mark.parametrize(
    "make", [lambda: BetaBinomial(psi=Fixed(0.1)), lambda: Nested(tau=Fixed(0)),
             lambda: Nested(tau_within=Fixed(0.1))]
)  # fmt: skip
def test_a_known_value_is_refused_where_it_cannot_be_integrated(make: Any) -> None:
    with pytest.raises(ValueError, match="allowed: a distribution of positive numbers"):
        make()


def test_priors_of_the_beta_binomial_model_are_known_as_defaults() -> None:
    assert prior_source(BetaBinomial(), EVENTS) == "defaults for logit proportion"
    assert prior_source(BetaBinomial(psi=HalfNormal(0.1)), EVENTS).startswith("mu only, ")
    both = BetaBinomial(mu=ProbabilityInterval(0.1, 0.9), psi=HalfNormal(0.1))
    assert prior_source(both, EVENTS) == ""


def changed(model: Any, other: Any) -> list[str]:
    return [f.name for f in fields(model) if getattr(model, f.name) != getattr(other, f.name)]


@pytest.mark.parametrize(
    "model, names",
    [
        (NormalNormal(), ["tau"] * 4 + ["mu"] * 2),
        (NormalNormal(tau=Fixed(0)), ["mu"] * 2),
        (Nested(mu=Normal(0, 8), tau=HalfNormal(2)), ["tau"] * 4 + ["tau_within"] * 4 + ["mu"] * 2),
    ],
)
def test_other_priors_change_one_parameter_at_a_time(model: Any, names: list[str]) -> None:
    others = model.alternatives()
    assert [changed(model, other) for other in others.values()] == [[name] for name in names]
    for text, other in others.items():
        name = changed(model, other)[0]
        assert text == f"{name}: {getattr(other, name)!r}"


def test_other_priors_of_a_nested_model_are_scaled_like_its_own() -> None:
    model = Nested(mu=Normal(0, 8), tau=HalfNormal(2))
    widths = [o.tau.sigma for o in model.alternatives().values() if isinstance(o.tau, HalfNormal)]
    assert widths[:2] == pytest.approx([1, 4], rel=1e-3)


def test_other_priors_of_a_nested_model_are_fitted() -> None:
    studies = bp.load_dataset("konstantopoulos2011")
    model, _ = Nested.for_studies(studies)
    base, *others = prior_sensitivity(bp.fit(model, studies, engine="quadrature"))
    assert [one.name.split(" ", 1)[1] for one in others] == list(model.alternatives())
    assert not any(one.fit.draws.failures for one in others)
    widths = {one.name: one.estimates["tau_within"].median for one in others}
    assert widths["narrow tau_within: HalfNormal(0.25)"] < base.estimates["tau_within"].median


@pytest.mark.parametrize(
    "studies, measure, options, words",
    [
        (
            ArmCounts.from_counts(list("AB"), [1, 2], [9, 9], [3, 4], [9, 9]),
            "or",
            {},
            "needs Proportions",
        ),
        (
            EVENTS,
            "proportion",
            {"robust": True},
            "--robust does not apply to --model beta-binomial",
        ),
        (
            EVENTS,
            "proportion",
            {"covariate": ("age",)},
            "--covariate goes with --model normal or binomial",
        ),
    ],
)
def test_what_the_beta_binomial_model_cannot_take_is_refused(
    studies: Any, measure: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        choose(studies, measure, "beta-binomial", ModelOptions(**options))
