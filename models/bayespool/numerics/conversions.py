"""Standard errors, standard deviations and means from the statistics that studies print instead.

Vectorised NumPy that checks nothing (`bayespool.studies` does).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Moments(NamedTuple):
    """Mean and standard deviation, float arrays of one shape."""

    mean: Array
    sd: Array


def se_from_interval(
    low: ArrayLike, high: ArrayLike, level: ArrayLike = 0.95, df: ArrayLike = np.inf
) -> Array:
    """Standard error behind a confidence interval, both on the scale of analysis.

    Parameters
    ----------
    low, high
        Limits: of a ratio, their logarithms.
    level
        Confidence level, a proportion.
    df
        Degrees of freedom of the t distribution the interval was made with; infinite for the
        normal.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, sections 6.3.1 (ratios: normal) and
    6.5.2.3 (means of small samples: t).
    """
    lower, upper, confidence = floats(low, high, level)
    return (upper - lower) / (2 * _quantile((1 + confidence) / 2, df))


def se_from_p(estimate: ArrayLike, p: ArrayLike, df: ArrayLike = np.inf) -> Array:
    """Standard error behind an exact two-sided P value, under a Wald test of no effect.

    Parameters
    ----------
    estimate
        On the scale of analysis, not 0.
    p
        Two-sided P value in (0, 1).
    df
        Degrees of freedom of a t test; infinite for a z test.

    References
    ----------
    Altman DG, Bland JM. BMJ 2011;343:d2090. Cochrane Handbook for Systematic Reviews of
    Interventions, section 6.3.2.
    """
    estimate_, p_ = floats(estimate, p)
    return np.abs(estimate_) / -_quantile(p_ / 2, df)  # 1 - p/2 would be 1 below 1e-16


def se_from_statistic(estimate: ArrayLike, statistic: ArrayLike) -> Array:
    """Standard error behind a t or z statistic: the estimate divided by it.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.3.
    """
    estimate_, statistic_ = floats(estimate, statistic)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(estimate_ / statistic_))


def sd_from_sem(sem: ArrayLike, n: ArrayLike) -> Array:
    """Standard deviation from the standard error of a mean: ``sem * sqrt(n)``.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.2.
    """
    sem_, n_ = floats(sem, n)
    return sem_ * np.sqrt(n_)


def moments_from_quartiles(
    median: ArrayLike, q1: ArrayLike, q3: ArrayLike, n: ArrayLike
) -> Moments:
    """Mean and SD from a median and its quartiles, for data that are near normal.

    References
    ----------
    Mean: Luo D, et al. Stat Methods Med Res 2018;27:1785-1805, equation 11. SD: Wan X, et al. BMC
    Med Res Methodol 2014;14:135, equation 16.
    """
    m, low, high, n_ = floats(median, q1, q3, n)
    weight = 0.7 + 0.39 / n_
    mean = weight * (low + high) / 2 + (1 - weight) * m
    return Moments(mean, (high - low) / _quartile_width(n_))


def moments_from_range(
    median: ArrayLike, minimum: ArrayLike, maximum: ArrayLike, n: ArrayLike
) -> Moments:
    """Mean and SD from a median, minimum and maximum, for data that are near normal.

    References
    ----------
    Mean: Luo D, et al. Stat Methods Med Res 2018;27:1785-1805, equation 7. SD: Wan X, et al. BMC
    Med Res Methodol 2014;14:135, equation 9.
    """
    m, low, high, n_ = floats(median, minimum, maximum, n)
    weight = 4 / (4 + n_**0.75)
    mean = weight * (low + high) / 2 + (1 - weight) * m
    return Moments(mean, (high - low) / _range_width(n_))


def moments_from_five_numbers(
    median: ArrayLike,
    q1: ArrayLike,
    q3: ArrayLike,
    minimum: ArrayLike,
    maximum: ArrayLike,
    n: ArrayLike,
) -> Moments:
    """Mean and SD from a median, quartiles, minimum and maximum, for data that are near normal.

    References
    ----------
    Mean: Luo D, et al. Stat Methods Med Res 2018;27:1785-1805, equation 15. SD: Wan X, et al. BMC
    Med Res Methodol 2014;14:135, scenario C2 (the mean of the other two scenarios' SDs).
    """
    m, lower, upper, low, high, n_ = floats(median, q1, q3, minimum, maximum, n)
    of_range = 2.2 / (2.2 + n_**0.75)
    of_quartiles = 0.7 - 0.72 / n_**0.55
    mean = of_range * (low + high) / 2 + of_quartiles * (lower + upper) / 2
    mean += (1 - of_range - of_quartiles) * m
    sd = ((high - low) / _range_width(n_) + (upper - lower) / _quartile_width(n_)) / 2
    return Moments(mean, sd)


def floats(*values: ArrayLike) -> list[Array]:
    """Float arrays of one shape."""
    return [np.asarray(array) for array in
            np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))]  # fmt: skip


def _quantile(probability: ArrayLike, df: ArrayLike) -> Array:
    """Quantile of the t distribution; of the normal where ``df`` is infinite."""
    from scipy.special import ndtri, stdtrit

    p, df_ = floats(probability, df)
    finite = np.isfinite(df_)
    return np.asarray(np.where(finite, stdtrit(np.where(finite, df_, 1.0), p), ndtri(p)))


def _range_width(n: Array) -> Array:
    """Expected range of a normal sample in SDs, by Blom's approximation (Wan 2014)."""
    return 2 * _quantile((n - 0.375) / (n + 0.25), np.inf)


def _quartile_width(n: Array) -> Array:
    """Expected interquartile range of a normal sample in SDs (Wan 2014)."""
    return 2 * _quantile((0.75 * n - 0.125) / (n + 0.25), np.inf)
