"""How linear predictors and study effects follow from draws of the hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bayespool.covariance import Covariance
from bayespool.hyperparameters import Hyperparameters
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.numerics.study_rows import Rows
from bayespool.numerics.triangular import Factor, solve_lower, times

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Within:
    """Effects of results within studies.

    Parameters
    ----------
    Z : array, shape (n_rows, p)
        Design of the effects of the row's result.
    result : array of int, shape (n_rows,)
        Result of each row, 0 to n_results - 1, in non-decreasing order; a result has one study.
    covariances : tuple of Covariance
        One, or several for groups of results.
    group : array of int, shape (n_results,), optional
        Which of several covariances a result has.
    """

    Z: Array
    result: Array
    covariances: tuple[Covariance, ...]
    group: Array | None = None

    @property
    def n_results(self) -> int:
        return int(self.result[-1]) + 1

    def take(self, rows: Array) -> Within:
        """The effects of some of the rows, their results numbered anew."""
        old = self.result[rows]
        new = np.flatnonzero(np.diff(old, prepend=-1))
        number = np.cumsum(np.diff(old, prepend=old[0]) != 0)
        group = None if self.group is None else self.group[old[new]]
        return Within(self.Z[rows], number, self.covariances, group)


class LinearPredictors(Hyperparameters):
    """What has rows and study effects says which (as `bayespool.hierarchy.Hierarchy` does)."""

    X: Array
    Z: Array
    study: Array
    likelihood: RowLikelihood
    rows: Rows
    coefficients: tuple[str, ...]
    group: Array | None
    within: Within | None
    stretch: Array | None
    slope: Array | None
    slope_names: tuple[str, ...]
    row_scales: tuple[str, ...]
    row_reals: tuple[str, ...]
    row_shares: tuple[str, ...]
    freedom_prior: Any
    robust: tuple[bool, ...]
    between: Any

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return len(self.rows.starts)

    @property
    def dimension(self) -> int:
        """Number of study effects q."""
        return self.Z.shape[1]

    @property
    def sigmas(self) -> tuple[Covariance, ...]:
        """Covariances of the study effects, one for each group of studies."""
        return self.between if isinstance(self.between, tuple) else (self.between,)

    @property
    def own_rows(self) -> bool:
        """Rows have parameters of their own."""
        return bool(self.row_scales or self.row_shares)

    def _stretched(self, theta: Array) -> Array | float:
        """The factor on the linear predictor of every row, (n_rows, n_draws)."""
        if self.stretch is None:
            return 1.0
        first = len(self.coefficients)
        return np.exp(self.stretch @ theta[first : first + self.stretch.shape[1]])

    def _fixed(self, theta: Array) -> Array:
        """Part of the linear predictor without effects, (n_rows, n_draws)."""
        out = np.einsum("rp,pd->rd", self.X, theta[: self.X.shape[1]])
        if self.slope is not None:
            logs = self.split(theta)[1]
            out += self.slope @ np.exp(np.stack([logs[name] for name in self.slope_names]))
        return out

    def predictors(self, theta: Array) -> tuple[Array, Array, Factor]:
        """Offsets (n_rows, n_draws), loadings (q, n_rows, n_draws) on v, and the factor of Sigma.

        ``u = L v`` with ``L`` lower triangular, given as a dict (i, j) -> (n_draws,), or
        (n_studies, n_draws) where groups of studies have their own.
        """
        stretched = self._stretched(theta)
        offset = self._fixed(theta)
        factor = self.sigma_factor(theta)
        loading = np.zeros((self.dimension, len(self.Z), theta.shape[1]))
        for (i, j), value in factor.items():
            loading[j] += self.Z[:, i, None] * (value if value.ndim == 1 else value[self.study])
        return offset * stretched, loading * stretched, factor

    def inner_loading(self, theta: Array) -> Array:
        """Loadings on the effects of results, (p, n_rows, n_draws); p = 0 without any."""
        within = self.within
        if within is None:
            return np.empty((0, len(self.Z), theta.shape[1]))
        factor = self.within_factor(theta)
        loading = np.zeros((within.Z.shape[1], len(within.Z), theta.shape[1]))
        for (i, j), value in factor.items():
            loading[j] += within.Z[:, i, None] * (
                value if value.ndim == 1 else value[within.result]
            )
        return loading * self._stretched(theta)

    def within_factor(self, theta: Array, group: Array | None = None) -> Factor:
        """Factor of the covariance of results: of all of them, or of `group`."""
        assert self.within is not None
        index = self.within.group if group is None else group
        return self._factor(theta, self.within.covariances, len(self.sigmas), index)

    def sigma_factor(self, theta: Array, group: Array | None = None) -> Factor:
        """Lower-triangular factor L of Sigma as a dict (i, j) -> (n_draws,).

        With groups of studies the arrays are (n, n_draws): of all studies, or of `group`.
        """
        return self._factor(theta, self.sigmas, 0, self.group if group is None else group)

    def _factor(
        self, theta: Array, covariances: tuple[Covariance, ...], first: int, group: Array | None
    ) -> Factor:
        """Factors of covariances, the first of which is number `first` of all."""
        _, logs, z = self.split(theta)
        factors = [
            sigma.factor(logs, z[first + i], theta.shape[1]) for i, sigma in enumerate(covariances)
        ]
        if len(factors) == 1:
            return factors[0]
        return {key: np.stack([f[key] for f in factors])[group] for key in factors[0]}

    def rows_at(self, theta: Array) -> Rows:
        """The rows with the parameters of their own likelihood."""
        if not self.own_rows:
            return self.rows
        real, logs, _ = self.split(theta)
        scales = [np.exp(logs[name]) for name in self.row_scales]
        own = real[len(real) - len(self.row_reals) :]
        shares = self.shares(theta, self.row_shares)
        return replace(self.rows, likelihood=self.likelihood.widened(*scales, *own, *shares))

    def effect_prior(self, theta: Array) -> EffectPrior:
        """The distribution of standardised study effects at draws of the hyperparameters."""
        if self.freedom_prior is None:
            return NORMAL
        return EffectPrior(np.exp(self.split(theta)[1]["nu"]), self.robust)

    def spread(self, factor: Array) -> Array:
        """A factor on every effect's scale, (q, ...): one for effects that stay normal."""
        factor = factor if factor.ndim == 2 else factor[None]
        return np.stack([factor if t else np.ones_like(factor) for t in self.robust])

    def study_precision(self, theta: Array, u: Array) -> Array:
        """Posterior mean of every study's precision factor given its effects u.

        Below one marks a study further from the others than a normal distribution expects; one
        for all where study effects are normal. Shape (n_studies, n_draws), as of u the last two.
        """
        prior = self.effect_prior(theta)
        return (
            np.ones(u.shape[1:])
            if prior.normal
            else prior.precision(solve_lower(self.sigma_factor(theta), u))
        )

    def scale_effects(self, theta: Array, v: Array) -> Array:
        """Study effects u = L v from standard-normal v, both (q, n_studies, n_draws)."""
        return times(self.sigma_factor(theta), v)

    def scale_within(self, theta: Array, z: Array) -> Array:
        """Effects of results from standard-normal ones, both (p, n_results, n_draws)."""
        return times(self.within_factor(theta), z)

    def new_effects(self, theta: Array, rng: np.random.Generator) -> Array:
        """Effects of one new study of each group, (q + m, n_groups, n_draws).

        After the q study effects come those of one new result, where results have any: as many as
        their dimension times the number of their covariances.
        """
        groups = len(self.sigmas)
        z = rng.standard_normal((self.dimension, groups, theta.shape[1]))
        return self.effects_from(theta, z, rng)

    def effects_from(self, theta: Array, z: Array, rng: np.random.Generator) -> Array:
        """Those of `new_effects` from standard-normal z of the study effects."""
        u = self._new(theta, z, rng, np.arange(len(self.sigmas)))
        if self.within is None:
            return u
        p, own = self.within.Z.shape[1], len(self.within.covariances)
        w = times(
            self.within_factor(theta, np.arange(own)),
            rng.standard_normal((p, own, theta.shape[1])),
        )
        w = np.broadcast_to(
            w.swapaxes(0, 1).reshape(p * own, 1, -1), (p * own, u.shape[1], u.shape[2])
        )
        return np.concatenate([u, w])

    def new_studies(self, theta: Array, rng: np.random.Generator) -> Array:
        """Effects of a new study in the place of each of the studies, (q, n_studies, n_draws)."""
        z = rng.standard_normal((self.dimension, self.n_studies, theta.shape[1]))
        return self._new(theta, z, rng, self.group)

    def _new(self, theta: Array, z: Array, rng: np.random.Generator, group: Array | None) -> Array:
        if self.freedom_prior is not None:
            nu = np.exp(self.split(theta)[1]["nu"])
            # with few degrees of freedom a draw may underflow: the effect is then beyond any scale
            drawn = np.maximum(rng.chisquare(nu, z.shape[1:]), 1e-300)
            z = z * self.spread(np.sqrt(nu / drawn))
        return times(self.sigma_factor(theta, group), z)

    def row_predictors(self, theta: Array, effects: Array, within: Array | None = None) -> Array:
        """Linear predictor of every row given effects u and w, shape (n_rows, n_draws)."""
        eta = self._fixed(theta)
        for i in range(self.dimension):
            eta += self.Z[:, i, None] * effects[i][self.study]
        if self.within is not None and within is not None:
            for i in range(len(within)):
                eta += self.within.Z[:, i, None] * within[i][self.within.result]
        return eta * self._stretched(theta)
