"""The posterior mode of the hyperparameters, and the curvature there."""

from __future__ import annotations

import numpy as np

from bayespool.hierarchy import Hierarchy

Array = np.ndarray


def posterior_mode(hierarchy: Hierarchy) -> tuple[Array, Array]:
    """Posterior mode of the unconstrained hyperparameters and inverse curvature there.

    Newton's method on the Laplace approximation, with differences taken over a third of a
    posterior standard deviation, so that round-off and flat directions do no harm.
    """
    theta = _start(hierarchy)
    d = len(theta)
    pairs = [(i, j) for i in range(d) for j in range(i)]
    step = np.full(d, 0.1)
    scale = np.full(d, 1.0)
    cov = np.eye(d)
    value = -np.inf
    for _ in range(40):
        points = np.zeros((d, 1 + 2 * d + len(pairs)))
        for i in range(d):
            points[i, 1 + i], points[i, 1 + d + i] = step[i], -step[i]
        for c, (i, j) in enumerate(pairs):
            points[[i, j], 1 + 2 * d + c] = step[i], step[j]
        f = hierarchy.log_posterior(theta[:, None] + points, 1)
        # beyond the edge of a bounded prior the density is zero: a fall, but not a bottomless one
        f = np.where(np.isfinite(f), f, f[0] - 3.0)
        up, down = f[1 : 1 + d], f[1 + d : 1 + 2 * d]
        value = f[0]
        gradient = (up - down) / (2.0 * step)
        hessian = np.diag((up - 2.0 * f[0] + down) / step**2)
        for c, (i, j) in enumerate(pairs):
            mixed = (f[1 + 2 * d + c] - up[i] - up[j] + f[0]) / (step[i] * step[j])
            hessian[i, j] = hessian[j, i] = mixed
        cov = _positive_inverse(-hessian, scale)
        move = cov @ gradient
        fractions = np.array([1.0, 0.5, 0.25, 0.1, 0.03, 0.0])
        longest = np.max(np.abs(move) / 3.0)
        trial = hierarchy.log_posterior(
            theta[:, None] + move[:, None] * fractions / max(longest, 1.0), 1
        )
        best = int(np.argmax(trial))
        theta = theta + move * fractions[best] / max(longest, 1.0)
        scale = np.sqrt(np.diag(cov))
        step = np.clip(scale / 3.0, 1e-4, 0.3)
        if float(gradient @ move) < 1e-2 or trial[best] - value < 1e-3:
            break
    return theta, cov


def _start(hierarchy: Hierarchy) -> Array:
    """Weighted least squares for the coefficients; prior medians, at most 0.5, for the SDs."""
    eta, weight = (values[:, 0] for values in hierarchy.likelihood.start())
    weight = weight / (1.0 + 0.25 * weight)
    spread = np.array(
        [
            0.5 * (p.ppf(np.array(0.84)) - p.ppf(np.array(0.16)))
            for p in hierarchy.coefficient_priors
        ]
    )
    centre = np.array([p.ppf(np.array(0.5)) for p in hierarchy.coefficient_priors])
    x = hierarchy.X
    normal = np.einsum("ri,r,rj->ij", x, weight, x) + np.diag(1.0 / spread**2)
    beta = np.linalg.solve(normal, np.einsum("ri,r,r->i", x, weight, eta) + centre / spread**2)
    log_positive = [
        np.log(20.0 if name == "nu" else np.clip(float(p.ppf(np.array(0.5))), 1e-3, 0.5))
        for name, p in hierarchy.positive.items()
    ]
    stretch = [float(p.ppf(np.array(0.5))) for p in hierarchy.stretch_priors]
    return np.concatenate([beta, stretch, log_positive, np.zeros(len(hierarchy.correlations))])


def _positive_inverse(matrix: Array, scale: Array) -> Array:
    """Inverse of a curvature matrix with non-positive or flat directions given a wide spread."""
    scaled = matrix * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 0.05)
    return (vectors / values) @ vectors.T * np.outer(scale, scale)
