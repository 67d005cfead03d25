"""The log posterior of many studies as a polynomial around its bulk.

With hundreds of studies the log posterior is so smooth over its bulk that a polynomial fitted to
some hundreds of points gives it to a thousandth, and draws are weighted by the polynomial. It is
held against the integrals themselves: at the independent second sample, and at probe draws of the
result, where a difference beyond the error aim sends the engine back to integrating every draw.

Two polynomials: one of high degree of the log posterior by few nodes, one of lower degree, fitted
to fewer points, of what the nodes asked for add to that. Outside the ball that the points fill the
first is replaced by the integral.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import NamedTuple

import numpy as np

from bayespool.engines import rule
from bayespool.engines.coordinates import Coordinates
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.mixture import Mixture, forward_substitute, moments, systematic

Array = np.ndarray
LEAST_STUDIES = 150
# the fewer the studies the higher the degree: so many studies, and the lowest that will do
DEGREES = ((2_500, 4), (500, 5), (LEAST_STUDIES, 6))
MOST_TERMS = 500
BASE_NODES = 5  # with fewer it shows how well the modes of studies were found
CORRECTION_DEGREE = 3
POINTS_PER_TERM, LEAST_POINTS = 2, 100
FILLED = 0.97  # share of the points that the ball has
POWER = 0.3  # of the importance weights, by which residuals count
PROBES = 48


class Polynomial(NamedTuple):
    """A sum of products of Hermite polynomials of standardised coordinates."""

    exponents: tuple[tuple[int, ...], ...]
    coefficients: Array

    def __call__(self, z: Array) -> Array:
        """Values at points z, shape (d, n)."""
        out = np.zeros(z.shape[1])
        for value, term in zip(self.coefficients, _terms(z, self.exponents), strict=True):
            out += value * term
        return out


@dataclass(frozen=True, eq=False)
class Expansion:
    """A log posterior in the proposal's coordinates, by polynomials where they were fitted.

    Attributes
    ----------
    coordinates : Coordinates
    nodes : int
        Of the rule that it stands for.
    added : float
        What twice as many nodes add to the log likelihood at every draw.
    mean : array, shape (d,)
    factor : array, shape (d, d)
        Of the covariance that the coordinates are standardised by.
    radius : float
        Of the ball inside which the polynomials hold.
    bulk, correction : Polynomial
        The log posterior by `base` nodes, and what more nodes add to it.
    base, n_points : int
    """

    coordinates: Coordinates
    nodes: int
    added: float
    mean: Array
    factor: Array
    radius: float
    bulk: Polynomial
    correction: Polynomial
    base: int
    n_points: int

    def log_density(self, y: Array) -> Array:
        """Unnormalised log posterior density, (n_draws,)."""
        z, inside = self._placed(y)
        out = self.correction(z)
        out[inside] += self.bulk(z[:, inside])
        if not inside.all():
            out[~inside] += self.coordinates.log_density(y[:, ~inside], self.base)
        return out

    def integrated(self, y: Array) -> Array:
        """The same with the integrals by few nodes, and no polynomial but the correction."""
        return self.coordinates.log_density(y, self.base) + self.correction(self._placed(y)[0])

    def holds(self, y: Array, w: Array, integrated: Array, rng: np.random.Generator) -> bool:
        """Whether it agrees with `integrated` values at draws with weights w."""
        at = systematic(w, PROBES, rng)
        gap = np.abs(self.log_density(y[:, at]) - integrated[at])
        return bool(gap.max() < rule.LOG_LIKELIHOOD_ERROR)

    def error(self, y: Array) -> float:
        """Largest difference from the integrals by all nodes at draws y."""
        direct = self.coordinates.log_density(y, self.nodes) + self.added
        return float(np.max(np.abs(self.log_density(y) - direct)))

    def _placed(self, y: Array) -> tuple[Array, Array]:
        """Standardised coordinates, pulled to the ball's surface, and which were inside."""
        z = forward_substitute(self.factor, y - self.mean[:, None])
        far = np.sqrt(np.sum(z * z, axis=0))
        inside = far <= self.radius
        return z * np.where(inside, 1.0, self.radius / np.maximum(far, self.radius)), inside


def applies(hierarchy: Hierarchy) -> bool:
    """Whether there are many studies, and nodes for all of them."""
    return (
        hierarchy.n_studies >= LEAST_STUDIES
        and not hierarchy.gaussian
        # nodes around one mode of a study tell nothing of another, and neither do more of them
        and not hierarchy.likelihood.several_modes.any()
        and _degree(hierarchy) > 0
        and bool(rule.one_level(hierarchy).all())
    )


def expand(
    coordinates: Coordinates,
    proposal: Mixture,
    nodes: int,
    added: float,
    rng: np.random.Generator,
) -> Expansion:
    """Polynomials fitted to draws of the proposal."""
    d = len(coordinates.hierarchy.names)
    exponents = _exponents(d, _degree(coordinates.hierarchy))
    n = max(LEAST_POINTS, POINTS_PER_TERM * len(exponents))
    y = proposal.draw(n, rng)
    base = min(BASE_NODES, nodes)
    value = coordinates.log_density(y, base)
    log_w = value - proposal.log_density(y)
    w = np.exp(log_w - log_w.max())
    mean, cov = moments(y, w / w.sum())
    factor = np.linalg.cholesky(cov)
    z = forward_substitute(factor, y - mean[:, None])
    far = np.sqrt(np.sum(z * z, axis=0))
    radius = float(np.quantile(far, FILLED))
    use = np.flatnonzero((far <= radius) & np.isfinite(value))
    weight = np.maximum(w, 1e-12) ** POWER
    bulk = _fitted(z[:, use], value[use], weight[use], exponents)
    # draws come sorted by component: every so many-th of them is a draw of all
    few = _exponents(d, CORRECTION_DEGREE)
    some = use[np.linspace(0, len(use) - 1, min(len(use), 2 * len(few))).astype(int)]
    more = coordinates.log_density(y[:, some], nodes) + added - value[some]
    correction = _fitted(z[:, some], more, weight[some], few)
    return Expansion(coordinates, nodes, added, mean, factor, radius, bulk, correction, base, n)


def _degree(hierarchy: Hierarchy) -> int:
    """The degree of the bulk, or zero where it would have too many terms."""
    d, k = len(hierarchy.names), hierarchy.n_studies
    enough = next((degree for least, degree in DEGREES if k >= least), 0)
    fitting = [g for _, g in DEGREES if g <= enough and comb(d + g, g) <= MOST_TERMS]
    return max(fitting, default=0)


def _exponents(d: int, degree: int) -> tuple[tuple[int, ...], ...]:
    """Of all products up to a degree."""
    return tuple(
        tuple(chosen.count(i) for i in range(d))
        for g in range(degree + 1)
        for chosen in combinations_with_replacement(range(d), g)
    )


def _terms(z: Array, exponents: tuple[tuple[int, ...], ...]) -> list[Array]:
    """Products of Hermite polynomials at points z, shape (d, n)."""
    highest = max(max(e) for e in exponents)
    hermite = [np.ones_like(z), z]
    for g in range(1, highest):
        hermite.append(z * hermite[g] - g * hermite[g - 1])
    out = []
    for each in exponents:
        term = np.ones(z.shape[1])
        for i, g in enumerate(each):
            if g:
                term = term * hermite[g][i]
        out.append(term)
    return out


def _fitted(
    z: Array, value: Array, weight: Array, exponents: tuple[tuple[int, ...], ...]
) -> Polynomial:
    """Weighted least squares."""
    design = np.stack(_terms(z, exponents)) * weight
    return Polynomial(exponents, least_squares(design, value * weight))


def least_squares(columns: Array, value: Array) -> Array:
    """Coefficients of the columns, given as shape (n_columns, n), nearest to the values.

    Householder's, written out: its bits depend on no number of threads.
    """
    m = len(columns)
    a = np.concatenate([columns, value[None]])
    for j in range(m):
        v = a[j, j:].copy()
        v[0] += np.copysign(np.sqrt(np.einsum("n,n->", v, v)), v[0])
        square = np.einsum("n,n->", v, v)
        if square == 0.0:
            continue
        share = np.einsum("jn,n->j", a[j:, j:], v) * (2.0 / square)
        a[j:, j:] -= share[:, None] * v
    out = np.zeros(m)
    for j in reversed(range(m)):
        rest = a[m, j] - np.einsum("k,k->", a[j + 1 : m, j], out[j + 1 :])
        out[j] = rest / a[j, j] if a[j, j] != 0.0 else 0.0
    return out
