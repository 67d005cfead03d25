"""Exact odds ratios, risk ratios and risk differences from counts, without corrections.

References
----------
Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067 (non-central hypergeometric); Jackson, Law,
Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085 (model 7, and why baselines matter);
Warn, Thompson & Spiegelhalter (2002), Stat Med 21:1601-1623 (risk ratios and differences).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import quantities, scale
from bayespool.association.counts import observe, possible
from bayespool.association.regression import Regression, check_rows
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.model import fields_of
from bayespool.model_options import ModelOptions
from bayespool.numerics.two_groups import TwoGroups
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal
from bayespool.studies import ArmCounts, Rows
from bayespool.studies.limits import listed
from bayespool.studies.measures import OF_COUNTS, measure_named

Array = np.ndarray

MOST = 500_000  # tables with the margins of a row


@dataclass(frozen=True, repr=False)
class BinomialNormal(Regression):
    """Effects from ``e1 of n1`` against ``e2 of n2``, no correction for zero cells.

    Study effects are ``d_i = mu + x_i beta + tau v_i``. Of odds ratios the events of group 1 given
    both margins of the table are non-central hypergeometric, ``e1 | e1 + e2 ~ NCH(n1, n2, e1 + e2,
    exp(d_i))``, and every total of events is as likely beforehand as any other. Of risk ratios and
    risk differences ``e1 ~ Binomial(n1, p1)`` and ``e2 ~ Binomial(n2, p2)``, the risk of all people
    together, ``(n1 p1 + n2 p2) / (n1 + n2)``, is uniform, and beyond risks of 0 and 1 the
    likelihood is zero. Swapping the groups turns the sign of everything. How many events there are
    in all thus says nothing of a ratio, and neither does a study without events.

    Parameters
    ----------
    mu, tau : prior
        Mean effect (log odds ratio, log risk ratio or risk difference) and its between-study
        standard deviation.
    beta : prior
        Of every regression coefficient.
    covariates : tuple of str
    nu : prior or None
        Student-t study effects with degrees of freedom of this prior; None for normal ones.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    nu: Any = None
    measure: str = "or"

    title: ClassVar[str] = "Binomial-normal model"
    command: ClassVar[str] = "binomial"
    brief: ClassVar[str] = "exact, from counts"
    options: ClassVar[tuple[str, ...]] = ("covariate", "robust")
    automatic: ClassVar[Container[str]] = ("or",)
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("jackson2018", "stijnen2010")
    takes: ClassVar[tuple[type[Rows], ...]] = (ArmCounts,)

    @property
    def in_words(self) -> str:  # type: ignore[override]
        """How the counts of a study enter."""
        if self.measure == "or":
            return (
                "Given both margins of its table, the number of events of group 1 is non-central "
                "hypergeometric, so that baselines drop out; how many events there are in all says "
                "nothing of the effect. Zero cells enter as they are, without continuity "
                "correction."
            )
        return (
            "In both groups of every study the number of events is binomial, and the risk of all "
            "its people together is uniform, so that how many events there are says nothing of the "
            "effect. Zero cells enter as they are, without continuity correction."
        )

    def __post_init__(self) -> None:
        measure_named(self.measure, OF_COUNTS)

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> BinomialNormal:
        """With default priors for the measure."""
        mu, tau, _ = scale.default_priors(studies, measure)
        chosen = {"mu": mu, "tau": tau, "beta": Normal(0, float(mu.sigma) / 2)}
        return cls(measure=measure, **(chosen | fields_of(options)))

    def check(self, studies: Any) -> None:
        """Refuse rows that the model would wrongly take, and tables that are too large."""
        check_rows(studies, self.covariates)
        _check_sizes(studies)

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
            for term, x in zip(columns.terms, columns.matrix.T, strict=True):
                mean = mean + self.beta.to_pymc(quantities.coefficient(term)) * x
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2, nu / 2, dims="study"))
            effect = mean + tau * v[:, 0]
            observe(studies, effect, self.measure)
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """One row per study, a function of its effect alone."""
        return Hierarchy(
            likelihood=TwoGroups(self.measure, possible(studies)),
            kinds=("e1",) * len(studies),
            **self.one_effect(studies),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and what they are on the measure's own scale."""
        return scale.effect_estimands(draws, new[0], self.measure, studies)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken effect of every study on the scale of analysis, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[0]}


def _check_sizes(studies: Any) -> None:
    """Refuse rows whose margins allow more tables than a likelihood can be a sum of."""
    wide = [
        label
        for label, row in zip(studies.row, possible(studies), strict=True)
        if any(min(n1, e1 + e2) - max(0, e1 + e2 - n2) >= MOST for e1, n1, e2, n2 in row.tables)
    ]
    if wide:
        raise ValueError(
            f"{studies.file}: the exact model sums over all tables with the people and events of a "
            f"row, at most {MOST}; more in {listed(wide)}; allowed: the normal model of effects "
            "(--model normal), which is as good for so many events"
        )
