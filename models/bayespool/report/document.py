"""What a page says, in order and before it is written in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespool.quantity import recorded
from bayespool.report import publication_words
from bayespool.report.blocks import Block, Drawing, Section, Table
from bayespool.report.contents import ordered
from bayespool.report.explored import Explored, explored
from bayespool.report.first_screen import Tile, most_urgent
from bayespool.report.kinds import kind_of
from bayespool.report.page import Page, every_note, sections
from bayespool.report.wording import spoken

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

ANSWER = "answer"


@dataclass(frozen=True)
class Document:
    """Texts and tables of a report; every number in them is already rounded.

    Attributes
    ----------
    title, question : str
    variant_of : (title, address) or empty
        The main report.
    failed : sentences
        Of checks that forbid to use the numbers; empty when all is well.
    tiles : tuple of Tile
        The pooled values.
    answer : str
        One sentence, which repeats no number of the tiles.
    figure : Drawing or None
        What the first screen shows of the studies.
    cautions : sentences
        At most three.
    compact : tables
        In the place of the tiles, where these would be too many.
    main, appendix : sections
        What a panel reads, and everything that a methodologist asks for.
    explored : Explored or None
        What sliders of prevalence and threshold compute with.
    version : str
        Of this package.
    """

    title: str
    question: str
    failed: tuple[str, ...]
    tiles: tuple[Tile, ...]
    answer: str
    figure: Drawing | None
    cautions: tuple[str, ...]
    compact: tuple[Table, ...]
    main: tuple[Section, ...]
    appendix: tuple[Section, ...]
    version: str
    explored: Explored | None = None
    variant_of: tuple[str, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """All after the first screen."""
        return (*self.main, *self.appendix)

    def tables(self) -> Iterator[tuple[str, str, Table]]:
        """Every table in order: name such as ``studies-1``, title of its section, table."""
        found: list[tuple[str, str, tuple[Block, ...]]] = [(ANSWER, self.question, self.compact)]
        found += [(section.id, section.title, section.blocks) for section in self.sections]
        for name, title, blocks in found:
            own = [block for block in blocks if isinstance(block, Table)]
            for number, table in enumerate(own, start=1):
                yield f"{name}-{number}", title, table


def document(page: Page) -> Document:
    """The document that a page is."""
    summary, fitted = page.summary, page.fitted
    kind = kind_of(fitted)
    found = ordered(sections(page))
    return Document(
        title=page.title,
        question=page.question,
        variant_of=page.variant_of,
        failed=failed_words(fitted, summary),
        tiles=tuple(kind.tiles(summary)),
        answer=kind.answer(summary),
        figure=_first_figure(page),
        cautions=cautions(page),
        compact=tuple(kind.compact(summary)),
        main=tuple(section for section in found if not section.appendix),
        appendix=tuple(section for section in found if section.appendix),
        explored=explored(fitted, summary),
        version=fitted.versions.get("bayespool", ""),
    )


def failed_words(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """Checks that forbid to use the numbers, as sentences."""
    known = recorded(fitted.hierarchy.names)
    of_gates = [spoken(f.sentence, known) for f in summary.failed_gates]
    return (*of_gates, *(f"{text[:1].upper()}{text[1:]}." for text in fitted.draws.failures))


def cautions(page: Page) -> tuple[str, ...]:
    """What a reader of the first screen must keep in mind; it needs no drawing."""
    notes = (*publication_words.beside(page.summary), *every_note(page))
    return most_urgent(page.fitted, page.refits, notes)


def _first_figure(page: Page) -> Drawing | None:
    """The ROC plot of one test, and the forest plot of several groups or of an association."""
    one = not page.summary.measure and page.summary.labels == ("",)
    return page.drawings.get("summary_sroc" if one else "summary_forest")
