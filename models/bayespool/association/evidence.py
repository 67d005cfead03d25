"""From published effects, complete or told by a P value, to the likelihood of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.numerics.censored import Censored
from bayespool.numerics.likelihoods import Gaussian, Silent
from bayespool.numerics.mixed import joined
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.pymc_rows import potential_name

Array = np.ndarray


def estimates(studies: Any, error: Array | float = 1.0) -> RowLikelihood:
    """Gaussian rows of estimates, and intervals or several possible estimates of partial rows.

    Parameters
    ----------
    studies : Effects
    error : float
        Share of every standard error that the rows keep, where the rest is shared with others.
    """
    y, se = np.asarray(studies.estimate), np.asarray(studies.se) * error
    partial = np.flatnonzero(studies.is_partial)
    if not partial.size:
        return Gaussian(y, se)
    plain = np.setdiff1d(np.arange(len(y)), partial)
    parts: list[tuple[RowLikelihood | None, Array]] = [(Gaussian(y[plain], se[plain]), plain)]
    by_width: dict[int, list[int]] = {}  # rows with equally many possibilities go together
    silent = np.array([i for i in partial if studies.partial[i].empty], int)
    if silent.size:
        parts.append((Silent(len(silent)), silent))
    for i in np.setdiff1d(partial, silent):
        by_width.setdefault(len(studies.partial[i].intervals), []).append(int(i))
    for rows in by_width.values():
        lower, upper, spread, weight = np.array([studies.partial[i].intervals for i in rows]).T
        told = Censored(lower.T, upper.T, spread.T * error, np.log(weight.T))
        parts.append((told, np.array(rows)))
    return joined(parts)


def observe(studies: Any, theta: Any, error: float = 1.0, dim: str = "study") -> None:
    """The same in PyMC: observed estimates, and a potential for each partial row.

    Parameters
    ----------
    studies : Effects
    theta : tensor, shape (n_rows,)
        True effect of every row on the scale of analysis.
    error : float
        As in `estimates`.
    dim : str
        Dimension of the rows.
    """
    import pymc as pm

    se = np.asarray(studies.se) * error
    plain = ~studies.is_partial
    if plain.all():
        pm.Normal("estimate", theta, se, observed=studies.estimate, dims=dim)
        return
    if plain.any():
        pm.Normal("estimate", theta[plain], se[plain], observed=studies.estimate[plain])
    for i in np.flatnonzero(~plain):
        if studies.partial[i].empty:
            continue
        terms = [
            np.log(weight) + _log_interval(theta[i], lower, upper, spread * error)
            for lower, upper, spread, weight in studies.partial[i].intervals
        ]
        pm.Potential(
            potential_name("told", studies.row[i]), pm.math.logsumexp(pm.math.stack(terms))
        )


def _log_interval(theta: Any, lower: float, upper: float, se: float) -> Any:
    """Log probability that a normal estimate lies between; its log density where they are equal."""
    import pymc as pm

    if lower == upper:
        return pm.logp(pm.Normal.dist(theta, se), lower)
    standard = pm.Normal.dist(0.0, 1.0)
    a, b = (lower - theta) / se, (upper - theta) / se
    if np.isinf(lower):
        return pm.logcdf(standard, b)
    if np.isinf(upper):
        return pm.logcdf(standard, -a)
    # of two mirror images the one in the lower tail keeps its digits
    high = pm.math.switch(pm.math.gt(a + b, 0.0), -a, b)
    low = pm.math.switch(pm.math.gt(a + b, 0.0), -b, a)
    return pm.math.logdiffexp(pm.logcdf(standard, high), pm.logcdf(standard, low))
