"""What models of sensitivity and specificity share: priors, rows of counts, covariance.

A model has the fields ``sens``, ``spec``, ``tau_sens``, ``tau_spec``, ``rho``, ``link`` and ``nu``;
rows are the true positives and the true negatives of every row of the table, in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import evidence, quantities, roc
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.model import Model
from bayespool.numerics.links import link, mean_proportion
from bayespool.numerics.scale_mixture import scale_mixture
from bayespool.priors import (
    LKJ,
    Distribution,
    HalfCauchy,
    HalfNormal,
    Normal,
    ProbabilityInterval,
    Uniform,
)
from bayespool.quantity import WHOLE, Estimand, Group, point
from bayespool.studies import AccuracyStudies, Rows
from bayespool.studies.cutoffs import refuse_cutoffs

if TYPE_CHECKING:
    from bayespool.numerics.links import Link

Array = np.ndarray
EDGE = float(np.finfo(float).eps)
ACCURACY_LINKS = ("logit", "probit", "cloglog")  # defined for every linear predictor
SUPPORT_WORDS = {
    "real": "all numbers (Normal, StudentT, Uniform)",
    "positive": "positive numbers (HalfNormal, HalfCauchy, HalfStudentT, LogNormal, ...)",
    "correlation": "a correlation (LKJ)",
    "proportion": "a proportion (ProbabilityInterval)",
}


class OnLink(Model):
    """What models share that are told by sensitivity and specificity on the scale of a link."""

    link: str

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def intercepts(self) -> tuple[Estimand, Estimand]:
        """Names of the pooled values on the link scale, such as ``logit_sens``."""
        sens, spec = (quantities.intercept(self.link, margin) for margin in quantities.MARGINS)
        return sens, spec

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return self.intercepts

    def on_link(self, prior: Any) -> Any:
        """A prior of proportions as one on the scale of the link; others as they are."""
        return prior.on_link(self.link) if isinstance(prior, ProbabilityInterval) else prior

    def _sampled(self, name: str) -> Estimand:
        if name in ("sens", "spec"):
            return self.intercepts[name == "spec"]
        return quantities.parameter(name)

    def _field(self, name: str, more: Mapping[str, str]) -> str:
        """The field that a prior is given under: ``logit_sens`` and ``sens`` are both ``sens``."""
        own = [f.name for f in fields(self) if support_of(getattr(self, f.name))]  # type: ignore[arg-type]
        by_name = {self._sampled(n): n for n in own} | {n: n for n in own} | dict(more)
        if name not in by_name:
            raise ValueError(f"there is no prior {name!r}; allowed: {', '.join(by_name)}")
        return by_name[name]


class Margins(OnLink):
    """Methods of a model whose study effects are those of sensitivity and specificity."""

    sens: Any
    spec: Any
    tau_sens: Any
    tau_spec: Any
    rho: LKJ
    link: str
    nu: Any
    marker: str = "ignored"
    takes: ClassVar[tuple[type[Rows], ...]] = (AccuracyStudies,)
    of_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.link not in ACCURACY_LINKS:
            raise ValueError(f"link={self.link!r} is unknown; allowed: {', '.join(ACCURACY_LINKS)}")
        if self.marker not in evidence.MARKERS:
            allowed = ", ".join(evidence.MARKERS)
            raise ValueError(f"marker={self.marker!r} is unknown; allowed: {allowed}")
        for item in fields(self):  # type: ignore[arg-type]
            check_prior(item.name, getattr(self, item.name))

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on."""
        out: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            prior = getattr(self, item.name)
            if support_of(prior):
                out[self._sampled(item.name)] = self.on_link(prior)
        return out

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        return self._field(name, {"nu": "nu"})

    def covariance(self, group: Group = WHOLE) -> Covariance:
        """Of the study effects, perhaps of one group of studies."""
        tau_sens, tau_spec, rho = (
            quantities.parameter(name, group) for name in ("tau_sens", "tau_spec", "rho")
        )
        return Covariance((tau_sens, tau_spec), (self.tau_sens, self.tau_spec), (rho,), self.rho)

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands (proportions) on the scale that they are modelled on."""
        return link(self.link).forward(np.clip(values, EDGE, 1.0 - EDGE))

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        g = link(self.link)
        return {"sens": g.inverse(predictors[0::2]), "spec": g.inverse(predictors[1::2])}


def support_of(value: Any) -> str:
    """Which numbers a prior is on; empty for what is no prior."""
    return str(value.support) if isinstance(value, Distribution) else ""


def check_prior(name: str, prior: Any) -> None:
    """Refuse a prior on numbers that the parameter cannot be; fields without priors pass."""
    if name.startswith(("tau", "sigma", "dependence", "nu", "slope")):
        allowed: tuple[str, ...] = ("positive", "real")
    elif name.startswith("rho"):
        allowed = ("correlation",)
    elif name in ("sens", "spec", "prev"):
        allowed = ("real", "proportion")
    elif name in ("beta", "Lambda", "Theta", "shape", "power"):
        allowed = ("real",)
    else:
        return
    if prior is None and name == "nu":
        return
    if support_of(prior) not in allowed:
        raise ValueError(
            f"{name}={prior!r} is not a prior for this parameter; allowed: a prior on "
            f"{' or '.join(SUPPORT_WORDS[s] for s in allowed)}"
        )
    negative = support_of(prior) == "real" and not prior.non_negative
    if "positive" in allowed and negative:
        raise ValueError(
            f"{name}={prior!r}: {name} is not negative; allowed: a prior on "
            "positive numbers, such as HalfNormal(1) or Uniform(0, 3)"
        )


def other_priors(sens: str = "sens", spec: str = "spec") -> dict[str, dict[str, Any]]:
    """Named priors that a reader might have preferred, as changes of fields."""
    return {
        "tau: HalfNormal(0.5)": {"tau_sens": HalfNormal(0.5), "tau_spec": HalfNormal(0.5)},
        "tau: HalfNormal(2)": {"tau_sens": HalfNormal(2), "tau_spec": HalfNormal(2)},
        "tau: HalfCauchy(0.5)": {"tau_sens": HalfCauchy(0.5), "tau_spec": HalfCauchy(0.5)},
        "tau: Uniform(0, 5)": {"tau_sens": Uniform(0, 5), "tau_spec": Uniform(0, 5)},
        "pooled: Normal(0, 1)": {sens: Normal(0, 1), spec: Normal(0, 1)},
        "pooled: Normal(0, 3)": {sens: Normal(0, 3), spec: Normal(0, 3)},
        "rho: LKJ(1)": {"rho": LKJ(1)},
        "rho: LKJ(4)": {"rho": LKJ(4)},
    }


def margin_rows(
    studies: AccuracyStudies, link_name: str = "logit", marker: str = "ignored"
) -> dict[str, Any]:
    """The parts of a `Hierarchy` that follow from the table: a tp and a tn row for each row.

    Rows of one study must stand together (`studies.by_study()`).
    """
    number = study_numbers(studies)
    several = len(set(studies.study)) < len(studies)
    return {
        "Z": np.tile(np.eye(2), (len(studies), 1)),
        "study": np.repeat(number, 2),
        "likelihood": evidence.likelihood(studies, link_name, marker),
        "kinds": ("tp", "tn") * len(studies),
        "labels": tuple(dict.fromkeys(studies.study)) if several else studies.row,
        "row_labels": tuple(row for row in studies.row for _ in ("tp", "tn")),
    }


def study_numbers(studies: AccuracyStudies) -> Array:
    """Number of the study of every row of the table, in the order of first rows."""
    labels = list(dict.fromkeys(studies.study))
    return np.array([labels.index(study) for study in studies.study])


def refuse_repeats(studies: AccuracyStudies, model: str) -> None:
    """Refuse rows that a model of one row per study would take for independent studies."""
    refuse_cutoffs(studies, model)
    repeated = studies.several_rows()
    if repeated:
        listed = "; ".join(f"{study}: {', '.join(rows)}" for study, rows in repeated.items())
        raise ValueError(
            f"{studies.file}: {len(repeated)} studies have several rows ({listed}), which the "
            f"{model} would count as independent studies; allowed: one row per study, "
            "chosen with studies.where(column, value) or --where COLUMN=VALUE; or a model of "
            "several rows: NestedBivariate (readers, sites; --model nested), Comparison (tests; "
            "--test COLUMN)"
        )


def point_estimands(
    mu: tuple[Array, Array],
    tau: tuple[Array, Array],
    new: Array,
    g: Link,
    group: Group = WHOLE,
    nu: Array | None = None,
    within: tuple[Array, Array] | None = None,
) -> dict[str, Array]:
    """Accuracy at one summary point: at the average study, over studies, and of a new one.

    Parameters
    ----------
    mu, tau : pairs of arrays
        Of sensitivity and specificity on the scale of the link.
    new : array, shape (2, ...)
        Effects of a new study.
    group : Group
    nu : array, optional
        Degrees of freedom of Student t study effects.
    within : pair of arrays, optional
        Standard deviations of normal effects within studies, beside ``tau``.
    """
    found = roc.accuracy_measures(*mu, g)
    out: dict[str, Array] = {quantities.measure(name, group): x for name, x in found.items()}
    inside = within if within is not None else (np.zeros(()), np.zeros(()))
    total = [np.hypot(t, w) for t, w in zip(tau, inside, strict=True)]
    out[quantities.area(group)] = roc.area(*mu, total[0], total[1], g)
    for i, margin in enumerate(quantities.MARGINS):
        out[point(margin, "marginal", group)] = (
            mean_proportion(mu[i], total[i], g)
            if nu is None
            else _mean_over_t(mu[i], tau[i], inside[i], nu, g)
        )
        out[point(margin, "new", group)] = g.inverse(mu[i] + new[i])
    return out


def _mean_over_t(mu: Array, tau: Array, within: Array, nu: Array, g: Link) -> Array:
    """Mean proportion over Student t effects: over their scale mixture of normals."""
    log_w, factor = scale_mixture(nu.ravel())
    return np.asarray(
        sum(
            np.exp(w.reshape(nu.shape))
            * mean_proportion(mu, np.hypot(tau * f.reshape(nu.shape), within), g)
            for w, f in zip(log_w, factor, strict=True)
        )
    )


def pymc_inverse_link(name: str) -> Any:
    """The inverse link as PyMC writes it."""
    import pymc as pm

    return {
        "logit": pm.math.invlogit,
        "probit": pm.math.invprobit,
        "cloglog": lambda eta: -pm.math.expm1(-pm.math.exp(eta)),
    }[name]
