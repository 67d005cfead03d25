"""The worked examples of the Cochrane Handbook for DTA, chapter 9, and metadta's comparison.

The Handbook's maxima come from a likelihood by the Laplace approximation: ours with one node per
dimension reproduces them, and differs a little with enough nodes (docs/validation.md).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from tests.reference_data import reference_rows

import bayespool as bp
from bayespool.accuracy import HSROC, Comparison, MetaRegression
from bayespool.engines.mode import posterior_mode
from bayespool.priors import LKJ, HalfNormal, Normal, Uniform

FLAT = {"sens": Normal(0, 10), "spec": Normal(0, 10), "rho": LKJ(1)}
WIDE = {"tau_sens": Uniform(0, 5), "tau_spec": Uniform(0, 5)}


def published(dataset: str, method: str, column: str = "estimate") -> dict[str, float]:
    return {
        row["parameter"]: float(row[column])
        for row in reference_rows("published_estimates")
        if row["dataset"] == dataset and row["method"] == method and row[column]
    }


def maximum(model, studies, nodes: int) -> dict[str, float]:
    """Maximum of the likelihood with a number of quadrature nodes, natural parameters."""
    hierarchy = model.hierarchy(studies.by_study())
    start, _ = posterior_mode(hierarchy)

    def minus(theta: np.ndarray) -> float:
        return -float(hierarchy.log_likelihood(theta[:, None], nodes).sum())

    found = minimize(minus, start, method="BFGS", options={"gtol": 1e-5})
    options = {"xatol": 1e-6, "fatol": 1e-8, "maxfev": 3000}
    found = minimize(minus, found.x, method="Nelder-Mead", options=options)
    natural = hierarchy.natural(found.x[:, None])
    return {name: float(value[0]) for name, value in natural.items()}


def variances(best: dict[str, float]) -> dict[str, float]:
    cov = best["rho"] * best["tau_sens"] * best["tau_spec"]
    return {"var_A": best["tau_sens"] ** 2, "var_B": best["tau_spec"] ** 2, "cov_AB": cov}


def test_example_1_accuracy_by_generation():
    model, studies = MetaRegression(covariates=("generation",)), bp.load_dataset("anti_ccp")
    book = published("anti_ccp_generation", "Handbook ML")
    for nodes, tolerance in ((1, 0.001), (11, 0.006)):
        best = maximum(model, studies, nodes)
        nu = (best["beta_sens_generation[CCP1]"], best["beta_spec_generation[CCP1]"])
        ours = variances(best) | {
            "mu_A (CCP1)": best["logit_sens"] + nu[0],
            "mu_B (CCP1)": best["logit_spec"] + nu[1],
            "nu_A (CCP2-CCP1)": -nu[0],
            "nu_B (CCP2-CCP1)": -nu[1],
        }
        for name, value in book.items():
            assert ours[name] == pytest.approx(value, abs=tolerance), (nodes, name)


def test_example_1_posterior_under_vague_priors():
    model = MetaRegression(covariates=("generation",), beta=Normal(0, 10), **FLAT, **WIDE)
    fitted = bp.fit(model, bp.load_dataset("anti_ccp"), engine="quadrature")
    assert not fitted.draws.failures
    book = published("anti_ccp_generation", "Handbook Bayes mean")
    spread = published("anti_ccp_generation", "Handbook Bayes mean", "se_or_sd")
    for name, ours in (
        ("nu_A", "beta_sens_generation[CCP1]"), ("nu_B", "beta_spec_generation[CCP1]")
    ):  # fmt: skip
        found = fitted.estimates[ours]
        assert -found.mean == pytest.approx(book[name], abs=0.1 * spread[name])
        assert found.sd == pytest.approx(spread[name], rel=0.1)


def test_example_1_difference_as_metabayesdta_has_it():
    fitted = bp.fit(MetaRegression(covariates=("generation",)), bp.load_dataset("anti_ccp"),
                    engine="quadrature")  # fmt: skip
    row = next(r for r in reference_rows("published_estimates") if "CCP1-CCP2" in r["parameter"])
    ours = fitted.estimates["sens_difference[CCP1 - CCP2]"]
    assert ours.median == pytest.approx(float(row["estimate"]), abs=0.01)
    assert ours.lower == pytest.approx(float(row["lo"]), abs=0.015)
    assert ours.upper == pytest.approx(float(row["hi"]), abs=0.015)


def test_example_2_hsroc():
    studies = bp.load_dataset("rheumatoid_factor")
    book = published("rheumatoid_factor", "Handbook HSROC ML")
    for nodes, tolerance in ((1, 0.001), (11, 0.01)):
        best = maximum(HSROC(), studies, nodes)
        ours = best | {
            "beta": best["shape"],
            "var_alpha": best["sigma_alpha"] ** 2,
            "var_theta": best["sigma_theta"] ** 2,
        }
        for name, value in book.items():
            assert ours[name] == pytest.approx(value, abs=tolerance), (nodes, name)


def test_example_2_hsroc_posterior_under_vague_priors():
    model = HSROC(Lambda=Normal(0, 10), Theta=Normal(0, 10), shape=Normal(0, 5),
                  sigma_alpha=HalfNormal(10), sigma_theta=HalfNormal(10))  # fmt: skip
    fitted = bp.fit(model, bp.load_dataset("rheumatoid_factor"), engine="quadrature")
    assert not fitted.draws.failures
    book = published("rheumatoid_factor", "Handbook HSROC Bayes mean")
    spread = published("rheumatoid_factor", "Handbook HSROC Bayes mean", "se_or_sd")
    for theirs, ours in (("Lambda", "Lambda"), ("Theta", "Theta"), ("beta", "shape")):
        found = fitted.estimates[ours]
        assert found.mean == pytest.approx(book[theirs], abs=0.15 * spread[theirs]), theirs
        assert found.sd == pytest.approx(spread[theirs], rel=0.1), theirs


def test_example_3_tests_compared_with_shared_study_effects():
    """The book's variances are those of a likelihood by few nodes: ours with 1 and 3 are around."""
    studies = bp.load_dataset("ct_mri_cad")
    book = published("schuetz_ct_mri_cad", "Handbook ML (shared study effect)")
    found = {}
    for nodes in (1, 3, 9):
        best = maximum(Comparison(shared=True), studies, nodes)
        found[nodes] = variances(best) | {
            "mu_A (MRI)": best["logit_sens[MRI]"],
            "mu_B (MRI)": best["logit_spec[MRI]"],
            "nu_A (CT-MRI)": best["logit_sens[CT]"] - best["logit_sens[MRI]"],
            "nu_B (CT-MRI)": best["logit_spec[CT]"] - best["logit_spec[MRI]"],
        }
    for name, value in book.items():
        if name.startswith(("mu", "nu")):
            assert found[9][name] == pytest.approx(value, abs=0.002), name
        else:
            assert found[9][name] == pytest.approx(value, rel=0.07), name
            assert min(found[k][name] for k in found) == pytest.approx(value, rel=0.04), name


def test_two_tests_of_the_same_women_as_metadta_has_them():
    best = maximum(Comparison(shared=True, test="test"), bp.load_dataset("ascus_hc2_repc"), 9)
    book = published("ascus_hc2_repc", "metadta comparative")
    sens = {k: 1 / (1 + np.exp(-best[f"logit_sens[{k}]"])) for k in ("RepC", "HC2")}
    spec = {k: 1 / (1 + np.exp(-best[f"logit_spec[{k}]"])) for k in ("RepC", "HC2")}
    assert sens["RepC"] == pytest.approx(book["Se RepC"], abs=0.006)
    assert sens["HC2"] == pytest.approx(book["Se HC2"], abs=0.006)
    ratio = sens["HC2"] / sens["RepC"]
    assert ratio == pytest.approx(book["relative Se HC2/RepC"], abs=0.01)
    assert spec["HC2"] / spec["RepC"] == pytest.approx(book["relative Sp HC2/RepC"], abs=0.006)
