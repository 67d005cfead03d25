"""What a fit predicts for a new study: at covariate values, and as counts of a study of a size.

References
----------
Higgins, Thompson & Spiegelhalter (2009), J R Stat Soc A 172:137-159 (prediction in meta-analysis).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool import frames
from bayespool.accuracy.quantities import SENS
from bayespool.estimands import summarise
from bayespool.quantity import MAIN, point, recorded
from bayespool.streams import rng

if TYPE_CHECKING:
    import pandas as pd

    from bayespool.fitted import Fit

Array = np.ndarray
ACCURACY = ("sens", "spec", "sens_new", "spec_new")
COUNTS = {"tp": ("sens_new", "n_diseased"), "tn": ("spec_new", "n_healthy")}


def predict(
    fitted: Fit, at: Mapping[str, Any], n_diseased: int = 0, n_healthy: int = 0
) -> pd.DataFrame:
    """The average study and a new one, at covariate values.

    Parameters
    ----------
    fitted : Fit
    at : mapping of covariate to value
        Covariates of the model that are not named stay at their mean or reference level.
    n_diseased, n_healthy : int
        Of accuracy: size of a new study, for which true positives and true negatives are predicted
        too, with the chance of its own sampling.

    Returns
    -------
    DataFrame
        Index ``estimand``: of accuracy ``sens``, ``spec`` (proportions, the average study),
        ``sens_new``, ``spec_new`` (a new study's true values), ``tp``, ``tn`` (counts); of an
        association its pooled and its new study's effect. Columns as in `Fit.summary`.

    Raises
    ------
    ValueError
        No such covariate or level, or a size of an association.
    """
    measure = fitted.model.measure
    if measure and (n_diseased or n_healthy):
        raise ValueError("n_diseased and n_healthy are of accuracy; allowed here: covariate values")
    if min(n_diseased, n_healthy) < 0:
        raise ValueError(f"n_diseased={n_diseased}, n_healthy={n_healthy}; allowed: 0 or more")
    check_values(fitted, at)
    samples = dict(_association(fitted, at) if measure else _accuracy(fitted, at))
    random = rng(fitted.seed, "predictive")
    for name, (share, size) in COUNTS.items():
        n = {"n_diseased": n_diseased, "n_healthy": n_healthy}[size]
        if n:
            samples[name] = random.binomial(n, samples[share]).astype(float)
    found = {name: summarise(name, x, fitted.draws.ancestor) for name, x in samples.items()}
    return frames.of_estimates(found, found)[list(frames.READ)]


def check_values(fitted: Fit, at: Mapping[str, Any]) -> None:
    """Refuse covariates and levels that the model does not have."""
    covariates = fitted.model.covariates
    for name, value in at.items():
        if name not in covariates:
            allowed = ", ".join(covariates) or "none, the model has no covariate"
            raise ValueError(f"no covariate {name!r} in the model; allowed: {allowed}")
        column = fitted.coding.covariates[name]
        if all(isinstance(x, int | float) for x in column):
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise ValueError(f"{name}={value!r}; allowed: a number")
        elif str(value) not in (levels := sorted(set(map(str, column)))):
            raise ValueError(f"{name}={value!r}; allowed: {', '.join(levels)}")


def _accuracy(fitted: Fit, at: Mapping[str, Any]) -> Mapping[str, Array]:
    if not at:
        if "sens" not in fitted.samples:
            groups = [e.group for e in fitted.named.values() if e == point(SENS, group=e.group)]
            raise ValueError(
                f"the model has no single average study, but one for each of {', '.join(groups)}: "
                "see summary(), or give covariate values"
            )
        return {name: fitted.samples[name] for name in ACCURACY if name in fitted.samples}
    new = fitted.new_effects
    if len(new) > 2:  # of one result of a new study
        new = new[:2] + new[2:4]
    hyper = dict(fitted.draws.hyper)
    own = fitted.model.estimands_at(hyper, new, fitted.coding, at)
    return {name: own[name] for name in ACCURACY}


def _association(fitted: Fit, at: Mapping[str, Any]) -> Mapping[str, Array]:
    from bayespool.association.quantities import coefficient
    from bayespool.design import design

    hyper = {name: fitted.draws.hyper[name] for name in fitted.hierarchy.names}
    columns = design(fitted.coding, fitted.model.covariates)
    moved = hyper["mu"]
    for term, x in zip(columns.terms, columns.at(at), strict=True):
        moved = moved + x * hyper[coefficient(term)]
    own = fitted.model.estimands(hyper | {"mu": moved}, fitted.new_effects, fitted.coding)
    return {e: own[e] for e in recorded(own).values() if e.role in (*MAIN, "new")}
