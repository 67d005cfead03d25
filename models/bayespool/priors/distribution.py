"""What all priors share: checked parameters, and printing as their own call."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Protocol

import numpy as np

Array = np.ndarray
LARGEST = 1e75  # of a location or scale: fourth powers are finite
LARGEST_SHAPE = 1e8  # beyond, a density is a difference of numbers without a digit in common
SHAPES = ("nu", "shape", "a", "b", "eta")


class Prior(Protocol):
    """A univariate prior: density, quantile function, and the same thing in PyMC."""

    support: ClassVar[str]  # "real", "positive" or "correlation"

    def logpdf(self, x: Array) -> Array:
        """Normalised log density at `x`."""
        ...

    def ppf(self, u: Array) -> Array:
        """Quantile function."""
        ...

    def to_pymc(self, name: str) -> Any:
        """The PyMC variable `name` with this prior, inside a model context."""
        ...


def number_text(value: float) -> str:
    value = float(value)
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


class Distribution:
    """What every prior says of itself, and what it is by default."""

    support: ClassVar[str]
    caution: str = ""

    @property
    def non_negative(self) -> bool:
        """It is on numbers of 0 or more."""
        return bool(self.support == "positive")


class Call(Distribution):
    """Printing and checking shared by all priors: ``HalfNormal(0.5)``."""

    positive_parameters: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, bool) or not isinstance(value, int | float | np.floating):
                raise ValueError(f"{type(self).__name__}: {item.name}={value!r} is not a number")
            if not np.isfinite(value):
                raise ValueError(f"{type(self).__name__}: {item.name}={value!r} is not finite")
            if item.name in self.positive_parameters and value <= 0:
                raise ValueError(
                    f"{type(self).__name__}: {item.name}={value!r} must be greater than 0"
                )
            most = LARGEST_SHAPE if item.name in SHAPES else LARGEST
            if value != 0 and not 1.0 / most <= abs(float(value)) <= most:
                raise ValueError(
                    f"{type(self).__name__}: {item.name}={value!r} is beyond what can be computed "
                    f"with; allowed: a size from {1.0 / most:g} to {most:g}"
                )
            # a NumPy double: PyTensor narrows a plain 1.5 to single precision
            object.__setattr__(self, item.name, np.float64(value))
        self._check()

    def _check(self) -> None:
        """Rules between parameters."""

    def __repr__(self) -> str:
        values = ", ".join(number_text(getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({values})"
