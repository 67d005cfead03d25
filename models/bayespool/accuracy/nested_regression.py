"""Meta-regression of tables in which studies have several results: readers, sites, thresholds.

References
----------
Reitsma et al. (2005), J Clin Epidemiol 58:982-990; Nyaga, Arbyn & Aerts (2018), Stat Methods Med
Res 27:2554-2566 (effects of results within studies).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import results
from bayespool.accuracy.meta_regression import MetaRegression
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
    tau_within_sens, tau_within_spec, rho_within, correlation
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
    correlation: float = 0.0
    link: str = "logit"
    nu: Any = field(default=None, metadata={"quiet": True})
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Nested bivariate meta-regression"
    command: ClassVar[str] = "nested"
    brief: ClassVar[str] = "several results in a study"
    options: ClassVar[tuple[str, ...]] = ("correlation", "covariate", "link", "marker")
    automatic: ClassVar[Container[str]] = ()
    references: ClassVar[tuple[str, ...]] = (
        "reitsma2005",
        "chu2006",
        "nyaga2018",
        "rao1992",
        "lkj2009",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by or self.nu is not None:
            raise ValueError(
                "a nested meta-regression has one normal covariance between studies; allowed: "
                "by='' and nu=None"
            )
        results.check_correlation(self.correlation)

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table in which nothing is nested, and unusable covariates."""
        results.check_nested(studies, self.correlation)
        self.check_covariates(studies)

    def alternatives(self) -> dict[str, MetaRegression]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        return super().alternatives() | results.alternatives(self)

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        with pm.Model(coords=results.pymc_coordinates(studies)) as model:
            results.pymc_results(self, studies, *self.pymc_means(studies))
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The rows of the meta-regression, with effects of results inside studies."""
        return results.with_results(super().hierarchy(studies), self, studies)

    def point(
        self, draws: dict[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means at covariate values; SDs and correlation of one result of a new study."""
        mu, between, rho = super().point(draws, studies, values)
        return mu, *results.of_one_result(draws, between, rho)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at every setting, of a new result of a new study; and the hyperparameters.

        ``new`` has shape (4, ...): effects of a new study, then of one result of it.
        """
        out = super().estimands(draws, new[:2] + new[2:], studies)
        return out | results.shares_between(draws)
