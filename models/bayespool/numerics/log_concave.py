"""Sums over log-concave sequences with an exponential factor, and draws from them.

A sequence of weights ``w_i`` with ``w_i^2 >= w_{i-1} w_{i+1}`` times ``exp(i t)`` has one peak for
every tilt ``t``, and falls on both sides faster and faster: what matters of it is found by halving.

References
----------
Devroye (1987), Computing 39:87-91.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Array = np.ndarray
WHOLE = 100  # terms that are all summed; of more, those that matter
DROP = 34.0  # nats below the peak where the others begin: together less than 1e-12 of the sum
POINTS = 200  # tilts at a time, whose terms stay in cache


@dataclass(frozen=True, eq=False)
class LogConcave:
    """A log-concave sequence.

    Parameters
    ----------
    log_weights : array, shape (n,)
    """

    log_weights: Array

    def __len__(self) -> int:
        return len(self.log_weights)

    @cached_property
    def _steps(self) -> Array:
        """Minus the log ratio of neighbours, ascending."""
        return -np.diff(self.log_weights)

    def mode(self, tilt: Array) -> Array:
        """Index of the largest term."""
        return np.searchsorted(self._steps, tilt)

    def log_sum(self, tilt: Array) -> Array:
        """``log sum_i w_i exp(i t)``, shape (n_points,) as ``t``, which must be finite."""
        out = np.empty(len(tilt))
        for at in range(0, len(tilt), POINTS):
            some = tilt[at : at + POINTS]
            if len(self) > WHOLE:
                terms = self._what_matters(some)
            else:
                terms = self.log_weights + np.arange(len(self)) * some[:, None]
            top = terms.max(axis=1)
            terms -= top[:, None]
            np.exp(terms, out=terms)
            out[at : at + POINTS] = np.log(terms.sum(axis=1)) + top
        return out

    def _what_matters(self, tilt: Array) -> Array:
        """Logarithms of the terms within `DROP` of the largest, one line for each tilt."""
        mode = self.mode(tilt)
        least = self.log_weights[mode] + mode * tilt - DROP
        ends = []
        for end in (0, len(self) - 1):
            inside, outside = mode, np.full(len(tilt), end)
            for _ in range(len(self).bit_length()):
                middle = (inside + outside) // 2 if end == 0 else (inside + outside + 1) // 2
                matters = self.log_weights[middle] + middle * tilt >= least
                inside = np.where(matters, middle, inside)
                outside = np.where(matters, outside, middle)
            ends.append(inside)
        first, last = ends
        index = first[:, None] + np.arange(int((last - first).max()) + 1)
        beyond = index > last[:, None]
        index[beyond] = 0
        terms = self.log_weights[index] + index * tilt[:, None]
        terms[beyond] = -np.inf
        return terms

    def draw(self, tilt: Array, log_sum: Array, rng: np.random.Generator) -> Array:
        """An index for each tilt with the probability of its term, by Devroye's rejection.

        It takes less than five proposals a draw however long the sequence is.
        """
        out = np.zeros(tilt.shape, int)
        last = len(self) - 1
        if not last:
            return out
        mode = self.mode(tilt)
        at_mode = self.log_weights[mode] + mode * tilt
        largest = np.exp(np.minimum(at_mode - log_sum, 0.0))
        left = np.arange(len(out))
        while left.size:
            p, m = largest[left], mode[left]
            flat = 1.0 + 0.5 * p
            u, v, w = rng.random((3, left.size))
            inside = u <= flat / (1.0 + flat)
            away = np.where(inside, v * flat, flat - np.log(np.maximum(v, 1e-300))) / p
            x = m + np.where(rng.random(left.size) < 0.5, -1.0, 1.0) * np.rint(away)
            allowed = (x >= 0) & (x <= last)
            index = np.where(allowed, x, m).astype(int)
            ratio = self.log_weights[index] - self.log_weights[m] + (index - m) * tilt[left]
            envelope = np.minimum(0.0, flat - p * away)
            taken = allowed & (np.log(np.maximum(w, 1e-300)) + envelope <= ratio)
            out[left[taken]] = index[taken]
            left = left[~taken]
        return out
