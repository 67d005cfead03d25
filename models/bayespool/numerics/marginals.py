"""Posterior marginals known up to a one- or two-dimensional grid: exact summaries, no draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

Array = np.ndarray
Function = Callable[[Array], Array]
REFINEMENTS = 4  # times that the grid of a quantity is halved for its quantiles


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
    nodes : int
        Of the Gauss-Hermite rule of `expect`.
    """

    weight: Array
    centre: Array
    spread: Array
    nodes: int = 41

    def coarser(self) -> NormalMixture:
        """The same with half the nodes, to see what their number does."""
        return replace(self, nodes=self.nodes // 2)

    def expect(self, function: Function) -> float:
        """Mean of a function of the quantity."""
        z, w = np.polynomial.hermite_e.hermegauss(self.nodes)
        values = function(self.centre[:, None] + self.spread[:, None] * z)
        return float(self.weight @ (values @ w) / w.sum())

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
        near = 1e-12 * self.sd
        for _ in range(100):
            excess = self.cdf(x) - p
            high, low = np.where(excess > 0, x, high), np.where(excess > 0, low, x)
            new = x - excess / np.maximum(self.pdf(x), 1e-300)
            # a settled point is an end of its own bracket, and no reason to halve that
            settled = np.abs(new - x) < near
            if settled.all():
                return new
            x = np.where(settled | ((new > low) & (new < high)), new, 0.5 * (low + high))
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

    @cached_property
    def _fine(self) -> tuple[Array, Array]:
        """Axis and density with new points between, from cubics through the log density."""
        log_density = np.log(np.maximum(self.density, 1e-300))
        for _ in range(REFINEMENTS):
            log_density = _halved(log_density)
        return np.linspace(self.axis[0], self.axis[-1], log_density.size), np.exp(log_density)

    def expect(self, function: Function) -> float:
        """Mean of a function of the quantity."""
        w = self.density.copy()
        w[[0, -1]] *= 0.5
        return float(w @ function(np.exp(self.axis)) / w.sum())

    @property
    def mean(self) -> float:
        return self.expect(lambda x: x)

    @property
    def sd(self) -> float:
        return float(np.sqrt(self.expect(lambda x: (x - self.mean) ** 2)))

    def cdf(self, x: Array) -> Array:
        axis, density = self._fine
        cell = 0.5 * (density[1:] + density[:-1])
        cumulative = np.concatenate([[0.0], np.cumsum(cell)])
        with np.errstate(divide="ignore"):
            at = np.log(np.maximum(np.atleast_1d(np.asarray(x, float)), 0.0))
        position = np.clip((at - axis[0]) / (axis[1] - axis[0]), 0.0, len(axis) - 1.0)
        index = np.minimum(position.astype(int), len(axis) - 2)
        t = position - index
        f0, f1 = density[index], density[index + 1]
        part = t * (f0 + 0.5 * t * (f1 - f0))
        return (cumulative[index] + part) / cumulative[-1]

    def quantile(self, p: Array) -> Array:
        p = np.atleast_1d(np.asarray(p, float))
        axis, density = self._fine
        cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
        index = np.clip(np.searchsorted(cumulative, p * cumulative[-1], side="right") - 1, 0,
                        len(axis) - 2)  # fmt: skip
        f0, slope = density[index], density[index + 1] - density[index]
        rest = p * cumulative[-1] - cumulative[index]
        root = np.sqrt(np.maximum(f0 * f0 + 2.0 * slope * rest, 0.0))
        part = np.clip(2.0 * rest / np.maximum(f0 + root, 1e-300), 0.0, 1.0)
        return np.exp(axis[index] + (axis[1] - axis[0]) * part)


def _halved(f: Array) -> Array:
    """Values at the even points of a grid, and between them by cubics through the nearest four."""
    out = np.empty(2 * f.size - 1)
    out[::2] = f
    out[3:-3:2] = (9.0 * (f[1:-2] + f[2:-1]) - f[:-3] - f[3:]) / 16.0
    out[1] = (3.0 * f[0] + 6.0 * f[1] - f[2]) / 8.0
    out[-2] = (3.0 * f[-1] + 6.0 * f[-2] - f[-3]) / 8.0
    return out


@dataclass(frozen=True, eq=False)
class Transformed:
    """An increasing function of a quantity with a known marginal.

    Parameters
    ----------
    base : NormalMixture or LogGrid
    forward, inverse : callable
        The function and its inverse, on arrays.
    """

    base: NormalMixture | LogGrid
    forward: Function
    inverse: Function

    def coarser(self) -> Transformed:
        """The same of the coarser base, to see what its grid or nodes do."""
        return replace(self, base=self.base.coarser())

    @property
    def mean(self) -> float:
        return self.base.expect(self.forward)

    @property
    def sd(self) -> float:
        mean = self.mean
        return float(np.sqrt(self.base.expect(lambda x: (self.forward(x) - mean) ** 2)))

    def cdf(self, x: Array) -> Array:
        return self.base.cdf(self.inverse(np.atleast_1d(np.asarray(x, float))))

    def quantile(self, p: Array) -> Array:
        return self.forward(self.base.quantile(p))


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
