"""The same model once more, of some of the rows that were fitted."""

from __future__ import annotations

import numpy as np

from bayespool.engines import quadrature
from bayespool.fitted import Fit
from bayespool.held import held


@held
def fit_to_rows(fitted: Fit, keep: tuple[int, ...]) -> Fit:
    """Fit some of the rows by quadrature; covariates stay coded as in the whole table.

    Parameters
    ----------
    fitted : Fit
    keep : tuple of int
        Numbers of rows, increasing.

    Raises
    ------
    ValueError
        The rows are not enough for the model.
    """
    fitted.model.check(fitted.studies.select(keep))
    return fitted.of_rows(np.array(keep), lambda hierarchy: quadrature.run(hierarchy, fitted.seed))
