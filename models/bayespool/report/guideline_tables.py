"""Tables for a guideline panel: findings per 1,000, bands between thresholds, the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.accuracy.groups import pairs
from bayespool.guideline.bias import DOMAINS
from bayespool.guideline.findings import PEOPLE, RESULTS, Evidence, Finding
from bayespool.guideline.judgements import LOWERING, MARGINS, RAISING
from bayespool.plots.traffic_light import LIGHTS
from bayespool.quantity import WHOLE, Group
from bayespool.report import guideline_words, numbers
from bayespool.report.blocks import Table
from bayespool.report.changes import Variation, variations
from bayespool.report.guideline_numbers import consequence, low_risk
from bayespool.report.points import ending
from bayespool.report.refits import Refits, shown
from bayespool.report.tables import INTERVAL, MAX_ROWS, estimate_cells, only_first
from bayespool.report.wording import counted

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.guideline.certainty import Support
    from bayespool.report.summary import Summary

NB = numbers.SPACE
MOST_COLUMNS = 4  # tests or groups beside one another
NAMES = {
    "tp": "Found (true positives)",
    "fn": "Missed (false negatives)",
    "tn": "Rightly cleared (true negatives)",
    "fp": "False alarm (false positives)",
}
MARGIN_OF = {"tp": "sens", "fn": "sens", "tn": "spec", "fp": "spec"}
SHORT = {"rob": "Bias", "applicability": "Applicability", "comparative": "Comparison"}
KINDS = {
    "rob": "Risk of bias", "applicability": "Concern about applicability",
    "comparative": "Risk of bias of the comparison",
}  # fmt: skip


def evidence_cell(one: Evidence, result: str = "", what: str = "") -> str:
    """``13 (2,745)``: studies and participants, of a result those with or without the condition.

    `what` is said of them where the head of the column does not say it.
    """
    n, people = numbers.count(one.studies), one.people(MARGIN_OF[result] if result else "")
    return f"{n} ({numbers.count(people)}{what})" if people else n


def _ends(summary: Summary, result: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Heads and cells that a row of a summary of findings ends in."""
    whole = summary.evidence[""]
    head = f"Studies ({whole.what}s)" if whole.participants else "Studies"
    cell = evidence_cell(whole, result)
    if summary.judgements is None:
        return (head,), (cell,)
    margin = MARGIN_OF[result] if result else ""
    return (head, "Certainty"), (cell, guideline_words.level(summary, margin))


def findings_tables(summary: Summary) -> list[Table]:
    """Of 1,000 people at each prevalence: a table for tests that are compared with one another."""
    out = []
    for p in summary.prevalences:
        for part in summary.compared or ((WHOLE,),):
            few = len(part) <= MOST_COLUMNS
            out.append((_by_result if few else _by_label)(summary, p, part))
    return out


def _at(summary: Summary, p: float, label: Group) -> dict[str, Finding]:
    return {f.result: f for f in summary.findings if (f.prevalence, f.label) == (p, label)}


def _caption(p: float) -> str:
    diseased = numbers.number(PEOPLE * p, 0 if float(PEOPLE * p).is_integer() else 1)
    return (
        f"Of 1,000 people tested at a prevalence of {numbers.given_percent(p)}, {diseased} with "
        f"the condition: median ({INTERVAL})"
    )


def _by_result(summary: Summary, p: float, part: Sequence[Group]) -> Table:
    columns = [_at(summary, p, label) for label in part]
    pair = pairs(part)[0] if len(part) == 2 else None
    more = {}
    if pair is not None:
        name = f"{pair[0]} - {pair[1]}"
        more = {f.result: f for f in summary.differences if (f.prevalence, f.label) == (p, name)}
    alone = 0 if len(part) == 1 else 1  # what each of several rests on stands with its name
    heads = _ends(summary)[0][alone:]
    rows = []
    for result in RESULTS:
        cells = [people_cell(column[result]) for column in columns]
        if pair is not None:
            cells.append(more_cell(more[result]))
        ends = _ends(summary, result)[1][alone:]
        rows.append((NAMES[result], *cells, *ends, consequence(summary, result)))
    titles = [_title(summary, label) for label in part]
    if pair is not None:
        titles.append(_against(summary, *pair))
    head = (f"Prevalence {numbers.given_percent(p)}", *titles, *heads, "What may follow")
    return Table(_caption(p), head, tuple(rows), words=True)


def _title(summary: Summary, label: Group) -> str:
    if not label:
        return "Of 1,000 people"
    one = summary.evidence[label]
    n = counted(one.studies, "study", "studies")
    return f"{label.shown} ({n}, {counted(one.participants, one.what, f'{one.what}s')})"


def _against(summary: Summary, b: Group, a: Group) -> str:
    return f"{b.shown} {'instead of' if summary.of_tests else 'against'} {a.shown}"


def _by_label(summary: Summary, p: float, part: Sequence[Group]) -> Table:
    rows = tuple(
        (
            label.shown,
            *(people_cell(_at(summary, p, label)[result]) for result in RESULTS),
            evidence_cell(summary.evidence[label]),
        )
        for label in part
    )
    named = (NAMES[result] for result in RESULTS)
    head = (
        f"Prevalence {numbers.given_percent(p)}",
        *named,
        f"Studies ({summary.evidence[''].what}s)",
    )
    return Table(_caption(p), head, rows)


def people_cell(finding: Finding) -> str:
    """``87 (79 to 93)``; true and false results add up to all people."""
    p = finding.prevalence
    people = PEOPLE * (p if finding.result in ("tp", "fn") else 1.0 - p)
    e = finding.people
    values = [_whole(x, people, finding.result) for x in (e.median, e.lower, e.upper)]
    return f"{values[0]:,} ({values[1]:,}{numbers.TO}{values[2]:,})"


def _whole(x: float, people: float, result: str) -> int:
    return round(x) if result in ("tp", "tn") else round(people) - round(people - x)


def more_cell(finding: Finding) -> str:
    """``+12 (+3 to +20)``."""
    e = finding.people
    middle, lower, upper = (_signed(round(x)) for x in (e.median, e.lower, e.upper))
    return f"{middle} ({lower}{numbers.TO}{upper})"


def _signed(n: int) -> str:
    return f"+{n:,}" if n > 0 else f"{n:,}".replace("-", numbers.MINUS)


def differences_table(summary: Summary) -> Table | None:
    """Pairs of three or more: how many more are found, or alarmed; None where there are none."""
    rows = []
    for p in summary.prevalences:
        for b, a in (x for part in summary.compared if len(part) > 2 for x in pairs(part)):
            found = {f.result: f for f in summary.differences
                     if (f.prevalence, f.label) == (p, f"{b} - {a}")}  # fmt: skip
            at = f"{numbers.given_percent(p)}, {_against(summary, b, a)}"
            rows.append((at, more_cell(found["tp"]), more_cell(found["fp"])))
    head = ("Prevalence", "With the condition and found", "Without it and alarmed")
    caption = f"Of 1,000 people tested, how many more (+) or fewer (−): median ({INTERVAL})"
    folded = "Every pair compared, of 1,000 people"
    return Table(caption, head, tuple(rows), folded) if rows else None


def after_table(summary: Summary) -> Table:
    """Probability of the condition after a result, at each prevalence."""
    rows = []
    for p in summary.prevalences:
        for label in summary.labels:
            cells = [_both(summary.estimates[f"{value}{ending(label)}@{p:g}"])
                     for value in ("ppv", "npv")]  # fmt: skip
            at = numbers.given_percent(p)
            rows.append((f"{at}, {label.shown}" if label else at, *cells))
    head = ("Prevalence", "Has it if positive", "Free of it if negative")
    folded = "After the result, as a table" if len(summary.labels) > MOST_COLUMNS else ""
    return Table(f"After the result: median ({INTERVAL})", head, tuple(rows), folded)


def relative_table(summary: Summary, names: Sequence[str]) -> Table:
    """The relative effect, on how many studies it rests, and the certainty."""
    heads, ends = _ends(summary)
    rows = tuple(
        (
            e.estimand.label, *estimate_cells(e)[:2],
            # what was judged is the pooled value, not a prediction
            *(ends if name == names[0] else (ends[0], *[numbers.MISSING] * len(ends[1:]))),
        )
        for name, e in summary.estimates.items() if name in names and summary.tells_of(name)
    )  # fmt: skip
    return Table("The effect", ("", "Median", INTERVAL, *heads), rows)


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
    found = low.bias.judgements
    heads = [f"{SHORT[kind]}: {DOMAINS[domain].lower()}" for kind, domain in found]
    rows = tuple(
        (row, *("not judged" if cells[i] is None else f"{LIGHTS[str(cells[i])].symbol} {cells[i]}"
                for cells in found.values()), low.bias.overall[i] or "not judged in full")
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
    return Table(f"The answer after each change: median ({INTERVAL})", head, rows, words=True)


def _cells(one: Variation) -> list[str]:
    whose = one.whose or ("",) * len(one.estimates)
    return [f"{_both(e)}{f', {who}' if who else ''}"
            for e, who in zip(one.estimates, whose, strict=True)]  # fmt: skip


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"
