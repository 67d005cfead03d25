"""The same model once more, of some of the rows that were fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.engines import grid, quadrature
from bayespool.fitted import Fit, package_versions

if TYPE_CHECKING:
    from bayespool.hierarchy import Hierarchy

Array = np.ndarray


def fit_to_rows(fitted: Fit, keep: Array) -> Fit:
    """Fit some of the rows by quadrature; covariates stay coded as in the whole table.

    Parameters
    ----------
    fitted : Fit
    keep : int array, shape (n_kept,)
        Increasing.

    Raises
    ------
    ValueError
        The rows are not enough for the model.
    """
    studies: Any = fitted.studies
    rest = studies.select(keep)
    fitted.model.check(rest)
    hierarchy = kept(fitted.hierarchy, len(studies), keep)
    run = grid.run if grid.applies(hierarchy) else quadrature.run
    draws = run(hierarchy, fitted.seed)
    one = Fit(fitted.model, rest, draws, fitted.seed, package_versions("quadrature"))
    vars(one)["hierarchy"] = hierarchy
    vars(one)["coding"] = studies
    return one


def kept(hierarchy: Hierarchy, n: int, keep: Array) -> Hierarchy:
    """The hierarchy of some of the n rows of a table."""
    per_row = len(hierarchy.X) // n
    rows = (per_row * keep[:, None] + np.arange(per_row)).ravel()
    ranks = np.unique(hierarchy.study[rows])
    likelihood = hierarchy.likelihood.take(rows)
    parts: Any = getattr(likelihood, "parts", ())
    return replace(
        hierarchy.of_rows(rows),
        likelihood=parts[0] if len(parts) == 1 else likelihood,
        group=None if hierarchy.group is None else hierarchy.group[ranks],
        labels=tuple(hierarchy.labels[k] for k in ranks),
    )
