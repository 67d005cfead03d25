"""Counts of two groups given a risk ratio or a risk difference, the overall risk integrated out.

``p = (n1 p1 + n2 p2) / (n1 + n2)``, the risk of all people together, is uniform, and with the
effect it gives both risks; where one of them were beyond 0 or 1 the likelihood is zero. The number
of events expected in a study thus does not depend on its effect, so that a study without events
says nothing of a ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from bayespool.numerics.hypergeometric import log_choose
from bayespool.numerics.log_concave import LogConcave

if TYPE_CHECKING:
    from bayespool.numerics.hypergeometric import Margins

Array = np.ndarray
NODES, STEP = 33, 0.27  # fewest of the trapezoidal rule, and its widest step on the logit scale
DROP = 28.0  # nats below the peak where it ends: 7e-13
REACH = 80.0  # on the logit scale, where the density falls by the factor e a unit at least
HALVINGS, NARROW = 24, 1e-3  # of the search for the peak; the least width of one side of it
TINY = 1e-300  # in the place of 0, of which logarithms are taken
GRID = 48  # overall risks that are drawn from
NEAR = 25.0  # nats that are left out at a bound of the overall risk


def log_likelihood(measure: str, counts: Array, share: float, x: Array) -> Array:
    """Log likelihood of tables without their binomial coefficients, to about 1e-11.

    Parameters
    ----------
    measure : {"rr", "rd"}
    counts : array of int, shape (n_tables, 4)
        Events and people of group 1, events and people of group 2.
    share : float
        Of group 1 among the people whose overall risk is uniform.
    x : array, shape (n_points,)
        Log risk ratio, or the inverse hyperbolic tangent of the risk difference.

    Returns
    -------
    array, shape (n_tables, n_points)
    """
    out = np.empty((len(counts), len(x)))
    e1, n1, e2, n2 = counts.T
    # the group with the larger risk, and the other: both have lost its sign
    for here, more, less, part in ((x > 0, (e1, n1), (e2, n2), share),
                                   (x <= 0, (e2, n2), (e1, n1), 1.0 - share)):  # fmt: skip
        if measure == "rr":
            out[:, here] = _log_of_ratio(more, less, part, np.abs(x[here]))
        else:
            out[:, here] = _log_of_difference(more, less, np.abs(x[here]))
    return out


def _log_of_ratio(
    more: tuple[Array, Array], less: tuple[Array, Array], share: float, size: Array
) -> Array:
    """With ``u`` the larger risk and ``u exp(-x)`` the smaller one, a sum of beta integrals.

    ``int u^t (1 - u)^b (1 - u + g u)^h du`` with ``g = 1 - exp(-x)`` is the sum over i of
    ``C(h, i) g^i B(t + i + 1, b + h - i + 1)``, whose weights are log-concave in i.
    """
    constant = np.log(share + (1.0 - share) * np.exp(-size))
    tilt = np.log(np.maximum(-np.expm1(-size), TINY))
    out = np.empty((len(more[0]), len(size)))
    for k, (e, n, e_less, n_less) in enumerate(zip(*more, *less, strict=True)):
        t, b, h = e + e_less, n - e, n_less - e_less
        i = np.arange(h + 1)
        weights = log_choose(h, i) + special.betaln(t + i + 1.0, b + h - i + 1.0)
        out[k] = LogConcave(weights).log_sum(tilt) - e_less * size + constant
    return out


def _log_of_difference(more: tuple[Array, Array], less: tuple[Array, Array], size: Array) -> Array:
    """With ``u`` from 0 to 1 the larger risk is ``d (1 - u) + u`` and the smaller ``(1 - d) u``.

    The likelihood is ``u^a (1 - u)^b (d (1 - u) + u)^g (1 - u + d u)^h`` times a constant.
    """
    e, n, e_less, n_less = (column[:, None].astype(float) for column in (*more, *less))
    d = np.broadcast_to(np.tanh(size), (len(e), len(size)))
    left = np.log(2.0) - np.logaddexp(0.0, 2.0 * size)  # log(1 - d)
    return (n - e + e_less + 1.0) * left + _log_integral(e_less, n - e, e, n_less - e_less, d)


def _log_integral(a: Array, b: Array, g: Array, h: Array, d: Array) -> Array:
    """Log of the integral over u by the trapezoidal rule in its logit, around the peak.

    In the logit the integrand is analytic in a strip of width pi around the real line and falls
    exponentially, so that the error of the rule falls exponentially with its step.
    """
    whole = a + b + g + h + 2.0

    def height(z: Array) -> Array:
        odds = np.exp(z)
        # rounding of 1 + odds costs 1e-16 a person
        out = (a + 1.0) * z - whole * np.log(1.0 + odds)
        out += g * np.log(d + odds)
        out += h * np.log(1.0 + d * odds)
        return out

    low, high = np.full(d.shape, -REACH), np.full(d.shape, REACH)
    for _ in range(HALVINGS):  # the likelihood is log-concave in the overall risk: one peak
        z = 0.5 * (low + high)
        odds = np.exp(z)
        slope = a + 1.0 + g * odds / (d + odds) + h * d * odds / (1.0 + d * odds)
        rising = slope > whole * odds / (1.0 + odds)
        low, high = np.where(rising, z, low), np.where(rising, high, z)
    peak = 0.5 * (low + high)
    top = height(peak)
    left, right = (peak + way * _width(height, peak, top, way) for way in (-1.0, 1.0))
    nodes = max(NODES, int(np.ceil(np.max(right - left, initial=0.0) / STEP)) + 1)
    step = (right - left) / (nodes - 1)
    total = np.zeros(d.shape)
    for some in np.array_split(np.arange(nodes), -(-nodes // 16)):  # blocks that stay in cache
        z = left + step * some.reshape((-1,) + (1,) * left.ndim)
        total += np.exp(height(z) - top).sum(axis=0)
    return np.log(total * step) + top


def _width(height: Callable[[Array], Array], peak: Array, top: Array, way: float) -> Array:
    """How far from the peak the height is `DROP` below it, by halving ratios."""
    near, far = np.full_like(peak, NARROW), np.full_like(peak, REACH)
    for _ in range(HALVINGS // 3):
        middle = np.sqrt(near * far)
        inside = height(peak + way * middle) > top - DROP
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return far


def draw_log_odds_ratio(
    measure: str,
    margins: Margins,
    effect: Array,
    log_normaliser: Callable[[Array], Array],
    rng: np.random.Generator,
) -> Array:
    """Log odds ratio at an overall risk drawn given the total of events, one for each effect.

    The overall risk comes from its density on a grid of its logit that a random shift moves for
    each draw: as exact as the trapezoidal rule on that grid.

    Parameters
    ----------
    margins : Margins
        With more than one possible table.
    effect : array, shape (n_draws,)
        Log risk ratios, or inverse hyperbolic tangents of risk differences.
    log_normaliser : callable
        Of these margins, vectorised.
    """
    size, first = np.abs(effect), effect > 0
    n_more = np.where(first, margins.people, margins.others)
    n_less = np.where(first, margins.others, margins.people)
    n, total = margins.people + margins.others, margins.total
    if measure == "rr":
        apart, shrunk = np.zeros_like(size), np.exp(-size)
        least, most = apart, (n_more + n_less * shrunk) / n
    else:
        apart, shrunk = np.tanh(size), 2.0 / (1.0 + np.exp(2.0 * size))
        least, most = apart * n_more / n, 1.0 - apart * n_less / n
    low, high = _range_of_logit(margins, least, most)
    logit = low + (high - low) / GRID * (np.arange(GRID)[:, None] + rng.random(len(effect)))
    u, rest = 1.0 / (1.0 + np.exp(-logit)), 1.0 / (1.0 + np.exp(logit))
    # the group with the larger risk, and the other
    p_more, q_more = (u, rest) if measure == "rr" else (apart + shrunk * u, shrunk * rest)
    p_less = shrunk * u
    q_less = rest + (1.0 - shrunk) * u
    odds = np.log(p_less / q_less)
    ratio = np.log(p_more / q_more) - odds
    # of group 1 given the other's odds; the normaliser counts the first group's events
    log_p = n_more * np.log(q_more) + n_less * np.log(q_less) + np.log(u * rest)
    sign = np.where(first, 1.0, -1.0)
    of_second = np.where(first, odds, odds + ratio)
    ratio = sign * ratio
    log_p += total * of_second + log_normaliser(ratio)
    mass = np.cumsum(np.exp(log_p - log_p.max(axis=0)), axis=0)
    chosen = np.sum(mass < rng.random(len(effect)) * mass[-1], axis=0)
    return np.take_along_axis(ratio, chosen[None], axis=0)[0]


def _range_of_logit(margins: Margins, least: Array, most: Array) -> tuple[Array, Array]:
    """Where the place of the overall risk between its bounds lies given the total, as a logit."""
    a, whole = margins.total + 1.0, margins.people + margins.others + 2.0

    def height(z: Array) -> Array:
        return a * z - whole * np.log(1.0 + np.exp(z))

    # of one risk for all, which is the widest
    peak = np.array(np.log(a / (whole - a)))
    ends = (peak + way * _width(height, peak, height(peak), way) for way in (-1.0, 1.0))
    low, high = ((1.0 / (1.0 + np.exp(-z)) - least) / (most - least) for z in ends)
    # beyond a bound, what is near it: the density falls by e within 1 / scale of the way, or sooner
    share = NEAR / np.maximum(whole * (most - least), 2.0 * NEAR)
    high_end = np.where(high > 0.0, np.minimum(high, 1.0), share)
    low_end = np.where(low < 1.0, np.maximum(low, 0.0), 1.0 - share)
    with np.errstate(divide="ignore"):
        left, right = np.log(low_end / (1.0 - low_end)), np.log(high_end / (1.0 - high_end))
    both = np.isinf(left) & np.isinf(right)
    left = np.where(np.isinf(left), np.where(both, 0.0, right) - NEAR, left)
    return left, np.where(np.isinf(right), np.where(both, 0.0, left) + NEAR, right)
