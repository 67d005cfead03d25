"""What models of associations estimate, in words: the names of their numbers."""

from __future__ import annotations

from typing import Any

from bayespool.design import Term
from bayespool.quantity import FREEDOM, Estimand, Quantity, Range, Role, Unit, point
from bayespool.studies.measures import GROUPS, MEASURES

# by how the measure is come back to: unit and range
_BACK: dict[str, tuple[Unit, Range]] = {
    "exp": ("ratio", "positive"),
    "tanh": ("number", "correlation"),
    "expit": ("number", "proportion"),
    "lacking": ("number", "real"),
    "identity": ("effect", "real"),
}
SPREADS = ("tau", "tau2", "tau_within", "psi")
OF_BIAS = ("pet", "peese", "weights", "delta", "a", "b")
# label, unit and range of hyperparameters and of what follows from them
_PARAMETERS: dict[str, tuple[str, Unit, Range]] = {
    "tau": ("Between-study SD of the {analysed}", "effect", "positive"),
    "tau2": ("Between-study variance of the {analysed}", "effect", "positive"),
    "tau_within": ("SD between results of one study", "effect", "positive"),
    "psi": ("Overdispersion ψ of the {measure}", "effect", "positive"),
    "icc": ("Share of the variance that is between studies (intra-study correlation)",
            "proportion", "proportion"),
    "I2": ("I² (share of the variation that is between studies)", "proportion", "proportion"),
    "dependence": ("Odds ratio between before and after within people", "ratio", "positive"),
    "beta": ("Coefficients", "number", "real"),
    "pet": ("Slope on the standard error (PET)", "number", "positive"),
    "peese": ("Slope on the variance (PEESE)", "number", "positive"),
    "weights": ("Weights of the intervals of p", "number", "positive"),
    "delta": ("Rate δ of the weight of p", "number", "positive"),
    "a": ("First parameter of the beta weight of p", "number", "positive"),
    "b": ("Second parameter of the beta weight of p", "number", "positive"),
}  # fmt: skip


def analysed(measure: str) -> Quantity:
    """The effect on the scale of analysis: ``mu``, a log odds ratio."""
    return Quantity("mu", MEASURES[measure].analysis_label, "effect", called=True)


def told(measure: str) -> Quantity:
    """The effect on its measure's own scale: ``mu_ratio``, an odds ratio; or that of analysis."""
    found = MEASURES[measure]
    unit, numbers = _BACK[found.back]
    if measure == "proportion":
        unit = "proportion"
    return Quantity("mu", found.label, unit, numbers, found.ending, called=True)


def pooled(studies: Any, quantity: Quantity) -> Estimand:
    """The mean over studies; nothing is pooled where there is one study."""
    role: Role = "pooled" if len(set(studies.study)) > 1 else "alone"
    return point(quantity, role)


def mean_proportion() -> Estimand:
    """The mean of the studies' proportions."""
    label = MEASURES["proportion"].label
    return point(Quantity("mu_proportion", label, "proportion", "proportion"), "marginal")


def parameter(name: str, measure: str) -> Estimand:
    """A hyperparameter, or what follows from several."""
    if name == FREEDOM:
        return FREEDOM
    label, unit, numbers = _PARAMETERS[name]
    found = MEASURES[measure]
    words = label.format(measure=found.label, analysed=found.analysis_label)
    role: Role = "parameter"
    if name in SPREADS:
        role = "spread"
    elif name in OF_BIAS:
        role = "bias"
    return Estimand(name, Quantity(name, words, unit, numbers), role)


def weight(name: str, low: float, high: float, sides: int = 1) -> Estimand:
    """How probable studies are to be seen whose p value lies between two, relative to others."""
    words = f"Weight of {'one' if sides == 1 else 'two'}-sided p from {low:g} to {high:g}"
    return Estimand(name, Quantity("omega", words, "number", "positive"), "bias")


def coefficient(term: Term) -> Estimand:
    """Of a covariate, on the scale of analysis."""
    what = f"Coefficient of {term.words}"
    return Estimand(f"beta_{term.name}", Quantity("beta", what, "effect"), "coefficient")


def absolute(name: str, risk: str, groups: tuple[str, str] = GROUPS) -> Estimand:
    """Risk of group 1, or the difference in risk, where that of group 2 is `risk`."""
    words, numbers = _AT_RISK[name]
    label = words.format(groups[0])
    quantity = Quantity(name, label, "proportion", numbers)
    words = f"{label} where that of {groups[1]} is {risk}"
    return Estimand(f"{name}@{risk}", quantity, "absolute", what=words)


_AT_RISK: dict[str, tuple[str, Range]] = {
    "risk": ("Risk in {}", "proportion"),
    "difference": ("Difference in risk", "real"),
}
