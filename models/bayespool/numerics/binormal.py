"""A marker's separation of cases from controls as evidence about a pair of rates.

With a marker that is normal in both groups, every threshold gives ``ratio * probit(sens) +
probit(spec) = separation``: the separation in control SDs, the ratio of the SDs of cases and
controls. A mean and SD per group, or an area under the curve, tells the separation; the threshold
stays unknown.

References
----------
Green & Swets (1966); Metz (1986), Invest Radiol 21:720-733 (binormal curve).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from bayespool.numerics.links import link
from bayespool.numerics.row_likelihood import Cross, PlainRows

Array = np.ndarray
LOG_ROOT = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True, eq=False)
class Binormal(PlainRows):
    """Pairs of rows, sensitivity and specificity, tied by a known separation.

    Parameters
    ----------
    separation, ratio, se : array, shape (n_pairs,)
        Separation in control SDs with its standard error, and case SD over control SD.
    link_name : str
        Of the rows' linear predictors.
    """

    separation: Array
    ratio: Array
    se: Array
    link_name: str = "logit"
    exact: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return 2 * len(self.separation)

    @property
    def several_modes(self) -> Array:
        return np.zeros(len(self), bool)

    @property
    def coupled(self) -> Array:
        return np.ones(len(self), bool)

    def take(self, rows: Array) -> Binormal:
        first = np.asarray(rows)[0::2]
        if not np.array_equal(np.asarray(rows)[1::2], first + 1) or np.any(first % 2):
            raise ValueError("both rows of a pair must be taken")
        pairs = first // 2
        return Binormal(self.separation[pairs], self.ratio[pairs], self.se[pairs], self.link_name)

    def part(self, draws: slice | Array) -> Binormal:
        return self

    def widened(self, *extra: Array) -> Binormal:
        raise NotImplementedError("a separation has no parameters of its own")

    def observed(self) -> Array:
        """Not numbers: no counts are known."""
        return np.full(len(self), np.nan)

    def _probit(self, eta: Array) -> tuple[Array, Array]:
        """Normal deviate of the proportion, and its slope."""
        if self.link_name == "probit":
            return eta, np.ones_like(eta)
        g = link(self.link_name)
        log_p = np.maximum(g.log_inverse(eta), -1e6)
        log_q = np.maximum(g.log_complement(eta), -1e6)
        z = np.where(log_p < log_q, special.ndtri_exp(log_p), -special.ndtri_exp(log_q))
        log_f = np.log(np.maximum(g.density(eta), 1e-300))
        return z, np.exp(np.minimum(log_f + 0.5 * z * z + LOG_ROOT, 300.0))

    def _columns(self, eta: Array) -> tuple[Array, Array, Array]:
        """What the separation misses by, in standard errors, and its two slopes."""
        z, slope = self._probit(eta)
        ratio, se = self.ratio[:, None], self.se[:, None]
        miss = (self.separation[:, None] - ratio * z[..., 0::2, :] - z[..., 1::2, :]) / se
        return miss, ratio * slope[..., 0::2, :] / se, slope[..., 1::2, :] / se

    def log_density(self, eta: Array) -> Array:
        out = np.zeros(eta.shape)
        out[..., 0::2, :] = -0.5 * self._columns(eta)[0] ** 2
        return out

    def log_constant(self) -> Array:
        out = np.zeros((len(self), 1))
        out[0::2, 0] = -np.log(self.se) - LOG_ROOT
        return out

    def slope_and_weight(self, eta: Array) -> tuple[Array, Array]:
        slope, weight, _ = self.derivatives(eta)
        return slope, weight

    def derivatives(self, eta: Array) -> tuple[Array, Array, Cross | None]:
        """Expected curvatures: the separation is nearly linear in both predictors."""
        miss, first, second = self._columns(eta)
        slope, weight = np.empty(eta.shape), np.empty(eta.shape)
        slope[..., 0::2, :], slope[..., 1::2, :] = miss * first, miss * second
        weight[..., 0::2, :], weight[..., 1::2, :] = first**2, second**2
        index = np.arange(0, len(self), 2)
        return slope, weight, Cross(index, index + 1, first * second)

    def start(self) -> tuple[Array, Array]:
        """Both rates equal, with hardly any weight."""
        g = link(self.link_name)
        z = np.repeat(self.separation / (1.0 + self.ratio), 2)
        eta = g.forward(np.clip(special.ndtr(z), 1e-4, 1.0 - 1e-4))
        return eta[:, None], np.full((len(self), 1), 0.1)

    def simulate(self, eta: Array, rng: np.random.Generator) -> Array:
        """Nothing is counted."""
        return np.full(eta.shape, np.nan)
