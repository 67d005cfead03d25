"""Exact odds ratios, risk ratios and risk differences from counts, without corrections.

References
----------
Jackson, Law, Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085 (models 2 to 7);
Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067 (non-central hypergeometric); Warn,
Thompson & Spiegelhalter (2002), Stat Med 21:1601-1623 (risk ratios and differences).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.association import scale
from bayespool.association.regression import Regression, check_rows
from bayespool.covariance import Covariance
from bayespool.design import design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.candidates import CandidateBinomial, Tables
from bayespool.numerics.likelihoods import Binomial, NoncentralHypergeometric
from bayespool.numerics.mixed import joined
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal
from bayespool.pymc_rows import potential_name, sum_over_tables

Array = np.ndarray
FLAT = 1_000.0  # SD that is flat over any logit
LINK_OF = {"or": "logit", "rr": "log", "rd": "identity"}


@dataclass(frozen=True, repr=False)
class BinomialNormal(Regression):
    """Effects from ``e1 of n1`` against ``e2 of n2``, no correction for zero cells.

    ``e1 ~ Binomial(n1, g^-1(a_i + d_i / 2))``, ``e2 ~ Binomial(n2, g^-1(a_i - d_i / 2))`` with
    ``d_i = mu + x_i beta + tau v_i`` and every study's own midpoint ``g^-1(a_i) ~ Beta(1, 1)``, so
    that swapping the arms turns the sign of everything. The link ``g`` is the logit for odds
    ratios, the logarithm for risk ratios and the identity for risk differences; beyond risks of 0
    and 1 the likelihood is zero. Odds ratios may instead be conditional on the margins, ``e1``
    non-central hypergeometric, where the baselines drop out.

    Parameters
    ----------
    mu, tau : prior
        Mean effect (log odds ratio, log risk ratio or risk difference) and its between-study
        standard deviation.
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
    measure: str = "or"

    title: ClassVar[str] = "Binomial-normal model"
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("jackson2018", "stijnen2010")

    def __post_init__(self) -> None:
        if self.measure not in LINK_OF:
            raise ValueError(f"measure={self.measure!r}; legal: {', '.join(LINK_OF)}")
        if self.conditional and self.measure != "or":
            raise ValueError(
                "the conditional likelihood is one of odds ratios; legal: measure='or'"
            )

    def check(self, studies: Any) -> None:
        """Refuse what the model cannot take, and risk differences of studies with a zero cell.

        Their likelihood is largest at a risk of 0 or 1 and nothing beyond, a cliff at the mode that
        neither engine integrates.
        """
        check_rows(studies, self.covariates)
        if self.conditional:
            self._refuse_partial(studies)
        if self.measure != "rd":
            return
        zero = [row for row, none in zip(studies.row, studies.zero_cell, strict=True) if none]
        if zero:
            raise ValueError(
                f"{studies.file}: the exact model of risk differences needs events and non-events "
                f"in both groups; not so in {', '.join(zero)}; legal: the normal model of effects, "
                "or the exact model of odds ratios or risk ratios"
            )

    def _refuse_partial(self, studies: Any) -> None:
        if studies.is_partial.any():
            rows = [studies.row[i] for i in np.flatnonzero(studies.is_partial)]
            raise ValueError(
                f"{studies.file}: the conditional likelihood needs both margins of every table; "
                f"not so in {', '.join(rows)}; legal: conditional=False"
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
            effect = mean + tau * v[:, 0]
            if self.conditional:
                likelihood = self._conditional(studies)
                weight, support = likelihood.log_weight, likelihood.support
                terms = weight + support * effect[:, None]
                pm.Potential(
                    "e1", studies.e1 * effect - pm.math.logsumexp(terms, axis=1)
                    + likelihood.log_constant()[:, 0], dims="study",
                )  # fmt: skip
            else:
                midpoint = pm.Beta("baseline", 1.0, 1.0, dims="study")
                forward, inverse = _pymc_link(self.measure)
                plain, risks = ~studies.is_partial, []
                for name, sign, n, y in (
                    ("e2", -0.5, studies.n2, studies.e2),
                    ("e1", 0.5, studies.n1, studies.e1),
                ):
                    risk = inverse(forward(midpoint) + sign * effect)
                    if self.measure != "or":
                        # beyond 0 and 1 the likelihood is zero; inside, the clip does nothing
                        legal = pm.math.and_(pm.math.gt(risk, 0.0), pm.math.lt(risk, 1.0))
                        pm.Potential(f"{name}_is_a_risk", pm.math.switch(legal, 0.0, -np.inf),
                                     dims="study")  # fmt: skip
                        risk = pm.math.clip(risk, 1e-12, 1.0 - 1e-12)
                    risks.append(risk)
                    if plain.all():
                        pm.Binomial(name, n=n, p=risk, observed=y, dims="study")
                    elif plain.any():
                        pm.Binomial(name, n=n[plain], p=risk[plain], observed=y[plain])
                for i in np.flatnonzero(~plain):
                    unit = arms_of(studies.partial[i])
                    pm.Potential(potential_name("tables", studies.row[i]),
                                 sum_over_tables(unit, [risk[i] for risk in risks]))  # fmt: skip
        return model

    def _counts(self, studies: Any, successes: Array, trials: Array) -> RowLikelihood:
        """Binomial rows, baseline and both arms in turn; partial rows tie their two arms."""
        name = LINK_OF[self.measure]
        plain = Binomial(successes, trials, name)
        partial = np.flatnonzero(studies.is_partial)
        if not partial.size:
            return plain
        tied = (3 * partial[:, None] + [1, 2]).ravel()
        rest = np.setdiff1d(np.arange(len(successes)), tied)
        units = tuple(arms_of(studies.partial[i]) for i in partial)
        return joined([(plain.take(rest), rest), (CandidateBinomial(units, name), tied)])

    def _conditional(self, studies: Any) -> NoncentralHypergeometric:
        return NoncentralHypergeometric(studies.e1, studies.n1, studies.e1 + studies.e2, studies.n2)

    def hierarchy(self, studies: Any) -> Hierarchy:
        """Rows of both arms with baseline and effect, or one conditional row per study.

        A Beta(1, 1) midpoint is a flat linear predictor times the slope of the inverse link: one
        event in two people for the logit (``p (1 - p)``), one in one for the logarithm (``p``).
        """
        shared = self.one_effect(studies)
        if self.conditional:
            return Hierarchy(
                likelihood=self._conditional(studies), kinds=("e1",) * len(studies), **shared
            )
        k, treated = len(studies), shared["X"]
        x = np.zeros((k, 3, treated.shape[1]))
        x[:, 1], x[:, 2] = -0.5 * treated, 0.5 * treated
        events, people = {"or": (1, 2), "rr": (1, 1), "rd": (0, 0)}[self.measure]
        successes = np.stack([np.full(k, events), studies.e2, studies.e1], axis=1)
        trials = np.stack([np.full(k, people), studies.n2, studies.n1], axis=1)
        doubled = np.log(2.0) if self.measure == "or" else 0.0  # ways of one event in two people
        return Hierarchy(
            likelihood=self._counts(studies, successes.ravel(), trials.ravel()),
            offset={"or": 0.0, "rr": -1.2, "rd": 0.3}[self.measure],
            kinds=("baseline", "e2", "e1") * k,
            log_offset=float(np.log(FLAT) + 0.5 * np.log(2.0 * np.pi) - doubled),
            unobserved=("baseline",),
            **shared
            | {
                "X": x.reshape(3 * k, -1),
                "Z": np.tile([[1.0, 0.0], [1.0, -0.5], [1.0, 0.5]], (k, 1)),
                "study": np.repeat(np.arange(k), 3),
                "between": Covariance(("baseline", "tau"), (Fixed(FLAT), self.tau)),
                "robust": (False, True),
            },
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and what they are on the measure's own scale."""
        return scale.effect_estimands(draws, new[-1], self.measure, None)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Shrunken effect of every study on the scale of analysis, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[-1]}


def arms_of(partial: Any) -> Tables:
    """The possible tables as rows of group 2 and group 1, the order of the hierarchy."""
    tables = np.array(partial.tables)
    return Tables(tables[:, [2, 0]], tables[:, [3, 1]], np.log(np.array(partial.weights)))


def _pymc_link(measure: str) -> tuple[Any, Any]:
    import pymc as pm

    return {
        "or": (pm.math.logit, pm.math.invlogit),
        "rr": (pm.math.log, pm.math.exp),
        "rd": (lambda p: p, lambda p: p),
    }[measure]
