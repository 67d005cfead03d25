"""The sets behind comparisons of tests and behind several results per study hold what they say."""

from collections import Counter

import pytest

from bayespool.datasets import dataset_card, load_dataset
from bayespool.studies.accuracy import COUNTS

PAIRED_CAD = {"Dewey 2006", "Kefer 2005", "Langer 2009", "Maintz 2007", "Pouleur 2008"}
CIRCULAR = {"Baeumer 2012"}  # its patients were picked by the index test: no row is main


def totals(studies):
    """tp, fp, fn, tn over all rows."""
    return [int(getattr(studies, count).sum()) for count in COUNTS]


# Rows, studies and tp, fp, fn, tn, summed by column name from the files that the cards cite
# (the nerve imaging rows: from the evidence table they were chosen from), not from our tables.
SIZES = {
    "ct_mri_cad": (108, 103, [4385, 698, 258, 3163]),
    "ascus_hc2_repc": (20, 10, [838, 3952, 134, 5535]),
    "rheumatoid_factor_method": (47, 47, [4097, 1285, 1827, 7519]),
    "nerve_imaging_accuracy": (17, 12, [833, 98, 208, 790]),
}
SUBSETS = [
    ("ct_mri_cad", "test", "CT", 89, [3928, 561, 192, 2845]),
    ("ct_mri_cad", "test", "MRI", 19, [457, 137, 66, 318]),
    ("ascus_hc2_repc", "test", "HC2", 10, [457, 1982, 26, 2786]),
    ("ascus_hc2_repc", "test", "RepC", 10, [381, 1970, 108, 2749]),
    ("rheumatoid_factor_method", "method", "LA", 15, [1467, 304, 512, 1770]),
    ("rheumatoid_factor_method", "method", "ELISA", 16, [1264, 587, 749, 4040]),
    ("rheumatoid_factor_method", "method", "Nephelometry", 16, [1366, 394, 566, 1709]),
    ("nerve_imaging_accuracy", "group", "brachial plexus", 3, [165, 23, 61, 272]),
]


@pytest.mark.parametrize("name", SIZES)
def test_rows_studies_and_counts(name):
    studies = load_dataset(name)
    rows, n_studies, counts = SIZES[name]
    assert (len(studies), studies.n_studies, totals(studies)) == (rows, n_studies, counts)


@pytest.mark.parametrize(("name", "column", "value", "rows", "counts"), SUBSETS)
def test_counts_of_one_level(name, column, value, rows, counts):
    studies = load_dataset(name).where(column, value)
    assert (len(studies), totals(studies)) == (rows, counts)
    if name != "nerve_imaging_accuracy":
        assert studies.several_rows() == {}


def test_single_rows_keep_the_order_of_columns():
    """The sources list the counts in three orders; one row of each, as the source names it."""
    rows = {
        "ct_mri_cad": ("Dewey 2006, MRI", (42, 2, 7, 39)),
        "ascus_hc2_repc": ("Solomon 2001, HC2", (256, 1050, 1, 984)),
        "rheumatoid_factor_method": ("Visser 1996", (157, 287, 78, 1466)),
        "nerve_imaging_accuracy": ("Chan 2011, loss of fascicles", (42, 2, 12, 52)),
    }
    for name, (row, counts) in rows.items():
        one = load_dataset(name).where("row", row)
        assert tuple(totals(one)) == counts


def test_five_studies_did_ct_and_mri():
    studies = load_dataset("ct_mri_cad")
    assert studies.several_rows() == {s: [f"{s}, CT", f"{s}, MRI"] for s in PAIRED_CAD}
    paired = studies.where("paired", "yes")
    assert set(paired.study) == PAIRED_CAD
    assert len(paired) == 10
    by_test = [paired.where("test", test) for test in ("CT", "MRI")]
    assert by_test[0].study == by_test[1].study
    same = [
        study
        for study, *sizes in zip(
            by_test[0].study,
            *(s.n_diseased.tolist() for s in by_test),
            *(s.n_healthy.tolist() for s in by_test),
            strict=True,
        )
        if sizes[0] == sizes[1] and sizes[2] == sizes[3]
    ]
    assert set(same) == PAIRED_CAD - {"Dewey 2006"}


def test_all_studies_did_both_tests_of_smears():
    studies = load_dataset("ascus_hc2_repc")
    assert len(studies.several_rows()) == studies.n_studies == 10
    for study, rows in studies.several_rows().items():
        assert rows == [f"{study}, RepC", f"{study}, HC2"]


def test_rheumatoid_factor_by_method_has_no_new_data():
    whole, part = load_dataset("rheumatoid_factor"), load_dataset("rheumatoid_factor_method")
    left_out = {"Nell 2005", "Quinn 2006", "Young 1991"}
    assert set(whole.study) - set(part.study) == left_out
    same = whole.select([study not in left_out for study in whole.study])
    assert same.study == part.study
    assert dict(same.covariates) == dict(part.covariates)
    for count in COUNTS:
        assert getattr(same, count).tolist() == getattr(part, count).tolist()


def test_one_main_row_per_study_of_nerve_imaging():
    studies = load_dataset("nerve_imaging_accuracy")
    assert set(studies.covariates["main"]) == {"yes", "no"}
    main = studies.where("main", "yes")
    assert main.several_rows() == {}
    assert set(studies.study) - set(main.study) == CIRCULAR
    assert len(main) == 11
    assert totals(main) == [641, 74, 170, 600]  # summed in the evidence table


def test_levels_of_nerve_imaging():
    studies = load_dataset("nerve_imaging_accuracy")
    main = studies.where("main", "yes")
    assert Counter(main.covariates["group"]) == {
        "brachial plexus": 3,
        "carpal tunnel": 5,
        "other nerve": 3,
    }
    conditions = Counter(main.covariates["condition"])
    alone = {condition for condition, n in conditions.items() if n == 1}
    assert alone == {"ulnar neuropathy", "fibular neuropathy", "mixed peripheral neuropathy"}
    assert set(studies.covariates["modality"]) == {"MRI", "ultrasound"}
    clustered = main.where("clustered", "yes")
    assert len(clustered) == 7
    assert "patient" not in clustered.covariates["unit"]
    assert set(main.where("clustered", "no").covariates["unit"]) == {"patient"}
    for column in ("result", "index_test", "unit", "control", "count_status", "main"):
        assert all(studies.covariates[column])


def test_no_unclustered_row_has_more_units_than_people():
    studies = load_dataset("nerve_imaging_accuracy")
    units = (studies.n_diseased + studies.n_healthy).tolist()
    for n, people, clustered in zip(
        units, studies.covariates["people"], studies.covariates["clustered"], strict=True
    ):
        assert people is None or (n == people if clustered == "no" else n > people)


@pytest.mark.parametrize("name", SIZES)
def test_every_column_is_in_the_card(name):
    studies, card = load_dataset(name), dataset_card(name)
    for column in ("study", *COUNTS, *studies.covariates):
        assert f"`{column}`" in card
