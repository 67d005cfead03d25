"""PET and PEESE: effects regressed on their standard errors or variances.

``y_i ~ Normal(mu + x_i beta + b s_i + tau v_i, se_i)`` with ``s_i`` the standard error (PET) or its
square (PEESE), and b not negative in the direction of what is published. ``mu`` is the effect of a
study without error.

References
----------
Stanley & Doucouliagos (2014), Res Synth Methods 5:60-78; Bartos, Maier et al. (2023), Res Synth
Methods 14:99-116.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayespool.association.evidence import estimates
from bayespool.association.small_studies import SmallStudies, unit_of
from bayespool.hierarchy import Hierarchy
from bayespool.priors import HalfCauchy, HalfNormal, Normal


class _OnError(SmallStudies):
    """Shared by both: the name of the slope, and the power of the standard error."""

    slope: ClassVar[str]
    power: ClassVar[int]

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        se = np.asarray(studies.se)
        with pm.Model(coords=self.coords(studies)) as model:
            mean, tau = self.common(studies)
            b = getattr(self, self.slope).to_pymc(self.slope)
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study"))
            theta = mean + self.sign * b * se**self.power + tau * v[:, 0]
            pm.Normal("estimate", theta, se, observed=studies.estimate, dims="study")
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model: Gaussian rows with one study effect and a slope that is not negative."""
        se = np.asarray(studies.se, float)
        return Hierarchy(
            likelihood=estimates(studies),
            kinds=("estimate",) * len(studies),
            slope=self.sign * se[:, None] ** self.power,
            slope_names=(self._named(self.slope),),
            slope_priors=(getattr(self, self.slope),),
            **self.one_effect(studies),
        )


@dataclass(frozen=True, repr=False)
class PET(_OnError):
    """The precision-effect test as a model: effects regressed on their standard errors.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu
        As of `NormalNormal`.
    pet : prior
        Of the slope, a positive number without a unit.
    direction : {"positive", "negative"}
        Whether small studies have larger or smaller effects.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    measure: str = "generic"
    nu: Any = None
    pet: Any = HalfCauchy(1)
    direction: str = "positive"

    title: ClassVar[str] = "PET: regression on the standard error"
    further: ClassVar[tuple[str, ...]] = ("pet",)
    slope: ClassVar[str] = "pet"
    power: ClassVar[int] = 1
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect plus a bias in "
        "proportion to its standard error, which is taken as known."
    )
    references: ClassVar[tuple[str, ...]] = ("stanley2014", "bartos2023")


@dataclass(frozen=True, repr=False)
class PEESE(_OnError):
    """The precision-effect estimate: effects regressed on their variances.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu, direction
        As of `PET`.
    peese : prior
        Of the slope, a positive number per unit of the effect.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    measure: str = "generic"
    nu: Any = None
    peese: Any = HalfCauchy(5)
    direction: str = "positive"

    title: ClassVar[str] = "PEESE: regression on the variance"
    further: ClassVar[tuple[str, ...]] = ("peese",)
    slope: ClassVar[str] = "peese"
    power: ClassVar[int] = 2
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect plus a bias in "
        "proportion to its variance, which is taken as known."
    )
    references: ClassVar[tuple[str, ...]] = ("stanley2014", "bartos2023")

    @classmethod
    def for_studies(cls, studies: Any, **options: Any) -> tuple[Any, str]:
        """As of all such models; the slope in units of the effect."""
        unit = unit_of(studies)[0]
        own = {"peese": HalfCauchy(float(f"{5.0 / unit:.3g}"))}
        return super().for_studies(studies, **(own | options))
