"""The sections of the page for a guideline panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.association.scale import shown_name
from bayespool.guideline.findings import WORDS
from bayespool.report import (
    effect_tables,
    effect_words,
    guideline_tables,
    guideline_words,
    numbers,
    refit_words,
)
from bayespool.report.blocks import Block, Bullets, Prose, Section
from bayespool.report.changes import largest_change, variations
from bayespool.report.guideline_numbers import consequence, low_risk
from bayespool.report.wording import listed, of_answer

if TYPE_CHECKING:
    from bayespool.report.page import Page

NB = numbers.SPACE
NO_THRESHOLDS = (
    "Nobody gave thresholds: those below are placeholders, and a panel has to give its own "
    "(--threshold) before it judges by them."
)
FINDINGS = ("findings", "Findings", "Summary of findings")


def accuracy_findings(page: Page) -> Section | None:
    """What the pooled accuracy means for 1,000 people; None without a prevalence."""
    summary = page.summary
    if not summary.prevalences:
        return None
    words = (
        f"What the {of_answer(summary.pooled, 'sensitivity and specificity')} would mean for 1,000 "
        "people tested. The intervals hold the uncertainty of these values only; in a single new "
        "setting the spread is wider. Participants are those with the condition where they are "
        "found or missed, and those without it where they are cleared or alarmed."
    )
    shares = (
        "No prevalence was given: these are the lowest, median and highest share of participants "
        "with the condition in the studies, which in case-control studies is a matter of design "
        "and no prevalence of practice."
    )
    blocks: list[Block] = [] if summary.prevalences_given else [Prose(shares)]
    blocks += guideline_tables.findings_tables(summary)
    if any(len(part) > guideline_tables.MOST_COLUMNS for part in summary.compared):
        blocks.append(
            Bullets(tuple(f"Those who {words}: {consequence(summary, name)}."
                          for name, words in WORDS.items()))
        )  # fmt: skip
    pairs = guideline_tables.differences_table(summary)
    blocks += [table for table in (pairs,) if table is not None]
    blocks += [guideline_tables.after_table(summary), Prose(words), *_notes(page)]
    return Section(*FINDINGS, tuple(blocks))


def effect_findings(page: Page) -> Section:
    """The relative effect, and the absolute one at every baseline risk."""
    summary = page.summary
    names = [shown_name(stem, summary.measure) for stem in ("mu", "mu_new")]
    blocks: list[Block] = [guideline_tables.relative_table(summary, names)]
    if summary.baseline_risks:
        blocks += [
            effect_tables.absolute_table(summary),
            Prose(
                f"What {effect_words.the(summary)} would mean for 1,000 people at a risk in group "
                "2 that was given for this report. The intervals hold its uncertainty (and that "
                "of a risk that was given with an interval) only; in a single new setting the "
                "spread is wider."
            ),
            Bullets(tuple(map(effect_words.number_needed, summary.numbers_needed))),
        ]
    return Section(*FINDINGS, (*blocks, *_notes(page)))


def _notes(page: Page) -> list[Block]:
    out: list[Block] = []
    whole = page.summary.evidence[""]
    if whole.shared and whole.participants:
        out.append(
            Prose(f"Of a study with several results the largest counts as its {whole.what}s.")
        )
    return out


def decision_section(page: Page) -> Section | None:
    """What a result does to a probability, and when testing is worth it."""
    blocks = [page.drawings[name] for name in ("fagan", "decision") if name in page.drawings]
    if not blocks:
        return None
    return Section("decision", "Decisions", "From a result to a decision", tuple(blocks))


def certainty_section(page: Page) -> Section:
    """What the numbers say to certainty, and what a panel judged."""
    fitted, summary = page.fitted, page.summary
    blocks: list[Block] = [
        Prose(
            "Certainty is a judgement of people. What follows is what the numbers have to say to "
            "it: how probable it is that a value lies between the thresholds at which a decision "
            "would change, and which of these thresholds the intervals leave open."
        ),
        *([Prose(NO_THRESHOLDS)] if summary.support and not summary.thresholds_given else []),
    ]
    if summary.support:
        said = (guideline_words.likely_words(summary), guideline_words.prior_words(summary))
        blocks += [
            *guideline_tables.bands_tables(summary),
            guideline_tables.crossed_table(summary),
            Bullets(tuple(text for text in said if text)),
        ]
    blocks += [
        guideline_tables.form_table(fitted, summary),
        Prose(guideline_words.certainty_words(summary)),
    ]
    return Section("certainty", "Certainty", "How certain is this?", tuple(blocks))


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
    return Section("bias", "Risk of bias", "Can the studies be trusted?", tuple(blocks))


def robustness_section(page: Page) -> Section | None:
    """The answer after every change that was made; None where none was."""
    found = variations(page.fitted, page.refits)
    if not found:
        return None
    change = largest_change(page.fitted, page.refits)
    assert change is not None
    blocks: list[Block] = [
        Prose(
            "The same question once more, after changes of what went in. "
            f"{guideline_words.change_words(change, page.fitted)}"
        ),
        page.drawings["robustness"],
        guideline_tables.variations_table(page.fitted, page.refits),
    ]
    failed = [one.label for one in found if not one.passed]
    if failed:
        words = "The computation failed a check, and its numbers may be wrong, for: "
        blocks.append(Prose(f"{words}{listed(failed)}."))
    return Section("robustness", "Robustness", "Does the answer stay?", tuple(blocks))
