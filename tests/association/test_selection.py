"""Selection models, PET and PEESE: PyMC, closed forms, metafor, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from densities import integrated
from scipy import integrate, optimize, special, stats

import bayespool as bp
from bayespool.association import PEESE, PET, SelectionBeta, SelectionExponential, SelectionNormal
from bayespool.datasets import resolve_association
from bayespool.numerics.selection import Selection
from bayespool.numerics.weights import BetaWeight, NegativeExponential, Steps
from bayespool.priors import CumulativeDirichlet, Fixed, Gamma, HalfNormal, LogNormal
from bayespool.studies import Effects

EFFECTS = Effects.from_table(
    {"study": list("ABCD"), "estimate": [0.2, -0.4, 1.1, 0.3], "se": [0.2, 0.3, 0.5, 0.1],
     "dose": [1.0, 2.0, 4.0, 3.0]}, measure="generic",
)  # fmt: skip
FREE = LogNormal(0, 1)
CASES = {
    "falling": SelectionNormal(),
    "free, two-sided": SelectionNormal(cuts=(0.05, 0.3), sides=2, weights=FREE),
    "negative": SelectionNormal(direction="negative"),
    "regression": SelectionNormal(covariates=("dose",)),
    "common effect": SelectionNormal(tau=Fixed(0)),
    "exponential": SelectionExponential(direction="negative"),
    "beta": SelectionBeta(),
    "pet": PET(direction="negative"),
    "peese, regression": PEESE(covariates=("dose",)),
    "falling, robust": SelectionNormal(cuts=(0.1,), weights=CumulativeDirichlet(1, 2),
                                       nu=Gamma(2, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_integrated_pymc_density_equals_the_hierarchy(case: str) -> None:
    model: Any = CASES[case]
    hierarchy = model.hierarchy(EFFECTS)
    natural = {name: np.array([0.3]) for name in hierarchy.names}
    natural["mu"] = np.array([-0.2])
    if "tau" in natural:
        natural["tau"] = np.array([0.6])
    if "nu" in natural:
        natural["nu"] = np.array([4.0])
    shared = {}
    for name, x in natural.items():
        if name in hierarchy.positive:
            shared[f"{name}_log__"] = np.log(x)
        elif name in hierarchy.unit:
            shared[f"{name}_logodds__"] = special.logit(x)
        else:
            shared[name] = x
    axes = {"v": (np.linspace(-7, 7, 141),)}
    if "nu" in natural:
        axes["precision_log__"] = (np.linspace(-6, 2.5, 121),)
    expected = integrated(model.build(EFFECTS), shared, axes)
    got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 31)
    np.testing.assert_allclose(got, expected, atol=3e-4 if "robust" in case else 1e-5)


WEIGHTS = {
    "one-sided": (Steps((0.025, 0.3), 1, (FREE, FREE), False), {"omega_2": 0.4, "omega_3": 1.6}),
    "two-sided": (Steps((0.05,), 2, (FREE,), False), {"omega_2": 0.2}),
    "exponential": (NegativeExponential(HalfNormal(1)), {"delta": 3.0}),
    "beta": (BetaWeight(FREE, FREE), {"a": 0.6, "b": 3.0}),
    "beta, rising": (BetaWeight(FREE, FREE), {"a": 9.0, "b": 1.0}),
}


def by_hand(weight: Any, values: dict[str, float], z: float) -> float:
    """The weight of one z value as its definition says."""
    p = float(stats.norm.sf(z))
    if isinstance(weight, NegativeExponential):
        return float(np.exp(-values["delta"] * p))
    if isinstance(weight, BetaWeight):
        q = min(max(p, 1e-5), 1 - 1e-5)
        return float(q ** (values["a"] - 1) * (1 - q) ** (values["b"] - 1))
    p = p if weight.sides == 1 else 2 * float(stats.norm.sf(abs(z)))
    omega = [1.0, *values.values()]
    return omega[sum(p > cut for cut in weight.cuts)]


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_density_of_seen_estimates_is_the_weight_over_its_integral(
    name: str, sign: float
) -> None:
    weight, values = WEIGHTS[name]
    draws = {k: np.array([v]) for k, v in values.items()}
    mu, tau, se, y = 0.3, 0.5, np.array([0.2, 0.45]), np.array([0.1, 0.9])
    selection = Selection(weight, sign * y / se, se, sign)
    got = selection.log_factor(
        np.full((2, 1), mu), np.full((1, 2, 1), tau), None, draws
    )  # fmt: skip
    for i in range(2):
        sd = float(np.hypot(tau, se[i]))

        def seen(x: float, i: int = i, sd: float = sd) -> float:
            return float(by_hand(weight, values, sign * x / se[i]) * stats.norm.pdf(x, mu, sd))

        breaks = np.sort(sign * se[i] * np.append(weight.edges, [0.0, 4.3, -4.3]))
        ends = [mu - 12 * sd, *(b for b in breaks if abs(b - mu) < 12 * sd), mu + 12 * sd]
        total = sum(integrate.quad(seen, a, b, epsabs=1e-13, limit=200)[0]
                    for a, b in itertools.pairwise(ends))  # fmt: skip
        expected = np.log(by_hand(weight, values, sign * y[i] / se[i]) / total)
        assert got[i, 0] == pytest.approx(expected, abs=2e-7)


@pytest.mark.parametrize("name", ["one-sided", "two-sided", "exponential"])
def test_replicated_estimates_have_the_density_of_seen_ones(name: str) -> None:
    weight, values = WEIGHTS[name]
    n = 40_000
    draws = {k: np.full(n, v) for k, v in values.items()}
    mu, tau, se, sign = -0.1, 0.3, 0.25, -1.0
    selection = Selection(weight, np.zeros(1), np.array([se]), sign)
    drawn = selection.draw(
        np.full((1, n), mu), np.full((1, n), tau), None, weight.weights(draws),
        np.random.default_rng(1),
    )[0]  # fmt: skip
    x = np.linspace(-3, 3, 20_001)
    density = np.array([by_hand(weight, values, sign * at / se) for at in x])
    density = density * stats.norm.pdf(x, mu, np.hypot(tau, se))
    cdf = np.cumsum(density) / density.sum()
    found = stats.kstest(drawn, lambda at: np.interp(at, x, cdf))
    assert found.pvalue > 1e-3


# metafor 3.8-1 (R: selmodel(rma(yi, vi, data=dat.hackshaw1998, method="ML"), type=...,
# alternative="greater", steps=...)); the truncated one is of metafor 4 (its own test suite)
HACKSHAW = (
    (SelectionNormal(cuts=(0.05, 0.1, 0.5), weights=FREE, measure="or"),
     {"mu": 0.1217414, "tau2": 0.03071325, "omega_2": 2.4220794, "omega_3": 0.9775428,
      "omega_4": 0.3967126, "ll": -6.6155340}),
    (SelectionNormal(cuts=(0.5,), weights=FREE, measure="or"),
     {"omega_2": 0.3818424, "tau2": 0.02677134}),
    (SelectionNormal(cuts=(0.05,), sides=2, weights=FREE, measure="or"),
     {"mu": 0.2120705, "tau2": 0.01935992, "omega_2": 0.9402841, "ll": -10.1449300}),
    (SelectionExponential(measure="or"),
     {"mu": 0.0048864, "tau2": 0.02621728, "delta": 2.7767784, "ll": -8.0847512}),
    (SelectionBeta(measure="or"),
     {"mu": 0.9379321, "tau2": 0.10182807, "a": 1.6656586, "b": 1.1309873, "ll": -7.8101170}),
    (SelectionNormal(cuts=(0.05, 0.5), weights=FREE, measure="or", covariates=("design",)),
     {"mu": 0.21875641 , "beta_design[cohort]": 0.05587968, "tau2": 0.03830134,
      "omega_2": 2.0300939, "omega_3": 0.8957278, "ll": -8.076954}),
)  # fmt: skip


def maximum(model: Any, studies: Any) -> dict[str, float]:
    """Where the likelihood is largest: the posterior mode under flat priors."""
    hierarchy = model.hierarchy(studies)

    def height(theta: np.ndarray) -> float:
        return -float(hierarchy.total_log_likelihood(theta[:, None], 1)[0])

    found = [
        optimize.minimize(height, np.full(len(hierarchy.names), start), method="Nelder-Mead",
                          options={"xatol": 1e-7, "fatol": 1e-11, "maxfev": 20_000})
        for start in (0.0, -1.0)
    ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    out = {name: float(x[0]) for name, x in hierarchy.natural(best.x[:, None]).items()}
    return out | {"tau2": out["tau"] ** 2, "ll": -float(best.fun)}


@pytest.mark.parametrize("k", range(len(HACKSHAW)))
def test_the_maximum_is_that_of_metafor(k: int) -> None:
    model, expected = HACKSHAW[k]
    got = maximum(model, resolve_association("hackshaw1998", "or"))
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, abs=1e-3), name


def test_engines_agree_on_a_model_without_selection() -> None:
    """Weights of one and a slope of zero are the normal-normal model, which has a closed form."""
    plain = bp.association.NormalNormal(measure="or").hierarchy(
        studies := resolve_association("hackshaw1998", "or")
    )
    theta = plain.unconstrained({"mu": np.array([0.2]), "tau": np.array([0.3])})
    expected = plain.log_likelihood(theta, 1)
    for model in (SelectionNormal(measure="or"), PET(measure="or")):
        hierarchy = model.hierarchy(studies)
        natural = {"mu": np.array([0.2]), "tau": np.array([0.3]), "pet": np.array([1e-300]),
                   "ratio_2": np.array([1.0]), "ratio_3": np.array([1.0])}  # fmt: skip
        got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 1)
        np.testing.assert_allclose(got, expected, atol=1e-9)


def test_studies_left_out_take_their_weight_with_them() -> None:
    hierarchy = SelectionNormal(measure="generic").hierarchy(EFFECTS)
    theta = hierarchy.draw_prior(5, np.random.default_rng(3))
    part = hierarchy.subset([3, 1]).log_likelihood(theta, 1)
    np.testing.assert_allclose(part, hierarchy.log_likelihood(theta, 1)[[3, 1]], atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cuts": (0.05, 0.025)}, "ascending order"),
        ({"cuts": ()}, "ascending order"),
        ({"cuts": (0.05, 1.0)}, "between 0 and 1"),
        ({"cuts": (0.05,)}, "one number for every interval"),
        ({"sides": 3}, "allowed: 1 or 2"),
    ],
)
def test_impossible_weights_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SelectionNormal(**wrong)


def test_tables_without_p_values_are_refused() -> None:
    model = SelectionNormal()
    counts = bp.load_dataset("bcg")
    with pytest.raises(ValueError, match="allowed: effects"):
        bp.fit(model, counts)
    with pytest.raises(ValueError, match="two or more studies, found 1"):
        bp.fit(model, EFFECTS.select([0]))
    with pytest.raises(ValueError, match="no null value"):
        bp.fit(model, bp.studies.Proportions.from_counts(["A", "B"], [4, 1], [20, 12]))
    censored = Effects.from_table(
        {"study": list("ABC"), "estimate": [0.2, 0.4, None], "se": [0.1, 0.2, 0.3],
         "kind": ["", "", "censored"], "p": ["", "", "ns"]}, measure="generic",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"1 rows of this table \(C\).*count them twice"):
        bp.fit(model, censored)
    with pytest.raises(ValueError, match="allowed: positive, negative"):
        bp.fit(SelectionNormal(direction="up"), EFFECTS)
    with pytest.raises(ValueError, match="two or more numbers above 0"):
        CumulativeDirichlet(1, -1)
