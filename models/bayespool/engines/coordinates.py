"""Coordinates in which a posterior is near normal even where the data say little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from bayespool.hierarchy import Hierarchy

Array = np.ndarray
FARTHEST = 4.5  # of the mode, in prior standard deviations; beyond, prior quantiles lose digits
EDGE = 1e-15


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The unconstrained hyperparameters, positive ones by the normal score of their prior.

    ``y = Phi^-1(F(tau))`` with F the prior's distribution function: standard normal a priori, where
    log(tau) has one long tail. Parameters far from their prior keep the logarithm.
    """

    hierarchy: Hierarchy
    scored: tuple[int, ...]

    @classmethod
    def at(cls, hierarchy: Hierarchy, mode: Array) -> Coordinates:
        """Coordinates for a posterior with this mode."""
        first = len(hierarchy.real)
        scored = tuple(
            first + i
            for i, prior in enumerate(hierarchy.positive.values())
            if abs(_score(prior, mode[first + i])) < FARTHEST
        )
        return cls(hierarchy, scored)

    def _prior(self, index: int) -> object:
        return list(self.hierarchy.positive.values())[index - len(self.hierarchy.real)]

    def theta(self, y: Array) -> Array:
        """Unconstrained hyperparameters, shape (n_hyper, n_draws)."""
        out = y.copy()
        for i in self.scored:
            out[i] = _log_quantile(self._prior(i), y[i])
        return out

    def from_mode(self, mode: Array, cov: Array) -> tuple[Array, Array]:
        """Mode and covariance in these coordinates."""
        y, slope = mode.copy(), np.ones(len(mode))
        for i in self.scored:
            y[i] = _score(self._prior(i), mode[i])
            step = 0.05
            ends = _log_quantile(self._prior(i), y[i] + np.array([-step, step]))
            slope[i] = 2.0 * step / max(float(ends[1] - ends[0]), 1e-12)
        return y, cov * np.outer(slope, slope)

    def log_density(self, y: Array, nodes: int) -> Array:
        """Unnormalised log posterior density in these coordinates, (n_draws,)."""
        theta = self.theta(y)
        return self.hierarchy.log_posterior(theta, nodes) + self.log_jacobian(y, theta)

    def log_prior(self, y: Array) -> Array:
        """Log prior density in these coordinates, (n_draws,)."""
        theta = self.theta(y)
        return self.hierarchy.log_prior(theta) + self.log_jacobian(y, theta)

    def log_jacobian(self, y: Array, theta: Array) -> Array:
        """Log of d theta / d y."""
        total = np.zeros(y.shape[1])
        for i in self.scored:
            normal = -0.5 * y[i] ** 2 - 0.5 * np.log(2.0 * np.pi)
            total += normal - self._prior(i).logpdf(np.exp(theta[i])) - theta[i]  # type: ignore[attr-defined]
        return total


def _log_quantile(prior: object, y: Array) -> Array:
    u = np.clip(special.ndtr(y), EDGE, 1.0 - EDGE)
    return np.log(np.maximum(prior.ppf(u), 1e-300))  # type: ignore[attr-defined]


def _score(prior: object, log_value: float) -> float:
    """Normal score of a value, from the prior's quantiles."""
    y = np.linspace(-7.5, 7.5, 1201)
    return float(np.interp(log_value, _log_quantile(prior, y), y))
