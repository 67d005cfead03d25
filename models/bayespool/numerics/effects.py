"""Effect sizes: from what a study prints to estimate and standard error on the scale of analysis.

Every function is vectorised NumPy, checks nothing (`bayespool.studies` does) and divides by zero
where a table allows no effect: the result is then infinite or not a number, never invented. A
number is added to the cells only where the caller asks for it with ``add``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bayespool.numerics.conversions import Array, floats


class Effect(NamedTuple):
    """Estimate and standard error on the scale of analysis, float arrays of one shape."""

    estimate: Array
    se: Array


def log_odds_ratio(
    e1: ArrayLike, n1: ArrayLike, e2: ArrayLike, n2: ArrayLike, add: float = 0.0
) -> Effect:
    """Log odds ratio of group 1 against group 2, with Woolf's standard error.

    Parameters
    ----------
    e1, n1, e2, n2
        People with the event and all people of each group.
    add
        Added to all four cells of the tables in which a cell is zero, to no other; 1/2 is
        metafor's default.

    References
    ----------
    Woolf B. Ann Hum Genet 1955;19:251-253. Cochrane Handbook for Systematic Reviews of
    Interventions, section 10.4. metafor ``escalc(measure="OR", to="only0")``.
    """
    a, b, c, d = _cells(e1, n1, e2, n2, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Effect(np.log(a) - np.log(b) - np.log(c) + np.log(d),
                      np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))  # fmt: skip


def log_risk_ratio(
    e1: ArrayLike, n1: ArrayLike, e2: ArrayLike, n2: ArrayLike, add: float = 0.0
) -> Effect:
    """Log risk ratio of group 1 against group 2, by the delta method.

    Parameters as in `log_odds_ratio`.

    References
    ----------
    Katz D, et al. Biometrics 1978;34:469-474. metafor ``escalc(measure="RR", to="only0")``.
    """
    a, b, c, d = _cells(e1, n1, e2, n2, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.log(a / (a + b)) - np.log(c / (c + d))
        return Effect(estimate, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))


def risk_difference(
    e1: ArrayLike, n1: ArrayLike, e2: ArrayLike, n2: ArrayLike, add: float = 0.0
) -> Effect:
    """Risk of group 1 minus risk of group 2 (proportions), binomial variances.

    Parameters as in `log_odds_ratio`.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.4.1.2. metafor
    ``escalc(measure="RD", to="only0")``.
    """
    a, b, c, d = _cells(e1, n1, e2, n2, add)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = a / (a + b), c / (c + d)
        return Effect(p1 - p2, np.sqrt(p1 * (1 - p1) / (a + b) + p2 * (1 - p2) / (c + d)))


def log_rate_ratio(
    e1: ArrayLike, time1: ArrayLike, e2: ArrayLike, time2: ArrayLike, add: float = 0.0
) -> Effect:
    """Log incidence rate ratio of group 1 against group 2, Poisson variances.

    Parameters
    ----------
    e1, e2
        Events.
    time1, time2
        Person-time of each group, in one unit.
    add
        Added to both counts where either is zero.

    References
    ----------
    Rothman KJ, Greenland S. Modern Epidemiology. metafor ``escalc(measure="IRR", to="only0")``.
    """
    a, b = floats(e1, e2)
    zero = (a == 0) | (b == 0)
    a, b = a + add * zero, b + add * zero
    t1, t2 = floats(time1, time2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Effect(np.log(a / t1) - np.log(b / t2), np.sqrt(1 / a + 1 / b))


def log_hazard_ratio(observed_minus_expected: ArrayLike, variance: ArrayLike) -> Effect:
    """Log hazard ratio from a log-rank test's observed minus expected events and their variance.

    References
    ----------
    Parmar MKB, Torri V, Stewart L. Stat Med 1998;17:2815-2834; Tierney JF, et al. Trials 2007;8:16.
    """
    difference, variance_ = floats(observed_minus_expected, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Effect(difference / variance_, 1 / np.sqrt(variance_))


def logit_proportion(events: ArrayLike, n: ArrayLike, add: float = 0.0) -> Effect:
    """Logit of a single group's proportion.

    Parameters
    ----------
    events, n
        People with the event, and all.
    add
        Added to events and non-events where either is zero.

    References
    ----------
    metafor ``escalc(measure="PLO", to="only0")``; Cox DR. Analysis of Binary Data, 1970.
    """
    e, total = floats(events, n)
    without = total - e
    zero = (e == 0) | (without == 0)
    e, without = e + add * zero, without + add * zero
    with np.errstate(divide="ignore", invalid="ignore"):
        return Effect(np.log(e) - np.log(without), np.sqrt(1 / e + 1 / without))


def mean_difference(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
) -> Effect:
    """Mean of group 1 minus mean of group 2, in the units of the outcome, unequal variances.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.1.1. metafor
    ``escalc(measure="MD")``.
    """
    m1, s1, k1, m2, s2, k2 = floats(mean1, sd1, n1, mean2, sd2, n2)
    return Effect(m1 - m2, np.sqrt(s1**2 / k1 + s2**2 / k2))


def standardised_mean_difference(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
    exact: bool = True,
) -> Effect:
    """Hedges' g: the difference of means in pooled SDs, corrected for small samples.

    The variance is ``1/n1 + 1/n2 + g**2 / (2 (n1 + n2))``, metafor's default (vtype "LS").

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2
        Of the two groups; n1 + n2 must be above 3.
    exact
        Correct by the exact ratio of gamma functions, as metafor does; else by Hedges'
        approximation ``1 - 3 / (4 df - 1)``.

    References
    ----------
    Hedges LV. J Educ Stat 1981;6:107-128, equations 6e and 8. metafor ``escalc(measure="SMD")``.
    """
    m1, s1, k1, m2, s2, k2 = floats(mean1, sd1, n1, mean2, sd2, n2)
    df = k1 + k2 - 2
    pooled = np.sqrt(((k1 - 1) * s1**2 + (k2 - 1) * s2**2) / df)
    estimate = small_sample_correction(df, exact) * (m1 - m2) / pooled
    return Effect(estimate, np.sqrt(1 / k1 + 1 / k2 + estimate**2 / (2 * (k1 + k2))))


def small_sample_correction(df: ArrayLike, exact: bool = True) -> Array:
    """Hedges' J, by which Cohen's d is multiplied; needs df > 1.

    References
    ----------
    Hedges LV. J Educ Stat 1981;6:107-128.
    """
    m = np.asarray(df, dtype=float)
    if not exact:
        return np.asarray(1 - 3 / (4 * m - 1))
    from scipy.special import gammaln

    return np.asarray(np.exp(gammaln(m / 2) - np.log(np.sqrt(m / 2)) - gammaln((m - 1) / 2)))


def log_response_ratio(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
) -> Effect:
    """Log of the ratio of two means, both above 0.

    References
    ----------
    Hedges LV, Gurevitch J, Curtis PS. Ecology 1999;80:1150-1156. metafor
    ``escalc(measure="ROM")``.
    """
    m1, s1, k1, m2, s2, k2 = floats(mean1, sd1, n1, mean2, sd2, n2)
    variance = s1**2 / (k1 * m1**2) + s2**2 / (k2 * m2**2)
    return Effect(np.log(m1 / m2), np.sqrt(variance))


def fisher_z(r: ArrayLike, n: ArrayLike) -> Effect:
    """Fisher's variance-stabilised correlation, artanh r with variance 1 / (n - 3).

    References
    ----------
    Fisher RA. Metron 1921;1:3-32. metafor ``escalc(measure="ZCOR")``.
    """
    r_, n_ = floats(r, n)
    return Effect(np.arctanh(r_), 1 / np.sqrt(n_ - 3))


def _cells(
    e1: ArrayLike, n1: ArrayLike, e2: ArrayLike, n2: ArrayLike, add: float
) -> tuple[Array, Array, Array, Array]:
    a, total1, c, total2 = floats(e1, n1, e2, n2)
    b, d = total1 - a, total2 - c
    more = add * ((a == 0) | (b == 0) | (c == 0) | (d == 0))
    return a + more, b + more, c + more, d + more
