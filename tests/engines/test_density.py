"""The log density that NUTS samples: PyMC's own, with the numbers of a table as arguments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespool as bp
from bayespool.accuracy import Bivariate, NestedMetaRegression
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.engines.compiled import values_at
from bayespool.engines.density import Density, density
from bayespool.priors import Gamma, HalfNormal, Normal, Uniform
from bayespool.studies import AccuracyStudies, ArmCounts, Effects

_ = None
TABLE = AccuracyStudies.from_table({
    "study": ["A", "A", "B", "B", "C"], "site": ["one", "two", "one", "one", "one"],
    "kind": ["", "", "candidate", "candidate", "rates"], "late": ["yes", "yes", "no", "no", "no"],
    "tp": [8, 9, 7, 8, _], "fn": [3, 2, 2, 1, _], "fp": [2, 1, 4, 4, _], "tn": [20, 21, 6, 6, _],
    "sens": [_, _, _, _, "0.9"], "spec": [_, _, _, _, "0.8"],
    "n_diseased": [_, _, _, _, 20], "n_healthy": [_, _, _, _, 40],
})  # fmt: skip
TRIALS = ArmCounts.from_table(
    {"study": ["A", "B", "C"], "e1": [4, 0, 7], "n1": [20, 15, 30], "e2": [9, 6, 8],
     "n2": [21, 16, 29]}
)  # fmt: skip
EFFECTS = Effects.from_table(
    {"study": ["A", "B", "C"], "estimate": [0.2, -0.1, 0.3], "se": [0.1, 0.2, 0.15]}
)
CASES = {
    "robust": (Bivariate(nu=Gamma(2, 0.1)), bp.load_dataset("telomerase").by_study()),
    "partial and nested": (NestedMetaRegression(covariates=("late",)), TABLE),
    "trials": (BinomialNormal(), TRIALS),
    "effects": (NormalNormal.for_studies(EFFECTS)[0], EFFECTS),
}


def plain():
    from pytensor.compile.mode import Mode

    return Mode(linker="py", optimizer=None)


def evaluate(found: Density, point: np.ndarray, numbers: np.ndarray) -> list[np.ndarray]:
    import pytensor

    symbolic, data, *outputs = found.function()
    function = pytensor.function([symbolic, data], outputs, mode=plain(), on_unused_input="ignore")
    return function(point, numbers)


def by_name(found: Density, point: np.ndarray) -> dict[str, np.ndarray]:
    out, position = {}, 0
    for value in found.values:
        start = found.initial[value.name]
        out[value.name] = point[position : position + np.size(start)].reshape(np.shape(start))
        position += np.size(start)
    return out


def somewhere(found: Density) -> np.ndarray:
    return found.start + 0.3 * np.random.default_rng(5).normal(size=found.start.size)


@pytest.mark.parametrize("case", CASES)
def test_density_and_gradient_are_those_of_pymc(case):
    model, studies = CASES[case]
    built = model.build(studies)
    found = density(built)
    point = somewhere(found)
    value, gradient = evaluate(found, point, found.numbers)
    at = by_name(found, point)
    assert value == pytest.approx(float(built.compile_logp(mode=plain())(at)), rel=1e-12)
    flat = built.compile_dlogp(mode=plain())(at)
    sizes = np.cumsum([np.size(at[v.name]) for v in built.value_vars])
    theirs = dict(zip((v.name for v in built.value_vars), np.split(flat, sizes[:-1]), strict=True))
    for name, part in by_name(found, gradient).items():
        assert part.ravel() == pytest.approx(theirs[name], rel=1e-9, abs=1e-9), name


def test_another_table_and_other_numbers_in_priors_are_the_same_function():
    one = density(Bivariate().build(bp.load_dataset("telomerase").by_study()))
    changed = replace(Bivariate(), sens=Normal(1.0, 2.0), tau_spec=HalfNormal(0.3))
    built = changed.build(bp.load_dataset("csf_tau_dementia").by_study())
    other = density(built)
    assert one.same_structure(other)
    assert one.start.size != other.start.size
    point = somewhere(other)
    theirs = built.compile_logp(mode=plain())(by_name(other, point))
    assert evaluate(one, point, other.numbers)[0] == pytest.approx(float(theirs), rel=1e-12)


def test_another_kind_of_prior_or_model_is_another_function():
    studies = bp.load_dataset("telomerase").by_study()
    one = density(Bivariate().build(studies))
    for model in (Bivariate(tau_sens=Uniform(0, 2)), Bivariate(nu=Gamma(2, 0.1)),
                  Bivariate(link="probit")):  # fmt: skip
        assert not one.same_structure(density(model.build(studies)))


def test_variables_at_points():
    built = Bivariate(tau_sens=Uniform(0.0, 2.0)).build(bp.load_dataset("telomerase").by_study())
    found = density(built)
    points = np.stack([[found.start, found.start + 1.0]] * 3)
    values = values_at(built, found, points, ["logit_sens", "tau_sens", "rho", "v"])
    assert values["v"].shape == (3, 2, 10, 2)
    at = by_name(found, points[0, 1])
    assert values["logit_sens"][2, 1] == at["logit_sens"]
    expected = 2.0 / (1.0 + np.exp(-at["tau_sens_interval__"]))
    assert values["tau_sens"][2, 1] == pytest.approx(float(expected), rel=1e-12)
    assert values["rho"][0, 0] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_array_equal(values["v"][1, 1], at["v"])
