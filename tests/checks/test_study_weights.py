"""Percentage study weights against closed forms and against all of the rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shared import fit_once

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, Comparison, MetaRegression
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.checks.study_weights import study_weights
from bayespool.numerics.links import link
from bayespool.priors import Fixed

LOGIT = link("logit")


def found(fitted: Any, label: str = "") -> np.ndarray:
    weights = study_weights(fitted, label)
    assert weights is not None
    return weights


@pytest.mark.parametrize("tau", [None, Fixed(0)])
def test_with_one_effect_they_are_inverse_variances(tau: Any) -> None:
    studies = bp.load_dataset("eight_schools")
    model = NormalNormal() if tau is None else NormalNormal(tau=tau)
    fitted = fit_once(model, studies)
    spread = np.median(fitted.draws.hyper["tau"]) if tau is None else 0.0
    expected = 1.0 / (np.asarray(studies.se) ** 2 + spread**2)
    np.testing.assert_allclose(found(fitted)[0], 100 * expected / expected.sum(), rtol=1e-4)


def test_those_of_the_bivariate_model_from_one_large_matrix(quadrature_fit: bp.Fit) -> None:
    """Burke 2018: weights from the whole covariance matrix of all studies at once."""
    fitted, studies = quadrature_fit, quadrature_fit.studies
    k = len(studies)
    median = {name: float(np.median(x)) for name, x in fitted.draws.hyper.items()}
    a, b = median["tau_sens"], median["tau_spec"]
    between = np.array([[a * a, median["rho"] * a * b], [median["rho"] * a * b, b * b]])
    p = LOGIT.inverse(np.median(fitted.predictors.reshape(2 * k, -1), axis=1))
    n = np.stack([studies.n_diseased, studies.n_healthy], axis=1).ravel()
    variance = np.kron(np.eye(k), between) + np.diag(1.0 / (n * p * (1 - p)))
    design = np.tile(np.eye(2), (k, 1))
    inverse = np.linalg.inv(variance)
    spread = np.linalg.inv(design.T @ inverse @ design)
    rows = inverse @ design @ spread  # how much a row counts in each pooled value
    share = np.array([rows[2 * i : 2 * i + 2].T @ variance[2 * i : 2 * i + 2, 2 * i : 2 * i + 2]
                      @ rows[2 * i : 2 * i + 2] for i in range(k)])  # fmt: skip
    expected = 100.0 * np.stack([share[:, j, j] / spread[j, j] for j in range(2)])
    np.testing.assert_allclose(found(fitted), expected, rtol=1e-3)


def test_the_curve_weighs_nearly_as_the_bivariate_model_that_it_equals(csf_tau: Any) -> None:
    curve = found(fit_once(HSROC(), csf_tau))
    np.testing.assert_allclose(curve, found(fit_once(Bivariate(), csf_tau)), atol=1.0)


def test_studies_of_other_groups_have_no_weight() -> None:
    studies = bp.load_dataset("anti_ccp")
    fitted = fit_once(MetaRegression(covariates=("generation",)), studies, ess=1_000)
    for label in ("CCP1", "CCP2"):
        weights = found(fitted, label)
        other = np.array([g != label for g in studies.covariates["generation"]])
        np.testing.assert_allclose(weights.sum(axis=1), 100.0)
        assert np.abs(weights[:, other]).max() < 1e-6
        assert weights[:, ~other].min() > 1.0


def test_a_study_with_both_tests_counts_for_both() -> None:
    counts = {"tp": [18, 15, 20, 12, 30, 25], "fn": [2, 5, 4, 6, 8, 3],
              "fp": [3, 4, 2, 6, 5, 7], "tn": [27, 26, 30, 22, 40, 35]}  # fmt: skip
    studies = bp.AccuracyStudies.from_counts(
        ["A", "A", "B", "B", "C", "D"], **counts, test=["x", "y", "x", "y", "x", "y"]
    )
    fitted = fit_once(Comparison(test="test", indirect=True), studies, ess=1_000)
    for label, alone in (("x", "D"), ("y", "C")):
        weights = found(fitted, label)
        np.testing.assert_allclose(weights.sum(axis=1), 100.0)
        place = fitted.hierarchy.labels.index(alone)
        assert weights[:, place].max() < weights.min(axis=1).max() + 5.0


@pytest.mark.parametrize(
    "model, name", [(BinomialNormal(), "bcg"), (Nested(), "konstantopoulos2011")]
)
def test_weights_are_shares(model: Any, name: str) -> None:
    weights = found(fit_once(model, bp.load_dataset(name), ess=1_000))
    assert weights.min() > 0
    assert weights.sum() == pytest.approx(100.0)


def test_one_study_has_no_weight() -> None:
    studies = bp.AccuracyStudies.from_counts(["A"], tp=[9], fp=[1], fn=[2], tn=[20])
    assert study_weights(fit_once(Bivariate(), studies)) is None
