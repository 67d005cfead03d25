"""Counts that are known up to a set of possible tables: a row, or a pair of rows, per study.

Whatever a study prints about its counts (percentages, predictive values, a range over readers, "not
significant") leaves a set of integer tables, each with the probability that its design has
beforehand. The likelihood is the sum of theirs. One table is the table; all tables say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.links import link
from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
LOWEST = -1e250  # a logarithm of zero that stays finite times a count


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables that one study's statement allows.

    Parameters
    ----------
    successes, trials : array of int, shape (n_tables, m)
        Of each of m rows (1 or 2).
    log_weight : array, shape (n_tables,)
        Log probability of the design of each table before its outcome is known.
    """

    successes: Array
    trials: Array
    log_weight: Array

    @property
    def rows(self) -> int:
        return self.trials.shape[1]

    @cached_property
    def constant(self) -> Array:
        """Log weight and binomial coefficients, (n_tables,)."""
        y, n = self.successes.astype(float), self.trials.astype(float)
        ways = special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)
        return self.log_weight + ways.sum(axis=1)

    @cached_property
    def counts(self) -> Array:
        """Successes and failures of each row in turn, (n_tables, 2 m)."""
        pair = np.stack([self.successes, self.trials - self.successes], axis=2)
        return pair.reshape(len(pair), -1).astype(float)

    @cached_property
    def moments(self) -> Array:
        """First and second moments of successes and trials, (2 m + (2 m)^2, n_tables)."""
        x = np.concatenate([self.successes, self.trials], axis=1).astype(float)
        second = np.einsum("ki,kj->ijk", x, x).reshape(-1, len(x))
        return np.concatenate([x.T, second])

    @cached_property
    def typical(self) -> tuple[Array, Array]:
        """Mean successes and trials over the tables, (m,) each."""
        weight = special.softmax(self.log_weight)
        return weight @ self.successes, weight @ self.trials


@dataclass(frozen=True, eq=False)
class CandidateBinomial(PlainRows):
    """Rows whose counts are one of several tables, with the probability of each.

    Parameters
    ----------
    tables : sequence of Tables
        One per study; their rows stand side by side in this order.
    link_name : {"logit", "probit", "cloglog"}
    """

    tables: Sequence[Tables]
    link_name: str = "logit"
    exact: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @cached_property
    def _starts(self) -> Array:
        return np.concatenate([[0], np.cumsum([t.rows for t in self.tables])]).astype(int)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def coupled(self) -> Array:
        return np.array([t.rows > 1 for t in self.tables for _ in range(t.rows)], bool)

    def as_shown(self) -> tuple[Array, Array]:
        """Nothing: a reconstructed table was not observed."""
        nothing = np.full(len(self), np.nan)
        return nothing, nothing

    def take(self, rows: Array) -> CandidateBinomial:
        rows = np.asarray(rows)
        chosen = []
        for k, unit in enumerate(self.tables):
            inside = np.isin(np.arange(self._starts[k], self._starts[k + 1]), rows)
            if inside.any():
                if not inside.all():
                    raise ValueError("all rows of a table must be taken together")
                chosen.append(unit)
        return CandidateBinomial(tuple(chosen), self.link_name)

    def part(self, draws: slice | Array) -> CandidateBinomial:
        return self

    def widened(self, *extra: Array) -> CandidateBinomial:
        raise NotImplementedError("rows of possible tables have no parameters of their own")

    def observed(self) -> Array:
        """Mean successes over the possible tables."""
        return np.concatenate([unit.typical[0] for unit in self.tables])

    def _logs(self, eta: Array) -> tuple[Array, Array]:
        chosen = link(self.link_name)
        return (np.maximum(chosen.log_inverse(eta), LOWEST),
                np.maximum(chosen.log_complement(eta), LOWEST))  # fmt: skip

    def _terms(self, unit: Tables, log_p: Sequence[Array], log_q: Sequence[Array]) -> Array:
        """Log probability of every table, (n_tables, ...); inputs have the unit's rows first."""
        logs = np.stack([x for pair in zip(log_p, log_q, strict=True) for x in pair])
        terms = np.tensordot(unit.counts, logs, axes=1)
        terms += unit.constant.reshape((-1,) + (1,) * (terms.ndim - 1))
        return terms

    def log_density(self, eta: Array) -> Array:
        log_p, log_q = self._logs(eta)
        out = np.zeros(eta.shape)
        for k, unit in enumerate(self.tables):
            rows = range(self._starts[k], self._starts[k + 1])
            terms = self._terms(unit, [log_p[..., r, :] for r in rows],
                                [log_q[..., r, :] for r in rows])  # fmt: skip
            top = terms.max(axis=0)
            np.exp(terms - top, out=terms)
            out[..., rows[0], :] = np.log(terms.sum(axis=0)) + top
        return out

    def log_constant(self) -> Array:
        """Zero: what does not depend on the predictor differs between tables."""
        return np.zeros((len(self), 1))

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Slopes, curvatures and mixed curvatures of the sum over tables."""
        chosen = link(self.link_name)
        log_p, log_q = self._logs(eta)
        p = chosen.inverse(eta)
        # d log p / d eta = kappa q; d log q / d eta = -kappa p
        if self.link_name == "logit":
            kappa = np.ones_like(eta)
        else:
            density = np.maximum(chosen.density(eta), 1e-300)
            kappa = np.exp(np.clip(np.log(density) - log_p - log_q, -150.0, 150.0))
        slope, weight = np.empty(eta.shape), np.empty(eta.shape)
        first, cross = [], []
        for k, unit in enumerate(self.tables):
            rows = range(self._starts[k], self._starts[k + 1])
            m = len(rows)
            terms = self._terms(unit, [log_p[..., r, :] for r in rows],
                                [log_q[..., r, :] for r in rows])  # fmt: skip
            terms = np.exp(terms - terms.max(axis=0))
            terms /= terms.sum(axis=0)
            moments = np.tensordot(unit.moments, terms, axes=1)
            mean, second = moments[: 2 * m], moments[2 * m :].reshape(2 * m, 2 * m, *eta.shape[:-2],
                                                                      eta.shape[-1])  # fmt: skip

            def spread(i: int, j: int, mean: Array = mean, second: Array = second) -> Array:
                return second[i, j] - mean[i] * mean[j]

            for a, r in enumerate(rows):
                at, scale = p[..., r, :], kappa[..., r, :]
                slope[..., r, :] = scale * (mean[a] - mean[m + a] * at)
                told = mean[m + a] * scale * scale * at * (1.0 - at)
                varied = spread(a, a) - 2.0 * at * spread(a, m + a) + at * at * spread(m + a, m + a)
                weight[..., r, :] = np.clip(told - scale * scale * varied, 0.0, told)
            if m == 2:
                i, j = rows
                at_i, at_j = p[..., i, :], p[..., j, :]
                mixed = (spread(0, 1) - at_j * spread(0, 3) - at_i * spread(2, 1)
                         + at_i * at_j * spread(2, 3))  # fmt: skip
                mixed = -mixed * kappa[..., i, :] * kappa[..., j, :]
                limit = np.sqrt(weight[..., i, :] * weight[..., j, :])
                first.append(i)
                cross.append(np.clip(mixed, -limit, limit))
        if not first:
            return slope, weight, None
        index = np.array(first)
        return slope, weight, Cross(index, index + 1, np.stack(cross, axis=-2))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        """The observed curvature, never below zero: a sum over tables is not log-concave."""
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        y = np.concatenate([unit.typical[0] for unit in self.tables])
        n = np.concatenate([unit.typical[1] for unit in self.tables])
        chosen = link(self.link_name)
        p = (y + 0.5) / (n + 1.0)
        eta = chosen.forward(p)
        return eta[:, None], (n * chosen.density(eta) ** 2 / (p * (1.0 - p)))[:, None]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """Counts of a new study of a design drawn from those possible."""
        out = np.empty(eta.shape)
        p = link(self.link_name).inverse(eta)
        for k, unit in enumerate(self.tables):
            weight = special.softmax(unit.log_weight)
            drawn = rng.choice(len(weight), size=eta.shape[1], p=weight)
            for a, r in enumerate(range(self._starts[k], self._starts[k + 1])):
                out[r] = rng.binomial(unit.trials[drawn, a], p[r])
        return out
