"""Several results per study: readers, sites, repeated tables of the same patients.

References
----------
Nyaga, Arbyn & Aerts (2018), Stat Methods Med Res 27:1766-1784 (two levels of effects of
sensitivity and specificity); Rao & Scott (1992), Biometrics 48:577-585 (effective sample size).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy.evidence import observe, refuse_partial
from bayespool.accuracy.margins import (
    Margins,
    margin_rows,
    other_priors,
    point_estimands,
    pymc_inverse_link,
    study_numbers,
)
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy, Within
from bayespool.numerics.links import link
from bayespool.priors import LKJ, HalfNormal, Normal

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
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("nyaga2018", "rao1992", "chu2006", "lkj2009")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.correlation <= 1.0:
            raise ValueError(f"correlation={self.correlation!r}; legal: from 0 to 1")

    def alternatives(self) -> dict[str, NestedBivariate]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = {name: replace(self, **changes) for name, changes in other_priors().items()}
        for scale in (0.25, 1):
            prior = HalfNormal(scale)
            found[f"within: HalfNormal({scale:g})"] = replace(
                self, tau_within_sens=prior, tau_within_spec=prior
            )
        return found

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table in which nothing is nested, and weights of partial rows."""
        if self.correlation > 0.0:
            refuse_partial(studies, "nested model with correlation", "correlation=0")
        check_nested(studies)

    def weights(self, studies: AccuracyStudies) -> Array:
        """Power of the likelihood of every row of the table, shape (n_rows,)."""
        results = np.bincount(study_numbers(studies))[study_numbers(studies)]
        return 1.0 / (1.0 + (results - 1.0) * self.correlation)

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior = self.priors
        inverse = pymc_inverse_link(self.link)
        study, weight = study_numbers(studies), self.weights(studies)
        mu_sens, mu_spec = self.intercepts
        coords = {
            "study": list(dict.fromkeys(studies.study)),
            "result": list(studies.row),
            "outcome": ["sens", "spec"],
        }
        with pm.Model(coords=coords) as model:
            centre_sens = prior[mu_sens].to_pymc(mu_sens)
            centre_spec = prior[mu_spec].to_pymc(mu_spec)
            tau_sens = prior["tau_sens"].to_pymc("tau_sens")
            tau_spec = prior["tau_spec"].to_pymc("tau_spec")
            rho = prior["rho"].to_pymc("rho")
            within_sens = prior["tau_within_sens"].to_pymc("tau_within_sens")
            within_spec = prior["tau_within_spec"].to_pymc("tau_within_spec")
            rho_within = prior["rho_within"].to_pymc("rho_within")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens * v[:, 0]
            u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                spread = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study") ** -0.5
                u_sens, u_spec = u_sens * spread, u_spec * spread

            z = pm.Normal("z", 0.0, 1.0, dims=("result", "outcome"))
            w_sens = within_sens * z[:, 0]
            w_spec = within_spec * (
                rho_within * z[:, 0] + pm.math.sqrt(1.0 - rho_within**2) * z[:, 1]
            )

            p = inverse(centre_sens + u_sens[study] + w_sens)
            q = inverse(centre_spec + u_spec[study] + w_spec)
            if self.correlation == 0.0:
                observe(studies, p, q, "result", self.marker)
            else:
                tp = pm.logp(pm.Binomial.dist(n=studies.n_diseased, p=p), studies.tp)
                tn = pm.logp(pm.Binomial.dist(n=studies.n_healthy, p=q), studies.tn)
                pm.Potential("tp", weight * tp)
                pm.Potential("tn", weight * tn)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature, with effects of results inside studies."""
        rows = margin_rows(studies, self.link, self.marker)
        if self.correlation > 0.0:
            rows["likelihood"] = replace(
                rows["likelihood"], weight=np.repeat(self.weights(studies), 2)
            )
        prior = self.priors
        once = Hierarchy(
            X=rows["Z"],
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            freedom_prior=self.nu,
            **rows,
        )
        return with_results(once, within_covariance(self))

    def at(
        self, draws: Mapping[str, Array], studies: Any, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation of one result of a new study (link scale)."""
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        between = (draws["tau_sens"], draws["tau_spec"])
        within = (draws["tau_within_sens"], draws["tau_within_spec"])
        total = (np.hypot(between[0], within[0]), np.hypot(between[1], within[1]))
        shared = draws["rho"] * between[0] * between[1]
        shared = shared + draws["rho_within"] * within[0] * within[1]
        return mu, total, shared / np.maximum(total[0] * total[1], 1e-300)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at the average study, of a new study, and of a new result of a new study.

        ``new`` has shape (4, ...): effects of a new study, then of one result of it.
        """
        g = link(self.link)
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        tau = (draws["tau_sens"], draws["tau_spec"])
        within = (draws["tau_within_sens"], draws["tau_within_spec"])
        out = point_estimands(mu, tau, new[:2] + new[2:], g, nu=draws.get("nu"), within=within)
        for i, name in enumerate(("sens", "spec")):
            out[f"{name}_new_study"] = g.inverse(mu[i] + new[i])
            out[f"share_between_{name}"] = (tau[i] / np.hypot(tau[i], within[i])) ** 2
        return out | draws


def check_nested(studies: AccuracyStudies) -> None:
    """Refuse a table in which nothing is nested."""
    if not studies.several_rows():
        raise ValueError(
            f"{studies.file}: no study has several rows, so that variation within studies "
            "cannot be told from variation between them; legal: a model of one row per study"
        )


def within_covariance(model: Any) -> Covariance:
    """Covariance of the effects of results, from a model's three priors of it."""
    return Covariance(
        ("tau_within_sens", "tau_within_spec"),
        (model.tau_within_sens, model.tau_within_spec),
        ("rho_within",),
        model.rho_within,
    )


def with_results(once: Hierarchy, covariance: Covariance) -> Hierarchy:
    """The same rows with effects of results inside studies; each result has two rows."""
    result = np.repeat(np.arange(len(once.Z) // 2), 2)
    ridges = tuple(zip(once.sigmas[0].scales, covariance.scales, strict=True))
    return replace(once, within=Within(once.Z, result, (covariance,)), ridges=ridges)
