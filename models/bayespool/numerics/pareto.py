"""Pareto smoothing of importance weights, and the diagnostic k that comes with it.

The same estimator as ``arviz_stats.psislw`` (a test holds them together); written out here
because importing that package costs more than a whole fit by quadrature.

References
----------
Vehtari, Simpson, Gelman, Yao & Gabry (2024), JMLR 25:1-58; Zhang & Stephens (2009),
Technometrics 51:316-325.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def smooth_log_weights(log_weights: Array, r_eff: float = 1.0) -> tuple[Array, float]:
    """Pareto-smoothed, normalised log weights and the shape k of their tail.

    Parameters
    ----------
    log_weights : array, shape (n,)
    r_eff : float
        Relative efficiency of the draws (1 for independent ones).

    Returns
    -------
    smoothed : array, shape (n,)
        Log weights that sum to one after exponentiation.
    k : float
        Below 0.7 the estimates are reliable; infinite when there are too few draws to say.
    """
    lw = log_weights - log_weights.max()
    n = lw.size
    n_tail = int(3.0 * np.sqrt(n / r_eff)) if n * r_eff > 225 else n // 5
    k = np.inf
    if n_tail > 4:
        order = np.argsort(lw)
        tail = order[-n_tail:]
        cutoff = lw[order[-n_tail - 1]]
        excess = np.exp(lw[tail]) - np.exp(cutoff)
        if excess[-1] <= 0 or np.ptp(lw[tail]) < 1e-12:
            k = -np.inf  # equal weights have no tail
        else:
            k, sigma = fit_generalised_pareto(np.maximum(excess, 1e-300))
            if np.isfinite(k):
                u = (np.arange(n_tail) + 0.5) / n_tail
                with np.errstate(over="ignore"):  # of a tail that has no end, and is cut below
                    quantiles = (
                        -sigma * np.log1p(-u) if k == 0 else sigma * np.expm1(-k * np.log1p(-u)) / k
                    )
                lw = lw.copy()
                lw[tail] = np.log(quantiles + np.exp(cutoff))
                np.minimum(lw, 0.0, out=lw)
    return lw - np.log(np.sum(np.exp(lw))), float(k)


def fit_generalised_pareto(x: Array) -> tuple[float, float]:
    """Shape k and scale sigma of a generalised Pareto fitted to sorted, positive `x`."""
    n = x.size
    m = 30 + int(np.sqrt(n))
    prior_b, prior_k = 3.0, 10.0
    quartile = x[int(n / 4 + 0.5) - 1]
    b = 1.0 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))
    b = b / (prior_b * quartile) + 1.0 / x[-1]
    k = np.mean(np.log1p(-b[:, None] * x), axis=1)
    profile = n * (np.log(-b / k) - k - 1.0)
    weight = np.exp(profile - profile.max())
    weight /= weight.sum()
    keep = weight >= 10.0 * np.finfo(float).eps
    weight, b = weight[keep] / weight[keep].sum(), b[keep]
    b_mean = np.sum(weight * b)
    k_hat = np.mean(np.log1p(-b_mean * x))
    sigma = -k_hat / b_mean
    # a weak prior towards 0.5 steadies k in small tails
    return float((n * k_hat + prior_k * 0.5) / (n + prior_k)), float(sigma)
