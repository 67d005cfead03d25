"""The model of an association in words, for the methods section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.association.scale import varies
from bayespool.priors import Fixed
from bayespool.quantity import inside
from bayespool.report.effect_words import at_covariates
from bayespool.report.wording import ALONE, naming
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit


def likelihood(fitted: Fit) -> str:
    """The model in words."""
    model = fitted.model
    parts = [f"{model.title}.", model.in_words, _between(fitted), at_covariates(fitted)]
    if model.correlation:
        parts.append(f"Sampling errors of results of one study correlate by {model.correlation:g}.")
    return " ".join(part for part in parts if part)


def _between(fitted: Fit) -> str:
    """How a model's studies differ; empty where its rows say that already."""
    model = fitted.model
    analysed = MEASURES[model.measure].analysis_label
    if model.spread != "tau":
        return ""
    if naming(fitted) == ALONE:
        return f"There is one study: the {analysed} is its own."
    if not varies(model):
        return f"All studies share one {analysed}."
    if isinstance(model.tau, Fixed):
        return (
            f"The studies' {analysed} values vary with the known standard deviation "
            f"{model.tau.value:g}."
        )
    if model.nu is not None:
        return (
            f"The studies' {analysed} values follow a Student t distribution, which gives way to "
            "outlying studies; its degrees of freedom are estimated."
        )
    return f"The studies' {analysed} values follow a normal distribution."


def observed_words(fitted: Fit) -> str:
    """What the intervals of observed values are."""
    if fitted.studies.one_group:
        return "Intervals of observed shares are exact (Clopper-Pearson)."
    return (
        f"Intervals of observed {inside(MEASURES[fitted.model.measure].label)}s are estimate "
        "± 1.96 standard errors on the scale of analysis."
    )
