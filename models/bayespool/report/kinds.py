"""What the two kinds of analysis, accuracy and association, have of their own on a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.report import (
    accuracy_methods,
    accuracy_page,
    accuracy_tables,
    accuracy_words,
    drawings,
    effect_figures,
    effect_methods,
    effect_page,
    effect_words,
    guideline_words,
    prose,
    reference_page,
)
from bayespool.report.blocks import Drawing, Section, Table
from bayespool.report.effect_rows import effect_record, effect_rows
from bayespool.report.files import accuracy_record
from bayespool.report.first_screen import Tile
from bayespool.report.per_study import StudyRow, study_rows

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.page import Page
    from bayespool.report.summary import Summary


@dataclass(frozen=True)
class Kind:
    """The parts of a report that differ between kinds of analysis; all else is shared.

    Attributes
    ----------
    title, question : str
        By default.
    rows, record
        Rows of a fit, and one of them as a record of studies.csv.
    own_drawings
        Its forest plot, other figures, and predictions.
    tiles, answer, more
        The big numbers, one sentence beside them, and the answer in words for the appendix.
    compact
        Tables in the place of the big numbers, where these would be too many.
    cautions
        What to keep in mind of the data.
    likelihood, observed
        The model in words, and what intervals of observed values are.
    sections
        Those between the answer and the predictive checks.
    transforms
        What the leave-one-out transforms are of, one for each margin.
    references
        Works cited beside those of the model.
    """

    title: str
    question: Callable[[Fit], str]
    rows: Callable[..., tuple[StudyRow, ...]]
    record: Callable[[Fit, StudyRow], dict[str, Any]]
    own_drawings: Callable[..., list[Drawing]]
    tiles: Callable[[Summary], list[Tile]]
    answer: Callable[[Summary], str]
    more: Callable[[Fit, Summary], list[str]]
    compact: Callable[[Summary], list[Table]]
    cautions: Callable[[Fit], list[str]]
    likelihood: Callable[[Fit], str]
    observed: Callable[[Fit], str]
    sections: Callable[[Page], list[Section]]
    transforms: tuple[str, ...]
    references: tuple[str, ...]


ACCURACY = Kind(
    title="Diagnostic accuracy",
    question=accuracy_words.question,
    rows=study_rows,
    record=accuracy_record,
    own_drawings=drawings.accuracy_drawings,
    tiles=accuracy_words.tiles,
    answer=accuracy_words.lead,
    more=lambda fitted, summary: [
        text
        for text in (
            accuracy_words.answer(summary), *guideline_words.panel_sentences(summary),
            accuracy_words.plain_words(summary), *accuracy_words.differences(summary),
            accuracy_words.at_values(fitted), accuracy_words.elsewhere(summary),
            prose.evidence(fitted), accuracy_words.evidence_within(fitted),
        )
        if text
    ],
    compact=lambda summary: [accuracy_tables.compact_table(summary)]
    if len(summary.labels) > accuracy_words.MOST_CARDS
    else [],
    cautions=lambda fitted: [*reference_page.cautions(fitted), *prose.empty_groups(fitted)],
    likelihood=accuracy_methods.likelihood,
    observed=lambda fitted: "Intervals of observed shares are exact (Clopper-Pearson).",
    sections=accuracy_page.sections,
    transforms=("PIT, sensitivity", "PIT, specificity"),
    references=("rutter2001", "clopper1934"),
)  # fmt: skip

ASSOCIATION = Kind(
    title="Association",
    question=lambda fitted: "What do these studies add up to?",
    rows=effect_rows,
    record=effect_record,
    own_drawings=lambda fitted, summary, rows, comparators, order="input": [
        *effect_figures.forest(fitted, summary, rows, order),
        effect_figures.predictions(fitted, summary, rows),
    ],
    tiles=effect_words.tiles,
    answer=effect_words.lead,
    more=lambda fitted, summary: [
        text
        for text in (
            effect_words.answer(summary), *guideline_words.panel_sentences(summary),
            effect_words.plain_words(fitted, summary), effect_words.important(summary),
            effect_words.elsewhere(summary), effect_words.at_covariates(fitted),
            effect_words.evidence(fitted, summary.groups),
        )
        if text
    ],
    cautions=effect_words.cautions,
    compact=lambda summary: [],
    likelihood=effect_methods.likelihood,
    observed=effect_methods.observed_words,
    sections=effect_page.sections,
    transforms=("PIT",),
    references=(),
)  # fmt: skip


def kind_of(fitted: Fit) -> Kind:
    """The kind of analysis that a fit is."""
    return ASSOCIATION if fitted.model.measure else ACCURACY
