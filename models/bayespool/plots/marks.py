"""What plots draw: a value with its interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A central value between its bounds, all on the scale that is drawn."""

    centre: float
    lower: float
    upper: float
