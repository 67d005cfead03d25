"""The tables of the page, as texts ready to be shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.checks import Finding
from bayespool.checks.influence import PARETO_K
from bayespool.checks.predictive import spreads
from bayespool.checks.prior_overlap import hyper_priors, overlaps
from bayespool.estimands import Estimate
from bayespool.guideline.judgements import MARGINS as MARGINS_IN_WORDS
from bayespool.numerics.row_likelihood import AS_GIVEN, LOG, LOGIT
from bayespool.quantity import capital, recorded
from bayespool.report import numbers
from bayespool.report.blocks import Table
from bayespool.report.comparators import Comparator
from bayespool.report.per_study import DAGGER, EMPTY, Margin, StudyRow
from bayespool.report.points import MARGINS, ending
from bayespool.report.summary import Summary
from bayespool.report.wording import ALONE, check_label, spoken

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
INTERVAL = f"95{NB}% equal-tailed credible interval"
MAX_ROWS = 200
RATIOS = ("lr_pos", "lr_neg", "dor", "auc")
HSROC = ("Lambda", "Theta", "shape", "sigma_alpha", "sigma_theta")


def estimate_cells(estimate: Estimate) -> tuple[str, str, str]:
    """Median, interval and Monte Carlo error of the median."""
    kind = estimate.estimand.unit
    return (
        numbers.value(estimate.median, kind),
        numbers.interval(estimate.lower, estimate.upper, kind),
        numbers.error(estimate.mcse_median, kind),
    )


def estimates_table(summary: Summary, names: Sequence[str], caption: str) -> Table:
    """Estimands in words, one a row."""
    rows = [
        (e.estimand.label, *estimate_cells(e))
        for e in (summary.estimates[name] for name in names if name in summary.estimates)
    ]
    return Table(caption, ("", "Median", INTERVAL, "Monte Carlo error of the median"), tuple(rows))


def three_summaries(summary: Summary) -> Table:
    """At the average study, averaged over studies, in a new study."""
    where = "In the one study" if summary.pooled == ALONE else "At the average study"
    columns = {"": where, "_marginal": "Averaged over studies",
               "_new": "In a new study (predicted)"}  # fmt: skip
    if "sens_new_study" in summary.estimates:
        columns |= {"_marginal": "Averaged over results", "_new": "One result of a new study",
                    "_new_study": "A new study, over its results"}  # fmt: skip
    rows = []
    for group in map(ending, summary.labels):
        for name in MARGINS:
            cells = []
            for suffix in columns:
                estimate = summary.estimates[f"{name}{suffix}{group}"]
                median, interval, _ = estimate_cells(estimate)
                cells.append(f"{median} ({interval})")
            rows.append((summary.estimates[f"{name}{group}"].estimand.label, *cells))
    count = "Four" if len(columns) == 4 else "Three"
    caption = f"{count} summaries of the same fit: median ({INTERVAL})"
    return Table(caption, ("", *columns.values()), tuple(rows))


def comparators_table(summary: Summary, comparators: Sequence[Comparator]) -> Table:
    """The own result and the external one side by side."""
    rows = []
    for item in comparators:
        ours = []
        for label in summary.labels:
            estimate = summary.estimates[f"{item.measure}{ending(label)}"]
            median, interval, _ = estimate_cells(estimate)
            ours.append(f"{label.shown}{': ' if label else ''}{median} ({interval})")
        theirs = numbers.percent(item.estimate)
        if item.lower is not None and item.upper is not None:
            bounds = numbers.percent_interval(item.lower, item.upper)
            theirs += f" ({numbers.tied(item.interval) + ' ' if item.interval else ''}{bounds})"
        about = "; ".join(text for text in (item.reference, item.note) if text)
        what = f"{capital(MARGINS_IN_WORDS[item.measure])}: {item.name}"
        rows.append((what, theirs, "; ".join(ours), about))
    head = (
        "External result (not pooled)",
        "Published",
        f"This analysis ({INTERVAL})",
        "Source, note",
    )
    return Table(
        "Published estimates, not pooled with these studies", head, tuple(rows), words=True
    )


def studies_table(rows: Sequence[StudyRow]) -> Table:
    """Observed and shrunken accuracy of every study."""
    body = []
    for row in rows[:MAX_ROWS]:
        cells: list[str] = []
        for name, margin in zip(MARGINS, row.margins, strict=True):
            cells += [_observed(row, margin, name), _shrunken(margin)]
        body.append((row.marked, *([row.group.shown] if row.group else []), *cells))
    head = (
        "Study", *(["Group"] if rows[0].group else []), "Sensitivity observed",
        "Sensitivity, model-based", "Specificity observed", "Specificity, model-based",
    )  # fmt: skip
    caption = (
        f"Studies: observed share (exact 95{NB}% interval) and posterior median ({INTERVAL})"
        f"{only_first(len(rows), len(body))}{daggers(rows)}"
    )
    return Table(caption, head, tuple(body), folded="The studies as a table")


def daggers(rows: Sequence[StudyRow]) -> str:
    """What the dagger in a table means; empty where no row has one."""
    if not any(row.note for row in rows):
        return ""
    notes = "; ".join(f"{row.row}: {row.note}" for row in rows if row.note)
    return f". {DAGGER} no full result ({notes})"


def dagger_words(rows: Sequence[StudyRow]) -> str:
    """What the dagger in a forest plot means, after a space; empty where no row has one."""
    if not any(row.note for row in rows):
        return ""
    return (
        f" {DAGGER}: no full result (see the table below); a grey circle on a dotted line is "
        "reconstructed, at the possible table in the middle."
    )


def _observed(row: StudyRow, margin: Margin, name: str) -> str:
    if margin.observed is None:
        return row.empty(EMPTY[name])
    bounds = numbers.observed_interval(margin.observed.lower, margin.observed.upper)
    share = numbers.share(margin.successes, margin.trials)
    return f"{margin.successes}/{margin.trials} = {share} ({bounds})"


def _shrunken(margin: Margin) -> str:
    bounds = numbers.percent_interval(margin.shrunken.lower, margin.shrunken.upper)
    return f"{numbers.percent(margin.shrunken.centre)} ({bounds})"


def only_first(all_rows: int, shown: int) -> str:
    """What a caption says where a table has not all rows."""
    return "" if shown == all_rows else f"; the first {shown} of {all_rows:,}, all in studies.csv"


def leave_one_out_table(
    rows: Sequence[StudyRow], transforms: tuple[str, ...], *, exact: bool
) -> Table:
    """Each study given the others; the most influential ones where there are very many.

    With exact log predictive densities the Pareto k judges only the transforms beside it.
    """
    chosen = list(rows)
    if len(chosen) > MAX_ROWS:
        chosen = sorted(rows, key=lambda row: -row.pareto_k)[:MAX_ROWS]
    body = []
    for row in chosen:
        pits = [
            numbers.unit(m.predicted.pit) if m.predicted else numbers.MISSING for m in row.margins
        ]
        elpd, k = numbers.number(row.elpd), numbers.number(row.pareto_k)
        note = "influential" if row.pareto_k > PARETO_K else "reliable"
        if not row.first:
            elpd = k = note = numbers.MISSING
        body.append((row.row, elpd, *pits, k) if exact else (row.row, elpd, k, note, *pits))
    head: tuple[str, ...] = (
        "Study", "Log predictive density", "Pareto k", "Estimate is", *transforms
    )  # fmt: skip
    if exact:
        head = ("Study", "Log predictive density, exact", *transforms, "Pareto k (for information)")
    folded = "Each study predicted from the others, as a table" if exact else ""
    caption = "Each study predicted from the others"
    if not all(row.first for row in chosen):
        caption += (
            "; log predictive density and Pareto k are of whole studies, and stand in the first "
            "row of each"
        )
    return Table(caption, head, tuple(body), folded)


def spread_table(fitted: Fit) -> Table | None:
    """Predictive p-values of the between-study spread; None with fewer than three studies."""
    rows, scale = [], ""
    for item in spreads(fitted):
        label = item.what
        scale = _SPREAD.get(item.scale, item.scale)
        rows.append(
            (label[:1].upper() + label[1:], numbers.number(item.observed),
             numbers.number(item.replicated_median), numbers.percent(item.p_value))
        )  # fmt: skip
    head = ("", "SD observed", "SD in the median replication", "Replications with more spread")
    return Table(f"Between-study spread ({scale})", head, tuple(rows)) if rows else None


_SPREAD = {
    LOGIT: "SD of the empirical logits",
    LOG: "SD of the log ratios, 1/2 added to every cell",
    AS_GIVEN: "SD of the estimates on the scale of analysis",
}


_AT_LEAST = ("ess", "ess_bulk", "ess_tail", "e_bfmi", "predictive_coverage")


def findings_table(fitted: Fit, findings: Sequence[Finding], caption: str) -> Table:
    """What was measured, what is asked, and whether it holds."""
    rows, measure = [], fitted.model.measure
    for item in findings:
        value = numbers.MISSING if math.isnan(item.value) else numbers.measured(item.value)
        if item.name.startswith("spread_"):  # a probability
            value = numbers.unit(item.value)
        limit = f"{item.threshold:.3g}"
        asked = f"at least {limit}" if item.name in _AT_LEAST else f"at most {limit}"
        if item.name.startswith("spread_"):
            asked = f"{limit} to {1 - item.threshold:.3g}"
        result = "passed"
        if not item.checkable:
            asked, result = "more rows", "not checkable"
        elif not item.passed:
            result = "FAILED" if item.gate else "read with care"
        rows.append(
            (check_label(item, measure),
             spoken(item.sentence, recorded(fitted.hierarchy.names)), value, asked, result)
        )  # fmt: skip
    head = ("Check", "In words", "Value", "Asked for", "Result")
    return Table(caption, head, tuple(rows), words=True)


def priors_table(fitted: Fit, summary: Summary) -> Table:
    """Prior, posterior and the area that they share."""
    shared = overlaps(fitted)
    rows = []
    for name, prior in hyper_priors(fitted).items():
        median, interval, _ = estimate_cells(summary.estimates[name])
        call = repr(prior).replace(", ", f",{NB}")
        cells = (call, f"{median} ({interval})", numbers.percent_prose(shared[name]))
        rows.append((fitted.named[name].label, *cells))
    head = ("", "Prior", f"Posterior median ({INTERVAL})", "Area shared")
    return Table("Priors and posteriors", head, tuple(rows))
