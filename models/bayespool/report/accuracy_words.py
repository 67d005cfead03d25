"""The sentences on accuracy: of one summary point, or of several groups or tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.accuracy.groups import pairs
from bayespool.estimands import Statement
from bayespool.guideline.judgements import MARGINS as MARGINS_IN_WORDS
from bayespool.quantity import WHOLE, Group
from bayespool.report import guideline_words, numbers, points
from bayespool.report.first_screen import NOT_JUDGED, Tile, certainty_of
from bayespool.report.numbers import percent_interval_prose, percent_prose
from bayespool.report.points import MARGINS, ending
from bayespool.report.summary import Summary
from bayespool.report.wording import ALONE, counted, listed, of_answer

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
MOST_CARDS = 4  # groups with a card of their own
MOST_PAIRS = 3  # comparisons in sentences
CLEAR = 0.9  # probability from which on one of several is said to be the highest
UNCLEAR = "no clear difference in "
INTERVAL = f"95{NB}% equal-tailed credible interval"


def question(fitted: Fit) -> str:
    """What the page answers, where nobody said."""
    labels = [label.shown for part in points.compared(fitted) for label in part]
    if fitted.model.cutoffs(fitted.studies):
        return f"How accurate is the test in these studies, at the cut-off {fitted.model.cutoff:g}?"
    if not labels or len(labels) > MOST_CARDS:
        return f"How accurate {'are the tests' if labels else 'is the test'} in these studies?"
    if not fitted.model.test:
        return f"How accurate is the test in these studies, by group: {listed(labels)}?"
    return f"How accurate are {listed(labels)} in these studies?"


def grouped(summary: Summary) -> bool:
    """Accuracy is told for several groups or tests."""
    return summary.labels != ("",)


def headline(summary: Summary, name: str, label: Group = WHOLE) -> tuple[str, str, str]:
    """Name, median and interval of a pooled proportion, in whole percent."""
    e = summary.estimates[f"{name}{ending(label)}"]
    what = _capital(of_answer(summary.pooled, MARGINS_IN_WORDS[name]))
    what = f"{what} {summary.pooled_at}" if summary.pooled_at else what
    return (
        f"{what}{', ' if label else ''}{label.shown}",
        percent_prose(e.median),
        percent_interval_prose(e.lower, e.upper),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tiles(summary: Summary) -> list[Tile]:
    """The big numbers of every group; none where there are too many for a first screen."""
    if len(summary.labels) > MOST_CARDS:
        return []
    return [
        Tile(*headline(summary, name, label), certainty_of(summary, name))
        for label in summary.labels
        for name in MARGINS
    ]


def answer(summary: Summary) -> str:
    """The pooled accuracy of every group in one sentence."""
    parts: list[str] = []
    for label in summary.labels:
        own: list[str] = []
        for name in MARGINS:
            _, median, interval = headline(summary, name, label)
            first = not parts and not own
            kind = INTERVAL if first else "interval"
            said = of_answer(summary.pooled, MARGINS_IN_WORDS[name])
            said = f"{said} {summary.pooled_at}" if summary.pooled_at and first else said
            own.append(f"{_capital(said) if first and not label else said} {median} "
                       f"({kind} {interval})")  # fmt: skip
        parts.append(f"{label.shown}{': ' if label else ''}{', '.join(own)}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def plain_words(summary: Summary) -> str:
    """The same for a reader without statistics; of groups the words of a panel say it."""
    if grouped(summary):
        if summary.judgements is not None:
            return ""
        text = "; ".join(_plain_of_group(summary, label) for label in summary.labels)
        return f"{text[:1].upper()}{text[1:]}."
    found, clear = (summary.estimates[name] for name in MARGINS)
    where = "the one" if summary.pooled == ALONE else "a typical"
    return (
        f"In {where} study the test detects about {percent_prose(found.median)} of people who have "
        f"the condition (true positives), and is negative in about {percent_prose(clear.median)} "
        "of people who do not have it (true negatives)."
    )


def _plain_of_group(summary: Summary, label: Group) -> str:
    found, clear = (summary.estimates[f"{name}{ending(label)}"] for name in MARGINS)
    first = label == summary.labels[0]
    people = "of people who have the condition the test finds" if first else "it finds"
    others = "of people who do not have it" if first else "of people without"
    return (
        f"for {label.shown}, {people} about {percent_prose(found.median)}"
        f"{' in a typical study' if first else ''}, and {others} about "
        f"{percent_prose(clear.median)} test negative"
    )


def elsewhere(summary: Summary) -> str:
    """What a new study or setting could show."""
    said = []
    for label in summary.labels:
        of = ending(label)
        sens, spec = summary.estimates[f"sens_new{of}"], summary.estimates[f"spec_new{of}"]
        said.append(
            f"{f'for {label.shown} ' if label else ''}a sensitivity anywhere from "
            f"{percent_interval_prose(sens.lower, sens.upper)} and a specificity anywhere from "
            f"{percent_interval_prose(spec.lower, spec.upper)}"
        )
    new = "One result of a new study" if "sens_new_study" in summary.estimates else "A new study"
    return (
        f"{new} in a setting like these could show {'; '.join(said)} (95{NB}% prediction "
        "intervals for the true values)."
    )


# what GRADE's levels of certainty mean
MEANING = {
    "high": "is close to this estimate",
    "moderate": "is probably close to this estimate, but may be substantially different",
    "low": "may be substantially different from this estimate",
    "very low": "is likely to be substantially different from this estimate",
}


def lead(summary: Summary) -> str:
    """One sentence beside the tiles, which repeats none of their numbers."""
    if grouped(summary):
        text = " ".join(t for labels in summary.compared for t in _of_these(summary, labels))
        levels = {certainty_of(summary, name) for name in MARGINS}
        if summary.of_tests or len(levels) > 1 or levels == {NOT_JUDGED}:
            return text
        return f"{text[:-1]}; all with {guideline_words.level(summary, 'sens')} certainty."
    judged = {name: guideline_words.level(summary, name) for name in MARGINS}
    if "open" in judged.values():
        return _prediction(summary)
    if len(set(judged.values())) == 1:
        return f"The true accuracy {MEANING[judged['sens']]}."
    said = [f"the true {MARGINS_IN_WORDS[name]} {MEANING[level]}" for name, level in judged.items()]
    return f"{_capital(listed(said))}."


def _prediction(summary: Summary) -> str:
    if "sens_new" not in summary.estimates:
        return "One study gives this answer, and no other says whether it holds elsewhere."
    sens, spec = (summary.estimates[f"{name}_new"] for name in MARGINS)
    return (
        "In a new setting the true sensitivity may lie anywhere from "
        f"{percent_interval_prose(sens.lower, sens.upper)} and the true specificity from "
        f"{percent_interval_prose(spec.lower, spec.upper)} (95{NB}% prediction intervals)."
    )


def _of_these(summary: Summary, labels: Sequence[Group]) -> list[str]:
    if len(labels) == 2:
        return [difference(summary, *pairs(labels)[0])]
    return [_highest(summary, name, labels) for name in MARGINS]


def differences(summary: Summary) -> list[str]:
    """One sentence for each pair, and which of many is the highest."""
    out = []
    for labels in summary.compared:
        found = pairs(labels)
        if len(found) <= MOST_PAIRS:
            out += [difference(summary, b, a) for b, a in found]
        if len(labels) > 2:
            out += _of_these(summary, labels)
    return out


def probability_of(summary: Summary, statement: Statement) -> float:
    """The probability of a statement of the summary."""
    return next(p.prob for p in summary.probabilities if p.statement == statement)


def difference(summary: Summary, b: Group, a: Group) -> str:
    """How one group differs from another, with intervals.

    ``CT compared with MRI: sensitivity higher by 22 points (12 to 35), no clear difference in
    specificity (2 points, -5 to 9).``
    """
    sens, spec = (_margin_difference(summary, name, b, a) for name in MARGINS)
    if sens.startswith(UNCLEAR) and spec.startswith(UNCLEAR):
        spec = f"or {spec.removeprefix(UNCLEAR)}"
        return f"{_capital(b.shown)} compared with {a.shown}: {sens} {spec}."
    return f"{_capital(b.shown)} compared with {a.shown}: {sens}, {spec}."


def _margin_difference(summary: Summary, name: str, b: Group, a: Group) -> str:
    e = summary.estimates[f"{name}_difference[{b} - {a}]"]
    what, kind = MARGINS_IN_WORDS[name], f"95{NB}% CrI " if name == "sens" else ""
    ends = [e.lower, e.upper]
    if e.lower > 0.0 or e.upper < 0.0:
        word, sign = ("higher", 1.0) if e.lower > 0.0 else ("lower", -1.0)
        low, high = sorted(sign * x for x in ends)
        bounds = f"{kind}{_points(low)} to {_points(high)}"
        return f"{what} {word} by {_points(sign * e.median)} points ({bounds})"
    signed = [_points(x) for x in (e.median, *ends)]
    return f"{UNCLEAR}{what} ({signed[0]} points, {kind}{signed[1]} to {signed[2]})"


def _points(x: float) -> str:
    """Percentage points without their unit: whole ones from 10."""
    return numbers.number(100 * x, 0 if abs(x) >= 0.0995 else 1)


def _highest(summary: Summary, name: str, labels: Sequence[Group]) -> str:
    """Which of three or more has the highest; it repeats no number of the tiles."""
    of = {x: probability_of(summary, Statement(f"{name}[{x}]", "highest")) for x in labels}
    best = max(of, key=lambda x: of[x])
    chance = f"with a probability of {numbers.about(of[best])}"
    if of[best] < CLEAR:
        return (
            f"Which of the {len(labels)} has the highest {MARGINS_IN_WORDS[name]} is unclear "
            f"({best.shown} {chance})."
        )
    return f"{_capital(best.shown)} has the highest {MARGINS_IN_WORDS[name]} {chance}."


def at_values(fitted: Fit) -> str:
    """Which covariate values the pooled values are at; empty without such covariates."""
    codings = points.codings(fitted)
    categories = [f"{c.covariate} {c.levels[0]} (its reference)" for c in codings if c.levels]
    found = [f"{c.covariate} {c.centre:.4g} (its mean over studies)" for c in codings
             if not c.levels]  # fmt: skip
    if len(categories) > 1:
        found += categories
    if not found:
        return ""
    if categories:
        apart = ", its own covariate apart" if len(categories) > 1 else ""
        return f"The values of each level are those at {listed(found)}{apart}."
    return f"The pooled values are those at {listed(found)}."


def evidence_within(fitted: Fit) -> str:
    """How much of a comparison of tests is within studies."""
    said = []
    for pair in fitted.model.evidence(fitted.studies):
        both = counted(pair.within, "study", "studies")
        if not pair.only_second and not pair.only_first:
            said.append(f"All {both} used both {pair.second} and {pair.first}.")
            continue
        text = (
            f"{pair.second} and {pair.first} were both used in {both}, {pair.second} without "
            f"{pair.first} in {numbers.count(pair.only_second)}, {pair.first} without "
            f"{pair.second} in {numbers.count(pair.only_first)}"
        )
        if pair.within < pair.only_second + pair.only_first:
            text += (
                ": the comparison rests mostly on different studies, which may also differ in "
                "other ways"
            )
        said.append(f"{text}.")
    return " ".join(said[:MOST_PAIRS])


def three_questions(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """Which question each of the summaries answers."""
    nested = "sens_new_study" in summary.estimates
    over = "results" if nested else "studies"
    first = (
        "In the one study: how good was the test there? The values at the top are these."
        if summary.pooled == ALONE
        else "At the average study: how good is the test where the study effects are zero? The "
        "pooled values at the top are these."
    )
    found = [
        first,
        f"Averaged over {over}: which share of people is classified rightly over many {over} like "
        f"these? It is a little nearer to 50{NB}%, because proportions are averaged and not their "
        f"{fitted.model.link}s.",
        "In a new study: how good could the test be in the next place that uses it? The new study "
        "carries all between-study variation.",
    ]
    if nested:
        found[2] += " A single result of it also carries the variation within studies."
        found.append(
            "A new study, over its results: how good could the test be there, averaged over its "
            "results?"
        )
    return tuple(found)
