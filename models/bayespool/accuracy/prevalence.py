"""Sensitivity, specificity and prevalence of studies together: the trivariate model.

Where more people have the condition, tests may find it more often, and false alarms may be rarer or
not: prevalence and accuracy are correlated between studies, and predictive values in a new setting
follow from all three.

References
----------
Chu, Nie, Cole & Poole (2009), Stat Med 28:2384-2399; Leeflang, Bossuyt & Irwig (2009), J Clin
Epidemiol 62:5-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bayespool.accuracy import quantities, roc
from bayespool.accuracy.bivariate import Bivariate
from bayespool.accuracy.evidence import refuse_partial
from bayespool.accuracy.margins import Margins, other_priors, refuse_repeats
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial
from bayespool.numerics.links import link
from bayespool.priors import LKJ, HalfNormal, Normal
from bayespool.quantity import WHOLE, Estimand, Group
from bayespool.studies import AccuracyStudies
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.sampling import case_control, design_column

Array = np.ndarray
LOGIT = link("logit")
CORRELATIONS = ("rho", "rho_sens_prev", "rho_spec_prev")


@dataclass(frozen=True, repr=False)
class Trivariate(Margins):
    """Trivariate random-effects model of sensitivity, specificity and prevalence.

    As `Bivariate` for true positives and true negatives; and of studies that did not choose cases
    and controls apart ``tp + fn ~ Binomial(all, expit(logit_prev + u_prev))``. The three effects of
    a study are normal with one covariance. A column ``design`` says which studies chose cases and
    controls apart; without it none did.

    Parameters
    ----------
    sens, spec, prev : prior
        Of sensitivity, specificity and prevalence in the average study, on the logit scale, or a
        `ProbabilityInterval` of proportions.
    tau_sens, tau_spec, tau_prev : prior
        Between-study standard deviations on the logit scale.
    rho : LKJ
        Of the three correlations together.
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    prev: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    tau_prev: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)

    link: ClassVar[str] = "logit"  # type: ignore[misc]
    nu: ClassVar[Any] = None  # type: ignore[misc]
    marker: ClassVar[str] = "ignored"  # type: ignore[misc]
    learns_prevalence: ClassVar[bool] = True
    title: ClassVar[str] = "Trivariate model of sensitivity, specificity and prevalence"
    command: ClassVar[str] = "prevalence"
    brief: ClassVar[str] = "prevalence learnt together with accuracy"
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec", "prev")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("chu2009trivariate", "chu2006", "harbord2007")

    def _sampled(self, name: str) -> Estimand:
        if name == "prev":
            return quantities.parameter("logit_prev")
        return super()._sampled(name)

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on."""
        more = {quantities.parameter(name): self.rho for name in CORRELATIONS[1:]}
        return super().priors | more

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        return self._field(name, dict.fromkeys(CORRELATIONS[1:], "rho"))

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return (*self.intercepts, quantities.parameter("logit_prev"))

    @property
    def without_prevalence(self) -> Bivariate:
        """The model of sensitivity and specificity alone, with the same priors."""
        return Bivariate(self.sens, self.spec, self.tau_sens, self.tau_spec, self.rho)

    def alternatives(self) -> dict[str, Trivariate]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        return {name: replace(self, **changes) for name, changes in other_priors().items()}

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows without counts, repeated studies, and tables that carry no prevalence."""
        refuse_repeats(studies, "trivariate model")
        refuse_partial(studies, "trivariate model", "the bivariate model")
        if not self.carriers(studies).any():
            rule = "no study carries a prevalence: all chose cases and controls apart"
            allowed = (
                "the bivariate model, with the prevalence of a setting given as --prevalence 0.1; "
                "or studies of one group, with design cohort"
            )
            raise TableError(
                [Problem(studies.file, None, design_column(studies) or None, rule, allowed)]
            )

    @staticmethod
    def carriers(studies: AccuracyStudies) -> Array:
        """Rows that carry a prevalence: of one group of people, with all counts, (n_rows,)."""
        return ~(case_control(studies) | studies.is_partial)

    def cautions(self, studies: AccuracyStudies) -> tuple[str, ...]:
        """What is taken for granted of the table."""
        if design_column(studies):
            return ()
        return (
            "the table has no column design: every study is taken to have one group of people, "
            "whose share with the condition is a prevalence (allowed: design with cohort or "
            "case-control)",
        )

    def covariance(self, group: Group = WHOLE) -> Covariance:
        """Of the three study effects."""
        del group
        return Covariance(
            tuple(map(quantities.parameter, ("tau_sens", "tau_spec", "tau_prev"))),
            (self.tau_sens, self.tau_spec, self.tau_prev),
            tuple(map(quantities.parameter, CORRELATIONS)),
            self.rho,
        )

    def _counts(self, studies: AccuracyStudies) -> tuple[Array, Array]:
        """True positives, true negatives and people with the condition; and out of how many."""
        people = np.where(self.carriers(studies), studies.n_diseased + studies.n_healthy, 0)
        hits = np.stack([studies.tp, studies.tn, np.where(people > 0, studies.n_diseased, 0)], 1)
        return hits, np.stack([studies.n_diseased, studies.n_healthy, people], axis=1)

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        hits, people = self._counts(studies)
        eta = self.rho.eta
        coords = {"study": list(studies.row), "effect": list(self.effects)}
        with pm.Model(coords=coords) as model:
            prior = self.priors
            drawn = {n: prior[n].to_pymc(n) for n in prior if n not in CORRELATIONS}
            # correlations of the first row, and the partial one: LKJ(eta) of three dimensions
            rho, other = (LKJ(eta + 0.5).to_pymc(name) for name in CORRELATIONS[:2])
            partial = LKJ(eta).to_pymc("partial_spec_prev")
            rest, far = pm.math.sqrt(1.0 - rho**2), pm.math.sqrt(1.0 - other**2)
            pm.Deterministic(CORRELATIONS[2], other * rho + partial * far * rest)
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            across = partial * v[:, 1] + pm.math.sqrt(1.0 - partial**2) * v[:, 2]
            u = {
                "sens": v[:, 0],
                "spec": rho * v[:, 0] + rest * v[:, 1],
                "prev": other * v[:, 0] + far * across,
            }
            for i, (name, counted) in enumerate(
                zip(self.effects, ("tp", "tn", "diseased"), strict=True)
            ):
                logit = drawn[f"logit_{name}"] + drawn[f"tau_{name}"] * u[name]
                pm.Binomial(counted, n=people[:, i], logit_p=logit, observed=hits[:, i],
                            dims="study")  # fmt: skip
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows: sensitivity, specificity and prevalence of each study."""
        hits, people = self._counts(studies)
        prior, k = self.priors, len(studies)
        return Hierarchy(
            X=np.tile(np.eye(3), (k, 1)),
            Z=np.tile(np.eye(3), (k, 1)),
            study=np.repeat(np.arange(k), 3),
            likelihood=Binomial(hits.ravel(), people.ravel()),
            coefficients=self.located,
            coefficient_priors=tuple(prior[name] for name in self.located),
            between=self.covariance(),
            kinds=("tp", "tn", "diseased") * k,
            labels=studies.row,
            row_labels=tuple(row for row in studies.row for _ in range(3)),
        )

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        return {"sens": LOGIT.inverse(predictors[0::3]), "spec": LOGIT.inverse(predictors[1::3])}

    def at(
        self, draws: Mapping[str, Array], studies: Any, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation on the scale of the link."""
        return self.without_prevalence.at(draws, studies, label)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """What a reader asks for; see `Bivariate.estimands`.

        ``new`` has shape (3, ...): effects of a new study. Predictive values are those at the
        prevalence of the average study, and in a new setting with its own prevalence.
        """
        out = self.without_prevalence.estimands(draws, new[:2], studies)
        prev = LOGIT.inverse(draws["logit_prev"])
        found = {"": (out["sens"], out["spec"], prev)}
        found["new"] = (
            out["sens_new"], out["spec_new"], LOGIT.inverse(draws["logit_prev"] + new[2]),
        )  # fmt: skip
        for where, (sens, spec, share) in found.items():
            values = (share, *roc.predictive_values(sens, spec, share))
            for one, value in zip(quantities.OF_PREVALENCE, values, strict=True):
                out[one.like("new") if where else one] = value
        return out | {name: draws[name] for name in self.priors}
