"""Estimates known only to lie in an interval: "not significant", "P < 0.001", "no correlation".

References
----------
Bagos & Nikolopoulos (2007), Stat Med 26:5240 (mean of censored results); Stijnen et al.; the
likelihood is that of an interval-censored normal observation (Tobin 1958, Econometrica 26:24-36).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from bayespool.numerics.row_likelihood import SeparateRows

Array = np.ndarray
LOG_ROOT = 0.5 * np.log(2.0 * np.pi)


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
    extra : array, shape (1, n_draws), optional
        Standard deviation of an effect of every row, set by `widened`: it widens the estimate's
        distribution and not the limits.
    """

    lower: Array
    upper: Array
    se: Array
    log_weight: Array
    extra: Array | None = None
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.se)

    def take(self, rows: Array) -> Censored:
        return Censored(
            self.lower[rows], self.upper[rows], self.se[rows], self.log_weight[rows], self.extra
        )

    def part(self, draws: slice | Array) -> Censored:
        if self.extra is None:
            return self
        return self._with(self.extra[:, draws])

    def widened(self, *extra: Array) -> Censored:
        return self._with(np.reshape(extra[0], (1, -1)))

    def _with(self, extra: Array) -> Censored:
        return Censored(self.lower, self.upper, self.se, self.log_weight, extra)

    def observed(self) -> Array:
        """Not a number: no estimate is known."""
        return np.full(len(self), np.nan)

    def _parts(self, eta: Array) -> tuple[Array, Array, Array]:
        """Log probability, slope and curvature of each possibility, (K, ...)."""
        shape = (self.se.shape[1], *(1,) * (eta.ndim - 2), len(self), 1)
        low, high, se, log_w = (
            x.T.reshape(shape) for x in (self.lower, self.upper, self.se, self.log_weight)
        )
        sd = se if self.extra is None else np.sqrt(se**2 + self.extra**2)
        with np.errstate(invalid="ignore", over="ignore"):
            a, b = (low - eta) / sd, (high - eta) / sd
            point = np.broadcast_to(low == high, a.shape)
            # of two mirror images the one in the lower tail keeps its digits
            mirrored = a + b > 0.0
            a, b = np.where(mirrored, -b, a), np.where(mirrored, -a, b)
        a, b = np.where(np.isnan(a), -np.inf, a), np.where(np.isnan(b), np.inf, b)
        sign = np.where(mirrored, -1.0, 1.0)
        log_b = special.log_ndtr(b)
        share = np.exp(np.minimum(special.log_ndtr(a) - log_b, 0.0))
        log_p = log_b + np.log1p(-np.minimum(share, 1.0 - 1e-15))
        # phi over the probability, in logarithms
        up = np.exp(np.minimum(-0.5 * b * b - LOG_ROOT - log_p, 700.0))
        down = np.exp(np.minimum(-0.5 * a * a - LOG_ROOT - log_p, 700.0))
        slope = -sign * (up - down) / sd
        b_up = np.where(np.isfinite(b), b, 0.0) * up
        a_down = np.where(np.isfinite(a), a, 0.0) * down
        weight = (b_up - a_down) / sd**2 + slope**2
        z = np.where(point, sign * a, 0.0)
        log_p = np.where(point, -0.5 * z * z - LOG_ROOT - np.log(sd), log_p)
        slope = np.where(point, z / sd, slope)
        weight = np.where(point, 1.0 / sd**2, np.clip(weight, 0.0, 1.0 / sd**2))
        return log_p + log_w, slope, weight

    def log_density(self, eta: Array) -> Array:
        return np.asarray(special.logsumexp(self._parts(eta)[0], axis=0))

    def log_constant(self) -> Array:
        """Zero: constants differ between the possibilities."""
        return np.zeros((len(self), 1))

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        log_p, slopes, weights = self._parts(eta)
        share = np.exp(log_p - log_p.max(axis=0))
        share /= share.sum(axis=0)
        slope = (share * slopes).sum(axis=0)
        weight = (share * (weights - slopes**2)).sum(axis=0) + slope**2
        return slope, np.maximum(weight, 0.0)

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
            sd = self.se[r, drawn]
            if self.extra is not None:
                sd = np.sqrt(sd**2 + self.extra[0] ** 2)
            out[r] = eta[r] + sd * rng.standard_normal(eta.shape[1])
        return out
