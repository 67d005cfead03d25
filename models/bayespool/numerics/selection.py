"""Studies that are seen according to what they found: the factor on their likelihood.

A study's estimate is normal with mean m and variance ``tau^2 + se^2`` before selection. Seen ones
have that density times ``w(z) / E w``, the mean being over all estimates that the study could have
had. Study effects are integrated out on both sides: selection looks at the estimate alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from bayespool.numerics.scale_mixture import scale_mixture
from bayespool.numerics.weights import Weight, mean_of_steps

Array = np.ndarray
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Selection:
    """A weight, and what it looks at in every study.

    Parameters
    ----------
    weight : Weight
    z : array, shape (n_studies,)
        Observed estimate over its standard error, turned so that large ones are seen.
    se : array, shape (n_studies,)
    sign : {1.0, -1.0}
        1 where large estimates are seen more often, -1 where small ones are.
    """

    weight: Weight
    z: Array
    se: Array
    sign: float = 1.0

    @property
    def positive(self) -> dict[str, Any]:
        """Positive parameters of the weight, with their priors."""
        return self.weight.positive

    @property
    def unit(self) -> dict[str, Any]:
        """Shares among the parameters of the weight, with their priors."""
        return self.weight.unit

    def take(self, studies: Array) -> Selection:
        """Of some of the studies."""
        return Selection(self.weight, self.z[studies], self.se[studies], self.sign)

    def log_factor(
        self,
        mean: Array,
        loading: Array,
        freedom: Array | None,
        draws: Mapping[str, Array],
    ) -> Array:
        """Log of ``w(z) / E w`` of every study, (n_studies, n_draws).

        Parameters
        ----------
        mean : array, shape (n_studies, n_draws)
            Of the estimate.
        loading : array, shape (q, n_studies, n_draws)
            Of the estimate on standard-normal study effects.
        freedom : array, shape (n_draws,), or None
            Degrees of freedom of Student t effects.
        draws : mapping
            Natural hyperparameters by name.
        """
        observed = self.weight.log_weight(self.z, draws)
        between = np.einsum("qsd,qsd->sd", loading, loading)
        if freedom is None:
            expected = self.weight.mean(*self._scaled(mean, between), draws)
        else:
            log_w, factor = scale_mixture(freedom)
            expected = sum(
                np.exp(w) * self.weight.mean(*self._scaled(mean, between * f * f), draws)
                for w, f in zip(log_w, factor, strict=True)
            )
        return observed - np.log(np.maximum(expected, SMALLEST))

    def _scaled(self, mean: Array, between: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of z."""
        se = self.se[:, None]
        return self.sign * mean / se, np.sqrt(between + se * se) / se

    def simulate(
        self,
        mean: Array,
        loading: Array,
        freedom: Array | None,
        draws: Mapping[str, Array],
        rng: np.random.Generator,
    ) -> Array:
        """Rows of new studies that are seen, (n_rows, n_draws); arguments as of `log_factor`."""
        return self.draw(mean, loading[0], freedom, self.weight.weights(draws), rng)

    def draw(
        self,
        mean: Array,
        loading: Array,
        freedom: Array | None,
        weights: Array,
        rng: np.random.Generator,
    ) -> Array:
        """New estimates that are seen, from studies of the same standard errors.

        Between the edges of a smooth weight its middle stands for it.

        Parameters
        ----------
        mean, loading : array, shape (n_studies, n_draws)
        freedom : array, shape (n_draws,), or None
            Of Student t effects, the scale of which is drawn under selection as well.
        weights : array, shape (n_edges + 1, n_draws)
        rng : Generator

        Returns
        -------
        array, shape (n_studies, n_draws)
        """
        between = loading**2
        if freedom is not None:
            between = self._of_seen(mean, between, freedom, weights, rng)
        at, sd = self._scaled(mean, between)
        total = mean_of_steps(at, sd, self.weight.edges, weights)
        mass = rng.random(mean.shape) * total
        return self.sign * self.se[:, None] * self._deviates(at, sd, weights, mass)

    def _of_seen(
        self, mean: Array, between: Array, freedom: Array, weights: Array, rng: Any
    ) -> Array:
        """Variance between studies given the scale of each, drawn among studies that are seen."""
        log_w, factor = scale_mixture(freedom)
        share = np.stack([
            np.exp(w) * mean_of_steps(
                *self._scaled(mean, between * f * f), self.weight.edges, weights
            )
            for w, f in zip(log_w, factor, strict=True)
        ])  # fmt: skip
        cumulative = np.cumsum(share, axis=0)
        chosen = (cumulative < rng.random(mean.shape) * cumulative[-1]).sum(axis=0)
        picked = np.take_along_axis(factor, np.minimum(chosen, len(factor) - 1), axis=0)
        return between * picked**2

    def _deviates(self, at: Array, sd: Array, weights: Array, mass: Array) -> Array:
        """Values of z above which the weighted mass is so much."""
        before, reached = np.zeros(at.shape), np.zeros(at.shape)
        above = np.zeros(at.shape)
        for k, w in enumerate(weights):
            last = k == len(weights) - 1
            below = np.ones(at.shape) if last else special.ndtr((at - self.weight.edges[k]) / sd)
            own = w * (below - before)
            inside = (mass >= reached) & ((mass < reached + own) | last)
            step = (mass - reached) / np.maximum(w, SMALLEST)
            above = np.where(inside, before + step, above)
            before, reached = below, reached + own
        return at - sd * special.ndtri(np.clip(above, 1e-16, 1.0 - 1e-16))
