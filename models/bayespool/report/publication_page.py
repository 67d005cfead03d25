"""The section of the page on publication bias of an association, its figures and tables."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from bayespool.association.scale import to_analysis
from bayespool.bias.accuracy import AccuracyAssessment
from bayespool.bias.assessment import Assessment
from bayespool.figures import funnel, svg, weight_function
from bayespool.quantity import capital
from bayespool.report import numbers, publication_of_accuracy, publication_words
from bayespool.report.blocks import Block, Bullets, Drawing, Prose, Section, Table
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.report.page import Page
    from bayespool.report.summary import Summary
    from bayespool.studies import Effects

NB = numbers.SPACE
INTERVAL = f"95{NB}% interval"
MOST_MODELS = 12
WHAT = {
    "robma": (
        "Nobody knows whether studies are missing, or why. Models with and without an effect, "
        "with and without heterogeneity, without bias, with selection by the p value, and with "
        "effects that grow with the standard error are fitted, and averaged by how well each "
        "predicted the data (RoBMA)."
    ),
    "selection": (
        "A study is seen with a probability that depends on its one-sided p value, relative to "
        "the smallest p values. The pooled effect is that of all studies, seen or not."
    ),
    "pet-peese": (
        "Effects are regressed on their standard errors (PET) and variances (PEESE); the pooled "
        "effect is that of a study without error. The two are averaged by their marginal "
        "likelihoods. Small studies may differ for other reasons than bias."
    ),
}


def drawings(summary: Summary) -> list[Drawing]:
    """The funnel, and the weight function if there is one."""
    found: Any = summary.publication
    return [] if found is None else figures(found)


def section(page: Page) -> Section | None:
    """What a panel reads; None where nothing was asked."""
    found: Any = page.summary.publication
    if found is None:
        return None
    blocks = tuple(content(found, page.drawings))
    return Section("publication", "Publication bias", "What may be missing", blocks)


def selection_section(page: Page) -> Section | None:
    """Models and tests, for the appendix."""
    found: Any = page.summary.publication
    if found is None:
        return None
    blocks = tuple(details(found, page.drawings))
    return Section("selection", "Selection", "Publication bias: models and tests", blocks)


def funnel_table(
    studies: Effects, main: float | None = None, adjusted: float | None = None
) -> funnel.FunnelTable:
    """Estimates by their standard errors, and what was pooled without and with bias."""
    measure = MEASURES[studies.measure]
    null = None if measure.null is None else float(to_analysis(np.array(measure.null),
                                                               measure.name))  # fmt: skip
    ratio = measure.back == "exp"
    return funnel.FunnelTable(
        measure.label if ratio else measure.analysis_label,
        np.asarray(studies.estimate), np.asarray(studies.se), null, main, adjusted, ratio=ratio,
    )  # fmt: skip


@singledispatch
def figures(found: Any) -> list[Drawing]:
    """Of what was found."""
    raise TypeError(f"there is no figure of {type(found).__name__}")


@singledispatch
def content(found: Any, drawn: dict[str, Drawing]) -> list[Block]:
    """What the section says."""
    raise TypeError(f"nothing is said of {type(found).__name__}")


@singledispatch
def details(found: Any, drawn: dict[str, Drawing]) -> list[Block]:
    """What stands in the appendix of it."""
    raise TypeError(f"nothing is said of {type(found).__name__}")


figures.register(AccuracyAssessment, publication_of_accuracy.figures)
content.register(AccuracyAssessment, publication_of_accuracy.content)
details.register(AccuracyAssessment, publication_of_accuracy.details)


@figures.register
def _(found: Assessment) -> list[Drawing]:
    studies = found.studies
    adjusted = found.adjusted["mu"]
    centre = adjusted.median if found.averaged is None else adjusted.mean
    table = funnel_table(studies, found.main["mu"].median, centre)
    title = "Funnel plot with contours of significance"
    words = (
        f"{len(studies)} studies by estimate and standard error. Shading: two-sided p above 0.1, "
        "0.05 and 0.01. Studies that are missing from the shaded side, and not from the other, "
        "speak for selection; asymmetry has other causes too."
    )
    out = [Drawing("funnel", svg.to_svg(funnel.draw(table), "figure-funnel", title, words), words)]
    band = found.weight_band()
    if band is None:
        return out
    edges, (low, mean, high) = band
    sign = 1.0 if found.direction == "positive" else -1.0
    p = ndtr(-sign * np.asarray(studies.estimate) / np.asarray(studies.se))
    weights = weight_function.WeightTable(edges, mean, low, high, p)
    words = (
        f"Relative probability that a study is seen, by its one-sided p value ({found.direction} "
        f"estimates have small ones): posterior mean and 95{NB}% interval; intervals of p values "
        "are drawn equally wide. Ticks: the studies."
    )
    text = svg.to_svg(weight_function.draw(weights), "figure-weights", "Weight function", words)
    return [*out, Drawing("weights", text, words)]


@content.register
def _(found: Assessment, drawn: dict[str, Drawing]) -> list[Block]:
    return [Prose(publication_words.sentence(found)), drawn["funnel"], _answers(found)]


@details.register
def _(found: Assessment, drawn: dict[str, Drawing]) -> list[Block]:
    blocks: list[Block] = [Prose(WHAT[found.asked.kind]), *map(Prose, found.notes)]
    if "weights" in drawn:
        blocks.append(drawn["weights"])
    if found.averaged is not None:
        blocks += [_inclusions(found), _models(found),
                   Prose(f"All models are fitted {found.averaged.scale.words}.")]  # fmt: skip
    elif found.fits is not None:
        blocks.append(_fits(found))
    learnt = publication_words.of_overlaps(found.overlaps)
    return [*blocks, Bullets((*learnt, *publication_words.asymmetry(found)))]


def _answers(found: Assessment) -> Table:
    """The answer without and with bias, and the parameters of the bias."""
    label = capital(MEASURES[found.studies.measure].label)
    rows = [
        (f"{label}, as pooled", *_cells(found.main[found.shown])),
        (f"{label}, with bias in the model", *_cells(found.adjusted[found.shown])),
    ]
    if found.averaged is not None and found.averaged.given_effect:
        given = found.averaged.given_effect[found.shown]
        rows.append((f"{label}, over the models that have an effect", *_cells(given)))
    for e in found.adjusted.values():
        if e.estimand.role == "bias" or e.name == "tau":
            rows.append((e.estimand.label, *_cells(e)))
    head = ("", "Mean", "Median", INTERVAL)
    return Table("What was estimated with publication bias in the model", head, tuple(rows))


def _cells(e: Any) -> tuple[str, str, str]:
    unit = e.estimand.unit
    return (numbers.value(e.mean, unit), numbers.value(e.median, unit),
            numbers.interval(e.lower, e.upper, unit))  # fmt: skip


def _inclusions(found: Assessment) -> Table:
    assert found.averaged is not None
    rows = tuple(
        (one.component, numbers.percent(one.prior), numbers.percent(one.posterior),
         publication_words.factor(one.log_bayes_factor), numbers.small(max(one.error, 1e-12)))
        for one in found.averaged.inclusions
    )  # fmt: skip
    head = ("", "Prior probability", "Posterior probability", "Bayes factor",
            "Numerical error of its logarithm")  # fmt: skip
    return Table("What is there, averaged over all models", head, rows)


def _models(found: Assessment) -> Table:
    assert found.averaged is not None
    records = sorted(found.averaged.model_records, key=lambda r: -r["posterior"])
    rows = tuple(
        (str(r["model"]), _absent(r["effect"]), _absent(r["heterogeneity"]), r["bias"],
         numbers.percent(r["prior"]), numbers.number(r["log_marginal_likelihood"], 3),
         numbers.small(max(r["log_marginal_likelihood_error"], 1e-12)),
         numbers.percent(r["posterior"]))
        for r in records
    )  # fmt: skip
    head = ("Model", "Effect", "Heterogeneity", "Bias", "Prior", "Log marginal likelihood",
            "Numerical error", "Posterior")  # fmt: skip
    return Table(f"All {len(rows)} models, the most probable first", head, rows,
                 folded="The models as a table")  # fmt: skip


def _absent(prior: str) -> str:
    return "none" if prior == "Fixed(0)" else prior


def _fits(found: Assessment) -> Table:
    rows = []
    for name, one in (found.fits or {}).items():
        weight = (found.weights or {}).get(name)
        rows.append((name, *_cells(one.estimates[found.shown]),
                     numbers.MISSING if weight is None else numbers.percent(weight),
                     repr(one.model)))  # fmt: skip
    head = ("Model", "Mean", "Median", INTERVAL, "Posterior probability", "Call")
    return Table("The models by themselves", head, tuple(rows), words=True)
