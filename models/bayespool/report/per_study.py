"""What is said of each study: observed, shrunken, left out, predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.influence import leave_one_out
from bayespool.checks.predictive import PredictiveRow, predictive_rows
from bayespool.estimands import LOWER, UPPER
from bayespool.figures.marks import Interval
from bayespool.quantity import WHOLE, Group
from bayespool.report.points import MARGINS, of_rows

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies.partial import Partial

NONE: Mapping[str, float] = MappingProxyType({})
DAGGER = "†"
UNKNOWN = "not known"
RECONSTRUCTED = "table reconstructed"
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
    """One row of the table of studies; `index` counts from 0.

    Log predictive density, Pareto k and precision are of the whole study: ``first`` says that the
    row is the first of its study. ``group`` is the group or test that figures tell apart, and
    ``precision`` the factor of a robust model, below 1 for an outlying study. ``note`` says why the
    row is no full result; empty where it is one.
    """

    index: int
    study: str
    row: str
    margins: tuple[Margin, ...]
    elpd: float
    pareto_k: float
    first: bool = True
    group: Group = WHOLE
    precision: float | None = None
    note: str = ""

    @property
    def marked(self) -> str:
        """The row's label, with a dagger where it is no full result."""
        return marked(self.row, self.note)

    @property
    def reconstructed(self) -> bool:
        """What it observed is one of several possible results."""
        return self.note.startswith(RECONSTRUCTED)

    def empty(self, words: str) -> str:
        """What stands in the place of counts that the row has not: nobody, or nothing known."""
        return UNKNOWN if self.note else words


def marked(label: str, note: str) -> str:
    """A label with a dagger where there is a note."""
    return f"{label} {DAGGER}" if note else label


def note_of(said: Partial | None) -> str:
    """What is not known of a row that is no full result, in a few words."""
    if said is None:
        return ""
    if said.kind == "margin":
        return "one group only"
    if said.kind == "marker":
        return "marker only: no counts"
    if said.empty:
        return said.says
    if said.kind == "censored":
        return "P value only: no estimate printed"
    n = len(said.tables)
    return f"{RECONSTRUCTED}: {f'one of {n:,} that fit' if n > 1 else 'the one that fits'}"


def notes_of(studies: Any) -> list[str]:
    """The note of every row of a table."""
    return [note_of(said) for said in studies.statements]


def clopper_pearson(successes: int, trials: int) -> tuple[float, float]:
    """Exact 95 % interval of a binomial proportion (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    x, n = successes, trials
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, LOWER))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, UPPER))
    return lower, upper


def study_rows(fitted: Fit, exact_elpd: Mapping[str, float] = NONE) -> tuple[StudyRow, ...]:
    """All studies in the order of the table.

    `exact_elpd`, by study, takes the place of log predictive densities by importance sampling.
    """
    studies, loo, labels = fitted.studies, leave_one_out(fitted), fitted.hierarchy.labels
    elpd = [exact_elpd.get(label, float(x)) for label, x in zip(labels, loo.elpd, strict=True)]
    number = [list(dict.fromkeys(studies.study)).index(study) for study in studies.study]
    precision, group, notes = precisions(fitted), of_rows(fitted), notes_of(studies)
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
        StudyRow(
            i, studies.study[i], studies.row[i], (sens, spec), elpd[k], float(loo.pareto_k[k]),
            i == 0 or k != number[i - 1], group[i], precision[k] if precision else None, notes[i],
        )
        for i, (k, sens, spec) in enumerate(
            zip(number, margins["sens"], margins["spec"], strict=True)
        )
    )  # fmt: skip


def precisions(fitted: Fit) -> list[float]:
    """Posterior mean of every study's precision factor; empty where study effects are normal."""
    if fitted.model.nu is None:
        return []
    u = fitted.effects.reshape(*fitted.effects.shape[:2], -1)
    found: list[float] = fitted.hierarchy.study_precision(fitted.theta, u).mean(axis=1).tolist()
    return found


def _margin(x: int, n: int, shrunken: Interval, predicted: PredictiveRow | None) -> Margin:
    observed = Interval(x / n, *clopper_pearson(x, n)) if n else None
    return Margin(x, n, observed, shrunken, predicted)
