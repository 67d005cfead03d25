"""Tables for a guideline panel: findings per 1,000, bands between thresholds, the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.figures.traffic_light import LIGHTS
from bayespool.guideline.judgements import LOWERING, MARGINS, RAISING
from bayespool.report import guideline_words, numbers
from bayespool.report.blocks import Table
from bayespool.report.changes import Variation, variations
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.refits import Refits, shown
from bayespool.report.tables import INTERVAL, MAX_ROWS, estimate_cells, only_first

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.guideline.certainty import Support
    from bayespool.report.summary import Summary

NB = numbers.SPACE
SHORT = {"rob": "Bias", "applicability": "Applicability", "comparative": "Comparison"}
KINDS = {
    "rob": "Risk of bias", "applicability": "Concern about applicability",
    "comparative": "Risk of bias of the comparison",
}  # fmt: skip


def bands_tables(summary: Summary) -> list[Table]:
    """Probability of each band, one table for estimands that share their thresholds."""
    shared: dict[tuple[str, ...], list[Support]] = {}
    for one in summary.support:
        words = tuple(guideline_words.band_words(band, one.estimand.unit) for band in one.bands)
        shared.setdefault(words, []).append(one)
    errors = [band.probability.mcse for one in summary.support for band in one.bands]
    caption = (
        "Between which thresholds the value lies: probability, given studies and priors (Monte "
        f"Carlo errors up to {numbers.error(max(errors, default=0.0), 'proportion')} percentage "
        "points)"
    )
    return [
        Table(
            caption, ("", *(text[:1].upper() + text[1:] for text in words)),
            tuple(
                (one.estimand.label,
                 *(numbers.percent(band.probability.prob) for band in one.bands))
                for one in found
            ),
        )
        for words, found in shared.items()
    ]  # fmt: skip


def crossed_table(summary: Summary) -> Table:
    """Thresholds inside the credible and the prediction interval, and the part of the prior."""
    rows = []
    for one in summary.support:
        new = numbers.MISSING if one.new is None else _both(one.new)
        crossed_new = (
            numbers.MISSING if one.new is None else _cuts(one.crossed_new, one.estimand.unit)
        )
        rows.append(
            (one.estimand.label, _both(one.estimate),
             _cuts(one.crossed, one.estimand.unit), new, crossed_new,
             numbers.percent(min(one.prior_share, 0.9999)))
        )  # fmt: skip
    head = ("", "Median (interval)", "Thresholds inside it (imprecision)",
            "A new study (prediction interval)", "Thresholds inside it (inconsistency)",
            "Information from the prior")  # fmt: skip
    caption = f"Which thresholds the intervals hold ({INTERVAL}s and prediction intervals)"
    return Table(caption, head, tuple(rows))


def _cuts(cuts: Sequence[float], unit: str) -> str:
    return ", ".join(numbers.cut(cut, unit) for cut in cuts) or "none"


def form_table(fitted: Fit, summary: Summary) -> Table:
    """The domains of GRADE: what the numbers say, what was judged, and why."""
    j = summary.judgements
    judged = {("", one.domain): one for one in j.domains} if j else {}
    judged |= {(m, one.domain): one for m, own in (j.apart if j else {}).items() for one in own}
    names = LOWERING | {name: RAISING[name] for name in guideline_words.raising(summary)}
    rows = []
    for domain, label in names.items():
        margins = [margin for margin in ("", *MARGINS) if (margin, domain) in judged] or [""]
        for margin in margins:
            one = judged.get((margin, domain))
            empty = "open" if domain in LOWERING else "not judged"
            rows.append(
                (f"{label}, {MARGINS[margin]}" if margin else label,
                 guideline_words.domain_words(domain, fitted, summary, margin),
                 one.judgement if one else empty,
                 (one.reason if one else "") or numbers.MISSING)
            )  # fmt: skip
    head = ("Domain", "What the numbers say", "Judgement", "Reason")
    return Table("The form for the panel (GRADE)", head, tuple(rows), words=True)


def bias_table(fitted: Fit) -> Table | None:
    """Every judgement of every row; None where there are none."""
    low = low_risk(fitted)
    if low is None:
        return None
    found, tool = low.bias.judgements, low.bias.tool
    heads = [f"{SHORT[kind]}: {tool.domains[domain].lower()}" for kind, domain in found]

    def cell(level: str | None) -> str:
        return "not judged" if level is None else f"{LIGHTS[level].symbol} {tool.words[level]}"

    rows = tuple(
        (row, *(cell(cells[i]) for cells in found.values()),
         tool.words[overall] if (overall := low.bias.overall[i]) else "not judged in full")
        for i, row in enumerate(low.bias.rows[:MAX_ROWS])
    )  # fmt: skip
    caption = "Risk of bias and applicability, as the table gives them"
    caption += only_first(len(low.bias.rows), len(rows))
    head = ("Study", *heads, "Overall risk of bias")
    return Table(caption, head, rows, folded="The judgements as a table", words=True)


def variations_table(fitted: Fit, refits: Refits) -> Table:
    """The answer as fitted and after every change."""
    found = variations(fitted, refits)
    rows = tuple(
        (one.label, numbers.MISSING if one.rows is None else numbers.count(one.rows), *_cells(one))
        for one in found
    )
    head = ("", "Rows", *(fitted.named[name].label for name in shown(fitted)))
    caption = f"The answer after each change: median ({INTERVAL})"
    return Table(caption, head, rows, folded="The sensitivity analyses as a table", words=True)


def _cells(one: Variation) -> list[str]:
    whose = one.whose or ("",) * len(one.estimates)
    return [f"{_both(e)}{f', {who}' if who else ''}"
            for e, who in zip(one.estimates, whose, strict=True)]  # fmt: skip


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"
