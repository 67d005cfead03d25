"""Selection by the t statistic, told by the share of all studies that is seen.

A study with statistic t is seen with probability ``Phi(intercept + strength t)``. Of studies with
its standard errors the share ``P`` is seen, which has a closed form; of all studies the share
``seen``, the harmonic mean of P over the studies that are seen. The intercept follows from that.

References
----------
Copas (2013), J R Stat Soc C 62:47-66; Zhou, Huang & Hattori (2023), Stat Med 42:781-798.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

Array = np.ndarray
STEPS = 100  # of Newton's method; a dozen are needed
CLOSE = 1e-11
SMALLEST = 1e-300
ROOT = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True, eq=False)
class ShareSeen:
    """Selection by ``t``, the sum of a study's rows over its standard error.

    Parameters
    ----------
    strength : prior
        Of the slope on t, which is not negative.
    seen : float in (0, 1), or Beta
        The share of all studies that is seen, or its prior.
    t : array, shape (n_studies,)
    row_se : array, shape (n_studies, n_rows_per_study)
        Standard errors of the rows of every study.
    """

    strength: Any
    seen: Any
    t: Array
    row_se: Array

    @property
    def positive(self) -> dict[str, Any]:
        """The slope and its prior."""
        return {"strength": self.strength}

    @property
    def unit(self) -> dict[str, Any]:
        """The share that is seen and its prior, if it is not known."""
        return {} if isinstance(self.seen, float) else {"seen": self.seen}

    def take(self, studies: Array) -> ShareSeen:
        """Of some of the studies, of which the same share is seen."""
        return ShareSeen(self.strength, self.seen, self.t[studies], self.row_se[studies])

    def log_factor(
        self,
        mean: Array,
        loading: Array,
        freedom: Array | None,
        draws: Mapping[str, Array],
    ) -> Array:
        """Log of ``Phi(intercept + strength t) / P`` of every study, (n_studies, n_draws).

        Parameters
        ----------
        mean : array, shape (n_studies, n_draws)
            Of the sum of a study's rows.
        loading : array, shape (q, n_studies, n_draws)
            Of that sum on standard-normal study effects.
        freedom : None
        draws : mapping
            Natural hyperparameters by name.
        """
        assert freedom is None, "selection by t is of normal study effects"
        at, spread = self._latent(mean, loading, draws)
        a = intercept(at, spread, self._share(draws))
        observed = special.log_ndtr(a + draws["strength"] * self.t[:, None])
        return observed - special.log_ndtr((a + at) / spread)

    def simulate(
        self,
        mean: Array,
        loading: Array,
        freedom: Array | None,
        draws: Mapping[str, Array],
        rng: np.random.Generator,
    ) -> Array:
        """Rows of new studies that are seen, (n_rows, n_draws).

        A study is seen where a normal deviate of its own, more than ``-intercept - strength t``,
        is drawn: rows are drawn with it, and moved to where their latent variable is truncated.

        Parameters
        ----------
        mean, loading : arrays, shape (n_rows, n_draws) and (q, n_rows, n_draws)
            Rows of one study stand together.
        """
        n, width = self.row_se.shape
        mean = mean.reshape(n, width, -1)
        loading = loading.reshape(len(loading), n, width, -1)
        total = loading.sum(axis=2)
        at, spread = self._latent(mean.sum(axis=1), total, draws)
        a = intercept(at, spread, self._share(draws))
        se = self.row_se[..., None]
        v = rng.standard_normal((len(loading), n, 1, mean.shape[-1]))
        y = mean + (loading * v).sum(axis=0) + se * rng.standard_normal(mean.shape)
        slope = draws["strength"] / self._se
        first = slope * y.sum(axis=1) + rng.standard_normal(at.shape)
        above = special.ndtr((a + at) / spread) * rng.random(at.shape)
        latent = at - spread * special.ndtri(np.clip(above, 1e-300, 1.0 - 1e-16))
        covariance = slope[:, None] * ((loading * total[:, :, None]).sum(axis=0) + se * se)
        moved: Array = y + covariance * ((latent - first) / spread**2)[:, None]
        return moved.reshape(n * width, -1)

    @property
    def _se(self) -> Array:
        return np.sqrt((self.row_se**2).sum(axis=1))[:, None]

    def _share(self, draws: Mapping[str, Array]) -> Array:
        return draws["seen"] if self.unit else np.full(draws["strength"].shape, self.seen)

    def _latent(
        self, mean: Array, loading: Array, draws: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        """Mean and SD of ``strength t`` with a standard normal deviate, (n_studies, n_draws)."""
        slope, se = draws["strength"], self._se
        between = (loading**2).sum(axis=0) / se**2
        return slope * mean / se, np.sqrt(1.0 + slope**2 * (1.0 + between))


def intercept(at: Array, spread: Array, seen: Array) -> Array:
    """Where the harmonic mean of ``Phi((intercept + at) / spread)`` is the share `seen`.

    The logarithm of the mean of 1 / Phi falls and is convex, so that Newton's method from the left
    of the root comes to it without overshooting.

    Parameters
    ----------
    at, spread : array, shape (n_studies, n_draws)
    seen : array, shape (n_draws,)
        Shares in (0, 1).

    Returns
    -------
    array, shape (n_draws,)
    """
    seen = np.maximum(seen, SMALLEST)
    target = np.log(len(at) / seen)
    a = (spread * special.ndtri(seen) - at).min(axis=0)
    for _ in range(STEPS):
        x = (a + at) / spread
        log_p = special.log_ndtr(x)
        height = special.logsumexp(-log_p, axis=0)
        slope = np.exp(-log_p - height - 0.5 * x * x - ROOT - log_p) / spread
        step = (height - target) / slope.sum(axis=0)
        a = a + step
        if np.all(np.abs(step) < CLOSE * (1.0 + np.abs(a))):
            break
    return a
