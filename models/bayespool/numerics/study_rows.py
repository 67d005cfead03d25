"""Rows sorted by study, and sums over the rows of each study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bayespool.numerics.row_likelihood import RowLikelihood

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows sorted by study, and where each study begins.

    Attributes
    ----------
    likelihood : RowLikelihood
        One entry per row, sorted by study.
    starts : array of int, shape (n_studies,)
        First row of each study; every study has at least one row.
    depth : array of int, shape (n_rows,)
        Index of the last component of ``v`` that the row's predictor depends on. Rows that depend
        on the first components alone are evaluated on fewer nodes.
    """

    likelihood: RowLikelihood
    starts: Array
    depth: Array

    @property
    def n_rows(self) -> int:
        return len(self.likelihood)

    def part(self, draws: slice | Array) -> Rows:
        """The same rows for some of the draws."""
        own = self.likelihood.part(draws)
        return self if own is self.likelihood else replace(self, likelihood=own)

    @cached_property
    def study(self) -> Array:
        """Study index of each row."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.append(self.starts, self.n_rows)))

    @cached_property
    def _rows_per_study(self) -> int:
        """Rows of every study when all have equally many, else 0."""
        lengths = np.diff(np.append(self.starts, self.n_rows))
        return int(lengths[0]) if np.all(lengths == lengths[0]) else 0

    @cached_property
    def levels(self) -> list[Level]:
        """The rows by depth."""
        n_studies = len(self.starts)
        out = []
        for depth in range(int(self.depth.max()) + 1):
            members = np.flatnonzero(self.depth == depth)
            study = self.study[members]
            starts = np.flatnonzero(np.diff(study, prepend=-1))
            out.append(
                Level(
                    members,
                    study,
                    self.likelihood.take(members),
                    np.array_equal(study, np.arange(n_studies)),
                    study[starts],
                    starts,
                )
            )
        return out

    def by_study(self, values: Array) -> Array:
        """Sum rows (axis -2) within studies."""
        per = self._rows_per_study
        if not per:
            return np.add.reduceat(values, self.starts, axis=-2)
        total = values[..., 0::per, :]
        for r in range(1, per):
            total = total + values[..., r::per, :]
        return total


class Level(NamedTuple):
    """Rows of one depth: which, of which study, and how to sum them by study."""

    members: Array
    study: Array
    likelihood: RowLikelihood
    one_each: bool
    present: Array
    starts: Array

    def by_study(self, values: Array, n_studies: int) -> Array:
        """Sum rows (axis -2) into all studies, some of which may have no such row."""
        if self.one_each:
            return values
        out = np.zeros((*values.shape[:-2], n_studies, values.shape[-1]))
        out[..., self.present, :] = np.add.reduceat(values, self.starts, axis=-2)
        return out
