"""Shapes of association studies: every way to state a result, and every way to get it wrong."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayespool import datasets
from bayespool.studies import (
    MEASURES,
    SHAPES,
    ArmCounts,
    Correlations,
    Effects,
    GroupMeans,
    PairedProportions,
    Proportions,
    TableError,
    read_studies,
)


def write(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(call):
    with pytest.raises(TableError) as caught:
        call()
    return caught.value.problems


# --- arm counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "study,e1,n1,e2,n2\nA,4,123,0,139\n",
        "study,events_treated,total_treated,events_control,total_control\nA,4,123,0,139\n",
        "study,ai,bi,ci,di\nA,4,119,0,139\n",
        "study;a;b;c;d\nA;4;119;0;139\n",
        "study,tpos,tneg,cpos,cneg\nA,4,119,0,139\n",
        "studlab,event.e,n.e,event.c,n.c\nA,4,123,0,139\n",
        "study,ai,n1i,ci,n2i\nA,4,123,0,139\n",
        "study,risk1,n1,e2,n2\nA,3.3%,123,0,139\n",
        "study,a,b,n1,c,d,n2\nA,4,119,123,0,139,139\n",
    ],
)
def test_every_way_to_state_arms(tmp_path, text):
    arms = ArmCounts.from_table(write(tmp_path, text))
    assert [getattr(arms, name).tolist() for name in ("e1", "n1", "e2", "n2")] == [
        [4], [123], [0], [139],
    ]  # fmt: skip
    assert (arms.study, dict(arms.covariates)) == (("A",), {})


@pytest.mark.parametrize(
    "row, column, says, allowed",
    [
        ("B,12,10,1,5", "e1", "e1=12 exceeds n1=10", "0 <= e1 <= n1"),
        ("B,-1,10,1,5", "e1", "e1=-1 is negative", "0 or more"),
        ("B,1,10,1,", "n2", "n2 is blank", "0 or more"),
        ("B,0,0,1,5", None, "a group is empty (e1+none1=0)", "every group"),
        ("B,0,0,0,0", None, "both groups are empty", "every group"),
        ("A,1,2,1,3", "study", "study 'A' appears in rows 2 and 3", "second label"),
    ],
)
def test_bad_arms(tmp_path, row, column, says, allowed):
    text = f"study,e1,n1,e2,n2\nA,1,2,1,2\n{row}\n"
    (problem,) = problems(lambda: ArmCounts.from_table(write(tmp_path, text)))
    assert (problem.file, problem.row, problem.column) == ("t.csv", 3, column)
    assert says in problem.rule
    assert allowed in problem.allowed


def test_missing_columns_of_arms():
    (problem,) = problems(lambda: ArmCounts.from_table({"study": ["A"], "e1": [1], "n1": [2],
                                                        "e2": [1]}))  # fmt: skip
    assert "missing column" in problem.rule
    assert "e2 with n2" in problem.allowed


def test_effects_of_arms_keep_zeros_unless_asked():
    arms = ArmCounts.from_counts(["A", "B"], [0, 3], [10, 10], [3, 5], [10, 12], dose=[1, 2])
    with pytest.raises(TableError, match=r"A: a zero cell gives no log odds ratio; allowed is add"):
        arms.effects("or")
    effects = arms.effects("or", add=0.5)
    assert effects.approximated == (True, False)
    assert effects.how == ("counts + 0.5 (zero cell)", "counts")
    assert effects.counts == ((0, 10, 3, 10), (3, 10, 5, 12))
    assert effects.estimate[0] == pytest.approx(log(0.5 * 7.5 / (10.5 * 3.5)))
    assert effects.estimate[1] == pytest.approx(log(3 * 7 / (7 * 5)))
    assert effects.covariates == {"dose": (1, 2)}
    assert arms.effects("rd").how == ("counts", "counts")
    for wrong in ("hr", "OR", "md"):
        with pytest.raises(ValueError, match="allowed: or, rr, rd"):
            arms.effects(wrong)
    with pytest.raises(ValueError, match="allowed is a positive number"):
        arms.effects("or", add=0.0)


COUNT = st.integers(1, 60)


@given(a=COUNT, b=COUNT, c=COUNT, d=COUNT, measure=st.sampled_from(["or", "rr", "rd"]))
def test_swapping_arms_flips_the_sign(a, b, c, d, measure):
    one = ArmCounts.from_counts(["A"], [a], [a + b], [c], [c + d]).effects(measure)
    other = ArmCounts.from_counts(["A"], [c], [c + d], [a], [a + b]).effects(measure)
    np.testing.assert_allclose(one.estimate, -other.estimate, atol=1e-12)
    np.testing.assert_allclose(one.se, other.se)


# --- effects ------------------------------------------------------------------------------------

Z = 1.959963984540054


@pytest.mark.parametrize(
    "text, measure, estimate, se, how",
    [
        ("estimate,se\n-0.4,0.2", "generic", -0.4, 0.2, "estimate with SE"),
        ("yi,vi\n-0.4,0.04", "or", -0.4, 0.2, "log OR with variance"),
        ("TE,seTE\n-0.4,0.2", "hr", -0.4, 0.2, "log HR with SE"),
        ("log_or,se\n-0.4,0.2", "or", -0.4, 0.2, "log OR with SE"),
        ("or,se_log\n2,0.2", "or", log(2), 0.2, "OR with SE"),
        ("or,ci_low,ci_high\n2,1,4", "or", log(2), log(4) / (2 * Z), "OR with 95 % CI"),
        ("HR,lower CI,upper CI\n2,1,4", "hr", log(2), log(4) / (2 * Z), "HR with 95 % CI"),
        ("irr,ci_low,ci_high,level\n2,1,4,95", "irr", log(2), log(4) / (2 * Z),
         "IRR with 95 % CI"),
        ("ratio,lcl,ucl,level\n2,1,4,0.9", "rr", log(2), log(4) / (2 * 1.6448536269514722),
         "RR with 90 % CI"),
        ("estimate,ci_low,ci_high\n0.5,0.1,0.9", "or", 0.5, 0.8 / (2 * Z), "log OR with 95 % CI"),
        ("md,ci_low,ci_high,df\n3,1,5,10", "md", 3, 2 / 2.2281388519649385, "MD with 95 % CI"),
        ("smd,t\n0.5,2.5", "smd", 0.5, 0.2, "SMD with t"),
        ("rr,z\n0.5,-2", "rr", -log(2), log(2) / 2, "RR with z"),
        ("rd,p\n-0.1,0.05", "rd", -0.1, 0.1 / Z, "RD with exact P"),
        ("md,p,df\n3,0.05,10", "md", 3, 3 / 2.2281388519649385, "MD with exact P"),
        ("or,ci_low,ci_high,p\n2,1,4,<0.05", "or", log(2), log(4) / (2 * Z), "OR with 95 % CI"),
        ("or,ci_low,ci_high,p\n2,1,4,1.00", "or", log(2), log(4) / (2 * Z), "OR with 95 % CI"),
        ("or,or.lb,or.ub,yi,vi\n2,1,4,0.693,0.04", "or", 0.693, 0.2, "log OR with variance"),
        ("a,b,c,d\n4,6,3,9", "or", log(2), sqrt(1 / 4 + 1 / 6 + 1 / 3 + 1 / 9), "counts"),
        ("fisher_z,se\n0.3,0.1", "cor", 0.3, 0.1, "Fisher z with SE"),
        ("logit,se\n0.3,0.1", "proportion", 0.3, 0.1, "logit with SE"),
    ],
)  # fmt: skip
def test_every_way_to_state_an_effect(tmp_path, text, measure, estimate, se, how):
    header, row = text.split("\n")
    effects = Effects.from_table(write(tmp_path, f"study,{header}\nA,{row}\n"), measure)
    assert effects.estimate[0] == pytest.approx(estimate)
    assert effects.se[0] == pytest.approx(se)
    assert effects.how == (how,)
    assert effects.measure == measure
    assert effects.approximated == ("exact P" in how,)


def test_the_level_of_the_call(tmp_path):
    path = write(tmp_path, "study,or,ci_low,ci_high\nA,2,1,4\n")
    assert Effects.from_table(path, "or", level=90).se[0] == pytest.approx(log(4) / (2 * 1.644854))
    with pytest.raises(ValueError, match="percentage from 50"):
        Effects.from_table(path, "or", level=0.95)


def test_what_is_not_clear_is_refused(tmp_path):
    path = write(tmp_path, "study,or,variance\nA,2,0.04\n")
    (problem,) = problems(lambda: Effects.from_table(path, "or"))
    assert problem.rule == "variance=0.04 stands beside a ratio, so its scale is not known"


def test_group_sizes_beside_an_odds_ratio_are_no_counts(tmp_path):
    text = "study,e1,n1,e2,n2,or,ci_low,ci_high\nA,,40,,50,2,1,4\nB,3,9,2,8,,,\n"
    effects = read_studies(write(tmp_path, text), "or")
    assert effects.how == ("OR with 95 % CI", "counts")


def test_a_level_in_words_is_a_covariate(tmp_path):
    text = "study,level,or,ci_low,ci_high\nA,L4-L5,2,1,4\nA,L5-S1,2,1,4\n"
    effects = Effects.from_table(write(tmp_path, text), "or")
    assert effects.covariates == {"level": ("L4-L5", "L5-S1")}
    assert effects.row == ("A, L4-L5", "A, L5-S1")


def test_rows_may_differ_in_form_and_adjusted_effects_win_over_counts(tmp_path):
    text = (
        "study,a,b,c,d,or,ci_low,ci_high,adjusted,dose\n"
        "A,4,6,3,9,,,,,1\nB,,,,,2,1,4,yes,2\nC,0,6,3,9,,,,,3\nD,4,6,3,9,9,3,27,yes,4\n"
        "E,4,6,3,9,9,3,27,no,5\nF,,,,,2,1,16,,6\n"
    )
    effects = Effects.from_table(write(tmp_path, text), "or")
    assert effects.how == (
        "counts",
        "OR with 95 % CI",
        "counts + 0.5 (zero cell)",
        "OR with 95 % CI",
        "counts",
        "OR with 95 % CI (not symmetric about it)",
    )
    assert effects.approximated == (False, False, True, False, False, True)
    assert effects.adjusted == (False, True, False, True, False, None)
    assert [four is None for four in effects.counts] == [False, True, False, True, False, True]
    assert effects.covariates == {"dose": (1, 2, 3, 4, 5, 6)}
    arms = effects.arm_counts()
    assert (arms.row, arms.e1.tolist(), arms.n2.tolist()) == (("A", "C", "E"), [4, 0, 4], [12] * 3)
    assert arms.covariates == {"dose": (1, 3, 5)}
    (problem,) = problems(lambda: Effects.from_table(tmp_path / "t.csv", "or", add=None))
    assert (problem.row, problem.rule) == (
        4, "a zero cell (counts 0, 6, 3, 9) gives no log odds ratio",
    )  # fmt: skip


HEAD = "study,or,log_or,se,se_log,ci_low,ci_high,level,t,p,adjusted\n"


@pytest.mark.parametrize(
    "row, column, says, allowed",
    [
        ("B,2,,,,3,4,,,,", "or", "(ci_low=3, ci_high=4) does not contain or=2", "one scale"),
        ("B,,0.5,,,0.6,1,,,,", "log_or", "does not contain log_or=0.5", "ci_low <= estimate"),
        ("B,2,,,,4,1,,,,", "ci_low", "ci_low=4, ci_high=1 are in the wrong order", "<"),
        ("B,2,,,,-1,4,,,,", "ci_low", "ci_low=-1 is no limit of a ratio", "above 0"),
        ("B,2,,,,1,,,,,", "ci_high", "ci_low=1 has no ci_high", "both limits"),
        ("B,0,,,,1,4,,,,", "or", "or=0 cannot be", "a ratio is above 0"),
        ("B,,0.5,0,,,,,,,", "se", "se=0 is not positive", "se is above 0"),
        ("B,2,,,-0.1,,,,,,", "se_log", "se_log=-0.1 is not positive", "above 0"),
        ("B,2,,0.3,,,,,,,", "se", "se=0.3 stands beside a ratio", "se_log"),
        ("B,2,,,,,,,,1.2,", "p", "p=1.2 is no exact P value", "0 < p < 1"),
        ("B,2,,,,,,,,0,", "p", "p=0 is no exact P value", "0 < p < 1"),
        ("B,2,,,,,,,,<0.001,", "p", "p='<0.001' is no exact P value", "no bound"),
        ("B,1,,,,,,,,0.9,", "p", "or=1 is no effect, so p gives", "give se"),
        ("B,2,,,,,,,-2,,", "t", "t=-2 and the estimate 0.693", "sign of its estimate"),
        ("B,2,,,,,,,0,,", "t", "t=0 with an estimate of 0.693", "differ from 0"),
        ("B,2,,,,1,4,30,,,", "level", "level=30 is no level", "50 to below 100"),
        ("B,2,,,,1,4,,,,maybe", "adjusted", "adjusted='maybe' is neither", "yes, no, or blank"),
        ("B,2,,,,one,4,,,,", "ci_low", "ci_low='one' is text", "digits"),
        ("B,inf,,,,1,4,,,,", "or", "or=inf is not finite", "digits"),
        ("B,2,,,,,,,,,", "or", "or=2 has no precision", "se, or ci_low and ci_high"),
        ("B,,,,,1,4,,,,", None, "the row has no effect", "log_or or estimate on the log scale"),
        ("B,4,0.5,0.1,,,,,,,", "log_or", "or=4 but log_or=0.5", "the two agree"),
    ],
)
def test_bad_effects(tmp_path, row, column, says, allowed):
    text = f"{HEAD}A,2,,,,1,4,,,,\n{row}\n"
    (problem,) = problems(lambda: Effects.from_table(write(tmp_path, text), "or"))
    assert (problem.file, problem.row, problem.column) == ("t.csv", 3, column)
    assert says in problem.rule
    assert allowed in problem.allowed


def test_all_problems_of_all_rows_at_once(tmp_path):
    text = (
        "study,or,ci_low,ci_high,p,a,b,c,d\nA,2,3,4,1.5,,,,\nB,-1,4,1,,,,,\n"
        ",,,,,5,x,1,1\nD,,,,,1,1,0,\nD,,,,,2,2,2,2\n"
    )
    found = problems(lambda: Effects.from_table(write(tmp_path, text), "or"))
    assert [(problem.row, problem.column) for problem in found] == [
        (2, "p"), (2, "or"), (3, "or"), (3, "ci_low"), (4, "b"), (4, "study"), (5, "d"),
        (6, "study"),
    ]  # fmt: skip


def test_a_table_of_another_measure(tmp_path):
    path = write(tmp_path, "study,hr,ci_low,ci_high\nA,2,1,4\n")
    (problem,) = problems(lambda: Effects.from_table(path, "irr"))
    assert problem.rule == "missing column of the incidence rate ratio"
    assert "irr, or log_irr" in problem.allowed
    assert "found are study, hr" in problem.allowed
    with pytest.raises(ValueError, match="allowed: or, rr, rd, md, smd, rom, cor, hr, irr, "):
        Effects.from_table(path, "odds")


def test_effects_in_memory():
    effects = Effects.from_values(["A", "A"], [0.1, 0.2], [1, 2], "smd", time=[1, 2])
    assert effects.row == ("A, 1", "A, 2")
    assert effects.adjusted == (None, None)
    assert repr(effects) == "<Effects table: 1 studies, 2 rows, standardised mean difference>"
    with pytest.raises(TableError, match="se=0 is not positive"):
        Effects.from_values(["A"], [0.1], [0])
    with pytest.raises(ValueError, match="se must be above 0"):
        replace(effects, se=np.zeros(2))
    with pytest.raises(ValueError, match="no row has counts"):
        effects.arm_counts()


# --- means --------------------------------------------------------------------------------------


def test_every_way_to_state_means(tmp_path):
    text = (
        "study,mean1,sd1,sem1,median1,q1_1,q3_1,min1,max1,n1,mean2,sd2,n2\n"
        "A,5,2,,,,,,,16,4,1,9\nB,5,,0.5,,,,,,16,4,1,9\nC,,,,5,4,7,,,16,4,1,9\n"
        "D,,,,5,,,1,9,16,4,1,9\nE,,,,5,4,7,1,9,16,4,1,9\nF,5,,,,4,7,,,16,4,1,9\n"
    )
    means = GroupMeans.from_table(write(tmp_path, text))
    assert means.sd1[:2].tolist() == [2, 2]
    assert means.approximated == (False, False, True, True, True, True)
    assert means.how == (
        "mean and SD",
        "mean and SEM; mean and SD",
        "mean and quartiles (Luo, Wan); mean and SD",
        "mean and range (Luo, Wan); mean and SD",
        "mean and quartiles and range (Luo, Wan); mean and SD",
        "mean and quartiles (Luo, Wan); mean and SD",
    )
    assert means.mean1[[3, 5]].tolist() == [5, 5]
    assert means.mean1[2] > 5
    md = means.effects("md")
    assert md.estimate[0] == 1
    assert md.se[0] == pytest.approx(sqrt(4 / 16 + 1 / 9))
    assert md.approximated == means.approximated
    assert means.effects("rom").estimate[0] == pytest.approx(log(5 / 4))
    exact, approximate = means.effects("smd"), means.effects("smd", exact=False)
    np.testing.assert_allclose(exact.estimate, approximate.estimate, rtol=1e-3)
    with pytest.raises(ValueError, match="allowed: md, smd, rom"):
        means.effects("or")


def test_synonyms_of_means(tmp_path):
    text = "author,m1i,sd1i,n1i,m2i,sd2i,n2i\nA,5,2,16,4,1,9\n"
    other = "study,mean.e,sd.e,n.e,mean.c,sd.c,n.c\nA,5,2,16,4,1,9\n"
    for table in (text, other):
        means = GroupMeans.from_table(write(tmp_path, table))
        assert (means.mean1[0], means.sd2[0], means.n2[0]) == (5, 1, 9)


@pytest.mark.parametrize(
    "row, column, says, allowed",
    [
        ("B,5,,,,,,16,4,1,9", "sd1", "mean1=5 has no sd1", "sem1, q1_1 with q3_1"),
        ("B,,2,,,,,16,4,1,9", "mean1", "the row has no mean1", "median1 with q1_1"),
        ("B,5,0,,,,,16,4,1,9", "sd1", "sd1=0 is not positive", "above 0"),
        ("B,5,,-1,,,,16,4,1,9", "sem1", "sem1=-1 is not positive", "above 0"),
        ("B,5,2,,,,,1,4,1,9", "n1", "n1=1 gives no standard deviation", "2 or more"),
        ("B,5,2,,,,,1.5,4,1,9", "n1", "n1=1.5 is a fraction", "whole number"),
        ("B,,,,5,6,7,16,4,1,9", "q1_1", "q1_1=6 exceeds median1=5", "min <= q1 <= median"),
        ("B,,,,5,5,5,16,4,1,9", "q3_1", "q1_1=5 equals q3_1", "q1_1 < q3_1"),
        ("B,x,2,,,,,16,4,1,9", "mean1", "mean1='x' is text", "digits"),
        ("B,5,2,,,,,16,4,1,", "n2", "n2 is blank", "whole number"),
    ],
)
def test_bad_means(tmp_path, row, column, says, allowed):
    head = "study,mean1,sd1,sem1,median1,q1_1,q3_1,n1,mean2,sd2,n2\nA,5,2,,,,,16,4,1,9\n"
    (problem,) = problems(lambda: GroupMeans.from_table(write(tmp_path, f"{head}{row}\n")))
    assert (problem.row, problem.column) == (3, column)
    assert says in problem.rule
    assert allowed in problem.allowed


def test_means_that_allow_no_effect():
    table = {"study": ["A"], "mean1": [-5], "sd1": [2], "n1": [2], "mean2": [4], "sd2": [1]}
    (problem,) = problems(lambda: GroupMeans.from_table(table))
    assert problem.rule == "missing column n2"
    with pytest.raises(TableError, match="A: a mean is not above 0"):
        GroupMeans.from_table(table | {"n2": [9]}).effects("rom")


# --- correlations and proportions ---------------------------------------------------------------


def test_correlations():
    studies = Correlations.from_table({"study": ["A", "B"], "ri": [0.5, -0.2], "ni": [12, 103]})
    effects = studies.effects()
    np.testing.assert_allclose(effects.estimate, np.arctanh([0.5, -0.2]))
    np.testing.assert_allclose(effects.se, [1 / 3, 0.1])
    found = problems(
        lambda: Correlations.from_table(
            {"study": ["A", "B", "C"], "r": [1, None, 0.2], "n": [9, 9, 3]}
        )
    )
    assert [(p.row, p.column, p.rule) for p in found] == [
        (2, "r", "r=1 is no correlation"),
        (3, "r", "r is blank"),
        (4, "n", "n=3 gives no standard error"),
    ]
    (problem,) = problems(lambda: Correlations.from_table({"study": ["A"], "r": [0.1]}))
    assert problem.rule == "missing column n"


def test_proportions():
    studies = Proportions.from_table({"study": ["A", "B"], "events": [3, 0], "total": [12, 9]})
    assert (studies.events.tolist(), studies.n.tolist()) == ([3, 0], [12, 9])
    with pytest.raises(TableError, match="B: a zero count gives no logit"):
        studies.effects()
    effects = studies.effects(add=0.5)
    assert effects.approximated == (False, True)
    assert effects.estimate[0] == pytest.approx(log(1 / 3))
    printed = Proportions.from_table({"study": ["A"], "percent": ["75.2%"], "n": [202]})
    assert printed.events.tolist() == [152]
    found = problems(lambda: Proportions.from_counts(["A", "B"], [5, 0], [3, 0]))
    assert [problem.rule for problem in found] == ["events=5 exceeds n=3",
                                                   "a group is empty (events+none=0)"]  # fmt: skip


# --- all shapes ---------------------------------------------------------------------------------

TABLES = {
    "AccuracyStudies": {"tp": [1, 2, 3], "fp": [4, 5, 6], "fn": [0, 0, 0], "tn": [1, 2, 3]},
    "ArmCounts": {"e1": [1, 2, 3], "n1": [4, 5, 6], "e2": [0, 1, 0], "n2": [1, 2, 3]},
    "Effects": {"estimate": [0.1, 0.2, 0.3], "se": [1, 2, 3]},
    "GroupMeans": {"mean1": [1, 2, 3], "sd1": [1, 2, 3], "n1": [5, 6, 7], "mean2": [1, 2, 3],
                   "sd2": [1, 2, 3], "n2": [5, 6, 7]},
    "Correlations": {"r": [0.1, 0.2, 0.3], "n": [10, 11, 12]},
    "Proportions": {"events": [1, 2, 3], "n": [4, 5, 6]},
    "PairedProportions": {"both": [1, 2, 3], "lost": [4, 5, 6], "gained": [0, 1, 0],
                          "neither": [7, 8, 9]},
}  # fmt: skip


@pytest.fixture(params=SHAPES)
def studies(request):
    labels = {"study": ["C", "A", "A"], "finding": ["x", "x", "y"], "Year": [2012, 2010, None]}
    return SHAPES[request.param].from_table(labels | TABLES[request.param])


def same(one, other):
    for item in fields(one):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs)
            assert not theirs.flags.writeable
        else:
            assert mine == theirs


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_every_shape_can_be_copied(studies, clone):
    same(studies, clone(studies))


def test_every_shape_selects_and_orders(studies):
    assert studies.row == ("C", "A, x", "A, y")
    assert (len(studies), studies.n_studies) == (3, 2)
    assert studies.several_rows() == {"A": ["A, x", "A, y"]}
    assert studies.where("finding", "X").row == ("C", "A, x")
    assert studies.where("study", "a").select([1]).row == ("A, y",)
    assert studies.order_by("year").row == ("A, x", "C", "A, y")
    same(studies, studies.order_by("year").select([1, 0, 2]))
    with pytest.raises(TableError, match=r"allowed are finding, year, .*study, row"):
        studies.where("reader", 1)
    first = type(studies).ARRAYS
    assert studies.order_by(next(iter(first))).row == studies.row


def test_every_shape_is_frozen(studies):
    with pytest.raises(FrozenInstanceError):
        studies.name = "x"
    with pytest.raises(TypeError):
        studies.covariates["x"] = ()
    for name in type(studies).ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(studies, name)[0] = 9
    with pytest.raises(ValueError, match="one length"):
        replace(studies, study=("A",))


# --- which shape --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header, row, measure, shape",
    [
        ("a,b,c,d", "1,2,3,4", "or", ArmCounts),
        ("e1,n1,e2,n2", "1,2,3,4", "rd", ArmCounts),
        ("a,b,c,d,or,ci_low,ci_high", "1,2,3,4,,,", "or", ArmCounts),
        ("both,lost,gained,neither", "1,2,3,4", "or", PairedProportions),
        ("kind,before,n_before,after,n_after", "margins,4,9,2,8", "or", PairedProportions),
        ("a,b,c,d,both,lost,gained,neither", "1,2,3,4,1,2,3,4", "or", ArmCounts),
        ("a,b,c,d,or,ci_low,ci_high", ",,,,2,1,4", "or", Effects),
        ("or,ci_low,ci_high", "2,1,4", "or", Effects),
        ("hr,ci_low,ci_high", "2,1,4", "hr", Effects),
        ("mean1,sd1,n1,mean2,sd2,n2", "1,2,3,4,5,6", "smd", GroupMeans),
        ("smd,se", "1,2", "smd", Effects),
        ("r,n", "0.2,30", "cor", Correlations),
        ("events,n", "2,30", "proportion", Proportions),
        ("estimate,se", "2,30", "proportion", Effects),
        ("estimate,se", "2,30", "generic", Effects),
    ],
)
def test_read_studies_picks_the_shape(tmp_path, header, row, measure, shape):
    studies = read_studies(write(tmp_path, f"study,{header}\nA,{row}\n"), measure)
    assert type(studies) is shape
    assert studies.name == "t"


@pytest.mark.parametrize(
    "measure, says",
    [("or", "e1 and none1"), ("md", "n1"), ("cor", "column r"), ("proportion", "events"),
     ("hr", "hazard ratio"), ("generic", "of the effect")],
)  # fmt: skip
def test_read_studies_says_what_is_missing(measure, says):
    with pytest.raises(TableError, match="missing column") as caught:
        read_studies({"study": ["A"], "value": [1]}, measure)
    assert says in str(caught.value)


def test_unknown_measure():
    with pytest.raises(ValueError, match="measure='xx' is not possible here; allowed: or, rr"):
        read_studies({"study": ["A"]}, "xx")
    assert all(name == measure.name for name, measure in MEASURES.items())


# --- shipped data sets --------------------------------------------------------------------------


def test_bcg_and_hackshaw_are_metafors():
    """First rows of escalc(measure="RR", dat.bcg) and dat.hackshaw1998 as metadat prints them."""
    bcg = datasets.load_dataset("bcg").effects("rr")
    np.testing.assert_allclose(bcg.estimate[:2], [-0.8893113339202054, -1.585388657201431])
    np.testing.assert_allclose(bcg.se[:2] ** 2, [0.3255847650039613, 0.1945811213981438])
    hackshaw = datasets.load_dataset("hackshaw1998")
    np.testing.assert_allclose(hackshaw.estimate[:2], [0.165514438477573, 0.371563556432483])
    np.testing.assert_allclose(hackshaw.se[:2] ** 2, [0.0187768854850681, 0.033044038905788])


def test_mri_findings_have_each_study_once_in_the_main_analysis():
    studies = datasets.load_dataset("mri_finding_outcome")
    main = studies.where("analysis", "main")
    assert main.n_studies == len(main) == 8
    assert not main.is_partial.any()
    assert len(main.arm_counts()) == len(main) - 1
    assert not any(main.approximated)
    assert all(studies.select(studies.is_partial).approximated)
    by_study = dict(zip(main.study, np.exp(main.estimate), strict=True))
    assert by_study["Jensen RK 2012"] == pytest.approx(7.2)
    assert by_study["Cohen 2025"] == pytest.approx(0.4)
    n = [sum(four[1::2]) for four in main.counts if four is not None]
    assert n == [n for n, four in zip(main.covariates["n"], main.counts, strict=True) if four]


def test_management_rows_are_told_apart_by_estimand():
    studies = datasets.load_dataset("mrn_changes_management").where("analysis", "main")
    for estimand in ("change of impression", "change of diagnosis", "change of management",
                     "extra information"):  # fmt: skip
        pool = studies.where("estimand", estimand)
        assert pool.n_studies == len(pool)
    zhang = studies.where("study", "Zhang 2021")
    assert (zhang.events.tolist(), zhang.n.tolist()) == ([23], [33])
