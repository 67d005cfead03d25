"""Sentences for a guideline panel: size and certainty, what the numbers say of each domain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bayespool.association.scale import shown_name
from bayespool.checks.moves import POINTS
from bayespool.guideline.judgements import LOWERING, MARGINS, RAISING, steps
from bayespool.guideline.wording import Size, accuracy_sentence, effect_sentence
from bayespool.quantity import Group, inside
from bayespool.report import numbers, publication_words, refit_words
from bayespool.report.changes import Change, PriorWidth, largest_change, prior_width
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.points import ending
from bayespool.report.refits import Refits, shown
from bayespool.report.wording import counted, listed
from bayespool.studies.measures import GROUPS, MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.guideline.certainty import Band
    from bayespool.guideline.judgements import Judgements
    from bayespool.report.summary import Summary

NB = numbers.SPACE
MOST_TESTS = 4
MATTERS = 0.5  # posterior SDs that the answer moves
MOST_SUPPORTS = 4  # estimands in a cell of the form
# who the effect is on, and what it changes, by measure
OUTCOMES = {
    "or": "the risk of the event", "rr": "the risk of the event", "rd": "the risk of the event",
    "hr": "the rate of the event", "irr": "the rate of the event", "md": "the mean",
    "smd": "the mean", "rom": "the mean",
}  # fmt: skip
ELSEWHERE = {
    "indirectness": "Not in the numbers: whether people, tests and outcomes are those asked about.",
    "large_effect": "Not in the numbers.",
    "publication_bias": "Not in the numbers: unpublished studies leave no trace in this table.",
    "dose_response": "Not in the numbers.",
    "opposing_confounding": "Not in the numbers.",
    "risk_of_bias": "The table has no columns of risk of bias.",
}


def panel_sentences(summary: Summary) -> list[str]:
    """The answer with the panel's certainty in its words; nothing where no panel judged."""
    judged = summary.judgements
    if judged is None:
        return []
    out = effect_sentences(summary) if summary.measure else _accuracy(summary)
    return [*out, certainty_words(summary)]


def certainty_words(summary: Summary, *, reasons: bool = True) -> str:
    """The certainty that follows from the judgements, or what is still open.

    Without `reasons` where footnotes give them.
    """
    judged = summary.judgements
    if judged is None:
        return "No judgements were given: the certainty is open."
    who = f" Judged by {judged.by}." if judged.by else ""
    if not any(judged.apart.values()):
        return f"Certainty of the evidence: {_level_words(judged, reasons=reasons)}.{who}"
    said = "; ".join(f"of {word} {_level_words(judged.of(name), reasons=reasons)}"
                     for name, word in MARGINS.items())  # fmt: skip
    return f"Certainty of the evidence: {said}.{who}"


def _level_words(judged: Judgements, *, reasons: bool) -> str:
    """``low (from high: one level down for imprecision, ...)``."""
    if judged.certainty is None:
        return f"open; still to be judged: {listed([inside(LOWERING[x]) for x in judged.open])}"
    moved = [
        f"{('', 'one level', 'two levels', 'three levels')[abs(steps(j))]} "
        f"{'up' if steps(j) > 0 else 'down'} for {inside((LOWERING | RAISING)[j.domain])}"
        for j in judged.domains if steps(j)
    ]  # fmt: skip
    if not moved or not reasons:
        return judged.certainty
    return f"{judged.certainty} (from {judged.start}: {listed(moved)})"


def level(summary: Summary, margin: str = "") -> str:
    """The certainty of sensitivity, of specificity or of an effect, in a cell."""
    judged = summary.judgements
    if judged is None:
        return "open"
    return (judged.of(margin) if margin else judged).certainty or "open"


def _accuracy(summary: Summary) -> list[str]:
    judged, out = summary.judgements, list[str]()
    levels = [None if judged is None else judged.of(name).certainty for name in MARGINS]
    for label in summary.labels[:MOST_TESTS]:
        sens, spec = (summary.estimates[f"{name}{ending(label)}"] for name in MARGINS)
        test = _subject(summary, label)
        found = f"{_of_hundred(sens.median)} with the condition"
        alarmed = f"{_of_hundred(1.0 - spec.median)} without it"
        if levels[0] == levels[1]:
            out.append(accuracy_sentence(test, found, alarmed, levels[0]))
        else:
            out.append(accuracy_sentence(test, found, "", levels[0]))
            out.append(
                accuracy_sentence(test, "", f"{alarmed.removesuffix('it')}the condition", levels[1])
            )
    return out


def _subject(summary: Summary, label: Group) -> str:
    """The test; where groups of its studies are compared, with the group."""
    if summary.of_tests:
        return label.shown
    test = (summary.judgements.subject if summary.judgements else "") or "the test"
    return f"{test} ({label.shown})" if label else test


def _of_hundred(p: float) -> str:
    if not 0.01 <= p <= 0.99:
        return f"{'fewer than 1' if p < 0.5 else 'more than 99'} of 100"
    return f"{round(100 * p)} of 100"


def effect_sentences(summary: Summary) -> list[str]:
    """The panel's sentence on an effect, of size and certainty; none where nobody judged."""
    judged, outcome = summary.judgements, OUTCOMES.get(summary.measure)
    if judged is None or summary.mid is None or outcome is None:
        return []
    e = summary.estimates[shown_name("mu", summary.measure)]
    scale = math.log if MEASURES[summary.measure].is_ratio else float
    size = Size(*(scale(x) for x in (e.median, e.lower, e.upper, summary.mid)))
    first = summary.groups[0]
    named = "group 1 (treated, exposed or with the finding)" if first == GROUPS[0] else first
    subject = judged.subject or f"being in {named}"
    changed = judged.outcome or outcome
    return [effect_sentence(subject, changed, size, judged.certainty, causal=judged.causal)]


def band_words(band: Band, unit: str) -> str:
    """``70 to 80 %``, ``below 70 %``."""
    if math.isinf(band.low):
        return f"below {numbers.cut(band.high, unit)}"
    if math.isinf(band.high):
        return f"{numbers.cut(band.low, unit)} or more"
    low = numbers.cut(band.low, unit).removesuffix(f"{NB}%")
    return f"{low}{numbers.TO}{numbers.cut(band.high, unit)}"


def interval_words(estimate: Estimate) -> str:
    """``60.1 to 95.2 %``."""
    kind = estimate.estimand.unit
    return numbers.interval(estimate.lower, estimate.upper, kind)


def prior_words(summary: Summary) -> str:
    """How much of the information came from the prior."""
    shares = [one.prior_share for one in summary.support]
    if not shares:
        return ""
    most = numbers.percent_prose(min(max(shares), 0.9999))
    return (
        f"Prior weight: {'at most' if len(shares) > 1 else 'about'} {most} of the information "
        "about a value (precision of its prior over that of its posterior), that of the "
        "heterogeneity priors not counted."
    )


def domain_words(domain: str, fitted: Fit, summary: Summary, margin: str = "") -> str:
    """What the numbers say to one domain of certainty."""
    if domain == "publication_bias" and summary.publication is not None:
        return publication_words.sentence(summary.publication)
    if domain == "imprecision":
        return _crossings(summary, margin, new=False)
    if domain == "inconsistency":
        return _crossings(summary, margin, new=True)
    if domain == "large_effect" and summary.measure:
        e = summary.estimates[shown_name("mu", summary.measure)]
        return (
            f"{e.estimand.label} {numbers.value(e.median, e.estimand.unit)} ({interval_words(e)})."
        )
    low = low_risk(fitted)
    if low is not None and domain == "risk_of_bias":
        return " ".join(text for text in (bias_words(fitted), low_risk_words(fitted)) if text)
    if low is not None and domain == "indirectness":
        concerns = {
            d: cells for (kind, d), cells in low.bias.judgements.items() if kind == "applicability"
        }
        if concerns:
            parts = [f"{inside(low.bias.tool.domains[d])} {cells.count('high')} of {len(cells)}"
                     for d, cells in concerns.items()]  # fmt: skip
            return f"High concern about applicability: {listed(parts)}."
    if summary.measure and domain == "risk_of_bias":
        return "Not in the numbers: how the studies were done."
    return ELSEWHERE[domain]


def _crossings(summary: Summary, margin: str, *, new: bool) -> str:
    """Which thresholds lie inside the intervals, those that hold the same ones together."""
    found = [s for s in summary.support if not margin or s.estimand.quantity.name == margin]
    held: dict[str, list[str]] = {}
    for one in found:
        label = inside(one.estimand.label)
        if (one.new if new else one.estimate) is None:
            held.setdefault("no prediction of a new study", []).append(label)
            continue
        cuts = one.crossed_new if new else one.crossed
        words = listed([numbers.cut(cut, one.estimand.unit) for cut in cuts]) or "no threshold"
        held.setdefault(words, []).append(label)
    if not held:
        return "No thresholds were given."
    kind = "prediction" if new else "credible"
    if len(held) == 1 and len(found) > 2:
        ((words, _),) = held.items()
        said = f"{words} (all {numbers.count(len(found))})"
    else:
        said = "; ".join(f"{words} ({_several(labels)})" for words, labels in held.items())
    return f"Thresholds inside the 95{NB}% {kind} interval: {said}."


def _several(labels: list[str]) -> str:
    more = len(labels) - MOST_SUPPORTS
    rest = [f"{numbers.count(more)} more in the appendix"] if more > 0 else []
    return ", ".join([*labels[:MOST_SUPPORTS], *rest])


def bias_words(fitted: Fit) -> str:
    """How many rows have which risk of bias overall; empty without such columns."""
    low = low_risk(fitted)
    if low is None:
        return ""
    overall = low.bias.overall
    words = low.bias.tool.words.items()
    parts = [f"{numbers.count(overall.count(level))} {word}" for level, word in words]
    open_ = overall.count(None)
    if open_:
        parts.append(f"{numbers.count(open_)} not judged in full")
    how = "as given for" if any(low.bias.given) else "by the worst domain of"
    return (
        f"Overall risk of bias, {how} each of "
        f"{counted(len(overall), 'row', 'rows')}: {', '.join(parts)}."
    )


def low_risk_words(fitted: Fit) -> str:
    """The answer of the rows with a low risk of bias alone, or why there is none."""
    low = low_risk(fitted)
    if low is None:
        return ""
    if low.fit is None:
        return low.why
    parts = []
    for name in shown(fitted)[:MOST_SUPPORTS]:
        e = low.fit.estimates[name]
        value = numbers.value(e.median, e.estimand.unit)
        parts.append(f"{inside(fitted.named[name].label)} {value} ({interval_words(e)})")
    n = counted(len(low.fit.studies), "row", "rows")
    return f"With the {n} of low risk alone: {listed(parts)}."


def change_words(change: Change, fitted: Fit) -> str:
    """``Largest change: specificity from 87 % to 80 % (70 to 88 %; 0.8 posterior SDs), without X.``

    Where an end of the interval moves further than the median, of that end.
    """
    move, refit = change.move, change.refit
    what, kind = inside(fitted.named[move.before.name].label), move.before.estimand.unit
    if move.point == "median":
        beside = interval_words(move.after)
    else:
        what = f"the {POINTS[move.point]} of the 95{NB}% interval of {what}"
        medians = [numbers.value(e.median, kind) for e in (move.before, move.after)]
        beside = f"median {' to '.join(medians)}"
    how = refit.name or inside(change.label)
    if refit.variant is not None:
        how = refit_words.under_words(fitted, refit.variant)
    return (
        f"Most influential change: {what} from {refit_words.from_to(move)} ({beside}; "
        f"{numbers.number(abs(move.shift), 1)} posterior SDs), {how}."
    )


def width_words(width: PriorWidth, fitted: Fit) -> str:
    """How much of an interval is the prior of the variation between studies."""
    name = width.lowest[1].before.name
    ends = []
    for variant, move in (width.lowest, width.highest):
        value = numbers.value(getattr(move.after, width.point), move.after.estimand.unit)
        how = "as fitted"
        if variant.prior is not None:
            how = f"with {variant.prior.prior}" if variant.prior.word else f"under “{variant.name}”"
        ends.append(f"{value} {how}")
    return (
        "How wide the intervals are rests on the prior of the variation between studies: over "
        f"plausible ones the {POINTS[width.point]} of the 95{NB}% interval of "
        f"{inside(fitted.named[name].label)} goes from {' to '.join(ends)}."
    )


def unstable(fitted: Fit, refits: Refits) -> list[str]:
    """For the first screen: risk of bias of all rows, and a change that matters."""
    out = []
    low = low_risk(fitted)
    if low is not None and not low.bias.low.any():
        high, n = low.bias.overall.count("high"), len(low.bias.overall)
        out.append(
            f"No row of the table has a low risk of bias; {numbers.count(high)} of "
            f"{numbers.count(n)} have a high one."
        )
    change = largest_change(fitted, refits)
    if change is not None and abs(change.move.shift) >= MATTERS:
        out.append(change_words(change, fitted))
    width = prior_width(fitted, refits)
    if width is not None:
        out.append(width_words(width, fitted))
    return out


def raising(summary: Summary) -> list[str]:
    """Domains that can raise the certainty: of associations, and any that was judged."""
    judged = {j.domain for j in summary.judgements.domains} if summary.judgements else set()
    return [name for name in RAISING if summary.measure or name in judged]
