"""The sentences of an association's page. Every number comes from the summary or the studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association.scale import prior_source, shown_name
from bayespool.design import design
from bayespool.estimands import Statement
from bayespool.quantity import inside
from bayespool.report import guideline_words, numbers
from bayespool.report.association_numbers import BaselineRisk, NumberNeeded
from bayespool.report.first_screen import Tile, certainty_of
from bayespool.report.numbers import percent_interval_prose, percent_prose
from bayespool.report.wording import counted, listed
from bayespool.studies.measures import GROUPS, MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE

# what a value above no association says
FIRST = " (treated, exposed or with the finding)"  # what group 1 is, where nobody named it
ABOVE = {
    **dict.fromkeys(("or", "rr", "rd"), "more events in {} than in {}"),
    **dict.fromkeys(("md", "smd", "rom"), "a higher mean in {} than in {}"),
    "hr": "that events come sooner in {} than in {}",
    "irr": "a higher rate in {} than in {}",
    "cor": "that the two quantities go up together",
    "cstat": "that people with the event tend to have the higher predicted risk",
    "oe": "more events than the model predicts",
    "kappa": "more agreement than chance gives",
    "icc": "that readings of one person are more alike than those of two people",
    "alpha": "that items go together",
    "slope": "that predictions are not extreme enough, and below 1 too extreme",
    "generic": "an effect in the positive direction of the table",
}


def says_above(fitted: Fit, groups: tuple[str, str]) -> str:
    """What a value above no association says of these groups, or of before and after."""
    if fitted.studies.same_people:
        return "that the finding is more frequent after than before"
    first = f"{groups[0]}{FIRST}" if groups == GROUPS else groups[0]
    return ABOVE[fitted.model.measure].format(first, groups[1])


def said(estimate: Estimate) -> tuple[str, str]:
    """Median and interval as sentences write them."""
    if estimate.estimand.unit == "proportion":
        return percent_prose(estimate.median), percent_interval_prose(
            estimate.lower, estimate.upper
        )
    kind = estimate.estimand.unit
    low, high = (numbers.value(x, kind) for x in (estimate.lower, estimate.upper))
    return numbers.value(estimate.median, kind), f"{low} to {high}"


def pooled(summary: Summary) -> Estimate:
    """The pooled value on the measure's own scale."""
    return summary.estimates[shown_name("mu", summary.measure)]


def predicted(summary: Summary) -> Estimate:
    """A new study's value on the measure's own scale."""
    return summary.estimates[shown_name("mu_new", summary.measure)]


def tiles(summary: Summary) -> list[Tile]:
    """The pooled value, the one number in a box at the top."""
    median, interval = said(pooled(summary))
    what = f"{label(summary)}, {summary.unit}" if summary.unit else label(summary)
    return [Tile(what, median, interval, certainty_of(summary))]


def lead(summary: Summary) -> str:
    """One sentence beside the pooled value: the panel's, or what the numbers alone say."""
    judged = guideline_words.effect_sentences(summary)
    if judged:
        return judged[0]
    measure, parts = MEASURES[summary.measure], []
    if measure.name != "proportion":
        null = f"{measure.neutral:g}"
        parts.append(
            f"the probability that the {measure.label} is above {null} is "
            f"{numbers.about(above_null(summary))}"
        )
    if summary.varies:
        _, interval = said(predicted(summary))
        parts.append(f"in a new study it may lie anywhere from {interval} (95{NB}% prediction "
                     "interval)")  # fmt: skip
    if not parts:
        parts.append("one study gives this answer, and no other says whether it holds elsewhere")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def above_null(summary: Summary) -> float:
    """Probability that the pooled value is above no association."""
    wanted = Statement("mu", ">", MEASURES[summary.measure].neutral_analysed)
    return next(p.prob for p in summary.probabilities if p.statement == wanted)


def label(summary: Summary) -> str:
    """What the pooled value is called; nothing is pooled where there is one study."""
    return pooled(summary).estimand.label


def the(summary: Summary) -> str:
    """The same inside a sentence: ``the pooled odds ratio``."""
    return f"the {inside(label(summary))}"


def answer(summary: Summary) -> str:
    """The pooled value in one sentence."""
    median, interval = said(pooled(summary))
    unit = f"{NB}{summary.unit}" if summary.unit else ""
    return f"{label(summary)} {median}{unit} (95{NB}% equal-tailed credible interval {interval})."


def plain_words(fitted: Fit, summary: Summary) -> str:
    """The same for a reader without statistics."""
    measure = MEASURES[summary.measure]
    if measure.name == "proportion":
        return ""
    null = f"{measure.neutral:g}"
    article = "An" if measure.label[0] in "aeiou" else "A"
    above = says_above(fitted, summary.groups)
    return (
        f"{article} {measure.label} above {null} means {above}. The probability that "
        f"{the(summary)} is above {null} is {numbers.about(above_null(summary))}, given the "
        "data and the priors."
    )


def important(summary: Summary) -> str:
    """How probable a difference is that matters; empty where nobody said what matters."""
    if summary.mid is None:
        return ""
    more, less, neither = (p for p in summary.probabilities if about_mid(p.statement, summary))
    ratio = MEASURES[summary.measure].is_ratio
    high = f"{summary.mid:.4g}"
    low = f"{1.0 / summary.mid:.4g}" if ratio else f"{numbers.MINUS}{summary.mid:.4g}"
    return (
        f"With {high} as the minimally important {MEASURES[summary.measure].label} (and {low} in "
        f"the other direction), {the(summary)} is above {high} with a probability of "
        f"{numbers.about(more.prob)}, below {low} with {percent_prose(less.prob)}, and smaller "
        f"than the minimally important difference with {percent_prose(neither.prob)}."
    )


def about_mid(statement: Statement, summary: Summary) -> bool:
    """The statement is about the smallest important difference."""
    if summary.mid is None:
        return False
    low = 1.0 / summary.mid if MEASURES[summary.measure].is_ratio else -summary.mid
    name = shown_name("mu", summary.measure)
    return statement in (
        Statement(name, ">", summary.mid),
        Statement(name, "<", low),
        Statement(name, "within", low, summary.mid),
    )


def elsewhere(summary: Summary) -> str:
    """What a new study or setting could show."""
    if not summary.varies:
        return ""
    what = MEASURES[summary.measure].label
    article = "an" if what[0] in "aeiou" else "a"
    _, interval = said(predicted(summary))
    return (
        f"A new study in a setting like these could show {article} {what} anywhere from "
        f"{interval} (95{NB}% prediction interval for its true value)."
    )


def evidence(fitted: Fit, groups: Sequence[str] = GROUPS) -> str:
    """How many studies, results and people."""
    studies: Any = fitted.studies
    n = len(set(studies.study))
    text = f"Based on {counted(n, 'study', 'studies')}"
    if len(studies) != n:
        text += f" with {counted(len(studies), 'result', 'results')}"
    if not studies.counted or studies.same_people:
        return f"{text}."
    totals = {name: (int(x.sum()), int(n.sum())) for name, (x, n) in studies.counted.items()}
    if studies.one_group:
        ((events, people),) = totals.values()
        return f"{text}: {numbers.count(events)} of {counted(people, 'person', 'people')}."
    if studies.is_partial.any():
        text += " (reconstructed counts used for incomplete results)"
    told = [
        f"{name}: {counted(events, 'event', 'events')} among {counted(people, 'person', 'people')}"
        for name, (events, people) in zip(groups, totals.values(), strict=True)
    ]
    return f"{text}; {'; '.join(told)}."


def at_covariates(fitted: Fit) -> str:
    """Where the pooled value stands in a regression; empty without covariates."""
    names = fitted.model.covariates
    if not names:
        return ""
    notes = design(fitted.studies, names).notes
    return f"The pooled value is that of a study at these covariates: {'; '.join(notes)}."


def cautions(fitted: Fit) -> list[str]:
    """What to keep in mind of the data and of the defaults."""
    studies: Any = fitted.studies
    out = []
    source = prior_source(fitted.model, studies)
    if "set from this table" in source:
        out.append(
            f"{source[:1].upper()}{source[1:]}. A prior that the reader states is better "
            "than one that the data suggest."
        )
    out += _zero_cells(studies)
    out += without_contrast(fitted)
    if "how" in studies.TUPLES:
        out += _approximated(studies, fitted.model.measure)
    return out


def _zero_cells(studies: Any) -> list[str]:
    zero = studies.zero_cell & ~studies.is_partial & ~studies.no_contrast
    if not zero.any():
        return []
    return [
        "Zero cells are kept as they are, without correction: "
        f"{_some([studies.row[i] for i in np.flatnonzero(zero)])}. Their circles in the forest "
        "plot add 1/2 to every cell, which the analysis does not."
    ]


def without_contrast(fitted: Fit) -> list[str]:
    """Rows that say nothing of a ratio because nobody or everybody has the event, by name."""
    studies: Any = fitted.studies
    rows = np.flatnonzero(studies.no_contrast).tolist()
    if not rows:
        return []
    return [
        "Where nobody or everybody has the event, a study says nothing of the "
        f"{MEASURES[fitted.model.measure].label}; it is listed and moves nothing: "
        f"{_some([studies.row[i] for i in rows])}."
    ]


def _approximated(studies: Any, measure: str) -> list[str]:
    out: list[str] = []
    if studies.is_partial.all():
        return out
    studies = studies.select(~studies.is_partial)
    zero = [row for row, how in zip(studies.row, studies.how, strict=True) if "zero cell" in how]
    if zero:
        lacks = "no standard error of a risk difference" if measure == "rd" else "no log ratio"
        out.append(
            f"A zero cell has {lacks}: {_some(zero)} had a constant added to every cell, "
            "which pulls towards no association. The exact model of the counts needs none."
        )
    rough = [
        f"{row} ({how})"
        for row, how, flag in zip(studies.row, studies.how, studies.approximated, strict=True)
        if flag and "zero cell" not in how
    ]
    if rough:
        out.append(f"Effects that rest on an approximation: {_some(rough)}.")
    adjusted = {flag for flag in studies.adjusted if flag is not None}
    if len(adjusted) == 2:
        rows = [r for r, flag in zip(studies.row, studies.adjusted, strict=True) if flag]
        out.append(f"Adjusted and crude estimates are pooled together; adjusted: {_some(rows)}.")
    return out


def _some(rows: Sequence[str]) -> str:
    return listed([*rows[:6], f"{len(rows) - 6} more"] if len(rows) > 7 else list(rows))


def people(x: float) -> str:
    """A number of people: whole from 10."""
    return numbers.count(x) if x >= 10 else numbers.number(x, 1)


def risk_words(risk: BaselineRisk) -> str:
    """A baseline risk: ``10 %``, or ``5 to 20 % (uncertain)``."""
    if isinstance(risk, float):
        return numbers.given_percent(risk)
    low = numbers.given_percent(risk.lower).removesuffix(f"{NB}%")
    return f"{low}{numbers.TO}{numbers.given_percent(risk.upper)} (uncertain)"


def number_needed(needed: NumberNeeded, groups: tuple[str, str] = GROUPS) -> str:
    """A number needed in words; its events may be a benefit or a harm."""
    at = risk_words(needed.baseline_risk)
    middle = _one_in(needed.difference, groups[0])
    if needed.bounded:
        ends = sorted((1.0 / abs(needed.lower), 1.0 / abs(needed.upper)))
        bounds = f" ({people(ends[0])} to {people(ends[1])})"
        return f"Where the risk in {groups[1]} is {at}, {middle}{bounds}{_need(needed.difference)}."
    return (
        f"Where the risk in {groups[1]} is {at}, {middle}{_need(needed.difference)}. Its interval "
        "holds no difference, where the number needed is infinite: it runs from one more event in "
        f"{people(1.0 / needed.upper) if needed.upper > 0 else numbers.MISSING} people, "
        "through no difference, to one fewer in "
        f"{people(1.0 / -needed.lower) if needed.lower < 0 else numbers.MISSING}."
    )


def _one_in(difference: float, group: str) -> str:
    if difference == 0.0:
        return "there is no difference"
    way = "more" if difference > 0 else "fewer"
    return f"in {group} there is one event {way} in {people(1.0 / abs(difference))} people"


def _need(difference: float) -> str:
    """Events may be good or bad, and so may fewer of them."""
    if difference == 0.0:
        return ""
    bad, good = ("harm", "benefit") if difference > 0 else ("benefit", "harm")
    return f": the number needed to {bad} if the event is bad, to {good} if it is good"
