"""Estimates known only to lie in an interval: "not significant", "P < 0.001", "no correlation".

References
----------
Bagos & Nikolopoulos (2007), Stat Med 26:5240 (mean of censored results); Stijnen et al.; the
likelihood is that of an interval-censored normal observation (Tobin 1958, Econometrica 26:24-36).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from scipy import special

from bayespool.numerics.row_likelihood import SeparateRows
from bayespool.numerics.tabulated import Curve, Curves

Array = np.ndarray
LOG_ROOT = 0.5 * np.log(2.0 * np.pi)
NARROW = 1e-3  # standard errors
REACH = 40.0  # standard errors beyond the limits; from there on the curve is a straight line
WIDE = 4.0  # standard errors that a panel of a curve is wide, before it is halved


@dataclass(frozen=True, eq=False)
class Censored(SeparateRows):
    """``lower < y < upper`` for ``y ~ Normal(eta, se)``; several intervals or SEs may be possible.

    Parameters
    ----------
    lower, upper : array, shape (n_rows, K)
        Limits of the estimate; equal where the estimate itself is known. Infinite where open.
    se : array, shape (n_rows, K)
        Standard error that goes with each.
    log_weight : array, shape (n_rows, K)
        Probability of each design. Disjoint intervals of one design have its weight each; minus
        infinity pads.
    curves : Curves, optional
        The rows' log densities, tabulated; made when they are first needed.
    """

    lower: Array
    upper: Array
    se: Array
    log_weight: Array
    curves: Curves | None = field(default=None, repr=False)
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.se)

    def take(self, rows: Array) -> Censored:
        curves = Curves([self._tabulated.curves[r] for r in rows]) if len(rows) else None
        return Censored(
            self.lower[rows], self.upper[rows], self.se[rows], self.log_weight[rows], curves
        )

    @cached_property
    def _tabulated(self) -> Curves:
        if self.curves is not None:
            return self.curves
        parts = (self.lower, self.upper, self.se, self.log_weight)
        return Curves([_curve(*(x[r].tobytes() for x in parts)) for r in range(len(self))])

    @cached_property
    def _scale(self) -> tuple[Array, Array]:
        """Centre and unit of each row's curve, (n_rows, 1) each."""
        found = [_centre_and_unit(*row) for row in zip(
            self.lower, self.upper, self.se, self.log_weight, strict=True)]  # fmt: skip
        centre, unit = np.array(found).reshape(-1, 2).T
        return centre[:, None], unit[:, None]

    @cached_property
    def several_modes(self) -> Array:
        """Rows significant in an unknown direction: both tails are possible."""
        used = np.isfinite(self.log_weight)
        below = np.any(used & np.isinf(self.lower) & np.isfinite(self.upper), axis=1)
        return below & np.any(used & np.isfinite(self.lower) & np.isinf(self.upper), axis=1)

    def observed(self) -> Array:
        """Not a number: no estimate is known."""
        return np.full(len(self), np.nan)

    def exact_log_density(self, eta: Array) -> Array:
        """What `log_density` is read off from."""
        shape = (self.se.shape[1], *(1,) * (eta.ndim - 2), len(self), 1)
        low, high, se, log_w = (
            x.T.reshape(shape) for x in (self.lower, self.upper, self.se, self.log_weight)
        )
        with np.errstate(invalid="ignore", over="ignore"):
            a, b = (low - eta) / se, (high - eta) / se
            point = np.broadcast_to(low == high, a.shape)
            # of two mirror images the one in the lower tail keeps its digits
            mirrored = a + b > 0.0
            a, b = np.where(mirrored, -b, a), np.where(mirrored, -a, b)
        a, b = np.where(np.isnan(a), -np.inf, a), np.where(np.isnan(b), np.inf, b)
        log_b = special.log_ndtr(b)
        share = np.exp(np.minimum(special.log_ndtr(a) - log_b, 0.0))
        log_p = log_b + np.log1p(-np.minimum(share, 1.0 - 1e-15))
        # of a narrow interval the density in its middle keeps the digits
        width = b - a
        narrow = width < NARROW
        middle = np.where(narrow, a + 0.5 * np.where(narrow, width, 0.0), 0.0)
        density = -0.5 * middle * middle - LOG_ROOT
        thick = np.log(np.where(narrow & ~point, width, 1.0)) + np.where(
            narrow, width * width * (middle * middle - 1.0) / 24.0, 0.0
        )
        log_p = np.where(narrow, density + np.where(point, -np.log(se), thick), log_p)
        return np.asarray(special.logsumexp(log_p + log_w, axis=0))

    def log_density(self, eta: Array) -> Array:
        centre, unit = self._scale
        return self._tabulated((eta - centre) / unit)

    def log_constant(self) -> Array:
        """Zero: constants differ between the possibilities."""
        return np.zeros((len(self), 1))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        centre, unit = self._scale
        slope, bend = self._tabulated.derivatives((eta - centre) / unit)
        return slope / unit, np.maximum(-bend / unit**2, 0.0)

    def start(self) -> tuple[Array, Array]:
        """The middle of the limits, or the finite limit, with hardly any weight."""
        low, high = self.lower, self.upper
        middle = np.where(np.isfinite(low) & np.isfinite(high), 0.5 * (np.where(
            np.isfinite(low), low, 0.0) + np.where(np.isfinite(high), high, 0.0)),
            np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0)))  # fmt: skip
        share = special.softmax(self.log_weight, axis=1)
        eta = (share * middle).sum(axis=1)
        return eta[:, None], 0.1 / (share * self.se).sum(axis=1)[:, None] ** 2

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """Estimates of new studies of the same designs."""
        share = special.softmax(self.log_weight, axis=1)
        out = np.empty(eta.shape)
        for r in range(len(self)):
            drawn = rng.choice(share.shape[1], size=eta.shape[1], p=share[r])
            out[r] = eta[r] + self.se[r, drawn] * rng.standard_normal(eta.shape[1])
        return out


def _centre_and_unit(
    lower: Array, upper: Array, se: Array, log_weight: Array
) -> tuple[float, float]:
    """Where a row's curve is centred, and the width of its panels."""
    used = np.isfinite(log_weight)
    ends = np.concatenate([lower[used], upper[used]])
    ends = ends[np.isfinite(ends)]
    centre = 0.5 * (ends.min() + ends.max()) if ends.size else 0.0
    return float(centre), float(WIDE * np.median(se[used]))


@lru_cache(maxsize=4_096)
def _curve(*columns: bytes) -> Curve:
    """The log density of one row, tabulated; rows of other priors and refits are the same."""
    lower, upper, se, log_weight = (np.frombuffer(x) for x in columns)
    centre, unit = _centre_and_unit(lower, upper, se, log_weight)
    used = np.isfinite(log_weight)
    row = Censored(lower[None, used], upper[None, used], se[None, used], log_weight[None, used])
    ends = np.concatenate([lower[used], upper[used], [centre]])
    ends = (ends[np.isfinite(ends)] - centre) / unit
    reach = REACH * se[used].max() / unit
    low, high = int(np.floor(ends.min() - reach)), int(np.ceil(ends.max() + reach))

    def function(x: Array) -> Array:
        return row.exact_log_density((centre + unit * x)[None])[0]

    step = 1e-3
    below, above = function(np.array([low, low + step])), function(np.array([high - step, high]))
    slopes = float(np.diff(below)[0] / step), float(np.diff(above)[0] / step)
    return Curve.between(function, low, high, slopes)
