"""Cut-offs of the same patients: order, direction, and one clear error for what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.studies import AccuracyStudies
from bayespool.studies.ladders import ladders
from bayespool.studies.problems import TableError

TABLE = {
    "study": ["A", "A", "A", "B"], "threshold": [30.0, 10.0, 20.0, 20.0],
    "tp": [4, 9, 7, 6], "fn": [6, 1, 3, 4], "fp": [1, 8, 3, 2], "tn": [19, 12, 17, 8],
}  # fmt: skip


def studies(**changed: list) -> AccuracyStudies:
    return AccuracyStudies.from_table(TABLE | changed)


def test_neighbours_are_found_in_any_order_of_rows():
    found = ladders(studies())
    assert found.positive == "above"
    assert found.usual() == 20.0
    np.testing.assert_array_equal(found.easier[:, 0], [2, -1, 1, -1])
    np.testing.assert_array_equal(found.easier[:, 1], [-1, 2, 0, -1])


def test_where_low_values_are_positive_the_counts_say_so():
    found = ladders(studies(tp=[9, 4, 7, 6], fn=[1, 6, 3, 4], fp=[8, 1, 3, 2], tn=[12, 19, 17, 8]))
    assert found.positive == "below"
    np.testing.assert_array_equal(found.easier[:, 0], [-1, 2, 0, -1])


def test_a_sign_and_a_unit_are_read():
    found = ladders(studies(threshold=["> 30 ppb", "≥10 ppb", ">20", "20,0 ppb"]))
    np.testing.assert_array_equal(found.cutoffs, [30.0, 10.0, 20.0, 20.0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tp": [4, 9, 10, 6], "fn": [6, 1, 0, 4]},
         "tp is 9 at 10 and 10 at 20; tp that falls or stays as the cut-off rises"),
        ({"fp": [5, 8, 3, 2], "tn": [15, 12, 17, 8]}, "A: fp is 3 at 20 and 5 at 30"),
        ({"fn": [6, 1, 4, 4]}, "A: tp [+] fn differs between cut-offs: 10 at 30, 11 at 20"),
        ({"threshold": [30.0, 10.0, None, 20.0]}, "A, .*: the cut-off is missing; one number"),
        ({"threshold": ["30", "10", "20-25", "20"]}, "the cut-off '20-25' is not one number"),
        ({"threshold": ["30 ppb", "10 ppm", "20", "20"]}, "different units: ppb, ppm"),
        ({"threshold": [30.0, 10.0, 10.0, 20.0], "site": list("xyzx")},
         "A: the cut-off 10 is in several rows"),
    ],
)  # fmt: skip
def test_bad_cut_offs_are_one_clear_error(changed, message):
    table = TABLE | {"site": list("xyzx")} | changed
    with pytest.raises(TableError, match=message):
        ladders(AccuracyStudies.from_table(table))


def test_without_two_cut_offs_in_a_study_the_direction_must_be_said():
    alone = studies().select([0, 3])
    with pytest.raises(TableError, match="no study has counts at several cut-offs"):
        ladders(alone)
    assert ladders(alone, positive="below").positive == "below"
    with pytest.raises(TableError, match="there is no column 'dose'"):
        ladders(alone, "dose")
