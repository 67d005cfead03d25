"""Lower-triangular factors as a dict (i, j) -> array, for many draws at once."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
Factor = dict[tuple[int, int], Array]


def times(factor: Factor, v: Array) -> Array:
    """``u = L v`` for v of shape (q, n, n_draws)."""
    out = np.zeros_like(v)
    for (i, j), value in factor.items():
        out[i] += value * v[j]
    return out


def solve_lower(factor: Factor, u: Array) -> Array:
    """The inverse of `times`: v with ``L v = u``; zero where an effect has no spread."""
    v = np.zeros_like(u)
    for i in range(len(u)):
        rest = u[i] - sum(factor[i, j] * v[j] for j in range(i) if (i, j) in factor)
        v[i] = rest / np.maximum(factor[i, i], 1e-150)
    return v
