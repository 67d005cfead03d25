"""The same people twice, yes or no: pairs of rows whose cross-classification may be unknown.

Dependence within people is a Plackett distribution (`bayespool.numerics.paired`). What is printed,
often only both margins and a P value, leaves a set of possible tables; the likelihood is the sum of
theirs.

References
----------
McNemar (1947), Psychometrika 12:153-157; Plackett (1965), J Am Stat Assoc 60:516-522.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.paired import SMALLEST, plackett, plackett_cells
from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
STEP = 1e-3
# yes twice, lost, gained, no twice; then those seen once: before yes and no, after yes and no
CELLS = 8


@dataclass(frozen=True, eq=False)
class PairedTables(PlainRows):
    """Pairs of rows, before and after, whose counts are one of several tables.

    Every pair also holds a Beta(1, 1) density of the proportion midway between the two on the logit
    scale, up to the slope of the inverse logit: the baseline that the change is measured from.

    Parameters
    ----------
    tables : sequence of array of int, each of shape (n_tables, 8)
        Cells of each study's possible tables.
    odds_ratio : array, shape (1, n_draws), optional
        Between before and after within people; set by `widened`.
    """

    tables: Sequence[Array]
    odds_ratio: Array | None = None
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="logit", init=False)

    def __len__(self) -> int:
        return 2 * len(self.tables)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def coupled(self) -> Array:
        return np.ones(len(self), bool)

    @cached_property
    def _constants(self) -> list[Array]:
        """Log number of ways of each table: of the pairs, and of those seen once."""
        out = []
        for cells in self.tables:
            log = special.gammaln(cells + 1.0)
            pairs = special.gammaln(cells[:, :4].sum(axis=1) + 1.0) - log[:, :4].sum(axis=1)
            for at in (4, 6):
                once = cells[:, at : at + 2].sum(axis=1)
                pairs += special.gammaln(once + 1.0) - log[:, at : at + 2].sum(axis=1)
            out.append(pairs)
        return out

    def as_shown(self) -> tuple[Array, Array]:
        """Nothing: two counts of the same people are no two observations."""
        nothing = np.full(len(self), np.nan)
        return nothing, nothing

    def take(self, rows: Array) -> PairedTables:
        first = np.asarray(rows)[0::2]
        if not np.array_equal(np.asarray(rows)[1::2], first + 1) or np.any(first % 2):
            raise ValueError("both rows of a pair must be taken")
        return PairedTables(tuple(self.tables[k] for k in first // 2), self.odds_ratio)

    def part(self, draws: slice | Array) -> PairedTables:
        if self.odds_ratio is None:
            return self
        return PairedTables(self.tables, self.odds_ratio[:, draws])

    def widened(self, *extra: Array) -> PairedTables:
        """The same rows with this odds ratio between before and after, (n_draws,)."""
        return PairedTables(self.tables, np.reshape(extra[0], (1, -1)))

    def observed(self) -> Array:
        """Mean yes before and yes after over the possible tables."""
        out = []
        for cells in self.tables:
            mean = cells.mean(axis=0)
            out += [mean[0] + mean[1] + mean[4], mean[0] + mean[2] + mean[6]]
        return np.array(out)

    @cached_property
    def trials(self) -> Array:
        """People seen before and after, (n_rows,)."""
        out = []
        for cells in self.tables:
            one = cells[0]
            out += [one[:4].sum() + one[4:6].sum(), one[:4].sum() + one[6:8].sum()]
        return np.array(out)

    def _pair(self, k: int, before: Array, after: Array) -> Array:
        psi = np.ones((1, 1)) if self.odds_ratio is None else self.odds_ratio
        parts = plackett_cells(before, after, psi[0])
        logs = [np.log(np.maximum(part, SMALLEST)) for part in parts]
        logs += [special.log_expit(x) for x in (before, -before, after, -after)]
        terms = np.tensordot(self.tables[k].astype(float), np.stack(logs), axes=1)
        terms += self._constants[k].reshape((-1,) + (1,) * (terms.ndim - 1))
        top = terms.max(axis=0)
        middle = 0.5 * (before + after)
        baseline = special.log_expit(middle) + special.log_expit(-middle)
        return np.asarray(np.log(np.exp(terms - top).sum(axis=0)) + top + baseline)

    def log_density(self, eta: Array) -> Array:
        out = np.zeros(eta.shape)
        for k in range(len(self.tables)):
            out[..., 2 * k, :] = self._pair(k, eta[..., 2 * k, :], eta[..., 2 * k + 1, :])
        return out

    def log_constant(self) -> Array:
        return np.zeros((len(self), 1))

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Slopes, curvatures and mixed curvatures by differences."""
        slope, weight = np.empty(eta.shape), np.empty(eta.shape)
        cross = np.empty((*eta.shape[:-2], len(self.tables), eta.shape[-1]))
        h = STEP
        for k in range(len(self.tables)):
            a, b = eta[..., 2 * k, :], eta[..., 2 * k + 1, :]
            at = {(i, j): self._pair(k, a + i * h, b + j * h)
                  for i in (-1, 0, 1) for j in (-1, 0, 1)}  # fmt: skip
            slope[..., 2 * k, :] = (at[1, 0] - at[-1, 0]) / (2 * h)
            slope[..., 2 * k + 1, :] = (at[0, 1] - at[0, -1]) / (2 * h)
            first = np.maximum(-(at[1, 0] - 2 * at[0, 0] + at[-1, 0]) / h**2, 0.0)
            second = np.maximum(-(at[0, 1] - 2 * at[0, 0] + at[0, -1]) / h**2, 0.0)
            mixed = -(at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / (4 * h * h)
            limit = np.sqrt(first * second)
            weight[..., 2 * k, :], weight[..., 2 * k + 1, :] = first, second
            cross[..., k, :] = np.clip(mixed, -limit, limit)
        index = np.arange(0, len(self), 2)
        return slope, weight, Cross(index, index + 1, cross)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        p = (self.observed() + 0.5) / (self.trials + 1.0)
        return special.logit(p)[:, None], (self.trials * p * (1.0 - p))[:, None]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """People with yes, before and after, of new studies of the same sizes."""
        out = np.empty(eta.shape)
        psi = np.ones((1, 1)) if self.odds_ratio is None else self.odds_ratio
        for k, cells in enumerate(self.tables):
            p, q = special.expit(eta[2 * k]), special.expit(eta[2 * k + 1])
            both = plackett(p, q, psi[0])
            pairs = cells[0, :4].sum()
            yes = rng.binomial(pairs, p)
            stay = rng.binomial(yes, np.clip(both / np.maximum(p, SMALLEST), 0.0, 1.0))
            gained = np.clip((q - both) / np.maximum(1.0 - p, SMALLEST), 0.0, 1.0)
            out[2 * k] = yes + rng.binomial(cells[0, 4:6].sum(), p)
            out[2 * k + 1] = stay + rng.binomial(pairs - yes, gained)
            out[2 * k + 1] += rng.binomial(cells[0, 6:8].sum(), q)
        return out
