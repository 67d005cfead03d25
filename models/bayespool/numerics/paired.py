"""Two tests in the same patients, both results known: a 2x2 table of positives with two margins.

The tests' dependence within patients is a Plackett distribution: given both probabilities of a
positive result and the odds ratio between the tests, the four cells follow.

References
----------
Plackett (1965), J Am Stat Assoc 60:516-522; Palmgren (1989), regression models for bivariate
binary responses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from bayespool.numerics.likelihoods import Binomial
from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
SMALLEST = 1e-300


def plackett(p: Array, q: Array, odds_ratio: Array) -> Array:
    """Probability that both are positive, given the margins and the odds ratio between them."""
    s = 1.0 + (p + q) * (odds_ratio - 1.0)
    root = np.sqrt(np.maximum(s * s - 4.0 * odds_ratio * (odds_ratio - 1.0) * p * q, 0.0))
    # the smaller root of the quadratic, written without cancellation
    return np.minimum(2.0 * odds_ratio * p * q / (s + root), np.minimum(p, q))


def plackett_cells(eta_p: Array, eta_q: Array, odds_ratio: Array) -> tuple[Array, ...]:
    """Probabilities of both, the first only, the second only and neither, from logits.

    Each cell is its own root of a quadratic, so that none is a difference of nearly equal numbers.
    """
    return cells_of(special.expit(eta_p), special.expit(-eta_p),
                    special.expit(eta_q), special.expit(-eta_q), odds_ratio)  # fmt: skip


def cells_of(
    p: Array, not_p: Array, q: Array, not_q: Array, odds_ratio: Array
) -> tuple[Array, ...]:
    """The same from proportions and one minus these."""
    return (
        plackett(p, q, odds_ratio),
        _only(p, not_p, q, not_q, odds_ratio),
        _only(q, not_q, p, not_p, odds_ratio),
        plackett(not_p, not_q, odds_ratio),
    )


def _only(p: Array, not_p: Array, q: Array, not_q: Array, odds_ratio: Array) -> Array:
    """Probability of the first alone: the positive root x of ``psi x (q - p + x) = (p - x)(1 - q
    - x)``."""
    b = odds_ratio * (q - p) + not_q + p
    a = odds_ratio - 1.0
    root = np.sqrt(np.maximum(b * b + 4.0 * a * p * not_q, 0.0))
    low = b < 0.0
    x = np.where(low, (root - b) / np.where(low, 2.0 * a, 1.0),
                 2.0 * p * not_q / np.where(low, 1.0, b + root))  # fmt: skip
    return np.minimum(x, np.minimum(p, not_q))


@dataclass(frozen=True, eq=False)
class PairedBinomial(PlainRows):
    """Rows of which some are pairs: two tests of the same people, cross-classified.

    Parameters
    ----------
    successes, trials : array of int, shape (n_rows,)
    both : array of int, shape (n_rows,)
        Successes on both tests of a pair, on both of its rows; -1 for a row on its own.
    partner : array of int, shape (n_rows,)
        The other row of the pair; itself for a row on its own.
    kind : array of int, shape (n_rows,)
        Which of the odds ratios holds.
    odds_ratio : array, shape (n_kinds, n_draws), optional
        Between the tests of a pair; set by `widened`.
    """

    successes: Array
    trials: Array
    both: Array
    partner: Array
    kind: Array
    odds_ratio: Array | None = None
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="logit", init=False)

    @property
    def _is_first(self) -> Array:
        return (self.both >= 0) & (np.arange(len(self)) < self.partner)

    @property
    def _alone(self) -> Binomial:
        return Binomial(self.successes, self.trials)

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def coupled(self) -> Array:
        return np.ones(len(self), bool)

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Without the cross term, as in `slope_and_weight`."""
        return (*self.slope_and_weight(eta), None)

    def observed(self) -> Array:
        return self.successes

    def as_shown(self) -> tuple[Array, Array]:
        return self.successes.astype(float), self.trials.astype(float)

    def take(self, rows: Array) -> PairedBinomial:
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        partner = place[self.partner[rows]]
        if np.any(partner < 0):
            raise ValueError("both rows of a pair must be taken")
        return PairedBinomial(
            self.successes[rows], self.trials[rows], self.both[rows], partner,
            self.kind[rows], self.odds_ratio,
        )  # fmt: skip

    def part(self, draws: slice | Array) -> PairedBinomial:
        return self if self.odds_ratio is None else self.widened(*self.odds_ratio[:, draws])

    def widened(self, *extra: Array) -> PairedBinomial:
        """The same rows with these odds ratios between the tests, (n_draws,) for each kind."""
        return PairedBinomial(
            self.successes, self.trials, self.both, self.partner, self.kind, np.stack(extra)
        )

    def _cells(self) -> tuple[Array, Array, Array, Array]:
        """Counts of both, first only, second only, neither of the pairs, (n_pairs, 1) each."""
        i = np.flatnonzero(self._is_first)
        j = self.partner[i]
        a = self.both[i]
        b, c = self.successes[i] - a, self.successes[j] - a
        return tuple(x[:, None].astype(float) for x in (a, b, c, self.trials[i] - a - b - c))  # type: ignore[return-value]

    def _pair_density(self, eta_i: Array, eta_j: Array, psi: Array) -> Array:
        parts = plackett_cells(eta_i, eta_j, psi)
        return sum(
            count * np.log(np.maximum(part, SMALLEST))
            for count, part in zip(self._cells(), parts, strict=True)
        )

    def _pairs(self, eta: Array) -> tuple[Array, Array, Array, Array, Array]:
        i = np.flatnonzero(self._is_first)
        j = self.partner[i]
        odds = self.odds_ratio if self.odds_ratio is not None else np.ones((2, 1))
        return i, j, eta[..., i, :], eta[..., j, :], odds[self.kind[i]]

    def log_density(self, eta: Array) -> Array:
        out = self._alone.log_density(eta)
        i, j, eta_i, eta_j, psi = self._pairs(eta)
        if i.size:
            out[..., i, :] = self._pair_density(eta_i, eta_j, psi)
            out[..., j, :] = 0.0
        return out

    def log_constant(self) -> Array:
        out = self._alone.log_constant()
        i = np.flatnonzero(self._is_first)
        if i.size:
            cells = np.concatenate(self._cells(), axis=1)
            total = special.gammaln(self.trials[i] + 1.0) - special.gammaln(cells + 1.0).sum(axis=1)
            out[i, 0], out[self.partner[i], 0] = total, 0.0
        return out

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        """The weight leaves out the cross term of a pair, which costs nodes, not correctness."""
        slope, weight = self._alone.slope_and_weight(eta)
        i, j, eta_i, eta_j, psi = self._pairs(eta)
        if i.size:
            h = 1e-4
            for rows, up, down in (
                (i, self._pair_density(eta_i + h, eta_j, psi),
                 self._pair_density(eta_i - h, eta_j, psi)),
                (j, self._pair_density(eta_i, eta_j + h, psi),
                 self._pair_density(eta_i, eta_j - h, psi)),
            ):  # fmt: skip
                slope[..., rows, :] = (up - down) / (2.0 * h)
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        return self._alone.start()

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        out = rng.binomial(self.trials[:, None], special.expit(eta))
        i, j, eta_i, eta_j, psi = self._pairs(eta)
        if i.size:
            p, q = special.expit(eta_i), special.expit(eta_j)
            p11 = plackett(p, q, psi)
            together = rng.binomial(out[i], np.clip(p11 / np.maximum(p, SMALLEST), 0.0, 1.0))
            rest = np.clip((q - p11) / np.maximum(1.0 - p, SMALLEST), 0.0, 1.0)
            out[j] = together + rng.binomial(self.trials[i][:, None] - out[i], rest)
        return out
