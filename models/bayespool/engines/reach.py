"""What no engine can compute is refused in words."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


class OutOfReach(ValueError):
    """Data and priors that double precision cannot bring together."""


def largest(log_density: Array, of: str) -> float:
    """The largest log density.

    Parameters
    ----------
    log_density : array
    of : str
        What was tried, in the singular.

    Raises
    ------
    OutOfReach
        All are zero, or one is no number.
    """
    top = float(np.max(log_density, initial=-np.inf))
    if np.isfinite(top):
        return top
    raise OutOfReach(
        f"no {of} has a posterior density that can be computed: a prior excludes what the data "
        "say, or its width is very far from theirs; allowed: a prior (--prior) that overlaps with "
        "the data, and units in which effects and priors are of similar size"
    )
