"""The look of a Word report, and the parts of the format that python-docx has no words for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

INK, ACCENT, WARNING, TINT = "1A1A1A", "00578A", "9D1C1C", "F2F6F9"
FONT, FIXED = "Arial", "Courier New"
LANGUAGE = "en-GB"
MARGIN_CM, SHORT_CM, LONG_CM = 2.0, 21.0, 29.7
_UNLAWFUL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Text without characters that XML has no place for."""
    return _UNLAWFUL.sub("\ufffd", text)


def empty_document() -> WordDocument:
    """A4 upright, page numbers, the house's styles, British English."""
    import docx
    from docx.shared import Cm

    word = docx.Document()
    section = word.sections[0]
    section.page_width, section.page_height = Cm(SHORT_CM), Cm(LONG_CM)
    section.left_margin = section.right_margin = Cm(MARGIN_CM)
    section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    footer = section.footer.paragraphs[0]
    footer.alignment = 1
    field(footer, "PAGE", "1")
    _styles(word)
    return word


def _styles(word: WordDocument) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt

    sizes = {
        "Normal": (10, INK, 6), "Title": (20, INK, 10), "Heading 1": (14, ACCENT, 4),
        "Heading 2": (11.5, INK, 3), "Caption": (9.5, INK, 4), "List Bullet": (10, INK, 3),
        "Reference": (9, INK, 3), "Listing": (9, INK, 6), "Table Text": (8.5, INK, 1.5),
        "After table": (4, INK, 4), "Picture": (10, INK, 3),
    }  # fmt: skip
    for name, (size, colour, after) in sizes.items():
        known = name in word.styles
        style: Any = word.styles[name] if known else word.styles.add_style(
            name, WD_STYLE_TYPE.PARAGRAPH
        )  # fmt: skip
        style.font.size = Pt(size)
        style.font.color.rgb = _rgb(colour)
        style.paragraph_format.space_after = Pt(after)
        _font(style, FIXED if name == "Listing" else FONT)
    word.styles["Caption"].font.bold = False
    word.styles["Caption"].paragraph_format.keep_together = True
    word.styles["Heading 1"].paragraph_format.space_before = Pt(16)
    word.styles["Table Text"].paragraph_format.space_before = Pt(1.5)
    hanging = word.styles["Reference"].paragraph_format
    hanging.left_indent, hanging.first_line_indent = Cm(0.8), Cm(-0.8)
    hanging.tab_stops.add_tab_stop(Cm(0.8))
    word.styles["Picture"].paragraph_format.keep_with_next = True
    title: Any = word.styles["Title"].element
    for border in title.xpath("./w:pPr/w:pBdr"):
        border.getparent().remove(border)
    defaults: Any = word.styles.element
    for language in defaults.xpath(".//w:rPrDefault//w:lang"):
        _set(language, val=LANGUAGE)


def _font(style: Any, name: str) -> None:
    """One font for every script; those of the theme would win otherwise."""
    from docx.oxml.ns import qn

    style.font.name = name
    fonts = style.element.rPr.rFonts
    for key in list(fonts.attrib):
        if "heme" in key:
            del fonts.attrib[key]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), name)


def _rgb(colour: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(colour)


def _set(element: Any, **values: str) -> Any:
    from docx.oxml.ns import qn

    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _new(tag: str, **values: str) -> Any:
    from docx.oxml import OxmlElement

    return _set(OxmlElement(f"w:{tag}"), **values)


def field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field that Word counts itself, such as a table's number, and what it shows until then."""
    element = _new("fldSimple", instr=f" {instruction} ")
    run = paragraph.add_run(shown)
    run.bold = True if instruction.startswith("SEQ") else None
    paragraph._p.append(element)
    element.append(run._r)


def link(paragraph: Any, text: str, address: str) -> None:
    """A link at the end of a paragraph."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn

    element = _new("hyperlink")
    identity = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    element.set(qn("r:id"), identity)
    run = paragraph.add_run(clean(text))
    run.font.color.rgb = _rgb(ACCENT)
    paragraph._p.append(element)
    element.append(run._r)


def turn(word: WordDocument, wide: bool) -> None:
    """A new page, on its side or upright."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Cm

    section = word.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    sides = Cm(SHORT_CM), Cm(LONG_CM)
    section.page_width, section.page_height = sides[::-1] if wide else sides
