"""Priors of numbers above zero: standard deviations, odds ratios, degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from bayespool.priors.distribution import Call
from bayespool.priors.real import Normal, StudentT, log_t

Array = np.ndarray


@dataclass(frozen=True, repr=False)
class HalfNormal(Call):
    """Half-normal with scale `sigma` (the standard deviation before folding)."""

    sigma: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma",)

    def logpdf(self, x: Array) -> Array:
        z = x / self.sigma
        return 0.5 * np.log(2.0 / np.pi) - np.log(self.sigma) - 0.5 * z * z

    def ppf(self, u: Array) -> Array:
        return self.sigma * special.ndtri(0.5 * (1.0 + u))

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.HalfNormal(name, self.sigma)


@dataclass(frozen=True, repr=False)
class HalfCauchy(Call):
    """Half-Cauchy with scale `scale`."""

    scale: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("scale",)

    def logpdf(self, x: Array) -> Array:
        return np.log(2.0 / (np.pi * self.scale)) - np.log1p((x / self.scale) ** 2)

    def ppf(self, u: Array) -> Array:
        return self.scale * np.tan(0.5 * np.pi * u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.HalfCauchy(name, self.scale)


@dataclass(frozen=True, repr=False)
class HalfStudentT(Call):
    """Half-t with scale `sigma` and `nu` degrees of freedom."""

    sigma: float
    nu: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma", "nu")

    def logpdf(self, x: Array) -> Array:
        return np.log(2.0 / self.sigma) + log_t(x / self.sigma, self.nu)

    def ppf(self, u: Array) -> Array:
        return self.sigma * special.stdtrit(self.nu, 0.5 * (1.0 + u))

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.HalfStudentT(name, nu=self.nu, sigma=self.sigma)


@dataclass(frozen=True, repr=False)
class LogNormal(Call):
    """Log-normal: the logarithm is Normal(`mu`, `sigma`)."""

    mu: float
    sigma: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma",)

    def logpdf(self, x: Array) -> Array:
        log_x = np.log(x)
        return Normal(self.mu, self.sigma).logpdf(log_x) - log_x

    def ppf(self, u: Array) -> Array:
        return np.exp(self.mu + self.sigma * special.ndtri(u))

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.LogNormal(name, self.mu, self.sigma)


@dataclass(frozen=True, repr=False)
class LogStudentT(Call):
    """Log-t: the logarithm is StudentT(`mu`, `sigma`, `nu`)."""

    mu: float
    sigma: float
    nu: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma", "nu")

    def logpdf(self, x: Array) -> Array:
        log_x = np.log(x)
        return StudentT(self.mu, self.sigma, self.nu).logpdf(log_x) - log_x

    def ppf(self, u: Array) -> Array:
        return np.exp(self.mu + self.sigma * special.stdtrit(self.nu, u))

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        logarithm = pm.StudentT(f"{name}_logarithm", nu=self.nu, mu=self.mu, sigma=self.sigma)
        return pm.Deterministic(name, pm.math.exp(logarithm))


@dataclass(frozen=True, repr=False)
class InverseGamma(Call):
    """Inverse gamma with `shape` and `scale`."""

    shape: float
    scale: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("shape", "scale")

    def logpdf(self, x: Array) -> Array:
        return (
            self.shape * np.log(self.scale)
            - special.gammaln(self.shape)
            - (self.shape + 1.0) * np.log(x)
            - self.scale / x
        )

    def ppf(self, u: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore"):  # of a small shape half may be beyond
            return self.scale / special.gammainccinv(self.shape, u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.InverseGamma(name, alpha=self.shape, beta=self.scale)


@dataclass(frozen=True, repr=False)
class Exponential(Call):
    """Exponential with mean `mean`."""

    mean: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("mean",)

    def logpdf(self, x: Array) -> Array:
        return -np.log(self.mean) - x / self.mean

    def ppf(self, u: Array) -> Array:
        return -self.mean * np.log1p(-u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Exponential(name, scale=self.mean)


@dataclass(frozen=True, repr=False)
class Gamma(Call):
    """Gamma with `shape` and `rate`; its mean is shape / rate."""

    shape: float
    rate: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("shape", "rate")

    def logpdf(self, x: Array) -> Array:
        return (
            self.shape * np.log(self.rate)
            - special.gammaln(self.shape)
            + (self.shape - 1.0) * np.log(x)
            - self.rate * x
        )

    def ppf(self, u: Array) -> Array:
        return special.gammaincinv(self.shape, u) / self.rate

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Gamma(name, alpha=self.shape, beta=self.rate)


@dataclass(frozen=True, repr=False)
class Fixed(Call):
    """A known value: a standard deviation that is no parameter."""

    value: float
    support: ClassVar[str] = "positive"

    def _check(self) -> None:
        if self.value < 0:
            raise ValueError(f"{self!r}: a standard deviation is not negative")


FREEDOM = Gamma(2, 0.1)  # degrees of freedom of robust effects: Juarez & Steel (2010)
