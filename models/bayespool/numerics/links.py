"""Link functions: proportion to linear predictor and back, with what Newton's method needs.

NumPy and ``scipy.special`` only. A link is addressed by its name in :data:`LINKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

Array = np.ndarray


@dataclass(frozen=True)
class Link:
    """A link function for a proportion.

    Attributes
    ----------
    name : str
    forward : callable
        Proportion in (0, 1) to linear predictor.
    inverse : callable
        Linear predictor to proportion.
    log_inverse, log_complement : callable
        Logarithm of the proportion and of one minus it, accurate in both tails.
    density : callable
        Derivative of ``inverse``.
    """

    name: str
    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    log_inverse: Callable[[Array], Array]
    log_complement: Callable[[Array], Array]
    density: Callable[[Array], Array]


def _logistic_density(eta: Array) -> Array:
    p = special.expit(eta)
    return p * (1.0 - p)


def _normal_density(eta: Array) -> Array:
    return np.exp(-0.5 * eta * eta) / np.sqrt(2.0 * np.pi)


def _cloglog_rate(eta: Array) -> Array:
    # exp(700) is the edge of double precision; the proportion is 1 long before that
    return np.exp(np.minimum(eta, 700.0))


LINKS: dict[str, Link] = {
    "logit": Link(
        "logit",
        special.logit,
        special.expit,
        special.log_expit,
        lambda eta: special.log_expit(-eta),
        _logistic_density,
    ),
    "probit": Link(
        "probit",
        special.ndtri,
        special.ndtr,
        special.log_ndtr,
        lambda eta: special.log_ndtr(-eta),
        _normal_density,
    ),
    "cloglog": Link(
        "cloglog",
        lambda p: np.log(-np.log1p(-p)),
        lambda eta: -np.expm1(-_cloglog_rate(eta)),
        # a rate below double precision is the probability itself: its logarithm is eta
        lambda eta: np.where(
            eta < -30.0, eta, np.log(-np.expm1(-_cloglog_rate(np.maximum(eta, -30.0))))
        ),
        lambda eta: -_cloglog_rate(eta),
        lambda eta: np.exp(np.minimum(eta, 700.0) - _cloglog_rate(eta)),
    ),
}


def link(name: str) -> Link:
    """The link called `name`; an unknown name raises ``ValueError`` listing the allowed ones."""
    if name not in LINKS:
        raise ValueError(f"link={name!r} is unknown; allowed: {', '.join(LINKS)}")
    return LINKS[name]


def mean_proportion(mu: Array, tau: Array, g: Link, points: int = 41) -> Array:
    """Mean proportion over studies, ``E[g^-1(mu + tau z)]`` with z standard normal."""
    z, step = np.linspace(-7.0, 7.0, points, retstep=True)
    weight = np.exp(-0.5 * z * z) * step / np.sqrt(2.0 * np.pi)
    total = np.zeros(np.shape(mu))
    for value, w in zip(z, weight, strict=True):
        total += w * g.inverse(mu + tau * value)
    return total
