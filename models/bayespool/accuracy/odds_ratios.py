"""Log diagnostic odds ratios of 2x2 tables: which rows have one, and the cells they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.studies import AccuracyStudies

Array = np.ndarray


def corrected_cells(studies: Any) -> Array:
    """tp, fp, fn, tn of every row, (4, n), with 1/2 added to tables that have a zero cell."""
    cells = np.stack([studies.tp, studies.fp, studies.fn, studies.tn]).astype(float)
    return cells + 0.5 * (cells == 0.0).any(axis=0)


def check_tables(studies: Any, what: str, fewest: int) -> None:
    """Refuse rows that have no diagnostic odds ratio, repeated studies, and too few of them.

    Raises
    ------
    ValueError
    """
    file = studies.file
    if not isinstance(studies, AccuracyStudies):
        raise ValueError(f"{file}: {what} is of 2x2 tables of a test; allowed: tp, fp, fn, tn")
    repeated = studies.several_rows()
    if repeated:
        raise ValueError(
            f"{file}: {len(repeated)} studies have several rows ({', '.join(repeated)}), which "
            f"{what} would take for independent studies; allowed: one row per study "
            "(--where COLUMN=VALUE)"
        )
    bad = [row for row, full in zip(studies.row, full_tables(studies), strict=True) if not full]
    if bad:
        raise ValueError(
            f"{file}: {what} needs the diagnostic odds ratio of every study, and {len(bad)} rows "
            f"({', '.join(bad[:5])}) have none; allowed: full 2x2 tables with people in both groups"
        )
    if len(studies) < fewest:
        raise ValueError(f"{file}: {what} needs {fewest} or more studies, found {len(studies)}")


def full_tables(studies: Any) -> Array:
    """Which rows are full 2x2 tables with people in both groups, (n,)."""
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    return np.asarray(both & ~np.asarray(studies.is_partial))
