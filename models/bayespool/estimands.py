"""Summaries of draws with their own Monte Carlo error, and probability statements.

Intervals are 95 % equal-tailed. NumPy only for draws by quadrature; ArviZ measures the error of
draws by NUTS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from bayespool.numerics.marginals import LogGrid, Marginal, Transformed
from bayespool.quantity import Estimand, recorded

Array = np.ndarray
Relation = Literal[">", ">=", "<", "within", "band", "highest"]
INTERVAL_KIND = "eti"
INTERVAL_PROB = 0.95
LOWER, UPPER = 0.5 - INTERVAL_PROB / 2, 0.5 + INTERVAL_PROB / 2


@dataclass(frozen=True)
class Estimate:
    """One estimand: summaries and the Monte Carlo standard error of each.

    ``lower`` and ``upper`` end the 95 % equal-tailed interval; ``mcse`` belongs to the mean.
    ``name`` is its record where a model made it.
    """

    name: str
    mean: float
    median: float
    sd: float
    lower: float
    upper: float
    mcse: float
    mcse_median: float
    mcse_lower: float
    mcse_upper: float
    ess: float

    @property
    def estimand(self) -> Estimand:
        """What is known of it beside its numbers."""
        return self.name if isinstance(self.name, Estimand) else Estimand(self.name)

    def row(self) -> dict[str, float | str]:
        """As a table row, with kind and probability of the interval in the column names."""
        label = f"{INTERVAL_KIND}{round(100 * INTERVAL_PROB)}"
        return {
            "estimand": self.name,
            "mean": self.mean,
            "median": self.median,
            "sd": self.sd,
            f"{label}_lower": self.lower,
            f"{label}_upper": self.upper,
            "mcse_mean": self.mcse,
            "mcse_median": self.mcse_median,
            f"mcse_{label}_lower": self.mcse_lower,
            f"mcse_{label}_upper": self.mcse_upper,
            "ess_mean": self.ess,
        }


def summarise(
    name: str, samples: Array, ancestor: Array | None, *, has_mean: bool = True
) -> Estimate:
    """Summary of draws of one quantity.

    Parameters
    ----------
    samples : array, shape (n_chains, n_draws)
    ancestor : array, shape (n_chains * n_draws,), or None
        Given for importance-resampled draws; None for Markov chains.
    has_mean : bool
        False for a quantity whose mean is infinite, as a draw beyond the range of numbers shows
        too: mean, standard deviation and their error are then infinite, and no draw is worth
        anything for the mean. Quantiles have their errors all the same.
    """
    flat = np.sort(samples, axis=None)
    lower, median, upper = (_quantile(flat, p) for p in (LOWER, 0.5, UPPER))
    if has_mean and np.isfinite(flat[-1]):
        mean, sd = float(samples.mean()), float(samples.std(ddof=1))
        mcse, ess = mean_error(samples, ancestor)
    else:
        mean = sd = mcse = float("inf")
        ess = 0.0
    quantile_mcse = _quantile_error(samples, flat, ancestor)
    return Estimate(
        name, mean, median, sd, lower, upper,
        mcse, quantile_mcse[1], quantile_mcse[0], quantile_mcse[2], ess,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Estimates(Mapping[str, Estimate]):
    """Summaries of all estimands, each made when it is first asked for.

    A refit has many estimands, and a report asks for few of them.

    Attributes
    ----------
    samples : mapping of str to array, shape (n_chains, n_draws)
    ancestor : array, shape (n_draws,), or None
        See `summarise`.
    exact : mapping of str to Marginal
        Of those that are known without draws.
    error : float
        Relative error of the exact ones.
    without_mean : tuple of str
        Those whose mean is infinite.
    """

    samples: Mapping[str, Array]
    ancestor: Array | None
    exact: Mapping[str, Marginal]
    error: float
    without_mean: tuple[str, ...]
    _made: dict[str, Estimate] = field(default_factory=dict, init=False)

    def __getitem__(self, name: str) -> Estimate:
        if name not in self._made:
            samples, name = self.samples[name], self._records[name]
            self._made[name] = (
                of_marginal(name, self.exact[name], self.error)
                if name in self.exact
                else summarise(name, samples, self.ancestor, has_mean=name not in self.without_mean)
            )
        return self._made[name]

    @cached_property
    def _records(self) -> dict[str, Estimand]:
        return recorded(self.samples)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # what exact marginals are made of may not be copied

    def __contains__(self, name: object) -> bool:
        return name in self.samples

    def __iter__(self) -> Iterator[str]:
        return iter(self.samples)

    def __len__(self) -> int:
        return len(self.samples)


def _quantile(flat: Array, p: float) -> float:
    """That of `numpy.quantile`, of values that are sorted already."""
    place = p * (flat.size - 1)
    before = int(place)
    a, b = float(flat[before]), float(flat[min(before + 1, flat.size - 1)])
    if np.isnan(flat[-1]):
        return float("nan")
    if a == b:  # infinite ones too
        return a
    part = place - before
    return b - (b - a) * (1.0 - part) if part >= 0.5 else a + (b - a) * part


def of_marginal(name: str, marginal: Marginal, relative_error: float) -> Estimate:
    """Summary of a marginal known without draws, with its numerical error.

    That error is given as the Monte Carlo error although nothing was simulated: the change of each
    summary when every second point of the marginal's own grid or rule is left out, and at least the
    share `relative_error` of the standard deviation. The effective sample size is infinite.
    """
    cuts = np.array([LOWER, 0.5, UPPER])
    sd, quantiles = marginal.sd, marginal.quantile(cuts)
    values = np.array([marginal.mean, *quantiles])
    errors = np.full(4, max(relative_error, 1e-9) * sd)
    if isinstance(marginal, LogGrid | Transformed):
        coarse = marginal.coarser()
        errors = np.maximum(errors, np.abs(values - [coarse.mean, *coarse.quantile(cuts)]))
    mean, lower, median, upper = values.tolist()
    of_mean, of_lower, of_median, of_upper = errors.tolist()
    return Estimate(
        name, mean, median, sd, lower, upper, of_mean, of_median, of_lower, of_upper, float("inf")
    )


def mean_error(samples: Array, ancestor: Array | None) -> tuple[float, float]:
    """Monte Carlo error of the mean, and how many independent draws it is worth."""
    if ancestor is None:
        return _chain_mean_error(samples)
    x = samples.ravel()
    mcse = _clustered(x, ancestor)
    return mcse, float(x.var()) / mcse**2 if mcse > 0 else float(x.size)


def _quantile_error(samples: Array, flat: Array, ancestor: Array | None) -> list[float]:
    """Errors of the lower end, the median and the upper end."""
    if ancestor is None:
        return _chain_quantile_error(samples)
    out = []
    for p in (LOWER, 0.5, UPPER):
        at = flat[int(p * (flat.size - 1))]
        wide = _clustered((samples.ravel() <= at).astype(float), ancestor)
        ends = np.clip([p - wide, p + wide], 0.0, 1.0) * (flat.size - 1)
        low, high = flat[np.rint(ends).astype(int)]
        out.append(0.0 if high == low else float(high - low) / 2.0)  # both may be infinite
    return out


def _clustered(values: Array, ancestor: Array) -> float:
    """Error of a mean that counts copies of one importance draw as one (cluster-robust)."""
    sums = np.bincount(ancestor, values - values.mean())
    return float(np.sqrt(np.sum(sums * sums)) / values.size)


def _chain_mean_error(samples: Array) -> tuple[float, float]:
    from arviz_stats.base import array_stats

    if np.ptp(samples) == 0.0:
        return 0.0, float(samples.size)
    mcse = float(array_stats.mcse(samples, method="mean"))
    return mcse, float(array_stats.ess(samples, method="mean"))


def _chain_quantile_error(samples: Array) -> list[float]:
    from arviz_stats.base import array_stats

    if samples.min() == samples.max():
        return [0.0, 0.0, 0.0]
    return [
        float(array_stats.mcse(samples, method="quantile", prob=p)) for p in (LOWER, 0.5, UPPER)
    ]


@dataclass(frozen=True)
class Statement:
    """What may be true of an estimand, printed as ``P(sens > 0.8)``.

    Attributes
    ----------
    estimand : str
    relation : {">", ">=", "<", "within", "band", "highest"}
        Above, at least or below `cut`; within `cut` and `high`, both included; in the band from
        `cut` up to but without `high`; the highest of all groups.
    cut : float or str, optional
        A number on the scale of the estimand, or the name of another estimand.
    high : float, optional
    """

    estimand: str
    relation: Relation
    cut: float | str | None = None
    high: float | None = None

    def __str__(self) -> str:
        cut = self.cut if isinstance(self.cut, str | None) else f"{self.cut:g}"
        match self.relation:
            case "highest":
                return f"P({self.estimand} highest)"
            case "within":
                return f"P({cut} <= {self.estimand} <= {self.high:g})"
            case "band":
                return f"P({cut} <= {self.estimand} < {self.high:g})"
            case _:
                return f"P({self.estimand} {self.relation} {cut})"


@dataclass(frozen=True)
class Probability:
    """How probable a statement is, with the Monte Carlo error."""

    statement: Statement
    prob: float
    mcse: float

    def record(self) -> dict[str, Any]:
        """As a record of plain values: the statement as a text, and its parts."""
        parts = {name: value for name, value in asdict(self.statement).items() if value is not None}
        return {"statement": str(self.statement), **parts, "prob": self.prob, "mcse": self.mcse}


def probability(statement: Statement, event: Array, ancestor: Array | None) -> Probability:
    """Probability of a true-or-false array of draws, shape (n_chains, n_draws)."""
    samples = event.astype(float)
    return Probability(statement, float(samples.mean()), mean_error(samples, ancestor)[0])


def exceedance(
    samples: Mapping[str, Array],
    thresholds: Mapping[str, Sequence[float]],
    ancestor: Array | None,
) -> list[Probability]:
    """``P(name > threshold)`` for every threshold of every named quantity."""
    return [
        probability(Statement(name, ">", cut), samples[name] > cut, ancestor)
        for name, cuts in thresholds.items()
        for cut in cuts
    ]
