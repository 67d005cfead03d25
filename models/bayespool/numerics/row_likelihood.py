"""What every likelihood of rows gives, in the form Newton's method wants.

Each holds the observed rows and gives, for a matrix of linear predictors with one line per row, the
log likelihood, its slope and its (expected) curvature.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

import numpy as np

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

    def part(self, draws: slice | Array) -> RowLikelihood:
        """The same rows for some of the draws, where `widened` gave each draw its own."""
        ...

    def observed(self) -> Array:
        """What was observed, shape (n_rows,)."""
        ...

    def as_shown(self) -> tuple[Array, Array]:
        """What every row showed, and of how many trials, (n_rows,) each.

        Not a number where nothing was observed as such, or where a value has no trials.
        """
        ...

    def comparable(self, values: Array, rows: Array) -> tuple[Array, str, str]:
        """Values of some rows where their spread is told: values, the scale, the measure.

        Parameters
        ----------
        values : array, shape (n_chosen, n)
            As observed, or replications.
        rows : array of int, shape (n_chosen,)

        Returns
        -------
        (array of the same shape, one of `SCALES`, a name of a measure or the empty text)
        """
        ...

    def widened(self, *extra: Array) -> RowLikelihood:
        """The same rows with an independent normal effect of SD `extra` on each, or what other
        positive parameters of its own a likelihood has."""
        ...

    def log_density(self, eta: Array) -> Array:
        """Log likelihood per row without the terms that do not depend on ``eta``."""
        ...

    def log_constant(self) -> Array:
        """The terms left out of `log_density`, shape (n_rows, 1) or (n_rows, n_draws)."""
        ...

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        """First derivative and expected negative second derivative."""
        ...

    def start(self) -> tuple[Array, Array]:
        """Each row's own estimate of eta and its weight, (n_rows, 1) or (n_rows, n_draws)."""
        ...

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """New observations from the same designs; ``eta`` has shape (n_rows, n_draws)."""
        ...

    @property
    def coupled(self) -> Array:
        """Rows whose likelihood depends on the predictor of another row too, (n_rows,)."""
        ...

    @property
    def several_modes(self) -> Array:
        """Rows whose likelihood has more than one mode, (n_rows,)."""
        ...

    @property
    def edged(self) -> Array:
        """Rows whose likelihood has an edge at 0, where it is largest, (n_rows,)."""
        ...

    @property
    def farthest(self) -> float:
        """The largest predictor that has a likelihood."""
        ...

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """`slope_and_weight`, and mixed second derivatives of coupled rows if there are any."""
        ...


class Cross(NamedTuple):
    """Expected negative mixed second derivatives of pairs of rows.

    ``first`` and ``second`` number the rows, (n_pairs,); ``weight`` has shape (..., n_pairs,
    n_draws).
    """

    first: Array
    second: Array
    weight: Array


LOGIT, LOG, AS_GIVEN = SCALES = (
    "on the logit scale", "on the log scale", "on the scale of analysis",
)  # fmt: skip


class PlainRows:
    """Rows whose likelihood is smooth, and that show what they observed.

    Their spread is compared as shares where there are trials.
    """

    def __len__(self) -> int:
        raise NotImplementedError

    def observed(self) -> Array:
        raise NotImplementedError

    def as_shown(self) -> tuple[Array, Array]:
        return np.asarray(self.observed(), float), np.full(len(self), np.nan)

    def comparable(self, values: Array, rows: Array) -> tuple[Array, str, str]:
        trials = self.as_shown()[1][rows, None]
        if not np.isfinite(trials).all():
            return values, AS_GIVEN, ""
        return np.log((values + 0.5) / (trials - values + 0.5)), LOGIT, ""

    @property
    def edged(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def farthest(self) -> float:
        return float("inf")


class SeparateRows(PlainRows):
    """Rows each of which depends on its own predictor alone and has no parameter of its own."""

    @property
    def coupled(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        raise NotImplementedError

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        return (*self.slope_and_weight(eta), None)

    def part(self, draws: slice | Array) -> Self:
        return self

    def widened(self, *extra: Array) -> Self:
        raise NotImplementedError(f"{type(self).__name__} rows have no parameters of their own")
