"""What the data did not inform: overlap of prior and posterior of each hyperparameter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.finding import Finding, at_most, whole_percent
from bayespool.held import held
from bayespool.quantity import recorded

if TYPE_CHECKING:
    from bayespool.fitted import Fit

OVERLAP = 0.7
BINS = 60


def overlap(prior: Any, samples: np.ndarray) -> float:
    """Shared area of the prior and posterior densities, from 0 to 1.

    Posterior draws are counted in bins of equal prior probability, where the prior is uniform.
    """
    edges = prior.ppf(np.linspace(0.0, 1.0, BINS + 1)[1:-1])
    share = np.bincount(np.searchsorted(edges, samples.ravel()), minlength=BINS) / samples.size
    return float(np.sum(np.minimum(share, 1.0 / BINS)))


def hyper_priors(fitted: Fit) -> dict[str, Any]:
    """The prior of every hyperparameter drawn."""
    drawn = fitted.draws.hyper
    return {name: prior for name, prior in fitted.hierarchy.priors.items() if name in drawn}


@held
def overlaps(fitted: Fit) -> dict[str, float]:
    """Overlap of every hyperparameter."""
    return {
        name: overlap(prior, fitted.draws.hyper[name])
        for name, prior in hyper_priors(fitted).items()
    }


def check(fitted: Fit) -> list[Finding]:
    """One finding per hyperparameter."""
    out, known = [], recorded(fitted.hierarchy.names)
    for name, value in overlaps(fitted).items():
        told = (
            "the data say little about it beyond the prior"
            if value > OVERLAP
            else "the data inform it"
        )
        found = at_most(
            f"prior_overlap_{name}",
            value,
            OVERLAP,
            f"Prior and posterior of {name} share {whole_percent(value)} of their area: {told}.",
            gate=False,
        )
        out.append(replace(found, of=known[name]))
    return out
