"""The report as a Word document with tables that can be edited."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bayespool.figures.svg import PRINT_DPI, Svg
from bayespool.report.blocks import Block, Bullets, Drawing, Listing, Prose, Section, Table
from bayespool.report.document import Document
from bayespool.report.markdown import APPENDIX, BANNER, RANGE, VARIANT
from bayespool.report.word_style import (
    WARNING,
    clean,
    empty_document,
    field,
    link,
    turn,
)
from bayespool.report.word_tables import table_element
from bayespool.report.word_widths import layout

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

SCALE = 0.71  # of figures on the page, the same for all so that their letters are alike
TALLEST_CM, WIDEST_CM = 21.0, 17.0
COLOURS = 64  # of a small picture
LONGEST_TITLE = 255  # which the format allows in its properties


def word(document: Document, *, small: bool = False) -> bytes:
    """The whole report as the bytes of a .docx file, the same ones for the same document.

    Parameters
    ----------
    document : Document
    small : bool
        Pictures at half the resolution, in few colours: a tenth of the bytes.
    """
    writer = _Writer(empty_document(), small=small)
    writer.properties(document)
    writer.opening(document)
    for section in document.main:
        writer.section(section.title, section.blocks)
    writer.appendix(document.appendix)
    buffer = io.BytesIO()
    writer.word.save(buffer)
    return _undated(buffer.getvalue())


class _Writer:
    """Adds blocks to a Word document and turns its pages where a table is wide."""

    def __init__(self, word: WordDocument, *, small: bool) -> None:
        self.word, self.small = word, small
        # looked up once: the document goes through all of its styles for each
        self.styles = {str(style.name): str(style.style_id) for style in word.styles}
        self.wide = False
        self.numbers = {"Table": 0, "Figure": 0}

    def properties(self, document: Document) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE

        core = self.word.core_properties
        core.title = clean(document.title)[:LONGEST_TITLE]
        core.subject = clean(document.question)[:LONGEST_TITLE]
        core.author, core.comments, core.language = "", "", "en-GB"
        core.keywords = clean(f"bayespool {document.version}").strip()
        root = self.word.part.package.part_related_by(RELATIONSHIP_TYPE.CORE_PROPERTIES)
        element: Any = root.element
        for child in list(element):  # a report has no date, so that it can be repeated exactly
            if child.tag.rpartition("}")[2] in ("created", "modified", "lastModifiedBy"):
                element.remove(child)

    def opening(self, document: Document) -> None:
        self.text(document.title, "Title")
        if document.variant_of:
            self.text(f"{VARIANT} {document.variant_of[0]}.", bold=True)
        if document.failed:
            self.text(BANNER, bold=True, colour=WARNING)
            self.bullets(document.failed)
        self.text(document.question, "Heading 1")
        for tile in document.tiles:
            paragraph = self.text(f"{tile.what}: ", "List Bullet")
            paragraph.add_run(clean(tile.value)).bold = True
            paragraph.add_run(clean(f" ({RANGE} {tile.interval}), {tile.certainty}"))
        self.text(document.answer, bold=True)
        for table in document.compact:
            self.table(table)
        self.bullets(document.cautions)

    def appendix(self, sections: Iterable[Section]) -> None:
        self.turn_to(False)
        self.word.add_page_break()
        self.text(APPENDIX, "Heading 1")
        for section in sections:
            self.section(section.title, section.blocks, "Heading 2")

    def section(self, title: str, blocks: tuple[Block, ...], style: str = "Heading 1") -> None:
        first = blocks[0] if blocks else None
        self.turn_to(isinstance(first, Table) and layout(first).wide)
        self.text(title, style)
        for block in blocks:
            self.block(block)

    def block(self, block: Block) -> None:
        if isinstance(block, Table):
            self.table(block)
            return
        self.turn_to(False)
        if isinstance(block, Prose):
            self.text(block.text)
        elif isinstance(block, Bullets):
            self.bullets(block.items)
        elif isinstance(block, Drawing):
            self.figure(block)
        elif isinstance(block, Listing):
            self.text(block.text, "Listing")
        else:
            self.works(block.items)

    def turn_to(self, wide: bool) -> None:
        if wide != self.wide:
            turn(self.word, wide)
            self.wide = wide

    def paragraph(self, style: str) -> Any:
        """A new one at the end."""
        made = self.word.add_paragraph()
        made._p.style = None if style == "Normal" else self.styles[style]
        return made

    def text(self, text: str, style: str = "Normal", *, bold: bool = False,
             colour: str = "") -> Any:  # fmt: skip
        from docx.shared import RGBColor

        paragraph = self.paragraph(style)
        run = paragraph.add_run(clean(text))
        if bold:
            run.bold = True
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        return paragraph

    def bullets(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.text(text, "List Bullet")

    def works(self, items: Iterable[tuple[str, str]]) -> None:
        self.text("References", "Heading 3")
        for number, (text, doi) in enumerate(items, start=1):
            paragraph = self.text(f"{number}.\t{text}", "Reference")
            if doi:
                paragraph.add_run(" ")
                link(paragraph, f"doi:{doi}", f"https://doi.org/{doi}")

    def caption(self, kind: str, text: str, *, above: bool) -> None:
        self.numbers[kind] += 1
        paragraph = self.paragraph("Caption")
        paragraph.paragraph_format.keep_with_next = above
        paragraph.add_run(f"{kind} ").bold = True
        field(paragraph, f"SEQ {kind} \\* ARABIC", str(self.numbers[kind]))
        paragraph.add_run(". ").bold = True
        paragraph.add_run(clean(text))

    def figure(self, drawing: Drawing) -> None:
        from docx.shared import Cm, Emu

        if not isinstance(drawing.svg, Svg):
            return
        paragraph = self.paragraph("Picture")
        picture = _smaller(drawing.svg.png) if self.small else drawing.svg.png
        shape = paragraph.add_run().add_picture(io.BytesIO(picture))
        scale = min(SCALE, Cm(WIDEST_CM) / shape.width, Cm(TALLEST_CM) / shape.height)
        shape.width, shape.height = Emu(shape.width * scale), Emu(shape.height * scale)
        described: Any = shape._inline.docPr
        described.set("title", clean(drawing.svg.what))
        described.set("descr", clean(drawing.svg.description))
        self.caption("Figure", drawing.caption, above=False)

    def table(self, table: Table) -> None:
        found = layout(table)
        self.turn_to(found.wide)
        self.caption("Table", table.caption, above=True)
        made = table_element(table, found, self.styles["Table Grid"], self.styles["Table Text"])
        body: Any = self.word.element.body
        body.insert(len(body) - 1, made)  # what follows last is the section's own element
        self.paragraph("After table")


def _smaller(png: bytes) -> bytes:
    """A picture at half the resolution, in so few colours as line drawings need."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).reduce(2)
    drawn = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    drawn.save(out, "png", dpi=(PRINT_DPI / 2, PRINT_DPI / 2))
    return out.getvalue()


def _undated(raw: bytes) -> bytes:
    """The same archive with no time of day in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            kept = zipfile.ZipInfo(name)
            # figures are compressed by their own format
            packed = name.endswith(".png")
            kept.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            new.writestr(kept, old.read(name))
    return out.getvalue()
