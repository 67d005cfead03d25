"""From a test result to a decision: post-test probability and net benefit, with credible bands.

References
----------
Fagan (1975), N Engl J Med 293:257 (nomogram); Vickers & Elkin (2006), Med Decis Making 26:565-574
(net benefit); Wynants et al. (2018), Stat Med 37:2034-2052 (net benefit across studies).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.accuracy.quantities import MARGINS, SENS
from bayespool.accuracy.roc import predictive_values
from bayespool.estimands import LOWER, UPPER
from bayespool.guideline.findings import check_prevalences
from bayespool.quantity import WHOLE, Group, point

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
POINTS = 199
SHARES = 101
TINY = 1e-300


@dataclass(frozen=True)
class Curve:
    """Median and 95 % equal-tailed band of a quantity along an axis, all of shape (n_points,)."""

    x: Array
    median: Array
    lower: Array
    upper: Array


def post_test(
    fitted: Fit, label: Group = WHOLE, x: Array | None = None, *, new: bool = False
) -> dict[str, Curve]:
    """Probability of the condition after a positive and a negative result, by that before.

    Parameters
    ----------
    fitted : Fit
        Of an accuracy model.
    label : str
        Test or group, where there are several.
    x : array, shape (n_points,), optional
        Probabilities before the test; 199 between 0 and 1 by default.
    new : bool
        With the accuracy of a new study instead of the pooled one.
    """
    before = np.linspace(0.005, 0.995, POINTS) if x is None else np.asarray(x, float)
    check_prevalences(before.tolist())
    sens, spec = _draws(fitted, label, new)
    positive, negative = [], []
    for p in before:
        ppv, npv = predictive_values(sens, spec, float(p))
        positive.append(_band(ppv))
        negative.append(_band(1.0 - npv))
    return {
        "positive": Curve(before, *np.array(positive).T),
        "negative": Curve(before, *np.array(negative).T),
    }


def net_benefit(
    fitted: Fit,
    prevalence: float,
    label: Group = WHOLE,
    x: Array | None = None,
    *,
    new: bool = False,
) -> dict[str, Curve]:
    """Net benefit of testing, of treating all and of treating none, by the threshold probability.

    In true positives per person tested: ``sens p - (1 - spec)(1 - p) t / (1 - t)``. A panel that
    treats at a probability of t accepts ``(1 - t) / t`` needless treatments for one rightly given.

    Parameters
    ----------
    prevalence : float
        In (0, 1).
    x : array, shape (n_points,), optional
        Threshold probabilities.
    new : bool
        With the accuracy of a new study instead of the pooled one.

    Returns
    -------
    dict of str to Curve
        ``test``, ``all`` and ``none``; and ``chance``, whose median is the posterior probability
        that testing is the best of the three.
    """
    check_prevalences([prevalence])
    t = np.linspace(0.005, 0.995, POINTS) if x is None else np.asarray(x, float)
    check_prevalences(t.tolist())
    sens, spec = _draws(fitted, label, new)
    odds = t / (1.0 - t)
    everyone = prevalence - (1.0 - prevalence) * odds
    bands, chance = [], []
    for weight, treat_all in zip(odds, everyone, strict=True):
        benefit = sens * prevalence - (1.0 - spec) * (1.0 - prevalence) * weight
        bands.append(_band(benefit))
        chance.append(float(np.mean(benefit > max(treat_all, 0.0))))
    zero = np.zeros_like(t)
    best = np.array(chance)
    return {
        "test": Curve(t, *np.array(bands).T),
        "all": Curve(t, everyone, everyone, everyone),
        "none": Curve(t, zero, zero, zero),
        "chance": Curve(t, best, best, best),
    }


@dataclass(frozen=True)
class AnyPrevalence:
    """Of one test, what its results mean at every prevalence and treatment threshold.

    Odds turn with those of the prevalence, so that predictive values follow from those of an even
    chance; and the net benefit of any prevalence p and threshold t is ``p + (1 - p) t / (1 - t)``
    times ``sens (1 - u) - (1 - spec) u``, where u is the share of the second summand in the sum.

    Attributes
    ----------
    sens, spec, ppv, npv : arrays, shape (3,)
        Median and 95 % limits; predictive values of a prevalence of 1/2.
    gain : array, shape (n_points, 4)
        Of u from 0 to 1 in equal steps: median and limits of ``sens (1 - u) - (1 - spec) u``, and
        the probability that it is above that of treating all and of treating none.
    """

    sens: Array
    spec: Array
    ppv: Array
    npv: Array
    gain: Array


def of_any_prevalence(fitted: Fit, label: Group = WHOLE) -> AnyPrevalence:
    """Of the pooled accuracy."""
    sens, spec = _draws(fitted, label, new=False)
    gains = []
    for u in np.linspace(0.0, 1.0, SHARES):
        gain = sens * (1.0 - u) - (1.0 - spec) * u
        gains.append([*_band(gain), np.mean(gain > max(1.0 - 2.0 * u, 0.0))])
    ppv, npv = predictive_values(sens, spec, 0.5)
    return AnyPrevalence(_band(sens), _band(spec), _band(ppv), _band(npv), np.array(gains))


def _draws(fitted: Fit, label: Group, new: bool) -> tuple[Array, Array]:
    margins = [point(m, "new" if new else "pooled", Group(label)) for m in MARGINS]
    if not all(name in fitted.samples for name in margins):
        allowed = [e.group for e in fitted.named.values() if e == point(SENS, group=e.group)]
        raise ValueError(f"label={label!r}; allowed: {', '.join(filter(None, allowed)) or 'none'}")
    # a new study may lie as far out as numbers go, and 0 people of 0 have no probability
    sens, spec = (np.maximum(fitted.samples[name], TINY) for name in margins)
    return sens, spec


def _band(values: Array) -> Array:
    return np.quantile(values, [0.5, LOWER, UPPER])
