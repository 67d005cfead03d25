"""The exact odds ratio from counts: binomial arms, or the conditional likelihood.

References
----------
Jackson, Law, Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085 (models 2 to 7);
Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067 (non-central hypergeometric).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import scale
from bayespool.association.regression import Regression
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial, NoncentralHypergeometric
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal

Array = np.ndarray
FLAT = 1_000.0  # SD that is flat over any logit


@dataclass(frozen=True, repr=False)
class BinomialNormal(Regression):
    """Odds ratios from ``e1 of n1`` against ``e2 of n2``, no correction for zero cells.

    ``e1 ~ Binomial(n1, expit(a_i + d_i / 2))``, ``e2 ~ Binomial(n2, expit(a_i - d_i / 2))`` with
    ``d_i = mu + x_i beta + tau v_i`` and every study's own midpoint ``expit(a_i) ~ Beta(1, 1)``,
    so that swapping the arms turns the sign of everything; or, conditional on the margins, ``e1``
    non-central hypergeometric, where the baselines drop out.

    Parameters
    ----------
    mu, tau : prior
        Mean log odds ratio and its between-study standard deviation.
    beta : prior
        Of every regression coefficient.
    covariates : tuple of str
    conditional : bool
    nu : prior or None
        Student-t study effects with degrees of freedom of this prior; None for normal ones.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    conditional: bool = False
    nu: Any = None

    measure: ClassVar[str] = "or"
    title: ClassVar[str] = "Binomial-normal model of the odds ratio"
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("jackson2018", "stijnen2010")

    def __post_init__(self) -> None:
        if self.nu is not None and not self.conditional:
            raise ValueError(
                "Student-t effects of BinomialNormal need conditional=True: beside study baselines "
                "the effects would share their scale; legal: conditional=True, or nu=None"
            )

    def alternatives(self) -> dict[str, BinomialNormal]:
        """Named priors that a reader might have preferred."""
        return {
            "tau: HalfNormal(0.25)": replace(self, tau=HalfNormal(0.25)),
            "tau: HalfNormal(1)": replace(self, tau=HalfNormal(1)),
            "tau: HalfCauchy(0.5)": replace(self, tau=HalfCauchy(0.5)),
            "mu: Normal(0, 1)": replace(self, mu=Normal(0, 1)),
            "mu: Normal(0, 10)": replace(self, mu=Normal(0, 10)),
        }

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        columns = design(studies, self.covariates)
        with pm.Model(coords={"study": list(studies.row), "effect": ["effect"]}) as model:
            mean = self.mu.to_pymc("mu")
            for name, x in zip(columns.names, columns.matrix.T, strict=True):
                mean = mean + self.beta.to_pymc(scale.heading(name)) * x
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2, nu / 2, dims="study"))
            log_or = mean + tau * v[:, 0]
            if self.conditional:
                likelihood = self._conditional(studies)
                weight, support = likelihood.log_weight, likelihood.support
                terms = weight + support * log_or[:, None]
                pm.Potential(
                    "e1", studies.e1 * log_or - pm.math.logsumexp(terms, axis=1)
                    + likelihood.log_constant()[:, 0], dims="study",
                )  # fmt: skip
            else:
                risk = pm.Beta("baseline", 1.0, 1.0, dims="study")
                baseline = pm.math.logit(risk)
                pm.Binomial("e2", n=studies.n2, logit_p=baseline - log_or / 2, observed=studies.e2,
                            dims="study")  # fmt: skip
                pm.Binomial("e1", n=studies.n1, logit_p=baseline + log_or / 2, observed=studies.e1,
                            dims="study")  # fmt: skip
        return model

    def _conditional(self, studies: Any) -> NoncentralHypergeometric:
        return NoncentralHypergeometric(studies.e1, studies.n1, studies.e1 + studies.e2, studies.n2)

    def hierarchy(self, studies: Any) -> Hierarchy:
        """Rows of both arms with baseline and effect, or one conditional row per study.

        A Beta(1, 1) risk is a flat logit times ``p (1 - p)``: one event in two people.
        """
        shared = self.one_effect(studies)
        if self.conditional:
            return Hierarchy(
                likelihood=self._conditional(studies), kinds=("e1",) * len(studies), **shared
            )
        k, treated = len(studies), shared["X"]
        x = np.zeros((k, 3, treated.shape[1]))
        x[:, 1], x[:, 2] = -0.5 * treated, 0.5 * treated
        successes = np.stack([np.ones(k, int), studies.e2, studies.e1], axis=1)
        trials = np.stack([np.full(k, 2), studies.n2, studies.n1], axis=1)
        return Hierarchy(
            likelihood=Binomial(successes.ravel(), trials.ravel()),
            kinds=("baseline", "e2", "e1") * k,
            log_offset=float(np.log(FLAT) + 0.5 * np.log(2.0 * np.pi) - np.log(2.0)),
            unobserved=("baseline",),
            **shared
            | {
                "X": x.reshape(3 * k, -1),
                "Z": np.tile([[1.0, 0.0], [1.0, -0.5], [1.0, 0.5]], (k, 1)),
                "study": np.repeat(np.arange(k), 3),
                "scales": ("baseline", "tau"),
                "scale_priors": (Fixed(FLAT), self.tau),
            },
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and the odds ratios."""
        return scale.effect_estimands(draws, new[-1], "or", None)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken log odds ratio of every study, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[-1]}
