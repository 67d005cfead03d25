"""What is said of each study: observed, shrunken, left out, predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.influence import leave_one_out
from bayespool.checks.predictive import PredictiveRow, predictive_rows
from bayespool.estimands import LOWER, UPPER
from bayespool.plots.marks import Interval

if TYPE_CHECKING:
    from bayespool.fitting import Fit

NONE: Mapping[str, float] = MappingProxyType({})
MARGINS = ("sens", "spec")
KIND_OF = {"sens": "tp", "spec": "tn"}
EMPTY_SHORT = {"sens": "no diseased", "spec": "no healthy"}
EMPTY = {"sens": "no diseased participants", "spec": "no participants without the condition"}


@dataclass(frozen=True)
class Margin:
    """Sensitivity, specificity or an effect of one study, on the scale that is shown.

    ``observed`` is what the study found with its 95 % interval (of a share the exact one of
    Clopper and Pearson), None without participants; ``shrunken`` the posterior median with its
    95 % equal-tailed interval; ``counts`` the counts of an effect that was computed from counts.
    """

    successes: int
    trials: int
    observed: Interval | None
    shrunken: Interval
    predicted: PredictiveRow | None
    counts: str = ""


@dataclass(frozen=True)
class StudyRow:
    """One row of the table of studies; `index` counts from 0."""

    index: int
    study: str
    row: str
    margins: tuple[Margin, ...]
    elpd: float
    pareto_k: float


def clopper_pearson(successes: int, trials: int) -> tuple[float, float]:
    """Exact 95 % interval of a binomial proportion (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    x, n = successes, trials
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, LOWER))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, UPPER))
    return lower, upper


def study_rows(fitted: Fit, exact_elpd: Mapping[str, float] = NONE) -> tuple[StudyRow, ...]:
    """All studies in the order of the table.

    `exact_elpd`, by row, takes the place of log predictive densities by importance sampling.
    """
    studies, loo = fitted.studies, leave_one_out(fitted)
    elpd = [exact_elpd.get(row, float(x)) for row, x in zip(studies.row, loo.elpd, strict=True)]
    predicted = {(row.study, row.kind): row for row in predictive_rows(fitted)}
    counts = {"sens": (studies.tp, studies.n_diseased), "spec": (studies.tn, studies.n_healthy)}
    margins: dict[str, list[Margin]] = {}
    for name in MARGINS:
        draws = fitted.study_samples[name]
        bounds = np.quantile(draws.reshape(len(draws), -1), [0.5, LOWER, UPPER], axis=1)
        margins[name] = [
            _margin(int(x), int(n), Interval(*map(float, shrunken)), predicted.get((row, kind)))
            for x, n, shrunken, row, kind in zip(
                *counts[name], bounds.T, studies.row, [KIND_OF[name]] * len(draws), strict=True
            )
        ]
    return tuple(
        StudyRow(i, study, row, (sens, spec), elpd[i], float(loo.pareto_k[i]))
        for i, (study, row, sens, spec) in enumerate(
            zip(studies.study, studies.row, margins["sens"], margins["spec"], strict=True)
        )
    )


def _margin(x: int, n: int, shrunken: Interval, predicted: PredictiveRow | None) -> Margin:
    observed = Interval(x / n, *clopper_pearson(x, n)) if n else None
    return Margin(x, n, observed, shrunken, predicted)
