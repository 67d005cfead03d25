"""Cut-offs of the same patients: recognised by label and counts, refused by every present model.

Counts: FENO for asthma (Schneider 2017, in diagmeta) and HbA1c for type 2 diabetes (Hoyer, Hirt &
Kuss 2018), a few studies of each.
"""

import pytest
from command import run

from bayespool.accuracy import (
    HSROC,
    Bivariate,
    Comparison,
    MetaRegression,
    NestedBivariate,
    NestedMetaRegression,
)
from bayespool.studies import AccuracyStudies, TableError
from bayespool.studies.cutoffs import cutoffs_of_the_same_patients

FENO = """study,year,cutpoint,tpos,fneg,fpos,tneg
Cordeiro,2011,27,33,9,6,66
El Halawini,2003,12,7,0,29,13
El Halawini,2003,18,6,1,19,23
El Halawini,2003,22,5,2,17,25
El Halawini,2003,47,2,5,6,36
Heffler,2006,10,18,0,29,1
Heffler,2006,30,14,4,15,15
Heffler,2006,40,11,7,11,19
"""
HBA1C = """study,threshold,tp,fp,fn,tn,originally_published
Study 01,5.9,574,682,262,1389,1
Study 06,5.6,176,768,102,1286,1
Study 06,6.5,69,187,209,1867,0
Study 08,5.3,89,302,26,1382,1
Study 08,5.5,72,126,43,1558,0
"""


def read(text, tmp_path, name="table.csv"):
    path = tmp_path / name
    path.write_text(text)
    return AccuracyStudies.from_table(path)


def rows(**columns):
    size = len(columns["tp"])
    return AccuracyStudies.from_table({"study": ["A"] * size, **columns})


@pytest.mark.parametrize(
    "text, expected",
    [
        (FENO, {"El Halawini": ("12", "18", "22", "47"), "Heffler": ("10", "30", "40")}),
        (HBA1C, {"Study 06": ("5.6", "6.5"), "Study 08": ("5.3", "5.5")}),
    ],
)
def test_published_cutoffs_are_recognised(text, expected, tmp_path):
    found = cutoffs_of_the_same_patients(read(text, tmp_path))
    assert {item.study: item.values for item in found} == expected


@pytest.mark.parametrize(
    "model",
    [
        Bivariate(), HSROC(), MetaRegression(covariates=("year",)), NestedBivariate(),
        NestedMetaRegression(covariates=("year",)),
    ],
)  # fmt: skip
def test_every_present_model_refuses_them_by_name(model, tmp_path):
    with pytest.raises(TableError, match="cut-offs of the same patients") as refused:
        model.check(read(FENO, tmp_path))
    message = str(refused.value)
    assert len(refused.value.problems) == 1
    for words in ("El Halawini: 12, 18, 22, 47", "Heffler: 10, 30, 40", "--model thresholds",
                  "--where cutpoint=VALUE"):  # fmt: skip
        assert words in message


def test_what_the_message_allows_is_taken(tmp_path):
    chosen = read(HBA1C, tmp_path).where("originally_published", 1)
    Bivariate().check(chosen)
    assert cutoffs_of_the_same_patients(chosen) == ()


def test_a_comparison_takes_a_cutoff_of_each_test_and_refuses_several():
    cells = {"tp": [9, 8, 7, 9], "fp": [5, 4, 3, 6], "fn": [1, 2, 3, 1], "tn": [5, 6, 7, 4]}
    several = rows(threshold=[1, 2, 1, 2], modality=["CT", "CT", "MR", "MR"], note=list("abcd"),
                   **cells)  # fmt: skip
    with pytest.raises(TableError, match="comparison of tests"):
        Comparison(test="modality").check(several)
    one = several.select([0, 2])
    assert cutoffs_of_the_same_patients(one, ("modality",)) == ()
    Comparison(test="modality").check(one)


@pytest.mark.parametrize(
    "columns, cutoffs",
    [
        # Numbers as second label, counts in line: cut-offs, whatever the column is called.
        ({"finding": [1, 2]}, True),
        # The same numbers are readers or tests; or the patients are others; or counts cross.
        ({"reader": [1, 2]}, False),
        ({"test": [1, 2]}, False),
        ({"finding": [1, 2], "fn": [1, 9]}, False),
        ({"finding": [1, 2], "fp": [4, 5], "tn": [6, 5]}, False),
        # Named as cut-offs: one shared group is enough, and counts may cross by a misprint.
        ({"threshold": [1, 2], "fn": [1, 9]}, True),
        ({"threshold": ["> 1 ng/ml", "> 2 ng/ml"]}, True),
        ({"cut_off": [1, 2], "fp": [4, 5], "tn": [6, 5]}, True),
        ({"threshold": [1, 2], "fn": [1, 9], "tn": [6, 8]}, False),
        ({"threshold": [1, 2], "sample": ["first", "second"]}, False),
        ({"threshold": [1, 2], "index": ["CT", "MR"], "fp": [4, 5], "tn": [6, 5]}, False),
    ],
)
def test_what_counts_as_cutoffs(columns, cutoffs):
    plain = {"tp": [9, 7], "fp": [4, 3], "fn": [1, 3], "tn": [6, 7]}
    found = cutoffs_of_the_same_patients(rows(**(plain | columns)))
    assert bool(found) is cutoffs


def test_a_study_with_two_totals_is_told_by_the_rows_that_share_theirs():
    found = cutoffs_of_the_same_patients(
        rows(threshold=[1, 2, 3], tp=[9, 8, 6], fn=[1, 2, 3], fp=[4, 3, 2], tn=[6, 7, 6])
    )
    assert [item.rows for item in found] == [(0, 1)]


def test_the_command_refuses_and_check_says(tmp_path):
    path = tmp_path / "feno.csv"
    path.write_text(FENO)
    refused = run("accuracy", str(path), "--model", "nested", "--json", cwd=tmp_path)
    assert refused.returncode == 2
    assert "feno.csv, column cutpoint: rows of 2 studies are cut-offs" in refused.stderr
    checked = run("check", str(path), cwd=tmp_path)
    assert checked.returncode == 0
    assert (
        "Heffler: rows with cutpoint 10, 30, 40 are cut-offs of the same patients" in checked.stdout
    )
