"""What stands on the first screen: tiles with certainty, one sentence, three cautions of a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespool.quantity import inside
from bayespool.report import guideline_words, numbers, refit_words
from bayespool.report.changes import Change, PriorWidth, largest_change, prior_width
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.refits import Refits

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE
MOST_CAUTIONS = 3
NOT_JUDGED = "certainty not judged"
# GRADE's signs
SIGNS = {"high": "⊕⊕⊕⊕", "moderate": "⊕⊕⊕⊝", "low": "⊕⊕⊝⊝", "very low": "⊕⊝⊝⊝"}


@dataclass(frozen=True)
class Tile:
    """A pooled value as the first screen shows it; every text is already rounded."""

    what: str
    value: str
    interval: str
    certainty: str


def certainty_of(summary: Summary, margin: str = "") -> str:
    """``⊕⊝⊝⊝ very low certainty``; ``certainty not judged`` while a domain is open.

    Parameters
    ----------
    summary : Summary
    margin : {"", "sens", "spec"}
        Empty for an association.
    """
    level = guideline_words.level(summary, margin)
    return NOT_JUDGED if level == "open" else f"{SIGNS[level]} {level} certainty"


def most_urgent(fitted: Fit, refits: Refits, notes: Sequence[str]) -> tuple[str, ...]:
    """At most three cautions: the change that moves the answer most, the prior it rests on, notes.

    Parameters
    ----------
    fitted : Fit
    refits : Refits
    notes : sequence of str
        All that a reader should keep in mind, the most important first.
    """
    own = []
    change, width = largest_change(fitted, refits), prior_width(fitted, refits)
    if change is not None and abs(change.move.shift) >= guideline_words.MATTERS:
        own.append(_change(change, fitted))
    if width is not None:
        own.append(_width(width))
    low = low_risk(fitted)
    if low is not None and not low.bias.low.any():
        own.insert(0, "No study has a low risk of bias.")
    return (*own, *notes)[:MOST_CAUTIONS]


def _change(change: Change, fitted: Fit) -> str:
    """``Without Feng 2020: specificity 98 % (75 to 99.8 %) instead of 89 % (58 to 98 %).``"""
    refit, move = change.refit, change.move
    how = refit.name or change.label
    if refit.variant is not None:
        how = refit_words.under_words(fitted, refit.variant)
    after, before = map(_prose, (move.after, move.before))
    what = inside(move.before.estimand.label)
    return f"{how[:1].upper()}{how[1:]}: {what} {after} instead of {before}."


def _prose(e: Estimate) -> str:
    if e.estimand.unit == "proportion":
        bounds = numbers.percent_interval_prose(e.lower, e.upper)
        return f"{numbers.percent_prose(e.median)} ({bounds})"
    return f"{numbers.value(e.median, e.estimand.unit)} ({guideline_words.interval_words(e)})"


def _width(width: PriorWidth) -> str:
    """``The lower end of specificity rests on the heterogeneity prior: 49 % with ...``"""
    estimand = width.lowest[1].before.estimand
    ends = []
    for variant, move in (width.lowest, width.highest):
        value = numbers.value(getattr(move.after, width.point), estimand.unit)
        if variant.prior is None:
            ends.append(f"{value} as fitted")
        else:
            ends.append(
                f"{value} with {variant.prior.prior if variant.prior.word else variant.name}"
            )
    what = inside(estimand.label)
    return f"The {width.point} end of {what} rests on the heterogeneity prior: {' or '.join(ends)}."
