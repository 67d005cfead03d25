"""Publication bias in sentences."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.bias.assessment import Assessment
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.report.summary import Summary

NB = numbers.SPACE
CALLED = {
    "robma": "averaged over models with and without publication bias",
    "selection": "by a model in which the p value decides what is seen",
    "pet-peese": "by regression on the standard error and the variance (PET-PEESE)",
}
CALIBRATED = ((10.0, "strong"), (3.0, "moderate"), (1.0, "weak"))
OVERLAPPING = 0.7


def value(e: Estimate) -> str:
    """Median and interval."""
    unit = e.estimand.unit
    return f"{numbers.value(e.median, unit)} ({numbers.interval(e.lower, e.upper, unit)})"


def strength(log_bayes_factor: float) -> str:
    """A Bayes factor in words: ``moderate evidence for``."""
    factor = np.exp(abs(log_bayes_factor))
    word = next((word for least, word in CALIBRATED if factor >= least), "weak")
    return f"{word} evidence {'for' if log_bayes_factor > 0 else 'against'}"


def factor(log_bayes_factor: float) -> str:
    """A Bayes factor; beyond a million only that."""
    if log_bayes_factor > np.log(1e6):
        return f">{NB}1,000,000"
    return numbers.ratio(float(np.exp(log_bayes_factor)))


@singledispatch
def sentence(found: Any) -> str:
    """For the domain of publication bias: one sentence and its numbers."""
    raise TypeError(f"nothing is said of {type(found).__name__}")


@singledispatch
def differs(found: Any) -> list[str]:
    """For the first screen: the answer with bias in the model, where it differs."""
    raise TypeError(f"nothing is said of {type(found).__name__}")


@sentence.register
def _(found: Assessment) -> str:
    label = inside(MEASURES[found.studies.measure].label)
    adjusted, main = found.adjusted[found.shown], found.main[found.shown]
    said = (
        f"The pooled {label} is {value(adjusted)} {CALLED[found.asked.kind]}, and {value(main)} "
        "without regard to it."
    )
    if found.averaged is not None:
        bias = found.averaged.inclusion("bias")
        if bias is not None:
            said = (
                f"There is {strength(bias.log_bayes_factor)} publication bias: probability "
                f"{numbers.percent_prose(bias.posterior)}, Bayes factor "
                f"{factor(bias.log_bayes_factor)}. {said}"
            )
    return f"{said} {few(found)}".strip()


def few(found: Assessment) -> str:
    """What fewer than ten studies can tell of bias; empty for more."""
    if not found.few:
        return ""
    worst = max(found.overlaps.values(), default=1.0)
    return (
        f"With {len(found.studies)} studies little can be learnt of bias: prior and posterior of "
        f"its parameters share up to {numbers.percent_prose(worst)} of their area."
    )


def beside(summary: Summary) -> tuple[str, ...]:
    """For the first screen, where bias in the model moves the answer by half an SD or more."""
    found: Any = summary.publication
    return () if found is None else tuple(differs(found))


@differs.register
def _(found: Assessment) -> list[str]:
    if not found.matters:
        return []
    label = inside(MEASURES[found.studies.measure].label)
    return [
        f"Publication bias may matter: the pooled {label} is "
        f"{value(found.adjusted[found.shown])} {CALLED[found.asked.kind]}, which is "
        f"{numbers.number(abs(found.change), 1)} posterior standard deviations away."
    ]


def asymmetry(found: Assessment) -> list[str]:
    """The tests that reviewers ask for, as what they are."""
    if found.regression is None or found.rank is None:
        return []
    r, k = found.regression, found.rank
    out = [
        "Egger's regression test (of asymmetry, whatever its cause; not of publication bias): "
        f"slope {numbers.number(r.slope)}, t {numbers.number(r.t)} on {r.df} degrees of freedom, "
        f"p {numbers.small(r.p)}.",
        f"Begg's rank test: Kendall's tau {numbers.number(k.tau)}, p {numbers.small(k.p)}; it has "
        "less power still.",
    ]
    if found.few:
        out.append(
            "Both are advised against with fewer than ten studies: they would miss most asymmetry."
        )
    return out


def learnt(found: Assessment) -> list[str]:
    """How much the data told of the parameters of the bias."""
    out = []
    for name, share in found.overlaps.items():
        told = "the data say little of it" if share > OVERLAPPING else "the data inform it"
        out.append(
            f"Prior and posterior of {name} share {numbers.percent_prose(share)} of their area: "
            f"{told}."
        )
    return out
