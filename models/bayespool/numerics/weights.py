"""Weights of selection: how probable it is, up to a factor, that a result is seen.

A weight is a function of ``z = estimate / standard error`` through the p value. Its mean over a
normal estimate is a sum of normal probabilities for steps, and an integral by Gauss-Legendre nodes
for smooth weights; z varies by one or more, so that fixed nodes serve all standard deviations.

References
----------
Vevea & Hedges (1995), Psychometrika 60:419-435 (steps); Preston, Ashby & Smyth (2004), J Eval
Clin Pract 10:313-322 (negative exponential); Citkowicz & Vevea (2017), Psychol
Methods 22:28-41 (beta).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import special

Array = np.ndarray
REACH = 8.0  # normal deviates beyond which a smooth weight is constant
SMALLEST_P = 1e-5  # below which a beta weight stays what it is there (Citkowicz & Vevea)
NODES = 64
ROOT = np.sqrt(2.0 * np.pi)


class Weight(Protocol):
    """A weight of z values.

    ``positive`` and ``unit`` name its parameters with their priors; ``edges`` descend.
    """

    @property
    def positive(self) -> dict[str, Any]: ...

    @property
    def unit(self) -> dict[str, Any]: ...

    @property
    def edges(self) -> Array: ...

    def log_weight(self, z: Array, draws: Mapping[str, Array]) -> Array:
        """Of observed z values, (n_studies, n_draws)."""
        ...

    def mean(self, at: Array, sd: Array, draws: Mapping[str, Array]) -> Array:
        """Of normal z with mean `at` and standard deviation `sd`, (n_studies, n_draws)."""
        ...

    def weights(self, draws: Mapping[str, Array]) -> Array:
        """Between the edges from the largest z down, (n_edges + 1, n_draws)."""
        ...


@dataclass(frozen=True, eq=False)
class Steps:
    """Weights that are constant between cut-offs of the p value, 1 below the first.

    Parameters
    ----------
    cuts : tuple of float
        Ascending p values in (0, 1).
    sides : {1, 2}
        One-sided p values (small for large z), or two-sided ones.
    priors : tuple
        Of the second weight and those after it (``omega_2``, ...), positive; or with `falling` of
        the ratio of each to the one before (``ratio_2``, ...), shares.
    falling : bool
    """

    cuts: tuple[float, ...]
    sides: int
    priors: tuple[Any, ...]
    falling: bool

    @property
    def names(self) -> tuple[str, ...]:
        stem = "ratio" if self.falling else "omega"
        return tuple(f"{stem}_{j}" for j in range(2, len(self.cuts) + 2))

    @property
    def positive(self) -> dict[str, Any]:
        return {} if self.falling else dict(zip(self.names, self.priors, strict=True))

    @property
    def unit(self) -> dict[str, Any]:
        return dict(zip(self.names, self.priors, strict=True)) if self.falling else {}

    @cached_property
    def edges(self) -> Array:
        found = -special.ndtri(np.array(self.cuts) / self.sides)
        return found if self.sides == 1 else np.concatenate([found, -found[::-1]])

    @cached_property
    def interval(self) -> Array:
        """Which of the weights holds between the edges."""
        j = np.arange(len(self.cuts) + 1)
        return j if self.sides == 1 else np.concatenate([j, j[-2::-1]])

    def omega(self, draws: Mapping[str, Array]) -> Array:
        """The weights of the intervals of p, (n_cuts + 1, n_draws)."""
        own = np.stack([draws[name] for name in self.names])
        rest = np.cumprod(own, axis=0) if self.falling else own
        return np.concatenate([np.ones((1, *own.shape[1:])), rest])

    def place(self, z: Array) -> Array:
        """Interval of p values of z; a p value that is a cut-off belongs below it."""
        p = special.ndtr(-z) if self.sides == 1 else 2.0 * special.ndtr(-np.abs(z))
        return np.searchsorted(np.array(self.cuts), p, side="left")

    def log_weight(self, z: Array, draws: Mapping[str, Array]) -> Array:
        return np.log(np.maximum(self.omega(draws), 1e-300))[self.place(z)]

    def weights(self, draws: Mapping[str, Array]) -> Array:
        return self.omega(draws)[self.interval]

    def mean(self, at: Array, sd: Array, draws: Mapping[str, Array]) -> Array:
        return mean_of_steps(at, sd, self.edges, self.weights(draws))


def mean_of_steps(at: Array, sd: Array, edges: Array, weights: Array) -> Array:
    """Mean of a weight that is constant between descending edges, (n_studies, n_draws)."""
    total = np.broadcast_to(weights[-1], at.shape).copy()
    for edge, jump in zip(edges, -np.diff(weights, axis=0), strict=True):
        total += jump * special.ndtr((at - edge) / sd)
    return total


class _Smooth:
    """Shared by smooth weights: of `log_of` a one-sided p value, all else follows."""

    reach: float = REACH

    @property
    def unit(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _rule(self) -> tuple[Array, Array]:
        x, w = np.polynomial.legendre.leggauss(NODES)
        return -self.reach * x, self.reach * w

    @property
    def edges(self) -> Array:
        return self._rule[0]

    def log_of(self, p: Array, draws: Mapping[str, Array]) -> Array:
        raise NotImplementedError

    def log_weight(self, z: Array, draws: Mapping[str, Array]) -> Array:
        p = special.ndtr(-np.clip(z, -self.reach, self.reach))
        return self.log_of(p[:, None], draws)

    def mean(self, at: Array, sd: Array, draws: Mapping[str, Array]) -> Array:
        z, width = self._rule
        w = np.exp(self.log_weight(z, draws)) * (width / ROOT)[:, None]
        total = np.zeros(at.shape)
        for x, own in zip(z, w, strict=True):
            total += own * np.exp(-0.5 * ((x - at) / sd) ** 2)
        total /= sd
        low, high = np.exp(self.log_weight(np.array([-self.reach, self.reach]), draws))
        total += high * special.ndtr((at - self.reach) / sd)
        return total + low * special.ndtr(-(at + self.reach) / sd)

    def weights(self, draws: Mapping[str, Array]) -> Array:
        z = self._rule[0]
        between = np.concatenate([[self.reach], 0.5 * (z[1:] + z[:-1]), [-self.reach]])
        return np.exp(self.log_weight(between, draws))


@dataclass(frozen=True, eq=False)
class NegativeExponential(_Smooth):
    """``w = exp(-delta p)`` of the one-sided p value.

    Parameters
    ----------
    delta : prior
    """

    delta: Any

    @property
    def positive(self) -> dict[str, Any]:
        return {"delta": self.delta}

    def log_of(self, p: Array, draws: Mapping[str, Array]) -> Array:
        return -draws["delta"] * p


@dataclass(frozen=True, eq=False)
class BetaWeight(_Smooth):
    """``w = p^(a - 1) (1 - p)^(b - 1)``, constant beyond 0.00001 and 0.99999.

    Parameters
    ----------
    a, b : prior
    """

    a: Any
    b: Any
    reach: float = float(-special.ndtri(SMALLEST_P))

    @property
    def positive(self) -> dict[str, Any]:
        return {"a": self.a, "b": self.b}

    def log_of(self, p: Array, draws: Mapping[str, Array]) -> Array:
        return (draws["a"] - 1.0) * np.log(p) + (draws["b"] - 1.0) * np.log1p(-p)
