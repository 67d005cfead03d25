"""Hyperparameters: their names and priors, and the unconstrained numbers that engines work with.

``theta`` has them in order, shape (n_hyper, n_draws): unbounded ones, logarithms of the positive
ones, inverse hyperbolic tangents of the partial correlations of each covariance, and normal scores
of shares between 0 and 1 (standard normal under their priors).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from bayespool.covariance import Covariance
from bayespool.priors import LARGEST

Array = np.ndarray


class Hyperparameters:
    """What has hyperparameters says which: the three properties here; the rest follows.

    Attributes
    ----------
    real, positive : dict of str to prior
        Unbounded ones, and positive ones, which are unconstrained as logarithms.
    covariances : tuple of Covariance
        Theirs are among the positive ones; their correlations follow in this order.
    unit : dict of str to Beta
        Shares between 0 and 1, last; none unless a class says so.
    exceeding : tuple of (str, str)
        Pairs of shares whose sum is above 1; the prior is zero elsewhere.
    """

    real: Any
    positive: Any
    exceeding: tuple[tuple[str, str], ...] = ()

    @property
    def covariances(self) -> tuple[Covariance, ...]:
        raise NotImplementedError

    @property
    def unit(self) -> dict[str, Any]:
        return {}

    @property
    def correlations(self) -> tuple[str, ...]:
        """Names of the correlations."""
        return tuple(name for sigma in self.covariances for name in sigma.correlations)

    @cached_property
    def priors(self) -> dict[str, Any]:
        """The prior of every hyperparameter by itself."""
        of_correlations: dict[str, Any] = {}
        for sigma in self.covariances:
            of_correlations |= sigma.marginals
        return self.real | self.positive | of_correlations | self.unit

    @property
    def names(self) -> tuple[str, ...]:
        """Hyperparameters in order: unbounded, positive, correlations, shares."""
        return (*self.real, *self.positive, *self.correlations, *self.unit)

    def split(self, theta: Array) -> tuple[Array, dict[str, Array], list[Array]]:
        """Unbounded ones, logarithms of the positive by name, atanh correlations by covariance."""
        p, n = len(self.real), len(self.positive)
        ends = np.cumsum([p + n] + [len(sigma.correlations) for sigma in self.covariances])
        z = [theta[a:b] for a, b in pairwise(ends)]
        return theta[:p], dict(zip(self.positive, theta[p : p + n], strict=True)), z

    def scores(self, theta: Array) -> dict[str, Array]:
        """Normal scores of the shares by name, each of shape (n_draws,)."""
        return dict(zip(self.unit, theta[len(theta) - len(self.unit) :], strict=True))

    def shares(self, theta: Array, names: Iterable[str]) -> list[Array]:
        """Some of the shares, each of shape (n_draws,)."""
        scores = self.scores(theta)
        return [np.asarray(self.unit[name].ppf(special.ndtr(scores[name]))) for name in names]

    def exceeds(self, theta: Array) -> Array:
        """Where every pair of shares that has to exceed 1 does, (n_draws,)."""
        out = np.ones(theta.shape[1], bool)
        for pair in self.exceeding:
            out &= sum(self.shares(theta, pair)) > 1.0
        return out

    def natural(self, theta: Array) -> dict[str, Array]:
        """Named hyperparameters from the unconstrained ones, each of shape (n_draws,).

        Parameters
        ----------
        theta : array, shape (n_hyper, n_draws)
            Coefficients, log standard deviations, atanh partial correlations.
        """
        real, logs, z = self.split(theta)
        out = dict(zip(self.real, real, strict=True))
        out |= {name: np.exp(value) for name, value in logs.items()}
        for sigma, own in zip(self.covariances, z, strict=True):
            out |= sigma.natural(own)
        return out | {
            name: self.unit[name].ppf(special.ndtr(score))
            for name, score in self.scores(theta).items()
        }

    def unconstrained(self, natural: dict[str, Array]) -> Array:
        """The inverse of `natural`, shape (n_hyper, n_draws)."""
        parts = [np.asarray(natural[name], float) for name in self.real]
        parts += [np.log(natural[name]) for name in self.positive]
        for sigma in self.covariances:
            parts += sigma.unconstrained(natural)
        for name, prior in self.unit.items():
            share = np.clip(prior.cdf(np.asarray(natural[name], float)), 1e-300, 1.0 - 1e-16)
            parts.append(special.ndtri(share))
        return np.stack(parts)

    def log_prior(self, theta: Array) -> Array:
        """Log prior density of the unconstrained hyperparameters, shape (n_draws,)."""
        real, logs, z = self.split(theta)
        total = np.zeros(theta.shape[1])
        for value, prior in zip(real, self.real.values(), strict=True):
            total += prior.logpdf(value)
        for name, prior in self.positive.items():
            total += prior.logpdf(np.exp(logs[name])) + logs[name]
        for sigma, own in zip(self.covariances, z, strict=True):
            total += sigma.log_prior(own)
        for score in self.scores(theta).values():
            total += -0.5 * score * score - 0.5 * np.log(2.0 * np.pi)
        return np.where(self.exceeds(theta), total, -np.inf) if self.exceeding else total

    def log_prior_by_name(self, theta: Array) -> dict[str, Array]:
        """Log prior density of each hyperparameter on its own scale, up to constants.

        Each of shape (n_draws,); several correlations of one covariance have one density,
        proportional to ``det(R)^(eta - 1)``, under the name of the first.
        """
        real, logs, z = self.split(theta)
        found = {n: p.logpdf(x) for (n, p), x in zip(self.real.items(), real, strict=True)}
        found |= {name: prior.logpdf(np.exp(logs[name])) for name, prior in self.positive.items()}
        for sigma, own in zip(self.covariances, z, strict=True):
            if sigma.prior is not None:
                log_det = 2.0 * (np.log(2.0) - np.logaddexp(own, -own)).sum(axis=0)
                found[sigma.correlations[0]] = (sigma.prior.eta - 1.0) * log_det
        for name, score in self.scores(theta).items():
            found[name] = self.unit[name].logpdf(self.unit[name].ppf(special.ndtr(score)))
        return found

    def draw_prior(self, n_draws: int, rng: np.random.Generator) -> Array:
        """Unconstrained hyperparameters from the prior, shape (n_hyper, n_draws)."""
        drawn = self._draw_each(n_draws, rng)
        outside = np.flatnonzero(~self.exceeds(drawn))
        while outside.size:
            drawn[:, outside] = self._draw_each(outside.size, rng)
            outside = outside[~self.exceeds(drawn[:, outside])]
        return drawn

    def _draw_each(self, n_draws: int, rng: np.random.Generator) -> Array:
        parts = [prior.ppf(rng.random(n_draws)) for prior in self.real.values()]
        for prior in self.positive.values():  # mass beyond what can be computed lies at its edge
            value = prior.ppf(rng.random(n_draws))
            parts.append(np.log(np.clip(value, 1.0 / LARGEST, LARGEST)))
        for sigma in self.covariances:
            parts += sigma.draw_prior(n_draws, rng)
        parts += [rng.standard_normal(n_draws) for _ in self.unit]
        return np.stack(parts)
