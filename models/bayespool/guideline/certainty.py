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
from typing import TYPE_CHECKING

import numpy as np

from bayespool.estimands import Probability, Statement, probability
from bayespool.quantity import Estimand, Range

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit

# ends of what an estimand may be, in words
RANGES: dict[Range, tuple[float, float, str]] = {
    "proportion": (0.0, 1.0, "proportions above 0 and below 1"),
    "correlation": (-1.0, 1.0, "correlations above -1 and below 1"),
    "positive": (0.0, np.inf, "numbers above 0"),
    "real": (-np.inf, np.inf, "all numbers"),
}


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
    def estimand(self) -> Estimand:
        """What is known of it beside its numbers."""
        return self.estimate.estimand

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
        elsewhere = estimate.estimand.new
        new = None if elsewhere is None else fitted.estimates.get(elsewhere)
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
    transform = _SCALES[fitted.named[name].range]
    after = transform(np.asarray(fitted.samples[name], float))
    before = transform(np.asarray(fitted.prior_samples[name], float))
    spread, of_prior = _spread(after), _spread(before)
    return min((spread / of_prior) ** 2, 1.0) if spread < of_prior else 1.0


def _spread(values: np.ndarray) -> float:
    """Half the central 68 %: what a heavy tail of the prior does not move."""
    low, high = np.quantile(values, [0.1587, 0.8413])
    return float(high - low) / 2.0


# on which an estimand is near normal
_SCALES: dict[Range, Callable[[np.ndarray], np.ndarray]] = {
    "proportion": lambda p: np.log(np.clip(p, 1e-12, 1.0)) - np.log(np.clip(1.0 - p, 1e-12, 1.0)),
    "correlation": lambda r: np.arctanh(np.clip(r, -1.0 + 1e-12, 1.0 - 1e-12)),
    "positive": lambda x: np.log(np.clip(x, 1e-300, 1e300)),
    "real": lambda x: x,
}


def check_thresholds(name: str, cuts: Sequence[float], fitted: Fit) -> None:
    """Raise ``ValueError`` unless thresholds are of a known estimand, in order and in range."""
    if name not in fitted.samples:
        raise ValueError(
            f"thresholds of {name!r}, which the model does not estimate; "
            f"allowed: {', '.join(fitted.samples)}"
        )
    check_order(name, cuts)
    low, high, words = RANGES[fitted.named[name].range]
    if not all(low < cut < high for cut in cuts):
        raise ValueError(f"thresholds {name}={_listed(cuts)}; allowed: {words}")


def check_order(name: str, cuts: Sequence[float]) -> None:
    """Raise ``ValueError`` unless there are thresholds, all numbers and increasing."""
    if not cuts or any(not a < b for a, b in pairwise(cuts)) or not np.isfinite(cuts).all():
        raise ValueError(f"thresholds {name}={_listed(cuts)}; allowed: one or more, increasing")


def _listed(cuts: Sequence[float]) -> str:
    return ",".join(f"{cut:g}" for cut in cuts) or "(none)"
