"""Prior distributions as checked, frozen values; each prints back as its own call.

NumPy and ``scipy.special`` only, so that the quadrature engine can use them without PyMC.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

import numpy as np
from scipy import special

from bayespool.numerics.links import link

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


def _number(value: float) -> str:
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


class _Call(Distribution):
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
        values = ", ".join(_number(getattr(self, f.name)) for f in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({values})"


@dataclass(frozen=True, repr=False)
class Normal(_Call):
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
class StudentT(_Call):
    """Student t with location `mu`, scale `sigma` and `nu` degrees of freedom."""

    mu: float
    sigma: float
    nu: float
    support: ClassVar[str] = "real"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma", "nu")

    def logpdf(self, x: Array) -> Array:
        return _log_t((x - self.mu) / self.sigma, self.nu) - np.log(self.sigma)

    def ppf(self, u: Array) -> Array:
        return self.mu + self.sigma * special.stdtrit(self.nu, u)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.StudentT(name, nu=self.nu, mu=self.mu, sigma=self.sigma)


@dataclass(frozen=True, repr=False)
class HalfNormal(_Call):
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
class HalfCauchy(_Call):
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
class HalfStudentT(_Call):
    """Half-t with scale `sigma` and `nu` degrees of freedom."""

    sigma: float
    nu: float
    support: ClassVar[str] = "positive"
    positive_parameters: ClassVar[tuple[str, ...]] = ("sigma", "nu")

    def logpdf(self, x: Array) -> Array:
        return np.log(2.0 / self.sigma) + _log_t(x / self.sigma, self.nu)

    def ppf(self, u: Array) -> Array:
        return self.sigma * special.stdtrit(self.nu, 0.5 * (1.0 + u))

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.HalfStudentT(name, nu=self.nu, sigma=self.sigma)


@dataclass(frozen=True, repr=False)
class LogNormal(_Call):
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
class LogStudentT(_Call):
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
class InverseGamma(_Call):
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
class Exponential(_Call):
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
class Uniform(_Call):
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


@dataclass(frozen=True, repr=False)
class Gamma(_Call):
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
class Beta(_Call):
    """Beta with parameters `a` and `b`, of a share between 0 and 1."""

    a: float
    b: float
    support: ClassVar[str] = "unit"
    positive_parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def logpdf(self, x: Array) -> Array:
        inside = special.xlogy(self.a - 1.0, x) + special.xlog1py(self.b - 1.0, -np.asarray(x))
        return inside - special.betaln(self.a, self.b)

    def ppf(self, u: Array) -> Array:
        return special.betaincinv(self.a, self.b, u)

    def cdf(self, x: Array) -> Array:
        """Distribution function."""
        return special.betainc(self.a, self.b, x)

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        return pm.Beta(name, self.a, self.b)


@dataclass(frozen=True, repr=False, init=False)
class CumulativeDirichlet(Distribution):
    """Weights of intervals of p values that fall from 1: sums of a Dirichlet vector from its end.

    ``CumulativeDirichlet(1, 1, 1)`` is of three weights: 1, and two ordered uniform ones. Ratios of
    neighbours are independent: ``omega[j+1] / omega[j] ~ Beta(alpha[j+1] + ... , alpha[j])``.

    References
    ----------
    Maier, Bartos & Wagenmakers (2023), Psychol Methods 28:107-122.
    """

    alpha: tuple[float, ...]
    support: ClassVar[str] = "weights"

    def __init__(self, *alpha: float) -> None:
        if len(alpha) < 2 or not all(
            isinstance(a, int | float) and not isinstance(a, bool) and 0 < a < np.inf for a in alpha
        ):
            raise ValueError(
                f"CumulativeDirichlet{alpha!r}: allowed are two or more numbers above 0, one for "
                "every interval of p values"
            )
        object.__setattr__(self, "alpha", tuple(map(float, alpha)))

    def __repr__(self) -> str:
        return f"CumulativeDirichlet({', '.join(map(_number, self.alpha))})"

    def __len__(self) -> int:
        return len(self.alpha)

    @property
    def ratios(self) -> tuple[Beta, ...]:
        """Priors of every weight over the one before, from the second on."""
        rest = np.cumsum(self.alpha[::-1])[::-1]
        return tuple(Beta(float(b), a) for a, b in zip(self.alpha, rest[1:], strict=False))


@dataclass(frozen=True, repr=False)
class Fixed(_Call):
    """A known value: a standard deviation that is no parameter."""

    value: float
    support: ClassVar[str] = "positive"

    def _check(self) -> None:
        if self.value < 0:
            raise ValueError(f"{self!r}: a standard deviation is not negative")


@dataclass(frozen=True, repr=False)
class LKJ(_Call):
    """Correlation with density proportional to ``(1 - rho^2)^(eta - 1)`` (LKJ in two dimensions).

    References
    ----------
    Lewandowski, Kurowicka & Joe (2009), J Multivariate Anal 100:1989-2001.
    """

    eta: float
    support: ClassVar[str] = "correlation"
    positive_parameters: ClassVar[tuple[str, ...]] = ("eta",)

    def logpdf(self, x: Array) -> Array:
        return partial_correlation_logpdf(x, self.eta)

    def ppf(self, u: Array) -> Array:
        return 2.0 * special.betaincinv(self.eta, self.eta, u) - 1.0

    def to_pymc(self, name: str) -> Any:
        import pymc as pm

        beta = pm.Beta(f"{name}_unit", self.eta, self.eta)
        return pm.Deterministic(name, 2.0 * beta - 1.0)


@dataclass(frozen=True, repr=False)
class ProbabilityInterval(_Call):
    """A 95 % prior interval stated as proportions, such as 0.05 to 0.95 for a sensitivity.

    `on_link` turns it into the normal prior on the link scale whose central 95 % it is.
    """

    lower: float
    upper: float
    support: ClassVar[str] = "proportion"

    @property
    def non_negative(self) -> bool:
        return True

    def _check(self) -> None:
        if not 0.0 < self.lower < self.upper < 1.0:
            raise ValueError(
                f"{self!r}: allowed is 0 < lower < upper < 1 (proportions, not percent)"
            )

    def on_link(self, link_name: str) -> Normal:
        """The normal prior on the scale of the link."""
        lower, upper = link(link_name).forward(np.array([self.lower, self.upper]))
        half_width = special.ndtri(0.975)
        return Normal((lower + upper) / 2.0, (upper - lower) / (2.0 * half_width))


def _log_t(z: Array, nu: float) -> Array:
    constant = special.gammaln(0.5 * (nu + 1.0)) - special.gammaln(0.5 * nu)
    return constant - 0.5 * np.log(nu * np.pi) - 0.5 * (nu + 1.0) * np.log1p(z * z / nu)


def partial_correlation_logpdf(x: Array, alpha: float) -> Array:
    """Log density of a correlation whose ``(x + 1) / 2`` is Beta(alpha, alpha)."""
    log_norm = (2.0 * alpha - 1.0) * np.log(2.0) + special.betaln(alpha, alpha)
    return (alpha - 1.0) * np.log1p(-x * x) - log_norm


EMPIRICAL_NAMES = ("turner2012", "turner2015", "rhodes2015", "cochrane", "vanleeuwen2025")
FREEDOM = Gamma(2, 0.1)  # degrees of freedom of robust effects: Juarez & Steel (2010)


def __getattr__(name: str) -> Any:
    """The empirical priors of `bayespool.empirical`, read from their tables when first used."""
    if name in EMPIRICAL_NAMES:
        from bayespool import empirical

        return getattr(empirical, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
