"""How far an answer moves from one fit to another: one distance, for every comparison of fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayespool.estimands import Estimate

Array = np.ndarray
# what can move, in words; the first of several that move as far is named
POINTS = {"median": "median", "lower": "lower end", "upper": "upper end"}
LENGTH = 3.92  # of a 95 % interval, in standard deviations of a normal distribution


@dataclass(frozen=True)
class Move:
    """How far the median of an estimand, and the ends of its 95 % interval, move between two fits.

    Attributes
    ----------
    name : str
    before, after : Estimate
        Of the estimand, or of what shows it to a reader (``mu_ratio`` for ``mu``).
    shifts, errors : mapping of `POINTS` to float
        On the scale of the model, in posterior standard deviations of the first fit: the length of
        its interval over 3.92. Errors are Monte Carlo standard errors, of two independent fits.
    """

    name: str
    before: Estimate
    after: Estimate
    shifts: Mapping[str, float]
    errors: Mapping[str, float]

    @property
    def point(self) -> str:
        """Which of `POINTS` moves furthest."""
        return max(POINTS, key=lambda point: abs(self.shifts[point]))

    @property
    def shift(self) -> float:
        """The furthest move, negative where it is down."""
        return self.shifts[self.point]

    @property
    def mcse(self) -> float:
        return self.errors[self.point]

    @property
    def values(self) -> tuple[float, float]:
        """What moves furthest, before and after, as a reader is shown it."""
        return getattr(self.before, self.point), getattr(self.after, self.point)


def moves(
    model: Any,
    before: Mapping[str, Estimate],
    after: Mapping[str, Estimate],
    names: Sequence[str],
    seen: Sequence[str] = (),
) -> list[Move]:
    """Moves of some main estimands, each shown as itself or as the one at its place in `seen`.

    Parameters
    ----------
    model : the model of the first fit, which says on what scale its main estimands move
    before, after : mapping of str to Estimate
    names, seen : sequence of str
    """
    out = []
    for name, shown in zip(names, seen or names, strict=True):
        here, error = _on_model_scale(model, before[name])
        there, other = _on_model_scale(model, after[name])
        sd = (here["upper"] - here["lower"]) / LENGTH
        shifts = {point: (there[point] - here[point]) / sd for point in POINTS}
        errors = {point: float(np.hypot(error[point], other[point])) / sd for point in POINTS}
        out.append(Move(name, before[shown], after[shown], shifts, errors))
    return out


def _on_model_scale(model: Any, estimate: Estimate) -> tuple[dict[str, float], dict[str, float]]:
    """`POINTS` and their Monte Carlo errors: quantiles of what is increasing are its quantiles."""
    values = np.array([getattr(estimate, point) for point in POINTS])
    errors = np.array([getattr(estimate, f"mcse_{point}") for point in POINTS])
    ends = [np.asarray(model.on_model_scale(values + sign * errors)) for sign in (-1.0, 0.0, 1.0)]
    found = dict(zip(POINTS, ends[1].tolist(), strict=True))
    return found, dict(zip(POINTS, ((ends[2] - ends[0]) / 2.0).tolist(), strict=True))
