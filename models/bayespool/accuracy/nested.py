"""Several results per study: readers, sites, repeated tables of the same patients.

References
----------
Nyaga, Arbyn & Aerts (2018), Stat Methods Med Res 27:1766-1784 (two levels of effects of
sensitivity and specificity); Rao & Scott (1992), Biometrics 48:577-585 (effective sample size).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import results
from bayespool.accuracy.margins import Margins, margin_rows, other_priors, point_estimands
from bayespool.accuracy.quantities import MARGINS
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.links import link
from bayespool.priors import LKJ, HalfNormal, Normal
from bayespool.quantity import point

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class NestedBivariate(Margins):
    """Bivariate model with effects of studies, and of results within studies.

    ``g(sens_ij) = mu_sens + u_sens,i + w_sens,ij`` and likewise for specificity, with
    ``u_i ~ N(0, Sigma)`` between studies and ``w_ij ~ N(0, Sigma_within)`` between the results of
    one study. A study counts once, however many results it has.

    Parameters
    ----------
    sens, spec, tau_sens, tau_spec, rho, link, nu, marker
        As in `Bivariate`; ``tau`` and ``rho`` are those between studies.
    tau_within_sens, tau_within_spec : prior
        Standard deviations between the results of one study, on the scale of the link.
    rho_within : LKJ
        Correlation of sensitivity and specificity between the results of one study.
    correlation : float
        Within-patient correlation of the results of one study that share patients: the likelihood
        of each of J results is raised to ``1 / (1 + (J - 1) correlation)``. 0 when every result
        has its own patients, 1 when they repeat one another.
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    tau_within_sens: Any = HalfNormal(0.5)
    tau_within_spec: Any = HalfNormal(0.5)
    rho_within: LKJ = LKJ(2.0)
    correlation: float = 0.0
    link: str = "logit"
    nu: Any = None
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Nested bivariate model"
    command: ClassVar[str] = "nested"
    brief: ClassVar[str] = "several results in a study"
    options: ClassVar[tuple[str, ...]] = ("correlation", "link", "robust", "marker")
    automatic: ClassVar[Container[str]] = ()
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("nyaga2018", "rao1992", "chu2006", "lkj2009")

    def __post_init__(self) -> None:
        super().__post_init__()
        results.check_correlation(self.correlation)

    def alternatives(self) -> dict[str, NestedBivariate]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = {name: replace(self, **changes) for name, changes in other_priors().items()}
        return found | results.alternatives(self)

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table in which nothing is nested, and weights of partial rows."""
        results.check_nested(studies, self.correlation)

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        with pm.Model(coords=results.pymc_coordinates(studies)) as model:
            mean_sens, mean_spec = (self.priors[name].to_pymc(name) for name in self.intercepts)
            results.pymc_results(self, studies, mean_sens, mean_spec)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature, with effects of results inside studies."""
        prior = self.priors
        rows = margin_rows(studies, self.link, self.marker)
        once = Hierarchy(
            X=rows["Z"],
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            freedom_prior=self.nu,
            **rows,
        )
        return results.with_results(once, self, studies)

    def at(
        self, draws: Mapping[str, Array], studies: Any, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation of one result of a new study (link scale)."""
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        between = (draws["tau_sens"], draws["tau_spec"])
        return mu, *results.of_one_result(draws, between, draws["rho"])

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at the average study, of a new study, and of a new result of a new study.

        ``new`` has shape (4, ...): effects of a new study, then of one result of it.
        """
        g = link(self.link)
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        tau = (draws["tau_sens"], draws["tau_spec"])
        within = (draws["tau_within_sens"], draws["tau_within_spec"])
        out = point_estimands(mu, tau, new[:2] + new[2:], g, nu=draws.get("nu"), within=within)
        out |= {point(margin, "new_study"): g.inverse(mu[i] + new[i])
                for i, margin in enumerate(MARGINS)}  # fmt: skip
        return out | results.shares_between(draws) | draws
