"""The models of accuracy in words, for the methods section."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from bayespool.accuracy import (
    HSROC,
    Bivariate,
    Comparison,
    LatentClass,
    MetaRegression,
    NestedBivariate,
    NestedMetaRegression,
    Thresholds,
    Trivariate,
)
from bayespool.accuracy.thresholds import MARKER_LINKS
from bayespool.report import numbers, points
from bayespool.report.wording import listed

if TYPE_CHECKING:
    from bayespool.fitted import Fit

ROWS = (
    "In every study the number of true positives is binomial among the participants with the "
    "target condition, and the number of true negatives is binomial among those without."
)
CROSSED = (
    "In every study the counts of index by reference result are multinomial. Nobody sees who has "
    "the condition: every probability is a sum over people with and without it, with the "
    "prevalence of the study and the accuracy of both tests."
)
ZEROS = "Zero counts enter as they are, without continuity correction."
ROBUST = (
    "The study effects follow a bivariate Student t distribution with estimated degrees of "
    "freedom, which gives way to outlying studies; the standard deviations between studies are its "
    "scales."
)
HSROC_PARTS = {
    "Lambda": "accuracy: the log diagnostic odds ratio where the curve is symmetric; the higher, "
    "the better the test tells people apart",
    "Theta": "threshold: the higher, the more readily a result is called positive, with more "
    "sensitivity and less specificity",
    "shape": "shape: 0 for a curve along which the odds ratio is the same everywhere",
    "sigma_alpha": "how much studies differ in accuracy: the distance between curves",
    "sigma_theta": "how much studies differ in threshold: the spread along the curve",
}


def likelihood(fitted: Fit) -> str:
    """The model in words."""
    said = in_words(fitted.model, fitted)
    rows = CROSSED if fitted.model.standards(fitted.studies) else ROWS
    about = f"{fitted.model.title}. {rows} {said} {ZEROS}"
    return " ".join([about, *_partial(fitted), regions_words(fitted)])


@singledispatch
def in_words(model: Any, fitted: Fit) -> str:
    """How a model says that studies differ; one of its own says it by its `Model.in_words`."""
    return str(model.in_words)


def _partial(fitted: Fit) -> list[str]:
    """How rows that are no full table enter."""
    kinds = {said.kind for said in fitted.studies.partial if said is not None}
    out = []
    if kinds & {"rates", "candidate"}:
        out.append(
            "A row that states less than a full table enters as the sum of the likelihoods of all "
            "tables that it allows."
        )
    if "margin" in kinds:
        out.append("Of a group whose counts are not known nothing enters.")
    if "marker" in kinds and fitted.model.marker == "binormal":
        out.append(
            "Means of a measurement, or the area under its curve, say how far apart the groups "
            "lie if it is normal in both; its threshold stays unknown."
        )
    return out


def _between(fitted: Fit, what: str) -> str:
    if fitted.model.nu is not None:
        return f"{what} vary between studies on the {fitted.model.link} scale. {ROBUST}"
    return f"{what} on the {fitted.model.link} scale follow a bivariate normal distribution."


@in_words.register(Bivariate)
def _bivariate(model: Any, fitted: Fit) -> str:
    return _between(fitted, "The studies' sensitivities and specificities")


def regions_words(fitted: Fit) -> str:
    """What the regions of a summary ROC plot are."""
    words = (
        f"The regions of the summary ROC plot are ellipses on the {fitted.model.link} scale from "
        "mean and covariance of the posterior draws, drawn back on the scale of proportions: an "
        "approximation."
    )
    if fitted.model.nu is not None:
        words += (
            f" The prediction region is as large as it must be to hold 95{numbers.SPACE}% of the "
            "predictive draws."
        )
    return words


def coding_words(fitted: Fit) -> str:
    """How the covariates were coded."""
    return f"Covariates were coded as follows: {'; '.join(c.note for c in points.codings(fitted))}."


@in_words.register(MetaRegression)
def _regression(model: MetaRegression, fitted: Fit) -> str:
    text = (
        f"{_between(fitted, "The studies' sensitivities and specificities")} Their means depend "
        f"linearly on {listed(list(model.covariates))}. {coding_words(fitted)} The prior of the "
        "coefficients is on a level against the reference, or on one standard deviation of a "
        "number; those of the pooled values are on the values at references and centres."
    )
    if model.by:
        text += f" Each level of {model.by} has its own covariance between studies."
    return text


@in_words.register(NestedBivariate)
def _nested(model: Any, fitted: Fit) -> str:
    text = (
        f"{_between(fitted, "The studies' sensitivities and specificities")} Results of one study "
        "vary around the study's values with a second bivariate normal distribution, so that a "
        "study counts once, however many results it has."
    )
    if model.correlation > 0.0:
        text += (
            " Results of one study share patients: the likelihood of each of J results is raised "
            f"to 1 / (1 + (J − 1) × {model.correlation:g}), the effective sample size of Rao and "
            "Scott at that correlation within patients."
        )
    return text


@in_words.register(NestedMetaRegression)
def _nested_regression(model: NestedMetaRegression, fitted: Fit) -> str:
    within = _nested(model, fitted).removeprefix(_bivariate(model, fitted))
    return f"{_regression(model, fitted)}{within}"


@in_words.register(Comparison)
def _comparison(model: Comparison, fitted: Fit) -> str:
    text = (
        "Every test has its own pooled sensitivity and specificity; all tests of a study share the "
        f"study's effects. {_between(fitted, 'The effects of studies')}"
    )
    if model.shared:
        text += (
            f" Tests differ by the same amount on the {model.link} scale in every study (the model "
            "of the Cochrane Handbook)."
        )
    else:
        text += " A test within a study has normal effects of its own beside them."
    if "dependence_diseased" in fitted.draws.hyper:
        text += (
            " Where two tests were cross-classified in the same patients, the four cells were "
            "fitted with an odds ratio between the tests (Plackett), one for people with and one "
            "for people without the condition."
        )
    return text


@in_words.register(Thresholds)
def _thresholds(model: Thresholds, fitted: Fit) -> str:
    scale = model.scale(fitted.studies)
    marker = MARKER_LINKS[model.link]
    transformed = {
        "log": "the logarithm of the marker",
        "identity": "the marker as it is measured",
        "box-cox": "a Box-Cox transformation of the marker, whose power is estimated,",
    }[model.transform]
    text = (
        "Cut-offs of one study are of the same patients: the numbers of patients between them are "
        f"multinomial. In both groups {transformed} has a {marker} distribution, and a result is "
        f"positive {scale.ladders.positive} its cut-off. Where it lies differs between studies: "
        f"its effects in the two groups follow a bivariate normal distribution. "
    )
    if model.spreads:
        text += (
            "How widely it spreads differs, too: the logarithms of the spreads follow another "
            "bivariate normal distribution. "
        )
    else:
        text += "It spreads as widely in all studies. "
    return text + (
        f"Sensitivity and specificity without a cut-off beside them are those at the cut-off "
        f"{scale.reference:g}; so are their priors. In the predictive checks a study stands with "
        "its cut-off nearest to that one."
    )


@in_words.register(LatentClass)
def _latent_class(model: LatentClass, fitted: Fit) -> str:
    several = len(model.standards(fitted.studies)) > 1
    reference = "every reference standard" if several else "the reference standard"
    prevalences = (
        "Prevalences are normal on the logit scale."
        if model.hierarchical
        else "The prevalence of every study is uniform between 0 and 1 beforehand."
    )
    given = (
        "Given the condition both tests are independent."
        if model.dependence is None
        else "Given the condition both tests may depend on one another, with an odds ratio between "
        "them (Plackett), one for people with and one for people without the condition."
    )
    return (
        f"{_between(fitted, 'Sensitivities and specificities of the index test')} Sensitivity and "
        f"specificity of {reference} are the same in all studies that use it, and add up to more "
        f"than 1, which tells the condition from its opposite. {prevalences} {given} The "
        "predictive checks look at the people who are positive by both tests, negative by both, "
        "and positive by the reference."
    )


@in_words.register(Trivariate)
def _trivariate(model: Trivariate, fitted: Fit) -> str:
    return (
        "So is the number of those with the condition among all participants of a study that did "
        "not choose cases and controls apart. Sensitivities, specificities and prevalences on the "
        "logit scale follow one trivariate normal distribution. Predictive values in a new setting "
        "are those of its own sensitivity, specificity and prevalence, drawn together."
    )


@in_words.register(HSROC)
def _hsroc(model: HSROC, fitted: Fit) -> str:
    text = (
        "A study has an accuracy and a positivity threshold, normally distributed between studies "
        "and independent; the logit of a positive result is (threshold ± accuracy / 2), stretched "
        "by exp(−shape / 2) in people with the condition and by exp(shape / 2) in those without."
    )
    parts = [
        f"{name} on {listed(list(names))}"
        for name, names in (("accuracy", model.on_accuracy), ("threshold", model.on_threshold),
                            ("shape", model.on_shape))
        if names
    ]  # fmt: skip
    if parts:
        text += f" Covariates: {'; '.join(parts)}. {coding_words(fitted)}"
    return text


def hsroc_bullets() -> tuple[str, ...]:
    """What the parameters of the HSROC model are."""
    symbols = {"Lambda": "Λ", "Theta": "Θ", "shape": "β", "sigma_alpha": "σα", "sigma_theta": "σθ"}
    return tuple(f"{symbols[name]}{numbers.SPACE}– {words}." for name, words in HSROC_PARTS.items())
