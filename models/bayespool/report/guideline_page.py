"""The sections of the page for a guideline panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.report import (
    findings_table,
    guideline_tables,
    guideline_words,
    numbers,
    refit_words,
)
from bayespool.report.blocks import Block, Prose, Section
from bayespool.report.changes import largest_change, variations
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.wording import ALONE, listed

if TYPE_CHECKING:
    from bayespool.report.page import Page

NB = numbers.SPACE
NO_THRESHOLDS = (
    "No decision thresholds were specified: those below are placeholders; a panel gives its own "
    "(--threshold)."
)
FINDINGS = ("findings", "Findings", "Summary of findings")


def accuracy_findings(page: Page) -> Section | None:
    """What the pooled accuracy means for 1,000 people; None without a prevalence."""
    summary = page.summary
    if not summary.prevalences:
        return None
    return Section(
        *FINDINGS,
        (
            *findings_table.head(summary), *findings_table.default_words(summary),
            *findings_table.accuracy_tables(summary), *findings_table.footnotes(summary),
            *_below(page),
        ),
    )  # fmt: skip


def effect_findings(page: Page) -> Section:
    """The relative effect, and the absolute one at every baseline risk."""
    summary = page.summary
    return Section(
        *FINDINGS,
        (
            *findings_table.head(summary), findings_table.effect_table(summary),
            *findings_table.footnotes(summary), *_below(page),
        ),
    )  # fmt: skip


def _below(page: Page) -> list[Block]:
    """What the intervals hold, who counts, and how certain it is."""
    summary, whole = page.summary, page.summary.evidence[""]
    said = []
    if summary.pooled != ALONE:
        said.append("Intervals hold the uncertainty of the pooled values; in a single new setting "
                    "the spread is wider.")  # fmt: skip
    if summary.baseline_risks:
        said.append(f"Risks of {summary.groups[1]} were given for this report.")
    if whole.shared and whole.participants:
        said.append(f"Of a study with several results the largest counts as its {whole.what}s.")
    said.append(guideline_words.certainty_words(summary, reasons=False))
    return [Prose(" ".join(said))]


def decision_section(page: Page) -> Section | None:
    """What a result does to a probability, and when testing is worth it."""
    blocks = [page.drawings[name] for name in ("fagan", "decision") if name in page.drawings]
    if not blocks:
        return None
    return Section("decision", "Decisions", "From test result to decision", tuple(blocks))


def certainty_sections(page: Page) -> list[Section]:
    """The form of the panel, and for the appendix the numbers it is filled in by."""
    fitted, summary = page.fitted, page.summary
    form = Section(
        "certainty", "Certainty", "Certainty of the evidence (GRADE)",
        (guideline_tables.form_table(fitted, summary),),
    )  # fmt: skip
    if not summary.support:
        return [form]
    blocks: list[Block] = [] if summary.thresholds_given else [Prose(NO_THRESHOLDS)]
    blocks += [*guideline_tables.bands_tables(summary), guideline_tables.crossed_table(summary)]
    said = guideline_words.prior_words(summary)
    blocks += [Prose(said)] if said else []
    title = "Probabilities between decision thresholds"
    return [form, Section("bands", "Thresholds", title, tuple(blocks))]


def bias_section(page: Page) -> Section | None:
    """Risk of bias as the table gives it; None without such columns."""
    table = guideline_tables.bias_table(page.fitted)
    low = low_risk(page.fitted)
    if table is None or low is None:
        return None
    blocks: list[Block] = [
        Prose(guideline_words.bias_words(page.fitted)),
        page.drawings["traffic"],
        page.drawings["bias"],
        table,
        Prose(guideline_words.low_risk_words(page.fitted)),
    ]
    if low.fit is not None:
        warning = refit_words.unsound({"the rows with a low risk of bias": low.fit})
        blocks += [Prose(warning)] if warning else []
    return Section("bias", "Risk of bias", "Risk of bias of the studies", tuple(blocks))


def robustness_section(page: Page) -> Section | None:
    """The answer after every change that was made; None where none was."""
    found = variations(page.fitted, page.refits)
    if not found:
        return None
    change = largest_change(page.fitted, page.refits)
    assert change is not None
    blocks: list[Block] = [
        Prose(
            "Each analysis repeats the main one with one change. "
            f"{guideline_words.change_words(change, page.fitted)}"
        ),
        page.drawings["robustness"],
        guideline_tables.variations_table(page.fitted, page.refits),
    ]
    failed = [one.label for one in found if not one.passed]
    if failed:
        words = "The computation failed a check, and its numbers may be wrong, for: "
        blocks.append(Prose(f"{words}{listed(failed)}."))
    return Section("robustness", "Sensitivity", "Sensitivity analyses", tuple(blocks))
