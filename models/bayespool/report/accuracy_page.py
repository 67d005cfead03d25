"""What the page of diagnostic accuracy has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.report import numbers, prose, tables
from bayespool.report.blocks import Block, Bullets, Prose, Section
from bayespool.report.per_study import MARGINS

if TYPE_CHECKING:
    from bayespool.report.page import Page

NB = numbers.SPACE


def sections(page: Page) -> list[Section]:
    """From the studies to how much they differ."""
    return [
        _studies(page), _sroc(page), _accuracy(page), _frequencies(page), _heterogeneity(page)
    ]  # fmt: skip


def _studies(page: Page) -> Section:
    blocks = (page.drawings["forest"], tables.studies_table(page.rows))
    return Section("studies", "Studies", "The studies and what they add up to", blocks)


def _sroc(page: Page) -> Section:
    blocks = (page.drawings["sroc"],)
    return Section("sroc", "ROC", "Sensitivity and specificity together", blocks)


def _accuracy(page: Page) -> Section:
    summary = page.summary
    blocks: list[Block] = [
        tables.three_summaries(summary),
        Prose(
            "The average study has study effects of zero. The mean over studies is a little "
            f"nearer to 50{NB}%, because proportions are averaged and not their "
            f"{page.fitted.model.link}s. The new study carries all between-study variation."
        ),
        tables.estimates_table(
            summary, [*MARGINS, *tables.RATIOS], "At the average study; Monte Carlo errors of "
            "percentages are in percentage points",
        ),
        Prose(
            "The area under the summary curve covers false-positive proportions that no study "
            "observed: it extrapolates, and depends on the model there."
        ),
    ]  # fmt: skip
    if summary.probabilities:
        blocks.append(tables.probabilities_table(summary))
    return Section("accuracy", "Accuracy", "Accuracy measures", tuple(blocks))


def _frequencies(page: Page) -> Section:
    blocks = (
        Prose(
            "What the pooled sensitivity and specificity would mean for 1,000 people. The "
            "intervals hold the uncertainty of the pooled values only; in a single new setting the "
            "spread is wider. Where the prevalence was not given it is the share of participants "
            "with the condition in the studies, which in case-control studies is a matter of "
            "design and no prevalence."
        ),
        tables.frequencies_table(page.summary),
    )
    return Section("frequencies", "Per 1,000", "In 1,000 people", blocks)


def _heterogeneity(page: Page) -> Section:
    summary = page.summary
    names = ["tau_sens", "tau_spec", "rho", "sens_new", "spec_new", *tables.HSROC]
    caption = "Between-study variation, and the HSROC parameters (Rutter and Gatsonis)"
    blocks = (
        Bullets(prose.heterogeneity(page.fitted, summary)),
        tables.estimates_table(summary, names, caption),
    )
    return Section("heterogeneity", "Variation", "How much studies differ", blocks)
