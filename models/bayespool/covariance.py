"""The covariance of one kind of effects: standard deviations, correlations and their priors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayespool.numerics.triangular import Factor
from bayespool.priors import LKJ, Fixed, partial_correlation_logpdf

Array = np.ndarray
NEAREST = 1.0 - 1e-15  # to 1, of a correlation


@dataclass(frozen=True, eq=False)
class Covariance:
    """``Sigma = diag(scales) R diag(scales)`` of dimension q.

    Parameters
    ----------
    scales, scale_priors : tuple, length q
        Name and prior of each standard deviation; a `Fixed` one is no parameter.
    correlations : tuple of str, length q (q - 1) / 2
        Names, in the order (2,1), (3,1), (3,2); none for independent effects.
    prior : LKJ or None
        Of the correlations; None for one effect, and for independent ones.
    blocks : tuple of int, optional
        How many neighbouring effects are correlated with one another, and with no others; all by
        default. Each block has the prior on its own.
    """

    scales: tuple[str, ...]
    scale_priors: tuple[Any, ...]
    correlations: tuple[str, ...] = ()
    prior: LKJ | None = None
    blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.blocks and sum(self.blocks) != self.dimension:
            raise ValueError(f"blocks must have {self.dimension} effects together")
        expected = len(self.pairs) if self.prior is not None else 0
        if len(self.correlations) != expected:
            raise ValueError(f"{len(self.correlations)} correlation names; allowed: {expected}")
        if len(self.scale_priors) != len(self.scales):
            raise ValueError("every standard deviation needs one prior")

    @property
    def dimension(self) -> int:
        return len(self.scales)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Row and column of each correlation."""
        return [(i, j) for i in range(self.dimension) for j in range(self._first[i], i)]

    @cached_property
    def _first(self) -> list[int]:
        """The first effect of the block of each."""
        sizes = self.blocks or (self.dimension,)
        return [sum(sizes[:b]) for b, size in enumerate(sizes) for _ in range(size)]

    @property
    def marginals(self) -> dict[str, LKJ]:
        """The prior of every correlation by itself: of q correlated effects LKJ(eta + q/2 - 1)."""
        if self.prior is None:
            return {}
        sizes = [self._first.count(self._first[i]) for i, _ in self.pairs]
        return {
            name: LKJ(self.prior.eta + 0.5 * size - 1.0)
            for name, size in zip(self.correlations, sizes, strict=True)
        }

    @cached_property
    def positive(self) -> dict[str, Any]:
        """Free standard deviations and their priors."""
        return {
            name: prior
            for name, prior in zip(self.scales, self.scale_priors, strict=True)
            if not isinstance(prior, Fixed)
        }

    def factor(self, logs: dict[str, Array], z: Array, n_draws: int) -> Factor:
        """Lower-triangular L of Sigma as a dict (i, j) -> (n_draws,).

        Parameters
        ----------
        logs : dict
            Logarithms of the free standard deviations, by name.
        z : array, shape (n_correlations, n_draws)
            Atanh partial correlations.
        """
        sd = [
            np.full(n_draws, prior.value) if isinstance(prior, Fixed) else np.exp(logs[name])
            for name, prior in zip(self.scales, self.scale_priors, strict=True)
        ]
        if self.prior is None:
            return {(i, i): value for i, value in enumerate(sd)}
        return {(i, j): sd[i] * value for (i, j), value in self._correlation_factor(z).items()}

    def natural(self, z: Array) -> dict[str, Array]:
        """Correlations by name from atanh partial ones."""
        if self.prior is None:
            return {}
        factor = self._correlation_factor(z)
        return {
            name: np.asarray(sum(factor[i, k] * factor[j, k] for k in range(self._first[j], j + 1)))
            for name, (i, j) in zip(self.correlations, self.pairs, strict=True)
        }

    def unconstrained(self, natural: dict[str, Array]) -> list[Array]:
        """Atanh partial correlations: the inverse of `natural`."""
        if self.prior is None:
            return []
        rho = {
            pair: np.asarray(natural[name], float)
            for name, pair in zip(self.correlations, self.pairs, strict=True)
        }
        one = np.ones(np.shape(rho[self.pairs[0]]))
        factor: Factor = {}  # Cholesky's, of the correlation matrix
        partial = []
        for i in range(self.dimension):
            remaining = one
            for j in range(self._first[i], i):
                taken = sum(factor[i, k] * factor[j, k] for k in range(self._first[i], j))
                factor[i, j] = (rho[i, j] - taken) / np.maximum(factor[j, j], 1e-150)
                partial.append(factor[i, j] / np.maximum(np.sqrt(remaining), 1e-150))
                remaining = np.maximum(remaining - factor[i, j] ** 2, 0.0)
            factor[i, i] = np.sqrt(remaining)
        return [np.arctanh(np.clip(r, -NEAREST, NEAREST)) for r in partial]

    def log_prior(self, z: Array) -> Array | float:
        """Log prior density of the atanh partial correlations, (n_draws,).

        Partial correlations of the canonical vine: tree j has Beta(eta + (q-2-j)/2) (Lewandowski,
        Kurowicka & Joe 2009, J Multivar Anal 100:1989-2001).
        """
        total: Array | float = 0.0
        for value, alpha in zip(z, self._alphas(), strict=True):
            log_one_minus_r2 = 2.0 * (np.log(2.0) - np.logaddexp(value, -value))
            constant = partial_correlation_logpdf(np.zeros(()), alpha)
            total = total + constant + alpha * log_one_minus_r2
        return total

    def draw_prior(self, n_draws: int, rng: np.random.Generator) -> list[Array]:
        """Atanh partial correlations from the prior."""
        drawn = [LKJ(alpha).ppf(rng.random(n_draws)) for alpha in self._alphas()]
        return [np.arctanh(np.clip(r, -NEAREST, NEAREST)) for r in drawn]

    def _alphas(self) -> list[float]:
        if self.prior is None:
            return []
        size = {first: self._first.count(first) for first in self._first}
        ends = [(j, self._first[j] + size[self._first[j]]) for _, j in self.pairs]
        return [self.prior.eta + 0.5 * (end - 2 - j) for j, end in ends]

    def _correlation_factor(self, z: Array) -> Factor:
        """Lower-triangular factor of the correlation matrix."""
        partial = np.tanh(z)
        one = np.ones(partial.shape[1:])
        factor = {}
        for row in range(self.dimension):
            remaining = one
            for j in range(self._first[row], row):
                r = partial[self.pairs.index((row, j))]
                factor[row, j] = r * remaining
                remaining = remaining * np.sqrt(np.maximum(1.0 - r * r, 0.0))
            factor[row, row] = remaining
        return factor
