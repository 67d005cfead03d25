"""The exact odds ratio from counts: binomial arms, or the conditional likelihood.

References
----------
Jackson, Law, Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085 (models 2 to 7);
Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067 (non-central hypergeometric).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import scale
from bayespool.association.normal_normal import refuse_several_rows
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial, NoncentralHypergeometric
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal

Array = np.ndarray
FLAT = 1_000.0  # SD that is flat over any logit


@dataclass(frozen=True)
class BinomialNormal:
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
        return f"BinomialNormal({values})"

    def alternatives(self) -> dict[str, BinomialNormal]:
        """Named priors that a reader might have preferred."""
        return {
            "tau: HalfNormal(0.25)": replace(self, tau=HalfNormal(0.25)),
            "tau: HalfNormal(1)": replace(self, tau=HalfNormal(1)),
            "tau: HalfCauchy(0.5)": replace(self, tau=HalfCauchy(0.5)),
            "mu: Normal(0, 1)": replace(self, mu=Normal(0, 1)),
            "mu: Normal(0, 10)": replace(self, mu=Normal(0, 10)),
        }

    def check(self, studies: Any) -> None:
        """Refuse rows that this model would wrongly take for independent studies."""
        refuse_several_rows(studies, "Nested")
        design(studies, self.covariates)

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
        columns = design(studies, self.covariates)
        k = len(studies)
        treated = np.column_stack([np.ones(k), columns.matrix])
        shared: dict[str, Any] = {
            "coefficients": ("mu", *map(scale.heading, columns.names)),
            "coefficient_priors": (self.mu, *[self.beta] * len(columns.names)),
            "freedom_prior": self.nu,
            "labels": studies.row,
        }
        if self.conditional:
            return Hierarchy(
                X=treated, Z=np.ones((k, 1)), study=np.arange(k),
                likelihood=self._conditional(studies), kinds=("e1",) * k,
                scales=("tau",), scale_priors=(self.tau,), **shared,
            )  # fmt: skip
        x = np.zeros((k, 3, treated.shape[1]))
        x[:, 1], x[:, 2] = -0.5 * treated, 0.5 * treated
        successes = np.stack([np.ones(k, int), studies.e2, studies.e1], axis=1)
        trials = np.stack([np.full(k, 2), studies.n2, studies.n1], axis=1)
        return Hierarchy(
            X=x.reshape(3 * k, -1),
            Z=np.tile([[1.0, 0.0], [1.0, -0.5], [1.0, 0.5]], (k, 1)),
            study=np.repeat(np.arange(k), 3),
            likelihood=Binomial(successes.ravel(), trials.ravel()),
            kinds=("baseline", "e2", "e1") * k,
            scales=("baseline", "tau"),
            scale_priors=(Fixed(FLAT), self.tau),
            log_offset=float(np.log(FLAT) + 0.5 * np.log(2.0 * np.pi) - np.log(2.0)),
            unobserved=("baseline",),
            **shared,
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and the odds ratios."""
        return scale.effect_estimands(draws, new[-1], "or", None)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken log odds ratio of every study, (n_studies, ...)."""
        columns = design(studies, self.covariates)
        mean = draws["mu"] + sum(
            x.reshape((-1,) + (1,) * draws["mu"].ndim) * draws[scale.heading(name)]
            for name, x in zip(columns.names, columns.matrix.T, strict=True)
        )
        return {"effect": mean + effects[-1]}
