"""Every association model's PyMC statement, integrated numerically, equals its hierarchy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

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
    pymc_model = model.build(studies)
    natural = {name: np.array([0.3]) for name in hierarchy.names}
    natural["mu"], natural["tau"] = np.array([-0.4]), np.array([0.6])
    if case.endswith("rd"):
        natural["mu"], natural["tau"] = np.array([-0.1]), np.array([0.05])
    if case.endswith("rr"):
        natural["tau"] = np.array([0.3])
    if "nu" in natural:
        natural["nu"] = np.array([4.0])
    values = {n: np.asarray(x[0]) for n, x in natural.items() if n not in hierarchy.positive}
    values |= {f"{n}_log__": np.log(natural[n][0]) for n in hierarchy.positive}
    logp = pymc_model.compile_logp(sum=False, jacobian=False)
    order = [v.name for v in pymc_model.basic_RVs] + [p.name for p in pymc_model.potentials]
    second = {"binomial, rr": ("overall_risk", np.linspace(-14, 8, 111)),
              "binomial, rd": ("overall_risk", np.linspace(-14, 8, 111)),
              "normal, robust": ("precision", np.linspace(-6, 2.5, 121))}.get(case)  # fmt: skip
    axis, step = np.linspace(-7, 7, 141, retstep=True)
    terms = []
    for z, extra in itertools.product(axis, second[1] if second else [0.0]):
        point = values | {"v": np.full((4, 1), z)}
        log_jacobian = 0.0
        if second and second[0] == "overall_risk":  # its place between its bounds, as a logit
            point["overall_risk_interval__"] = np.full(4, extra)
            log_jacobian = -np.logaddexp(0, extra) - np.logaddexp(0, -extra)
        elif second:
            point["precision_log__"] = np.full(4, extra)
            log_jacobian = extra
        parts = dict(zip(order, logp(point), strict=True))
        log_jacobian = log_jacobian + parts.get("overall_risk_is_flat", 0.0)  # log of their width
        rows = [p for n, p in parts.items() if n not in values and n not in hierarchy.positive]
        terms.append(sum(np.reshape(p, -1) for p in rows) + log_jacobian)
    width = step * (second[1][1] - second[1][0] if second else 1.0)
    expected = np.logaddexp.reduce(np.array(terms), axis=0) + np.log(width)
    got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 31)[:, 0]
    np.testing.assert_allclose(got, expected, atol=3e-4 if "robust" in case else 1e-5)


def test_beta_binomial_density_equals_pymc_and_scipy():
    from scipy import stats

    from bayespool.association import BetaBinomial

    model = BetaBinomial()
    hierarchy = model.hierarchy(COUNTS)
    logp = model.build(COUNTS).compile_logp(sum=False, jacobian=False)
    for mu, psi in ((-0.4, 0.3), (1.2, 0.02), (0.1, 3.0)):
        theta = hierarchy.unconstrained({"mu": np.array([mu]), "psi": np.array([psi])})
        got = hierarchy.log_likelihood(theta, 5)[:, 0]
        p = 1 / (1 + np.exp(-mu))
        expected = stats.betabinom.logpmf(COUNTS.events, COUNTS.n, p / psi, (1 - p) / psi)
        np.testing.assert_allclose(got, expected, atol=1e-9)
        parts = logp({"mu": np.asarray(mu), "psi_log__": np.asarray(np.log(psi))})
        np.testing.assert_allclose(parts[-1], expected, atol=1e-7)


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
