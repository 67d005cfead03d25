"""Posterior marginals known up to a one- or two-dimensional grid: exact summaries, no draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

Array = np.ndarray


class Marginal(Protocol):
    """A continuous distribution with exact summaries."""

    @property
    def mean(self) -> float: ...

    @property
    def sd(self) -> float: ...

    def cdf(self, x: Array) -> Array: ...

    def quantile(self, p: Array) -> Array: ...


@dataclass(frozen=True, eq=False)
class NormalMixture:
    """A mixture of normals, such as a coefficient over the grid of standard deviations.

    Parameters
    ----------
    weight, centre, spread : array, shape (n,)
        Weights sum to one; spreads are standard deviations.
    """

    weight: Array
    centre: Array
    spread: Array

    @property
    def mean(self) -> float:
        return float(self.weight @ self.centre)

    @property
    def sd(self) -> float:
        second = self.weight @ (self.spread**2 + (self.centre - self.mean) ** 2)
        return float(np.sqrt(second))

    def cdf(self, x: Array) -> Array:
        z = (np.atleast_1d(x)[:, None] - self.centre) / self.spread
        return ndtr(z) @ self.weight

    def pdf(self, x: Array) -> Array:
        z = (np.atleast_1d(x)[:, None] - self.centre) / self.spread
        return np.exp(-0.5 * z * z) @ (self.weight / self.spread) / np.sqrt(2.0 * np.pi)

    def quantile(self, p: Array) -> Array:
        """By Newton's method, held inside a shrinking bracket."""
        p = np.atleast_1d(np.asarray(p, float))
        reach = 12.0 * self.spread.max() + np.ptp(self.centre)
        low, high = np.full(p.shape, self.mean - reach), np.full(p.shape, self.mean + reach)
        x = np.clip(self.mean + self.sd * ndtri(p), low, high)
        for _ in range(100):
            excess = self.cdf(x) - p
            high, low = np.where(excess > 0, x, high), np.where(excess > 0, low, x)
            new = x - excess / np.maximum(self.pdf(x), 1e-300)
            new = np.where((new > low) & (new < high), new, 0.5 * (low + high))
            if np.all(np.abs(new - x) < 1e-12 * self.sd):
                return new
            x = new
        return x


@dataclass(frozen=True, eq=False)
class ExpOf:
    """The exponential of a normal mixture, such as a ratio whose logarithm was analysed."""

    log: NormalMixture

    @property
    def mean(self) -> float:
        return self._moment(1.0)

    @property
    def sd(self) -> float:
        """Infinite, like the mean, where a heavy-tailed standard deviation makes it so."""
        return float(np.sqrt(np.maximum(self._moment(2.0) - self.mean**2, 0.0)))

    def _moment(self, power: float) -> float:
        with np.errstate(over="ignore"):
            each = np.exp(power * self.log.centre + 0.5 * (power * self.log.spread) ** 2)
        return float(self.log.weight @ each)

    def cdf(self, x: Array) -> Array:
        with np.errstate(divide="ignore"):
            return self.log.cdf(np.log(np.maximum(np.atleast_1d(np.asarray(x, float)), 0.0)))

    def quantile(self, p: Array) -> Array:
        return np.exp(self.log.quantile(p))


@dataclass(frozen=True, eq=False)
class LogGrid:
    """A positive quantity whose logarithm has its density on an even grid.

    Parameters
    ----------
    axis : array, shape (n,)
        Logarithms, evenly spaced.
    density : array, shape (n,)
        Proportional to the density of the logarithm.
    """

    axis: Array
    density: Array

    def coarser(self) -> LogGrid:
        """The same with every second point left out, to see what the spacing does."""
        return LogGrid(self.axis[::2], self.density[::2])

    @property
    def _weight(self) -> Array:
        w = self.density.copy()
        w[[0, -1]] *= 0.5
        return w / w.sum()

    @property
    def mean(self) -> float:
        return float(self._weight @ np.exp(self.axis))

    @property
    def sd(self) -> float:
        return float(np.sqrt(self._weight @ (np.exp(self.axis) - self.mean) ** 2))

    def cdf(self, x: Array) -> Array:
        cell = 0.5 * (self.density[1:] + self.density[:-1])
        cumulative = np.concatenate([[0.0], np.cumsum(cell)])
        with np.errstate(divide="ignore"):
            at = np.log(np.maximum(np.atleast_1d(np.asarray(x, float)), 0.0))
        h = self.axis[1] - self.axis[0]
        position = np.clip((at - self.axis[0]) / h, 0.0, len(self.axis) - 1.0)
        index = np.minimum(position.astype(int), len(self.axis) - 2)
        t = position - index
        f0, f1 = self.density[index], self.density[index + 1]
        part = t * (f0 + 0.5 * t * (f1 - f0))
        return (cumulative[index] + part) / cumulative[-1]

    def quantile(self, p: Array) -> Array:
        p = np.atleast_1d(np.asarray(p, float))
        cumulative = np.concatenate(
            [[0.0], np.cumsum(0.5 * (self.density[1:] + self.density[:-1]))]
        )
        index = np.clip(np.searchsorted(cumulative, p * cumulative[-1], side="right") - 1, 0,
                        len(self.axis) - 2)  # fmt: skip
        f0, slope = self.density[index], self.density[index + 1] - self.density[index]
        rest = p * cumulative[-1] - cumulative[index]
        root = np.sqrt(np.maximum(f0 * f0 + 2.0 * slope * rest, 0.0))
        part = np.clip(2.0 * rest / np.maximum(f0 + root, 1e-300), 0.0, 1.0)
        return np.exp(self.axis[index] + (self.axis[1] - self.axis[0]) * part)


def shortest_interval(marginal: Marginal, prob: float = 0.95) -> tuple[float, float]:
    """The shortest interval with probability `prob` of a unimodal distribution."""
    tail = 1.0 - prob
    low, high = 0.0, 1.0  # share of the tail probability that lies below
    golden = 0.5 * (np.sqrt(5.0) - 1.0)

    def ends(share: float) -> Array:
        below = np.clip(share * tail, 1e-12, tail - 1e-12)
        return marginal.quantile(np.array([below, below + prob]))

    def width(share: float) -> float:
        lower, upper = ends(share)
        return float(upper - lower)

    a, b = high - golden * (high - low), low + golden * (high - low)
    fa, fb = width(a), width(b)
    for _ in range(40):
        if fa < fb:
            high, b, fb = b, a, fa
            a = high - golden * (high - low)
            fa = width(a)
        else:
            low, a, fa = a, b, fb
            b = low + golden * (high - low)
            fb = width(b)
    best = min((0.0, 0.5 * (low + high), 1.0), key=width)
    lower, upper = ends(best)
    return float(lower), float(upper)
