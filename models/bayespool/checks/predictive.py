"""Does the model look like the data? Predictive intervals, LOO-PIT and between-study spread.

Replications give every study new effects (mixed predictive, Marshall & Spiegelhalter 2003).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.finding import Finding, at_least, at_most, two_decimals
from bayespool.checks.influence import leave_one_out
from bayespool.estimands import INTERVAL_PROB, LOWER, UPPER
from bayespool.held import held
from bayespool.numerics.row_likelihood import LOGIT
from bayespool.streams import rng
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.hierarchy import Hierarchy

SPREAD_P = 0.025
# what a row tells of, in words
KINDS = {
    "tp": "sensitivity",
    "tn": "specificity",
    "both_positive": "results positive by both tests",
    "both_negative": "results negative by both tests",
    "reference_positive": "results positive by the reference",
    "diseased": "prevalence",
    "events": "the proportion",
    "estimate": "the estimates",
}


@dataclass(frozen=True, eq=False)
class PredictiveRow:
    """One observed count against what the model predicts for a study of its size.

    ``pit`` is the leave-one-out probability integral transform: the probability, given the other
    studies, of a count below the observed one plus half the probability of the same count.
    ``place`` is the row's number among those that a study could show.
    """

    study: str
    kind: str
    observed: float
    trials: float
    lower: float
    median: float
    upper: float
    pit: float
    place: int = -1

    @property
    def inside(self) -> bool:
        return self.lower <= self.observed <= self.upper


@held
def replications(fitted: Fit) -> tuple[Hierarchy, np.ndarray]:
    """Rows that a new study could show, and replications of them, shape (n_rows, n_draws).

    Of two groups the events of group 1 are replicated given both margins of the table: nothing
    says what the baseline of a new study would be. Before and after in the same people are
    replicated around the study's own midpoint, with a new change.
    """
    if "baseline" in fitted.hierarchy.sigmas[0].scales:
        effects = fitted.effects.reshape(*fitted.effects.shape[:2], -1).copy()
        random = rng(fitted.seed, "given margins")
        effects[-1] = fitted.hierarchy.new_studies(fitted.theta, random)[-1]
        return fitted.hierarchy, fitted.hierarchy.simulate(fitted.theta, effects, random)
    return fitted.hierarchy, fitted.predictive


def things(fitted: Fit) -> str:
    """What is predicted: counts, or estimates."""
    return "estimates" if set(fitted.hierarchy.kinds) == {"estimate"} else "counts"


def observed(fitted: Fit) -> tuple[np.ndarray, np.ndarray]:
    """What every row of `replications` showed, and its trials; NaN where there is neither.

    A reconstructed table was not observed, and neither was an estimate that lies between limits.
    Where nobody or everybody has the event, nothing else could be observed.
    """
    hierarchy, _ = replications(fitted)
    return hierarchy.likelihood.as_shown()


@held
def predictive_rows(fitted: Fit) -> tuple[PredictiveRow, ...]:
    """95 % equal-tailed predictive interval and LOO-PIT of every observed row with trials."""
    hierarchy, predictive = replications(fitted)
    weights = np.exp(leave_one_out(fitted).log_weights)
    seen, trials = observed(fitted)
    out = []
    for i, replicated in enumerate(predictive):
        study = int(hierarchy.study[i])
        if trials[i] == 0 or np.isnan(seen[i]):
            continue
        lower, median, upper = np.quantile(replicated, [LOWER, 0.5, UPPER], method="inverted_cdf")
        below = (replicated < seen[i]) + 0.5 * (replicated == seen[i])
        out.append(
            PredictiveRow(
                hierarchy.row_labels[i],
                hierarchy.kinds[i],
                float(seen[i]),
                float(trials[i]),
                float(lower),
                float(median),
                float(upper),
                float(np.sum(weights[study] * below)),
                i,
            )
        )
    return tuple(out)


@dataclass(frozen=True)
class Spread:
    """Between-study spread of one kind of row: SD on a scale, observed and replicated."""

    kind: str
    observed: float
    replicated_median: float
    p_value: float
    scale: str = LOGIT
    measure: str = ""

    @property
    def what(self) -> str:
        """What spreads, in words."""
        if self.measure:
            return f"the {MEASURES[self.measure].label}"
        return KINDS.get(self.kind, self.kind)


@held
def spreads(fitted: Fit) -> tuple[Spread, ...]:
    """Predictive p-value of the between-study spread of each margin."""
    hierarchy, predictive = replications(fitted)
    seen, trials = observed(fitted)
    out = []
    for kind in dict.fromkeys(hierarchy.kinds):
        rows = np.flatnonzero((np.array(hierarchy.kinds) == kind) & np.isfinite(seen))
        counted = bool(np.isfinite(trials[rows]).all())
        if counted:
            rows = rows[trials[rows] > 0]
        if rows.size < 3:
            continue
        both = np.column_stack([seen[rows], predictive[rows]])
        values, scale, measure = hierarchy.likelihood.comparable(both, rows)
        sd = values.std(axis=0, ddof=1)
        p = float(np.mean(sd[1:] > sd[0]) + 0.5 * np.mean(sd[1:] == sd[0]))
        out.append(Spread(kind, float(sd[0]), float(np.median(sd[1:])), p, scale, measure))
    return tuple(out)


def check(fitted: Fit) -> list[Finding]:
    """Coverage of the predictive intervals and the spread's p-values."""
    rows = predictive_rows(fitted)
    n, unchecked = len(rows), int(np.isnan(observed(fitted)[0]).sum())
    rest = ""
    if unchecked:
        rest = (
            f" {unchecked} of {unchecked + n} rows state less than a count or an estimate and are "
            "not checked."
        )
    if not n:
        return [Finding("predictive_coverage", np.nan, 0.0, True, False, rest.strip(), False)]
    inside = sum(row.inside for row in rows)
    # fewer than this would be seen in under 1 of 200 such tables if the model were right
    allowed = _binomial_quantile(0.005, n, INTERVAL_PROB)
    coverage = at_least(
        "predictive_coverage",
        inside / n,
        allowed / n,
        f"{inside} of {n} observed {things(fitted)} lie in their 95 % predictive intervals.{rest}",
        gate=False,
    )
    findings = [replace(coverage, checkable=allowed > 0)]
    for spread in spreads(fitted):
        two_sided = min(spread.p_value, 1.0 - spread.p_value)
        findings.append(
            Finding(
                f"spread_{spread.kind}",
                spread.p_value,
                SPREAD_P,
                two_sided >= SPREAD_P,
                False,
                f"Between-study SD of {spread.what} {spread.scale}: "
                f"{spread.observed:.2f} observed, {spread.replicated_median:.2f} in the median "
                f"replication (predictive p {two_decimals(spread.p_value)}).",
            )
        )
    pit = np.array([row.pit for row in rows])
    extreme = float(np.mean((pit < LOWER) | (pit > UPPER)))
    most = max(1.0 - allowed / n, 1.0 / n)
    outside = at_most(
        "loo_pit_extreme",
        extreme,
        most,
        f"{round(extreme * n)} of {n} {things(fitted)} are extreme (outside the central 95 %) "
        "given the other studies.",
        gate=False,
    )
    return [*findings, replace(outside, checkable=most < 1.0)]


def _binomial_quantile(q: float, n: int, p: float) -> int:
    from scipy.special import bdtr

    return int(np.searchsorted(bdtr(np.arange(n + 1), n, p), q))
