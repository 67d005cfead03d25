"""How much the studies of an association differ, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayespool.report import numbers
from bayespool.report.effect_words import label, pooled, predicted, said
from bayespool.report.numbers import percent_interval_prose, percent_prose
from bayespool.report.wording import ALONE
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

NB = numbers.SPACE


def heterogeneity(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """Between-study variation in words."""
    e = summary.estimates
    if not summary.varies and summary.pooled == ALONE:
        return ("With one study nothing is known of the variation between studies.",)
    if not summary.varies:
        return ("The model gives all studies one common effect: it knows no variation between "
                "studies.",)  # fmt: skip
    median, _ = said(pooled(summary))
    _, interval = said(predicted(summary))
    out = [
        _overdispersion(summary) if "psi" in e else _deviation(fitted, summary),
        f"{label(summary)} {median}: a new study's own value is expected within {interval} with "
        f"95{NB}% probability.",
    ]
    if "tau_within" in e:
        w, icc = e["tau_within"], e["icc"]
        out.append(
            f"Results of one study differ by a standard deviation of {numbers.ratio(w.median)} "
            f"({numbers.interval(w.lower, w.upper, 'effect')}); of the variance of true effects "
            f"{percent_prose(icc.median)} ({percent_interval_prose(icc.lower, icc.upper)}) is "
            "between studies."
        )
    if "I2" in e:
        i2 = e["I2"]
        out.append(
            f"Of the variation of the estimates, {percent_prose(i2.median)} "
            f"({percent_interval_prose(i2.lower, i2.upper)}) is between studies rather than chance "
            "(I²). It depends on how large the studies are; the standard deviation does not."
        )
    return tuple(out)


def _deviation(fitted: Fit, summary: Summary) -> str:
    """The standard deviation between studies, estimated or taken as known."""
    measure, tau = MEASURES[summary.measure], summary.estimates.get("tau")
    text = f"The {measure.analysis_label} varies between studies with a standard deviation of "
    if tau is None:
        middle = float(fitted.model.tau.value)
        text += f"{middle:g}, which was taken as known."
    else:
        middle = tau.median
        bounds = numbers.interval(tau.lower, tau.upper, "effect")
        text += f"{numbers.ratio(middle)} ({bounds})."
    if measure.is_ratio:
        at = "" if tau is None else " At its median"
        factor = numbers.ratio(float(np.exp(middle)))
        text += (
            f"{at} about two thirds of studies have a true {measure.label} within a factor of "
            f"{factor} of that of the average study."
        )
    if "nu" in summary.estimates:
        text += (
            " It is the scale of a Student t distribution, whose standard deviation is larger, "
            "and infinite for 2 degrees of freedom or fewer."
        )
    return text


def _overdispersion(summary: Summary) -> str:
    """How much beta distributed proportions vary, and how alike that makes people of one study."""
    psi, icc = summary.estimates["psi"], summary.estimates["icc"]
    return (
        f"The studies' proportions are beta distributed with an overdispersion ψ of "
        f"{numbers.ratio(psi.median)} ({numbers.interval(psi.lower, psi.upper, 'effect')}), which "
        "is 0 when all studies share one proportion. Of the variance of one person's outcome "
        f"{percent_prose(icc.median)} ({percent_interval_prose(icc.lower, icc.upper)}) is between "
        "studies: ψ / (1 + ψ), the correlation of two people of one study."
    )
