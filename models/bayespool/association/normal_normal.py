"""The normal-normal model of effects with known standard errors, with meta-regression.

References
----------
Roever (2020), J Stat Softw 93(6) (bayesmeta); Higgins, Thompson & Spiegelhalter (2009), J R Stat
Soc A 172:137-159; Roever et al. (2021), Res Synth Methods 12:448-474 (heterogeneity priors).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import scale
from bayespool.association.regression import Regression
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Gaussian
from bayespool.numerics.marginals import Marginal
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal, Uniform

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class NormalNormal(Regression):
    """``y_i ~ Normal(theta_i, se_i)``, ``theta_i ~ Normal(mu + x_i beta, tau)``.

    Parameters
    ----------
    mu, tau : prior
        Mean effect and between-study standard deviation, on the scale of analysis (log ratio,
        difference, Fisher z). ``tau=Fixed(0)`` is the common-effect model.
    beta : prior
        Of every regression coefficient.
    covariates : tuple of str
        Study covariates: numbers are centred, categories compared with the most frequent level.
    measure : str
        Of the studies; decides the back-transformation.
    nu : prior or None
        Student-t study effects with degrees of freedom of this prior; None for normal ones.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    measure: str = "generic"
    nu: Any = None

    title: ClassVar[str] = "Normal-normal model"
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("roever2020", "higgins2009")

    @classmethod
    def for_studies(cls, studies: Any, **options: Any) -> tuple[NormalNormal, str]:
        """The model with default priors for the studies' measure, and where these come from."""
        mu, tau, source = scale.default_priors(studies, studies.measure)
        chosen = {"mu": mu, "tau": tau, "beta": Normal(0, float(mu.sigma) / 2)} | options
        return cls(measure=studies.measure, **chosen), source

    def alternatives(self) -> dict[str, NormalNormal]:
        """Named priors that a reader might have preferred, scaled like this model's own."""
        unit = float(np.squeeze(self.tau.ppf(np.array(0.5)))) / 0.6745
        wide = float(np.squeeze(self.mu.ppf(np.array(0.84))))
        return {
            f"tau: HalfNormal({unit / 2:.3g})": replace(self, tau=HalfNormal(unit / 2)),
            f"tau: HalfNormal({2 * unit:.3g})": replace(self, tau=HalfNormal(2 * unit)),
            f"tau: HalfCauchy({unit:.3g})": replace(self, tau=HalfCauchy(unit)),
            f"tau: Uniform(0, {8 * unit:.3g})": replace(self, tau=Uniform(0, 8 * unit)),
            f"mu: Normal(0, {wide / 4:.3g})": replace(self, mu=Normal(0, wide / 4)),
            f"mu: Normal(0, {10 * wide:.3g})": replace(self, mu=Normal(0, 10 * wide)),
        }

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        columns = design(studies, self.covariates)
        coords = {"study": list(studies.row), "effect": ["effect"], "column": list(columns.names)}
        with pm.Model(coords=coords) as model:
            mean = self.mu.to_pymc("mu")
            for name, x in zip(columns.names, columns.matrix.T, strict=True):
                mean = mean + self.beta.to_pymc(scale.heading(name)) * x
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                precision = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study")
                tau = tau / pm.math.sqrt(precision)
            theta = mean + tau * v[:, 0]
            pm.Normal("estimate", theta, studies.se, observed=studies.estimate, dims="study")
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model as Gaussian rows with one study effect."""
        return Hierarchy(
            likelihood=Gaussian(np.asarray(studies.estimate), np.asarray(studies.se)),
            kinds=("estimate",) * len(studies),
            **self.one_effect(studies),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, I2, a new study, and what they are on the measure's own scale."""
        variance = scale.typical_variance(studies.se)
        return scale.effect_estimands(draws, new[0], self.measure, variance)

    def exact(self, marginals: dict[str, Marginal]) -> dict[str, Marginal]:
        """Estimands whose marginal the deterministic path knows exactly."""
        return scale.exact_marginals(marginals, self.measure)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken effect of every study on the scale of analysis, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[0]}
