"""Counts at successive cut-offs of one marker in the same patients: one multinomial result.

The number of patients between two neighbouring cut-offs is multinomial, which is a chain of
binomials: right results at a cut-off, out of those right at the next easier one. A marker is
logistic or normal after a transformation, so that the probability of a right result is
``F(z)``, ``z = (eta - sign slope h(cut-off)) / exp(eta_spread)``.

References
----------
Jones, Gatsonis, Trikalinos, Welton & Ades (2019), Stat Med 38:4789-4803; Steinhauser, Schumacher &
Rücker (2016), BMC Med Res Methodol 16:97; Box & Cox (1964), J R Stat Soc B 26:211-252.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import special

from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
CLOSEST = 1e-13  # of neighbouring odds, relatively; closer ones are rounding
ENDS = {"logit": 250.0, "probit": 22.0}  # of z: beyond, products of odds are no numbers
WIDEST = 30.0  # logarithm of a factor of spread; beyond, the marker tells nothing or all
ROOT = np.sqrt(2.0 * np.pi)


def box_cox(x: Array, power: Array) -> Array:
    """``(exp(power x) - 1) / power`` of the logarithm x of a ratio of cut-offs; x for power 0."""
    x, power = np.broadcast_arrays(x, power)
    near = np.abs(power) < 1e-8
    stretched = np.expm1(np.clip(x * power, -600.0, 600.0)) / np.where(near, 1.0, power)
    return np.where(near, x + 0.5 * power * x * x, stretched)


def wrong_odds(z: Array, link_name: str) -> Array:
    """Odds of a wrong result, ``(1 - F(z)) / F(z)``, of z within `ENDS`."""
    if link_name == "logit":
        return np.exp(-z)
    return special.ndtr(-z) / special.ndtr(z)


def relative_density(z: Array, odds: Array, link_name: str) -> Array:
    """Slope of log F, ``f(z) / F(z)``."""
    if link_name == "logit":
        return odds / (1.0 + odds)
    return np.exp(-0.5 * z * z) / ROOT * (1.0 + odds)


def curvature(z: Array, odds: Array, steep: Array, link_name: str) -> Array:
    """Second derivative of log F."""
    if link_name == "logit":
        return -steep / (1.0 + odds)
    return -steep * (z + steep)


def positive_part(a: Array, b: Array, c: Array) -> tuple[Array, Array, Array]:
    """Of symmetric matrices [[a, c], [c, b]], without the directions of negative curvature."""
    half, middle = 0.5 * (a - b), 0.5 * (a + b)
    radius = np.hypot(half, c)
    high, low = middle + radius, middle - radius
    whole = low >= 0.0
    share = np.maximum(high, 0.0) / np.maximum(2.0 * radius, 1e-300)
    return (
        np.where(whole, a, share * (radius + half)),
        np.where(whole, b, share * (radius - half)),
        np.where(whole, c, share * c),
    )


@dataclass(frozen=True, eq=False)
class Successive(PlainRows):
    """Groups of patients, each with right results at one or several cut-offs.

    A row is a group of patients. With `spread` it is followed by a row whose predictor is the
    logarithm of the factor by which the spread of the marker differs; all information is in the
    first of the two.

    Parameters
    ----------
    correct : array of int, shape (n_cutoffs,)
        Right results at every cut-off of every group, from the easiest to the hardest.
    at : array, shape (n_cutoffs,)
        The cut-offs: what a power transforms where that is estimated, else transformed already.
    unit : array of int, shape (n_cutoffs,)
        Whose they are, 0 to n_groups - 1 in non-decreasing order; every group has one at least.
    people : array of int, shape (n_groups,)
        Patients; none say nothing.
    sign : array, shape (n_groups,)
        1 where a larger cut-off makes right results rarer, -1 where more frequent.
    kind : array of int, shape (n_groups,)
        Which of the slopes holds.
    shown : array of int, shape (n_groups,)
        Which of its cut-offs stands for a group where one number has to.
    link_name : {"logit", "probit"}
        A logistic or normal marker.
    spread : bool
    slopes : array, shape (n_kinds, n_draws), optional
        Set by `widened`.
    power : array, shape (n_draws,), optional
        Of the transformation, likewise.
    """

    correct: Array
    at: Array
    unit: Array
    people: Array
    sign: Array
    kind: Array
    shown: Array
    link_name: str = "logit"
    spread: bool = True
    slopes: Array | None = None
    power: Array | None = None
    exact: bool = field(default=False, init=False)

    @property
    def _width(self) -> int:
        """Rows of a group."""
        return 2 if self.spread else 1

    def __len__(self) -> int:
        return self._width * len(self.people)

    @property
    def coupled(self) -> Array:
        return np.full(len(self), self.spread)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @cached_property
    def _starts(self) -> Array:
        return np.searchsorted(self.unit, np.arange(len(self.people)))

    @cached_property
    def _ends(self) -> Array:
        return np.append(self._starts[1:], len(self.unit))

    @property
    def trials(self) -> Array:
        """Patients of every row; none of rows of spread, (n_rows,)."""
        return self._rows(self.people[:, None])[:, 0]

    def observed(self) -> Array:
        """Right results at the cut-off that stands for its group; none of rows of spread."""
        return self._rows(self.correct[self._starts + self.shown, None])[:, 0]

    def as_shown(self) -> tuple[Array, Array]:
        return self.observed().astype(float), self.trials.astype(float)

    def _rows(self, values: Array) -> Array:
        """Values of groups (second last axis) as those of all rows, zero for rows of spread."""
        if not self.spread:
            return values
        out = np.zeros((*values.shape[:-2], len(self), values.shape[-1]), values.dtype)
        out[..., 0::2, :] = values
        return out

    def _summed(self, values: Array) -> Array:
        """Sums over the cut-offs (second last axis) of every group."""
        return np.add.reduceat(values, self._starts, axis=-2)

    @cached_property
    def _chain(self) -> tuple[Array, Array, Array]:
        """Right results y, those at the easier cut-off n, and 1 where there is one, (n_cutoffs, 1)
        each."""
        first = np.zeros(len(self.unit), bool)
        first[self._starts] = True
        before = np.where(first, self.people[self.unit], np.roll(self.correct, 1))
        return tuple(x[:, None].astype(float) for x in (self.correct, before, ~first))  # type: ignore[return-value]

    @cached_property
    def _told(self) -> tuple[Array, Array]:
        """Patients that a cut-off is the first wrong one of, and all whom it is asked of less those
        of the next, (n_cutoffs, 1) each."""
        y, n, has = self._chain
        following = np.append(y[1:] * has[1:], [[0.0]], axis=0)
        return n - y, n - following

    def take(self, rows: Array) -> Successive:
        kept = np.asarray(rows)[:: self._width] // self._width
        whole = (kept * self._width)[:, None] + np.arange(self._width)
        if not np.array_equal(whole.ravel(), rows):
            raise ValueError("a group and its spread must be taken together")
        parts = [np.arange(self._starts[k], self._ends[k]) for k in kept]
        cutoffs = np.concatenate([*parts, np.arange(0)]).astype(int)
        return replace(
            self, correct=self.correct[cutoffs], at=self.at[cutoffs],
            unit=np.repeat(np.arange(len(kept)), [len(part) for part in parts]),
            people=self.people[kept], sign=self.sign[kept], kind=self.kind[kept],
            shown=self.shown[kept],
        )  # fmt: skip

    def part(self, draws: slice | Array) -> Successive:
        if self.slopes is None or self.slopes.shape[1] == 1:
            return self
        power = None if self.power is None else self.power[draws]
        return replace(self, slopes=self.slopes[:, draws], power=power)

    def widened(self, *extra: Array) -> Successive:
        """The same rows with two slopes, (n_draws,) each, and perhaps a power."""
        power = extra[2] if len(extra) > 2 else None
        return replace(self, slopes=np.stack(extra[:2]), power=power)

    @cached_property
    def _shift(self) -> Array:
        """``sign slope h(cut-off)``, (n_cutoffs, n_draws) or (n_cutoffs, 1)."""
        at = self.sign[self.unit, None] * self.at[:, None]
        if self.power is not None:
            at = self.sign[self.unit, None] * box_cox(self.at[:, None], self.power)
        slope = 1.0 if self.slopes is None else self.slopes[self.kind[self.unit]]
        return np.clip(slope * at, -1e30, 1e30)

    def standardised(self, eta: Array) -> tuple[Array, Array]:
        """z of every cut-off, (..., n_cutoffs, n_draws), and one over the factor of spread."""
        end = ENDS[self.link_name]
        z = eta[..., self._width * self.unit, :]
        z -= self._shift
        if not self.spread:
            return np.clip(z, -end, end, out=z), np.ones((1, 1))
        narrower = np.exp(-np.clip(eta[..., 1::2, :], -WIDEST, WIDEST))[..., self.unit, :]
        z *= narrower
        return np.clip(z, -end, end, out=z), narrower

    def log_density(self, eta: Array) -> Array:
        odds = wrong_odds(self.standardised(eta)[0], self.link_name)
        missed, asked = self._told
        found = missed * np.log(self._gap(odds))
        found -= asked * np.log1p(odds)
        return self._rows(self._summed(found))

    def _gap(self, odds: Array) -> Array:
        """Odds of a wrong result less those at the easier cut-off."""
        gap = odds.copy()
        gap[..., 1:, :] -= odds[..., :-1, :] * self._chain[2][1:]
        return np.maximum(gap, CLOSEST * odds)

    def log_constant(self) -> Array:
        y, n, _ = self._chain
        ways = special.gammaln(n + 1.0) - special.gammaln(y + 1.0) - special.gammaln(n - y + 1.0)
        return self._rows(self._summed(ways))

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Slopes and the positive part of the observed curvature: it is not always concave."""
        y, n, has = self._chain
        z, narrower = self.standardised(eta)
        odds = wrong_odds(z, self.link_name)
        steep = relative_density(z, odds, self.link_name)
        steep *= np.abs(z) < ENDS[self.link_name]  # beyond, the density is taken as level
        wrong = self._gap(odds) / (1.0 + odds)
        score = (n - y) / wrong
        told = score * (1.0 / wrong - 1.0)
        score = n - score
        # coefficient of the log probability of a right result at every cut-off, its own and next
        pull = score.copy()
        pull[..., :-1, :] -= score[..., 1:, :] * has[1:]
        bend = pull * curvature(z, odds, steep, self.link_name)
        pull *= steep
        of_place = steep.copy()
        of_place[..., 1:, :] -= steep[..., :-1, :] * has[1:]
        moved = z * steep
        of_spread = -moved
        of_spread[..., 1:, :] += moved[..., :-1, :] * has[1:]
        slope = self._summed(pull)
        in_place = self._summed(told * of_place * of_place - bend)
        if not self.spread:
            return slope, np.maximum(in_place, 0.0), None
        factor = narrower[..., self._starts, :]
        bend *= z
        pull *= z
        mixed = self._summed(told * of_place * of_spread + bend) + slope
        in_spread = self._summed(told * of_spread * of_spread - bend * z - pull)
        slopes = self._rows(slope * factor)
        slopes[..., 1::2, :] = -self._summed(pull)
        first, second, both = positive_part(in_place * factor**2, in_spread, mixed * factor)
        weights = self._rows(first)
        weights[..., 1::2, :] = second
        rows = 2 * np.arange(len(self.people))
        return slopes, weights, Cross(rows, rows + 1, both)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        """The line through what a group's cut-offs say alone, and weights as of the best of them.

        Where there is one cut-off, or no spread, the line has the slope of the average.
        """
        people = self.people[self.unit]
        p = (self.correct + 0.5) / (people + 1.0)
        z = (special.logit(p) if self.link_name == "logit" else special.ndtri(p))[:, None]
        weight = (people * p * (1.0 - p) + 1e-9)[:, None]
        total = self._summed(weight)
        most = np.maximum.reduceat(weight, self._starts, axis=0)
        middle, height = (self._summed(weight * x) / total for x in (self._shift, z))
        if not self.spread:
            return middle + height, np.broadcast_to(most, middle.shape).copy()
        away = self._shift - middle[self.unit]
        told = self._summed(weight * away * away)
        # a little of the average slope, so that few cut-offs close together do not go astray
        steep = (1.0 - self._summed(weight * away * z)) / (1.0 + told)
        steep = np.clip(steep, 0.3, 3.0)
        eta, weights = self._rows(middle + height / steep), self._rows(most + 0.0 * middle)
        eta[1::2], weights[1::2] = -np.log(steep), told * steep**2
        return eta, weights

    def all_correct(self, eta: Array, rng: np.random.Generator) -> Array:
        """Right results of new patients at every cut-off, (n_cutoffs, n_draws)."""
        odds = wrong_odds(self.standardised(eta)[0], self.link_name)
        wrong = np.clip(self._gap(odds) / (1.0 + odds), 0.0, 1.0)
        has = self._chain[2][:, 0] > 0
        out = np.zeros(odds.shape, np.int64)
        for row, continued in enumerate(has):
            pool = out[row - 1] if continued else self.people[self.unit[row]]
            out[row] = pool - rng.binomial(pool, wrong[row])
        return out

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """As `observed`, of new patients."""
        return self._rows(self.all_correct(eta, rng)[self._starts + self.shown])
