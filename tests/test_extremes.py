"""Tables, priors and scales at the edge: an answer that passes its checks, or a refusal in words.

The quick part of `docs/validation/extremes.py`, which runs every case.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

import bayespool as bp
from bayespool.association import NormalNormal
from bayespool.engines import grid
from bayespool.priors import HalfNormal, Normal
from bayespool.studies import Effects

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs" / "validation"))
from extreme_cases import cases
from extremes import outcome

QUICK = {
    "bivariate: no errors": "answered",
    "bivariate: one study of one": "answered",
    "bivariate: a billion, none wrong": "answered",
    "bivariate: tau_sens uniform away": "answered",
    "bivariate: tau_sens 1e-6": "answered",
    "bivariate: sens far away": "answered",
    "bivariate: sens t of 0.1": "answered",
    "bivariate: tau_sens Fixed(0)": "refused",
    "bivariate: sens 1e150 wide": "refused",
    "normal: se 1e-30": "answered",
    "normal: one se of 1e-12": "answered",
    "normal: effects of 1e70": "answered",
    "normal: mu uniform away": "answered",
    "normal: mu a point far away": "answered",
    "normal: tau inverse gamma": "answered",
    "normal: tau 1e300": "refused",
    "normal, age: se 1e-8": "answered",
    "normal, age: one se of 1e-12": "answered",
    "normal, age: age times 1e+12": "answered",
    "normal, age: age times 1e-30": "answered",
    "PET: tau uniform away": "answered",
    "beta selection: a Fixed(0)": "refused",
    "binomial or: a billion, half": "refused",
    "binomial or: no events": "answered",
    "proportion: a billion": "answered",
    "beta-binomial: all": "answered",
}


@pytest.mark.parametrize("name", QUICK)
def test_edges(name):
    case = next(case for case in cases() if case.name == name)
    found = outcome(case)
    assert found.what == QUICK[name], found


@pytest.mark.parametrize("se", [1e-30, 1e-12, 1e-6])
def test_precise_studies_against_the_closed_form(se):
    """As their standard errors vanish, the effects themselves are a sample of N(mu, tau)."""
    y = np.array([0.3, 0.1, -0.2, 0.6, 0.25, 0.4])
    studies = Effects.from_values([f"S{i}" for i in range(6)], y, np.full(6, se), "smd")
    model = NormalNormal(mu=Normal(0, 1), tau=HalfNormal(0.5), measure="smd")

    def evidence(tau: float) -> float:
        of_data = stats.multivariate_normal.pdf(y, cov=tau**2 * np.eye(6) + 1.0)
        return float(of_data * np.exp(HalfNormal(0.5).logpdf(tau)))

    exact = np.log(integrate.quad(evidence, 0.05, 3.0, epsabs=0, epsrel=1e-10)[0])
    found = grid.sample(model.hierarchy(studies), 1).log_marginal_likelihood
    assert found == pytest.approx(exact, abs=1e-6)


def test_one_precise_study_beside_ordinary_ones_with_a_covariate():
    """Its effect is known: what is left is a regression of the others, by brute force."""
    rng = np.random.default_rng(3)
    x, y = np.arange(6.0), rng.normal(0.3, 0.2, 6)
    se = np.array([1e-13, 0.2, 0.3, 0.25, 0.4, 0.1])
    studies = Effects.from_values([f"S{i}" for i in range(6)], y, se, "smd", age=list(x))
    model = NormalNormal.for_studies(studies, covariates=("age",))[0]
    hierarchy = model.hierarchy(studies)
    design = hierarchy.X
    prior = np.array([float(p.sigma) for p in hierarchy.coefficient_priors])

    def evidence(log_tau: float) -> float:
        tau = np.exp(log_tau)
        cov = np.diag(se**2 + tau**2) + (design * prior**2) @ design.T
        return float(stats.multivariate_normal.pdf(y, cov=cov) *
                     np.exp(model.tau.logpdf(tau) + log_tau))  # fmt: skip

    exact = np.log(integrate.quad(evidence, -12.0, 2.0, epsabs=0, epsrel=1e-10, limit=500)[0])
    found = grid.sample(hierarchy, 1).log_marginal_likelihood
    assert found == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("seed", [-1, 1.5, 10**27, "7"])
def test_seeds(seed):
    studies = bp.AccuracyStudies.from_counts(["A", "B"], [9, 14], [1, 3], [2, 3], [12, 30])
    with pytest.raises(ValueError, match="allowed is a whole number from 0"):
        bp.fit(bp.accuracy.Bivariate(), studies, seed=seed)
