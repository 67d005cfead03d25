"""Priors of proportions, of correlations, and of weights that fall from one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.numerics.links import link
from bayespool.priors.distribution import Call, Distribution, number_text
from bayespool.priors.real import Normal

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Beta(Call):
    """Beta with parameters `a` and `b`, of a share between 0 and 1."""

    a: float
    b: float
    support: ClassVar[str] = "unit"
    positive_parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def logpdf(self, x: Array) -> Array:
        inside = special.xlogy(self.a - 1.0, x) + special.xlog1py(self.b - 1.0, -np.asarray(x))
        return inside - special.betaln(self.a, self.b)

    def ppf(self, u: Array) -> Array:
        return special.betaincinv(self.a, self.b, u)

    def cdf(self, x: Array) -> Array:
        """Distribution function."""
        return special.betainc(self.a, self.b, x)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Beta(name, self.a, self.b)


@dataclass(frozen=True, repr=False, init=False)
class CumulativeDirichlet(Distribution):
    """Weights of intervals of p values that fall from 1: sums of a Dirichlet vector from its end.

    ``CumulativeDirichlet(1, 1, 1)`` is of three weights: 1, and two ordered uniform ones. Ratios of
    neighbours are independent: ``omega[j+1] / omega[j] ~ Beta(alpha[j+1] + ... , alpha[j])``.

    References
    ----------
    Maier, Bartos & Wagenmakers (2023), Psychol Methods 28:107-122.
    """

    alpha: tuple[float, ...]
    support: ClassVar[str] = "weights"

    def __init__(self, *alpha: float) -> None:
        if len(alpha) < 2 or not all(
            isinstance(a, int | float) and not isinstance(a, bool) and 0 < a < np.inf for a in alpha
        ):
            raise ValueError(
                f"CumulativeDirichlet{alpha!r}: allowed are two or more numbers above 0, one for "
                "every interval of p values"
            )
        object.__setattr__(self, "alpha", tuple(map(float, alpha)))

    def __repr__(self) -> str:
        return f"CumulativeDirichlet({', '.join(map(number_text, self.alpha))})"

    def __len__(self) -> int:
        return len(self.alpha)

    @property
    def ratios(self) -> tuple[Beta, ...]:
        """Priors of every weight over the one before, from the second on."""
        rest = np.cumsum(self.alpha[::-1])[::-1]
        return tuple(Beta(float(b), a) for a, b in zip(self.alpha, rest[1:], strict=False))


@dataclass(frozen=True, repr=False)
class LKJ(Call):
    """Correlation with density proportional to ``(1 - rho^2)^(eta - 1)`` (LKJ in two dimensions).

    References
    ----------
    Lewandowski, Kurowicka & Joe (2009), J Multivariate Anal 100:1989-2001.
    """

    eta: float
    support: ClassVar[str] = "correlation"
    positive_parameters: ClassVar[tuple[str, ...]] = ("eta",)

    def logpdf(self, x: Array) -> Array:
        return partial_correlation_logpdf(x, self.eta)

    def ppf(self, u: Array) -> Array:
        return 2.0 * special.betaincinv(self.eta, self.eta, u) - 1.0

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        beta = pm.Beta(f"{name}_unit", self.eta, self.eta)
        return pm.Deterministic(name, 2.0 * beta - 1.0)


@dataclass(frozen=True, repr=False)
class ProbabilityInterval(Call):
    """A 95 % prior interval stated as proportions, such as 0.05 to 0.95 for a sensitivity.

    `on_link` turns it into the normal prior on the link scale whose central 95 % it is.
    """

    lower: float
    upper: float
    support: ClassVar[str] = "proportion"

    @property
    def non_negative(self) -> bool:
        return True

    def _check(self) -> None:
        if not 0.0 < self.lower < self.upper < 1.0:
            raise ValueError(
                f"{self!r}: allowed is 0 < lower < upper < 1 (proportions, not percent)"
            )

    def on_link(self, link_name: str) -> Normal:
        """The normal prior on the scale of the link."""
        lower, upper = link(link_name).forward(np.array([self.lower, self.upper]))
        half_width = special.ndtri(0.975)
        return Normal((lower + upper) / 2.0, (upper - lower) / (2.0 * half_width))


def partial_correlation_logpdf(x: Array, alpha: float) -> Array:
    """Log density of a correlation whose ``(x + 1) / 2`` is Beta(alpha, alpha)."""
    log_norm = (2.0 * alpha - 1.0) * np.log(2.0) + special.betaln(alpha, alpha)
    return (alpha - 1.0) * np.log1p(-x * x) - log_norm
