"""Tables of models with groups, tests, covariates or robust study effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.accuracy.groups import pairs
from bayespool.accuracy.quantities import DOR
from bayespool.accuracy.quantities import MARGINS as QUANTITIES
from bayespool.estimands import Estimate, Statement
from bayespool.quantity import Group, Role, compared, point
from bayespool.report import numbers, points
from bayespool.report.accuracy_words import probability_of
from bayespool.report.blocks import Table
from bayespool.report.per_study import StudyRow
from bayespool.report.points import MARGINS, ending, rows_with
from bayespool.report.splits import sucra
from bayespool.report.summary import Summary
from bayespool.report.tables import INTERVAL, MAX_ROWS, estimate_cells

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
HOW: tuple[Role, ...] = ("difference", "ratio")
REVMAN = ("E(logitSe)", "E(logitSp)", "Var(logitSe)", "Var(logitSp)", "Cov(logits)", "Corr(logits)",
          "SE(E(logitSe))", "SE(E(logitSp))", "Cov(Es)")  # fmt: skip


def _both(estimate: Estimate) -> str:
    median, interval, _ = estimate_cells(estimate)
    return f"{median} ({interval})"


def compact_table(summary: Summary) -> Table:
    """Sensitivity and specificity of each of many groups."""
    rows = tuple(
        (label.shown, *(_both(summary.estimates[f"{name}{ending(label)}"]) for name in MARGINS))
        for label in summary.labels
    )
    return Table(f"Pooled: median ({INTERVAL})", ("", "Sensitivity", "Specificity"), rows)


def comparisons_table(summary: Summary) -> Table:
    """Differences and ratios of every pair, and the probability that the first is higher."""
    rows = []
    for b, a in (pair for labels in summary.compared for pair in pairs(labels)):
        own = [compared(margin, how, b, a) for how in HOW for margin in QUANTITIES]
        for name in (*own, compared(DOR, "ratio", b, a)):
            prob = numbers.MISSING
            if name.role == "difference":
                first, second = (point(name.quantity, group=group) for group in (b, a))
                higher = Statement(first, ">", second)
                prob = numbers.percent(probability_of(summary, higher))
            rows.append((name.label, *estimate_cells(summary.estimates[name]), prob))
    head = ("", "Median", INTERVAL, "Monte Carlo error of the median",
            "Probability that it is above 0")  # fmt: skip
    caption = "Every pair compared; differences are in percentage points"
    return Table(caption, head, tuple(rows))


def ranks_table(summary: Summary, labels: Sequence[Group]) -> Table:
    """Of three or more: how probably each is the highest, and its rank."""
    rows = []
    for label in labels:
        cells = []
        for name in (*MARGINS, "dor"):
            rank = summary.estimates[f"{name}_rank[{label}]"]
            highest = numbers.percent(
                probability_of(summary, Statement(f"{name}[{label}]", "highest"))
            )
            cells += [f"{rank.median:g} ({rank.lower:g}{numbers.TO}{rank.upper:g})", highest,
                      numbers.percent(sucra(rank, len(labels)))]  # fmt: skip
        rows.append((label.shown, *cells))
    head = [""]
    for name in (*MARGINS, "dor"):
        estimand = summary.estimates[f"{name}_rank[{labels[0]}]"].estimand
        head += [f"{estimand.quantity.label}, rank: median ({INTERVAL})",
                 "Probability of being the highest", "SUCRA"]  # fmt: skip
    caption = (
        f"Which is the highest; rank 1 is the highest. SUCRA (100{NB}% for the surely highest) "
        "hides how uncertain a rank is and by how little tests may differ: read it beside the "
        "intervals"
    )
    return Table(caption, tuple(head), tuple(rows))


def evidence_table(fitted: Fit) -> Table:
    """Which comparisons are within studies, and which between."""
    rows = tuple(
        (
            f"{pair.second} and {pair.first}", numbers.count(pair.within),
            numbers.count(pair.cross_classified), numbers.count(pair.participants),
            f"{pair.second}: {numbers.count(pair.only_second)}; "
            f"{pair.first}: {numbers.count(pair.only_first)}",
        )
        for pair in fitted.model.evidence(fitted.studies)
    )  # fmt: skip
    head = ("Tests", "Studies with both (compared within)", "Of these, cross-classified",
            "Participants in them", "Studies with one of the two (compared between)")  # fmt: skip
    return Table("Where the comparison comes from", head, rows)


def coefficients_table(summary: Summary) -> Table:
    """Coefficients of the covariates, on the scale of the link."""
    own = [e for e in summary.estimates.values() if e.estimand.role == "coefficient"]
    rows = tuple((e.estimand.label, *estimate_cells(e)) for e in own)
    head = ("", "Median", INTERVAL, "Monte Carlo error of the median")
    caption = "Coefficients on the scale of the link: of one unit of a number, or of a level"
    return Table(caption, head, rows)


def settings_table(fitted: Fit, summary: Summary) -> Table:
    """Accuracy at the smallest, median and largest value of each number."""
    settings = fitted.model.settings(fitted.studies)
    rows = []
    for label, values in settings.items():
        if any(isinstance(value, str) for value in values.values()):
            continue
        stems = ("sens", "spec", "sens_new", "spec_new", "dor")
        rows.append(
            (label.shown, *(_both(summary.estimates[f"{s}{ending(label)}"]) for s in stems))
        )
    head = ("At", "Sensitivity", "Specificity", "Sensitivity, new study", "Specificity, new study",
            "Diagnostic odds ratio")  # fmt: skip
    caption = f"At the smallest, median and largest value: median ({INTERVAL})"
    return Table(caption, head, tuple(rows))


def revman_table(fitted: Fit) -> Table | None:
    """What RevMan draws a summary point and its regions from; None on another scale than logits.

    Posterior means of the means on the logit scale and of the variances between studies, and the
    posterior covariance of the means (Cochrane Handbook for DTA reviews, section 9.4.8).
    """
    if fitted.model.link != "logit" or fitted.hierarchy.n_studies == 1:
        return None
    hyper = {name: draws.ravel() for name, draws in fitted.draws.hyper.items()}
    columns = []
    for label in points.drawn(fitted):
        mu, (tau_sens, tau_spec), rho = fitted.model.at(hyper, fitted.studies, label)
        covariance = np.cov(np.stack(mu))
        between = [np.mean(x) for x in (tau_sens**2, tau_spec**2, rho * tau_sens * tau_spec)]
        scale = np.sqrt(between[0] * between[1])
        columns.append([
            *map(np.mean, mu), *between, between[2] / scale if scale > 0.0 else np.nan,
            *np.sqrt(np.diag(covariance)), covariance[0, 1],
        ])  # fmt: skip
    rows = tuple(
        (name, *(numbers.number(column[i], 4) for column in columns))
        for i, name in enumerate(REVMAN)
    )
    n = tuple(numbers.count(len(set(fitted.studies.select(rows_with(fitted, label)).study)))
              for label in points.drawn(fitted))  # fmt: skip
    head = ("Parameter", *(label.shown or "Value" for label in points.drawn(fitted)))
    return Table("Parameters for RevMan (externally calculated)", head, (*rows, ("Studies", *n)))


def precision_table(rows: Sequence[StudyRow]) -> Table:
    """Precision factor of every study of a robust model, the most outlying first."""
    found = sorted(
        (row.precision, row.study) for row in rows if row.first and row.precision is not None
    )
    body = tuple((study, numbers.number(value)) for value, study in found[:MAX_ROWS])
    return Table(
        "Precision factor of every study: posterior mean", ("Study", "Precision factor"), body,
        folded="The precision factors as a table",
    )  # fmt: skip
