"""Does the model look like the data? Predictive intervals, LOO-PIT and between-study spread.

Replications give every study new effects (mixed predictive, Marshall & Spiegelhalter 2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.finding import Finding, at_least, at_most
from bayespool.checks.influence import leave_one_out
from bayespool.estimands import INTERVAL_PROB, LOWER, UPPER

if TYPE_CHECKING:
    from bayespool.fitting import Fit

SPREAD_P = 0.025
KINDS = {"tp": "sensitivity", "tn": "specificity"}  # what a count tells of, in words


@dataclass(frozen=True, eq=False)
class PredictiveRow:
    """One observed count against what the model predicts for a study of its size.

    ``pit`` is the leave-one-out probability integral transform: the probability, given the other
    studies, of a count below the observed one plus half the probability of the same count.
    """

    study: str
    kind: str
    observed: float
    trials: float
    lower: float
    median: float
    upper: float
    pit: float

    @property
    def inside(self) -> bool:
        return self.lower <= self.observed <= self.upper


def predictive_rows(fitted: Fit) -> list[PredictiveRow]:
    """95 % equal-tailed predictive interval and LOO-PIT of every observed row with trials."""
    hierarchy = fitted.hierarchy
    weights = np.exp(leave_one_out(fitted).log_weights)
    observed = hierarchy.likelihood.observed()
    trials = getattr(hierarchy.likelihood, "trials", np.full(len(observed), np.nan))
    out = []
    for i, replicated in enumerate(fitted.predictive):
        study = int(hierarchy.study[i])
        if trials[i] == 0:
            continue
        lower, median, upper = np.quantile(replicated, [LOWER, 0.5, UPPER], method="inverted_cdf")
        below = (replicated < observed[i]) + 0.5 * (replicated == observed[i])
        out.append(
            PredictiveRow(
                fitted.hierarchy.labels[study],
                hierarchy.kinds[i],
                float(observed[i]),
                float(trials[i]),
                float(lower),
                float(median),
                float(upper),
                float(np.sum(weights[study] * below)),
            )
        )
    return out


@dataclass(frozen=True)
class Spread:
    """Between-study spread of one margin: SD of the empirical logits, observed and replicated."""

    kind: str
    observed: float
    replicated_median: float
    p_value: float


def spreads(fitted: Fit) -> list[Spread]:
    """Predictive p-value of the between-study spread of each margin."""
    likelihood = fitted.hierarchy.likelihood
    trials = getattr(likelihood, "trials", None)
    out = []
    for kind in dict.fromkeys(fitted.hierarchy.kinds):
        rows = np.flatnonzero(np.array(fitted.hierarchy.kinds) == kind)
        if trials is not None:
            rows = rows[trials[rows] > 0]
        if rows.size < 3:
            continue
        values = np.column_stack([likelihood.observed()[rows], fitted.predictive[rows]])
        if trials is not None:
            n = trials[rows, None]
            values = np.log((values + 0.5) / (n - values + 0.5))
        sd = values.std(axis=0, ddof=1)
        p = float(np.mean(sd[1:] > sd[0]) + 0.5 * np.mean(sd[1:] == sd[0]))
        out.append(Spread(kind, float(sd[0]), float(np.median(sd[1:])), p))
    return out


def check(fitted: Fit) -> list[Finding]:
    """Coverage of the predictive intervals and the spread's p-values."""
    rows = predictive_rows(fitted)
    n = len(rows)
    inside = sum(row.inside for row in rows)
    # fewer than this would be seen in under 1 of 200 such tables if the model were right
    allowed = _binomial_quantile(0.005, n, INTERVAL_PROB)
    findings = [
        at_least(
            "predictive_coverage",
            inside / n,
            allowed / n,
            f"{inside} of {n} observed counts lie in their 95 % predictive intervals.",
            gate=False,
        )
    ]
    for spread in spreads(fitted):
        two_sided = min(spread.p_value, 1.0 - spread.p_value)
        findings.append(
            Finding(
                f"spread_{spread.kind}",
                spread.p_value,
                SPREAD_P,
                two_sided >= SPREAD_P,
                False,
                f"Between-study SD of {KINDS.get(spread.kind, spread.kind)} on the logit scale: "
                f"{spread.observed:.2f} observed, {spread.replicated_median:.2f} in the median "
                f"replication (predictive p {spread.p_value:.2f}).",
            )
        )
    pit = np.array([row.pit for row in rows])
    extreme = float(np.mean((pit < LOWER) | (pit > UPPER)))
    most = 1.0 - _binomial_quantile(0.005, n, INTERVAL_PROB) / n
    findings.append(
        at_most(
            "loo_pit_extreme",
            extreme,
            max(most, 1.0 / n),
            f"{round(extreme * n)} of {n} counts are extreme (outside the central 95 %) given "
            "the other studies.",
            gate=False,
        )
    )
    return findings


def _binomial_quantile(q: float, n: int, p: float) -> int:
    from scipy.special import bdtr

    return int(np.searchsorted(bdtr(np.arange(n + 1), n, p), q))
