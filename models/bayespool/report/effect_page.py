"""What the page of an association has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.association.scale import shown_name
from bayespool.design import design
from bayespool.quantity import inside
from bayespool.report import (
    effect_tables,
    effect_variation,
    effect_words,
    forests,
    guideline_page,
    numbers,
)
from bayespool.report.blocks import Block, Bullets, Prose, Section
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.report.page import Page

NB = numbers.SPACE


def sections(page: Page) -> list[Section]:
    """From the studies to how much they differ."""
    parts = [guideline_page.effect_findings(page), _studies(page), _effect(page)]
    if page.fitted.model.covariates:
        parts.append(_covariates(page))
    return [*parts, _heterogeneity(page)]


def _studies(page: Page) -> Section:
    table = effect_tables.studies_table(page.fitted, page.summary, page.rows)
    blocks: tuple[Block, ...] = (*forests.pages(page.drawings), table)
    alone = len(set(page.fitted.studies.study)) == 1
    title = "The study" if alone else "Included studies"
    return Section("studies", "Studies", title, blocks)


def _effect(page: Page) -> Section:
    summary = page.summary
    measure = MEASURES[summary.measure]
    own, new = (shown_name(name, summary.measure) for name in ("mu", "mu_new"))
    names = [own, "mu_proportion_marginal", "mu", new, "mu_new", "tau", "tau2",
             "tau_within", "psi", "icc", "I2", "nu"]  # fmt: skip
    names = list(dict.fromkeys(names))
    blocks: list[Block] = [
        effect_tables.estimates_table(
            summary, names, "What was estimated; errors of percentages are in percentage points",
        ),
    ]  # fmt: skip
    if measure.analysis_label != measure.label:
        text = (
            f"The analysis is of the {measure.analysis_label}; the {measure.label} is the same "
            "result for a reader."
        )
        if "psi" in summary.estimates:
            text = "The pooled proportion is the mean over studies."
        if summary.varies:
            text += " A new study carries all variation between studies."
        blocks.append(Prose(text))
    if "mu_proportion_marginal" in summary.estimates:
        blocks.append(
            Prose(
                "The average study has a study effect of zero. The mean over studies is a little "
                f"nearer to 50{NB}%, because proportions are averaged and not their logits."
            )
        )
    if summary.baseline_risks:
        needed = Bullets(tuple(
            effect_words.number_needed(one, summary.groups) for one in summary.numbers_needed
        ))  # fmt: skip
        blocks += [effect_tables.needed_table(summary), needed]
    if summary.probabilities:
        blocks.append(effect_tables.probabilities_table(summary))
    blocks += [page.drawings[name] for name in ("labbe",) if name in page.drawings]
    return Section("effect", "Effect", f"The {measure.label}", tuple(blocks))


def _covariates(page: Page) -> Section:
    fitted, summary = page.fitted, page.summary
    names = [name for name in summary.estimates if name.startswith("beta_")]
    analysed = MEASURES[summary.measure].analysis_label
    notes = design(fitted.studies, fitted.model.covariates).notes
    blocks = (
        Prose(
            f"A coefficient is the difference in {inside(analysed)} per unit of a number, or "
            "between a level and the reference. It compares studies, not people: other things "
            "differ between studies as well."
        ),
        Bullets(tuple(notes)),
        effect_tables.estimates_table(summary, names, "Regression coefficients"),
    )
    return Section("covariates", "Covariates", "Meta-regression", blocks)


def _heterogeneity(page: Page) -> Section:
    drawn = [page.drawings[name] for name in ("joint", "baujat") if name in page.drawings]
    words = Bullets(effect_variation.heterogeneity(page.fitted, page.summary))
    return Section("heterogeneity", "Variation", "Heterogeneity", (words, *drawn))
