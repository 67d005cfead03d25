"""Likelihoods of complete rows: binomial, non-central hypergeometric, beta-binomial, normal."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.links import Link, link
from bayespool.numerics.row_likelihood import SeparateRows

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Binomial(SeparateRows):
    """``successes ~ Binomial(trials, link^-1(eta))``.

    Parameters
    ----------
    successes, trials : array of int, shape (n_rows,)
        Zero trials are legal and carry no information.
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
        out = hits + np.where(n > y, (n - y) * np.maximum(chosen.log_complement(eta), -1e300), 0.0)
        low, high = chosen.domain
        if np.isfinite(low) or np.isfinite(high):
            out = np.where((eta > low) & (eta < high), out, -1e300)
        return out

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
class NoncentralHypergeometric(SeparateRows):
    """Events in group 1 given both margins of a 2x2 table; ``eta`` is the log odds ratio.

    Parameters
    ----------
    events, people, total_events, others : array of int, shape (n_rows,)
        Events and people of group 1, events of both groups, people of group 2.

    References
    ----------
    Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067.
    """

    events: Array
    people: Array
    total_events: Array
    others: Array
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def support(self) -> Array:
        """Possible events of group 1, (n_rows, longest support); padded with the last."""
        low = np.maximum(0, self.total_events - self.others)
        high = np.minimum(self.people, self.total_events)
        width = int((high - low).max()) + 1
        return np.minimum(low[:, None] + np.arange(width), high[:, None]).astype(float)

    @cached_property
    def log_weight(self) -> Array:
        """Log number of tables of each support point; minus infinity for padding."""
        x, n1, n2 = self.support, self.people[:, None], self.others[:, None]
        other = self.total_events[:, None] - x
        weight = _log_choose(n1, x) + _log_choose(n2, other)
        padding = np.concatenate([np.zeros((len(x), 1), bool), np.diff(x, axis=1) == 0], axis=1)
        return np.where(padding, -np.inf, weight)

    def observed(self) -> Array:
        return self.events

    def take(self, rows: Array) -> NoncentralHypergeometric:
        return NoncentralHypergeometric(
            self.events[rows], self.people[rows], self.total_events[rows], self.others[rows]
        )

    def _terms(self, eta: Array) -> tuple[Array, Array]:
        """Normalised probabilities over the support (first axis), and the log normaliser."""
        extra = (1,) * (eta.ndim - 2)
        shape = (self.support.shape[1], *extra, len(self), 1)
        weight = self.log_weight.T.reshape(shape)
        terms = weight + self.support.T.reshape(shape) * eta
        top = terms.max(axis=0)
        np.subtract(terms, top, out=terms)
        np.exp(terms, out=terms)
        total = terms.sum(axis=0)
        return terms / total, np.log(total) + top

    def log_density(self, eta: Array) -> Array:
        _, normaliser = self._terms(eta)
        return self.events[:, None] * eta - normaliser

    def log_constant(self) -> Array:
        chosen = _log_choose(self.people, self.events)
        return (chosen + _log_choose(self.others, self.total_events - self.events))[:, None]

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        p, _ = self._terms(eta)
        x = self.support.T.reshape(p.shape[0], *(1,) * (eta.ndim - 2), len(self), 1)
        mean = (p * x).sum(axis=0)
        return self.events[:, None] - mean, (p * (x - mean) ** 2).sum(axis=0)

    def start(self) -> tuple[Array, Array]:
        a, b = self.events + 0.5, self.people - self.events + 0.5
        c = self.total_events - self.events
        d = self.others - c + 0.5
        c = c + 0.5
        flat = self.support.max(axis=1) == self.support.min(axis=1)  # the margins fix the table
        weight = np.where(flat, 0.0, 1.0 / (1 / a + 1 / b + 1 / c + 1 / d))
        return np.log(a * d / (b * c))[:, None], weight[:, None]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        out = np.empty(eta.shape)
        for at in range(0, eta.shape[1], 500):
            p, _ = self._terms(eta[:, at : at + 500])
            cumulative = np.cumsum(p, axis=0)
            index = (cumulative < rng.random(p.shape[1:])).sum(axis=0)
            index = np.minimum(index, p.shape[0] - 1)
            out[:, at : at + 500] = np.take_along_axis(self.support, index, axis=1)
        return out


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
        return _log_choose(self.trials, self.successes)[:, None]

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


def _log_choose(n: Array, k: Array) -> Array:
    return special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)


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
