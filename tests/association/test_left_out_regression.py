"""Leaving a study out of a meta-regression keeps the coding of the whole table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.checks.leave_one_out import LeaveOneOutRefits, refit_without_each
from bayespool.design import design
from bayespool.estimands import summarise
from bayespool.priors import HalfNormal, Normal

COVARIATES = ("latitude", "allocation")
LEFT_OUT = (0, 4, 7)


def by_hand(y: Any, se: Any, x: Any) -> tuple[float, Any, Any, float]:
    """Log evidence, coefficients (mean, SD) and mean of tau by least squares at every tau."""
    tau = (np.arange(20_000) + 0.5) * (4.0 / 20_000)
    prior = np.array([4.0, *[2.0] * (x.shape[1] - 1)]) ** -2
    log_p, means, variances = np.empty(tau.size), [], []
    for i, t in enumerate(tau):
        w = 1.0 / (se**2 + t**2)
        precision = x.T @ (w[:, None] * x) + np.diag(prior)
        covariance = np.linalg.inv(precision)
        b = covariance @ (x.T @ (w * y))
        rest = np.sum(w * y * y) - b @ precision @ b
        log_p[i] = 0.5 * (
            np.log(w / (2 * np.pi)).sum() + np.log(prior).sum()
            + np.linalg.slogdet(covariance)[1] - rest
        )  # fmt: skip
        means.append(b)
        variances.append(np.diag(covariance))
    log_p += stats.halfnorm.logpdf(tau, 0, 0.5)
    p = np.exp(log_p - log_p.max())
    evidence = float(np.log(p.sum() * (tau[1] - tau[0])) + log_p.max())
    p /= p.sum()
    centre = p @ np.array(means)
    sd = np.sqrt(p @ (np.array(variances) + (np.array(means) - centre) ** 2))
    return evidence, centre, sd, float(p @ tau)


@pytest.fixture(scope="module")
def normal() -> tuple[bp.Fit, LeaveOneOutRefits]:
    studies = bp.load_dataset("bcg").effects("rr")
    model, _ = NormalNormal.for_studies(studies, covariates=COVARIATES)
    assert (model.mu, model.beta, model.tau) == (Normal(0, 4), Normal(0, 2), HalfNormal(0.5))
    fitted = bp.fit(model, studies, engine="quadrature")
    return fitted, refit_without_each(fitted)


@pytest.mark.parametrize("k", LEFT_OUT)
def test_a_normal_regression_without_a_study(
    normal: tuple[bp.Fit, LeaveOneOutRefits], k: int
) -> None:
    fitted, left = normal
    studies = fitted.studies
    columns = design(studies, COVARIATES)
    x = np.column_stack([np.ones(len(studies)), columns.matrix])
    keep = np.arange(len(studies)) != k
    assert abs(x[keep, 1].mean()) > 0.1  # coded again, latitude would have another centre
    whole, *_ = by_hand(studies.estimate, studies.se, x)
    evidence, centre, sd, tau = by_hand(studies.estimate[keep], studies.se[keep], x[keep])
    one = left.studies[k]
    assert one.study == studies.row[k]
    for i, name in enumerate(("mu", *(f"beta_{c}" for c in columns.names))):
        assert one.estimates[name].mean == pytest.approx(centre[i], abs=1e-5)
        assert one.estimates[name].sd == pytest.approx(sd[i], rel=1e-4)
    assert one.estimates["tau"].mean == pytest.approx(tau, abs=1e-5)
    assert one.elpd == pytest.approx(whole - evidence, abs=1e-4)


def test_an_exact_regression_without_a_study() -> None:
    """A new fit centres the covariate anew; with flat priors that only moves the intercept."""
    studies = bp.load_dataset("bcg")
    model = BinomialNormal(mu=Normal(0, 100), beta=Normal(0, 100), covariates=("latitude",))
    fitted = bp.fit(model, studies, engine="quadrature")
    left = refit_without_each(fitted)
    latitude = np.array(studies.covariates["latitude"], float)
    for k in LEFT_OUT:
        keep = np.arange(len(studies)) != k
        again = bp.fit(model, studies.select(keep), engine="quadrature", seed=7)
        draws = dict(again.samples)
        draws["mu"] = draws["mu"] + draws["beta_latitude"] * (
            latitude.mean() - latitude[keep].mean()
        )
        for name in ("mu", "beta_latitude", "tau"):
            ours = left.studies[k].estimates[name]
            other = summarise(name, draws[name], again.draws.ancestor)
            assert abs(ours.mean - other.mean) < 4 * math.hypot(ours.mcse, other.mcse), name
            for end in ("lower", "median", "upper"):
                error = math.hypot(getattr(ours, f"mcse_{end}"), getattr(other, f"mcse_{end}"))
                assert abs(getattr(ours, end) - getattr(other, end)) < 5 * error, (name, end)
        rest = again.draws.info["log_marginal_likelihood"]
        whole = fitted.draws.info["log_marginal_likelihood"]
        assert left.studies[k].elpd == pytest.approx(whole - rest, abs=0.1)
