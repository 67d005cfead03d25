"""Accuracy measures and the summary ROC curve, as plain functions of draws.

Sensitivity, specificity and predictive values are proportions; ratios are ratios.
"""

from __future__ import annotations

import numpy as np

from bayespool.numerics.links import Link

Array = np.ndarray


def accuracy_measures(mu_sens: Array, mu_spec: Array, g: Link) -> dict[str, Array]:
    """Sensitivity, specificity and the ratios that follow, from values on the link scale.

    The complements come from the link itself: one minus a proportion near one loses its digits.
    """
    sens, spec = g.inverse(mu_sens), g.inverse(mu_spec)
    missed, fpr = g.log_complement(mu_sens), g.log_complement(mu_spec)
    found, cleared = g.log_inverse(mu_sens), g.log_inverse(mu_spec)
    with np.errstate(over="ignore"):  # of proportions that are 0 and 1 in all digits
        ratios = {
            "lr_pos": np.exp(found - fpr),
            "lr_neg": np.exp(missed - cleared),
            "dor": np.exp(found - fpr - missed + cleared),
        }
    return {"sens": sens, "spec": spec, "fpr": np.exp(fpr), **ratios}


def predictive_values(sens: Array, spec: Array, prev: Array | float) -> tuple[Array, Array]:
    """Positive and negative predictive value at prevalence `prev` (a proportion in (0, 1))."""
    ppv = sens * prev / (sens * prev + (1.0 - spec) * (1.0 - prev))
    npv = spec * (1.0 - prev) / (spec * (1.0 - prev) + (1.0 - sens) * prev)
    return ppv, npv


def hsroc(
    mu_sens: Array, mu_spec: Array, tau_sens: Array, tau_spec: Array, rho: Array
) -> dict[str, Array]:
    """HSROC parameters of Rutter & Gatsonis from the bivariate ones, with Harbord's signs.

    Harbord et al. (2007), Biostatistics 8:239-251, equations for logit-scale parameters:
    ``sigma_alpha^2 = 2 (tau_sens tau_spec + cov)`` and
    ``sigma_theta^2 = (tau_sens tau_spec - cov) / 2``.
    """
    ratio = np.sqrt(tau_spec / tau_sens)
    scale = tau_sens * tau_spec
    return {
        "Lambda": ratio * mu_sens + mu_spec / ratio,
        "Theta": 0.5 * (ratio * mu_sens - mu_spec / ratio),
        "shape": 2.0 * np.log(ratio),
        "sigma_alpha": np.sqrt(np.maximum(2.0 * scale * (1.0 + rho), 0.0)),
        "sigma_theta": np.sqrt(np.maximum(0.5 * scale * (1.0 - rho), 0.0)),
    }


def curve(
    fpr: Array, mu_sens: Array, mu_spec: Array, tau_sens: Array, tau_spec: Array, g: Link
) -> Array:
    """Sensitivity on the summary ROC curve at each false-positive proportion.

    ``g(sens) = mu_sens + (tau_sens / tau_spec) (mu_spec - g(1 - fpr))``: for the logit link the
    curve of Rutter & Gatsonis. The last axes of the result are those of the draws.
    """
    slope = tau_sens / tau_spec
    level = g.forward(1.0 - np.asarray(fpr))
    level = level.reshape(level.shape + (1,) * np.ndim(mu_sens))
    return g.inverse(mu_sens + slope * (mu_spec - level))


def area(
    mu_sens: Array, mu_spec: Array, tau_sens: Array, tau_spec: Array, g: Link, points: int = 161
) -> Array:
    """Area under the summary ROC curve from 0 to 1, which extrapolates beyond the studies.

    Trapezoid rule over the link scale of specificity or, where the curve is steeper than 1 there,
    over that of sensitivity: turned about the falling diagonal, a curve keeps its area. What is
    integrated then decays with all its derivatives and is never steeper than the link itself, so
    that the error falls exponentially with the number of points, whatever the slope.
    """
    ends = {"logit": (-40.0, 40.0), "probit": (-9.0, 9.0), "cloglog": (-40.0, 4.5)}[g.name]
    t, step = np.linspace(*ends, points, retstep=True)
    steep = np.asarray(tau_sens > tau_spec)
    over, under = np.where(steep, mu_sens, mu_spec), np.where(steep, mu_spec, mu_sens)
    slope = np.minimum(tau_sens, tau_spec) / np.maximum(tau_sens, tau_spec)
    total = np.zeros(over.shape)
    for value in t:
        total += g.density(np.asarray(value)) * g.inverse(under + slope * (over - value))
    return total * step
