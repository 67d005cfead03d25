"""Rows of one effect whose likelihood has an edge at no effect, with the effect integrated out.

Where nobody has the event, the likelihood of a risk difference falls from 0 to both sides like
``exp(-n |d|)``: a bend that no rule centred at a mode integrates, however many nodes it has. Each
side by itself is smooth with one peak, at 0 or between 0 and the mean of the effect; it is
integrated by Gauss-Legendre rules from the peak to where the integrand has fallen by `DROP` nats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bayespool.numerics.row_likelihood import RowLikelihood

Array = np.ndarray
NODES = 24  # of each of the two parts of a side
DROP = 34.0  # nats below the peak where a part ends: 2e-15
FARTHEST = 9.0  # SDs of the effect from the peak, where it has fallen by more
PEAK_STEPS, END_STEPS = 36, 12  # halvings
NARROWEST = 1e-9  # of the farthest, of a part that does not end at 0
CELLS = 64  # of a part, in which effects are drawn
_X, _W = np.polynomial.legendre.leggauss(NODES)
POINTS, LOG_WEIGHTS = 0.5 * (_X + 1.0), np.log(0.5 * _W)


class Part(NamedTuple):
    """A stretch of effects, ``start + way * width * t`` with t from 0 to 1, (n_rows, n_draws)."""

    start: Array
    width: Array
    way: float

    def at(self, t: Array | float) -> Array:
        """Effects at places t."""
        return self.start + self.way * self.width * t


class Problem(NamedTuple):
    """Rows with effects ``eta ~ N(mean, sd)``; ``mean`` and ``sd`` have shape (n_rows, n_draws)."""

    rows: RowLikelihood
    mean: Array
    sd: Array
    farthest: float

    def log_density(self, eta: Array) -> Array:
        """Of data and effect."""
        z = (eta - self.mean) / self.sd
        normal = -0.5 * z * z - np.log(self.sd) - 0.5 * np.log(2.0 * np.pi)
        return self.rows.log_density(eta) + normal

    def parts(self) -> Iterator[Part]:
        """From the peak of each side towards 0, and away from it."""
        for side in (-1.0, 1.0):
            peak = self._peak(side)
            top = self.log_density(side * peak)
            end = np.minimum(FARTHEST * self.sd, self.farthest - peak)
            outward = self._fallen(side * peak, top, end, side)
            yield Part(side * peak, outward, side)
            inward = self._fallen(side * peak, top, np.minimum(FARTHEST * self.sd, peak), -side)
            yield Part(side * peak, inward, -side)

    def _peak(self, side: float) -> Array:
        """How far from 0 the peak of a side is: the slope changes its sign there."""
        low = np.zeros(self.mean.shape)
        high = np.minimum(np.maximum(side * self.mean, 0.0), self.farthest)
        for _ in range(PEAK_STEPS):
            middle = 0.5 * (low + high)
            eta = side * middle
            slope = self.rows.slope_and_weight(eta)[0] - (eta - self.mean) / self.sd**2
            rising = side * slope > 0.0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return low

    def _fallen(self, start: Array, top: Array, end: Array, way: float) -> Array:
        """How far the density falls by `DROP`, at most to the end."""
        near, far = NARROWEST * end, end
        for _ in range(END_STEPS):
            middle = np.sqrt(near * far)
            inside = self.log_density(start + way * middle) > top - DROP
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        return far


def log_likelihood(rows: RowLikelihood, mean: Array, sd: Array, farthest: float) -> Array:
    """Log likelihood of each row with its effect integrated out, (n_rows, n_draws).

    Parameters
    ----------
    rows : RowLikelihood
        With an edge at 0, and beside it one peak a side, not beyond the mean.
    mean, sd : array, shape (n_rows, n_draws)
        Of the effects.
    farthest : float
        The largest size of an effect.
    """
    problem = Problem(rows, mean, sd, farthest)
    out = np.full(mean.shape, -np.inf)
    for part in problem.parts():
        with np.errstate(divide="ignore"):  # a part without width has no share
            log_width = np.log(part.width)
        for t, log_w in zip(POINTS, LOG_WEIGHTS, strict=True):
            out = np.logaddexp(out, problem.log_density(part.at(t)) + log_w + log_width)
    return out


def draw(
    rows: RowLikelihood, mean: Array, sd: Array, farthest: float, rng: np.random.Generator
) -> Array:
    """One effect for each row and draw, (n_rows, n_draws), from the density between many points."""
    problem = Problem(rows, mean, sd, farthest)
    parts = list(problem.parts())
    grid = np.arange(CELLS + 1) / CELLS
    heights = np.stack([[problem.log_density(part.at(t)) for t in grid] for part in parts])
    heights = np.exp(heights - heights.max(axis=(0, 1)))
    widths = np.stack([part.width for part in parts])[:, None]
    mass = 0.5 * (heights[:, 1:] + heights[:, :-1]) * widths
    flat = mass.reshape(-1, *mean.shape)
    cumulated = np.cumsum(flat, axis=0)
    asked = rng.random(mean.shape) * cumulated[-1]
    cell = np.minimum(np.sum(cumulated < asked, axis=0), len(flat) - 1)
    which, place = np.divmod(cell, CELLS)
    rows_at, draws_at = np.indices(mean.shape)
    low, high = (heights[which, place + k, rows_at, draws_at] for k in (0, 1))
    # within a cell the density is a straight line, whose distribution function is a parabola
    u = rng.random(mean.shape)
    root = np.sqrt(low * low * (1.0 - u) + high * high * u)
    inside = np.where(low + root > 0.0, u * (low + high) / np.maximum(low + root, 1e-300), u)
    starts, ways = np.stack([part.start for part in parts]), np.array([p.way for p in parts])
    width = widths[which, 0, rows_at, draws_at]
    return starts[which, rows_at, draws_at] + ways[which] * width * (place + inside) / CELLS
