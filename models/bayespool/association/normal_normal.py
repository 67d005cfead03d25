"""The normal-normal model of effects with known standard errors, with meta-regression.

References
----------
Roever (2020), J Stat Softw 93(6) (bayesmeta); Higgins, Thompson & Spiegelhalter (2009), J R Stat
Soc A 172:137-159; Roever et al. (2021), Res Synth Methods 12:448-474 (heterogeneity priors).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import scale
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Gaussian
from bayespool.numerics.marginals import Marginal
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal, Uniform

Array = np.ndarray


@dataclass(frozen=True)
class NormalNormal:
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

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter."""
        out = {"mu": self.mu}
        if self.covariates:
            out["beta"] = self.beta
        if not isinstance(self.tau, Fixed):
            out["tau"] = self.tau
        return out | ({"nu": self.nu} if self.nu is not None else {})

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        legal = ("mu", "tau", "beta", "nu")
        if name not in legal:
            raise ValueError(f"there is no prior {name!r}; legal: {', '.join(legal)}")
        return name

    def __repr__(self) -> str:
        values = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))
        return f"{type(self).__name__}({values})"

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

    def check(self, studies: Any) -> None:
        """Refuse rows that this model would wrongly take for independent studies."""
        refuse_several_rows(studies, "Nested")
        design(studies, self.covariates)

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
        columns = design(studies, self.covariates)
        k = len(studies)
        return Hierarchy(
            X=np.column_stack([np.ones(k), columns.matrix]),
            Z=np.ones((k, 1)),
            study=np.arange(k),
            likelihood=Gaussian(np.asarray(studies.estimate), np.asarray(studies.se)),
            coefficients=("mu", *map(scale.heading, columns.names)),
            coefficient_priors=(self.mu, *[self.beta] * len(columns.names)),
            scales=("tau",),
            scale_priors=(self.tau,),
            kinds=("estimate",) * k,
            freedom_prior=self.nu,
            labels=studies.row,
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
        columns = design(studies, self.covariates)
        mean = draws["mu"] + sum(
            x.reshape((-1,) + (1,) * draws["mu"].ndim) * draws[scale.heading(name)]
            for name, x in zip(columns.names, columns.matrix.T, strict=True)
        )
        return {"effect": mean + effects[0]}


def refuse_several_rows(studies: Any, instead: str) -> None:
    """One clear error when a study has several rows that would count as studies."""
    repeated = studies.several_rows()
    if repeated:
        listed = "; ".join(f"{study}: {', '.join(rows)}" for study, rows in repeated.items())
        raise ValueError(
            f"{studies.file}: {len(repeated)} studies have several rows ({listed}), which would "
            f"count as independent studies; legal: one row per study (--where COLUMN=VALUE), or "
            f"the {instead} model"
        )
