"""How groups and tests are told apart in every figure, in print without colour too.

Colour, marker, line and hatching each tell by themselves. A diamond is no group's: it is what was
pooled, and open what comes from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bayespool.figures.style import ACCENT, CONTRAST


@dataclass(frozen=True)
class Look:
    """Colour, marker, line style and hatching of one group or test."""

    color: str
    marker: str
    line: Any
    hatch: str | None


SOLID: tuple[int, tuple[float, ...]] = (0, ())
LOOKS = (
    Look(ACCENT, "o", SOLID, None),
    Look(CONTRAST, "^", (0, (6, 2)), "////"),
    Look("#00704f", "s", (0, (1.5, 1.5)), "...."),
    Look("#7d3c78", "p", (0, (7, 2, 1.5, 2)), "\\\\\\\\"),
    Look("#4a4a4a", "v", (0, (4, 1, 1, 1, 1, 1)), "||||"),
    Look("#8a6100", "P", (0, (10, 3)), "----"),
)


def look_of(i: int) -> Look:
    """The look of series `i`; after six they come again."""
    return LOOKS[i % len(LOOKS)]
