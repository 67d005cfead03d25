"""Student t as a scale mixture of normals, on a few points."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

Array = np.ndarray
MIXING_POINTS = 24


def scale_mixture(freedom: Array) -> tuple[Array, Array]:
    """Log weights and factors on the SD, both of shape (n_points, n_draws).

    ``lambda ~ Gamma(nu/2, nu/2)`` by the trapezoid rule in its cube root, which is nearly normal
    (Wilson & Hilferty 1931, PNAS 17:684-688); the factor is ``lambda^(-1/2)``.

    Parameters
    ----------
    freedom : array, shape (n_draws,)
        Degrees of freedom nu.
    """
    # below nu = 1 the cube root is no longer near normal; no prior here lives there
    shape = np.maximum(0.5 * freedom, 0.5)
    centre, spread = 1.0 - 1.0 / (9.0 * shape), 1.0 / (3.0 * np.sqrt(shape))
    low = np.maximum(centre - 5.5 * spread, 1e-3)
    t = (np.arange(MIXING_POINTS)[:, None] + 0.5) / MIXING_POINTS
    step = (centre + 5.5 * spread - low) / MIXING_POINTS
    root = low + t * (centre + 5.5 * spread - low)
    precision = root**3
    log_density = (
        shape * np.log(shape)
        - gammaln(shape)
        + (shape - 1.0) * np.log(precision)
        - shape * precision
    )
    log_w = log_density + np.log(3.0 * root**2) + np.log(step)
    log_w -= np.logaddexp.reduce(log_w, axis=0)
    return log_w, precision**-0.5
