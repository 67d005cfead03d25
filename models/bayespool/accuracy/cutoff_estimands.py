"""What the marker model of several cut-offs tells: accuracy at each, and which is best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bayespool.accuracy import quantities, roc
from bayespool.accuracy.quantities import MARGINS, at_cutoff, parameter
from bayespool.numerics.links import Link, link, mean_proportion
from bayespool.quantity import point

if TYPE_CHECKING:
    from bayespool.accuracy.cutoff_rows import Scale
    from bayespool.accuracy.thresholds import Thresholds

Array = np.ndarray
NODES = 9  # over the spread of a new study
STEPS = 201  # of the search for the best cut-off, over the range of those in the table


def estimands(
    model: Thresholds, draws: Mapping[str, Array], new: Array, scale: Scale
) -> dict[str, Array]:
    """Draws of every estimand; see `Thresholds.estimands`."""
    g = link(model.link)
    mu = (draws[model.intercepts[0]], draws[model.intercepts[1]])
    slopes = (draws["slope_sens"], draws["slope_spec"])
    found = roc.accuracy_measures(*mu, g)
    out: dict[str, Array] = {quantities.measure(name): x for name, x in found.items()}
    out[quantities.area()] = roc.area(*mu, *slopes, g)
    for i, margin in enumerate(MARGINS):
        out[point(margin, "marginal")] = _mean(model, draws, mu[i], i, g)
        out[point(margin, "new")] = _of_new(model, mu[i], new, i, g)
    cutoffs = scale.ladders.values
    means = model.location(draws, scale, cutoffs)
    for i, margin in enumerate(MARGINS):
        for cutoff, mean in zip(cutoffs, means[i], strict=True):
            out[at_cutoff(margin, cutoff)] = g.inverse(mean)
            out[at_cutoff(margin, cutoff, "new")] = _of_new(model, mean, new, i, g)
    best, index = best_cutoff(model, draws, scale)
    out[parameter("best_cutoff")], out[parameter("youden")] = best, index
    return out | dict(draws)


def at_one(
    model: Thresholds, means: tuple[Array, Array], new: Array
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Sensitivity and specificity of the average study and of a new one, from the link's scale."""
    g = link(model.link)
    sens, spec = (_of_new(model, mean, new, i, g) for i, mean in enumerate(means))
    return (g.inverse(means[0]), g.inverse(means[1])), (sens, spec)


def _of_new(model: Thresholds, mean: Array, new: Array, group: int, g: Link) -> Array:
    """In a new study, from the average one on the scale of the link."""
    z = mean + new[group]
    return g.inverse(z * np.exp(-new[2 + group]) if model.spreads else z)


def _mean(model: Thresholds, draws: Mapping[str, Array], mu: Array, group: int, g: Link) -> Array:
    """Mean over studies: of location in closed form or by a fine sum, of log spread by nodes."""
    name = MARGINS[group].name
    tau = draws[f"tau_{name}"]
    if not model.spreads:
        return mean_proportion(mu, tau, g)
    x, weight = np.polynomial.hermite_e.hermegauss(NODES)
    total = np.zeros(mu.shape)
    for node, share in zip(x, weight / weight.sum(), strict=True):
        narrower = np.exp(-draws[f"tau_spread_{name}"] * node)
        total += share * mean_proportion(mu * narrower, tau * narrower, g)
    return total


def best_cutoff(model: Thresholds, draws: Mapping[str, Array], scale: Scale) -> tuple[Array, Array]:
    """The cut-off with the largest sensitivity + specificity - 1 in the average study, and that.

    Within the range of the cut-offs in the table, beyond which nothing was observed.
    """
    g, values = link(model.link), scale.ladders.values
    even = np.geomspace if values[0] > 0.0 else np.linspace
    best = np.full(np.shape(draws["rho"]), values[0])
    most = np.full(best.shape, -np.inf)
    for cutoff in even(values[0], values[-1], STEPS):
        sens, spec = model.location(draws, scale, np.array([cutoff]))
        index = g.inverse(sens[0]) + g.inverse(spec[0]) - 1.0
        better = index > most
        best, most = np.where(better, cutoff, best), np.where(better, index, most)
    return best, most
