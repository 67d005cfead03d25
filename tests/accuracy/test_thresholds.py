"""The marker model of several cut-offs against PyMC, brute force, and models that it contains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespool.accuracy import Bivariate
from bayespool.accuracy.thresholds import Thresholds
from bayespool.choice import choose
from bayespool.model_options import ModelOptions
from bayespool.numerics.points import Points
from bayespool.priors import Normal
from bayespool.studies import AccuracyStudies
from bayespool.studies.problems import TableError

NONE = None
TABLE = {
    "study": ["A", "A", "A", "B", "C", "C", "D"],
    "threshold": [30.0, 10.0, 20.0, 20.0, 15.0, 40.0, 25.0],
    "kind": ["", "", "", "", "", "", "margin"],
    "tp": [4, 9, 7, 6, 18, 9, 12], "fn": [6, 1, 3, 4, 4, 13, 5],
    "fp": [1, 8, 3, 2, 7, 0, NONE], "tn": [19, 12, 17, 8, 23, 30, NONE],
}  # fmt: skip
STUDIES = AccuracyStudies.from_table(TABLE).by_study()
SAME_SPREAD = {"tau_spread_sens": None, "tau_spread_spec": None}
NATURAL = {
    "logit_sens": 0.9, "logit_spec": 1.1, "tau_sens": 0.7, "tau_spec": 0.5, "slope_sens": 2.1,
    "slope_spec": 2.9, "rho": -0.4, "tau_spread_sens": 0.3, "tau_spread_spec": 0.2,
    "rho_spread": 0.5, "power": 0.6,
}  # fmt: skip


def at(hierarchy, n: int = 1):
    natural = {name: np.full(n, NATURAL[name]) for name in hierarchy.names}
    return natural, hierarchy.unconstrained(natural)


def multinomial(study: str, u: tuple[float, float], w: tuple[float, float]) -> float:
    """Log probability of a study's counts between cut-offs, written out from the paper."""
    rows = [i for i, name in enumerate(TABLE["study"]) if name == study]
    rows.sort(key=lambda i: TABLE["threshold"][i])
    total = 0.0
    for group, positives, negatives in ((0, "tp", "fn"), (1, "fp", "tn")):
        counted = [i for i in rows if TABLE[positives][i] is not None]
        if not counted:
            continue
        cut = np.array([TABLE["threshold"][i] for i in counted])
        h = ((cut / 20.0) ** NATURAL["power"] - 1.0) / NATURAL["power"]
        name = ("sens", "spec")[group]
        # mean and spread of the marker; the mean without the condition lies low where spec is high
        spread = np.exp(w[group]) / NATURAL[f"slope_{name}"]
        centre = (NATURAL[f"logit_{name}"] + u[group]) / NATURAL[f"slope_{name}"]
        above = 1.0 / (1.0 + np.exp((h - (centre, -centre)[group]) / spread))
        share = -np.diff(np.concatenate([[1.0], above, [0.0]]))
        seen = [TABLE[positives][i] for i in counted]
        people = seen[0] + TABLE[negatives][counted[0]]
        total += stats.multinomial.logpmf(-np.diff([people, *seen, 0]), people, share)
    return total


def test_the_integral_is_that_of_the_paper_by_brute_force():
    """Location effects alone: two a study, by a product of 23 points each."""
    hierarchy = Thresholds(transform="box-cox", **SAME_SPREAD).hierarchy(STUDIES)
    _, theta = at(hierarchy)
    axis = np.linspace(-5.5, 5.5, 23)
    rho, (tau, other) = NATURAL["rho"], (NATURAL["tau_sens"], NATURAL["tau_spec"])
    for k, study in enumerate("ABCD"):
        terms = [
            multinomial(study, (tau * a, other * (rho * a + np.sqrt(1 - rho**2) * b)), (0.0, 0.0))
            + stats.norm.logpdf([a, b]).sum()
            for a in axis
            for b in axis
        ]
        expected = np.logaddexp.reduce(terms) + 2 * np.log(axis[1] - axis[0])
        assert hierarchy.log_likelihood(theta, 19)[k, 0] == pytest.approx(expected, abs=1e-5)


def test_effects_on_the_spread_are_those_of_the_paper():
    hierarchy = Thresholds(transform="box-cox").hierarchy(STUDIES)
    _, theta = at(hierarchy)
    effects = np.random.default_rng(5).normal(0.0, 0.5, (4, 4, 1))
    rows = hierarchy.rows_at(theta).likelihood
    found = rows.log_density(hierarchy.row_predictors(theta, effects)) + rows.log_constant()
    for k, study in enumerate("ABCD"):
        u, w = effects[:2, k, 0], effects[2:, k, 0]
        expected = multinomial(study, tuple(u), tuple(w))
        assert found[4 * k : 4 * k + 4].sum() == pytest.approx(expected, rel=1e-10)


def test_one_cut_off_for_all_is_the_bivariate_model():
    same = AccuracyStudies.from_table(
        {"study": list("ABC"), "threshold": [20.0] * 3, "tp": [4, 6, 12], "fn": [6, 4, 5],
         "fp": [1, 2, 3], "tn": [19, 8, 9]}
    )  # fmt: skip
    marker = Thresholds(positive="above", **SAME_SPREAD).hierarchy(same)
    plain = Bivariate().hierarchy(same)
    for nodes in (1, 9):
        np.testing.assert_allclose(
            marker.log_likelihood(at(marker)[1], nodes), plain.log_likelihood(at(plain)[1], nodes),
            atol=2e-6,
        )  # fmt: skip


def test_points_and_nodes_give_the_same_four_dimensional_integral():
    hierarchy = Thresholds().hierarchy(STUDIES)
    _, theta = at(hierarchy, 200)
    exact = hierarchy.log_likelihood(theta[:, :1], 13)[:, 0]
    doubled = hierarchy.log_likelihood(theta[:, :1], 17)[:, 0]
    np.testing.assert_allclose(exact, doubled, atol=1e-4)
    estimates = hierarchy.log_likelihood(theta, Points(64, np.random.default_rng(1)))
    raw = np.exp(estimates - exact[:, None])
    error = raw.std(axis=1) / np.sqrt(raw.shape[1])
    assert np.all(np.abs(raw.mean(axis=1) - 1.0) < 4 * error + 1e-4)


def test_options_of_the_command_line_make_the_model():
    asked = ModelOptions(cutoff=25.0, transform="identity", positive="above", same_spread=True)
    assert choose(STUDIES, "", "thresholds", asked)[0] == Thresholds(
        cutoff=25.0, transform="identity", positive="above", **SAME_SPREAD
    )
    with pytest.raises(ValueError, match="--cutoff does not apply to --model hsroc"):
        choose(STUDIES, "", "hsroc", ModelOptions(cutoff=3.0))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"link": "cloglog"}, "link='cloglog': the marker is logistic or normal; allowed: logit"),
        ({"transform": "root"}, "transform='root' is unknown; allowed: log, identity, box-cox"),
        ({"positive": "over"}, "allowed: above, below"),
        ({"tau_spread_sens": None}, "allowed: None for both or neither"),
        ({"slope_sens": Normal(0, 1)}, "slope_sens is not negative"),
    ],
)
def test_what_is_no_model_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Thresholds(**fields)


def test_tables_without_what_the_model_needs_are_refused():
    low = AccuracyStudies.from_table(
        {"study": list("AAB"), "threshold": [-1.0, 1.0, 1.0], "tp": [5, 3, 4], "fn": [1, 3, 3],
         "fp": [3, 2, 1], "tn": [4, 5, 6]}
    )  # fmt: skip
    with pytest.raises(TableError, match=r"the cut-off -1 has no logarithm.*transform='identity'"):
        Thresholds().check(low)
    Thresholds(transform="identity").check(low)
    with pytest.raises(TableError, match="all rows have the cut-off 1; two cut-offs or more"):
        Thresholds(positive="above").check(low.select([1, 2]))
    rates = AccuracyStudies.from_table(
        {"study": list("AAB"), "threshold": [1.0, 2.0, 1.0], "kind": ["", "", "rates"],
         "tp": [5, 3, None], "fn": [1, 3, None], "fp": [3, 2, None], "tn": [4, 5, None],
         "sens": [None, None, "0.8"], "spec": [None, None, "0.7"],
         "n_diseased": [None, None, "20-30"], "n_healthy": [None, None, 40]}
    )  # fmt: skip
    with pytest.raises(ValueError, match="needs counts in every row; not so in B; allowed: tp"):
        Thresholds().check(rates)


def test_the_model_holds_what_it_took_from_the_table():
    model = Thresholds().settled(STUDIES)
    assert (model.cutoff, model.positive, model.unit) == (20.0, "above", 20.0)
    without = model.hierarchy(STUDIES.select([0, 1, 4, 5, 6]))  # nobody at 20 any more
    whole = model.hierarchy(STUDIES)
    assert "cutoff=20.0" in repr(model)
    _, theta = at(whole)
    both = without.log_likelihood(theta, 5)[-1], whole.log_likelihood(theta, 5)[-1]
    np.testing.assert_allclose(*both)
    names = set(Thresholds().alternatives())
    assert {"slopes: LogNormal(1, 3)", "spread: HalfNormal(1)"} <= names
