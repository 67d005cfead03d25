"""Meta-regression and subgroups of sensitivity and specificity.

References
----------
Cochrane Handbook for DTA reviews v2, chapter 9.4.6 (covariates in the bivariate model); Reitsma et
al. (2005), J Clin Epidemiol 58:982-990.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import groups
from bayespool.accuracy.evidence import observe
from bayespool.accuracy.margins import (
    Margins,
    margin_rows,
    other_priors,
    point_estimands,
    pymc_inverse_link,
    refuse_repeats,
)
from bayespool.accuracy.quantities import MARGINS, coefficient
from bayespool.covariance import Covariance
from bayespool.design import Coding, Design, design
from bayespool.hierarchy import Hierarchy
from bayespool.model import plain
from bayespool.model_options import ModelOptions
from bayespool.numerics.links import link
from bayespool.priors import LKJ, HalfNormal, Normal, StudentT
from bayespool.quantity import WHOLE, Group

if TYPE_CHECKING:
    from bayespool.estimands import Statement
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class MetaRegression(Margins):
    """The bivariate model with means that depend on study covariates.

    ``g(sens_i) = mu_sens + x_i beta_sens + u_sens,i`` and likewise for specificity. Categories are
    coded against their most frequent level, numbers centred at their mean over studies.

    Parameters
    ----------
    covariates : tuple of str
        Study covariates, at least one.
    by : str
        A categorical covariate whose levels have their own between-study covariance; empty for one
        that all studies share.
    sens, spec, tau_sens, tau_spec, rho, link, nu, marker
        As in `Bivariate`; the pooled values are those at the reference levels and centres.
    beta : prior
        Of each coefficient on the link scale: of a level against the reference, or of one standard
        deviation of a number.
    """

    covariates: tuple[str, ...] = ()
    by: str = ""
    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    beta: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    link: str = "logit"
    nu: Any = None
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Bivariate meta-regression"
    command: ClassVar[str] = "meta-regression"
    brief: ClassVar[str] = "by covariates of the studies"
    options: ClassVar[tuple[str, ...]] = ("covariate", "by", "link", "robust", "marker")
    automatic: ClassVar[Container[str]] = ("",)
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("reitsma2005", "chu2006", "macaskill2022", "lkj2009")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.beta, Normal | StudentT):
            raise ValueError(f"beta={self.beta!r}; allowed: Normal or StudentT, which have a scale")
        if self.by and self.by not in self.covariates:
            raise ValueError(f"by={self.by!r}; allowed: one of the covariates, or empty")

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> MetaRegression:
        """With the covariate of levels that vary apart among the covariates."""
        named = (*options.covariate, *filter(None, (options.by,)))
        covariates = tuple(dict.fromkeys(named))
        made: MetaRegression = plain(cls, replace(options, covariate=covariates), measure)
        return made

    def alternatives(self) -> dict[str, MetaRegression]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = {name: replace(self, **changes) for name, changes in other_priors().items()}
        for sigma in (0.75, 3):
            found[f"beta: Normal(0, {sigma:g})"] = replace(self, beta=Normal(0, sigma))
        return found

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that would count as independent studies, and unusable covariates."""
        refuse_repeats(studies, "meta-regression")
        self.check_covariates(studies)

    def check_covariates(self, studies: AccuracyStudies) -> None:
        """Refuse a regression without covariates, or with unusable ones."""
        if not self.covariates:
            raise ValueError("a meta-regression needs covariates; allowed: " + (
                ", ".join(studies.covariates) or "none, the table has no covariate"
            ))  # fmt: skip
        columns = design(studies, self.covariates)
        if self.by and not self._coding(columns, self.by).levels:
            raise ValueError(f"{studies.file}: by={self.by!r} is a number; allowed: a category")

    def _coding(self, columns: Design, covariate: str) -> Coding:
        return next(c for c in columns.codings if c.covariate == covariate)

    def sigma_groups(self, studies: AccuracyStudies) -> tuple[Group, ...]:
        """Levels with their own covariance, the reference first; the whole table when shared."""
        if not self.by:
            return (WHOLE,)
        return tuple(map(Group, self._coding(design(studies, self.covariates), self.by).levels))

    def _group(self, studies: AccuracyStudies) -> Array:
        levels = self.sigma_groups(studies)
        return np.array([levels.index(str(v)) for v in studies.covariates[self.by]])

    def _covariances(self, studies: AccuracyStudies) -> tuple[Covariance, ...]:
        return tuple(map(self.covariance, self.sigma_groups(studies)))

    def pymc_means(self, studies: AccuracyStudies) -> list[Any]:
        """Mean sensitivity and specificity of every row on the scale of the link, in PyMC."""
        columns = design(studies, self.covariates)
        mean = [self.priors[name].to_pymc(name) for name in self.intercepts]
        for i, margin in enumerate(MARGINS):
            for term, x, beta in zip(
                columns.terms, columns.matrix.T, columns.priors(self.beta), strict=True
            ):
                mean[i] = mean[i] + beta.to_pymc(coefficient(margin.name, term)) * x
        return mean

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior = self.priors
        inverse = pymc_inverse_link(self.link)
        with pm.Model(coords={"study": list(studies.row), "outcome": ["sens", "spec"]}) as model:
            mean = self.pymc_means(studies)
            covariances = self._covariances(studies)
            tau_sens, tau_spec, rho = (
                pm.math.stack([prior[field].to_pymc(names(sigma)) for sigma in covariances])
                for field, names in (
                    ("tau_sens", lambda sigma: sigma.scales[0]),
                    ("tau_spec", lambda sigma: sigma.scales[1]),
                    ("rho", lambda sigma: sigma.correlations[0]),
                )
            )
            own = self._group(studies) if self.by else np.zeros(len(studies), int)

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens[own] * v[:, 0]
            u_spec = tau_spec[own] * (
                rho[own] * v[:, 0] + pm.math.sqrt(1.0 - rho[own] ** 2) * v[:, 1]
            )
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                spread = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study") ** -0.5
                u_sens, u_spec = u_sens * spread, u_spec * spread

            sens, spec = inverse(mean[0] + u_sens), inverse(mean[1] + u_spec)
            observe(studies, sens, spec, marker=self.marker)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature."""
        columns = design(studies, self.covariates)
        x = np.column_stack([np.ones(len(studies)), columns.matrix])
        prior, betas = self.priors, columns.priors(self.beta)
        mu_sens, mu_spec = self.intercepts
        covariances = self._covariances(studies)
        return Hierarchy(
            X=np.stack([np.kron(x, [1.0, 0.0]), np.kron(x, [0.0, 1.0])], axis=1).reshape(
                2 * len(studies), -1
            ),
            coefficients=(
                mu_sens, mu_spec,
                *(coefficient(m.name, term) for term in columns.terms for m in MARGINS),
            ),
            coefficient_priors=(
                prior[mu_sens], prior[mu_spec], *(b for b in betas for _ in MARGINS)
            ),
            between=covariances if self.by else covariances[0],
            group=self._group(studies) if self.by else None,
            freedom_prior=self.nu,
            **margin_rows(studies, self.link, self.marker),
        )  # fmt: skip

    def settings(self, studies: AccuracyStudies) -> dict[Group, dict[str, Any]]:
        """Covariate values at which the pooled accuracy is told, by label.

        See `bayespool.design.Design.settings`.
        """
        return design(studies, self.covariates).settings()

    def groups(self, studies: AccuracyStudies) -> tuple[Group, ...]:
        """Labels of the groups that are compared with one another: levels of the categories."""
        found = design(studies, self.covariates).by_category()
        return tuple(label for labels in found for label in labels)

    def point(
        self, draws: dict[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation on the link scale at covariate values."""
        columns = design(studies, self.covariates)
        at = columns.at(values)
        mu = []
        for margin, intercept in zip(MARGINS, self.intercepts, strict=True):
            mean = draws[intercept]
            for term, x in zip(columns.terms, at, strict=True):
                if x != 0.0:
                    mean = mean + x * draws[coefficient(margin.name, term)]
            mu.append(mean)
        levels = self.sigma_groups(studies)
        own = self.covariance(Group(values.get(self.by, levels[0])) if self.by else WHOLE)
        tau_sens, tau_spec = (draws[name] for name in own.scales)
        return (mu[0], mu[1]), (tau_sens, tau_spec), draws[own.correlations[0]]

    def at(
        self, draws: dict[str, Array], studies: AccuracyStudies, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """`point` at one of the settings, or at the centres and references."""
        return self.point(draws, studies, self.settings(studies)[Group(label)] if label else {})

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at every setting, comparisons of the groups, and the hyperparameters.

        ``new`` has shape (2, ...), or (2, n_groups, ...) where groups have their own covariance.
        """
        out: dict[str, Array] = {}
        settings = self.settings(studies)
        if not design(studies, self.covariates).by_category():
            settings = {WHOLE: {}} | settings
        for group, values in settings.items():
            out |= self.estimands_at(draws, new, studies, values, group)
        for labels in design(studies, self.covariates).by_category():
            out |= groups.comparisons(out, labels)
        return out | draws

    def estimands_at(
        self,
        draws: dict[str, Array],
        new: Array,
        studies: Any,
        values: Mapping[str, Any],
        group: Group = WHOLE,
    ) -> dict[str, Array]:
        """Accuracy at covariate values, others at their centre or reference."""
        levels = self.sigma_groups(studies)
        mu, tau, _ = self.point(draws, studies, values)
        own = new[:, levels.index(Group(values.get(self.by, levels[0])))] if self.by else new
        return point_estimands(mu, tau, own, link(self.link), group, nu=draws.get("nu"))

    def statements(
        self, samples: Mapping[str, Array], studies: AccuracyStudies
    ) -> Iterator[tuple[Statement, Array]]:
        """Probability statements on the groups, as true-or-false draws."""
        for labels in design(studies, self.covariates).by_category():
            yield from groups.statements(samples, labels)
