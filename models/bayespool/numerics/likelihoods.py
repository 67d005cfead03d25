"""Likelihoods of complete rows: binomial, beta-binomial, normal."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.hypergeometric import log_choose
from bayespool.numerics.links import Link, link
from bayespool.numerics.row_likelihood import SeparateRows

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Binomial(SeparateRows):
    """``successes ~ Binomial(trials, link^-1(eta))``.

    Parameters
    ----------
    successes, trials : array of int, shape (n_rows,)
        Zero trials are allowed and carry no information.
    link_name : {"logit", "probit", "cloglog"}
    weight : array of float, shape (n_rows,), optional
        Power of each row's likelihood, below one where rows repeat patients: the counts then tell
        as much as ``weight`` times as many would (Rao & Scott 1992, Biometrics 48:577-585).
    """

    successes: Array
    trials: Array
    link_name: str = "logit"
    weight: Array | None = None
    exact: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def _link(self) -> Link:
        return link(self.link_name)

    @cached_property
    def _told(self) -> tuple[Array, Array]:
        """Successes and trials as far as they count, (n_rows, 1) each."""
        y, n = self.successes[:, None].astype(float), self.trials[:, None].astype(float)
        if self.weight is None:
            return y, n
        return y * self.weight[:, None], n * self.weight[:, None]

    def observed(self) -> Array:
        return self.successes

    def as_shown(self) -> tuple[Array, Array]:
        return self.successes.astype(float), self.trials.astype(float)

    def take(self, rows: Array) -> Binomial:
        weight = None if self.weight is None else self.weight[rows]
        return Binomial(self.successes[rows], self.trials[rows], self.link_name, weight)

    def log_density(self, eta: Array) -> Array:
        y, n = self._told
        if self.link_name == "logit":
            # y*eta - n*log(1 + exp(eta)); beyond 700 the logarithm is eta itself
            out = np.exp(eta if eta.max(initial=0.0) < 700.0 else np.minimum(eta, 700.0))
            out += 1.0
            np.log(out, out=out)  # to 1e-16, in a third of the time of log1p
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
        total = special.gammaln(n + 1.0) - special.gammaln(y + 1.0)
        total -= special.gammaln(n - y + 1.0)
        return (total if self.weight is None else total * self.weight)[:, None]

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        y, n = self._told
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
        weight = self._told[1][:, 0] * self._link.density(eta) ** 2 / (p * (1.0 - p))
        return eta[:, None], weight[:, None]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        return rng.binomial(self.trials[:, None], self._link.inverse(eta))


@dataclass(frozen=True, eq=False)
class BetaBinomialRows(SeparateRows):
    """Counts whose proportions are beta distributed around ``expit(eta)``.

    Parameters
    ----------
    successes, trials : array of int, shape (n_rows,)
    overdispersion : array, shape (n_rows, 1) or (n_rows, n_draws)
        ``1 / (alpha + beta)``.
    """

    successes: Array
    trials: Array
    overdispersion: Array
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="logit", init=False)

    def __len__(self) -> int:
        return len(self.trials)

    def part(self, draws: slice | Array) -> BetaBinomialRows:
        if self.overdispersion.shape[1] == 1:
            return self
        return BetaBinomialRows(self.successes, self.trials, self.overdispersion[:, draws])

    def observed(self) -> Array:
        return self.successes

    def as_shown(self) -> tuple[Array, Array]:
        return self.successes.astype(float), self.trials.astype(float)

    def take(self, rows: Array) -> BetaBinomialRows:
        return BetaBinomialRows(self.successes[rows], self.trials[rows], self.overdispersion[rows])

    def widened(self, *extra: Array) -> BetaBinomialRows:
        """The same rows with overdispersion `extra`, shape (n_draws,)."""
        psi = np.broadcast_to(np.clip(extra[0], 1e-9, 1e9), (len(self), extra[0].size))
        return BetaBinomialRows(self.successes, self.trials, psi)

    def _shapes(self, eta: Array) -> tuple[Array, Array]:
        p = special.expit(eta)
        return (np.maximum(p, 1e-300) / self.overdispersion,
                np.maximum(special.expit(-eta), 1e-300) / self.overdispersion)  # fmt: skip

    def log_density(self, eta: Array) -> Array:
        y, n = self.successes[:, None], self.trials[:, None]
        alpha, beta = self._shapes(eta)
        return special.betaln(alpha + y, beta + n - y) - special.betaln(alpha, beta)

    def log_constant(self) -> Array:
        return log_choose(self.trials, self.successes)[:, None]

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        y, n = self.successes[:, None], self.trials[:, None]
        alpha, beta = self._shapes(eta)
        slope = (alpha * beta * self.overdispersion) * (
            special.digamma(alpha + y) - special.digamma(alpha)
            - special.digamma(beta + n - y) + special.digamma(beta)
        )  # fmt: skip
        p = special.expit(eta)
        psi = self.overdispersion
        return slope, n * p * (1.0 - p) * (1.0 + psi) / (1.0 + n * psi)

    def start(self) -> tuple[Array, Array]:
        p = (self.successes + 0.5) / (self.trials + 1.0)
        return special.logit(p)[:, None], (self.trials * p * (1.0 - p))[:, None]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        alpha, beta = self._shapes(eta)
        return rng.binomial(self.trials[:, None], rng.beta(alpha, beta))


@dataclass(frozen=True, eq=False)
class Gaussian(SeparateRows):
    """``y ~ Normal(eta, se)`` with known standard errors; integrals over study effects are exact.

    Parameters
    ----------
    y : array of float, shape (n_rows,)
    se : array of float, shape (n_rows,) or (n_rows, n_draws)
    """

    y: Array
    se: Array
    exact: bool = field(default=True, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.y)

    def part(self, draws: slice | Array) -> Gaussian:
        return self if self.se.ndim == 1 else Gaussian(self.y, self.se[:, draws])

    def observed(self) -> Array:
        return self.y

    def take(self, rows: Array) -> Gaussian:
        return Gaussian(self.y[rows], self.se[rows])

    def log_density(self, eta: Array) -> Array:
        z = (self.y[:, None] - eta) / self._se
        return -0.5 * z * z

    def log_constant(self) -> Array:
        return -np.log(self._se) - 0.5 * np.log(2.0 * np.pi)

    @property
    def _se(self) -> Array:
        return self.se if self.se.ndim == 2 else self.se[:, None]

    def widened(self, *extra: Array) -> Gaussian:
        """The same rows with an independent normal effect of SD `extra`, (n_draws,), on each."""
        return Gaussian(self.y, np.sqrt(self._se**2 + extra[0] ** 2))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        precision = 1.0 / self._se**2
        return (self.y[:, None] - eta) * precision, np.broadcast_to(precision, eta.shape)

    def start(self) -> tuple[Array, Array]:
        return self.y.astype(float)[:, None], 1.0 / self._se**2

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        return eta + self._se * rng.standard_normal(eta.shape)


@dataclass(frozen=True, eq=False)
class Silent(SeparateRows):
    """Rows whose likelihood is 1 whatever their predictor.

    Parameters
    ----------
    count : int
    """

    count: int
    exact: bool = field(default=True, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return self.count

    def observed(self) -> Array:
        """Not a number: nothing was observed that tells anything."""
        return np.full(self.count, np.nan)

    def take(self, rows: Array) -> Silent:
        return Silent(len(rows))

    def widened(self, *extra: Array) -> Silent:
        return self

    def log_density(self, eta: Array) -> Array:
        return np.zeros(eta.shape)

    def log_constant(self) -> Array:
        return np.zeros((self.count, 1))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        return np.zeros(eta.shape), np.zeros(eta.shape)

    def start(self) -> tuple[Array, Array]:
        return np.zeros((self.count, 1)), np.zeros((self.count, 1))

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """Not a number, as observed."""
        return np.full(eta.shape, np.nan)
