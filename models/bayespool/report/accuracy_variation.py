"""The sentences on how accuracy varies: between studies, within them, in a new study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.guideline.judgements import MARGINS as MARGINS_IN_WORDS
from bayespool.quantity import Group
from bayespool.report import numbers, points
from bayespool.report.numbers import percent_interval_prose, percent_prose
from bayespool.report.points import MARGINS, ending
from bayespool.report.summary import Summary
from bayespool.report.wording import ALONE, POOLED, listed

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
OUTLYING = 0.5  # of the precision factor: the distance from the mean then counts half


def outliers(precision: dict[str, float]) -> str:
    """Which studies a robust model gives less weight."""
    ranked = sorted((value, study) for study, value in precision.items())
    far = [(value, study) for value, study in ranked if value < OUTLYING]
    if not far:
        value, study = ranked[0]
        return (
            f"No study's distance from the others counts less than half; the lowest precision "
            f"factor is that of {study} ({numbers.number(value)})."
        )
    named = listed([f"{study} ({numbers.number(value)})" for value, study in far[:6]])
    more = f", and {len(far) - 6} more" if len(far) > 6 else ""
    return (
        "So far from the others that the distance counts less than half (precision factor): "
        f"{named}{more}."
    )


def heterogeneity(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """Variation between studies, and within them, in words."""
    estimates = summary.estimates
    out: list[str] = []
    for of in map(ending, points.covariances(fitted)):
        if f"tau_sens{of}" in estimates:
            out += [_spread(fitted, summary, name, of) for name in MARGINS]
            out.append(_correlation(summary, of))
    if not out:
        out.append(_curves(summary))
    if "tau_within_sens" in estimates:
        out += [_within(fitted, summary, name) for name in MARGINS]
    for label in points.labels(fitted):
        if label:
            out.append(_new(summary, label))
    if "nu" in estimates:
        nu = estimates["nu"]
        out.append(
            "Study effects have a Student t distribution with "
            f"{numbers.number(nu.median, 1)} degrees of freedom "
            f"({numbers.number(nu.lower, 1)} to {numbers.number(nu.upper, 1)}): the fewer, the "
            "further single studies may lie from the rest. Standard deviations above are its "
            "scales."
        )
    if "shape" in estimates and not points.codings(fitted):
        out.append(shape_words(summary))
    return tuple(out)


def _curves(summary: Summary) -> str:
    alpha, theta = summary.estimates["sigma_alpha"], summary.estimates["sigma_theta"]
    return (
        "Accuracy varies between studies with a standard deviation of "
        f"{numbers.number(alpha.median)} "
        f"({numbers.interval(alpha.lower, alpha.upper, 'number')}), and the threshold with one of "
        f"{numbers.number(theta.median)} "
        f"({numbers.interval(theta.lower, theta.upper, 'number')})."
    )


def _spread(fitted: Fit, summary: Summary, name: str, of: str) -> str:
    tau = summary.estimates[f"tau_{name}{of}"]
    whose = f" of {tau.estimand.group.shown}" if of else ""
    text = (
        f"On the {fitted.model.link} scale {MARGINS_IN_WORDS[name]}{whose} varies between studies "
        "with a standard deviation of "
        f"{numbers.number(tau.median)} ({numbers.interval(tau.lower, tau.upper, 'number')})."
    )
    new = summary.estimates.get(f"{name}_new_study") or summary.estimates.get(f"{name}_new")
    if new is None:
        return text
    average = summary.estimates.get(f"{name}_average") or summary.estimates[name]
    around = f"an average {percent_prose(average.median)}"
    if summary.pooled == POOLED:
        around = f"a pooled {percent_prose(average.median)}"
    elif summary.pooled == ALONE:
        bounds = percent_interval_prose(average.lower, average.upper)
        around += f" ({bounds}; one study says little of it, and the priors say the rest)"
    return (
        f"{text} Around {around}, a new study's own value is "
        f"expected within {percent_interval_prose(new.lower, new.upper)} with 95{NB}% probability."
    )


def _correlation(summary: Summary, of: str) -> str:
    rho = summary.estimates[f"rho{of}"]
    bounds = f"{numbers.number(rho.median)} ({numbers.interval(rho.lower, rho.upper, 'number')})"
    if rho.lower < 0.0 < rho.upper:
        reading = "The data cannot rule out a correlation of either sign."
    elif rho.upper <= 0.0:
        reading = "More sensitive studies are less specific, as when studies differ in threshold."
    else:
        reading = "Studies that are more sensitive are also more specific."
    whose = f" of {rho.estimand.group.shown}" if of else ""
    return f"Sensitivity and specificity{whose} correlate between studies by {bounds}. {reading}"


def _within(fitted: Fit, summary: Summary, name: str) -> str:
    tau = summary.estimates[f"tau_within_{name}"]
    text = (
        f"Results of one study vary in {MARGINS_IN_WORDS[name]} with a standard deviation of "
        f"{numbers.number(tau.median)} ({numbers.interval(tau.lower, tau.upper, 'number')}) on "
        f"the {fitted.model.link} scale."
    )
    share = summary.estimates.get(f"share_between_{name}")
    if share is None:
        return text
    return (
        f"{text} Of the whole variance {percent_prose(share.median)} "
        f"({percent_interval_prose(share.lower, share.upper)}) is between studies."
    )


def _new(summary: Summary, label: Group) -> str:
    sens, spec = (summary.estimates[f"{name}_new{ending(label)}"] for name in MARGINS)
    return (
        f"A new study's own values are expected, for {label.shown}, within "
        f"{percent_interval_prose(sens.lower, sens.upper)} (sensitivity) and "
        f"{percent_interval_prose(spec.lower, spec.upper)} (specificity), each with 95{NB}% "
        "probability."
    )


def shape_words(summary: Summary) -> str:
    """Whether the summary curve is symmetric."""
    shape = summary.estimates["shape"]
    bounds = numbers.interval(shape.lower, shape.upper, "number")
    if shape.lower < 0.0 < shape.upper:
        reading = "The data cannot rule out a symmetric summary curve (shape 0)."
    else:
        reading = "The summary curve is asymmetric: the odds ratio changes along it."
    return f"The shape of the summary curve is {numbers.number(shape.median)} ({bounds}). {reading}"
