"""What the sliders of a page compute with: a few hundred numbers of each test or group."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bayespool.guideline import decision
from bayespool.report.findings_table import AFTER, NAMES
from bayespool.report.guideline_figures import MOST_PANELS, middle
from bayespool.report.points import drawn

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

DIGITS = 6
ROWS = (
    *NAMES.values(), *AFTER.values(), "Net benefit of testing, in true positives",
    "Net benefit of treating all", "Probability that testing is best",
)  # fmt: skip


@dataclass(frozen=True)
class Explored:
    """Where the sliders start, the rows of their table, and the numbers of every test."""

    prevalence: int
    rows: tuple[str, ...]
    tests: tuple[dict[str, Any], ...]


def explored(fitted: Fit, summary: Summary) -> Explored | None:
    """None of an association, and where no prevalence is known."""
    if summary.measure or not summary.prevalences:
        return None
    start = min(max(round(100 * middle(summary.prevalences)), 1), 99)
    tests = []
    for label in drawn(fitted)[:MOST_PANELS]:
        found = asdict(decision.of_any_prevalence(fitted, label))
        rounded = {name: values.round(DIGITS).tolist() for name, values in found.items()}
        tests.append({"name": label.shown, **rounded})
    return Explored(start, ROWS, tuple(tests))
