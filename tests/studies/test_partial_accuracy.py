"""Accuracy rows that are no 2x2 table: which tables they allow, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.studies import AccuracyStudies, TableError

FIRST = {"study": "A", "kind": "", "tp": 10, "fp": 2, "fn": 3, "tn": 20}
COLUMNS = ("study", "kind", "site", "tp", "fp", "fn", "tn", "sens", "spec", "ppv", "npv",
           "accuracy", "n_diseased", "n_healthy", "weight", "mean1", "sd1", "mean2", "sd2", "auc",
           "auc_low", "auc_high", "direction")  # fmt: skip


def read(*rows):
    every = (FIRST, *({"study": "B"} | row for row in rows))
    return AccuracyStudies.from_table({c: [row.get(c) for row in every] for c in COLUMNS})


def tables(*rows):
    return read(*rows).partial[1].tables


def test_rounding_and_truncation_are_both_allowed():
    """47 of 51 is 92.157 %: printed as 92.2 when rounded, as 92.1 when cut."""
    for text in ("92.1%", "92.2%", "0.922"):
        row = {"kind": "rates", "sens": text, "n_diseased": 51}
        assert tables(row) == ((47, 51, 0, 0),)


def test_every_table_that_prints_so_is_kept():
    """Against a loop over all tables in exact arithmetic of whole numbers."""
    got = set(tables({"kind": "rates", "ppv": "0.73", "npv": "0.61", "n_diseased": 23,
                      "n_healthy": 17}))  # fmt: skip
    expected = set()
    for tp, tn in itertools.product(range(24), range(18)):
        positive, negative = tp + 17 - tn, tn + 23 - tp
        if positive and negative:
            ppv, npv = 1000 * tp / positive, 1000 * tn / negative
            if 725 <= ppv < 740 and 605 <= npv < 620:
                expected.add((tp, 23, tn, 17))
    assert got == expected
    assert got


def test_ranges_over_readers_and_of_sizes():
    row = {"kind": "rates", "sens": "53.3-73.3%", "n_diseased": 15}
    assert [t[0] for t in tables(row)] == [8, 9, 10, 11]
    both = read({"kind": "rates", "sens": "0.89", "n_diseased": "9-10"}).partial[1]
    assert both.tables == ((8, 9, 0, 0),)  # 89 % cannot be of 10
    assert both.weights == (0.5,)


def test_counts_beside_rates_hold():
    row = {"kind": "rates", "accuracy": "80%", "n_diseased": 10, "n_healthy": 10, "tp": 9}
    assert tables(row) == ((9, 10, 7, 10),)


def test_markers_tell_a_separation():
    row = {"kind": "marker", "mean1": 0.42, "sd1": 0.08, "mean2": 0.52, "sd2": 0.04,
           "n_diseased": 18, "n_healthy": 18, "direction": "lower"}  # fmt: skip
    separation, ratio, se = read(row).partial[1].marker
    assert (separation, ratio) == pytest.approx((2.5, 2.0))
    draws = np.random.default_rng(1)
    simulated = []
    for _ in range(4000):
        cases, controls = draws.normal(-2.5, 2.0, 18), draws.normal(0, 1, 18)
        simulated.append((controls.mean() - cases.mean()) / controls.std(ddof=1))
    assert se == pytest.approx(np.std(simulated), rel=0.12)
    area = {"kind": "marker", "auc": 0.81, "auc_low": 0.72, "auc_high": 0.91}
    separation, ratio, se = read(area).partial[1].marker
    assert separation == pytest.approx(np.sqrt(2) * stats.norm.ppf(0.81))
    assert se == pytest.approx(0.273, abs=0.001)


def test_evidence_that_pins_the_table_is_the_table():
    printed = read({"kind": "rates", "sens": "81.25%", "spec": "68.18%", "n_diseased": 32,
                    "n_healthy": 22})  # fmt: skip
    plain = AccuracyStudies.from_counts(["A", "B"], [10, 26], [2, 7], [3, 6], [20, 15])
    model = Bivariate()
    theta = model.hierarchy(plain).draw_prior(30, np.random.default_rng(4))
    np.testing.assert_allclose(
        model.hierarchy(printed).log_likelihood(theta, 15),
        model.hierarchy(plain).log_likelihood(theta, 15),
        atol=1e-9,
    )


def test_evidence_that_says_nothing_changes_nothing():
    nothing = read({"kind": "rates", "sens": "0-100%", "spec": "0-100%", "n_diseased": 9,
                    "n_healthy": 7})  # fmt: skip
    model = Bivariate()
    theta = model.hierarchy(nothing).draw_prior(30, np.random.default_rng(4))
    np.testing.assert_allclose(model.hierarchy(nothing).log_likelihood(theta, 15)[1], 0, atol=1e-9)


def test_a_statement_has_its_probability():
    """The integral over study effects of a PPV is the sum of those of its tables."""
    row = {"kind": "rates", "ppv": "80%", "n_diseased": 10, "n_healthy": 8}
    stated = read(row)
    model = Bivariate()
    theta = model.hierarchy(stated).draw_prior(6, np.random.default_rng(5))
    got = model.hierarchy(stated).log_likelihood(theta, 41)[1]
    parts = []
    for tp, n, tn, m in stated.partial[1].tables:
        one = AccuracyStudies.from_counts(["B"], [tp], [m - tn], [n - tp], [tn])
        parts.append(model.hierarchy(one).log_likelihood(theta, 41)[0])
    np.testing.assert_allclose(got, np.logaddexp.reduce(parts, axis=0), atol=2e-3)


def test_a_kind_of_other_words_is_a_covariate():
    table = {"study": ["A", "B"], "tp": [1, 2], "fp": [3, 4], "fn": [5, 6], "tn": [7, 8],
             "kind": ["ELISA", "PCR"]}  # fmt: skip
    studies = AccuracyStudies.from_table(table)
    assert studies.covariates["kind"] == ("ELISA", "PCR")
    assert not studies.is_partial.any()


BAD = {
    "impossible rate": ({"kind": "rates", "sens": "47%", "n_diseased": 33},
                        "nearest possible prints sens 16/33 = 48.5 %"),
    "contradiction": ({"kind": "rates", "sens": "90%", "spec": "90%", "ppv": "20%",
                       "n_diseased": 20, "n_healthy": 20}, "no table of 20 diseased"),
    "no size": ({"kind": "rates", "ppv": "20%", "n_diseased": 20}, "n_healthy is blank"),
    "no rate": ({"kind": "rates", "n_diseased": 20}, "no rate is printed"),
    "text": ({"kind": "rates", "sens": "high", "n_diseased": 20}, "is no rate"),
    "kind": ({"kind": "guess", "tp": 1}, "allowed is blank"),
    "margin": ({"kind": "margin", "tp": 3, "fn": 2, "tn": 5}, "tp and fn filled"),
    "empty margin": ({"kind": "margin", "tp": 0, "fn": 0}, "is empty"),
    "one candidate": ({"kind": "candidate", "tp": 3, "fn": 2, "tn": 5, "fp": 1},
                      "a single candidate"),
    "area": ({"kind": "marker", "auc": 1.2}, "above 0 and below 1"),
    "area alone": ({"kind": "marker", "auc": 0.8}, "auc has no precision"),
    "limits": ({"kind": "marker", "auc": 0.8, "auc_low": 0.85, "auc_high": 0.9}, "auc_low < auc"),
    "no marker": ({"kind": "marker"}, "without means"),
    "direction": ({"kind": "marker", "auc": 0.8, "direction": "up"}, "higher, lower"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_refused_by_row(case):
    row, words = BAD[case]
    rows = (row, {"study": "C", "kind": "rates", "sens": "50%", "n_diseased": 2})
    with pytest.raises(TableError, match=words) as error:
        read(*rows)
    assert error.value.problems[0].row == 3


def test_models_of_counts_alone_refuse_partial_rows():
    stated = read({"kind": "rates", "ppv": "80%", "n_diseased": 10, "n_healthy": 8})
    with pytest.raises(ValueError, match="HSROC model needs counts in every row; not so in B"):
        bp.fit(bp.accuracy.HSROC(), stated)
