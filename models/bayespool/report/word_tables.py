"""A table of a Word document in the words of its format.

Written out and parsed at once: an object for every cell, as python-docx has it, takes a hundred
times as long.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape

from bayespool.report.blocks import Table
from bayespool.report.word_style import INK, TINT, WARNING, clean
from bayespool.report.word_widths import Layout

KEPT_TOGETHER = 10  # rows of a table that no page break goes through
EMUS_PER_TWIP, HALF_POINTS = 635, 2
_TURNS = re.compile("([\t\n\r])")
_LOOK = (
    '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" '
    'w:noVBand="1" w:val="04A0"/>'
)


def table_element(table: Table, found: Layout, style: str, text_style: str) -> Any:
    """The element of a table; rows stay on one page, and the head is repeated on each.

    Parameters
    ----------
    table : Table
    found : Layout
    style, text_style : str
        Ids of the styles of the table and of its paragraphs.
    """
    from docx.oxml.ns import nsdecls
    from docx.oxml.parser import parse_xml

    twips = [round(width / EMUS_PER_TWIP) for width in found.widths]
    last = len(table.rows)
    parts = [
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{style}"/>'
        f'<w:tblW w:type="auto" w:w="0"/><w:tblLayout w:type="fixed"/>{_LOOK}</w:tblPr>',
        "<w:tblGrid>", *(f'<w:gridCol w:w="{width}"/>' for width in twips), "</w:tblGrid>",
    ]  # fmt: skip
    for i, texts in enumerate(chain([table.head], table.rows)):
        kept = i == 0 or i < last <= KEPT_TOGETHER
        parts.append(f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' * (i == 0)}</w:trPr>")
        for j, (text, width) in enumerate(zip(texts, twips, strict=True)):
            shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{TINT}"/>' * (i == 0)
            right = '<w:jc w:val="right"/>' * (j > 0 and not table.words)
            parts.append(
                f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{shade}</w:tcPr>'
                f'<w:p><w:pPr><w:pStyle w:val="{text_style}"/>{"<w:keepNext/>" * kept}{right}'
                f"</w:pPr>{_run(text, found.points, is_head=i == 0)}</w:p></w:tc>"
            )
        parts.append("</w:tr>")
    parts.append("</w:tbl>")
    return parse_xml("".join(parts))


def _run(text: str, points: float, *, is_head: bool) -> str:
    loud = ""
    if is_head or text == "FAILED":
        loud = f'<w:b/><w:color w:val="{INK if is_head else WARNING}"/>'
    size = f'<w:sz w:val="{int(HALF_POINTS * points)}"/>'
    return f"<w:r><w:rPr>{loud}{size}</w:rPr>{_text(clean(text))}</w:r>"


def _text(text: str) -> str:
    """Text with its tabs and line breaks."""
    out = []
    for part in _TURNS.split(text):
        if part == "\t":
            out.append("<w:tab/>")
        elif part in ("\n", "\r"):
            out.append("<w:br/>")
        elif part:
            space = ' xml:space="preserve"' * (part != part.strip())
            out.append(f"<w:t{space}>{escape(part)}</w:t>")
    return "".join(out)
