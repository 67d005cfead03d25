"""Selection models whose weight changes smoothly with the one-sided p value.

``w = exp(-delta p)``, or ``w = p^(a - 1) (1 - p)^(b - 1)`` between 0.00001 and 0.99999. The mean of
the weight over a normal estimate is one integral over the normal deviate of p, by fixed nodes.

References
----------
Preston, Ashby & Smyth (2004), J Eval Clin Pract 10:313-322; Citkowicz & Vevea (2017),
Psychol Methods 22:28-41.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.association.evidence import estimates
from bayespool.association.selection import normal_cdf, robust
from bayespool.association.small_studies import SmallStudies
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.selection import Selection
from bayespool.numerics.weights import BetaWeight, NegativeExponential
from bayespool.priors import HalfNormal, LogNormal


class _Smooth(SmallStudies):
    """Shared by both: `weight` for the integrator, ``log_weight`` of tensors for PyMC."""

    @property
    def weight(self) -> Any:
        raise NotImplementedError

    def log_weight(self, p: Any, parameters: dict[str, Any]) -> Any:
        raise NotImplementedError

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        weight, se = self.weight, np.asarray(studies.se)
        z = np.clip(self.sign * studies.estimate / se, -weight.reach, weight.reach)
        # the integral of the weight over z, in panels narrower than the weight changes
        nodes, widths = np.polynomial.legendre.leggauss(120)
        nodes, widths = weight.reach * nodes, weight.reach * widths
        with pm.Model(coords=self.coords(studies)) as model:
            mean, tau = self.common(studies)
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            scale, share, spread = robust(self, pm, tau)
            pm.Normal("estimate", mean + scale * v[:, 0], se, observed=studies.estimate,
                      dims="study")  # fmt: skip
            own = {name: prior.to_pymc(name) for name, prior in weight.positive.items()}
            sd = pm.math.sqrt(spread[None, :, None] ** 2 + se[:, None, None] ** 2)
            sd, at = sd / se[:, None, None], self.sign * (mean / se)[:, None, None]
            density = pm.math.exp(-0.5 * ((nodes - at) / sd) ** 2) / sd / np.sqrt(2.0 * np.pi)
            w = pm.math.exp(self.log_weight(special.ndtr(-nodes), own))
            expected = (widths * w * density).sum(axis=2)
            for side in (1.0, -1.0):  # beyond the reach the weight is constant
                w = pm.math.exp(self.log_weight(special.ndtr(-side * weight.reach), own))
                expected += w * normal_cdf(pm, (side * at - weight.reach) / sd)[:, :, 0]
            expected = (share[None, :] * expected).sum(axis=1)
            seen = self.log_weight(special.ndtr(-z), own)
            pm.Potential("selection", seen - pm.math.log(expected), dims="study")
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model: Gaussian rows with one study effect, and the weight."""
        se = np.asarray(studies.se, float)
        z = self.sign * np.asarray(studies.estimate) / se
        return Hierarchy(
            likelihood=estimates(studies),
            kinds=("estimate",) * len(studies),
            selection=Selection(self.weight, z, se, self.sign),
            **self.one_effect(studies),
        )


@dataclass(frozen=True, repr=False)
class SelectionExponential(_Smooth):
    """The normal-normal model under selection by ``exp(-delta p)``.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu, direction
        As of `SmallStudies`.
    delta : prior
        Of a positive number; 0 is no selection, 5 a weight of 0.7 % at p = 1.
    """

    delta: Any = HalfNormal(5)

    title: ClassVar[str] = "Selection model with a negative exponential weight"
    further: ClassVar[tuple[str, ...]] = ("delta",)
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect with its standard "
        "error taken as known, and is seen with a probability that falls exponentially with its "
        "one-sided p value."
    )
    references: ClassVar[tuple[str, ...]] = ("preston2004",)

    @property
    def weight(self) -> NegativeExponential:
        return NegativeExponential(self.delta)

    def log_weight(self, p: Any, parameters: dict[str, Any]) -> Any:
        return -parameters["delta"] * p


@dataclass(frozen=True, repr=False)
class SelectionBeta(_Smooth):
    """The normal-normal model under selection by a beta weight of the one-sided p value.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu, direction
        As of `SmallStudies`.
    a, b : prior
        Both 1 is no selection; a below 1 and b above 1 favour small p values.
    """

    a: Any = LogNormal(0, 0.5)
    b: Any = LogNormal(0, 0.5)

    title: ClassVar[str] = "Selection model with a beta weight"
    further: ClassVar[tuple[str, ...]] = ("a", "b")
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect with its standard "
        "error taken as known, and is seen with a probability proportional to a beta density of "
        "its one-sided p value, held constant below 0.00001 and above 0.99999."
    )
    references: ClassVar[tuple[str, ...]] = ("citkowicz2017",)

    @property
    def weight(self) -> BetaWeight:
        return BetaWeight(self.a, self.b)

    def log_weight(self, p: Any, parameters: dict[str, Any]) -> Any:
        return (parameters["a"] - 1.0) * np.log(p) + (parameters["b"] - 1.0) * np.log1p(-p)
