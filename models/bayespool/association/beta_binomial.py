"""Pooled proportions with beta study effects: the beta-binomial model.

References
----------
Young-Xu & Chan (2008), BMC Med Res Methodol 8:58 (beta-binomial meta-analysis of proportions);
Kuss (2015), Stat Med 34:1097-1116.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.association import quantities, scale
from bayespool.association.regression import check_rows
from bayespool.association.scale import OVERDISPERSION
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.model import Model
from bayespool.numerics.likelihoods import BetaBinomialRows
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal, ProbabilityInterval
from bayespool.quantity import point
from bayespool.studies import Proportions, Rows

Array = np.ndarray
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class BetaHierarchy(Hierarchy):
    """Rows with study effects that are not normal: how far a beta proportion is from ``mu``.

    On the logit scale. They are integrated out in closed form by the rows, and drawn here where
    they are asked for.
    """

    def effects(self, theta: Array, rng: np.random.Generator) -> tuple[Array, Array | None]:
        """One draw per column of theta of every study's effect, (1, n_studies, n_draws)."""
        rows: Any = self.likelihood
        return self._drawn(theta, rows.successes, rows.trials - rows.successes, rng), None

    def effects_from(self, theta: Array, z: Array, rng: np.random.Generator) -> Array:
        """The effect of a new study, (1, 1, n_draws)."""
        return self._drawn(theta, np.zeros(1), np.zeros(1), rng)

    def _drawn(self, theta: Array, events: Array, others: Array, rng: np.random.Generator) -> Array:
        draws = self.natural(theta)
        mean, psi = special.expit(draws["mu"]), np.maximum(draws["psi"], TINY)
        alpha = np.maximum(mean / psi + events[:, None], TINY)
        beta = np.maximum((1.0 - mean) / psi + others[:, None], TINY)
        logit = _log_gamma_draws(alpha, rng) - _log_gamma_draws(beta, rng)
        return (np.clip(logit, -700.0, 700.0) - draws["mu"])[None]


def _log_gamma_draws(shape: Array, rng: np.random.Generator) -> Array:
    """Logarithms of gamma variates, finite however small the shape is."""
    return np.log(rng.standard_gamma(shape + 1.0)) - rng.standard_exponential(shape.shape) / shape


@dataclass(frozen=True, repr=False)
class BetaBinomial(Model):
    """``events_i ~ Binomial(n_i, p_i)``, ``p_i ~ Beta(m / psi, (1 - m) / psi)``, ``m = expit(mu)``.

    Parameters
    ----------
    mu : prior
        Of the logit of the mean proportion over studies; may be a `ProbabilityInterval`.
    psi : prior
        Overdispersion, ``1 / (alpha + beta)``: 0 when all studies share one proportion; the
        correlation of two people of one study is ``psi / (1 + psi)``.
    """

    mu: Any = Normal(0, 1.5)
    psi: Any = OVERDISPERSION

    measure = "proportion"
    spread: ClassVar[str] = "psi"
    title: ClassVar[str] = "Beta-binomial model of a proportion"
    command: ClassVar[str] = "beta-binomial"
    brief: ClassVar[str] = "counts of a proportion, which vary by a beta distribution"
    options: ClassVar[tuple[str, ...]] = ()
    in_words: ClassVar[str] = (
        "In every study the number of events is binomial, and the studies' proportions "
        "follow a beta distribution, so that counts are beta-binomial. Its mean is the pooled "
        "proportion: the mean over studies. Zero counts enter as they are, without continuity "
        "correction."
    )
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu_proportion",)
    references: ClassVar[tuple[str, ...]] = ("youngxu2008", "kuss2015")
    takes: ClassVar[tuple[type[Rows], ...]] = (Proportions,)

    def __post_init__(self) -> None:
        if isinstance(self.psi, Fixed):
            raise ValueError(
                f"psi={self.psi!r}; allowed: a distribution of positive numbers, such as "
                f"{OVERDISPERSION!r}"
            )

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return scale.located(self)

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter."""
        mu = self.mu.on_link("logit") if isinstance(self.mu, ProbabilityInterval) else self.mu
        effect = point(quantities.analysed(self.measure))
        return {effect: mu, quantities.parameter("psi", self.measure): self.psi}

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        if name not in ("mu", "psi"):
            raise ValueError(f"there is no prior {name!r}; allowed: mu, psi")
        return name

    def __repr__(self) -> str:
        return as_call(self)

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands (proportions) on the scale that they are modelled on."""
        return special.logit(np.clip(values, TINY, 1.0 - TINY))

    def alternatives(self) -> dict[str, BetaBinomial]:
        """Named priors that a reader might have preferred."""
        return {
            "psi: HalfNormal(0.25)": replace(self, psi=HalfNormal(0.25)),
            "psi: HalfNormal(1)": replace(self, psi=HalfNormal(1)),
            "psi: HalfCauchy(0.5)": replace(self, psi=HalfCauchy(0.5)),
            "mu: Normal(0, 1)": replace(self, mu=Normal(0, 1)),
            "mu: Normal(0, 3)": replace(self, mu=Normal(0, 3)),
        }

    def check(self, studies: Any) -> None:
        """Refuse rows that this model would wrongly take for independent studies."""
        check_rows(studies)

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        with pm.Model(coords={"study": list(studies.row)}) as model:
            mean = pm.math.invlogit(self.priors["mu"].to_pymc("mu"))
            psi = self.psi.to_pymc("psi")
            pm.BetaBinomial("events", alpha=mean / psi, beta=(1.0 - mean) / psi, n=studies.n,
                            observed=studies.events, dims="study")  # fmt: skip
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """Beta-binomial rows; the study effects are integrated out in closed form already."""
        k = len(studies)
        return BetaHierarchy(
            X=np.ones((k, 1)),
            Z=np.ones((k, 1)),
            study=np.arange(k),
            likelihood=BetaBinomialRows(
                np.asarray(studies.events), np.asarray(studies.n), np.full((k, 1), 0.1)
            ),
            coefficients=(quantities.pooled(studies, quantities.analysed(self.measure)),),
            coefficient_priors=(self.priors["mu"],),
            between=Covariance(("none",), (Fixed(0),)),
            row_scales=(quantities.parameter("psi", self.measure),),
            row_scale_priors=(self.psi,),
            kinds=("events",) * k,
            labels=studies.row,
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """The mean proportion, a new study's, and the correlation within studies."""
        psi = np.maximum(draws["psi"], TINY)
        effect, shown = (
            quantities.pooled(studies, quantity(self.measure))
            for quantity in (quantities.analysed, quantities.told)
        )
        return {
            effect: draws["mu"],
            quantities.parameter("psi", self.measure): draws["psi"],
            quantities.parameter("icc", self.measure): psi / (1.0 + psi),
            shown: special.expit(draws["mu"]),
            shown.like("new"): special.expit(draws["mu"] + new[0]),
        }

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken proportion of every study, (n_studies, ...)."""
        return {"proportion": special.expit(draws["mu"] + effects[0])}
