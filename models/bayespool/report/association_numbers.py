"""What an association means in numbers: probabilities of a difference that matters, absolute
effects at a baseline risk, number needed. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association import quantities, scale
from bayespool.estimands import (
    LOWER,
    UPPER,
    Estimate,
    Probability,
    Statement,
    probability,
    summarise,
)
from bayespool.numerics.links import link
from bayespool.priors import ProbabilityInterval
from bayespool.streams import rng
from bayespool.studies.measures import GROUPS, MEASURES, OF_AGREEMENT, OF_COUNTS, OF_MEANS

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
BaselineRisk = float | ProbabilityInterval
OF_GROUPS = (*OF_COUNTS, *OF_MEANS, "hr", "irr")
WITH_UNIT = ("md", "generic")
WITHOUT_MID = ("proportion", "cstat", "slope", *OF_AGREEMENT)


@dataclass(frozen=True)
class NumberNeeded:
    """People in group 1 for one event more or fewer than in group 2.

    ``lower`` and ``upper`` are 95 % bounds of the absolute difference in risk; the number needed is
    one over a difference, and has no upper bound where the interval holds zero.
    """

    baseline_risk: BaselineRisk
    difference: float
    lower: float
    upper: float

    @property
    def bounded(self) -> bool:
        """The interval of the difference excludes zero."""
        return self.lower > 0.0 or self.upper < 0.0

    def record(self) -> dict[str, Any]:
        """For JSON: numbers needed are null where they are unbounded."""
        ends = sorted((1.0 / abs(self.lower), 1.0 / abs(self.upper))) if self.bounded else None
        return asdict(self) | {
            "baseline_risk": risk_name(self.baseline_risk),
            "bounded": self.bounded,
            "direction": "more events" if self.difference > 0 else "fewer events",
            "number_needed": 1.0 / abs(self.difference) if self.difference else None,
            "number_needed_lower": ends[0] if ends else None,
            "number_needed_upper": ends[1] if ends else None,
        }


def check_groups(groups: Sequence[str], measure: str) -> None:
    """Refuse names of groups that are not two, or of what compares no groups.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    if not groups:
        return
    if measure not in OF_GROUPS:
        raise ValueError(
            f"group: no groups are compared here; allowed with: {', '.join(OF_GROUPS)}"
        )
    named = [name.strip() for name in groups]
    if len(set(named)) != 2 or len(named) != 2 or not all(named):
        raise ValueError(
            f"group {', '.join(map(repr, groups))}: allowed are two names that differ, that of "
            "group 1 and that of group 2"
        )


def check_unit(unit: str, measure: str) -> None:
    """Refuse a unit of what has none of its own.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    if unit and measure not in WITH_UNIT:
        raise ValueError(f"unit={unit!r} does not apply; allowed with: {', '.join(WITH_UNIT)}")


def check_mid(mid: float | None, measure: str) -> float | None:
    """The smallest important difference, of a ratio the one above 1.

    Raises
    ------
    ValueError
        Not positive, or of a measure that has none.
    """
    if mid is None:
        return None
    if measure in WITHOUT_MID:
        raise ValueError(f"mid: a pooled {MEASURES[measure].label} has no smallest important "
                         "difference; allowed: none, or a threshold of "
                         f"{scale.shown_name('mu', measure)}")  # fmt: skip
    ratio = MEASURES[measure].is_ratio
    upper = 1.0 if measure == "cor" else math.inf
    if not 0.0 < mid < upper or (ratio and mid == 1.0):
        allowed = "a positive ratio other than 1, such as 1.25" if ratio else (
            "a correlation between 0 and 1, such as 0.1" if measure == "cor" else
            "a positive number in the units of the measure")  # fmt: skip
        raise ValueError(f"mid={mid:g}: a smallest important difference must be {allowed}")
    return max(mid, 1.0 / mid) if ratio else float(mid)


def check_baseline(risks: Sequence[BaselineRisk], measure: str) -> tuple[BaselineRisk, ...]:
    """Baseline risks, each once.

    Raises
    ------
    ValueError
        Outside (0, 1), or a measure that gives no absolute effect.
    """
    if risks and measure not in OF_COUNTS:
        raise ValueError(
            f"baseline risks give no absolute effect of measure {measure!r}; "
            f"allowed with: {', '.join(OF_COUNTS)}"
        )
    for p in risks:
        if not isinstance(p, ProbabilityInterval) and not 0.0 < p < 1.0:
            raise ValueError(f"baseline risk {p:g}: must be greater than 0 and less than 1, or "
                             "ProbabilityInterval(0.05, 0.2)")  # fmt: skip
    return tuple(dict.fromkeys(risks))


def probabilities(fitted: Fit, mid: float | None) -> list[Probability]:
    """``P(mu > 0)``, the same of a new study, and how probable a difference is that matters."""
    measure = fitted.model.measure
    if measure == "proportion":
        return []
    null = MEASURES[measure].neutral_analysed
    out = [_above(fitted, name, null) for name in ("mu", "mu_new")]
    if mid is None:
        return out
    name = scale.shown_name("mu", measure)
    low = 1.0 / mid if MEASURES[measure].is_ratio else -mid
    above, below = _above(fitted, name, mid), _above(fitted, name, low)
    error = below.mcse
    under = Probability(Statement(name, "<", low), 1.0 - below.prob, error)
    samples, ancestor = fitted.samples[name], fitted.draws.ancestor
    inside = probability(
        Statement(name, "within", low, mid), (samples >= low) & (samples <= mid), ancestor
    )
    if name in fitted.exact:
        inside = Probability(inside.statement, below.prob - above.prob, error)
    return [*out, above, under, inside]


def _above(fitted: Fit, name: str, cut: float) -> Probability:
    statement, marginal = Statement(name, ">", cut), fitted.exact.get(name)
    if marginal is None:
        return probability(statement, fitted.samples[name] > cut, fitted.draws.ancestor)
    error = max(float(fitted.draws.info.get("grid_error", 0.0)), 1e-9)
    return Probability(statement, float(1.0 - marginal.cdf(np.array([cut]))[0]), error)


def risk_name(risk: BaselineRisk) -> str:
    """As it stands in the name of an estimand: ``0.1`` or ``0.05-0.2``."""
    if isinstance(risk, ProbabilityInterval):
        return f"{_digits(risk.lower)}-{_digits(risk.upper)}"
    return _digits(risk)


def _digits(x: float) -> str:
    """As few as tell the number from every other, and no exponent."""
    return np.format_float_positional(x, trim="-")


def absolute_effects(
    fitted: Fit, risks: Sequence[BaselineRisk], groups: tuple[str, str] = GROUPS
) -> tuple[dict[str, Estimate], tuple[NumberNeeded, ...]]:
    """``risk@p`` of group 1 and ``difference@p`` at each risk p of group 2, and numbers needed."""
    out: dict[str, Estimate] = {}
    needed = []
    ancestor, mu = fitted.draws.ancestor, fitted.samples["mu"]
    random = rng(fitted.seed, "baseline risk")
    for risk in risks:
        p: float | Array
        if isinstance(risk, ProbabilityInterval):
            g = link("logit")
            normal = risk.on_link("logit")
            p = g.inverse(normal.mu + normal.sigma * random.standard_normal(mu.shape))
        else:
            p = risk
        other = risk_of_group1(mu, p, fitted.model.measure)
        name = risk_name(risk)
        for what, draws in (("risk", other), ("difference", other - p)):
            label = quantities.absolute(what, name, groups)
            out[label] = summarise(label, draws, ancestor)
        d = out[f"difference@{name}"]
        needed.append(NumberNeeded(risk, d.median, d.lower, d.upper))
    return out, tuple(needed)


def risk_of_group1(mu: Array, p: float | Array, measure: str) -> Array:
    """Risk of group 1 where that of group 2 is p; a risk beyond 0 or 1 is held there."""
    if measure == "or":
        odds = np.exp(mu) * p / (1.0 - p)
        return odds / (1.0 + odds)
    return np.clip(p * np.exp(mu) if measure == "rr" else p + mu, 0.0, 1.0)


def interval_of(samples: Mapping[str, Array], name: str) -> Array:
    """Median and 95 % equal-tailed interval of every row of draws, shape (3, n_rows)."""
    draws = samples[name]
    return np.quantile(draws.reshape(len(draws), -1), [0.5, LOWER, UPPER], axis=1)
