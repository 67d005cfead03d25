"""The bivariate binomial-normal model of sensitivity and specificity.

References
----------
Reitsma et al. (2005), J Clin Epidemiol 58:982-990; Chu & Cole (2006), J Clin Epidemiol
59:1331-1332 (exact binomial likelihood); Cochrane Handbook for DTA reviews v2, chapter 9.4;
Harbord et al. (2007), Biostatistics 8:239-251 (HSROC parameters).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import roc
from bayespool.accuracy.evidence import observe
from bayespool.accuracy.margins import (
    Margins,
    margin_rows,
    other_priors,
    point_estimands,
    pymc_inverse_link,
    refuse_repeats,
)
from bayespool.accuracy.quantities import parameter
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.links import link
from bayespool.priors import LKJ, HalfNormal, Normal

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Bivariate(Margins):
    """Bivariate random-effects model for 2x2 accuracy tables.

    ``tp ~ Binomial(tp + fn, g^-1(mu_sens + u_sens))``,
    ``tn ~ Binomial(tn + fp, g^-1(mu_spec + u_spec))`` and
    ``(u_sens, u_spec) ~ N(0, [[tau_sens^2, rho tau_sens tau_spec], [., tau_spec^2]])``.

    Parameters
    ----------
    sens, spec : prior
        Of the pooled sensitivity and specificity on the scale of the link (logit by default), or
        a `ProbabilityInterval` of proportions.
    tau_sens, tau_spec : prior
        Between-study standard deviations on the scale of the link.
    rho : LKJ
        Between-study correlation of sensitivity and specificity.
    link : {"logit", "probit", "cloglog"}
    nu : prior or None
        Robust study effects: bivariate Student t with degrees of freedom of this prior, such as
        ``Gamma(2, 0.1)``; None for normal ones. ``tau_*`` are then scales of the t distribution.
    marker : {"ignored", "binormal"}
        Rows that give a marker's means or the area under its curve say nothing, or tie sensitivity
        and specificity by a curve of two normal distributions.
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    link: str = "logit"
    nu: Any = None
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Bivariate binomial-normal model"
    command: ClassVar[str] = "bivariate"
    brief: ClassVar[str] = "sensitivity and specificity together"
    options: ClassVar[tuple[str, ...]] = ("link", "robust", "marker")
    automatic: ClassVar[Container[str]] = ("",)
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("reitsma2005", "chu2006", "harbord2007", "lkj2009")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the sampled hyperparameters, such as ``logit_sens``."""
        return tuple(self.priors)

    def alternatives(self) -> dict[str, Bivariate]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        return {name: replace(self, **changes) for name, changes in other_priors().items()}

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior = self.priors
        inverse = pymc_inverse_link(self.link)
        mu_sens, mu_spec = self.intercepts
        with pm.Model(coords={"study": list(studies.row), "outcome": ["sens", "spec"]}) as model:
            centre_sens = prior[mu_sens].to_pymc(mu_sens)
            centre_spec = prior[mu_spec].to_pymc(mu_spec)
            tau_sens = prior["tau_sens"].to_pymc("tau_sens")
            tau_spec = prior["tau_spec"].to_pymc("tau_spec")
            rho = prior["rho"].to_pymc("rho")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens * v[:, 0]
            u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                spread = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study") ** -0.5
                u_sens, u_spec = u_sens * spread, u_spec * spread

            sens, spec = inverse(centre_sens + u_sens), inverse(centre_spec + u_spec)
            observe(studies, sens, spec, marker=self.marker)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature: sensitivity and specificity row of each study."""
        prior = self.priors
        return Hierarchy(
            X=np.tile(np.eye(2), (len(studies), 1)),
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            freedom_prior=self.nu,
            **margin_rows(studies, self.link, self.marker),
        )

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that this model would wrongly take for independent studies."""
        refuse_repeats(studies, "bivariate model")

    def at(
        self, draws: Mapping[str, Array], studies: Any, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation on the scale of the link."""
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        return mu, (draws["tau_sens"], draws["tau_spec"]), draws["rho"]

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """What a reader asks for, from hyperparameters.

        Parameters
        ----------
        draws : dict of arrays
            The hyperparameters, any common shape.
        new : array, shape (2, ...)
            Effects of a new study on the link scale, one per draw.

        Returns
        -------
        dict of arrays
            Proportions for accuracy, ratios for likelihood and odds ratios.
        """
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        tau = (draws["tau_sens"], draws["tau_spec"])
        out = point_estimands(mu, tau, new, link(self.link), nu=draws.get("nu"))
        out |= {name: draws[name] for name in self.parameters}
        if self.link == "logit":
            found = roc.hsroc(*mu, *tau, draws["rho"])
            out |= {parameter(name): values for name, values in found.items()}
        return out
