"""The three files of one review say the same; what is asked of a file with several outcomes."""

import json

import numpy as np
import pytest
from command import run
from reviews import DEATHS, FILES, write_review

from bayespool.studies import ArmCounts, Effects, GroupMeans, TableError, read_studies


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """The three files by their names."""
    return write_review(tmp_path_factory.mktemp("review"))


@pytest.mark.parametrize("file", FILES)
def test_counts_are_those_that_fleiss_prints(file, review):
    studies = read_studies(review[file], outcome="1.1")
    assert isinstance(studies, ArmCounts)
    read = zip(studies.e1, studies.n1, studies.e2, studies.n2, strict=True)
    found = dict(zip(studies.study, read, strict=True))
    assert found == DEATHS
    assert studies.covariates["year"] == (1980, 1976, 1979, 1988, 1974, 1979, 1980)
    assert studies.name.endswith("_1.1")
    assert studies.warnings == ()


@pytest.mark.parametrize("file", FILES)
def test_means_are_read(file, review):
    studies = read_studies(review[file], "md", comparison="1", outcome="2")
    assert isinstance(studies, GroupMeans)
    assert studies.study == ("Davis", "Florell", "Gruen", "Hart", "Wilson")
    assert studies.mean1.tolist() == [5, 4.9, 22.5, 12.5, 6.5]
    assert studies.sd2.tolist() == [3.8, 2.3, 10.65, 1.66, 1.41]
    # RevMan's own mean differences and standard errors, of the CSV
    effects = studies.effects("md")
    np.testing.assert_allclose(effects.estimate, [-1.5, -1.2, -2.4, 0.2, -0.88], atol=1e-12)
    np.testing.assert_allclose(
        effects.se, [1.67630546, 0.45085474, 1.89175731, 0.49580742, 0.56631484], atol=1e-8
    )


def test_the_three_files_give_one_posterior_to_the_last_digit(review, tmp_path):
    found = []
    for file in FILES:
        done = run("association", str(review[file]), "--outcome", "1.1", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        found.append({key: summary[key] for key in ("estimands", "probabilities", "checks")})
    assert "mu_ratio" in found[0]["estimands"]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, ["holds 2 outcomes", "1.1  Two small", "(odds ratio, 7 studies)", "1.2  Two small"]),
        ({"comparison": "1"}, ["2 outcomes have comparison '1'", "1.2  "]),
        ({"outcome": "3"}, ["no outcomes have outcome '3'", "1.1  "]),
        ({"comparison": "2", "outcome": "1"}, ["no outcomes have comparison '2' and outcome '1'"]),
    ],
)
def test_what_there_is_to_choose_from_is_listed(options, words, review):
    with pytest.raises(TableError) as refused:
        read_studies(review["review.rm5"], **options)
    assert len(refused.value.problems) == 1
    for said in words:
        assert said in str(refused.value)


def test_an_outcome_is_chosen_by_name_in_any_case(review):
    studies = read_studies(review["review.zip"], outcome="days in HOSPITAL")
    assert isinstance(studies, GroupMeans)


def test_counts_give_other_measures_and_estimates_do_not(review, tmp_path):
    assert isinstance(read_studies(review["review.rm5"], "rr", outcome="1.1"), ArmCounts)
    path = tmp_path / "hr.csv"
    path.write_text(
        "Comparison Number,Outcome Number,Subgroup Number,Name,Data Type,Statistical Method,"
        "Effect Measure,Effect Estimate,SE,CI Start,CI End\n"
        "1,0,0,A,,,,,,,\n1,1,0,Deaths,IV,IV,Hazard Ratio,0.8,,0.6,1.0\n"
        "1,1,0,Ada 2001,,,,0.5,0.25,0.306,0.816\n1,1,0,Bo 2002,,,,0.9,0.2,0.608,1.332\n"
    )
    studies = read_studies(path)
    assert isinstance(studies, Effects)
    assert studies.measure == "hr"
    np.testing.assert_allclose(studies.estimate, np.log([0.5, 0.9]), rtol=1e-15)
    assert studies.se.tolist() == [0.25, 0.2]
    with pytest.raises(TableError, match="is of hazard ratios, and odds ratio is asked for"):
        read_studies(path, "or")


def test_rows_alone_say_their_kind_by_what_they_fill(tmp_path):
    header = ("Analysis group,Analysis number,Analysis name,Subgroup,Study,Study year,GIV Mean,"
              "GIV SE,Experimental mean,Experimental SD,Experimental cases,Experimental N,"
              "Control mean,Control SD,Control cases,Control N,O-E,Variance,CI start,"
              "CI end\n")  # fmt: skip
    path = tmp_path / "x-data-rows.csv"
    path.write_text(
        header
        + "1,1,Death,women,A,2001,0.0,0.0,0.0,0.0,3,10,0.0,0.0,5,12,0.0,0.0,0,0\n"
        + "1,1,Death,men,A,2001,0.0,0.0,0.0,0.0,2,10,0.0,0.0,4,12,0.0,0.0,0,0\n"
        + "1,1,Death,men,B,2001,0.0,0.0,0.0,0.0,0,0,0.0,0.0,4,12,0.0,0.0,0,0\n"
        + "1,2,Survival,,A,2001,0.0,0.0,0.0,0.0,0,0,0.0,0.0,0,0,-3.0,4.0,0,0\n"
    )
    counts = read_studies(path, "or", outcome="1")
    assert isinstance(counts, ArmCounts)
    assert counts.covariates["subgroup"] == ("men", "women")
    assert counts.row == ("A, men", "A, women")
    assert any("outcome 1.1: not estimable, and left out: B" in w for w in counts.warnings)
    survival = read_studies(path, "hr", outcome="2")
    assert isinstance(survival, Effects)
    assert (survival.estimate.tolist(), survival.se.tolist()) == ([-0.75], [0.5])
    assert survival.covariates["from"] == ("(O-E) / V",)
    with pytest.raises(TableError, match="does not say what its effects are; --measure"):
        read_studies(path, outcome="2")


def test_options_of_a_review_are_refused_of_other_tables(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("study,e1,n1,e2,n2\nA,1,10,2,10\n")
    with pytest.raises(TableError, match="has no outcomes; --outcome is of a RevMan file"):
        read_studies(path, "or", outcome="1.1")
    with pytest.raises(TableError, match="has no comparisons"):
        read_studies({"study": ["A"], "e1": [1], "n1": [9], "e2": [2], "n2": [9]}, "or",
                     comparison="1")  # fmt: skip


def test_check_reads_a_review_without_being_told_its_measure(review, tmp_path):
    done = run("check", str(review["review.zip"]), "--outcome", "1.1", cwd=tmp_path)
    assert done.returncode == 0
    assert "7 rows of 7 studies, read as events and people of two groups" in done.stdout
