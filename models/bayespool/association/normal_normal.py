"""The normal-normal model of effects with known standard errors, with meta-regression.

References
----------
Roever (2020), J Stat Softw 93(6) (bayesmeta); Higgins, Thompson & Spiegelhalter (2009), J R Stat
Soc A 172:137-159; Roever et al. (2021), Res Synth Methods 12:448-474 (heterogeneity priors).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayespool.association import quantities, scale
from bayespool.association.evidence import estimates, observe
from bayespool.association.regression import Regression, check_rows, other_priors
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.model import fields_of
from bayespool.model_options import ModelOptions
from bayespool.numerics.marginals import Marginal
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.studies.measures import MEASURES

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
    command: ClassVar[str] = "normal"
    brief: ClassVar[str] = "estimates with standard errors"
    options: ClassVar[tuple[str, ...]] = ("covariate", "robust")
    automatic: ClassVar[Container[str]] = MEASURES
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect with its "
        "standard error taken as known."
    )
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("roever2020", "higgins2009", "higgins2002")

    @classmethod
    def for_studies(cls, studies: Any, **options: Any) -> tuple[NormalNormal, str]:
        """The model with default priors for the studies' measure, and where these come from."""
        mu, tau, source = scale.default_priors(studies, studies.measure)
        chosen = {"mu": mu, "tau": tau, "beta": Normal(0, float(mu.sigma) / 2)} | options
        return cls(measure=studies.measure, **chosen), source

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> NormalNormal:
        """With default priors for the measure of the table."""
        return cls.for_studies(studies, **fields_of(options))[0]

    def check(self, studies: Any) -> None:
        """Refuse rows that would wrongly count as independent studies, and unusable covariates."""
        check_rows(studies, self.covariates)

    def alternatives(self) -> dict[str, NormalNormal]:
        """Named priors that a reader might have preferred, scaled like this model's own."""
        return other_priors(self, ("tau",))

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        columns = design(studies, self.covariates)
        coords = {"study": list(studies.row), "effect": ["effect"], "column": list(columns.names)}
        with pm.Model(coords=coords) as model:
            mean = self.mu.to_pymc("mu")
            for term, x in zip(columns.terms, columns.matrix.T, strict=True):
                mean = mean + self.beta.to_pymc(quantities.coefficient(term)) * x
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                precision = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study")
                tau = tau / pm.math.sqrt(precision)
            theta = mean + tau * v[:, 0]
            observe(studies, theta)
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model as Gaussian rows with one study effect; censored ones beside them."""
        return Hierarchy(
            likelihood=estimates(studies),
            kinds=("estimate",) * len(studies),
            **self.one_effect(studies),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, I2, a new study, and what they are on the measure's own scale."""
        variance = scale.typical_variance(studies.se[np.isfinite(studies.estimate)])
        return scale.effect_estimands(draws, new[0], self.measure, studies, variance)

    def exact(self, marginals: dict[str, Marginal], studies: Any) -> dict[str, Marginal]:
        """Estimands whose marginal the deterministic path knows without draws."""
        variance = scale.typical_variance(studies.se[np.isfinite(studies.estimate)])
        return scale.exact_marginals(marginals, self.measure, variance)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken effect of every study on the scale of analysis, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[0]}
