"""The figures for a guideline panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.figures import bias_bars, decision_curve, fagan, robustness, svg, traffic_light
from bayespool.figures.fagan import Ribbon
from bayespool.figures.marks import Interval
from bayespool.figures.rows import Panel, Row, RowsTable
from bayespool.guideline import decision
from bayespool.quantity import Group
from bayespool.report import guideline_words, numbers
from bayespool.report.blocks import Drawing
from bayespool.report.changes import AS_FITTED, variations
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.guideline_tables import KINDS
from bayespool.report.points import drawn, ending
from bayespool.report.refits import Refits, shown
from bayespool.report.wording import listed, of_answer

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.guideline.bias import RiskOfBias
    from bayespool.guideline.decision import Curve
    from bayespool.report.summary import Summary

NB = numbers.SPACE
MOST_PANELS = 3
SIGNS = {"low": "Plus", "unclear": "question mark", "high": "minus", "critical": "cross",
         "no information": "empty set"}  # fmt: skip
WORST = ("high", "critical")
POINTS = np.linspace(0.005, 0.995, 100)
LIKELY = 0.95  # probability from which on testing is said to be best


def draw_guideline(fitted: Fit, summary: Summary, refits: Refits) -> list[Drawing]:
    """All figures that the fit, its table and its refits allow."""
    out = []
    if not summary.measure and summary.prevalences:
        out += [_fagan(fitted, summary), _decision(fitted, summary)]
    if low_risk(fitted) is not None:
        out += _bias(fitted)
    if variations(fitted, refits):
        out.append(_robustness(fitted, refits))
    return out


def middle(prevalences: Sequence[float]) -> float:
    """The middle one of some prevalences."""
    return sorted(prevalences)[(len(prevalences) - 1) // 2]


def _labels(fitted: Fit) -> tuple[Group, ...]:
    return drawn(fitted)[:MOST_PANELS]


def _bands(summary: Summary) -> str:
    """What the bands of both figures are."""
    return (
        f"Bands: 95{NB}% credible intervals of the {of_answer(summary.pooled, 'accuracy')}; broken "
        "lines: of a new study's."
    )


def _ribbon(curve: Curve, factor: float = 1.0) -> Ribbon:
    return Ribbon(curve.x, *(factor * y for y in (curve.median, curve.lower, curve.upper)))


def _interval(e: Estimate) -> Interval:
    return Interval(e.median, e.lower, e.upper)


def after_words(summary: Summary, label: Group, p: float) -> str:
    """What a result does to one probability."""
    ppv, npv = (summary.estimates[f"{name}{ending(label)}@{p:g}"] for name in ("ppv", "npv"))
    of = f"{label.shown}: where" if label else "Where"
    bounds = numbers.percent_interval_prose
    return (
        f"{of} {numbers.given_percent(p)} have the condition before the test, "
        f"{numbers.percent_prose(ppv.median)} ({bounds(ppv.lower, ppv.upper)}) have it after a "
        f"positive and {numbers.percent_prose(1.0 - npv.median)} "
        f"({bounds(1.0 - npv.upper, 1.0 - npv.lower)}) after a negative result."
    )


def fagan_table(fitted: Fit, summary: Summary) -> fagan.FaganTable:
    """Probabilities after the test at every probability before it, of each group or test."""
    p = middle(summary.prevalences)
    panels = []
    for label in _labels(fitted):
        curves = decision.post_test(fitted, label, POINTS)
        ppv, npv = (summary.estimates[f"{name}{ending(label)}@{p:g}"] for name in ("ppv", "npv"))
        negative = Interval(1.0 - npv.median, 1.0 - npv.upper, 1.0 - npv.lower)
        new = decision.post_test(fitted, label, POINTS, new=True)
        panels.append(
            fagan.FaganPanel(
                label.shown, _ribbon(curves["positive"]), _ribbon(curves["negative"]), p,
                _interval(ppv), negative, (_ribbon(new["positive"]), _ribbon(new["negative"])),
            )
        )  # fmt: skip
    return fagan.FaganTable(tuple(panels))


def _fagan(fitted: Fit, summary: Summary) -> Drawing:
    p = middle(summary.prevalences)
    words = " ".join(after_words(summary, label, p) for label in _labels(fitted))
    caption = (
        "Left: Fagan's nomogram, from the pre-test probability through the likelihood ratio to "
        f"the post-test probability. Right: the same for every pre-test probability. "
        f"{_bands(summary)}"
    )
    title = "From the probability before the test to that after it"
    text = svg.to_svg(fagan.draw(fagan_table(fitted, summary)), "figure-fagan", title, words)
    return Drawing("fagan", text, caption)


def decision_table(fitted: Fit, summary: Summary) -> tuple[decision_curve.DecisionTable, str]:
    """Net benefit per 1,000 people of each group or test, and for which thresholds it is best."""
    p = middle(summary.prevalences)
    tests, said, new = [], [], []
    everyone = None
    for label in _labels(fitted):
        curves = decision.net_benefit(fitted, p, label, POINTS)
        everyone = _ribbon(curves["all"], 1000.0)
        tests.append((label.shown, _ribbon(curves["test"], 1000.0)))
        elsewhere = decision.net_benefit(fitted, p, label, POINTS, new=True)
        new.append(_ribbon(elsewhere["test"], 1000.0))
        said.append(_best(label.shown, curves["chance"], elsewhere["chance"]))
    assert everyone is not None
    return decision_curve.DecisionTable(tuple(tests), everyone, p, tuple(new)), " ".join(said)


def _decision(fitted: Fit, summary: Summary) -> Drawing:
    table, words = decision_table(fitted, summary)
    caption = (
        f"Decision curve at a prevalence of {numbers.given_percent(middle(summary.prevalences))}: "
        "net benefit is true minus weighted false positives; at a treatment threshold of 20 %, "
        f"four unnecessary treatments are accepted per correct one. Bands and lines as above. "
        f"{words} No harm or cost of the test is counted."
    )
    text = svg.to_svg(
        decision_curve.draw(table), "figure-decision",
        "Net benefit of testing, of treating all and of treating none", words,
    )  # fmt: skip
    return Drawing("decision", text, numbers.tied(caption))


def _best(label: str, chance: Curve, elsewhere: Curve) -> str:
    """Between which treatment thresholds testing is best with a probability above 95 %."""
    who = f"{label}: testing" if label else "Testing"
    found, new = (curve.x[curve.median > LIKELY] for curve in (chance, elsewhere))
    if not len(found):
        return f"{who} is nowhere the best choice with a probability above 95{NB}%."
    there = f"from {_range(new)}" if len(new) else "nowhere"
    return (
        f"{who} is the best choice, with a probability above 95{NB}%, at treatment thresholds from "
        f"{_range(found)} (of a new study: {there})."
    )


def _range(x: np.ndarray) -> str:
    """``16 to 56 %``; one value where no more than one point of the grid is meant."""
    low, high = numbers.percent_prose(x[0]), numbers.percent_prose(x[-1])
    return f"about {low}" if low == high else numbers.percent_interval_prose(x[0], x[-1])


def _bias(fitted: Fit) -> list[Drawing]:
    low = low_risk(fitted)
    assert low is not None
    found, tool = low.bias.judgements, low.bias.tool
    kinds = [kind for kind in KINDS if any(own == kind for own, _ in found)]
    titles = tuple(
        (KINDS[kind], tuple(tool.domains[d] for own, d in found if own == kind)) for kind in kinds
    )
    rows = tuple(
        traffic_light.TrafficRow(row, i + 1, tuple(cells[i] for cells in found.values()))
        for i, row in enumerate(low.bias.rows)
    )
    table = traffic_light.TrafficTable(titles, rows, tool.words)
    words = guideline_words.bias_words(fitted)
    signs = "; ".join(f"{SIGNS[level]}: {word}" for level, word in tool.words.items())
    caption = (
        f"By {tool.name}. {signs}; empty: not judged. {words} All judgements are in the table "
        "below."
    )
    if len(table.drawn) < len(rows):
        caption += f" The first {len(table.drawn)} of {len(rows):,} rows are drawn."
    lights = svg.to_svg(
        traffic_light.draw(table), "figure-traffic", "Risk of bias of every row", words
    )
    bars = bias_bars.BiasBarsTable(
        tuple(
            (KINDS[kind], tuple(bias_bars.BiasBar(tool.domains[d], shares)
                                for d, shares in low.bias.shares(kind).items()))
            for kind in kinds
        ),
        tool.words,
    )  # fmt: skip
    said = _high_words(low.bias)
    summed = svg.to_svg(bias_bars.draw(bars), "figure-bias", "Risk of bias by domain", said)
    return [
        Drawing("traffic", lights, caption),
        Drawing("bias", summed, f"Share of the judged rows with each judgement. {said}"),
    ]


def _high_words(bias: RiskOfBias) -> str:
    parts = []
    for kind, title in KINDS.items():
        high = [f"{bias.tool.domains[d].lower()} {sum(c in WORST for c in cells)} of "
                f"{sum(map(bool, cells))}"
                for (own, d), cells in bias.judgements.items() if own == kind]  # fmt: skip
        if high:
            worst = " or ".join(bias.tool.words[w] for w in WORST if w in bias.tool.words)
            parts.append(f"{title}, {worst}: {listed(high)}.")
    return " ".join(parts)


def _robustness(fitted: Fit, refits: Refits) -> Drawing:
    names = shown(fitted)
    found = variations(fitted, refits)
    panels = tuple(
        Panel(fitted.named[name].label, fitted.named[name].unit == "proportion", _interval(e),
              log=name.endswith("_ratio"))
        for name, e in zip(names, found[0].estimates, strict=True)
    )  # fmt: skip
    rows = tuple(
        Row(one.label, i, tuple(map(_interval, one.estimates)))
        for i, one in enumerate(found[1:], start=1)
    )
    words = " ".join(
        f"{one.label}: "
        + listed([f"{numbers.value(e.median, e.estimand.unit)} "
                  f"({guideline_words.interval_words(e)})" for e in one.estimates]) + "."
        for one in found[1:]
    )  # fmt: skip
    caption = (
        f"Median and 95{NB}% credible interval after each change. Dashed line and band: "
        f"{AS_FITTED.lower()}. Furthest down and up: the refit that moves the quantity (median or "
        "end of its interval) furthest; of other priors, the plausible ones."
    )
    text = svg.to_svg(
        robustness.draw(RowsTable(panels, rows)), "figure-robustness",
        "The answer after changes of rows and priors", words,
    )  # fmt: skip
    return Drawing("robustness", text, caption)
