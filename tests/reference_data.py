"""Reference tables of the tests, and the studies behind each reference posterior."""

from __future__ import annotations

import csv
from pathlib import Path

import bayespool as bp
from bayespool.studies import AccuracyStudies

REFERENCE = Path(__file__).parent / "reference"
SUBSETS = {
    "scheidler_ct": ("scheidler", "dt", "CT"),
    "scheidler_lag": ("scheidler", "dt", "LAG"),
    "scheidler_mri": ("scheidler", "dt", "MRI"),
    "ascus_hc2": ("ascus_hc2_repc", "Test", "HC2"),
    "ascus_repc": ("ascus_hc2_repc", "Test", "RepC"),
}


def reference_rows(name: str) -> list[dict[str, str]]:
    """Rows of a reference table, comment lines left out."""
    lines = (REFERENCE / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def reference_studies(dataset: str) -> AccuracyStudies:
    """The table behind a reference posterior: a shipped dataset or one of the test tables."""
    if dataset not in SUBSETS:
        return bp.load_dataset(dataset)
    file, column, value = SUBSETS[dataset]
    rows = [row for row in reference_rows(file) if row[column] == value]
    return AccuracyStudies.from_counts(
        study=[f"Study {i + 1}" for i in range(len(rows))],
        **{
            count: [int(next(v for k, v in row.items() if k.lower() == count)) for row in rows]
            for count in ("tp", "fp", "fn", "tn")
        },
    )
