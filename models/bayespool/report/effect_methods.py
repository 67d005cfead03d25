"""The model of an association in words, for the methods section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.association.scale import varies
from bayespool.priors import Fixed
from bayespool.report.effect_words import at_covariates
from bayespool.report.wording import ALONE, inside, naming
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit

_ROWS = {
    "PrePost": (
        "The finding before and after in the same people is a pair, with a midpoint of its own for "
        "every study (uniform on the proportion midway between the two) and an odds ratio within "
        "people (Plackett). Where only the margins are printed, the likelihood is the sum over all "
        "tables of pairs that they and a printed P value allow."
    ),
    "NormalNormal": "Every estimate is normally distributed around its study's own effect with its "
    "standard error taken as known.",
    "Nested": "Every estimate is normally distributed around its own true effect with its standard "
    "error taken as known; results of one study vary around the study's effect, and studies around "
    "the pooled effect.",
    "BinomialNormal": "In both groups of every study the number of events is binomial, and the "
    "risk of all its people together is uniform, so that how many events there are says nothing of "
    "the effect. Zero cells enter as they are, without continuity correction.",
    "Proportion": "In every study the number of events is binomial. Zero counts enter as they are, "
    "without continuity correction.",
    "BetaBinomial": "In every study the number of events is binomial, and the studies' proportions "
    "follow a beta distribution, so that counts are beta-binomial. Its mean is the pooled "
    "proportion: the mean over studies. Zero counts enter as they are, without continuity "
    "correction.",
}


def likelihood(fitted: Fit) -> str:
    """The model in words."""
    model = fitted.model
    rows = _ROWS[type(model).__name__]
    if type(model).__name__ == "BinomialNormal" and model.measure == "or":
        rows = (
            "Given both margins of its table, the number of events of group 1 is non-central "
            "hypergeometric, so that baselines drop out; how many events there are in all says "
            "nothing of the effect. Zero cells enter as they are, without continuity correction."
        )
    parts = [f"{model.title}.", rows, _between(fitted), at_covariates(fitted)]
    if getattr(model, "correlation", 0.0):
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
    if getattr(model, "nu", None) is not None:
        return (
            f"The studies' {analysed} values follow a Student t distribution, which gives way to "
            "outlying studies; its degrees of freedom are estimated."
        )
    return f"The studies' {analysed} values follow a normal distribution."


def observed_words(fitted: Fit) -> str:
    """What the intervals of observed values are."""
    if hasattr(fitted.studies, "events"):
        return "Intervals of observed shares are exact (Clopper-Pearson)."
    return (
        f"Intervals of observed {inside(MEASURES[fitted.model.measure].label)}s are estimate "
        "± 1.96 standard errors on the scale of analysis."
    )
