"""Functions of one number, tabulated once and read off for arrays of numbers.

Each is held as polynomials on cells, through its values at the cells' Chebyshev points: no
derivative of it has to be known. Cells are halved until the polynomial is right between the points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]
DEGREE = 5
TOLERANCE = 1e-9  # largest error in the middle of a cell
UNLIKELY = 50.0  # nats below the maximum, from where on the tolerance grows in proportion
LINEAR = 1e-10  # largest distance from the asymptote at which the straight line takes over
FAR = 300.0  # where the asymptote is read off
MOST_HALVINGS = 20
_POINTS = 0.5 - 0.5 * np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
_SOLVE = np.linalg.inv(_POINTS[1:, None] ** np.arange(1, DEGREE + 1))
_MIDDLE = 0.5 ** np.arange(1, DEGREE + 1)


@dataclass(frozen=True, eq=False)
class Curve:
    """One function, straight lines beyond both ends.

    Parameters
    ----------
    low : int
        Where the first panel begins; each has width 1.
    cells : array of int, shape (n_panels,)
        Cells of equal width in each panel, powers of two.
    coefficients : array, shape (DEGREE + 1, n_cells)
        Of the powers of the position in the cell, 0 to 1.
    slopes : tuple of float
        Below `low` and above the last panel.
    """

    low: int
    cells: Array
    coefficients: Array
    slopes: tuple[float, float]

    @classmethod
    def of(cls, function: Function, slopes: tuple[float, float]) -> Curve:
        """A log likelihood that becomes a straight line on both sides.

        Parameters
        ----------
        function : callable
            Vectorised over one axis. It may bend at 0.
        slopes : tuple of float
            Of its asymptotes at minus and plus infinity.
        """
        low, high = (_end(function, way, slopes[way > 0]) for way in (-1, 1))
        return cls.between(function, -low, high, slopes)

    @classmethod
    def between(
        cls, function: Function, low: int, high: int, slopes: tuple[float, float] = (0.0, 0.0)
    ) -> Curve:
        """The same between whole numbers, in panels of width 1."""
        n = high - low
        top = float(function(np.arange(low, high + 1.0)).max())
        cells = np.zeros(n, int)
        found: list[Array] = [np.empty(0)] * n
        left, halvings = np.arange(n), 0
        while left.size:
            if halvings > MOST_HALVINGS:
                raise ArithmeticError(f"no polynomial fits near {low + left[0]}")
            size = 2**halvings
            start = low + left[:, None] + np.arange(size) / size
            inside = np.concatenate([_POINTS, [0.5]]) / size
            values = function((start[..., None] + inside).ravel()).reshape(*start.shape, -1)
            first, middle = values[..., :1], values[..., -1]
            rest = (values[..., 1:-1] - first) @ _SOLVE.T
            allowed = TOLERANCE * np.maximum(1.0, (top - middle) / UNLIKELY)
            fits = np.all(np.abs(first[..., 0] + rest @ _MIDDLE - middle) < allowed, axis=1)
            for place in np.flatnonzero(fits):
                cells[left[place]] = size
                found[left[place]] = np.concatenate([first[place], rest[place]], axis=1)
            left, halvings = left[~fits], halvings + 1
        return cls(low, cells, np.concatenate(found).T, slopes)


def _end(function: Function, way: int, slope: float) -> int:
    """How far from 0 the function is its asymptote, which it approaches from one side."""
    ends = np.append(np.arange(4.0, FAR, 2.0), FAR)
    values = function(way * ends)
    gap = np.abs(values - values[-1] - slope * way * (ends - FAR))
    return int(ends[np.argmax(gap < LINEAR * max(1.0, 1e-5 * abs(values[-1])))])


@dataclass(frozen=True, eq=False)
class Curves:
    """Several functions, each read off on its own line of an array.

    Parameters
    ----------
    curves : sequence of Curve
    """

    curves: Sequence[Curve]
    _columns: tuple[Array, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        panels = np.array([len(c.cells) for c in self.curves], float)
        columns = (
            [c.low for c in self.curves],
            np.nextafter(panels, 0.0),
            np.cumsum(panels) - panels,
            [c.slopes[0] for c in self.curves],
            [c.slopes[1] for c in self.curves],
        )
        object.__setattr__(self, "_columns", tuple(np.array(x, float)[:, None] for x in columns))

    def __len__(self) -> int:
        return len(self.curves)

    @cached_property
    def _cells(self) -> tuple[Array, Array, Array]:
        """Cells per panel, the first cell of each panel, and the coefficients of all cells."""
        size = np.concatenate([c.cells for c in self.curves])
        table = np.concatenate([c.coefficients for c in self.curves], axis=1)
        return size.astype(float), np.cumsum(size) - size, np.ascontiguousarray(table)

    def _place(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """Cell, position in it, cells per panel, and how far beyond the ends."""
        low, last, first, _, _ = self._columns
        size, start, _ = self._cells
        beyond = x - low
        t = np.fmax(np.fmin(beyond, last), 0.0)  # also of what is not a number
        beyond -= t
        panel = t.astype(np.intp)
        t -= panel
        panel += first.astype(np.intp)
        per = size.take(panel)
        t *= per
        cell = t.astype(np.intp)
        t -= cell
        cell += start.take(panel)
        return cell, t, per, beyond

    def __call__(self, x: Array) -> Array:
        """Values, shape (..., n_curves, n) as ``x``."""
        cell, t, _, beyond = self._place(x)
        table = self._cells[2]
        out = table[DEGREE].take(cell)
        for power in range(DEGREE - 1, -1, -1):
            out *= t
            out += table[power].take(cell)
        if beyond.any():
            out += np.where(beyond < 0.0, self._columns[3], self._columns[4]) * beyond
        return out

    def derivatives(self, x: Array) -> tuple[Array, Array]:
        """First and second derivatives, shapes as ``x``."""
        cell, t, per, beyond = self._place(x)
        table = self._cells[2]
        first, second = np.zeros(t.shape), np.zeros(t.shape)
        for power in range(DEGREE, 0, -1):
            coefficient = table[power].take(cell)
            if power > 1:
                second *= t
                second += power * (power - 1) * coefficient
            first *= t
            first += power * coefficient
        first *= per
        second *= per * per
        if beyond.any():
            below, above = beyond < 0.0, beyond > 0.0
            first = np.where(below, self._columns[3], np.where(above, self._columns[4], first))
            second = np.where(below | above, 0.0, second)
        return first, second
