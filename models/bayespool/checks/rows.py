"""The same model once more, of some of the rows that were fitted."""

from __future__ import annotations

import numpy as np

from bayespool.engines import quadrature
from bayespool.fitted import Fit

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
    fitted.model.check(fitted.studies.select(keep))
    return fitted.of_rows(keep, lambda hierarchy: quadrature.run(hierarchy, fitted.seed))
