"""Mixtures of Student t distributions, fitted to weighted points: proposals that adapt.

References
----------
Cappe, Douc, Guillin, Marin & Robert (2008), Stat Comput 18:447-459.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.special import gammaln

Array = np.ndarray
FREEDOM = 8.0
DEFENCE_FREEDOM = 4.0
EM_STEPS = 3
LEAST_VARIANCE = 1e-150


class Mixture:
    """Mixture of multivariate Student t distributions."""

    def __init__(self, weight: Array, mean: Array, cov: Array, freedom: Array | float = FREEDOM):
        self.weight = np.asarray(weight, float)
        self.mean = np.asarray(mean, float)
        self.factor = factored(np.asarray(cov, float))
        self.freedom = np.broadcast_to(np.asarray(freedom, float), self.weight.shape)

    def with_component(self, share: float, mean: Array, cov: Array) -> Mixture:
        """The mixture with one more component of weight `share`."""
        return Mixture(
            np.append(self.weight * (1.0 - share), share),
            np.vstack([self.mean, mean]),
            np.concatenate([np.einsum("cij,ckj->cik", self.factor, self.factor), cov[None]]),
            np.append(self.freedom, DEFENCE_FREEDOM),
        )

    def joined(self, other: Mixture, share: float) -> Mixture:
        """The components of both, those of the other with weight `share` together."""
        both = Mixture.__new__(Mixture)
        both.weight = np.concatenate([(1.0 - share) * self.weight, share * other.weight])
        both.mean = np.concatenate([self.mean, other.mean])
        both.factor = np.concatenate([self.factor, other.factor])
        both.freedom = np.concatenate([self.freedom, other.freedom])
        return both

    def widened(self, factor: float) -> Mixture:
        """The mixture with every covariance multiplied by `factor`."""
        cov = np.einsum("cij,ckj->cik", self.factor, self.factor)
        return Mixture(self.weight, self.mean, factor * cov, self.freedom)

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Shape (d, n)."""
        d = self.mean.shape[1]
        # stratified choice of component: exact shares, less noise
        which = np.searchsorted(
            np.cumsum(self.weight), (np.arange(n) + rng.random()) / n * self.weight.sum()
        )
        which = np.minimum(which, len(self.weight) - 1)
        z = rng.standard_normal((n, d))
        nu = self.freedom[which]
        z /= np.sqrt(rng.chisquare(nu) / nu)[:, None]
        return (self.mean[which] + np.einsum("nij,nj->ni", self.factor[which], z)).T

    @cached_property
    def _constant(self) -> Array:
        """What the log density of each component has besides the distance, and its log weight."""
        d, nu = self.mean.shape[1], self.freedom
        diagonal = np.einsum("cii->ci", self.factor)
        out = gammaln(0.5 * (nu + d)) - gammaln(0.5 * nu) - 0.5 * d * np.log(nu * np.pi)
        return np.asarray(np.log(self.weight) + out - np.log(diagonal).sum(axis=1))

    def distances(self, x: Array) -> Array:
        """Squared distances of points from every component, (n_components, n)."""
        out = np.empty((len(self.weight), x.shape[1]))
        for c, inverse in enumerate(self._inverse):
            # without touching BLAS threads
            z = np.einsum("ij,jn->in", inverse, x - self.mean[c][:, None])
            np.einsum("in,in->n", z, z, out=out[c])
        return out

    @cached_property
    def _inverse(self) -> Array:
        return np.linalg.inv(self.factor)

    def component_log_density(self, x: Array) -> Array:
        """Log weight plus log density of each component, shape (n_components, n)."""
        return self._from_distances(self.distances(x))

    def log_shares(self, squared: Array) -> Array:
        """Log probabilities that points belong to the components, from their distances."""
        parts = self._from_distances(squared)
        top = parts.max(axis=0)
        return parts - top - np.log(np.exp(parts - top).sum(axis=0))

    def _from_distances(self, squared: Array) -> Array:
        nu = self.freedom[:, None]
        power = 0.5 * (nu + self.mean.shape[1])
        return np.asarray(self._constant[:, None] - power * np.log1p(squared / nu))

    def log_density(self, x: Array) -> Array:
        parts = self.component_log_density(x)
        top = parts.max(axis=0)
        return top + np.log(np.exp(parts - top).sum(axis=0))


def factored(cov: Array) -> Array:
    """Lower-triangular factors of covariances, (n, d, d).

    Where few draws stand for a distribution, their covariance may have no width in a direction; it
    is given a hundred-thousandth of the widest, on scales on which all variances are 1.
    """
    try:
        return np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        unit = np.sqrt(np.maximum(np.einsum("nii->ni", cov), LEAST_VARIANCE))
        scaled = cov / (unit[:, :, None] * unit[:, None])
        values, vectors = np.linalg.eigh(scaled)
        values = np.maximum(values, 1e-10 * values[:, -1:])
        mended = np.einsum("nij,nj,nkj->nik", vectors, values, vectors)
        return unit[:, :, None] * np.linalg.cholesky(mended)


def forward_substitute(factor: Array, b: Array) -> Array:
    """Solve ``factor x = b`` for a small lower-triangular factor without touching BLAS threads."""
    x = np.empty_like(b)
    for i in range(len(factor)):
        x[i] = (b[i] - sum(factor[i, j] * x[j] for j in range(i))) / factor[i, i]
    return x


def scattered(
    x: Array, w: Array, mean: Array, overall: Array, n: int, rng: np.random.Generator
) -> Mixture:
    """A start for EM: `n` narrow components at points drawn by weight, pulled to the mean."""
    centres = 0.7 * x[:, systematic(w, n, rng)].T + 0.3 * mean
    return Mixture(np.full(n, 1.0 / n), centres, np.stack([0.4 * overall] * n))


def moments(x: Array, w: Array) -> tuple[Array, Array]:
    mean = x @ w
    centred = x - mean[:, None]
    return mean, (w * centred) @ centred.T


def expectation_maximisation(mixture: Mixture, x: Array, w: Array, overall: Array) -> Mixture:
    """Weighted EM for a mixture of Student t; components that starve are dropped."""
    d, nu = len(x), FREEDOM
    for _ in range(EM_STEPS):
        squared = mixture.distances(x)
        share = mixture.log_shares(squared)
        np.exp(share, out=share)
        weight, mean, cov = [], [], []
        for c, own in enumerate(squared):
            a = w * share[c]
            total = a.sum()
            if total**2 < 5 * d * np.einsum("n,n->", a, a):
                continue
            b = a * (nu + d) / (nu + own)
            centre = np.einsum("in,n->i", x, b) / b.sum()
            centred = x - centre[:, None]
            spread = np.einsum("in,jn->ij", centred * b, centred)
            weight.append(total)
            mean.append(centre)
            cov.append(0.9 * spread / total + 0.1 * overall * (nu - 2.0) / nu)
        if not weight:
            return Mixture(np.ones(1), moments(x, w)[0][None], overall[None])
        mixture = Mixture(np.array(weight) / np.sum(weight), np.array(mean), np.array(cov))
    return mixture


def systematic(w: Array, n: int, rng: np.random.Generator) -> Array:
    """Systematic resampling: indices of `n` equally weighted draws, in random order."""
    positions = (np.arange(n) + rng.random()) / n
    cumulative = np.cumsum(w)
    index = np.minimum(np.searchsorted(cumulative / cumulative[-1], positions), w.size - 1)
    return rng.permutation(index)
