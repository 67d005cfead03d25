"""Pooled proportions: binomial counts with normal study effects on the link scale.

References
----------
Hamza, van Houwelingen & Stijnen (2008), J Clin Epidemiol 61:41-51 (binomial-normal against
normal-normal); Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.association import quantities, scale
from bayespool.association.regression import Regression, check_rows
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial
from bayespool.numerics.links import link, mean_proportion
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal
from bayespool.studies import Proportions, Rows

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Proportion(Regression):
    """``events_i ~ Binomial(n_i, expit(mu + x_i beta + tau v_i))``.

    Parameters
    ----------
    mu, tau : prior
        Mean logit and its between-study standard deviation; ``mu`` may be a `ProbabilityInterval`.
    beta : prior
        Of every regression coefficient.
    covariates : tuple of str
    nu : prior or None
        Student-t study effects with degrees of freedom of this prior; None for normal ones.
    """

    mu: Any = Normal(0, 1.5)
    tau: Any = HalfNormal(1)
    beta: Any = Normal(0, 1.5)
    covariates: tuple[str, ...] = ()
    nu: Any = None

    measure = "proportion"
    title: ClassVar[str] = "Binomial-normal model of a proportion"
    command: ClassVar[str] = "binomial"
    brief: ClassVar[str] = "exact, from counts"
    options: ClassVar[tuple[str, ...]] = ("covariate", "robust")
    automatic: ClassVar[Container[str]] = ("proportion",)
    in_words: ClassVar[str] = (
        "In every study the number of events is binomial. Zero counts enter as they are, "
        "without continuity correction."
    )
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu_proportion",)
    references: ClassVar[tuple[str, ...]] = ("stijnen2010",)
    takes: ClassVar[tuple[type[Rows], ...]] = (Proportions,)

    def check(self, studies: Any) -> None:
        """Refuse rows that would wrongly count as independent studies, and unusable covariates."""
        check_rows(studies, self.covariates)

    def alternatives(self) -> dict[str, Proportion]:
        """Named priors that a reader might have preferred."""
        return {
            "tau: HalfNormal(0.5)": replace(self, tau=HalfNormal(0.5)),
            "tau: HalfNormal(2)": replace(self, tau=HalfNormal(2)),
            "tau: HalfCauchy(0.5)": replace(self, tau=HalfCauchy(0.5)),
            "mu: Normal(0, 1)": replace(self, mu=Normal(0, 1)),
            "mu: Normal(0, 3)": replace(self, mu=Normal(0, 3)),
        }

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        columns = design(studies, self.covariates)
        with pm.Model(coords={"study": list(studies.row), "effect": ["effect"]}) as model:
            mean = self.priors["mu"].to_pymc("mu")
            for term, x in zip(columns.terms, columns.matrix.T, strict=True):
                mean = mean + self.beta.to_pymc(quantities.coefficient(term)) * x
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2, nu / 2, dims="study"))
            pm.Binomial("events", n=studies.n, logit_p=mean + tau * v[:, 0],
                        observed=studies.events, dims="study")  # fmt: skip
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model as binomial rows with one study effect."""
        return Hierarchy(
            likelihood=Binomial(np.asarray(studies.events), np.asarray(studies.n)),
            kinds=("events",) * len(studies),
            **self.one_effect(studies),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and the proportions; also the mean over studies."""
        out = scale.effect_estimands(draws, new[0], "proportion", studies)
        tau = draws["tau"] if "tau" in draws else np.full(draws["mu"].shape, self.tau.value)
        if self.nu is None:
            out[quantities.mean_proportion()] = mean_proportion(draws["mu"], tau, link("logit"))
        return out

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken proportion of every study, (n_studies, ...)."""
        return {"proportion": special.expit(self.study_means(draws, studies) + effects[0])}
