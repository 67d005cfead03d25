"""The latent-class model against brute force and the bivariate model that it contains."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from bayespool.accuracy import Bivariate, LatentClass
from bayespool.accuracy.standards import as_beta, read
from bayespool.numerics.points import Points
from bayespool.priors import LKJ, Beta, Fixed, LogNormal, Normal, ProbabilityInterval
from bayespool.studies import AccuracyStudies
from bayespool.studies.problems import TableError

TABLE = {
    "study": list("ABCD"), "reference": ["culture", "smear", "culture", "smear"],
    "tp": [8, 9, 0, 30], "fn": [3, 2, 6, 1], "fp": [2, 1, 5, 0], "tn": [20, 21, 1, 44],
}  # fmt: skip
STUDIES = AccuracyStudies.from_table(TABLE)
NATURAL = {
    "logit_sens": 0.9, "logit_spec": 1.6, "tau_sens": 0.7, "tau_spec": 0.5, "rho": -0.4,
    "reference_sens[culture]": 0.8, "reference_sens[smear]": 0.6, "reference_spec[culture]": 0.97,
    "reference_spec[smear]": 0.9, "dependence_diseased": 4.0, "dependence_healthy": 0.6,
    "logit_prev": -0.5, "tau_prev": 0.8,
}  # fmt: skip
UNSURE = {"reference_sens": Beta(8, 4), "reference_spec": ProbabilityInterval(0.7, 0.99)}
PERFECT = {"reference_sens": 1, "reference_spec": 1}


def at(hierarchy, n: int = 1):
    return hierarchy.unconstrained(
        {name: np.full(n, NATURAL[name]) for name in hierarchy.names}
    )  # fmt: skip


def covariance(p: float, q: float, odds_ratio: float) -> float:
    """Of two tests that are right with these probabilities and have this odds ratio."""

    def off(both: float) -> float:
        return np.log(both * (1 - p - q + both) / ((p - both) * (q - both)) / odds_ratio)

    edge = 1e-12
    low, high = max(0.0, p + q - 1), min(p, q)
    return float(optimize.brentq(off, low + edge, high - edge, xtol=1e-15)) - p * q


def log_multinomial(row: int, sens: float, spec: float, prevalence: float) -> float:
    """Log probability of a study's table, written out as joint probabilities of two tests."""
    reference = TABLE["reference"][row]
    ref_sens, ref_spec = (NATURAL[f"reference_{x}[{reference}]"] for x in ("sens", "spec"))
    c = covariance(sens, ref_sens, NATURAL["dependence_diseased"])
    d = covariance(spec, ref_spec, NATURAL["dependence_healthy"])
    shares = []
    for index, standard in itertools.product((1, 0), (1, 0)):
        ill = (sens if index else 1 - sens) * (ref_sens if standard else 1 - ref_sens)
        well = (1 - spec if index else spec) * (1 - ref_spec if standard else ref_spec)
        sign = 1 if index == standard else -1
        shares.append(prevalence * (ill + sign * c) + (1 - prevalence) * (well + sign * d))
    counts = [TABLE[name][row] for name in ("tp", "fp", "fn", "tn")]
    return float(stats.multinomial.logpmf(counts, sum(counts), shares))


def test_the_density_is_that_of_the_paper():
    model = LatentClass(**UNSURE, dependence=LogNormal(1, 1), prevalences="hierarchical")
    hierarchy = model.hierarchy(STUDIES)
    theta = at(hierarchy)
    effects = np.random.default_rng(5).normal(0.0, 1.0, (3, 4, 1))
    rows, eta = hierarchy.rows_at(theta).likelihood, hierarchy.row_predictors(theta, effects)
    found = (rows.log_density(eta) + rows.log_constant()).reshape(4, 3).sum(axis=1)
    p = 1 / (1 + np.exp(-eta.reshape(4, 3)))
    expected = [log_multinomial(row, *p[row]) for row in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_integral_over_study_effects_by_brute_force():
    """Three a study, by a product of 61 points each; uniform prevalences."""
    hierarchy = LatentClass(**UNSURE).hierarchy(STUDIES)
    rows, theta = hierarchy.rows_at(at(hierarchy)).likelihood, at(hierarchy)
    axis = np.linspace(-5.2, 5.2, 61)
    v = np.array(list(itertools.product(axis, axis, axis))).T
    rho = NATURAL["rho"]
    eta = np.stack([
        NATURAL["logit_sens"] + NATURAL["tau_sens"] * v[0],
        NATURAL["logit_spec"]
        + NATURAL["tau_spec"] * (rho * v[0] + np.sqrt(1 - rho**2) * v[1]),
        v[2],
    ])  # fmt: skip
    density = rows.log_density(np.tile(eta, (4, 1))) + rows.log_constant()
    terms = density[::3] - 0.5 * (v * v).sum(axis=0)
    expected = np.logaddexp.reduce(terms, axis=1) + 3 * np.log(
        (axis[1] - axis[0]) / np.sqrt(2 * np.pi)
    )
    np.testing.assert_allclose(hierarchy.log_likelihood(theta, 31)[:, 0], expected, atol=1e-5)


def test_a_perfect_reference_is_the_bivariate_model_times_that_of_the_prevalence():
    """Binomial x binomial x reference positives of all, uniform whatever the prevalence is."""
    latent, plain = LatentClass(**PERFECT).hierarchy(STUDIES), Bivariate().hierarchy(STUDIES)
    assert latent.names == plain.names
    theta = plain.draw_prior(40, np.random.default_rng(4)) * 0.5
    people = np.array([sum(TABLE[x][i] for x in ("tp", "fn", "fp", "tn")) for i in range(4)])
    expected = plain.log_likelihood(theta, 25) - np.log(people + 1.0)[:, None]
    np.testing.assert_allclose(latent.log_likelihood(theta, 25), expected, atol=2e-4)


def test_points_and_nodes_give_the_same_integral():
    hierarchy = LatentClass(**UNSURE).hierarchy(STUDIES)
    theta = at(hierarchy, 400)
    exact = hierarchy.log_likelihood(theta[:, :1], 31)[:, 0]
    estimates = hierarchy.log_likelihood(theta, Points(64, np.random.default_rng(1)))
    raw = np.exp(estimates - exact[:, None])
    error = raw.std(axis=1) / np.sqrt(raw.shape[1])
    assert np.all(np.abs(raw.mean(axis=1) - 1.0) < 4 * error + 1e-3)


def test_slopes_are_those_of_the_density():
    hierarchy = LatentClass(**UNSURE, dependence=LogNormal(1, 1), link="cloglog").hierarchy(STUDIES)
    rows = hierarchy.rows_at(hierarchy.unconstrained(
        {n: np.array([NATURAL.get(n, 0.5)]) for n in hierarchy.names}
    )).likelihood  # fmt: skip
    eta = np.random.default_rng(2).normal(0.2, 0.6, (12, 1))
    slope, _, cross = rows.derivatives(eta)
    for row in range(12):
        step = np.zeros((12, 1))
        step[row] = 1e-6
        up, down = (rows.log_density(eta + s).sum() for s in (step, -step))
        assert slope[row, 0] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-6)
    assert sorted(zip(cross.first % 3, cross.second % 3, strict=True))[:2] == [(0, 1), (0, 1)]


def test_the_mirrored_answer_has_no_prior():
    """Disease and health exchanged: a reference that is worse than chance."""
    hierarchy = LatentClass(reference_sens=Beta(1, 1), reference_spec=Beta(1, 1)).hierarchy(STUDIES)
    drawn = hierarchy.natural(hierarchy.draw_prior(4000, np.random.default_rng(1)))
    sens, spec = drawn["reference_sens[culture]"], drawn["reference_spec[culture]"]
    assert (sens + spec).min() > 1.0
    # uniform over a triangle
    assert abs(sens.mean() - 2 / 3) < 4 * np.sqrt(1 / 18 / 4000)
    mirrored = {n: np.full(1, NATURAL[n]) for n in hierarchy.names}
    mirrored["reference_sens[smear]"] = np.array([0.05])
    assert hierarchy.log_prior(hierarchy.unconstrained(mirrored)) == -np.inf


@pytest.mark.parametrize(("low", "high"), [(0.6, 0.9), (0.01, 0.03), (0.9, 0.9999), (0.02, 0.99)])
def test_an_interval_is_the_beta_distribution_with_these_ends(low, high):
    found = as_beta(ProbabilityInterval(low, high))
    assert stats.beta.cdf([low, high], found.a, found.b) == pytest.approx([0.025, 0.975], abs=1e-9)


def test_what_is_known_of_a_reference_is_read_from_the_command_line():
    assert read("--reference-sens", ["0.6 to 0.9"]) == ProbabilityInterval(0.6, 0.9)
    assert read("--reference-sens", ["TB culture = 60% - 90%", "x=Beta(a=2, b=1)", "y=1"]) == (
        ("TB culture", ProbabilityInterval(0.6, 0.9)), ("x", Beta(2, 1)), ("y", Fixed(1)),
    )  # fmt: skip
    assert read("--reference-sens", []) is None
    for texts, said in [
        (["high"], 'an interval such as "0.6 to 0.9"'),
        (["0.9 to 0.6"], "0 < lower < upper < 1"),
        (["60 to 90"], "proportions, not percent"),
        (["a=0.6 to 0.9", "0.5 to 0.8"], "for each reference standard"),
        (["a=0.6 to 0.9", "a=1"], "names a reference standard twice"),
        (["=0.6 to 0.9"], "names no reference standard"),
        (["1.5"], "says nothing of a proportion"),
        (["Normal(0, 1)"], "says nothing of a proportion"),
    ]:
        with pytest.raises(ValueError, match=said):
            read("--reference-sens", texts)


@pytest.mark.parametrize(
    ("fields", "changes", "message"),
    [
        ({}, {}, r"(?s)reference_sens is not given.*--reference-sens.*reference_spec"),
        ({"reference_sens": {"culture": 1}, "reference_spec": 1}, {},
         r"column reference: reference_sens is given for culture, and not for smear"),
        ({"reference_sens": {"culture": 1, "smear": 1, "PCR": 1}, "reference_spec": 1}, {},
         "there is no PCR; one for each of culture, smear"),
        (PERFECT, {"reference": ["culture", None, "culture", "smear"]},
         "column reference: no reference standard is named for B"),
        (PERFECT | {"reference": "gold"}, {}, "there is no column 'gold' of reference standards"),
        (PERFECT, {"study": list("AABC")}, "1 studies have several rows"),
        (PERFECT, {"design": ["cohort", "case-control", "cohort", "cohort"]},
         "B chose cases and controls by the reference.*--where design=cohort"),
        (PERFECT, {"kind": ["", "margin", "", ""], "fp": [2, None, 5, 0],
                   "tn": [20, None, 1, 44]}, "needs all four counts.*not so in B"),
    ],
)  # fmt: skip
def test_tables_without_what_the_model_needs_are_refused(fields, changes, message):
    studies = AccuracyStudies.from_table(TABLE | changes | (
        {"site": list("xyxy")} if "study" in changes else {}
    ))  # fmt: skip
    with pytest.raises(ValueError, match=message):
        LatentClass(**fields).check(studies)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reference_sens": 1.2}, "says nothing of a proportion"),
        ({"reference_sens": Normal(0, 1)}, "says nothing of a proportion"),
        ({"reference_sens": ()}, "every reference standard once"),
        ({"dependence": Normal(0, 1)}, "dependence is not negative"),
        ({"prevalences": "one"}, "allowed: each, hierarchical"),
        ({"rho": Normal(0, 1)}, "a correlation"),
    ],
)
def test_what_is_no_model_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        LatentClass(**fields)


def test_the_model_holds_the_standards_of_its_table():
    model = LatentClass(**UNSURE, rho=LKJ(3)).settled(STUDIES)
    assert model.reference_sens == (("culture", Beta(8, 4)), ("smear", Beta(8, 4)))
    names = {"reference_sens[culture]", "reference_spec[smear]", "logit_sens"}
    assert names < set(model.priors)
    assert set(model.hierarchy(STUDIES).names) == set(model.priors)
    with pytest.raises(TableError, match="is given for culture, smear, and there is no"):
        LatentClass(reference_sens=model.reference_sens, reference_spec=1).check(
            STUDIES.select([0, 2])
        )
