"""What another prior changes: which parameter, in what direction, and by how much.

An alternative is plausible where it is the same belief held more tightly or more loosely: it
reaches from half to twice as far as the prior of the fit. Flat, heavy-tailed and far narrower
priors are worth a look as extremes, but are no reason to doubt an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.priors import LKJ, HalfCauchy, HalfStudentT, LogStudentT, StudentT, Uniform

if TYPE_CHECKING:
    from bayespool.fitted import Fit

FACTOR = 2.0  # how much further, or less far, a plausible alternative reaches
ROUNDING = 1.02  # scales of alternatives are printed, and fitted, to three digits
HEAVY = (HalfCauchy, HalfStudentT, StudentT, LogStudentT)


@dataclass(frozen=True)
class PriorChange:
    """How an alternative's priors differ from those of the fit.

    Attributes
    ----------
    names : tuple of str
        Hyperparameters whose prior differs.
    of : {"between", "within", "pooled", ""}
        What they are, where all are standard deviations between studies or within them, or pooled
        values.
    word : str
        ``wide``, ``narrow``, ``sceptical`` (narrower around no effect), ``flat``, ``heavy-tailed``.
    prior : str
        The other priors as their calls: ``HalfNormal(2)``.
    plausible : bool
    """

    names: tuple[str, ...]
    of: str
    word: str
    prior: str
    plausible: bool


def prior_change(fitted: Fit, model: Any) -> PriorChange | None:
    """What priors of another model differ from those of a fit; None where none does."""
    theirs = model.priors
    both = {
        name: (prior, theirs[name])
        for name, prior in fitted.model.priors.items()
        if name in theirs and theirs[name] != prior
    }
    if not both:
        return None
    factors = {name: reach(other) / reach(own) for name, (own, other) in both.items()}
    most = max(factors, key=lambda name: abs(np.log(factors[name])))
    return PriorChange(
        tuple(both),
        _role(fitted, set(both)),
        _word(*both[most], factors[most]),
        " and ".join(dict.fromkeys(repr(other) for _, other in both.values())),
        bool(abs(np.log(factors[most])) <= np.log(FACTOR * ROUNDING)),
    )


def reach(prior: Any) -> float:
    """How far a prior reaches: the 95 % quantile of a positive parameter, else half the 95 %."""
    if prior.non_negative:
        return float(prior.ppf(np.array([0.95]))[0])
    low, high = prior.ppf(np.array([0.025, 0.975])).tolist()
    return (high - low) / 2.0


def _word(own: Any, other: Any, factor: float) -> str:
    if isinstance(other, Uniform) or other == LKJ(1):
        return "flat"
    if isinstance(other, HEAVY) and not isinstance(own, HEAVY):
        return "heavy-tailed"
    if factor >= 1.0:
        return "wide"
    around_zero = other.support != "positive" and abs(other.ppf(np.array([0.5]))[0]) < 1e-9
    return "sceptical" if around_zero else "narrow"


def _role(fitted: Fit, names: set[str]) -> str:
    """What all of the hyperparameters are, in a word; empty where they are of several kinds."""
    hierarchy = fitted.hierarchy
    within = hierarchy.within.covariances if hierarchy.within is not None else ()
    roles = {
        # the overdispersion of a beta-binomial model is no standard deviation of the hierarchy
        "between": {*_scales(hierarchy.sigmas), fitted.model.spread},
        "within": _scales(within),
        "pooled": set(hierarchy.coefficients),
    }
    return next((role for role, known in roles.items() if names <= known), "")


def _scales(covariances: Any) -> set[str]:
    """Names of standard deviations, without the group that each may be of."""
    return {name.partition("[")[0] for sigma in covariances for name in sigma.scales}
