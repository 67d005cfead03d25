"""What a guideline panel takes away of one fit, in numbers. NumPy and the standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy.groups import pairs
from bayespool.association.scale import shown_name, varies
from bayespool.checks.rows import fit_to_rows
from bayespool.guideline import findings
from bayespool.guideline.bias import RiskOfBias, read_bias
from bayespool.guideline.certainty import Band, Support, support
from bayespool.guideline.findings import Evidence, Finding
from bayespool.guideline.judgements import MARGINS
from bayespool.held import held
from bayespool.quantity import pair
from bayespool.report.points import compared, labels, rows_with
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate, Probability
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

FEWEST = 3  # rows of a fit to those with a low risk of bias
Cuts = Mapping[str, Sequence[float]]
Record = dict[str, Any]
Above = dict[tuple[str, float], float]  # probability that an estimand is above a cut-off


def effect_cuts(measure: str, mid: float | None, given: Cuts | None) -> dict[str, Sequence[float]]:
    """Thresholds of an association: those given, the smallest important difference, or no effect.

    A pooled proportion has none but those given.
    """
    out = dict(given or {})
    name = shown_name("mu", measure)
    if name in out or measure == "proportion":
        return out
    if mid is None:
        return {name: (MEASURES[measure].neutral,)} | out
    return {name: (1.0 / mid if MEASURES[measure].is_ratio else -mid, mid)} | out


def supports(
    fitted: Fit, cuts: Cuts, statements: Sequence[Probability] = (), measure: str = ""
) -> tuple[Support, ...]:
    """Bands and crossed thresholds; probabilities that the page states elsewhere are the same here.

    Parameters
    ----------
    fitted : Fit
    cuts : mapping of estimand name to increasing thresholds
    statements : Probability
        Such as ``P(sens > 0.8)``.
    measure : str
        Of an association.
    """
    found = support(fitted, cuts)
    if measure and not varies(fitted.model):
        found = tuple(replace(one, new=None, crossed_new=()) for one in found)
    above: Above = {}
    for item in statements:
        name, cut = item.statement.estimand, item.statement.cut
        if isinstance(cut, float | int) and item.statement.relation in (">", "<"):
            above[name, cut] = item.prob if item.statement.relation == ">" else 1.0 - item.prob
    null = MEASURES[measure].neutral_analysed if measure else 0.0
    if measure and ("mu", null) in above:
        above[shown_name("mu", measure), MEASURES[measure].neutral] = above["mu", null]
    return tuple(replace(one, bands=_as_stated(one, above)) for one in found)


def _as_stated(one: Support, above: Above) -> tuple[Band, ...]:
    """The bands, from the probabilities to be above an estimand's cut-offs where all are known."""
    cuts = [(one.name, band.high) for band in one.bands[:-1]]
    if not all(cut in above for cut in cuts):
        return one.bands
    beyond = [1.0, *(above[cut] for cut in cuts), 0.0]
    return tuple(
        replace(band, probability=replace(band.probability, prob=max(low - high, 0.0)))
        for band, (low, high) in zip(one.bands, pairwise(beyond), strict=True)
    )


def accuracy_numbers(
    fitted: Fit, prevalences: Sequence[float]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Results of 1,000 people for every test or group, and how many more for every pair."""
    found = findings.accuracy_findings(fitted, prevalences, labels(fitted))
    more = [
        one
        for part in compared(fitted)
        for b, a in pairs(part)
        for one in findings.differences(fitted, prevalences, pair(b, a))
    ]
    return found, tuple(more)


def consequence(summary: Summary, result: str) -> str:
    """What follows of a result in the panel's words; empty where it gave none."""
    return getattr(summary.judgements, result) if summary.judgements else ""


def evidence_of(fitted: Fit) -> dict[str, Evidence]:
    """What each label rests on, and under the empty label the whole table."""
    studies: Any = fitted.studies
    named = () if fitted.model.measure else labels(fitted)
    of_labels = {label: findings.evidence(studies.select(rows_with(fitted, label)))
                 for label in named if label}  # fmt: skip
    return {"": findings.evidence(studies)} | of_labels


@dataclass(frozen=True, eq=False)
class LowRisk:
    """Risk of bias of every row, and the fit to those where it is low, or why there is none."""

    bias: RiskOfBias
    fit: Fit | None
    why: str = ""


@held
def low_risk(fitted: Fit) -> LowRisk | None:
    """None where the table has no columns of risk of bias."""
    studies: Any = fitted.studies
    bias = read_bias(studies)
    if bias is None:
        return None
    n, of = int(bias.low.sum()), len(bias.low)
    if n == of:
        return LowRisk(bias, None, "Every row has a low risk of bias in every domain.")
    if n < FEWEST:
        few = {0: "No row has", 1: "Only one row has", 2: "Only two rows have"}[n]
        why = f"{few} a low risk of bias in every domain, so that there is no answer from such "
        why += "rows alone."
        return LowRisk(bias, None, why)
    try:
        return LowRisk(bias, fit_to_rows(fitted, tuple(np.flatnonzero(bias.low).tolist())))
    except ValueError as error:
        why = str(error).removeprefix(f"{studies.file}: ").partition("; allowed")[0]
        why = f"The rows with a low risk of bias are not enough for this model: {why}."
        return LowRisk(bias, None, why)


def records(summary: Summary, fitted: Fit) -> dict[str, Any]:
    """The keys of summary.json: findings, certainty and risk_of_bias."""
    return {
        "findings": _findings(summary),
        "certainty": _certainty(summary),
        "risk_of_bias": _bias(fitted),
    }


def _numbers(estimate: Estimate) -> Record:
    return {"median": estimate.median, "lower": estimate.lower, "upper": estimate.upper}


def _findings(summary: Summary) -> Record:
    rows: list[Record] = [
        {"prevalence": f.prevalence, "label": f.label, "shown": f.label.shown,
         "result": f.result, "difference": more,
         "consequence": consequence(summary, f.result), **_numbers(f.people)}
        for more, found in ((False, summary.findings), (True, summary.differences))
        for f in found
    ]  # fmt: skip
    if summary.measure:
        for name in (shown_name(stem, summary.measure) for stem in ("mu", "mu_new")):
            if summary.tells_of(name):
                rows.append({"estimand": name, **_numbers(summary.estimates[name])})
        rows += [
            {"estimand": name, "per": findings.PEOPLE,
             **{k: findings.PEOPLE * v for k, v in _numbers(e).items()}}
            for name, e in summary.estimates.items() if e.estimand.role == "absolute"
        ]  # fmt: skip
    told = {label: _evidence(one) for label, one in summary.evidence.items()}
    return told.pop("") | {"labels": told, "rows": rows}


def _evidence(one: Evidence) -> Record:
    return {
        "studies": one.studies, "participants": one.participants or None,
        "results_share_people": one.shared, "counted": one.what,
        "with_condition": one.diseased or None, "without_condition": one.healthy or None,
    }  # fmt: skip


def _certainty(summary: Summary) -> Record:
    told = [
        {
            "estimand": one.name,
            "bands": [
                {"low": b.low, "high": b.high, "prob": b.probability.prob,
                 "mcse": b.probability.mcse}
                for b in one.bands
            ],
            "crossed": list(one.crossed), "crossed_by_prediction": list(one.crossed_new),
            "prior_share": one.prior_share,
        }
        for one in summary.support
    ]  # fmt: skip
    j = summary.judgements
    judged = None if j is None else asdict(j) | {"open": list(j.open)}
    if summary.measure or j is None:
        level: Any = None if j is None else j.certainty
    else:
        level = {name: j.of(name).certainty for name in MARGINS}
    return {"support": told, "judgements": judged, "certainty": level}


def _bias(fitted: Fit) -> Record | None:
    low = low_risk(fitted)
    if low is None:
        return None
    return {
        "rows": list(low.bias.rows),
        "judgements": [
            {"kind": kind, "domain": domain, "cells": list(cells)}
            for (kind, domain), cells in low.bias.judgements.items()
        ],
        "overall": list(low.bias.overall), "why_no_fit_to_low_risk": low.why,
    }  # fmt: skip
