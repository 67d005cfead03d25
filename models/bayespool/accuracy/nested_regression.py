"""Meta-regression of tables in which studies have several results: readers, sites, thresholds.

References
----------
Reitsma et al. (2005), J Clin Epidemiol 58:982-990; Nyaga, Arbyn & Aerts (2018), Stat Methods Med
Res 27:2554-2566 (effects of results within studies).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy.evidence import observe
from bayespool.accuracy.margins import pymc_inverse_link, study_numbers
from bayespool.accuracy.meta_regression import MetaRegression
from bayespool.accuracy.nested import check_nested, with_results, within_covariance
from bayespool.hierarchy import Hierarchy
from bayespool.priors import LKJ, HalfNormal, Normal

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class NestedMetaRegression(MetaRegression):
    """Bivariate meta-regression with effects of studies, and of results within studies.

    Parameters
    ----------
    covariates, sens, spec, beta, tau_sens, tau_spec, rho, link, marker
        As in `MetaRegression`; ``by`` and ``nu`` stay empty.
    tau_within_sens, tau_within_spec, rho_within
        As in `NestedBivariate`.
    """

    covariates: tuple[str, ...] = ()
    by: str = field(default="", metadata={"quiet": True})
    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    beta: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    tau_within_sens: Any = HalfNormal(0.5)
    tau_within_spec: Any = HalfNormal(0.5)
    rho_within: LKJ = LKJ(2.0)
    link: str = "logit"
    nu: Any = field(default=None, metadata={"quiet": True})
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Nested bivariate meta-regression"
    references: ClassVar[tuple[str, ...]] = ("reitsma2005", "chu2006", "nyaga2018", "lkj2009")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by or self.nu is not None:
            raise ValueError(
                "a nested meta-regression has one normal covariance between studies; legal: "
                "by='' and nu=None"
            )

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table in which nothing is nested, and unusable covariates."""
        check_nested(studies)
        self.check_covariates(studies)

    def alternatives(self) -> dict[str, MetaRegression]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = super().alternatives()
        for scale in (0.25, 1):
            prior = HalfNormal(scale)
            found[f"within: HalfNormal({scale:g})"] = replace(
                self, tau_within_sens=prior, tau_within_spec=prior
            )
        return found

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        inverse = pymc_inverse_link(self.link)
        study = study_numbers(studies)
        coords = {
            "study": list(dict.fromkeys(studies.study)),
            "result": list(studies.row),
            "outcome": ["sens", "spec"],
        }
        with pm.Model(coords=coords) as model:
            mean_sens, mean_spec = self.pymc_means(studies)
            tau_sens = self.tau_sens.to_pymc("tau_sens")
            tau_spec = self.tau_spec.to_pymc("tau_spec")
            rho = self.rho.to_pymc("rho")
            within_sens = self.tau_within_sens.to_pymc("tau_within_sens")
            within_spec = self.tau_within_spec.to_pymc("tau_within_spec")
            rho_within = self.rho_within.to_pymc("rho_within")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens * v[:, 0]
            u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
            z = pm.Normal("z", 0.0, 1.0, dims=("result", "outcome"))
            w_sens = within_sens * z[:, 0]
            w_spec = within_spec * (
                rho_within * z[:, 0] + pm.math.sqrt(1.0 - rho_within**2) * z[:, 1]
            )
            sens = inverse(mean_sens + u_sens[study] + w_sens)
            spec = inverse(mean_spec + u_spec[study] + w_spec)
            observe(studies, sens, spec, "result", self.marker)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The rows of the meta-regression, with effects of results inside studies."""
        return with_results(super().hierarchy(studies), within_covariance(self))

    def point(
        self, draws: dict[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means at covariate values; SDs and correlation of one result of a new study."""
        mu, between, rho = super().point(draws, studies, values)
        within = (draws["tau_within_sens"], draws["tau_within_spec"])
        total = (np.hypot(between[0], within[0]), np.hypot(between[1], within[1]))
        shared = rho * between[0] * between[1] + draws["rho_within"] * within[0] * within[1]
        return mu, total, shared / np.maximum(total[0] * total[1], 1e-300)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at every setting, of a new result of a new study; and the hyperparameters.

        ``new`` has shape (4, ...): effects of a new study, then of one result of it.
        """
        out = super().estimands(draws, new[:2] + new[2:], studies)
        for name in ("sens", "spec"):
            between, within = draws[f"tau_{name}"], draws[f"tau_within_{name}"]
            out[f"share_between_{name}"] = (between / np.hypot(between, within)) ** 2
        return out
