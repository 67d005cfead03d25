"""Index test by reference test where neither is right: counts of two classes that nobody sees.

A study has three rows: sensitivity, specificity and prevalence, each on the scale of its link. The
four counts are multinomial; all information is in the first of the three rows.

References
----------
Hui & Walter (1980), Biometrics 36:167-171; Plackett (1965), J Am Stat Assoc 60:516-522; Chu,
Chen & Louis (2009), J Am Stat Assoc 104:512-523.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import special

from bayespool.numerics.links import Link, link
from bayespool.numerics.paired import cells_of
from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
Matrix = dict[tuple[int, int], Array]
SMALLEST = 1e-100
ODDS = (1e-8, 1e8)  # ratios between tests; beyond, roots of quadratics have no digits
ROWS = 3  # of a study: sensitivity, specificity, prevalence
NEXT = (1, 2, 0)
SHARES = (0.75, 0.5, 0.0)  # of the observed curvature where it is not convex, beside Fisher's


class Parts(NamedTuple):
    """Sensitivity, specificity and prevalence of every study, one minus these, and how they move
    with their predictors."""

    at: Sequence[Array]
    rest: Sequence[Array]
    steep: Sequence[Array] = ()
    bend: Sequence[Array] = ()


def relative_bend(name: str, eta: Array, p: Array) -> Array:
    """Second derivative of the inverse link over the first."""
    if name == "logit":
        return 1.0 - 2.0 * p
    return -eta if name == "probit" else 1.0 - np.exp(np.minimum(eta, 700.0))


def positive(matrix: Matrix) -> Array:
    """Where symmetric matrices of three rows have no negative direction."""
    a, b, c = (matrix[i, i] for i in range(ROWS))
    ab, ac, bc = matrix[0, 1], matrix[0, 2], matrix[1, 2]
    minor = a * b - ab * ab
    whole = c * minor - b * ac * ac - a * bc * bc + 2.0 * ab * ac * bc
    return np.asarray((a >= 0.0) & (minor >= 0.0) & (whole >= 0.0))


@dataclass(frozen=True, eq=False)
class CrossTables(PlainRows):
    """Tables of index test by reference test, of which each may be wrong.

    Parameters
    ----------
    counts : array of int, shape (n_studies, 4)
        Positive by both tests, by the index test alone, by the reference alone, by neither.
    standard : array of int, shape (n_studies,)
        Which reference standard a study has.
    accuracy : array, shape (n_standards, 2, 1) or (n_standards, 2, n_draws)
        Sensitivity and specificity of the reference standards.
    free : array of bool, shape (n_standards, 2)
        Which of these `widened` sets.
    link_name : str
        Of sensitivity and specificity.
    prevalence_link : str
    odds_ratio : array, shape (2, 1) or (2, n_draws), optional
        Between index and reference test in people with the condition and in those without it
        (Plackett), which `widened` sets; None where they are independent.
    """

    counts: Array
    standard: Array
    accuracy: Array
    free: Array
    link_name: str = "logit"
    prevalence_link: str = "probit"
    odds_ratio: Array | None = None
    exact: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return ROWS * len(self.counts)

    @property
    def coupled(self) -> Array:
        return np.ones(len(self), bool)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def _links(self) -> tuple[Link, Link, Link]:
        own = link(self.link_name)
        return own, own, link(self.prevalence_link)

    @cached_property
    def people(self) -> Array:
        """Of every study, (n_studies,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def trials(self) -> Array:
        """All people of the study, for each of its rows, (n_rows,)."""
        return np.repeat(self.people, ROWS)

    def observed(self) -> Array:
        """Positive by both tests, negative by both, and positive by the reference, (n_rows,)."""
        return _summed(self.counts.T).T.ravel()

    def as_shown(self) -> tuple[Array, Array]:
        return self.observed().astype(float), self.trials.astype(float)

    def take(self, rows: Array) -> CrossTables:
        studies = np.asarray(rows)[::ROWS] // ROWS
        if not np.array_equal((ROWS * studies[:, None] + np.arange(ROWS)).ravel(), rows):
            raise ValueError("all rows of a study must be taken together")
        return replace(self, counts=self.counts[studies], standard=self.standard[studies])

    def part(self, draws: slice | Array) -> CrossTables:
        def own(values: Array) -> Array:
            return values if values.shape[-1] == 1 else values[..., draws]

        odds = None if self.odds_ratio is None else own(self.odds_ratio)
        return replace(self, accuracy=own(self.accuracy), odds_ratio=odds)

    def widened(self, *extra: Array) -> CrossTables:
        """The same tables with both odds ratios where tests depend on one another, then the free
        accuracies, one standard after the other, sensitivity first; (n_draws,) each."""
        accuracy = np.repeat(self.accuracy[..., :1], extra[0].size, axis=-1)
        odds, shares = None, extra
        if self.odds_ratio is not None:
            odds, shares = np.clip(np.stack(extra[:2]), *ODDS), extra[2:]
        for (standard, which), share in zip(np.argwhere(self.free), shares, strict=True):
            accuracy[standard, which] = share
        return replace(self, accuracy=accuracy, odds_ratio=odds)

    @cached_property
    def _reference(self) -> tuple[Array, Array]:
        """Sensitivity and specificity of every study's reference, (n_studies, n_draws) each."""
        own = self.accuracy[self.standard]
        return own[:, 0], own[:, 1]

    def _parts(self, eta: Array) -> Parts:
        """Sensitivities, specificities and prevalences, and their slopes and bends."""
        parts = [eta[..., i::ROWS, :] for i in range(ROWS)]
        at = [g.inverse(x) for g, x in zip(self._links, parts, strict=True)]
        steep = [g.density(x) for g, x in zip(self._links, parts, strict=True)]
        bend = [relative_bend(g.name, x, p)
                for g, x, p in zip(self._links, parts, at, strict=True)]  # fmt: skip
        return Parts(
            at,
            [np.exp(g.log_complement(x)) for g, x in zip(self._links, parts, strict=True)],
            steep,
            bend,
        )

    def _classes(self, parts: Parts) -> tuple[Array, Array]:
        """Shares of the four cells with the condition and without it, (4, ..., n_studies, n_draws)
        each."""
        sens, spec = self._reference
        (a, b, _), (miss, wrong, _) = parts.at, parts.rest
        if self.odds_ratio is None:
            ill = [a * sens, a * (1.0 - sens), miss * sens, miss * (1.0 - sens)]
            well = [wrong * (1.0 - spec), wrong * spec, b * (1.0 - spec), b * spec]
            return np.stack(ill), np.stack(well)
        first, second = self.odds_ratio
        return (np.stack(cells_of(a, miss, sens, 1.0 - sens, first)),
                np.stack(cells_of(wrong, b, 1.0 - spec, spec, second)))  # fmt: skip

    def _both_right(self, which: int, p: Array) -> tuple[Array, Array]:
        """First and second derivative of the probability that both tests are right, in that of the
        index test: in people with the condition (0), or without it (1)."""
        q = self._reference[which]
        if self.odds_ratio is None:
            return q + 0.0 * p, np.zeros((1, 1))
        odds = self.odds_ratio[which]
        s = 1.0 + (p + q) * (odds - 1.0)
        root = np.sqrt(np.maximum(s * s - 4.0 * odds * (odds - 1.0) * p * q, 1e-100))
        bent = -2.0 * odds * (odds - 1.0) * q * (1.0 - q) / root**3
        return 0.5 * (1.0 - (s - 2.0 * odds * q) / root), bent

    def cells(self, eta: Array) -> Array:
        """Probabilities of the four cells, (4, ..., n_studies, n_draws)."""
        values = [eta[..., i::ROWS, :] for i in range(ROWS)]
        at = [g.inverse(x) for g, x in zip(self._links, values, strict=True)]
        rest = [np.exp(g.log_complement(x)) for g, x in zip(self._links, values, strict=True)]
        ill, well = self._classes(Parts(at, rest))
        return np.asarray(well + at[2] * (ill - well))

    def log_density(self, eta: Array) -> Array:
        told = np.log(np.maximum(self.cells(eta), SMALLEST))
        out = np.zeros(np.broadcast_shapes(eta.shape, (len(self), told.shape[-1])))
        out[..., ::ROWS, :] = sum(n[:, None] * x for n, x in zip(self.counts.T, told, strict=True))
        return out

    def log_constant(self) -> Array:
        ways = special.gammaln(self.people + 1.0) - special.gammaln(self.counts + 1.0).sum(axis=1)
        out = np.zeros((len(self), 1))
        out[::ROWS, 0] = ways
        return out

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Slopes, and the observed curvature; Fisher's information where that is not positive."""
        parts = self._parts(eta)
        ill, well = self._classes(parts)
        (a, b, prevalence), steep = parts.at, parts.steep
        (right, right_bent), (clear, clear_bent) = self._both_right(0, a), self._both_right(1, b)
        of_sens = np.stack([right, 1.0 - right, -right, right - 1.0])
        of_spec = np.stack([clear - 1.0, -clear, 1.0 - clear, clear])
        cells = np.maximum(well + prevalence * (ill - well), SMALLEST)
        n = self.counts.T.reshape(4, *(1,) * (cells.ndim - 3), -1, 1)
        each = n / cells
        same = each[0] - each[1] - each[2] + each[3]
        slopes = [prevalence * of_sens * steep[0], (1.0 - prevalence) * of_spec * steep[1],
                  (ill - well) * steep[2]]  # fmt: skip
        first = [(each * x).sum(axis=0) for x in slopes]
        both = [of_sens * (steep[0] * steep[2]), -of_spec * (steep[1] * steep[2])]
        bent = {
            (0, 0): first[0] * parts.bend[0] + same * prevalence * right_bent * steep[0] ** 2,
            (1, 1): first[1] * parts.bend[1]
            + same * (1.0 - prevalence) * clear_bent * steep[1] ** 2,
            (2, 2): first[2] * parts.bend[2], (0, 2): (each * both[0]).sum(axis=0),
            (1, 2): (each * both[1]).sum(axis=0),
        }  # fmt: skip
        observed = {
            key: x - bent.get(key, 0.0) for key, x in _squares(each / cells, slopes).items()
        }
        matrix = convex(observed, lambda: _squares(self.people[:, None] / cells, slopes))
        slope, weight, cross = (np.empty(eta.shape) for _ in range(3))
        for i in range(ROWS):
            slope[..., i::ROWS, :] = first[i]
            weight[..., i::ROWS, :] = matrix[i, i]
            cross[..., i::ROWS, :] = matrix[min(i, NEXT[i]), max(i, NEXT[i])]
        rows = np.arange(len(self))
        return slope, weight, Cross(rows, rows + np.resize([1, 1, -2], len(rows)), cross)

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def start(self) -> tuple[Array, Array]:
        """What a table says at the accuracy of its reference, kept inside what is possible."""
        sens, spec = self._reference
        share = (self.counts + 0.5)[..., None] / (self.people + 2.0)[:, None, None]
        youden = np.maximum(sens + spec - 1.0, 0.05)
        prevalence = np.clip((share[:, 0] + share[:, 2] + spec - 1.0) / youden, 0.05, 0.95)
        positive, alone = share[:, 0], share[:, 1]
        a = (positive * spec - alone * (1.0 - spec)) / (prevalence * youden)
        wrong = (alone * sens - positive * (1.0 - sens)) / ((1.0 - prevalence) * youden)
        at = [np.clip(x, 0.05, 0.95) for x in (a, 1.0 - wrong)]
        at.append(prevalence)
        eta = np.empty((len(self), sens.shape[-1]))
        for i, (g, p) in enumerate(zip(self._links, at, strict=True)):
            eta[i::ROWS] = g.forward(p)
        return eta, self.derivatives(eta)[1]

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """As `observed`, of new people."""
        cells = np.maximum(np.moveaxis(self.cells(eta), 0, -1), 0.0)
        drawn = rng.multinomial(self.people[:, None], cells / cells.sum(axis=-1, keepdims=True))
        found = _summed(np.moveaxis(drawn, -1, 0))
        return found.swapaxes(0, 1).reshape(len(self), -1)


def _squares(weight: Array, slopes: Sequence[Array]) -> Matrix:
    """Weighted sums over the cells of products of two slopes, of every pair."""
    return {(i, j): (weight * slopes[i] * slopes[j]).sum(axis=0)
            for i in range(ROWS) for j in range(i, ROWS)}  # fmt: skip


def convex(observed: Matrix, fisher: Callable[[], Matrix]) -> Matrix:
    """The observed curvature where it has no negative direction, else as much of it as goes with
    Fisher's information."""
    matrix, done = observed, positive(observed)
    if done.all():
        return matrix
    safe = fisher()
    for share in SHARES:
        mixed = {key: safe[key] + share * (observed[key] - safe[key]) for key in safe}
        matrix = {key: np.where(done, matrix[key], mixed[key]) for key in safe}
        done |= positive(mixed)
    return matrix


def _summed(cells: Array) -> Array:
    """Both positive, both negative, positive by the reference, from the cells (first axis)."""
    return np.stack([cells[0], cells[3], cells[0] + cells[2]])
