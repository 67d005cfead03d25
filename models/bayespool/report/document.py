"""What a page says, in order and before it is written in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bayespool.quantity import recorded
from bayespool.report import guideline_words, incomplete, prose, tables
from bayespool.report.blocks import Block, Section, Table
from bayespool.report.kinds import kind_of
from bayespool.report.page import Page, sections
from bayespool.report.wording import spoken

ANSWER = "answer"


@dataclass(frozen=True)
class Document:
    """Texts and tables of a report; every number in them is already rounded.

    Attributes
    ----------
    title, question, answer : str
    failed : sentences
        Of checks that forbid to use the numbers; empty when all is well.
    headlines : (what, median, interval)
    answer_more, cautions, messages : sentences
    compact, comparators : tables that stand with the answer
    sections : everything after the answer
    version : str
        Of this package.
    """

    title: str
    question: str
    failed: tuple[str, ...]
    headlines: tuple[tuple[str, str, str], ...]
    answer: str
    answer_more: tuple[str, ...]
    cautions: tuple[str, ...]
    compact: tuple[Table, ...]
    messages: tuple[str, ...]
    comparators: tuple[Table, ...]
    sections: tuple[Section, ...]
    version: str

    def tables(self) -> Iterator[tuple[str, str, Table]]:
        """Every table in order: name such as ``studies-1``, title of its section, table."""
        found: list[tuple[str, str, tuple[Block, ...]]] = [
            (ANSWER, self.question, (*self.compact, *self.comparators))
        ]
        found += [(section.id, section.title, section.blocks) for section in self.sections]
        for name, title, blocks in found:
            own = [block for block in blocks if isinstance(block, Table)]
            for number, table in enumerate(own, start=1):
                yield f"{name}-{number}", title, table


def document(page: Page) -> Document:
    """The document that a page is."""
    summary, fitted = page.summary, page.fitted
    kind = kind_of(fitted)
    found = [spoken(f.sentence, recorded(fitted.hierarchy.names)) for f in summary.failed_gates]
    found += [f"{text[:1].upper()}{text[1:]}." for text in fitted.draws.failures]
    elsewhere = [tables.comparators_table(summary, page.comparators)] if page.comparators else []
    return Document(
        title=page.title,
        question=page.question,
        failed=tuple(found),
        headlines=tuple(kind.headlines(summary)),
        answer=kind.answer(summary),
        answer_more=(*incomplete.sentences(fitted), *kind.more(fitted, summary)),
        cautions=(
            *prose.cautions(fitted, summary, page.notes, kind.cautions(fitted), exact=page.exact),
            *guideline_words.unstable(fitted, page.refits),
        ),
        compact=tuple(kind.compact(summary)),
        messages=tuple(fitted.draws.messages),
        comparators=tuple(elsewhere),
        sections=tuple(sections(page)),
        version=fitted.versions.get("bayespool", ""),
    )
