"""Results within studies: what the nested models share, in PyMC and as rows for quadrature.

A model has the fields of `margins`, and ``tau_within_sens``, ``tau_within_spec``, ``rho_within``
and ``correlation``; the rows of one study are its results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy.evidence import observe, refuse_partial
from bayespool.accuracy.margins import pymc_inverse_link, study_numbers
from bayespool.accuracy.quantities import parameter
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy, Within
from bayespool.priors import HalfNormal
from bayespool.studies.cutoffs import refuse_cutoffs

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
Pair = tuple[Array, Array]


def check_correlation(correlation: float) -> None:
    """Refuse what is no correlation of results that repeat patients."""
    if not 0.0 <= correlation <= 1.0:
        raise ValueError(f"correlation={correlation!r}; allowed: from 0 to 1")


def check_nested(studies: AccuracyStudies, correlation: float) -> None:
    """Refuse a table in which nothing is nested, weights of partial rows, and cut-offs."""
    refuse_cutoffs(studies, "nested model")
    if correlation > 0.0:
        refuse_partial(studies, "nested model with correlation", "correlation=0")
    if not studies.several_rows():
        raise ValueError(
            f"{studies.file}: no study has several rows, so that variation within studies "
            "cannot be told from variation between them; allowed: a model of one row per study"
        )


def weights(studies: AccuracyStudies, correlation: float) -> Array:
    """Power of the likelihood of every row of the table, shape (n_rows,).

    ``1 / (1 + (J - 1) correlation)`` for each of the J results of a study: Rao & Scott (1992),
    Biometrics 48:577-585.
    """
    study = study_numbers(studies)
    return 1.0 / (1.0 + (np.bincount(study)[study] - 1.0) * correlation)


def alternatives(
    model: Any, scales: Sequence[str] = ("tau_within_sens", "tau_within_spec")
) -> dict[str, Any]:
    """The model under other priors of the variation within studies."""
    if not scales:
        return {}
    return {
        f"within: {prior!r}": replace(model, **dict.fromkeys(scales, prior))
        for prior in (HalfNormal(0.25), HalfNormal(1))
    }


def pymc_coordinates(studies: AccuracyStudies) -> dict[str, list[str]]:
    """Labels of studies and of their results."""
    return {
        "study": list(dict.fromkeys(studies.study)),
        "result": list(studies.row),
        "outcome": ["sens", "spec"],
    }


def pymc_results(model: Any, studies: AccuracyStudies, mean_sens: Any, mean_spec: Any) -> None:
    """From means on the scale of the link to the observed counts, inside a PyMC model.

    Parameters
    ----------
    model : a nested model
    studies : AccuracyStudies
    mean_sens, mean_spec : tensor
        Of every row of the table, or one for all.
    """
    import pymc as pm

    study, inverse = study_numbers(studies), pymc_inverse_link(model.link)
    tau_sens, tau_spec = model.tau_sens.to_pymc("tau_sens"), model.tau_spec.to_pymc("tau_spec")
    rho = model.rho.to_pymc("rho")
    within_sens = model.tau_within_sens.to_pymc("tau_within_sens")
    within_spec = model.tau_within_spec.to_pymc("tau_within_spec")
    rho_within = model.rho_within.to_pymc("rho_within")

    v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
    u_sens = tau_sens * v[:, 0]
    u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
    if model.nu is not None:
        nu = model.nu.to_pymc("nu")
        spread = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study") ** -0.5
        u_sens, u_spec = u_sens * spread, u_spec * spread

    z = pm.Normal("z", 0.0, 1.0, dims=("result", "outcome"))
    w_sens = within_sens * z[:, 0]
    w_spec = within_spec * (rho_within * z[:, 0] + pm.math.sqrt(1.0 - rho_within**2) * z[:, 1])

    sens = inverse(mean_sens + u_sens[study] + w_sens)
    spec = inverse(mean_spec + u_spec[study] + w_spec)
    if model.correlation == 0.0:
        observe(studies, sens, spec, "result", model.marker)
    else:
        weight = weights(studies, model.correlation)
        tp = pm.logp(pm.Binomial.dist(n=studies.n_diseased, p=sens), studies.tp)
        tn = pm.logp(pm.Binomial.dist(n=studies.n_healthy, p=spec), studies.tn)
        pm.Potential("tp", weight * tp)
        pm.Potential("tn", weight * tn)


def with_results(once: Hierarchy, model: Any, studies: AccuracyStudies) -> Hierarchy:
    """The same rows with effects of results inside studies; each result has two rows."""
    covariance = Covariance(
        (parameter("tau_within_sens"), parameter("tau_within_spec")),
        (model.tau_within_sens, model.tau_within_spec),
        (parameter("rho_within"),),
        model.rho_within,
    )
    result = np.repeat(np.arange(len(once.Z) // 2), 2)
    likelihood: Any = once.likelihood
    if model.correlation > 0.0:
        weight = np.repeat(weights(studies, model.correlation), 2)
        likelihood = replace(likelihood, weight=weight)
    ridges = tuple(zip(once.sigmas[0].scales, covariance.scales, strict=True))
    within = Within(once.Z, result, (covariance,))
    return replace(once, likelihood=likelihood, within=within, ridges=ridges)


def of_one_result(draws: Mapping[str, Array], between: Pair, rho: Array) -> tuple[Pair, Array]:
    """Standard deviations and correlation of one result of a new study (scale of the link)."""
    within = (draws["tau_within_sens"], draws["tau_within_spec"])
    total = (np.hypot(between[0], within[0]), np.hypot(between[1], within[1]))
    shared = rho * between[0] * between[1] + draws["rho_within"] * within[0] * within[1]
    return total, shared / np.maximum(total[0] * total[1], 1e-300)


def shares_between(draws: Mapping[str, Array]) -> dict[str, Array]:
    """Share of the variance that lies between studies, of sensitivity and of specificity."""
    return {
        parameter(f"share_between_{name}"): (
            draws[f"tau_{name}"] / np.hypot(draws[f"tau_{name}"], draws[f"tau_within_{name}"])
        )
        ** 2
        for name in ("sens", "spec")
    }
