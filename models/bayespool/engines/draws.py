"""What every engine returns, so that everything downstream is engine-blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayespool.numerics.marginals import Marginal

Array = np.ndarray
CHAINS = 4  # that draws which are no Markov chains are laid out in, for programs that ask for some


def in_chains(values: Array) -> Array:
    """Draws on the last axis, (..., n), as (..., n_chains, n / n_chains)."""
    return values.reshape(*values.shape[:-1], CHAINS, -1)


def mixed(ancestor: Array, rng: np.random.Generator) -> Array:
    """Ancestors in random order, copies of one side by side.

    A program that knows nothing of ancestors then finds copies as what they are: draws that depend
    on one another, and no more of them than there are.
    """
    distinct, copies = np.unique(ancestor, return_counts=True)
    order = rng.permutation(len(distinct))
    return np.repeat(distinct[order], copies[order])


@dataclass(frozen=True, eq=False)
class Draws:
    """Posterior draws of the hyperparameters.

    Attributes
    ----------
    engine : str
    hyper : mapping of str to array, shape (n_chains, n_draws)
    effects : array, shape (q, n_studies, n_chains, n_draws), or None
        Study effects on the scale of the linear predictor; None when they are drawn on demand.
    within : array, shape (p, n_results, n_chains, n_draws), or None
        Effects of results within studies, where the model has them and `effects` is given.
    ancestor : array of int, shape (n_draws,), or None
        For importance-resampled draws, one chain after the other: draws with equal ancestors are
        copies of one another.
    sample_stats : mapping of str to array, shape (n_chains, n_draws)
    z_new : array, shape (q, n_chains, n_draws), or None
        Standard-normal effects of a new study, where the engine made its own.
    exact : mapping of str to Marginal
        Marginals of hyperparameters (and ``new``) known exactly, without draws.
    info : mapping of str to number or text
        What the engine measured about itself.
    messages : tuple of str
        Sentences the user should see.
    failures : tuple of str
        Sentences on why the draws should not be trusted; empty when the self-check passed.
    """

    engine: str
    hyper: Mapping[str, Array]
    effects: Array | None = None
    within: Array | None = None
    ancestor: Array | None = None
    sample_stats: Mapping[str, Array] = field(default_factory=dict)
    z_new: Array | None = None
    exact: Mapping[str, Marginal] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(n_chains, n_draws)."""
        chains, draws = next(iter(self.hyper.values())).shape
        return chains, draws
