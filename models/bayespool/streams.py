"""Random numbers of a seed, one stream for each purpose: no two parts of a run share theirs.

An engine draws its posterior from the seed itself, which is a stream of its own, too.
"""

from __future__ import annotations

import numpy as np

# A number stays what it is when others are added: streams do not move.
STREAMS = {
    "prior": 1,  # hyperparameters drawn from their prior
    "new study": 2,  # effects of a new study, given the posterior
    "predictive": 3,  # replicated rows
    "effects": 4,  # study effects, where the engine did not draw them
    "prior predictive": 5,  # replicated rows given the prior
    "baseline risk": 6,  # absolute effects at an uncertain risk
    "covariate line": 7,  # a new study along a regression line
    "contribution": 8,  # what an incomplete row tells by itself
    "new study, prior": 9,  # effects of a new study, given the prior
    "mixture": 10,  # which draws of several models make up their average
    "given margins": 11,  # replications given margins or baselines of the studies
    "points": 12,  # randomised points for the likelihoods of single studies
    "left out": 13,  # the same for one that was left out
}


def rng(seed: int, purpose: str, *place: int) -> np.random.Generator:
    """The random numbers of a seed for one purpose; of one place in it, such as a row.

    Parameters
    ----------
    seed : int
        Not negative: the seed of the fit.
    purpose : str
        A key of `STREAMS`.
    place : int
        Not negative.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAMS[purpose], *place)))
