"""Prior distributions as checked, frozen values; each prints back as its own call.

NumPy and ``scipy.special`` only, so that the quadrature engine can use them without PyMC.
"""

from __future__ import annotations

from typing import Any

from bayespool.priors.bounded import (
    LKJ,
    Beta,
    CumulativeDirichlet,
    ProbabilityInterval,
    partial_correlation_logpdf,
)
from bayespool.priors.distribution import LARGEST, LARGEST_SHAPE, Distribution, Prior
from bayespool.priors.positive import (
    FREEDOM,
    Exponential,
    Fixed,
    Gamma,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    LogStudentT,
)
from bayespool.priors.real import Normal, StudentT, Uniform

__all__ = [
    "FREEDOM", "LARGEST", "LARGEST_SHAPE", "LKJ", "Beta", "CumulativeDirichlet", "Distribution",
    "Exponential", "Fixed", "Gamma", "HalfCauchy", "HalfNormal", "HalfStudentT", "InverseGamma",
    "LogNormal", "LogStudentT", "Normal", "Prior", "ProbabilityInterval", "StudentT", "Uniform",
    "partial_correlation_logpdf",
]  # fmt: skip
EMPIRICAL_NAMES = ("turner2012", "turner2015", "rhodes2015", "cochrane")


def __getattr__(name: str) -> Any:
    """The empirical priors of `bayespool.empirical`, read from their tables when first used."""
    if name in EMPIRICAL_NAMES:
        from bayespool import empirical

        return getattr(empirical, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
