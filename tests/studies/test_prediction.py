"""Validations of prediction models: every way to state c, O:E and slope, and every way to err."""

from math import log, sqrt

import numpy as np
import pytest

import bayespool as bp
from bayespool.studies import Effects, TableError

Z = 1.959963984540054
LOGIT_8 = log(0.8 / 0.2)


@pytest.mark.parametrize(
    "text, estimate, se, how, restored",
    [
        ("c,se\n0.8,0.02", LOGIT_8, 0.02 / 0.16, "c statistic with its SE", False),
        ("c,se_c\n0.8,0.02", LOGIT_8, 0.02 / 0.16, "c statistic with its SE", False),
        ("auc,ci_low,ci_high\n0.8,0.7,0.871", LOGIT_8,
         (log(0.871 / 0.129) - log(0.7 / 0.3)) / (2 * Z), "c statistic with 95 % CI", False),
        ("c statistic,c_low,c_high,level\n0.8,0.7,0.871,90", LOGIT_8,
         (log(0.871 / 0.129) - log(0.7 / 0.3)) / (2 * 1.6448536269514722),
         "c statistic with 90 % CI", False),
        ("c,ci_low,ci_high\n0.8,0.5,1", LOGIT_8, LOGIT_8 / Z,
         "c statistic with 95 % CI, one limit at the end of its scale (SE reconstructed)", True),
        ("logit_c,se\n1.2,0.1", 1.2, 0.1, "logit with SE", False),
        ("c,p\n0.8,0.01", LOGIT_8, LOGIT_8 / 2.5758293035489004, "c statistic with exact P", True),
    ],
)  # fmt: skip
def test_every_way_to_state_a_c_statistic(tmp_path, text, estimate, se, how, restored):
    (tmp_path / "t.csv").write_text(_with_study(text), encoding="utf-8")
    read = Effects.from_table(tmp_path / "t.csv", "cstat")
    assert read.estimate[0] == pytest.approx(estimate, abs=1e-12)
    assert read.se[0] == pytest.approx(se, rel=1e-9)
    assert (read.how, read.approximated) == ((how,), (restored,))


def _with_study(text: str) -> str:
    header, row = text.split("\n")
    return f"study,{header}\nA,{row}\n"


def test_newcombe_gives_what_metamisc_prints_of_the_table():
    """Rows of `euroscore2` without error and interval; logit errors as metamisc has them."""
    read = bp.load_dataset("euroscore2")
    printed = {"Howell": 0.134455, "Borde": 0.44864, "Qadir": 0.173972, "Nishida": 0.239639}
    how = dict(zip(read.row, read.how, strict=True))
    restored = {row for row in read.row if "reconstructed" in how[row]}
    assert restored == set(printed)
    for row, se in printed.items():
        assert read.se[read.row.index(row)] == pytest.approx(se, abs=6e-6)
    assert all(read.approximated[read.row.index(row)] for row in printed)


@pytest.mark.parametrize(
    "text, measure, column, says, allowed",
    [
        ("c,se\n1,0.02", "cstat", "c", "c=1 has no logit c statistic", "between 0 and 1"),
        ("c,se\n0.8,0", "cstat", "se", "se=0 is not positive", "above 0"),
        ("c,ci_low,ci_high\n0.8,0.81,0.9", "cstat", "c", "does not contain c=0.8", "ci_low <="),
        ("c,ci_low,ci_high\n0.8,0.7,1.2", "cstat", "ci_high", "ci_high=1.2 is no limit",
         "between 0 and 1"),
        ("c,events\n0.8,20", "cstat", "c", "c=0.8 has no precision", "events and n"),
        ("c,events,n\n0.8,20,20", "cstat", "events", "events=20 of n=20", "events < n"),
        ("c,events,n\n0.8,2.5,20", "cstat", "events", "events=2.5 is no count", "whole number"),
        ("events,expected\n12,0", "oe", "expected", "expected=0 expected events", "above 0"),
        ("oe,ci_low,ci_high\n1.2,1.3,1.5", "oe", "oe", "does not contain oe=1.2", "ci_low <="),
        ("slope,p\n0.9,0.04", "slope", "p", "p=0.04 may test any value", "se, or ci_low"),
    ],
)  # fmt: skip
def test_bad_rows(tmp_path, text, measure, column, says, allowed):
    (tmp_path / "t.csv").write_text(_with_study(text), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        Effects.from_table(tmp_path / "t.csv", measure)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (2, column)
    assert says in problem.rule
    assert allowed in problem.allowed


def test_observed_and_expected_events():
    table = {"study": ["A", "B"], "events": [20, 9], "expected": [16, 12.5], "n": [400, None]}
    read = Effects.from_table(table, "oe")
    np.testing.assert_allclose(read.estimate, [log(20 / 16), log(9 / 12.5)])
    np.testing.assert_allclose(read.se, [sqrt(1 / 20 - 1 / 400), sqrt(1 / 9)])
    assert read.how == ("observed and expected events",) * 2


def test_a_slope_is_compared_with_one():
    read = Effects.from_values(["A", "B"], [0.9, 0.7], [0.1, 0.2], "slope")
    model, _ = bp.association.NormalNormal.for_studies(read)
    fitted = bp.fit(model, read, engine="quadrature", ess=400)
    from bayespool.report.summary import build_summary

    first = build_summary(fitted).probabilities[0]
    assert (first.statement.estimand, first.statement.cut) == ("mu", 1.0)
    assert 0.05 < first.prob < 0.35
