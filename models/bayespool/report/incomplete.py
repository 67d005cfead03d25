"""Rows that are no full results: what they add, and the answer without them, in numbers and words.

Records for summary.json and the CSV twins, and the sentence of the first screen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.checks.contribution import (
    Contribution,
    WithoutPartial,
    contributions,
    partial_rows,
    without_partial,
)
from bayespool.checks.moves import moves
from bayespool.held import held
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.report.points import main_estimands
from bayespool.report.refits import Record, also_shown, shown, sound, values_of
from bayespool.report.wording import counted, listed

if TYPE_CHECKING:
    from bayespool.fitted import Fit

KINDS = {
    "margin": "one group only",
    "rates": "printed rates",
    "candidate": "one of several tables",
    "marker": "means or area of a marker",
    "censored": "P value only",
    "margins": "margins of paired results",
}
MOST_NAMED = 4  # pooled values in the sentence of the first screen
ALL, COMPLETE = "all rows", "complete rows alone"


@dataclass(frozen=True, eq=False)
class Incomplete:
    """What the partial rows of a fit add, and the fit without them."""

    rows: tuple[Contribution, ...]
    without: WithoutPartial


@held
def incomplete(fitted: Fit) -> Incomplete | None:
    """None where every row is a full result."""
    if not partial_rows(fitted.studies):
        return None
    return Incomplete(contributions(fitted), without_partial(fitted))


def kind_words(kind: str) -> str:
    """What a row states, in words."""
    return KINDS.get(kind, kind)


def records(fitted: Fit) -> dict[str, list[Record]]:
    """Rows of numbers by the name of their file; none where every row is a full result."""
    found = incomplete(fitted)
    if found is None:
        return {}
    rows: list[Record] = [
        {
            "study": one.study, "row": one.row, "kind": one.kind, "says": one.says,
            "bits": one.bits, "bits_mcse": one.bits_error, "people": one.people,
            "share_of_complete": one.share, "equivalent_patients": one.equivalent,
            "says_nothing_in_this_model": one.silent,
        }
        for one in found.rows
    ]  # fmt: skip
    return {"incomplete": rows, "without_incomplete": without_records(fitted, found)}


def without_records(fitted: Fit, found: Incomplete) -> list[Record]:
    """The pooled values of all rows, and of the complete ones alone (empty where there is none)."""
    names, fit = main_estimands(fitted), found.without.fit
    out: list[Record] = []
    for variant, one in ((ALL, fitted), (COMPLETE, fit)):
        like = fitted if one is None else one
        shift = moves(fitted.model, fitted.estimates, like.estimates, names)
        values = values_of(like.estimates, also_shown(fitted, names), shift)
        rows = len(fitted.studies) - len(found.without.dropped) if one is None else len(one.studies)
        record: Record = {"variant": variant, "n_rows": rows}
        record |= {"passed": None if one is None else sound(one)}
        record |= values if one is not None else dict.fromkeys(values)
        out.append(record | {"why_not": found.without.why if one is None else ""})
    return out


def sentences(fitted: Fit) -> list[str]:
    """How many rows are no full results, and what the answer is without them; at most one."""
    found = incomplete(fitted)
    if found is None:
        return []
    studies: Any = fitted.studies
    several = bool(studies.several_rows())
    n = len(studies)
    of = counted(n, "result", "results") if several else counted(n, "study", "studies")
    kinds = Counter(kind_words(one.kind) for one in found.rows)
    what = ", ".join(f"{words}: {numbers.count(k)}" for words, k in kinds.items())
    few = len(found.rows) == 1
    said = (
        f"{numbers.count(len(found.rows))} of the {of} {'is' if few else 'are'} incomplete (†; "
        f"{what})"
    )
    silent = [one.row for one in found.rows if one.silent]
    if silent:
        said += f", of which {listed(silent)} say{'s' * (len(silent) == 1)} nothing in this model"
    it = "it" if few else "them"
    fit = found.without.fit
    if fit is None:
        why = found.without.why
        return [f"{said}. There is no answer without {it}: {why[:1].lower()}{why[1:]}"]
    parts = []
    for name in shown(fitted)[:MOST_NAMED]:
        e, kind = fit.estimates[name], fitted.named[name].unit
        label = inside(fitted.named[name].label)
        pooled = "" if fitted.model.measure else "pooled "
        if kind == "proportion":
            median = numbers.percent_prose(e.median)
            interval = numbers.percent_interval_prose(e.lower, e.upper)
        else:
            median = numbers.value(e.median, kind)
            interval = numbers.interval(e.lower, e.upper, kind)
        parts.append(f"{pooled}{label} {median} ({interval})")
    doubt = "" if sound(fit) else " (its computation failed a check)"
    return [f"{said}. Without {it} the answer would be{doubt}: {', '.join(parts)}."]
