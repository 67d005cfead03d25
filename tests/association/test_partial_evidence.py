"""Partial rows in association models: both statements agree, limits, and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
from densities import log_terms
from scipy import stats

import bayespool as bp
from bayespool.association import BinomialNormal, Nested, NormalNormal, PrePost
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.studies import ArmCounts, Correlations, Effects, PairedProportions, TableError

_ = None
COUNTS = {
    "study": ["A", "B", "C", "D", "E", "F", "F"],
    "kind": ["", "censored", "rates", "censored", "", "candidate", "candidate"],
    "e1": [4, _, _, _, 7, 5, 6], "n1": [20, 8, 31, _, 19, 20, 20],
    "e2": [6, _, _, _, 3, 9, 8], "n2": [22, 15, 40, _, 30, 25, 25],
    "risk1": [_, _, "13%", _, _, _, _], "risk2": [_, _, "0.25", _, _, _, _],
    "p": [_, "ns", _, "<0.05", _, _, _], "direction": [_, _, _, "positive", _, _, _],
    "n": [_, _, _, 18, _, _, _], "events": [_, 6, _, "5-7", _, _, _],
    "weight": [_, _, _, _, _, 3, 1],
}  # fmt: skip
ARMS = ArmCounts.from_table(COUNTS)
EFFECTS = ARMS.effects("or")
NESTED = Effects.from_table({
    "study": ["A", "A", "B", "B", "C"], "finding": list("xyxyx"),
    "kind": ["", "censored", "censored", "censored", ""],
    "estimate": [0.2, _, _, _, 0.9], "se": [0.3, 0.5, 0.4, 0.4, 0.2],
    "p": [_, "ns", "<0.01", ">0.1", _], "direction": [_, _, "positive", _, _],
})  # fmt: skip
PAIRS = PairedProportions.from_table({
    "study": ["A", "B"], "kind": ["", "margins"], "both": [8, _], "lost": [5, _], "gained": [1, _],
    "neither": [12, _], "before": [_, 9], "n_before": [_, 20], "after": [_, 12], "n_after": [_, 22],
})  # fmt: skip


@pytest.mark.parametrize(
    ("model", "studies"),
    [
        (NormalNormal(measure="or"), EFFECTS),
        (Nested(), NESTED),
        (Nested(correlation=0.6), NESTED),
        (BinomialNormal(), ARMS),
        (PrePost(), PAIRS),
    ],
)
def test_both_statements_agree(model, studies):
    model.check(studies)
    hierarchy = model.hierarchy(studies)
    pymc_model = model.build(studies)
    rng = np.random.default_rng(5)
    points, all_expected = [], []
    for _trial in range(3):
        theta = hierarchy.unconstrained(
            {name: rng.uniform(0.1, 0.4, 1) for name in hierarchy.names}
        )
        natural = {name: x[0] for name, x in hierarchy.natural(theta).items()}
        z = rng.normal(size=(hierarchy.dimension, hierarchy.n_studies))
        point = {n: np.log(x) if n in hierarchy.positive else x for n, x in natural.items()}
        point = {f"{n}_log__" if n in hierarchy.positive else n: x for n, x in point.items()}
        if isinstance(model, BinomialNormal):
            u = natural["tau"] * z
            point["v"] = z.T
        elif isinstance(model, PrePost):
            share = rng.uniform(0.1, 0.4, len(studies))
            logit = np.log(share / (1 - share))
            u = np.stack([logit, natural["tau"] * z[1]])
            slope = np.log(share * (1 - share)).sum()  # of the inverse logit, which its rows hold
            point |= {"v": z[1][:, None], "baseline_logodds__": logit}
        elif isinstance(model, NormalNormal):
            u = natural["tau"] * z
            point["v"] = z.T
        else:
            sd = np.array([natural["tau"], 1.0])[: hierarchy.dimension, None]
            u = z * sd
            w = rng.normal(size=len(studies))
            point |= {"between": z[0], "within": w, "shared": z[-1] if len(z) == 2 else z[0]}
        eta = hierarchy.row_predictors(theta, u[..., None])
        likelihood = hierarchy.rows_at(theta).likelihood if hierarchy.row_scales else (
            hierarchy.likelihood)  # fmt: skip
        if isinstance(model, Nested):
            likelihood = hierarchy.likelihood
        if isinstance(model, Nested):
            eta = eta + natural["tau_within"] * w[:, None]
        density = (likelihood.log_density(eta) + likelihood.log_constant())[:, 0]
        expected = density.sum() - (slope if isinstance(model, PrePost) else 0.0)
        values = {v.name: np.asarray(point[v.name]) for v in pymc_model.value_vars}
        for rv in pymc_model.free_RVs:
            if rv.name in ("v", "between", "within", "shared"):
                name = pymc_model.rvs_to_values[rv].name
                expected += stats.norm.logpdf(values[name]).sum()
        expected += sum(
            float(np.squeeze(prior.logpdf(natural[name][None])))
            for name, prior in hierarchy.priors.items()
        )
        points.append(values)
        all_expected.append(expected)
    together = {name: np.stack([one[name] for one in points]) for name in points[0]}
    terms = log_terms(pymc_model)(together)
    got = np.sum([x.reshape(3, -1).sum(axis=1) for x in terms.values()], axis=0)
    np.testing.assert_allclose(got - all_expected, 0.0, atol=1e-6)


def test_a_censored_row_without_news_changes_nothing():
    """P below 1, whatever the sign, is every outcome."""
    plain = {"study": ["A", "B"], "estimate": [0.3, 0.8], "se": [0.2, 0.3]}
    alone = Effects.from_table(plain)
    more = Effects.from_table({
        "study": ["A", "B", "C"], "kind": ["", "", "censored"], "estimate": [0.3, 0.8, _],
        "se": [0.2, 0.3, 0.25], "p": [_, _, "<1"],
    })  # fmt: skip
    model = NormalNormal()
    theta = model.hierarchy(alone).draw_prior(50, np.random.default_rng(1))
    got = model.hierarchy(more).log_likelihood(theta, 15)
    np.testing.assert_allclose(got[2], 0.0, atol=1e-6)
    np.testing.assert_allclose(got[:2], model.hierarchy(alone).log_likelihood(theta, 15), atol=1e-9)


def test_candidates_that_agree_are_the_table():
    one = ArmCounts.from_counts(["A"], [5], [20], [9], [25])
    same = ArmCounts.from_table({
        "study": ["A", "A"], "kind": ["candidate"] * 2, "e1": [5, 5], "n1": [20, 20],
        "e2": [9, 9], "n2": [25, 25], "weight": [1, 3],
    } | {"note": ["first", "second"]})  # fmt: skip
    model = BinomialNormal()
    theta = model.hierarchy(one).draw_prior(20, np.random.default_rng(1))
    np.testing.assert_allclose(
        model.hierarchy(same).log_likelihood(theta, 15),
        model.hierarchy(one).log_likelihood(theta, 15),
        atol=1e-6,
    )


def test_integral_over_a_censored_effect_is_the_normal_probability():
    """Closed form: the interval's probability with both variances added."""
    row = Effects.from_table({
        "study": ["A"], "kind": ["censored"], "p": ["ns"], "se": [0.4],
    } | {"estimate": [_]})  # fmt: skip
    model = NormalNormal(mu=Normal(0, 1), tau=HalfNormal(1))
    hierarchy = model.hierarchy(row)
    natural = {"mu": np.array([0.2, 1.5]), "tau": np.array([0.3, 0.8])}
    got = hierarchy.log_likelihood(hierarchy.unconstrained(natural), 15)[0]
    sd = np.hypot(0.4, natural["tau"])
    limit = 1.959964 * 0.4
    expected = stats.norm.cdf((limit - natural["mu"]) / sd) - stats.norm.cdf(
        (-limit - natural["mu"]) / sd
    )
    np.testing.assert_allclose(got, np.log(expected), atol=1e-5)


def test_a_dropped_null_result_is_missed():
    """Two significant studies and a null one: dropping it moves the answer away from zero."""
    table = {
        "study": ["A", "B", "C"], "kind": ["", "", "censored"], "estimate": [0.9, 1.1, _],
        "se": [0.3, 0.4, 0.2], "p": [_, _, "ns"],
    }  # fmt: skip
    every = Effects.from_table(table)
    model = NormalNormal(mu=Normal(0, 2), tau=Fixed(0))
    told = bp.fit(model, every, engine="quadrature")
    dropped = bp.fit(model, every.select(~every.is_partial), engine="quadrature")
    assert told.estimates["mu"].mean < dropped.estimates["mu"].mean - 0.3
    posterior = np.linspace(-1, 3, 4001)
    density = stats.norm.pdf(posterior, 0, 2) * stats.norm.pdf(0.9, posterior, 0.3)
    density *= stats.norm.pdf(1.1, posterior, 0.4)
    limit = 1.959964 * 0.2
    density *= stats.norm.cdf((limit - posterior) / 0.2) - stats.norm.cdf(
        (-limit - posterior) / 0.2
    )
    mean = (posterior * density).sum() / density.sum()
    assert told.estimates["mu"].mean == pytest.approx(mean, abs=0.01)


def test_correlations_told_by_p():
    rows = Correlations.from_table(
        {"study": ["A", "B"], "kind": ["", "censored"], "r": [0.5, _], "n": [20, 33],
         "p": [_, "ns"]}
    ).effects("cor")  # fmt: skip
    lower, upper, se, weight = rows.partial[1].intervals[0]
    assert (se, weight) == (pytest.approx(30**-0.5), 1.0)
    assert (lower, upper) == (pytest.approx(-1.959964 * se), pytest.approx(1.959964 * se))


BAD = {
    "no design": ({"p": "ns"}, "no design"),
    "no events": ({"p": "ns", "n": 20}, "no number of events"),
    "no such p": ({"p": "0.61", "n1": 3, "n2": 3, "events": 3, "p_test": "fisher"},
                  "the nearest possible P value"),
    "no p": ({"p": "maybe", "n": 20, "events": 5}, "is no P value"),
    "range": ({"p": "ns", "n1": "9-4", "n2": 5, "events": 3}, "neither a count nor a range"),
    "direction": ({"p": "ns", "n": 20, "events": 5, "direction": "up"},
                  "allowed is blank, positive"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_refused_with_what_would_be_allowed(case):
    cells, words = BAD[case]
    columns = {name: [_, value] for name, value in cells.items() if name not in ("n1", "n2")}
    columns |= {"n1": [10, cells.get("n1")], "n2": [12, cells.get("n2")]}
    table = {"study": ["A", "B"], "kind": ["", "censored"], "e1": [3, _], "e2": [4, _]} | columns
    with pytest.raises(TableError, match=words) as error:
        ArmCounts.from_table(table)
    assert error.value.problems[0].row == 3


def test_a_printed_risk_that_no_table_gives():
    table = {"study": ["A"], "kind": ["rates"], "risk1": ["47%"], "n1": [33], "risk2": ["50%"],
             "n2": [10]}  # fmt: skip
    with pytest.raises(TableError, match=r"nearest possible prints risk1 16/33 = 48.5 %"):
        ArmCounts.from_table(table)


def test_a_fit_read_back_has_the_same_study_effects(tmp_path):
    """Effects beside the one that a model speaks of, midpoints, are kept too."""
    from bayespool.storage import load

    silent = ArmCounts.from_counts(list("AB"), [3, 0], [20, 30], [6, 0], [25, 70]).effects("or")
    for model, studies in ((BinomialNormal(), ARMS), (PrePost(), PAIRS),
                           (NormalNormal(measure="or"), silent)):  # fmt: skip
        fitted = bp.fit(model, studies, engine="quadrature", ess=1_000)
        fitted.save(tmp_path / "posterior.nc")
        again = load(tmp_path / "posterior.nc")
        assert again.studies.partial == studies.partial
        np.testing.assert_allclose(again.study_samples["effect"], fitted.study_samples["effect"])


def test_a_model_of_the_past_is_refused_in_words():
    """Once odds ratios had a baseline for every study, unless one asked for none."""
    from bayespool.storage import model_from_call

    words = r"no option conditional.*another version.*allowed: mu, tau"
    with pytest.raises(ValueError, match=words):
        model_from_call("BinomialNormal(mu=Normal(0, 4), conditional=False, measure='or')")
    assert model_from_call(repr(BinomialNormal())) == BinomialNormal()


def test_the_bridge_is_asked_for_and_goes_both_ways():
    table = {"study": ["A", "B", "C"], "kind": ["", "smd", "smd"], "or": [2.0, _, _],
             "ci_low": [1.0, _, 0.1], "ci_high": [4.0, _, 0.9], "smd": [_, 0.4, 0.5],
             "n1": [_, 20, _], "n2": [_, 30, _]}  # fmt: skip
    with pytest.raises(TableError, match="bridge=True"):
        Effects.from_table(table, "or")
    rows = Effects.from_table(table, "or", bridge=True)
    factor = np.pi / np.sqrt(3)
    se = np.sqrt(1 / 20 + 1 / 30 + 0.4**2 / 100)
    assert rows.estimate == pytest.approx([np.log(2), 0.4 * factor, 0.5 * factor])
    assert rows.se[1:] == pytest.approx([se * factor, 0.8 / (2 * 1.959964) * factor], rel=1e-6)
    assert rows.approximated == (False, True, True)
    back = Effects.from_table(
        {"study": ["A"], "kind": ["or"], "or": [2.0], "se_log": [0.3], "smd": [_]}, "smd",
        bridge=True,
    )  # fmt: skip
    assert back.estimate == pytest.approx([np.log(2) / factor])
    model = NormalNormal(measure="or")
    same = Effects.from_values(["A", "B", "C"], rows.estimate, rows.se, "or")
    theta = model.hierarchy(same).draw_prior(20, np.random.default_rng(1))
    np.testing.assert_allclose(
        model.hierarchy(rows).log_likelihood(theta, 9),
        model.hierarchy(same).log_likelihood(theta, 9),
        atol=1e-7,
    )
