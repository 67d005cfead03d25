"""Accuracy against a reference standard that is itself imperfect: the bivariate latent-class model.

Nobody sees who has the condition. Index and reference test are cross-classified; both may be wrong.

References
----------
Chu, Chen & Louis (2009), J Am Stat Assoc 104:512-523; Dendukuri, Schiller, Joseph & Pai (2012),
Biometrics 68:1285-1293; Liu, Chen & Chu (2015), Biometrics 71:538-547; Plackett (1965), J Am Stat
Assoc 60:516-522 (dependence of both tests given the condition).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import quantities, standards
from bayespool.accuracy.bivariate import Bivariate
from bayespool.accuracy.margins import (
    ACCURACY_LINKS,
    EDGE,
    OnLink,
    check_prior,
    other_priors,
    pymc_inverse_link,
    refuse_repeats,
)
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.model_options import ModelOptions
from bayespool.numerics.cross_tables import CrossTables
from bayespool.numerics.links import link
from bayespool.priors import LKJ, Beta, Fixed, HalfNormal, LogNormal, Normal, ProbabilityInterval
from bayespool.pymc_rows import plackett_cells
from bayespool.quantity import Estimand, Group
from bayespool.studies import AccuracyStudies, Rows
from bayespool.studies.sampling import case_control

if TYPE_CHECKING:
    from bayespool.accuracy.standards import Standard

Array = np.ndarray
DEPENDENCE = ("dependence_diseased", "dependence_healthy")
DEPENDENT = LogNormal(1.0, 1.5)  # odds ratio of 2.7 (0.14 to 51), as between compared tests
PREVALENCES = ("each", "hierarchical")
OF_PREVALENCE = ("prev", "tau_prev")


@dataclass(frozen=True, repr=False)
class LatentClass(OnLink):
    """Bivariate latent-class model of an index test and an imperfect reference standard.

    In study i with prevalence ``pi_i`` the four counts of index by reference result are multinomial
    with ``P(T+, R+) = pi_i sens_i S + (1 - pi_i) (1 - spec_i)(1 - C)`` and so on, where
    S and C are sensitivity and specificity of the reference standard of the study. Study effects of
    sens and spec are those of the `Bivariate` model, which it is where S = C = 1.

    Parameters
    ----------
    sens, spec, tau_sens, tau_spec, rho, link
        Of the index test, as in `Bivariate`.
    reference_sens, reference_spec : prior, number, or mapping of the name of a standard to these
        What is known of the reference: a `ProbabilityInterval` (the Beta distribution with that
        central 95 %), a `Beta`, or a number where it is known. One for all standards, or for each.
        Nothing in a table tells it; there is no default.
    dependence : prior or None
        Index and reference test tend to be wrong in the same people: prior of the odds ratio
        between them, in people with and in people without the condition, such as
        ``LogNormal(1, 1.5)``. Whatever it is, their covariance stays within its bounds (Plackett).
        None: independent given the condition.
    prevalences : {"each", "hierarchical"}
        Uniform in every study, or logit normal with mean `prev` and standard deviation `tau_prev`.
    prev, tau_prev : prior
        On the logit scale; of hierarchical prevalences.
    reference : str
        Covariate that names the reference standard; ``reference`` by default. Without it all
        studies have the same.
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    link: str = "logit"
    reference_sens: Any = None
    reference_spec: Any = None
    dependence: Any = None
    prevalences: str = "each"
    prev: Any = Normal(0.0, 1.5)
    tau_prev: Any = HalfNormal(1.0)
    reference: str = field(default="", metadata={"quiet": True})

    title: ClassVar[str] = "Bivariate latent-class model of an imperfect reference"
    command: ClassVar[str] = "latent-class"
    brief: ClassVar[str] = "a reference standard that may be wrong"
    options: ClassVar[tuple[str, ...]] = (
        "reference_sens", "reference_spec", "dependence", "hierarchical_prevalence", "link",
    )  # fmt: skip
    takes: ClassVar[tuple[type[Rows], ...]] = (AccuracyStudies,)
    of_rows: ClassVar[bool] = True
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec", "prev")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("chu2009", "dendukuri2012", "liu2015")

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> LatentClass:
        """With what is known of the reference standards, as it is written in options."""
        return cls(
            link=options.link,
            reference_sens=standards.read("--reference-sens", options.reference_sens),
            reference_spec=standards.read("--reference-spec", options.reference_spec),
            dependence=DEPENDENT if options.dependence else None,
            prevalences="hierarchical" if options.hierarchical_prevalence else "each",
        )

    def __post_init__(self) -> None:
        for name, allowed in (("link", ACCURACY_LINKS), ("prevalences", PREVALENCES)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} is unknown; allowed: {', '.join(allowed)}"
                )
        for name in standards.PARTS:
            object.__setattr__(self, name, standards.checked(name, getattr(self, name)))
        for item in fields(self):
            if getattr(self, item.name) is not None and item.name not in standards.PARTS:
                check_prior(item.name, getattr(self, item.name))

    @property
    def hierarchical(self) -> bool:
        """Prevalences have a distribution with parameters."""
        return self.prevalences == "hierarchical"

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on.

        Those of reference standards without a name stand for those of all.
        """
        out = self._of_index()
        for name in standards.PARTS:
            given = getattr(self, name)
            pairs = given if isinstance(given, tuple) else (("", given),)
            for standard, prior in pairs:
                if isinstance(prior, Beta | ProbabilityInterval):
                    own = quantities.parameter(name, Group(standard))
                    out[own] = standards.as_beta(prior)
        return out | self._of_dependence()

    def _of_index(self) -> dict[str, Any]:
        """Of the index test and the prevalences."""
        names = ("sens", "spec", "tau_sens", "tau_spec", "rho")
        out: dict[str, Any] = {self._sampled(n): self.on_link(getattr(self, n)) for n in names}
        if self.hierarchical:
            logit = self.prev
            if isinstance(logit, ProbabilityInterval):
                logit = logit.on_link("logit")
            out |= {quantities.parameter("logit_prev"): logit,
                    quantities.parameter("tau_prev"): self.tau_prev}  # fmt: skip
        return out

    def _of_dependence(self) -> dict[Estimand, Any]:
        if self.dependence is None:
            return {}
        return {quantities.parameter(name): self.dependence for name in DEPENDENCE}

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        if name in standards.PARTS:
            raise ValueError(f'--prior {name}; allowed: --{name.replace("_", "-")} "0.6 to 0.9"')
        return self._field(name, {"logit_prev": "prev"} | dict.fromkeys(DEPENDENCE, "dependence"))

    def standards(self, studies: AccuracyStudies) -> tuple[Standard, ...]:
        """The table's reference standards, and what is known of each."""
        return standards.standards(
            studies, self.reference, self.reference_sens, self.reference_spec
        )

    def settled(self, studies: AccuracyStudies) -> LatentClass:
        """With the reference standards of the table said by name."""
        found = self.standards(studies)
        column = standards.column_of(studies, self.reference)
        if not column:
            return self
        return replace(
            self, reference=column,
            reference_sens=tuple((str(s.name), s.sens) for s in found),
            reference_spec=tuple((str(s.name), s.spec) for s in found),
        )  # fmt: skip

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that are no cross-classification, and a reference nothing is said of."""
        refuse_repeats(studies, "latent-class model")
        partial = [row for row, less in zip(studies.row, studies.is_partial, strict=True) if less]
        if partial:
            raise ValueError(
                f"{studies.file}: the latent-class model needs all four counts of index by "
                f"reference result in every row; not so in {', '.join(partial)}; allowed: the "
                "bivariate model"
            )
        chosen = [row for row, own in zip(studies.row, case_control(studies), strict=True) if own]
        if chosen:
            raise ValueError(
                f"{studies.file}: {', '.join(chosen)} chose cases and controls by the reference, "
                "which the latent-class model does not describe; allowed: studies of one group, "
                "chosen with --where design=cohort"
            )
        self.standards(studies)

    def alternatives(self) -> dict[str, LatentClass]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        named = {name: replace(self, **changes) for name, changes in other_priors().items()}
        if self.dependence is None:
            named[f"conditional dependence: {DEPENDENT!r}"] = replace(self, dependence=DEPENDENT)
        else:
            named["conditional independence"] = replace(self, dependence=None)
        other = PREVALENCES[not self.hierarchical]
        return named | {f"prevalences: {other}": replace(self, prevalences=other)}

    @property
    def odds_ratios(self) -> tuple[Estimand, ...]:
        """Names of those between index and reference test; none where they are independent."""
        return tuple(self._of_dependence())

    @property
    def with_perfect_reference(self) -> Bivariate:
        """The model that takes the reference standard for the truth."""
        return Bivariate(self.sens, self.spec, self.tau_sens, self.tau_spec, self.rho, self.link)

    def covariance(self) -> Covariance:
        """Of the study effects; prevalence is independent of both others."""
        names = ("tau_sens", "tau_spec", "tau_prev")
        sd = self.tau_prev if self.hierarchical else Fixed(1.0)
        return Covariance(
            tuple(map(quantities.parameter, names)), (self.tau_sens, self.tau_spec, sd),
            (quantities.parameter("rho"),), self.rho, blocks=(2, 1),
        )  # fmt: skip

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm
        import pytensor.tensor as pt

        found = self.standards(studies)
        index = self._numbers(studies, found, self.reference)
        inverse, coords = pymc_inverse_link(self.link), {"study": list(studies.row)}
        with pm.Model(coords=coords | {"effect": list(self.effects)}) as model:
            priors = self._of_index() | self._shares(found) | self._of_dependence()
            drawn = {name: prior.to_pymc(name) for name, prior in priors.items()}
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            rho, (mu_sens, mu_spec) = drawn["rho"], (drawn[name] for name in self.intercepts)
            a = inverse(mu_sens + drawn["tau_sens"] * v[:, 0])
            b = inverse(
                mu_spec + drawn["tau_spec"] * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
            )
            pi = pm.math.invprobit(v[:, 2])
            if self.hierarchical:
                pi = pm.math.invlogit(drawn["logit_prev"] + drawn["tau_prev"] * v[:, 2])
            right = [[drawn.get(name, known) for name, known in zip(s.parameters, s.known,
                                                                    strict=True)]
                     for s in found]  # fmt: skip
            for standard, (sens, spec) in zip(found, right, strict=True):
                if len(standard.priors) == 2:  # better than chance, and not its mirror
                    better = pm.math.switch(pm.math.gt(sens + spec, 1.0), 0.0, -np.inf)
                    pm.Potential(f"better_than_chance{standard.name.ending}", better)
            s, c = (pt.stack([pt.as_tensor_variable(pair[i]) for pair in right])[index]
                    for i in (0, 1))  # fmt: skip
            odds = [drawn.get(name, 1.0) for name in DEPENDENCE]
            ill = plackett_cells(a, s, odds[0])
            well = plackett_cells(1 - b, 1 - c, odds[1])
            cells = [pi * x + (1 - pi) * y for x, y in zip(ill, well, strict=True)]
            counts = counts_of(studies)
            pm.Multinomial(
                "counts", n=counts.sum(axis=1), p=pt.stack(cells, axis=1), observed=counts
            )
        return model

    def _shares(self, found: tuple[Standard, ...]) -> dict[str, Any]:
        """Of sensitivity and specificity of every standard."""
        return {n: p for standard in found for n, p in standard.priors.items()}

    @staticmethod
    def _numbers(studies: AccuracyStudies, found: tuple[Standard, ...], column: str) -> Array:
        """Number of the standard of every row."""
        order = [standard.name for standard in found]
        return np.array([order.index(name) for name in standards.names_of(studies, column)])

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows: sensitivity, specificity and prevalence of each study."""
        found, k = self.standards(studies), len(studies)
        prior = self.priors
        means = self.intercepts + ((quantities.parameter("logit_prev"),) * self.hierarchical)
        shares = self._shares(found)
        rows = CrossTables(
            counts_of(studies), self._numbers(studies, found, self.reference),
            np.array([standard.known for standard in found])[..., None],
            np.array([[not isinstance(p, Fixed) for p in (s.sens, s.spec)] for s in found]),
            link_name=self.link, prevalence_link="logit" if self.hierarchical else "probit",
            odds_ratio=None if self.dependence is None else np.ones((2, 1)),
        )  # fmt: skip
        return Hierarchy(
            X=np.tile(np.eye(3)[:, : len(means)], (k, 1)),
            Z=np.tile(np.eye(3), (k, 1)),
            study=np.repeat(np.arange(k), 3),
            likelihood=rows,
            coefficients=means,
            coefficient_priors=tuple(prior[name] for name in means),
            between=self.covariance(),
            row_scales=self.odds_ratios,
            row_scale_priors=(self.dependence,) * len(self.odds_ratios),
            row_shares=tuple(shares),
            row_share_priors=tuple(shares.values()),
            exceeding=tuple(s.parameters for s in found if len(s.priors) == 2),
            kinds=("both_positive", "both_negative", "reference_positive") * k,
            labels=studies.row,
            row_labels=tuple(row for row in studies.row for _ in range(3)),
        )

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands (proportions) on the scale that they are modelled on."""
        return link(self.link).forward(np.clip(values, EDGE, 1.0 - EDGE))

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        g = link(self.link)
        return {"sens": g.inverse(predictors[0::3]), "spec": g.inverse(predictors[1::3])}

    def study_prevalences(self, predictors: Array) -> Array:
        """The prevalence of every study (a proportion), shape (n_studies, ...)."""
        return link("logit" if self.hierarchical else "probit").inverse(predictors[2::3])

    def at(
        self, draws: Mapping[str, Array], studies: Any, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation on the scale of the link."""
        return self.with_perfect_reference.at(draws, studies, label)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """What a reader asks for, from hyperparameters; see `Bivariate.estimands`.

        ``new`` has shape (3, ...): the third effect of a new study is that of its prevalence.
        """
        out = self.with_perfect_reference.estimands(draws, new[:2], studies)
        found = self.standards(studies)
        own = [name for standard in found for name in standard.priors]
        own += self.odds_ratios
        if self.hierarchical:
            mean, logit = draws["logit_prev"], link("logit")
            out[quantities.PREVALENCE] = logit.inverse(mean)
            out[quantities.PREVALENCE.like("new")] = logit.inverse(mean + new[2])
            own += map(quantities.parameter, ("logit_prev", "tau_prev"))
        return out | {name: draws[name] for name in own}


def counts_of(studies: AccuracyStudies) -> Array:
    """Positive by both tests, by the index test, by the reference, by neither, (n_rows, 4)."""
    return np.stack([studies.tp, studies.fp, studies.fn, studies.tn], axis=1)
