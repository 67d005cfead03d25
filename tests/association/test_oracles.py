"""Every association model's PyMC statement, integrated numerically, equals its hierarchy."""

from __future__ import annotations

import numpy as np
import pytest
from densities import integrated, log_terms

import bayespool as bp
from bayespool.association import BinomialNormal, Nested, NormalNormal, Proportion
from bayespool.priors import Gamma, HalfNormal, Normal
from bayespool.studies import ArmCounts, Effects, Proportions

ARMS = ArmCounts.from_counts(["A", "B", "C", "D"], [4, 0, 7, 3], [20, 12, 9, 30],
                             [6, 2, 1, 3], [22, 11, 10, 28], dose=[1.0, 2.0, 4.0, 3.0])  # fmt: skip
INNER = ArmCounts.from_counts(["A", "B", "C", "D"], [14, 20, 27, 13], [60, 62, 59, 70],
                              [26, 22, 21, 23], [62, 51, 60, 68])  # fmt: skip
EFFECTS = Effects.from_table(
    {"study": list("ABCD"), "estimate": [0.2, -0.4, 1.1, 0.3], "se": [0.2, 0.3, 0.5, 0.1],
     "dose": [1.0, 2.0, 4.0, 3.0]}, measure="generic",
)  # fmt: skip
COUNTS = Proportions.from_counts(["A", "B", "C", "D"], [4, 0, 7, 3], [20, 12, 9, 30],
                                 dose=[1.0, 2.0, 4.0, 3.0])  # fmt: skip
CASES = {
    "normal": (NormalNormal(), EFFECTS),
    "normal, regression": (NormalNormal(covariates=("dose",)), EFFECTS),
    "proportion": (Proportion(), COUNTS),
    "proportion, regression": (Proportion(covariates=("dose",)), COUNTS),
    "binomial": (BinomialNormal(), ARMS),
    "binomial, rr": (BinomialNormal(measure="rr"), INNER),
    "binomial, rd": (BinomialNormal(measure="rd"), INNER),
    "normal, robust": (NormalNormal(nu=Gamma(2, 0.1)), EFFECTS),
}


@pytest.mark.parametrize("case", CASES)
def test_integrated_pymc_density_equals_the_hierarchy(case):
    model, studies = CASES[case]
    hierarchy = model.hierarchy(studies)
    natural = {name: np.array([0.3]) for name in hierarchy.names}
    natural["mu"], natural["tau"] = np.array([-0.4]), np.array([0.6])
    if case.endswith("rd"):
        natural["mu"], natural["tau"] = np.array([-0.1]), np.array([0.05])
    if case.endswith("rr"):
        natural["tau"] = np.array([0.3])
    if "nu" in natural:
        natural["nu"] = np.array([4.0])
    shared = {f"{n}_log__" if n in hierarchy.positive else n:
              np.log(x) if n in hierarchy.positive else x for n, x in natural.items()}  # fmt: skip
    second = {
        "binomial, rr": {"overall_risk_interval__": (np.linspace(-14, 8, 161),)},
        "binomial, rd": {"overall_risk_interval__": (np.linspace(-14, 8, 161),)},
        "normal, robust": {"precision_log__": (np.linspace(-6, 2.5, 121),)},
    }.get(case, {})
    axes = {"v": (np.linspace(-7, 7, 141),)} | second
    expected = integrated(model.build(studies), shared, axes)
    got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 31)
    np.testing.assert_allclose(got, expected, atol=3e-4 if "robust" in case else 1e-5)


def test_beta_binomial_density_equals_pymc_and_scipy():
    from scipy import stats

    from bayespool.association import BetaBinomial

    model = BetaBinomial()
    hierarchy = model.hierarchy(COUNTS)
    mu, psi = np.array([-0.4, 1.2, 0.1]), np.array([0.3, 0.02, 3.0])
    got = hierarchy.log_likelihood(hierarchy.unconstrained({"mu": mu, "psi": psi}), 5)
    p = 1 / (1 + np.exp(-mu))
    events, n = COUNTS.events[:, None], COUNTS.n[:, None]
    expected = stats.betabinom.logpmf(events, n, p / psi, (1 - p) / psi)
    np.testing.assert_allclose(got, expected, atol=1e-9)
    parts = log_terms(model.build(COUNTS))({"mu": mu, "psi_log__": np.log(psi)})
    np.testing.assert_allclose(parts["events"].T, expected, atol=1e-7)


def test_beta_binomial_agrees_between_engines():
    from bayespool.association import BetaBinomial

    fits = [bp.fit(BetaBinomial(), COUNTS, engine=e) for e in ("quadrature", "nuts")]
    assert not fits[0].draws.failures
    for name in fits[0].samples:
        a, b = (f.estimates[name] for f in fits)
        assert abs(a.mean - b.mean) < 4 * np.hypot(a.mcse, b.mcse), name


def test_nested_rows_have_their_multivariate_normal():
    from scipy import stats

    table = {"study": ["A", "A", "A", "B", "C", "C"], "finding": list("xyzxxy"),
             "estimate": [0.2, 0.5, -0.1, 0.9, 0.1, 0.4],
             "se": [0.2, 0.3, 0.25, 0.4, 0.1, 0.2]}  # fmt: skip
    studies = Effects.from_table(table, measure="generic")
    model = Nested(correlation=0.4)
    hierarchy = model.hierarchy(studies)
    natural = {"mu": np.array([0.3]), "tau": np.array([0.5]), "tau_within": np.array([0.2])}
    got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 1)[:, 0]
    study, se = np.array(table["study"]), np.array(table["se"])
    for k, name in enumerate("ABC"):
        rows = study == name
        s = se[rows]
        v = 0.4 * np.outer(s, s)
        np.fill_diagonal(v, s**2)
        v += 0.5**2 + 0.2**2 * np.eye(rows.sum())
        y = np.array(table["estimate"])[rows]
        expected = stats.multivariate_normal.logpdf(y, np.full(rows.sum(), 0.3), v)
        assert got[k] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("case", ["normal", "nested", "nested, robust"])
def test_nuts_agrees_with_quadrature(case):
    if case == "normal":
        model, studies = NormalNormal(tau=HalfNormal(0.5), measure="rr"), bp.load_dataset("bcg")
        studies = studies.effects("rr")
    else:
        studies = bp.load_dataset("konstantopoulos2011")
        model = Nested(mu=Normal(0, 1), tau=HalfNormal(0.5), tau_within=HalfNormal(0.5),
                       nu=Gamma(2, 0.1) if "robust" in case else None)  # fmt: skip
    grid = bp.fit(model, studies, engine="quadrature")
    nuts = bp.fit(model, studies, engine="nuts")
    assert ("path" in grid.draws.info) == ("robust" not in case)
    for name, a in nuts.estimates.items():
        b = grid.estimates[name]
        assert abs(a.mean - b.mean) < 4 * np.hypot(a.mcse, b.mcse), name
        assert abs(a.median - b.median) < 4 * np.hypot(a.mcse_median, b.mcse_median), name


def test_importance_sampling_agrees_with_the_deterministic_path():
    from bayespool.engines import quadrature

    model, studies = NormalNormal(), EFFECTS
    hierarchy = model.hierarchy(studies)
    grid = bp.fit(model, studies, engine="quadrature")
    draws = quadrature.as_draws(hierarchy, quadrature.sample(hierarchy, 1))
    for name in ("mu", "tau"):
        x = draws.hyper[name]
        error = x.std() / np.sqrt(draws.info["ess"])
        assert abs(x.mean() - grid.estimates[name].mean) < 4 * error
    difference = draws.info["log_marginal_likelihood"] - grid.draws.info["log_marginal_likelihood"]
    assert abs(difference) < 4 * draws.info["log_marginal_likelihood_mcse"]


def test_robust_effects_of_counts_are_a_mixture_over_scales():
    """Normal models of ``tau / sqrt(lambda)``, averaged over lambda."""
    from scipy import stats

    robust = BinomialNormal(nu=Gamma(2, 0.1)).hierarchy(ARMS)
    plain = BinomialNormal().hierarchy(ARMS)
    nu, tau = 5.0, 0.6
    natural = {"mu": np.array([-0.4]), "tau": np.array([tau]), "nu": np.array([nu])}
    got = robust.log_likelihood(robust.unconstrained(natural), 15)[:, 0]
    y, step = np.linspace(-9, 3.5, 401, retstep=True)
    weight = stats.gamma.logpdf(np.exp(y), nu / 2, scale=2 / nu) + y + np.log(step)
    scales = {"mu": np.full(401, -0.4), "tau": tau / np.exp(y / 2)}
    parts = plain.log_likelihood(plain.unconstrained(scales), 25)
    expected = np.logaddexp.reduce(parts + weight, axis=1)
    np.testing.assert_allclose(got, expected, atol=5e-4)
