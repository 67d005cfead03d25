"""Coordinates in which a posterior is near normal even where the data say little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from bayespool.hierarchy import Hierarchy
from bayespool.integration import Rule

Array = np.ndarray
FARTHEST = 4.5  # of the mode, in prior standard deviations; beyond, prior quantiles lose digits
EDGE = 1e-15
STEP = 0.05
LOG_ROOT = 0.5 * np.log(2.0 * np.pi)
HALF_NORMAL_MEDIAN = 0.6744897501960817


@dataclass(frozen=True)
class Ridge:
    """Two standard deviations of which the data tell the sum of squares, not the shares.

    In units of their priors' scales they have a radius and an angle: ``y1`` is the normal score of
    a Rayleigh radius, ``y2`` that of a uniform angle. Half-normal priors make both standard normal.

    Parameters
    ----------
    first, second : int
        Their places in theta.
    log_scales : tuple of float
        Logarithms of the scales of half-normal priors with the same medians.
    """

    first: int
    second: int
    log_scales: tuple[float, float]

    def to_logs(self, y: Array) -> Array:
        """Logarithms of the two from their coordinates, shape (2, n_draws)."""
        log_radius = 0.5 * self._log_square(y[0])
        angle = np.stack([self._log_sine(-y[1]), self._log_sine(y[1])])
        return log_radius + angle + np.array(self.log_scales)[:, None]

    def from_logs(self, logs: Array) -> Array:
        """The inverse of `to_logs`."""
        x, z = np.exp(logs - np.array(self.log_scales)[:, None])
        square = 0.5 * (x * x + z * z)
        below = special.ndtri(-np.expm1(-square))
        radius = np.where(square < 0.7, below, -special.ndtri_exp(-square))
        share = np.where(x > z, np.arctan2(z, x), 0.5 * np.pi - np.arctan2(x, z)) / (0.5 * np.pi)
        other = np.arctan2(x, z) / (0.5 * np.pi)
        return np.stack([radius, np.where(x > z, special.ndtri(share), -special.ndtri(other))])

    def log_jacobian(self, y: Array) -> Array:
        """Log of d logs / d y."""
        log_density = -0.5 * (y * y).sum(axis=0) - 2.0 * LOG_ROOT + np.log(0.5 * np.pi)
        out = log_density - special.log_ndtr(-y[0]) - self._log_square(y[0])
        return out - self._log_sine(y[1]) - self._log_sine(-y[1])

    @staticmethod
    def _log_square(y: Array) -> Array:
        """Log of the squared radius."""
        return np.log(2.0) + np.log(np.maximum(-special.log_ndtr(-y), 1e-300))

    @staticmethod
    def _log_sine(y: Array) -> Array:
        return np.log(np.maximum(np.sin(0.5 * np.pi * special.ndtr(y)), 1e-300))


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The unconstrained hyperparameters, positive ones by the normal score of their prior.

    ``y = Phi^-1(F(tau))`` with F the prior's distribution function: standard normal a priori, where
    log(tau) has one long tail. Parameters far from their prior keep the logarithm; pairs on a
    ridge have coordinates of their own.
    """

    hierarchy: Hierarchy
    scored: tuple[int, ...]
    ridges: tuple[Ridge, ...] = ()

    @classmethod
    def at(cls, hierarchy: Hierarchy, mode: Array) -> Coordinates:
        """Coordinates for a posterior with this mode."""
        priors = list(hierarchy.positive.values())
        first, names = len(hierarchy.real), list(hierarchy.positive)

        def near(index: int) -> bool:
            return abs(float(_score(priors[index - first], mode[index]))) < FARTHEST

        ridges = []
        for pair in hierarchy.ridges:
            a, b = (first + names.index(name) for name in pair)
            if near(a) and near(b):
                medians = [float(priors[i - first].ppf(np.array(0.5))) for i in (a, b)]
                scales = np.log(np.array(medians) / HALF_NORMAL_MEDIAN)
                ridges.append(Ridge(a, b, (float(scales[0]), float(scales[1]))))
        taken = {i for ridge in ridges for i in (ridge.first, ridge.second)}
        places = range(first, first + len(priors))
        scored = tuple(i for i in places if i not in taken and near(i))
        return cls(hierarchy, scored, tuple(ridges))

    def _prior(self, index: int) -> Any:
        return list(self.hierarchy.positive.values())[index - len(self.hierarchy.real)]

    def theta(self, y: Array) -> Array:
        """Unconstrained hyperparameters, shape (n_hyper, n_draws)."""
        out = y.copy()
        for i in self.scored:
            out[i] = _log_quantile(self._prior(i), y[i])
        for ridge in self.ridges:
            pair = [ridge.first, ridge.second]
            out[pair] = ridge.to_logs(y[pair])
        return out

    def from_theta(self, theta: Array) -> Array:
        """The inverse of `theta`, shape (n_hyper, n_draws)."""
        y = theta.copy()
        for i in self.scored:
            y[i] = _score(self._prior(i), theta[i])
        for ridge in self.ridges:
            pair = [ridge.first, ridge.second]
            y[pair] = ridge.from_logs(theta[pair])
        return y

    def from_mode(self, mode: Array, cov: Array) -> tuple[Array, Array]:
        """Mode and covariance in these coordinates."""
        d = len(mode)
        y = self.from_theta(mode[:, None])
        ends = self.theta(y + STEP * np.concatenate([np.eye(d), -np.eye(d)], axis=1))
        slope = (ends[:, :d] - ends[:, d:]) / (2.0 * STEP)
        # where a quantile function is flat the mode's own width says nothing
        slope[np.diag_indices(d)] = np.where(np.diag(slope) == 0.0, 1e-12, np.diag(slope))
        inverse = np.linalg.pinv(slope)
        return y[:, 0], inverse @ cov @ inverse.T + 1e-10 * np.eye(d)

    def log_density(self, y: Array, rule: Rule) -> Array:
        """Unnormalised log posterior density in these coordinates, (n_draws,)."""
        theta = self.theta(y)
        return self._within_reach(self.hierarchy.log_posterior(theta, rule), y, theta)

    def log_prior(self, y: Array) -> Array:
        """Log prior density in these coordinates, (n_draws,)."""
        theta = self.theta(y)
        # a standard deviation beyond double precision has density zero
        with np.errstate(over="ignore", invalid="ignore"):
            return self._within_reach(self.hierarchy.log_prior(theta), y, theta)

    def _within_reach(self, log_density: Array, y: Array, theta: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            out = log_density + self.log_jacobian(y, theta)
        return np.where(np.isnan(out), -np.inf, out)

    def log_jacobian(self, y: Array, theta: Array) -> Array:
        """Log of d theta / d y."""
        total = np.zeros(y.shape[1])
        for i in self.scored:
            normal = -0.5 * y[i] ** 2 - LOG_ROOT
            total += normal - self._prior(i).logpdf(np.exp(theta[i])) - theta[i]
        for ridge in self.ridges:
            total += ridge.log_jacobian(y[[ridge.first, ridge.second]])
        return total


def _log_quantile(prior: Any, y: Array) -> Array:
    u = np.clip(special.ndtr(y), EDGE, 1.0 - EDGE)
    return np.log(np.maximum(prior.ppf(u), 1e-300))


def _score(prior: Any, log_value: Array) -> Array:
    """Normal score of a value, from the prior's quantiles."""
    y = np.linspace(-7.5, 7.5, 1201)
    return np.interp(log_value, _log_quantile(prior, y), y)
