"""How probable it is that a new study, or setting, lies within bounds that somebody asked about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.association.scale import shown_name
from bayespool.estimands import Probability, Statement, probability
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Bounds = tuple[float, float]


def bounds_of(text: str, measure: str) -> Bounds:
    """``0.8,1.25`` as two numbers; a blank end is open, as in ``0.7,``.

    Raises
    ------
    ValueError
        They are no bounds of the measure.
    """
    transform = MEASURES[measure].transform
    allowed = (
        "LOW,HIGH on the scale of the measure, with either left out, such as 0.8,1.25 or 0.7, (the "
        f"{MEASURES[measure].label} lies from {transform.low:g} to {transform.high:g})"
    )
    ends = text.split(",")
    try:
        low, high = (float(end) if end.strip() else None for end in ends)
    except ValueError:
        raise ValueError(f'new_within "{text}": allowed is {allowed}') from None
    given = [end for end in (low, high) if end is not None]
    if not given or given != sorted(set(given)) or not all(map(transform.inside, given)):
        raise ValueError(f'new_within "{text}": allowed is {allowed}')
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def check_settings(texts: Sequence[str], measure: str) -> tuple[Bounds, ...]:
    """All bounds that are asked about, checked.

    Raises
    ------
    ValueError
        Some are none, or the analysis is of diagnostic accuracy.
    """
    if texts and not measure:
        raise ValueError("new_within is of associations; allowed here: thresholds of sens_new")
    return tuple(bounds_of(text, measure) for text in texts)


def in_a_new_study(fitted: Fit, texts: Sequence[str]) -> list[Probability]:
    """A statement for every pair of bounds, on the measure's own scale."""
    measure = fitted.model.measure
    name = shown_name("mu_new", measure)
    return [_statement(fitted, name, bounds) for bounds in check_settings(texts, measure)]


def _statement(fitted: Fit, name: str, bounds: Bounds) -> Probability:
    low, high = bounds
    draws = fitted.samples[name]
    if math.isinf(high):
        said = Statement(name, ">", low)
    elif math.isinf(low):
        said = Statement(name, "<", high)
    else:
        said = Statement(name, "within", low, high)
    return probability(said, (draws > low) & (draws < high), fitted.draws.ancestor)
