"""The bivariate binomial-normal model of sensitivity and specificity.

References
----------
Reitsma et al. (2005), J Clin Epidemiol 58:982-990; Chu & Cole (2006), J Clin Epidemiol
59:1331-1332 (exact binomial likelihood); Cochrane Handbook for DTA reviews v2, chapter 9.4;
Harbord et al. (2007), Biostatistics 8:239-251 (HSROC parameters).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import roc
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Binomial
from bayespool.numerics.links import link, mean_proportion
from bayespool.priors import LKJ, HalfCauchy, HalfNormal, Normal, ProbabilityInterval, Uniform

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
ACCURACY_LINKS = ("logit", "probit", "cloglog")  # defined for every linear predictor


@dataclass(frozen=True)
class Bivariate:
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
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    link: str = "logit"

    title: ClassVar[str] = "Bivariate binomial-normal model"
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("reitsma2005", "chu2006", "harbord2007", "lkj2009")

    def __post_init__(self) -> None:
        if self.link not in ACCURACY_LINKS:
            raise ValueError(f"link={self.link!r} is unknown; legal: {', '.join(ACCURACY_LINKS)}")
        legal = {
            "sens": ("real", "proportion"),
            "spec": ("real", "proportion"),
            "tau_sens": ("positive", "real"),
            "tau_spec": ("positive", "real"),
            "rho": ("correlation",),
        }
        for name, supports in legal.items():
            prior = getattr(self, name)
            if getattr(prior, "support", None) not in supports:
                raise ValueError(
                    f"{name}={prior!r} is not a prior for this parameter; legal: a prior on "
                    f"{' or '.join(_SUPPORT_WORDS[s] for s in supports)}"
                )
        for name in ("tau_sens", "tau_spec"):
            prior = getattr(self, name)
            if prior.support == "real" and not getattr(prior, "lower", -1.0) >= 0.0:
                raise ValueError(
                    f"{name}={prior!r}: a standard deviation is not negative; legal: a prior on "
                    "positive numbers, such as HalfNormal(1) or Uniform(0, 3)"
                )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the sampled hyperparameters, such as ``logit_sens``."""
        return (f"{self.link}_sens", f"{self.link}_spec", "tau_sens", "tau_spec", "rho")

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on."""
        stated = (self.sens, self.spec, self.tau_sens, self.tau_spec, self.rho)
        return {
            name: prior.on_link(self.link) if isinstance(prior, ProbabilityInterval) else prior
            for name, prior in zip(self.parameters, stated, strict=True)
        }

    def field_of(self, name: str) -> str:
        """The field that a prior is given under: ``logit_sens`` and ``sens`` are both ``sens``."""
        by_name = dict(
            zip(self.parameters, ("sens", "spec", "tau_sens", "tau_spec", "rho"), strict=True)
        )
        by_name |= {f.name: f.name for f in fields(self) if f.name != "link"}
        if name not in by_name:
            raise ValueError(f"there is no prior {name!r}; legal: {', '.join(by_name)}")
        return by_name[name]

    def __repr__(self) -> str:
        priors = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))
        return f"Bivariate({priors})"

    def alternatives(self) -> dict[str, Bivariate]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        return {
            "tau: HalfNormal(0.5)": replace(
                self, tau_sens=HalfNormal(0.5), tau_spec=HalfNormal(0.5)
            ),
            "tau: HalfNormal(2)": replace(self, tau_sens=HalfNormal(2), tau_spec=HalfNormal(2)),
            "tau: HalfCauchy(0.5)": replace(
                self, tau_sens=HalfCauchy(0.5), tau_spec=HalfCauchy(0.5)
            ),
            "tau: Uniform(0, 5)": replace(self, tau_sens=Uniform(0, 5), tau_spec=Uniform(0, 5)),
            "pooled: Normal(0, 1)": replace(self, sens=Normal(0, 1), spec=Normal(0, 1)),
            "pooled: Normal(0, 3)": replace(self, sens=Normal(0, 3), spec=Normal(0, 3)),
            "rho: LKJ(1)": replace(self, rho=LKJ(1)),
            "rho: LKJ(4)": replace(self, rho=LKJ(4)),
        }

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior = self.priors
        inverse = _pymc_inverse_link(self.link)
        mu_sens, mu_spec = self.parameters[:2]
        with pm.Model(coords={"study": list(studies.row), "outcome": ["sens", "spec"]}) as model:
            centre_sens = prior[mu_sens].to_pymc(mu_sens)
            centre_spec = prior[mu_spec].to_pymc(mu_spec)
            tau_sens = prior["tau_sens"].to_pymc("tau_sens")
            tau_spec = prior["tau_spec"].to_pymc("tau_spec")
            rho = prior["rho"].to_pymc("rho")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens * v[:, 0]
            u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])

            pm.Binomial(
                "tp",
                n=studies.n_diseased,
                p=inverse(centre_sens + u_sens),
                observed=studies.tp,
                dims="study",
            )
            pm.Binomial(
                "tn",
                n=studies.n_healthy,
                p=inverse(centre_spec + u_spec),
                observed=studies.tn,
                dims="study",
            )
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature: sensitivity and specificity row of each study."""
        k = len(studies)
        design = np.tile(np.eye(2), (k, 1))
        successes = np.stack([studies.tp, studies.tn], axis=1).ravel()
        trials = np.stack([studies.n_diseased, studies.n_healthy], axis=1).ravel()
        prior = self.priors
        names = self.parameters
        return Hierarchy(
            X=design,
            Z=design,
            study=np.repeat(np.arange(k), 2),
            likelihood=Binomial(successes, trials, self.link),
            coefficients=names[:2],
            coefficient_priors=(prior[names[0]], prior[names[1]]),
            scales=("tau_sens", "tau_spec"),
            scale_priors=(prior["tau_sens"], prior["tau_spec"]),
            correlations=("rho",),
            correlation_prior=prior["rho"],
            kinds=("tp", "tn") * k,
            labels=studies.row,
        )

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Sensitivity and specificity of every study (proportions), shape (n_studies, ...)."""
        g = link(self.link)
        return {
            name: g.inverse(draws[f"{self.link}_{name}"] + effects[i])
            for i, name in enumerate(self.effects)
        }

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that this model would wrongly take for independent studies."""
        repeated = studies.several_rows()
        if repeated:
            listed = "; ".join(f"{study}: {', '.join(rows)}" for study, rows in repeated.items())
            raise ValueError(
                f"{studies.file}: {len(repeated)} studies have several rows ({listed}), which the "
                "bivariate model would count as independent studies; legal: one row per study, "
                "chosen with studies.where(column, value) or --where COLUMN=VALUE"
            )

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
        g = link(self.link)
        mu_sens, mu_spec = draws[self.parameters[0]], draws[self.parameters[1]]
        tau_sens, tau_spec, rho = draws["tau_sens"], draws["tau_spec"], draws["rho"]
        out = roc.accuracy_measures(mu_sens, mu_spec, g)
        out["auc"] = roc.area(mu_sens, mu_spec, tau_sens, tau_spec, g)
        out["sens_marginal"] = mean_proportion(mu_sens, tau_sens, g)
        out["spec_marginal"] = mean_proportion(mu_spec, tau_spec, g)
        out["sens_new"] = g.inverse(mu_sens + new[0])
        out["spec_new"] = g.inverse(mu_spec + new[1])
        out |= {name: draws[name] for name in self.parameters}
        if self.link == "logit":
            out |= roc.hsroc(mu_sens, mu_spec, tau_sens, tau_spec, rho)
        return out


_SUPPORT_WORDS = {
    "real": "all numbers (Normal, StudentT, Uniform)",
    "positive": "positive numbers (HalfNormal, HalfCauchy, HalfStudentT, LogNormal, ...)",
    "correlation": "a correlation (LKJ)",
    "proportion": "a proportion (ProbabilityInterval)",
}


def _pymc_inverse_link(name: str) -> Any:
    import pymc as pm

    return {
        "logit": pm.math.invlogit,
        "probit": pm.math.invprobit,
        "cloglog": lambda eta: -pm.math.expm1(-pm.math.exp(eta)),
    }[name]
