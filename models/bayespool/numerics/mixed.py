"""Rows of several kinds of evidence in one likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayespool.numerics.row_likelihood import Cross, PlainRows, RowLikelihood

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Mixed(PlainRows):
    """Likelihoods of parts of the rows.

    Parameters
    ----------
    parts : sequence of RowLikelihood
    rows : sequence of array of int
        Which rows each part has, in ascending order; together all rows once.
    """

    parts: Sequence[RowLikelihood]
    rows: Sequence[Array]

    def __post_init__(self) -> None:
        if any(len(p) != len(r) for p, r in zip(self.parts, self.rows, strict=True)):
            raise ValueError("every part must have as many rows as it is given")
        if not np.array_equal(np.sort(np.concatenate(list(self.rows))), np.arange(len(self))):
            raise ValueError("the parts must have every row once")

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def exact(self) -> bool:
        return all(part.exact for part in self.parts)

    @property
    def link_name(self) -> str:
        return self.parts[0].link_name

    @cached_property
    def coupled(self) -> Array:
        return self._flags([part.coupled for part in self.parts])

    @cached_property
    def several_modes(self) -> Array:
        return self._flags([part.several_modes for part in self.parts])

    def _flags(self, values: Sequence[Array]) -> Array:
        out = np.zeros(len(self), bool)
        for flags, rows in zip(values, self.rows, strict=True):
            out[rows] = flags
        return out

    def take(self, rows: Array) -> Mixed:
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        parts, kept = [], []
        for part, own in zip(self.parts, self.rows, strict=True):
            inside = np.flatnonzero(place[own] >= 0)
            if inside.size:
                parts.append(part.take(inside))
                kept.append(place[own][inside])
        if not parts:  # no row at all: an empty likelihood of the first kind
            return Mixed((self.parts[0].take(np.arange(0)),), (np.arange(0),))
        return Mixed(tuple(parts), tuple(kept))

    def part(self, draws: slice | Array) -> Mixed:
        return Mixed(tuple(p.part(draws) for p in self.parts), self.rows)

    def widened(self, *extra: Array) -> Mixed:
        return Mixed(tuple(p.widened(*extra) for p in self.parts), self.rows)

    def _by_row(self, values: Callable[[RowLikelihood, Array], Array], eta: Array) -> Array:
        out = np.empty(eta.shape)
        for part, rows in zip(self.parts, self.rows, strict=True):
            out[..., rows, :] = values(part, eta[..., rows, :])
        return out

    def observed(self) -> Array:
        out = np.empty(len(self))
        for part, rows in zip(self.parts, self.rows, strict=True):
            out[rows] = part.observed()
        return out

    def as_shown(self) -> tuple[Array, Array]:
        shown = np.empty((2, len(self)))
        for part, rows in zip(self.parts, self.rows, strict=True):
            shown[:, rows] = part.as_shown()
        return shown[0], shown[1]

    def log_density(self, eta: Array) -> Array:
        return self._by_row(lambda part, at: part.log_density(at), eta)

    def log_constant(self) -> Array:
        columns = [part.log_constant() for part in self.parts]
        out = np.empty((len(self), max(c.shape[1] for c in columns)))
        for values, rows in zip(columns, self.rows, strict=True):
            out[rows] = values
        return out

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        slope, weight = np.empty(eta.shape), np.empty(eta.shape)
        found = []
        for part, rows in zip(self.parts, self.rows, strict=True):
            slope[..., rows, :], weight[..., rows, :], cross = part.derivatives(eta[..., rows, :])
            if cross is not None:
                found.append(Cross(rows[cross.first], rows[cross.second], cross.weight))
        if not found:
            return slope, weight, None
        return (
            slope,
            weight,
            Cross(
                np.concatenate([c.first for c in found]),
                np.concatenate([c.second for c in found]),
                np.concatenate([c.weight for c in found], axis=-2),
            ),
        )

    def start(self) -> tuple[Array, Array]:
        both = [part.start() for part in self.parts]
        width = max(x.shape[1] for pair in both for x in pair)
        eta, weight = np.empty((len(self), width)), np.empty((len(self), width))
        for (own_eta, own_weight), rows in zip(both, self.rows, strict=True):
            eta[rows], weight[rows] = own_eta, own_weight
        return eta, weight

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        return self._by_row(lambda part, at: part.simulate(at, rng), eta)


def joined(kinds: Sequence[tuple[RowLikelihood | None, Array]]) -> RowLikelihood:
    """One likelihood of all rows; as it stands where there is only one kind."""
    present = [(part, rows) for part, rows in kinds if part is not None and len(rows)]
    if len(present) == 1:
        return present[0][0]
    return Mixed(tuple(part for part, _ in present), tuple(rows for _, rows in present))
