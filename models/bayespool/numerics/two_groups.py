"""Events of two groups as functions of one number, their effect: exact, whatever the counts.

References
----------
Stijnen, Hamza & Ozdemir (2010), Stat Med 29:3046-3067 (non-central hypergeometric); Jackson, Law,
Stijnen, Viechtbauer & White (2018), Stat Med 37:1059-1085 (model 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import numpy as np
from scipy import special

from bayespool.numerics import effects, overall_risk
from bayespool.numerics.hypergeometric import Margins, log_choose
from bayespool.numerics.row_likelihood import AS_GIVEN, LOG, SeparateRows
from bayespool.numerics.tabulated import Curve, Curves

Array = np.ndarray
OUTSIDE = -1e300  # log likelihood of a risk beyond 0 or 1
WIDEST = 18.0  # artanh of the largest number below 1
LARGEST = 600.0  # log ratio whose exponential times a number of people is finite
KEPT = 4_096  # curves, of 6 kilobytes each
ELEMENTS = {"or": 500_000, "rr": 500_000, "rd": 10_000}  # tables times points at a time
Table = tuple[int, int, int, int]


class Possible(NamedTuple):
    """What a row may be.

    Attributes
    ----------
    people : tuple of int
        Of group 1 and group 2, whose overall risk is uniform: those of the table in the middle.
    tables : tuple
        Events and people of group 1, events and people of group 2.
    weights : tuple of float
        Of the tables.
    """

    people: tuple[int, int]
    tables: tuple[Table, ...]
    weights: tuple[float, ...]

    @classmethod
    def complete(cls, e1: int, n1: int, e2: int, n2: int) -> Possible:
        """A row of one table."""
        return cls((n1, n2), ((e1, n1, e2, n2),), (1.0,))


def log_likelihood(measure: str, row: Possible, x: Array) -> Array:
    """Log likelihood of a row by its own sums and integrals.

    Parameters
    ----------
    measure : {"or", "rr", "rd"}
    x : array, shape (n_points,)
        Log odds ratio, log risk ratio, or the coordinate of a risk difference.
    """
    counts = np.array(row.tables)
    e1, n1, e2, n2 = counts.T
    constant = np.log(row.weights) + log_choose(n1, e1) + log_choose(n2, e2)
    effect = np.sinh(x) / (n1 + n2).max() if measure == "rd" else x
    share = row.people[0] / max(1, sum(row.people))
    parts = np.array_split(np.arange(len(x)), -(-len(x) * len(counts) // ELEMENTS[measure]))
    out = np.empty(len(x))
    for some in parts:
        at = effect[some]
        if measure == "or":
            terms = _given_margins(counts, at)
        else:
            terms = overall_risk.log_likelihood(measure, counts, share, at)
        out[some] = special.logsumexp(terms + constant[:, None], axis=0)
    return out


def coordinate(difference: Array, largest: Array) -> Array:
    """What risk differences are tabulated in: even steps where few people tell little, and no end.

    Parameters
    ----------
    difference : array
        Above -1 and below 1.
    largest : array
        Most people that the row may have.
    """
    return np.arcsinh(largest * np.arctanh(difference))


@lru_cache(maxsize=KEPT)
def curve(measure: str, row: Possible) -> Curve:
    """The log likelihood of a row, tabulated."""
    e1, n1, e2, n2 = np.array(row.tables).T
    function = partial(log_likelihood, measure, row)
    if measure == "rd":
        end = int(np.ceil(np.arcsinh(WIDEST * (n1 + n2).max())))
        return Curve.between(function, -end, end)
    # events that group 1 could lose to group 2, and the other way round, as the effect grows
    fewer, more = e1, e2
    if measure == "or":
        fewer, more = np.minimum(e1, n2 - e2), np.minimum(n1 - e1, e2)
    return Curve.of(function, (float(fewer.min()), -float(more.min())))


def _given_margins(counts: Array, log_odds_ratio: Array) -> Array:
    """Log probability of tables given an odds ratio, all totals being as likely as one another."""
    e1, n1, e2, n2 = counts.T
    margins, place = np.unique(np.stack([n1, n2, e1 + e2]), axis=1, return_inverse=True)
    normaliser = np.stack([Margins(*map(int, m)).log_normaliser(log_odds_ratio) for m in margins.T])
    out: Array = e1[:, None] * log_odds_ratio - normaliser[np.ravel(place)]
    return out - np.log(n1 + n2 + 1.0)[:, None]


@lru_cache(maxsize=KEPT)
def normaliser(margins: Margins) -> Curves:
    """The normaliser of the non-central hypergeometric distribution, tabulated."""
    slopes = (float(margins.low), float(margins.high))
    return Curves((Curve.of(margins.log_normaliser, slopes),))


@dataclass(frozen=True, eq=False)
class TwoGroups(SeparateRows):
    """Rows of events in two groups; ``eta`` is a log odds ratio, log risk ratio or difference.

    Parameters
    ----------
    measure : {"or", "rr", "rd"}
        Of odds ratios the total of events is as likely to be any number of people and tells
        nothing; the events of group 1 given it are non-central hypergeometric. Of the others both
        groups are binomial, and the risk of all people together is uniform
        (`bayespool.numerics.overall_risk`).
    rows : sequence of Possible
    """

    measure: str
    rows: Sequence[Possible]
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def curves(self) -> Curves:
        return Curves([curve(self.measure, row) for row in self.rows])

    @cached_property
    def mean(self) -> Array:
        """Events and people of both groups, the mean over possible tables, (4, n_rows)."""
        return np.array([np.average(r.tables, axis=0, weights=r.weights) for r in self.rows]).T

    @cached_property
    def _most(self) -> Array:
        """Most people in a possible table of each row, (n_rows, 1)."""
        return np.array([[max(t[1] + t[3] for t in r.tables)] for r in self.rows], float)

    @cached_property
    def open(self) -> Array:
        """Rows of one table whose margins allow others too, (n_rows,)."""
        n1, n2, total = self.mean[1], self.mean[3], self.mean[0] + self.mean[2]
        single = np.array([len(row.tables) == 1 for row in self.rows])
        return single & (np.minimum(n1, total) > np.maximum(0.0, total - n2))

    @cached_property
    def edged(self) -> Array:
        """Rows whose likelihood is largest at no effect and has an edge there, (n_rows,).

        Of a risk difference those in which nobody or everybody has the event, of a risk ratio
        those in which everybody has.
        """
        out = np.zeros(len(self), bool)
        for i, row in enumerate(self.rows if self.measure != "or" else ()):
            e1, n1, e2, n2 = np.array(row.tables).T
            edge = e1 + e2 == n1 + n2
            if self.measure == "rd":
                edge |= e1 + e2 == 0
            out[i] = edge.all()
        return out

    @property
    def farthest(self) -> float:
        """Risk differences end at 1."""
        return 1.0 if self.measure == "rd" else float("inf")

    def observed(self) -> Array:
        """Events of group 1, the mean over possible tables."""
        return self.mean[0]

    def as_shown(self) -> tuple[Array, Array]:
        """Where nobody or everybody has the event, nothing else could be observed."""
        return np.where(self.open, self.mean[0], np.nan), np.full(len(self), np.nan)

    def comparable(self, values: Array, rows: Array) -> tuple[Array, str, str]:
        """The effect that so many events of group 1 make, given both margins."""
        _, n1, _, n2 = self.mean[:, rows, None]
        total = self.mean[[0, 2]].sum(axis=0)[rows, None]
        effect = effect_given_total(self.measure, values, n1, total, n2)
        return effect, AS_GIVEN if self.measure == "rd" else LOG, self.measure

    def take(self, rows: Array) -> TwoGroups:
        return TwoGroups(self.measure, [self.rows[i] for i in rows])

    def log_density(self, eta: Array) -> Array:
        if self.measure != "rd":
            return self.curves(eta)
        inside = np.clip(eta, -1.0 + 1e-15, 1.0 - 1e-15)
        value = self.curves(coordinate(inside, self._most))
        return np.where(np.abs(eta) < 1.0, value, OUTSIDE)

    def log_constant(self) -> Array:
        """Zero: what does not depend on the effect differs between tables."""
        return np.zeros((len(self), 1))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        """The observed curvature, never below zero: a sum over tables is not log-concave."""
        if self.measure != "rd":
            slope, bend = self.curves.derivatives(eta)
            return slope, np.maximum(-bend, 0.0)
        d = np.clip(eta, -1.0 + 1e-6, 1.0 - 1e-6)  # from beyond, Newton's steps lead back
        y, gap = np.arctanh(d), 1.0 - d * d
        root = np.sqrt(1.0 + (self._most * y) ** 2)
        slope, bend = self.curves.derivatives(coordinate(d, self._most))
        first = self._most / (root * gap)
        second = first / gap * (2.0 * d - (self._most / root) ** 2 * y)
        return slope * first, np.maximum(-(bend * first * first + slope * second), 0.0)

    def start(self) -> tuple[Array, Array]:
        e1, n1, e2, n2 = self.mean
        eta = effect_given_total(self.measure, e1, n1, e1 + e2, n2)[:, None]
        return eta, self.slope_and_weight(eta)[1]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """Events of group 1 given the people and the total of a table drawn from those possible."""
        out = np.empty(eta.shape)
        for r, row in enumerate(self.rows):
            tables = np.array(row.tables)
            share = np.array(row.weights) / np.sum(row.weights)
            drawn = tables[rng.choice(len(tables), size=eta.shape[1], p=share)]
            sizes = np.stack([drawn[:, 1], drawn[:, 3], drawn[:, 0] + drawn[:, 2]], axis=1)
            for margins in np.unique(sizes, axis=0):
                mine = np.all(sizes == margins, axis=1)
                given = Margins(*map(int, margins))
                out[r, mine] = events_given_total(self.measure, given, eta[r, mine], rng)
        return out


def effect_given_total(measure: str, e1: Array, n1: Array, total: Array, n2: Array) -> Array:
    """The effect that events of group 1 make, the total as it is and 1/2 added to every cell."""
    of_counts = {
        "or": effects.log_odds_ratio, "rr": effects.log_risk_ratio, "rd": effects.risk_difference,
    }[measure]  # fmt: skip
    return of_counts(e1 + 0.5, n1 + 1.0, total - e1 + 0.5, n2 + 1.0).estimate


def events_given_total(
    measure: str, margins: Margins, eta: Array, rng: np.random.Generator
) -> Array:
    """Events of group 1 given both margins and each of the effects."""
    if margins.low == margins.high:
        return np.full(eta.shape, float(margins.low))
    log_z = normaliser(margins)
    effect = np.clip(eta, -LARGEST, LARGEST)

    def log_normaliser(x: Array) -> Array:
        return log_z(x[..., None, :])[..., 0, :]

    if measure == "rd":
        effect = np.arctanh(np.clip(eta, -1.0 + 1e-15, 1.0 - 1e-15))
    if measure != "or":
        effect = overall_risk.draw_log_odds_ratio(measure, margins, effect, log_normaliser, rng)
    return margins.draw(effect, log_normaliser(effect), rng)
