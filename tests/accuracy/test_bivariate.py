"""The bivariate model: its two statements agree, and both agree with plain NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from densities import integrated, log_terms
from scipy import stats

from bayespool.accuracy import Bivariate
from bayespool.priors import LKJ, HalfCauchy, HalfNormal, Normal, ProbabilityInterval, Uniform
from bayespool.studies import AccuracyStudies

STUDIES = AccuracyStudies.from_counts(
    study=["A", "B", "C", "D"],
    tp=[8, 0, 30, 0],
    fp=[2, 5, 0, 7],
    fn=[3, 6, 1, 0],
    tn=[20, 1, 44, 9],
)
INVERSE = {
    "logit": stats.logistic.cdf,
    "probit": stats.norm.cdf,
    "cloglog": lambda eta: -np.expm1(-np.exp(eta)),
}
POINTS = [
    {"sens": 0.7, "spec": 1.6, "tau_sens": 0.8, "tau_spec": 0.5, "rho": -0.4},
    {"sens": 0.2, "spec": 0.1, "tau_sens": 0.6, "tau_spec": 1.4, "rho": 0.7},
]


def named(model: Bivariate, point: dict[str, float]) -> dict[str, float]:
    return dict(zip(model.parameters, point.values(), strict=True))


def together(points: Iterable[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Points as one, (points, ...) of every name."""
    found = list(points)
    return {name: np.array([point[name] for point in found]) for name in found[0]}


def transformed(point: dict[str, float]) -> dict[str, Any]:
    """The point as PyMC's unconstrained value variables, without study effects."""
    rho = point["rho"]
    out = {k: np.asarray(x) for k, x in point.items() if not k.startswith(("tau", "rho"))}
    out |= {f"{k}_log__": np.log(point[k]) for k in ("tau_sens", "tau_spec")}
    return out | {"rho_unit_logodds__": np.asarray(np.log((1 + rho) / (1 - rho)))}


def log_rows(model: Bivariate, point: dict[str, float], v: np.ndarray) -> np.ndarray:
    """Binomial log likelihood of each study by SciPy, v (n_studies, 2)."""
    p = INVERSE[model.link]
    names = model.parameters
    rho = point["rho"]
    sens = p(point[names[0]] + point["tau_sens"] * v[:, 0])
    spec = p(point[names[1]] + point["tau_spec"] * (rho * v[:, 0] + np.sqrt(1 - rho**2) * v[:, 1]))
    return stats.binom.logpmf(STUDIES.tp, STUDIES.n_diseased, sens) + stats.binom.logpmf(
        STUDIES.tn, STUDIES.n_healthy, spec
    )


LINKS = pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])


@LINKS
def test_pymc_density_equals_numpy(link):
    model = Bivariate(link=link)
    rng = np.random.default_rng(1)
    points = [named(model, point) for point in POINTS]
    values = [transformed(point) | {"v": rng.normal(size=(4, 2))} for point in points]
    found = log_terms(model.build(STUDIES))(together(values))
    for i, (point, value) in enumerate(zip(points, values, strict=True)):
        parts = {name: x[i] for name, x in found.items()}
        data = log_rows(model, point, value["v"])
        np.testing.assert_allclose(parts["tp"] + parts["tn"], data, atol=1e-9)
        np.testing.assert_allclose(parts["v"], stats.norm.logpdf(value["v"]), atol=1e-9)
        for name in model.parameters[:2]:
            assert parts[name] == pytest.approx(stats.norm.logpdf(point[name], 0, 1.5), abs=1e-9)
        for name in ("tau_sens", "tau_spec"):
            assert parts[name] == pytest.approx(stats.halfnorm.logpdf(point[name]), abs=1e-9)
        # density of rho: (1 - rho^2) * 3/4, which is LKJ(2); PyMC holds (rho + 1)/2
        expected = np.log(0.75 * (1 - point["rho"] ** 2)) + np.log(2.0)
        assert parts["rho_unit"] == pytest.approx(expected, abs=1e-9)


@LINKS
def test_integrated_pymc_density_equals_the_hierarchy(link):
    model = Bivariate(link=link)
    points = [named(model, point) for point in POINTS]
    axis = np.linspace(-6, 6, 61)
    shared = together(transformed(point) for point in points)
    expected = integrated(model.build(STUDIES), shared, {"v": (axis, axis)})
    hierarchy = model.hierarchy(STUDIES)
    got = hierarchy.log_likelihood(hierarchy.unconstrained(together(points)), 31)
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize(
    "model",
    [
        Bivariate(),
        Bivariate(tau_sens=HalfCauchy(0.5), tau_spec=Uniform(0, 3), rho=LKJ(1)),
        Bivariate(sens=ProbabilityInterval(0.05, 0.95)),
    ],
)
def test_prior_density_equals_scipy_with_its_jacobian(model):
    hierarchy = model.hierarchy(STUDIES)
    theta = hierarchy.draw_prior(5, np.random.default_rng(0))
    natural = hierarchy.natural(theta)
    expected = np.zeros(5)
    for name, prior in model.priors.items():
        x = natural[name]
        expected += prior.logpdf(x)
        if name.startswith("tau"):
            expected += np.log(x)
        if name == "rho":
            expected += np.log(1 - x**2)
    np.testing.assert_allclose(hierarchy.log_prior(theta), expected, atol=1e-9)


def test_relabelling_and_reordering_change_nothing():
    theta = Bivariate().hierarchy(STUDIES).draw_prior(6, np.random.default_rng(4))
    order = [2, 0, 3, 1]
    straight = Bivariate().hierarchy(STUDIES).log_likelihood(theta, 9)
    turned = Bivariate().hierarchy(STUDIES.select(order)).log_likelihood(theta, 9)
    np.testing.assert_allclose(straight[order], turned, atol=1e-10)


def test_a_study_without_people_in_a_group_informs_the_other_margin_only():
    one_margin = AccuracyStudies.from_counts(["A", "D"], [8, 0], [2, 7], [3, 0], [20, 9])
    theta = Bivariate().hierarchy(one_margin).draw_prior(4, np.random.default_rng(4))
    changed = theta.copy()
    changed[0] += 1.0  # the pooled logit sensitivity
    changed[4] = 0.0  # without correlation the margins are separate
    theta[4] = 0.0
    a = Bivariate().hierarchy(one_margin).log_likelihood(theta, 15)
    b = Bivariate().hierarchy(one_margin).log_likelihood(changed, 15)
    np.testing.assert_allclose(a[1], b[1], atol=1e-6)
    assert np.abs(a[0] - b[0]).min() > 1e-3


def test_a_prior_on_probabilities_is_the_interval_it_says():
    prior = ProbabilityInterval(0.05, 0.95).on_link("logit")
    lower, upper = stats.logistic.cdf(prior.ppf(np.array([0.025, 0.975])))
    assert (lower, upper) == (pytest.approx(0.05), pytest.approx(0.95))


@pytest.mark.parametrize(
    "options,words",
    [
        ({"link": "log"}, "allowed: logit, probit, cloglog"),
        ({"tau_sens": Normal(0, 1)}, "tau_sens"),
        ({"tau_spec": Uniform(-1, 2)}, "not negative"),
        ({"rho": HalfNormal(1)}, "correlation"),
        ({"sens": LKJ(2)}, "sens"),
    ],
)
def test_wrong_priors_are_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        Bivariate(**options)


def test_several_rows_of_a_study_are_refused():
    table = {"study": ["A", "A", "B"], "site": ["x", "y", "x"], "tp": [5, 6, 7],
             "fp": [1, 2, 3], "fn": [1, 1, 1], "tn": [9, 9, 9]}  # fmt: skip
    studies = AccuracyStudies.from_table(table)
    with pytest.raises(ValueError, match=r"A, x, A, y.*--where"):
        Bivariate().check(studies)
    Bivariate().check(studies.where("site", "x"))
