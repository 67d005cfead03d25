"""Priors of numbers that may have either sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.priors.distribution import Call

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class Normal(Call):
    """Normal with mean `mu` and standard deviation `sigma`."""

    mu: float
    sigma: float
    support: ClassVar[str] = "real"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma",)

    def logpdf(self, x: Array) -> Array:
        z = (x - self.mu) / self.sigma
        return -0.5 * z * z - np.log(self.sigma) - 0.5 * np.log(2.0 * np.pi)

    def ppf(self, u: Array) -> Array:
        return self.mu + self.sigma * special.ndtri(u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Normal(name, self.mu, self.sigma)


@dataclass(frozen=True, repr=False)
class StudentT(Call):
    """Student t with location `mu`, scale `sigma` and `nu` degrees of freedom."""

    mu: float
    sigma: float
    nu: float
    support: ClassVar[str] = "real"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma", "nu")

    def logpdf(self, x: Array) -> Array:
        return log_t((x - self.mu) / self.sigma, self.nu) - np.log(self.sigma)

    def ppf(self, u: Array) -> Array:
        return self.mu + self.sigma * special.stdtrit(self.nu, u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.StudentT(name, nu=self.nu, mu=self.mu, sigma=self.sigma)


@dataclass(frozen=True, repr=False)
class Uniform(Call):
    """Uniform between `lower` and `upper`; for a standard deviation, `lower` must be 0 or more."""

    lower: float
    upper: float
    support: ClassVar[str] = "real"

    @property
    def non_negative(self) -> bool:
        return self.lower >= 0.0

    def _check(self) -> None:
        if not self.lower < self.upper:
            raise ValueError(f"{self!r}: lower must be below upper")

    def logpdf(self, x: Array) -> Array:
        inside = (x >= self.lower) & (x <= self.upper)
        return np.where(inside, -np.log(self.upper - self.lower), -np.inf)

    def ppf(self, u: Array) -> Array:
        return self.lower + u * (self.upper - self.lower)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Uniform(name, self.lower, self.upper)


def log_t(z: Array, nu: float) -> Array:
    constant = special.gammaln(0.5 * (nu + 1.0)) - special.gammaln(0.5 * nu)
    return constant - 0.5 * np.log(nu * np.pi) - 0.5 * (nu + 1.0) * np.log1p(z * z / nu)
