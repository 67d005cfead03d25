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
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE

# what a value above no association says
ABOVE = {
    "or": "more events in group 1 (treated, exposed or with the finding) than in group 2",
    "rr": "more events in group 1 (treated, exposed or with the finding) than in group 2",
    "rd": "more events in group 1 (treated, exposed or with the finding) than in group 2",
    "md": "a higher mean in group 1 (treated, exposed or with the finding) than in group 2",
    "smd": "a higher mean in group 1 (treated, exposed or with the finding) than in group 2",
    "rom": "a higher mean in group 1 (treated, exposed or with the finding) than in group 2",
    "hr": "that events come sooner in group 1 (treated, exposed or with the finding)",
    "irr": "a higher rate in group 1 (treated, exposed or with the finding)",
    "cor": "that the two quantities go up together",
    "generic": "an effect in the positive direction of the table",
}


def says_above(fitted: Fit) -> str:
    """What a value above no association says of these groups, or of before and after."""
    if hasattr(fitted.studies, "yes_before"):
        return "that the finding is more frequent after than before"
    return ABOVE[fitted.model.measure]


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
    return [Tile(label(summary), median, interval, certainty_of(summary))]


def lead(summary: Summary) -> str:
    """One sentence beside the pooled value: the panel's, or what the numbers alone say."""
    judged = guideline_words.effect_sentences(summary)
    if judged:
        return judged[0]
    measure, parts = MEASURES[summary.measure], []
    if measure.name != "proportion":
        null = "1" if measure.is_ratio else "0"
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
    return next(p.prob for p in summary.probabilities if p.statement == Statement("mu", ">", 0.0))


def label(summary: Summary) -> str:
    """What the pooled value is called; nothing is pooled where there is one study."""
    return pooled(summary).estimand.label


def the(summary: Summary) -> str:
    """The same inside a sentence: ``the pooled odds ratio``."""
    return f"the {inside(label(summary))}"


def answer(summary: Summary) -> str:
    """The pooled value in one sentence."""
    median, interval = said(pooled(summary))
    return f"{label(summary)} {median} (95{NB}% equal-tailed credible interval {interval})."


def plain_words(fitted: Fit, summary: Summary) -> str:
    """The same for a reader without statistics."""
    measure = MEASURES[summary.measure]
    if measure.name == "proportion":
        return ""
    null = "1" if measure.is_ratio else "0"
    article = "An" if measure.label[0] in "aeiou" else "A"
    return (
        f"{article} {measure.label} above {null} means {says_above(fitted)}. The probability that "
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


def evidence(fitted: Fit) -> str:
    """How many studies, results and people."""
    studies: Any = fitted.studies
    n = len(set(studies.study))
    text = f"Based on {counted(n, 'study', 'studies')}"
    if len(studies) != n:
        text += f" with {counted(len(studies), 'result', 'results')}"
    if hasattr(studies, "events"):
        return (
            f"{text}: {numbers.count(studies.events.sum())} of "
            f"{counted(int(studies.n.sum()), 'person', 'people')}."
        )
    if hasattr(studies, "e1"):
        if studies.is_partial.any():
            text += " (reconstructed counts used for incomplete results)"
        return (
            f"{text}: {numbers.count(studies.e1.sum())} events among "
            f"{counted(int(studies.n1.sum()), 'person', 'people')} of group 1 and "
            f"{numbers.count(studies.e2.sum())} among {numbers.count(studies.n2.sum())} of group 2."
        )
    return f"{text}."


def at_covariates(fitted: Fit) -> str:
    """Where the pooled value stands in a regression; empty without covariates."""
    names = getattr(fitted.model, "covariates", ())
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
    if hasattr(studies, "e1"):
        out += _zero_cells(studies)
    out += without_contrast(fitted)
    if hasattr(studies, "how"):
        out += _approximated(studies, fitted.model.measure)
    return out


def _zero_cells(studies: Any) -> list[str]:
    zero = studies.zero_cell & ~studies.is_partial & ~_alike(studies)
    if not zero.any():
        return []
    return [
        "Zero cells are kept as they are, without correction: "
        f"{_some([studies.row[i] for i in np.flatnonzero(zero)])}. Their circles in the forest "
        "plot add 1/2 to every cell, which the analysis does not."
    ]


def _alike(studies: Any) -> np.ndarray:
    """Complete rows of counts in which nobody or everybody has the event."""
    total, people = studies.e1 + studies.e2, studies.n1 + studies.n2
    return ((total == 0) | (total == people)) & ~studies.is_partial


def without_contrast(fitted: Fit) -> list[str]:
    """Rows that say nothing of a ratio because nobody or everybody has the event, by name."""
    studies: Any = fitted.studies
    if hasattr(studies, "e1"):
        rows = np.flatnonzero(_alike(studies)).tolist()
    else:
        stated = getattr(studies, "partial", ())
        rows = [i for i, said in enumerate(stated) if said is not None and said.empty]
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


def number_needed(needed: NumberNeeded) -> str:
    """A number needed in words; its events may be a benefit or a harm."""
    at = risk_words(needed.baseline_risk)
    middle = _one_in(needed.difference)
    if needed.bounded:
        ends = sorted((1.0 / abs(needed.lower), 1.0 / abs(needed.upper)))
        bounds = f" ({people(ends[0])} to {people(ends[1])})"
        return f"Where the risk in group 2 is {at}, {middle}{bounds}{_need(needed.difference)}."
    return (
        f"Where the risk in group 2 is {at}, {middle}{_need(needed.difference)}. Its interval "
        "holds no difference, where the number needed is infinite: it runs from one more event in "
        f"{people(1.0 / needed.upper) if needed.upper > 0 else numbers.MISSING} people, "
        "through no difference, to one fewer in "
        f"{people(1.0 / -needed.lower) if needed.lower < 0 else numbers.MISSING}."
    )


def _one_in(difference: float) -> str:
    if difference == 0.0:
        return "there is no difference"
    way = "more" if difference > 0 else "fewer"
    return f"there is one event {way} in {people(1.0 / abs(difference))} people of group 1"


def _need(difference: float) -> str:
    """Events may be good or bad, and so may fewer of them."""
    if difference == 0.0:
        return ""
    bad, good = ("harm", "benefit") if difference > 0 else ("benefit", "harm")
    return f": the number needed to {bad} if the event is bad, to {good} if it is good"
