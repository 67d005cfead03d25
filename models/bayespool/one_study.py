"""Estimands where there is one study, whose own values are the answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.quantity import MAIN, recorded

Array = np.ndarray


def in_the_study(
    model: Any, coding: Any, average: dict[str, Array], hyper: dict[str, Array], effects: Array,
    new: Array,
) -> dict[str, Array]:  # fmt: skip
    """Estimands of the one study in the place of those of an average one.

    Parameters
    ----------
    model, coding
        Of the fit.
    average, hyper : dict of str to array, shape (n_chains, n_draws)
        Estimands of an average study, and hyperparameters.
    effects : array, shape (q, n_chains, n_draws)
        Of the study.
    new : array
        Of a new study.
    """
    moved = {name: hyper[name] + u for name, u in zip(model.located, effects, strict=False)}
    own = model.estimands(hyper | moved, new, coding)
    out = dict(average)
    for name, record in recorded(average).items():
        if record.role in MAIN:
            out[name] = own[name]
            out[record.like("average")] = average[name]
    return out
