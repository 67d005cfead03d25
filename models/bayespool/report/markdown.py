"""The report as one Markdown text (CommonMark with GitHub's tables)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from urllib.parse import quote

from bayespool.figures.svg import Svg
from bayespool.report.blocks import Block, Bullets, Drawing, Listing, Prose, Table
from bayespool.report.document import Document

# characters that mean something anywhere; "&" and "_" only where they could
_MARKUP = re.compile(r"[\\`*\[\]<|~$]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_FIRST = re.compile(r"^([-+#>=])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
RANGE = "95\u00a0% credible interval"
BANNER = "Do not use these numbers yet. A check that decides whether they may be used has failed."
APPENDIX = "Appendix"
VARIANT = "A variant. The main report is"


def markdown(document: Document) -> str:
    """The whole report; figures are links to the files in ``figures/``.

    Parameters
    ----------
    document : Document
    """
    tables, figures = count(1), count(1)
    parts = [f"# {inline(document.title)}"]
    if document.variant_of:
        title, address = document.variant_of
        parts.append(f"{VARIANT} [{inline(title)}]({quote(address, safe='/:')}).")
    if document.failed:
        parts += [f"**{BANNER}**", _list(document.failed)]
    parts.append(f"## {inline(document.question)}")
    if document.tiles:
        parts.append("\n".join(
            f"- {inline(tile.what)}: **{inline(tile.value)}** ({RANGE} {inline(tile.interval)}), "
            f"{tile.certainty}"
            for tile in document.tiles
        ))  # fmt: skip
    parts.append(f"**{inline(document.answer)}**")
    parts += [_table(table, next(tables)) for table in document.compact]
    if document.cautions:
        parts.append(_list(document.cautions))
    for level, found in ((2, document.main), (3, document.appendix)):
        parts += [f"## {APPENDIX}"] if level > 2 else []
        for section in found:
            parts.append(f"{'#' * level} {inline(section.title)}")
            parts += [_block(block, tables, figures) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def inline(text: str) -> str:
    """Text in which no character is markup, on one line."""
    return _MARKUP.sub(r"\\\g<0>", _BLANKS.sub(" ", text).strip(" "))


def line(text: str) -> str:
    """The same at the beginning of a line, where a hash or a number would be markup, too."""
    return _NUMBERED.sub(r"\1\\\2", _FIRST.sub(r"\\\1", inline(text)))


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {line(text)}" for text in texts)


def _table(table: Table, number: int) -> str:
    side = "---" if table.words else "---:"
    lines = [table.head, (":---", *[side] * (len(table.head) - 1)), *table.rows]
    texts = [lines[1] if row is lines[1] else tuple(map(inline, row)) for row in lines]
    rows = "\n".join(f"| {' | '.join(row)} |" for row in texts)
    return f"**Table {number}.** {inline(table.caption)}\n\n{rows}"


def _block(block: Block, tables: Iterator[int], figures: Iterator[int]) -> str:
    if isinstance(block, Prose):
        return line(block.text)
    if isinstance(block, Bullets):
        return _list(block.items)
    if isinstance(block, Table):
        return _table(block, next(tables))
    if isinstance(block, Drawing):
        shown = block.svg.what if isinstance(block.svg, Svg) else block.name
        link = f"![{inline(shown)}](figures/{quote(block.name)}.svg)"
        return f"{link}\n\n**Figure {next(figures)}.** {inline(block.caption)}"
    if isinstance(block, Listing):
        longest = max((len(run) for run in re.findall("`+", block.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}\n{block.text}\n{fence}"
    works = "\n".join(
        f"{number}. {line(text)}{_doi(doi)}" for number, (text, doi) in enumerate(block.items, 1)
    )
    return f"#### References\n\n{works}"


def _doi(doi: str) -> str:
    return f" [doi:{inline(doi)}](https://doi.org/{quote(doi)})" if doi else ""
