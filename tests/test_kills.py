"""Writers that are killed, or whose disk is full, leave the old or the new, whole.

The quick part of `docs/validation/kills.py`, whose figures are held here too.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs" / "validation"))
from kills import ENDINGS, HERE, fits, tried, writers


@pytest.fixture(scope="module")
def ways():
    return writers(fits())


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("name", "moments"), [("table", 6), ("posterior.nc", 2)])
def test_old_or_new(ways, name, moments, ending):
    found = tried(ways[name], name, ending, moments, np.random.default_rng(1))
    assert found["old"] + found["new"] == moments
    assert found["left over"] == 0


def test_a_writer_that_does_not_replace_is_found_out():
    def naive(place: Path, version: int) -> None:
        place.write_text(f"{version}\n" * 100_000)

    found = tried(naive, "table", "disk full", 3, np.random.default_rng(1))
    assert found["neither"] == 3


def test_no_loss_in_the_kept_figures():
    with (HERE / "kills.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["moments"]) for row in rows) >= 200
    for row in rows:
        assert row["neither"] == row["left over"] == "0", row
        assert int(row["old"]) + int(row["new"]) == int(row["moments"]), row
