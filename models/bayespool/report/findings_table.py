"""The summary of findings as one table in GRADE's form: rows are outcomes, columns prevalences.

References
----------
Schuenemann et al. (2020), J Clin Epidemiol 122:142-152 (tables for test accuracy); Guyatt et al.
(2011), J Clin Epidemiol 64:383-394 (for effects).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.accuracy.groups import pairs
from bayespool.association.scale import shown_name
from bayespool.guideline.findings import PEOPLE, RESULTS, Evidence, Finding
from bayespool.guideline.judgements import LOWERING, MARGINS, PICO, RAISING, steps
from bayespool.quantity import WHOLE, Group, capital, pair
from bayespool.report import guideline_words, numbers
from bayespool.report.association_numbers import risk_name
from bayespool.report.blocks import Block, Bullets, Prose, Table
from bayespool.report.effect_words import risk_words
from bayespool.report.points import ending
from bayespool.report.tables import INTERVAL, estimate_cells

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.report.summary import Summary

NB = numbers.SPACE
MOST_ROWS = 4  # tests or groups with rows of their own for every result
NAMES = {
    "tp": "True positives",
    "fn": "False negatives",
    "tn": "True negatives",
    "fp": "False positives",
}
GLOSS = {
    "tp": "with the condition, test positive",
    "fn": "with the condition, test negative (missed)",
    "tn": "without the condition, test negative",
    "fp": "without the condition, test positive",
}
AFTER = {"ppv": "Positive predictive value", "npv": "Negative predictive value"}
AFTER_GLOSS = {"ppv": "has the condition if positive", "npv": "free of it if negative"}
MARGIN_OF = {"tp": "sens", "fn": "sens", "tn": "spec", "fp": "spec"}
FIGURES = "¹²³⁴⁵⁶⁷⁸"
CAPTION = "Summary of findings"


def head(summary: Summary) -> list[Block]:
    """Population, setting, tests and outcome as the panel words them; none where nobody did."""
    judged = summary.judgements
    given = {} if judged is None else {word: getattr(judged, word) for word in PICO}
    said = tuple(f"{PICO[word]}: {text}" for word, text in given.items() if text)
    return [Bullets(said)] if said else []


def evidence_cell(one: Evidence, result: str = "", what: str = "") -> str:
    """``2,745 (13)``: participants and studies, of a result those with or without the condition.

    `what` is said of the participants where the head of the column does not say it.
    """
    n, people = numbers.count(one.studies), one.people(MARGIN_OF.get(result, ""))
    return f"{numbers.count(people)}{what} ({n})" if people else f"{numbers.MISSING} ({n})"


def evidence_head(one: Evidence) -> str:
    """What `evidence_cell` holds."""
    return f"{one.what.capitalize()}s (studies)"


def certainty_cell(summary: Summary, margin: str = "") -> str:
    """The level, with the numbers of the footnotes that say why."""
    marks = "".join(FIGURES[i] for i, (of, _) in enumerate(_reasons(summary))
                    if margin in of or not margin)  # fmt: skip
    return guideline_words.level(summary, margin) + marks


def footnotes(summary: Summary) -> list[Block]:
    """Why the certainty was lowered or raised, numbered as the table refers to it."""
    found = _reasons(summary)
    if not found:
        return []
    return [Bullets(tuple(f"{FIGURES[i]}{NB}{text}" for i, (_, text) in enumerate(found)))]


def _reasons(summary: Summary) -> list[tuple[tuple[str, ...], str]]:
    """Margins that a judgement is of, and the footnote; only those that move the certainty."""
    judged = summary.judgements
    if judged is None:
        return []
    found: dict[str, tuple[str, ...]] = {}
    for margin in ("",) if summary.measure else MARGINS:
        for one in (judged.of(margin) if margin else judged).domains:
            if steps(one):
                name = (LOWERING | RAISING)[one.domain]
                text = f"{name}, {one.judgement}: {one.reason}"
                found[text] = (*found.get(text, ()), margin)
    return [(of, text) for text, of in found.items()][: len(FIGURES)]


def accuracy_tables(summary: Summary) -> list[Table]:
    """Of 1,000 people at each prevalence: one table for tests that are compared with one another.

    Of more than `MOST_ROWS` tests one table for each prevalence, with a row for each.
    """
    out = []
    for part in summary.compared or ((WHOLE,),):
        if len(part) <= MOST_ROWS:
            out.append(_by_result(summary, part))
        else:
            out += [_by_label(summary, p, part) for p in summary.prevalences]
    return out


def at_prevalence(p: float) -> str:
    """``Prevalence 10 %``."""
    return f"Prevalence {numbers.given_percent(p)}"


def row_label(result: str, label: Group = WHOLE) -> str:
    """``True positives, CT``; with what it means where there is one test."""
    if label:
        return f"{(NAMES | AFTER)[result]}, {label.shown}"
    return f"{(NAMES | AFTER)[result]}: {(GLOSS | AFTER_GLOSS)[result]}"


def _found(summary: Summary, p: float, label: str, result: str) -> Finding:
    both = (*summary.findings, *summary.differences)
    return next(f for f in both if (f.prevalence, f.label, f.result) == (p, label, result))


def _by_result(summary: Summary, part: Sequence[Group]) -> Table:
    own = [getattr(summary.judgements, r) if summary.judgements else "" for r in RESULTS]
    consequences = dict(zip(RESULTS, own, strict=True))
    said = any(own)
    rows = []
    for result in RESULTS:
        ends = [consequences[result]] if said else []
        for label in part:
            cells = [people_cell(_found(summary, p, label, result)) for p in summary.prevalences]
            rows.append((row_label(result, label), *cells, *_ends(summary, label, result), *ends))
    for value in AFTER:
        for label in part:
            cells = [_both(summary.estimates[f"{value}{ending(label)}@{p:g}"])
                     for p in summary.prevalences]  # fmt: skip
            ends = [numbers.MISSING] * (len(rows[-1]) - 1 - len(cells))
            rows.append((row_label(value, label), *cells, *ends))
    judged = ["Certainty"] if summary.judgements is not None else []
    heads = ["What follows"] if said else []
    head = ("Of 1,000 people tested", *map(at_prevalence, summary.prevalences),
            evidence_head(summary.evidence[""]), *judged, *heads)  # fmt: skip
    caption = f"{CAPTION} {summary.pooled_at}".rstrip()
    return Table(f"{caption}: median ({INTERVAL})", head, tuple(rows), words=True)


def _ends(summary: Summary, label: str, result: str) -> list[str]:
    cells = [evidence_cell(summary.evidence[label], result)]
    if summary.judgements is not None:
        cells.append(certainty_cell(summary, MARGIN_OF[result]))
    return cells


def _by_label(summary: Summary, p: float, part: Sequence[Group]) -> Table:
    rows = tuple(
        (
            label.shown,
            *(people_cell(_found(summary, p, label, result)) for result in RESULTS),
            *(_both(summary.estimates[f"{value}{ending(label)}@{p:g}"]) for value in AFTER),
            evidence_cell(summary.evidence[label]),
        )
        for label in part
    )
    head = (at_prevalence(p), *NAMES.values(), *AFTER.values(),
            evidence_head(summary.evidence[""]))  # fmt: skip
    caption = f"{CAPTION}, of 1,000 people tested at a prevalence of {numbers.given_percent(p)}"
    return Table(f"{caption}: median ({INTERVAL})", head, rows)


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
    """How many more one of a pair detects, or has false positives; None without a pair."""
    rows = []
    for p in summary.prevalences:
        for b, a in (x for part in summary.compared for x in pairs(part)):
            cells = [more_cell(_found(summary, p, f"{b} - {a}", r)) for r in ("tp", "fp")]
            rows.append((f"{numbers.given_percent(p)}, {pair(b, a).shown}", *cells))
    caption = f"Of 1,000 people tested, how many more (+) or fewer (−): median ({INTERVAL})"
    folded = "Every pair compared, of 1,000 people"
    head = ("Prevalence", NAMES["tp"], NAMES["fp"])
    return Table(caption, head, tuple(rows), folded) if rows else None


def effect_table(summary: Summary) -> Table:
    """Relative and absolute effect in one row for every baseline risk."""
    name = shown_name("mu", summary.measure)
    relative = summary.estimates[name].estimand.label
    relative = f"{relative}, {summary.unit}" if summary.unit else relative
    ends = [evidence_cell(summary.evidence[""])]
    heads = [evidence_head(summary.evidence[""])]
    if summary.judgements is not None:
        ends.append(certainty_cell(summary))
        heads.append("Certainty")
    outcome = (summary.judgements.outcome if summary.judgements else "") or "The outcome"
    outcome = capital(outcome)
    both = _both(summary.estimates[name])
    rows: list[tuple[str, ...]] = [(outcome, *ends, both)]
    head = ("Outcome", *heads, relative)
    if summary.baseline_risks:
        head += (f"Risk in {summary.groups[1]}", f"Risk in {summary.groups[0]}, per 1,000",
                 "Difference, per 1,000")  # fmt: skip
        rows = []
        for risk in summary.baseline_risks:
            of = risk_name(risk)
            absolute = [per_thousand(summary.estimates[f"{stem}@{of}"])
                        for stem in ("risk", "difference")]  # fmt: skip
            rows.append((outcome, *ends, both, risk_words(risk), *absolute))
    return Table(f"{CAPTION}: median ({INTERVAL})", head, tuple(rows), words=True)


def per_thousand(e: Estimate) -> str:
    """``51 (35 to 72)`` of 1,000 people."""
    middle, low, high = (numbers.number(1000 * x, 0) for x in (e.median, e.lower, e.upper))
    return f"{middle} ({low}{numbers.TO}{high})"


def default_words(summary: Summary) -> list[Block]:
    """That nobody gave the prevalence; nothing where somebody did."""
    if summary.prevalences_given:
        return []
    return [
        Prose(
            "No prevalence was given. The column shows the median share of people with the "
            "condition in the studies, which in case-control studies is a matter of design: give "
            "the prevalence of the setting (--prevalence)."
        )
    ]


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"
