"""Several results per study: effects between and within studies, and shared patients.

References
----------
Konstantopoulos (2011), Res Synth Methods 2:61-76; Van den Noortgate et al. (2013), Behav Res
Methods 45:576-594.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayespool.association import quantities, scale
from bayespool.association.evidence import estimates, observe
from bayespool.association.regression import other_priors
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.linear_predictors import Within
from bayespool.model import Model, fields_of
from bayespool.model_options import ModelOptions
from bayespool.numerics.marginals import Marginal
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.quantity import FREEDOM, point
from bayespool.studies import Effects, Rows

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Nested(Model):
    """``y_ij ~ Normal(mu + u_i + w_ij, se_ij)``, ``u_i ~ N(0, tau)``, ``w_ij ~ N(0, tau_within)``.

    Parameters
    ----------
    mu, tau, tau_within : prior
        Mean effect, and standard deviations between studies and between results of one study.
    correlation : float
        Known correlation of the sampling errors of two results of one study, 0 when they have
        different patients.
    nu : prior or None
        Student-t effects between studies with degrees of freedom of this prior; None for normal
        ones. Results of one study vary normally.
    measure : str
        Of the studies; decides the back-transformation.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    tau_within: Any = HalfNormal(0.5)
    correlation: float = 0.0
    nu: Any = None
    measure: str = "generic"

    spread: ClassVar[str] = "tau"
    title: ClassVar[str] = "Nested normal model"
    command: ClassVar[str] = "nested"
    brief: ClassVar[str] = "several results in a study"
    options: ClassVar[tuple[str, ...]] = ("robust",)
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its own true effect with its standard "
        "error taken as known; results of one study vary around the study's effect, and studies "
        "around the pooled effect."
    )
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("konstantopoulos2011",)
    takes: ClassVar[tuple[type[Rows], ...]] = (Effects,)

    def __post_init__(self) -> None:
        if not 0.0 <= self.correlation < 1.0:
            raise ValueError(f"correlation={self.correlation!r}; allowed: 0 or more, below 1")
        known = [name for name in ("tau", "tau_within") if isinstance(getattr(self, name), Fixed)]
        if known:
            raise ValueError(
                f"{known[0]}={getattr(self, known[0])!r} in a nested model; allowed: a "
                "distribution of positive numbers, such as HalfNormal(0.5)"
            )

    @classmethod
    def for_studies(cls, studies: Any, **options: Any) -> tuple[Nested, str]:
        """The model with default priors for the studies' measure, and where these come from."""
        mu, tau, source = scale.default_priors(studies, studies.measure)
        chosen = {"mu": mu, "tau": tau, "tau_within": tau} | options
        return cls(measure=studies.measure, **chosen), source

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> Nested:
        """With default priors for the measure of the table."""
        return cls.for_studies(studies, **fields_of(options))[0]

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return scale.located(self)

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter."""
        out: dict[str, Any] = {point(quantities.analysed(self.measure)): self.mu}
        for name, prior in (("tau", self.tau), ("tau_within", self.tau_within)):
            out[quantities.parameter(name, self.measure)] = prior
        return out | ({FREEDOM: self.nu} if self.nu is not None else {})

    @property
    def without_mean(self) -> tuple[str, ...]:
        """Estimands whose mean is infinite."""
        return scale.without_mean(self)

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        allowed = ("mu", "tau", "tau_within", "nu")
        if name not in allowed:
            raise ValueError(f"there is no prior {name!r}; allowed: {', '.join(allowed)}")
        return name

    def __repr__(self) -> str:
        return as_call(self)

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands on the scale that they are modelled on: as they are."""
        return values

    def alternatives(self) -> dict[str, Nested]:
        """Named priors that a reader might have preferred, scaled like this model's own."""
        return other_priors(self, ("tau", "tau_within"))

    def check(self, studies: Any) -> None:
        """Nothing to refuse: one result per study is allowed, and informs tau alone."""

    def _order(self, studies: Any) -> tuple[Array, Array, tuple[str, ...]]:
        """Rows sorted by study, the study of each, and the studies' labels."""
        labels = tuple(dict.fromkeys(studies.study))
        number = np.array([labels.index(study) for study in studies.study])
        order = np.argsort(number, kind="stable")
        return order, number[order], labels

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        order, study, labels = self._order(studies)
        se = np.asarray(studies.se)[order]
        rows = [studies.row[i] for i in order]
        with pm.Model(coords={"study": list(labels), "result": rows}) as model:
            mu = self.mu.to_pymc("mu")
            tau = self.tau.to_pymc("tau")
            tau_within = self.tau_within.to_pymc("tau_within")
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2, nu / 2, dims="study"))[study]
            between = pm.Normal("between", 0.0, 1.0, dims="study")
            within = pm.Normal("within", 0.0, 1.0, dims="result")
            shared = pm.Normal("shared", 0.0, 1.0, dims="study")
            theta = mu + tau * between[study] + tau_within * within
            error = se * np.sqrt(self.correlation) * shared[study]
            observe(studies.select(order), theta + error, np.sqrt(1.0 - self.correlation), "result")
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The rows of all studies; sampling errors that share patients are one more study effect.

        Effects of results widen normal rows; partial rows, whose limits they do not widen, keep
        them as effects.
        """
        order, study, labels = self._order(studies)
        se = np.asarray(studies.se)[order]
        n = len(order)
        shared = self.correlation > 0.0
        z = [np.ones(n)] + ([se * np.sqrt(self.correlation)] if shared else [])
        tau, tau_within = (quantities.parameter(n, self.measure) for n in ("tau", "tau_within"))
        if studies.is_partial.any():
            within = Covariance((tau_within,), (self.tau_within,))
            results: dict[str, Any] = {"within": Within(np.ones((n, 1)), np.arange(n), (within,))}
        else:
            results = {"row_scales": (tau_within,), "row_scale_priors": (self.tau_within,)}
        return Hierarchy(
            X=np.ones((n, 1)),
            Z=np.column_stack(z),
            study=study,
            likelihood=estimates(studies.select(order), np.sqrt(1.0 - self.correlation)),
            coefficients=(quantities.pooled(studies, quantities.analysed(self.measure)),),
            coefficient_priors=(self.mu,),
            between=Covariance((tau, "shared_error")[: len(z)], (self.tau, Fixed(1))[: len(z)]),
            kinds=("estimate",) * n,
            freedom_prior=self.nu,
            robust=(True, False)[: len(z)],
            labels=labels,
            ridges=((tau, tau_within),),
            **results,
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, both standard deviations, the share between studies, a new study."""
        out = scale.effect_estimands(draws, new[0], self.measure, studies)
        total = draws["tau"] ** 2 + draws["tau_within"] ** 2
        out[quantities.parameter("icc", self.measure)] = draws["tau"] ** 2 / total
        return out

    def exact(self, marginals: dict[str, Marginal], studies: Any) -> dict[str, Marginal]:
        """Estimands whose marginal the deterministic path knows without draws."""
        return scale.exact_marginals(marginals, self.measure, None)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken mean effect of every study on the scale of analysis, (n_studies, ...)."""
        return {"effect": draws["mu"] + effects[0]}
