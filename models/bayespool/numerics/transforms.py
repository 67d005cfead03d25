"""From the scale that a measure is printed on to that of analysis, and back.

References
----------
Debray et al. (2019), Stat Methods Med Res 28:2768-2786 (logit c, log O:E); Bonett (2002), J Educ
Behav Stat 27:335-340 (``-log(1 - alpha)``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

Array = np.ndarray
Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Transform:
    """An increasing function, its inverse and its slope.

    Attributes
    ----------
    forward, back : function of an array
        To the scale of analysis, and from it.
    slope : function of an array
        Of `forward`, at a printed value: an error of the printed value times it is one on the scale
        of analysis (delta method).
    low, high : float
        Open range of the printed value.
    """

    forward: Function
    back: Function
    slope: Function
    low: float
    high: float

    def inside(self, x: float) -> bool:
        """The value is in the open range."""
        return self.low < x < self.high


def _expit(x: Array) -> Any:
    from scipy import special  # kept out of the import of the package

    return special.expit(x)


def _logit(x: Array) -> Any:
    from scipy import special

    return special.logit(x)


def _same(x: Array) -> Array:
    return x


TRANSFORMS = {
    "identity": Transform(_same, _same, np.ones_like, -inf, inf),
    "exp": Transform(np.log, np.exp, np.reciprocal, 0.0, inf),
    "expit": Transform(_logit, _expit, lambda x: 1.0 / (x * (1.0 - x)), 0.0, 1.0),
    "tanh": Transform(np.arctanh, np.tanh, lambda x: 1.0 / (1.0 - x * x), -1.0, 1.0),
    "lacking": Transform(lambda x: -np.log1p(-x), lambda x: -np.expm1(-x),
                         lambda x: 1.0 / (1.0 - x), -inf, 1.0),
}  # fmt: skip
