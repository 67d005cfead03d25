"""Hierarchies of some of the rows of a table, with the coding of the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bayespool.hierarchy import Hierarchy
from bayespool.numerics.mixed import Mixed

Array = np.ndarray


def hierarchy_of(model: Any, studies: Any, whole: Any | None) -> Hierarchy:
    """The hierarchy of studies, or of those rows of a whole table."""
    if whole is None or model.of_studies:
        found: Hierarchy = model.hierarchy(studies)
        return found
    place = {row: i for i, row in enumerate(whole.row)}
    keep = np.array([place[row] for row in studies.row])
    return of_rows(model.hierarchy(whole), len(whole), keep)


def of_rows(hierarchy: Hierarchy, n: int, keep: Array) -> Hierarchy:
    """The hierarchy of some of the n rows of a table."""
    per_row = len(hierarchy.X) // n
    rows = (per_row * keep[:, None] + np.arange(per_row)).ravel()
    ranks = np.unique(hierarchy.study[rows])
    likelihood = hierarchy.likelihood.take(rows)
    parts = likelihood.parts if isinstance(likelihood, Mixed) else ()
    return replace(
        hierarchy.of_rows(rows),
        likelihood=parts[0] if len(parts) == 1 else likelihood,
        group=None if hierarchy.group is None else hierarchy.group[ranks],
        labels=tuple(hierarchy.labels[k] for k in ranks),
    )
