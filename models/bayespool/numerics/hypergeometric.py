"""The non-central hypergeometric distribution: events of group 1 given both margins of a table.

References
----------
Cornfield (1956), Proc 3rd Berkeley Symp 4:135-148.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.log_concave import LogConcave

Array = np.ndarray


@dataclass(frozen=True)
class Margins:
    """Both margins of a 2x2 table.

    Parameters
    ----------
    people, others, total : int
        People of group 1 and of group 2, and events of both together.
    """

    people: int
    others: int
    total: int

    @property
    def low(self) -> int:
        """The fewest events that group 1 can have."""
        return max(0, self.total - self.others)

    @property
    def high(self) -> int:
        """The most."""
        return min(self.people, self.total)

    @cached_property
    def ways(self) -> LogConcave:
        """Log number of ways to each number of events of group 1, from `low` to `high`."""
        x = np.arange(self.low, self.high + 1)
        return LogConcave(log_choose(self.people, x) + log_choose(self.others, self.total - x))

    def log_normaliser(self, log_odds_ratio: Array) -> Array:
        """``log sum_x C(n1, x) C(n2, t - x) exp(x d)``, shape as ``d`` (one axis)."""
        return self.ways.log_sum(log_odds_ratio) + self.low * log_odds_ratio

    def draw(self, log_odds_ratio: Array, log_normaliser: Array, rng: np.random.Generator) -> Array:
        """Events of group 1, one for each log odds ratio with its normaliser."""
        log_sum = log_normaliser - self.low * log_odds_ratio
        return self.low + self.ways.draw(log_odds_ratio, log_sum, rng)


def log_choose(n: Array | int, k: Array) -> Array:
    """Logarithm of the binomial coefficient."""
    return special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
