"""What the numbers say about certainty: bands between judgement thresholds, and what crosses them.

The judgements themselves are a panel's: see `bayespool.guideline.judgements`.

References
----------
Schuenemann (2016), J Clin Epidemiol 75:6-15 (thresholds and certainty); Zeng et al. (2021), J Clin
Epidemiol 137:163-175 (imprecision against a target); Guyatt et al. (2011), J Clin Epidemiol
64:1294-1302 (inconsistency).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from bayespool.estimands import Probability, Statement, probability

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit

UNIT = ("sens", "spec", "fpr", "ppv", "npv", "prev", "auc", "icc", "I2")
PROPORTIONS = ("_proportion", "_proportion_marginal")
POSITIVE = ("dor", "lr_pos", "lr_neg", "dependence", "tau", "tau2", "nu", "psi")


@dataclass(frozen=True)
class Band:
    """Between two thresholds; open ends are infinite."""

    low: float
    high: float
    probability: Probability


@dataclass(frozen=True)
class Support:
    """What an estimate's numbers say to the certainty about it.

    Parameters
    ----------
    name : str
        Of the estimand.
    estimate : Estimate
    new : Estimate or None
        Of a new study, where the model tells of one.
    bands : tuple of Band
        Of the pooled value, from low to high.
    crossed : tuple of float
        Thresholds inside the 95 % credible interval: imprecision.
    crossed_new : tuple of float
        Thresholds inside the 95 % prediction interval: inconsistency.
    prior_share : float
        Of the information about the pooled value, on the scale that it is modelled on, how much
        came from the prior: prior precision over posterior precision, at most 1.
    """

    name: str
    estimate: Estimate
    new: Estimate | None
    bands: tuple[Band, ...]
    crossed: tuple[float, ...]
    crossed_new: tuple[float, ...]
    prior_share: float

    @property
    def likely(self) -> Band:
        """The band with most of the probability."""
        return max(self.bands, key=lambda band: band.probability.prob)


def support(fitted: Fit, thresholds: Mapping[str, Sequence[float]]) -> tuple[Support, ...]:
    """Bands and crossings of every estimand that has thresholds.

    Parameters
    ----------
    fitted : Fit
    thresholds : mapping of estimand name to increasing cut-offs
        On the scale of the estimand: proportions for accuracy, ``mu_ratio`` as a ratio.

    Raises
    ------
    ValueError
        An unknown estimand, or thresholds out of order or out of range.
    """
    out = []
    for name, cuts in thresholds.items():
        check_thresholds(name, cuts, fitted)
        estimate = fitted.estimates[name]
        stem, bracket, rest = name.partition("[")
        parts = stem.split("_", 1)
        new_name = "_".join([parts[0], "new", *parts[1:]]) + bracket + rest
        new = fitted.estimates.get(new_name)
        out.append(
            Support(
                name,
                estimate,
                new,
                bands(fitted, name, cuts),
                crossed(estimate, cuts),
                crossed(new, cuts) if new is not None else (),
                prior_share(fitted, name),
            )
        )
    return tuple(out)


def bands(fitted: Fit, name: str, cuts: Sequence[float]) -> tuple[Band, ...]:
    """Posterior probability of each band between thresholds; a value on a threshold is above it."""
    samples, ancestor = fitted.samples[name], fitted.draws.ancestor
    edges = (-np.inf, *cuts, np.inf)
    return tuple(
        Band(
            low,
            high,
            probability(_between(name, low, high), (samples >= low) & (samples < high), ancestor),
        )
        for low, high in pairwise(edges)
    )


def _between(name: str, low: float, high: float) -> Statement:
    if np.isinf(low):
        return Statement(name, "<", high)
    if np.isinf(high):
        return Statement(name, ">=", low)
    return Statement(name, "band", low, high)


def crossed(estimate: Estimate, cuts: Sequence[float]) -> tuple[float, ...]:
    """Thresholds inside the interval."""
    return tuple(cut for cut in cuts if estimate.lower < cut < estimate.upper)


def prior_share(fitted: Fit, name: str) -> float:
    """Variance of the posterior over that of the prior, on a scale where both are near normal.

    At most 1, and 1 where the prior has no spread: then all that is said is its own.
    """
    transform = _scale_of(name)
    after = transform(np.asarray(fitted.samples[name], float))
    before = transform(np.asarray(fitted.prior_samples[name], float))
    spread, of_prior = _spread(after), _spread(before)
    return min((spread / of_prior) ** 2, 1.0) if spread < of_prior else 1.0


def _spread(values: np.ndarray) -> float:
    """Half the central 68 %: what a heavy tail of the prior does not move."""
    low, high = np.quantile(values, [0.1587, 0.8413])
    return float(high - low) / 2.0


def _scale_of(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """The scale on which an estimand is near normal."""
    kind = _range_of(name)
    if kind == "proportion":
        return lambda p: np.log(np.clip(p, 1e-12, 1.0)) - np.log(np.clip(1.0 - p, 1e-12, 1.0))
    if kind == "positive":
        return lambda x: np.log(np.clip(x, 1e-300, 1e300))
    return lambda x: x


def _range_of(name: str) -> Literal["proportion", "positive", "real"]:
    """Which numbers an estimand may be; of a coefficient all, whatever its covariate is called."""
    stem = name.partition("[")[0].partition("@")[0]
    if stem.startswith("beta_") or stem.endswith(("_difference", "_rank")):
        return "real"
    if stem.endswith("_ratio") or stem in POSITIVE:
        return "positive"
    proportion = stem.partition("_")[0] in UNIT or stem.endswith(PROPORTIONS)
    return "proportion" if proportion else "real"


def check_thresholds(name: str, cuts: Sequence[float], fitted: Fit) -> None:
    """Raise ``ValueError`` unless thresholds are of a known estimand, in order and in range."""
    if name not in fitted.samples:
        raise ValueError(
            f"thresholds of {name!r}, which the model does not estimate; "
            f"allowed: {', '.join(fitted.samples)}"
        )
    check_cuts(name, cuts)


def check_cuts(name: str, cuts: Sequence[float]) -> None:
    """Raise ``ValueError`` unless thresholds are in order and in the range of their estimand."""
    if not cuts or any(not a < b for a, b in pairwise(cuts)) or not np.isfinite(cuts).all():
        raise ValueError(f"thresholds {name}={_listed(cuts)}; allowed: one or more, increasing")
    low, high, words = {
        "proportion": (0.0, 1.0, "proportions above 0 and below 1"),
        "positive": (0.0, np.inf, "numbers above 0"),
        "real": (-np.inf, np.inf, "all numbers"),
    }[_range_of(name)]
    if not all(low < cut < high for cut in cuts):
        raise ValueError(f"thresholds {name}={_listed(cuts)}; allowed: {words}")


def _listed(cuts: Sequence[float]) -> str:
    return ",".join(f"{cut:g}" for cut in cuts) or "(none)"
