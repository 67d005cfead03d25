"""Likelihoods of one row given its linear predictor, in the form Newton's method wants.

Each class holds the observed rows and gives, for a matrix of linear predictors with one line per
row, the log likelihood, its slope and its (expected) curvature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy import special

from bayespool.numerics.links import Link, link

Array = np.ndarray


class RowLikelihood(Protocol):
    """What the integrator asks of a likelihood. ``eta`` has shape (..., n_rows, n_draws)."""

    @property
    def exact(self) -> bool:
        """Quadratic in eta, so that the Laplace step is the integral."""
        ...

    @property
    def link_name(self) -> str: ...

    def __len__(self) -> int: ...

    def take(self, rows: Array) -> RowLikelihood: ...

    def observed(self) -> Array:
        """What was observed, shape (n_rows,)."""
        ...

    def log_density(self, eta: Array) -> Array:
        """Log likelihood per row without the terms that do not depend on ``eta``."""
        ...

    def log_constant(self) -> Array:
        """The terms left out of `log_density`, shape (n_rows,)."""
        ...

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        """First derivative and expected negative second derivative."""
        ...

    def start(self) -> tuple[Array, Array]:
        """Each row's own estimate of eta and its weight, shape (n_rows,), before any model."""
        ...

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """New observations from the same designs; ``eta`` has shape (n_draws, n_rows)."""
        ...


@dataclass(frozen=True, eq=False)
class Binomial:
    """``successes ~ Binomial(trials, link^-1(eta))``.

    Parameters
    ----------
    successes, trials : array of int, shape (n_rows,)
        Zero trials are legal and carry no information.
    link_name : {"logit", "probit", "cloglog"}
    """

    successes: Array
    trials: Array
    link_name: str = "logit"
    exact: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def _link(self) -> Link:
        return link(self.link_name)

    def observed(self) -> Array:
        return self.successes

    def take(self, rows: Array) -> Binomial:
        return Binomial(self.successes[rows], self.trials[rows], self.link_name)

    def log_density(self, eta: Array) -> Array:
        y = self.successes[:, None].astype(float)
        n = self.trials[:, None].astype(float)
        if self.link_name == "logit":
            # y*eta - n*log(1 + exp(eta)); beyond 700 the logarithm is eta itself
            out = np.exp(eta if eta.max(initial=0.0) < 700.0 else np.minimum(eta, 700.0))
            np.log1p(out, out=out)
            if eta.max(initial=0.0) >= 700.0:
                out += np.maximum(eta - 700.0, 0.0)
            out *= -n
            out += y * eta
            return out
        chosen = self._link
        # a term with a zero count is zero even where its logarithm is minus infinity
        hits = np.where(y > 0, y * np.maximum(chosen.log_inverse(eta), -1e300), 0.0)
        return hits + np.where(n > y, (n - y) * np.maximum(chosen.log_complement(eta), -1e300), 0.0)

    def log_constant(self) -> Array:
        y, n = self.successes, self.trials
        return special.gammaln(n + 1.0) - special.gammaln(y + 1.0) - special.gammaln(n - y + 1.0)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        y = self.successes[:, None].astype(float)
        n = self.trials[:, None].astype(float)
        if self.link_name == "logit":
            # vectorised by NumPy, which scipy's expit is not; eta below -700 underflows to 0
            p = np.exp(np.minimum(-eta, 700.0))
            p += 1.0
            np.reciprocal(p, out=p)
            weight = p * (1.0 - p)
            weight *= n
            return y - n * p, weight
        chosen = self._link
        log_p, log_q = chosen.log_inverse(eta), chosen.log_complement(eta)
        density = np.maximum(chosen.density(eta), 1e-300)
        log_density = np.log(density)
        slope = y * np.exp(log_density - log_p) - (n - y) * np.exp(
            np.minimum(log_density - log_q, 600.0)
        )
        weight = n * np.exp(np.clip(2.0 * log_density - log_p - log_q, -600.0, 600.0))
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        p = (self.successes + 0.5) / (self.trials + 1.0)
        eta = self._link.forward(p)
        weight = self.trials * self._link.density(eta) ** 2 / (p * (1.0 - p))
        return eta, weight

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        return rng.binomial(self.trials, self._link.inverse(eta))


@dataclass(frozen=True, eq=False)
class Gaussian:
    """``y ~ Normal(eta, se)`` with known standard errors; integrals over study effects are exact.

    Parameters
    ----------
    y, se : array of float, shape (n_rows,)
    """

    y: Array
    se: Array
    exact: bool = field(default=True, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.y)

    def observed(self) -> Array:
        return self.y

    def take(self, rows: Array) -> Gaussian:
        return Gaussian(self.y[rows], self.se[rows])

    def log_density(self, eta: Array) -> Array:
        z = (self.y[:, None] - eta) / self.se[:, None]
        return -0.5 * z * z

    def log_constant(self) -> Array:
        return -np.log(self.se) - 0.5 * np.log(2.0 * np.pi)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        precision = 1.0 / self.se[:, None] ** 2
        return (self.y[:, None] - eta) * precision, np.broadcast_to(precision, eta.shape)

    def start(self) -> tuple[Array, Array]:
        return self.y.astype(float), 1.0 / self.se**2

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        return eta + self.se * rng.standard_normal(eta.shape)
