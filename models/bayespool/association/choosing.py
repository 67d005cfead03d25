"""Which model a table of an association asks for, and the studies as that model takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bayespool.association.beta_binomial import BetaBinomial
from bayespool.association.binomial_normal import BinomialNormal
from bayespool.association.nested import Nested
from bayespool.association.normal_normal import NormalNormal
from bayespool.association.pre_post import PrePost
from bayespool.association.proportion import Proportion
from bayespool.association.scale import default_priors
from bayespool.model import find_model
from bayespool.priors import FREEDOM, Fixed, Normal
from bayespool.studies import ArmCounts

CHOICES = ("auto", "normal", "binomial", "beta-binomial", "nested", "pre-post")


def choose(
    studies: Any,
    measure: str,
    model: str = "auto",
    covariates: Sequence[str] = (),
    *,
    robust: bool = False,
) -> tuple[Any, Any]:
    """A model with default priors, and the studies in the shape that it takes.

    Parameters
    ----------
    studies : ArmCounts, Effects, GroupMeans, Correlations, Proportions or PairedProportions
    measure : str
    model : {"auto", "normal", "binomial", "beta-binomial", "nested", "pre-post"}
        ``auto`` is the exact model where there are counts of an odds ratio or of a proportion,
        else the normal-normal model of effects; ``binomial`` is exact for risk ratios and risk
        differences too, and ``beta-binomial`` another exact model of a proportion. Effects of
        tables with a zero cell have 1/2 added to every cell, and say so. Proportions before and
        after in the same people have ``pre-post`` and no other; one study alone, which knows
        nothing of the variation between studies, has ``tau=Fixed(0)``.
    covariates : sequence of str
    robust : bool
        Student-t study effects.

    Raises
    ------
    ValueError
        An unknown model, or one that the measure, the table or the options do not allow.
    """
    own = None if model in CHOICES else find_model(model)
    if own is not None:
        if covariates or robust:
            raise ValueError(f"model={model!r} takes no covariates and no robust; allowed: priors")
        return own(measure=measure), studies
    if model not in CHOICES:
        raise ValueError(
            f"model={model!r} is unknown; allowed: {', '.join(CHOICES)}, or module:Class of a "
            "model of your own"
        )
    if studies.same_people or model == "pre-post":
        return _pre_post(studies, measure, model, covariates, robust=robust), studies
    arms = isinstance(studies, ArmCounts) and (measure == "or" or model == "binomial")
    counts = arms or studies.one_group
    if model == "binomial" and not counts:
        raise ValueError(
            f"model='binomial' needs counts in every row (of or, rr, rd or proportion); "
            f"{studies.file} is {type(studies).__name__} of {measure}; allowed: normal, nested"
        )
    if model == "beta-binomial" and not studies.one_group:
        raise ValueError(
            f"model='beta-binomial' needs events and people of one group in every row; "
            f"{studies.file} is {type(studies).__name__} of {measure}; allowed: normal, nested"
        )
    if model in ("nested", "beta-binomial") and covariates:
        raise ValueError(f"model={model!r} has no covariates; allowed: none")
    if model == "beta-binomial":
        if robust:
            raise ValueError(
                "model='beta-binomial' has no Student t study effects; allowed with robust: auto, "
                "normal, binomial, nested"
            )
        return BetaBinomial(), studies
    options: dict[str, Any] = {"nu": FREEDOM} if robust else {}
    if covariates:
        options["covariates"] = tuple(covariates)
    if counts and model in ("auto", "binomial"):
        if measure == "proportion":
            return Proportion(**options), studies
        mu, tau, _ = default_priors(studies, measure)
        chosen = {"mu": mu, "tau": tau, "beta": Normal(0, float(mu.sigma) / 2)} | options
        return BinomialNormal(measure=measure, **chosen), studies
    effects = studies.as_effects(measure)
    kind: Any = Nested if model == "nested" else NormalNormal
    return kind.for_studies(effects, **options)[0], effects


def _pre_post(
    studies: Any, measure: str, model: str, covariates: Sequence[str], *, robust: bool
) -> PrePost:
    if not studies.same_people:
        raise ValueError(
            "model='pre-post' needs both, lost, gained and neither, or before, n_before, after and "
            f"n_after, in every row; {studies.file} is {type(studies).__name__} of {measure}; "
            "allowed: auto"
        )
    if model not in ("auto", "pre-post"):
        raise ValueError(
            f"model={model!r} does not know that {studies.file} holds the same people twice; "
            "allowed: auto, pre-post"
        )
    if covariates:
        raise ValueError("model='pre-post' has no covariates; allowed: none")
    if len(studies) > 1:
        return PrePost(nu=FREEDOM if robust else None)
    if robust:
        raise ValueError("one study alone has no study effects; allowed with robust: two or more")
    return PrePost(tau=Fixed(0))
