"""The distribution of a study's standardised effects: normal, or Student t in some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

Array = np.ndarray
FLATTEST = 0.3  # of the scale's own curvature that is kept along a far effect, so that steps end


@dataclass(frozen=True, eq=False)
class EffectPrior:
    """``v ~ N(0, I)``, or ``v_R ~ t_nu(0, I)`` for the robust components R and normal for the rest.

    Densities leave out the factor ``(2 pi)^(-q/2)``.

    Parameters
    ----------
    freedom : array, shape (n_draws,), or None
        Degrees of freedom nu of every draw; None for normal effects.
    robust : tuple of bool, length q
        Which components are Student t.
    """

    freedom: Array | None = None
    robust: tuple[bool, ...] = ()

    @property
    def normal(self) -> bool:
        return self.freedom is None

    def part(self, draws: slice | Array) -> EffectPrior:
        """The same for some of the draws."""
        return self if self.freedom is None else replace(self, freedom=self.freedom[draws])

    def _far(self, v: Array) -> Array:
        """Squared length of the robust components, (n_studies, n_draws)."""
        return np.asarray(sum(v[i] * v[i] for i, t in enumerate(self.robust) if t))

    def precision(self, v: Array) -> Array:
        """Posterior mean of a study's precision factor given its effects, (n_studies, n_draws)."""
        if self.freedom is None:
            return np.ones(v.shape[1:])
        return (self.freedom + sum(self.robust)) / (self.freedom + self._far(v))

    def log_density(self, v: Array) -> Array:
        """Log density of effects v, shape (q, n_studies, n_draws)."""
        if self.freedom is None:
            return -0.5 * np.einsum("iks,iks->ks", v, v)
        nu, r = self.freedom, sum(self.robust)
        constant = gammaln(0.5 * (nu + r)) - gammaln(0.5 * nu) - 0.5 * r * np.log(0.5 * nu)
        out = constant - 0.5 * (nu + r) * np.log1p(self._far(v) / nu)
        for i, t in enumerate(self.robust):
            if not t:
                out = out - 0.5 * v[i] * v[i]
        return out

    def pull(self, v: Array) -> Array:
        """Minus the slope of the log density, (q, n_studies, n_draws)."""
        if self.freedom is None:
            return v
        weight = self.precision(v)
        return np.stack([weight * x if t else x for x, t in zip(v, self.robust, strict=True)])

    def curvature(self, v: Array, i: int, j: int) -> Array | float:
        """Curvature in components i and j: the negative second derivative, kept positive."""
        if self.freedom is None:
            return float(i == j)
        if not (self.robust[i] and self.robust[j]):
            return float(i == j)
        weight, far = self.precision(v), self._far(v)
        fall = 2.0 * weight**2 / (self.freedom + sum(self.robust))
        fall = np.minimum(fall, (1.0 - FLATTEST) * weight / np.maximum(far, 1e-300))
        return (weight if i == j else 0.0) - fall * v[i] * v[j]


NORMAL = EffectPrior()
