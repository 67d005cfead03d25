"""Markdown, Word, tables and figures for print say what the page says, whatever the names."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.section import WD_ORIENT
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure
from PIL import Image
from report.test_page import Reader

import bayespool.report
from bayespool.figures.svg import to_svg
from bayespool.report import write_report
from bayespool.report.blocks import Bullets, Drawing, Listing, Prose, Section, Table, Works
from bayespool.report.document import Document
from bayespool.report.formats import FORMATS, check_formats
from bayespool.report.markdown import inline, line, markdown
from bayespool.report.prisma import ITEMS, prisma_section
from bayespool.report.twins import csv_files, tables_json
from bayespool.report.word import word

ATTACK = '=HYPERLINK("x") | <b>*x*</b>'
NAMES = (
    ATTACK, "# title", "1. first", "-a", "+1 (2)", "@x", "`code` ~~gone~~", "[a](b) ![c](d)",
    r"C:\new\|x", "&lt;script&gt;", "$x^2$ _y_ __z__ a_b", "> quoted", "研究 2021", "−0.3", "-0.30",
)  # fmt: skip
UNLAWFUL = "bad\x00\x1b\ufffe\ud800 name"


def rows_of_html(text: str) -> list[list[str]]:
    reader = Reader()
    of_page_alone = r'<div id="explorer".*?</table>'  # moves with its sliders
    reader.feed(re.sub(of_page_alone, "<div><div>", text, flags=re.DOTALL))
    return reader.rows


def rendered(text: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(text)


def rows_of_markdown(text: str) -> list[list[str]]:
    return rows_of_html(rendered(text))


def rows_of_word(raw: bytes) -> list[list[str]]:
    made = docx.Document(io.BytesIO(raw))
    return [[cell.text for cell in row.cells] for table in made.tables for row in table.rows]


def texts(html: str) -> set[str]:
    """Paragraphs and items of a page, without those that hold others."""

    class Texts(Reader):
        found: set[str]
        current = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            super().handle_starttag(tag, attrs)
            if tag in ("p", "li"):
                own = dict(attrs).get("class") in ("card", "files")
                self.current = "\0" if own else ""

        def handle_data(self, data: str) -> None:
            self.current += data

        def handle_endtag(self, tag: str) -> None:
            super().handle_endtag(tag)
            if tag in ("p", "li") and "\0" not in self.current:
                self.found.add(" ".join(self.current.split()))

    reader = Texts()
    reader.found = set()
    reader.feed(html)
    return reader.found


def some_document(*sections: Section, title: str = "A title", **changes: Any) -> Document:
    values: dict[str, Any] = {
        "title": title, "question": "What is it?", "failed": (), "tiles": (),
        "answer": "It is.", "figure": None, "cautions": (), "compact": (),
        "main": sections, "appendix": (), "version": "0",
    }  # fmt: skip
    return Document(**(values | changes))


def table_of(names: tuple[str, ...]) -> Table:
    return Table("Names", ("Study", "Value"), tuple((name, name) for name in names))


@pytest.mark.parametrize("which", ["report", "awkward_report"])
def test_all_formats_have_the_tables_of_the_page(
    which: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(which)
    page = (folder / "index.html").read_text(encoding="utf-8")
    rows = rows_of_html(page)
    assert len(rows) > 40
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert rows_of_markdown(text) == rows
    assert rows_of_word((folder / "report.docx").read_bytes()) == rows
    found = json.loads((folder / "tables.json").read_text(encoding="utf-8"))["tables"]
    assert [row for table in found for row in (table["head"], *table["rows"])] == rows
    names = {path.stem for path in (folder / "tables").iterdir()}
    assert names == {table["name"] for table in found}
    assert [table["number"] for table in found] == list(range(1, len(found) + 1))
    for table in found:
        assert f"**Table {table['number']}.** {inline(table['caption'])}" in text


@pytest.mark.parametrize("which", ["report", "awkward_report"])
def test_all_texts_of_the_page_are_in_markdown_and_word(
    which: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(which)
    said = texts((folder / "index.html").read_text(encoding="utf-8"))
    assert len(said) > 30
    in_markdown = texts(rendered((folder / "report.md").read_text(encoding="utf-8")))
    assert said <= in_markdown
    paragraphs = docx.Document(str(folder / "report.docx")).paragraphs
    in_word = {" ".join(paragraph.text.split()) for paragraph in paragraphs}
    numbered = {text.partition(". ")[2] for text in in_word if text[:1].isdigit()}
    assert said <= in_word | numbered


def test_links_to_figures_lead_to_them(report: Path) -> None:
    tokens = MarkdownIt("commonmark").parse((report / "report.md").read_text(encoding="utf-8"))
    images = [child for token in tokens for child in token.children or () if child.type == "image"]
    assert len(images) == 8
    for image in images:
        assert (report / str(image.attrs["src"])).is_file()
        assert image.content


def test_figures_for_print(report: Path) -> None:
    found = sorted((report / "figures").glob("*.png"))
    assert [p.stem for p in found] == sorted(p.stem for p in (report / "figures").glob("*.svg"))
    for path in found:
        with Image.open(path) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert min(image.size) > 900


def test_names_of_studies_stay_names_in_markdown() -> None:
    document = some_document(
        Section("s", "S", ATTACK, (table_of(NAMES), Bullets(NAMES), *map(Prose, NAMES))),
        title=ATTACK,
    )
    html = rendered(markdown(document))
    rows = rows_of_html(html)
    assert rows[1:] == [[name, name] for name in NAMES]
    assert set(NAMES) <= texts(html)
    for tag in ("<b>", "<em>", "<code>", "<a ", "<img", "<blockquote>", "<s>", "<script"):
        assert tag not in html
    assert html.count("<h1>") == 1
    assert html.count("<ol") == 0


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Zs"))))
@settings(max_examples=150, deadline=None)
def test_any_text_reads_back_from_markdown(text: str) -> None:
    table = some_document(Section("s", "S", "S", (Table("C", ("a", "b"), ((text, "x"),)),)))
    assert rows_of_markdown(markdown(table))[1] == [text, "x"]
    if text:
        assert texts(rendered(line(text))) == {text}


def test_names_of_studies_stay_names_in_tables() -> None:
    document = some_document(Section("s", "S", "S", (table_of((*NAMES, UNLAWFUL)),)))
    text = csv_files(document)["s-1"]
    read = [row[0] for row in csv.reader(io.StringIO(text))]
    for cell in read:
        if cell.startswith(("=", "+", "-", "@")):
            float(cell)
    assert f"'{ATTACK}" in read
    assert "'+1 (2)" in read
    assert read[-3:-1] == ["-0.3", "-0.30"]
    rows = json.loads(tables_json(document))["tables"][0]["rows"]
    assert [row[0] for row in rows] == [*NAMES, UNLAWFUL]


def test_names_of_studies_stay_names_in_word() -> None:
    blocks = (table_of((*NAMES, UNLAWFUL)), Bullets((UNLAWFUL,)), Listing(UNLAWFUL))
    raw = word(some_document(Section("s", "S", UNLAWFUL, blocks), title=UNLAWFUL * 40))
    rows = rows_of_word(raw)
    assert [row[0] for row in rows[1:-1]] == list(NAMES)
    assert rows[-1][0] == "bad\ufffd\ufffd\ufffd\ufffd name"


def test_word_has_what_authors_need(report: Path) -> None:
    made = docx.Document(str(report / "report.docx"))
    assert made.core_properties.title == "Diagnostic accuracy: csf tau dementia"
    assert made.core_properties.language == "en-GB"
    languages = made.styles.element.xpath(".//w:rPrDefault//w:lang/@w:val")
    assert languages == ["en-GB"]
    assert len(made.inline_shapes) == 8
    for shape in made.inline_shapes:
        assert shape._inline.docPr.get("descr")
    for table in made.tables:
        assert table.style is not None
        assert table.style.name == "Table Grid"
        assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
        caption = table._tbl.getprevious()
        assert caption.xpath("string(./w:pPr/w:pStyle/@w:val)") == "Caption"
        assert "SEQ Table" in caption.xpath("string(./w:fldSimple/@w:instr)")
    targets = [rel.target_ref for rel in made.part.rels.values() if rel.is_external]
    assert targets
    assert all(target.startswith("https://doi.org/10.") for target in targets)
    with zipfile.ZipFile(report / "report.docx") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_wide_table_turns_the_page_and_the_next_text_turns_it_back() -> None:
    head = tuple(f"Column {i}" for i in range(14))
    wide = Table("Wide", head, (("name", *["12.3\u00a0% (10.1\u00a0to\u00a014.2)"] * 13),) * 3)
    raw = word(some_document(Section("s", "S", "Turned", (wide, Prose("Upright again.")))))
    made = docx.Document(io.BytesIO(raw))
    assert [section.orientation for section in made.sections] == [
        WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT
    ]  # fmt: skip
    for section, table in ((made.sections[1], made.tables[0]),):
        assert section.page_width is not None
        widths = [int(w) for w in table._tbl.xpath("./w:tblGrid/w:gridCol/@w:w")]
        assert sum(widths) * 635 <= section.page_width - 2 * 720_000 + 10_000
    # its heading is on the turned page
    body = list(made.element.body)
    heading = next(i for i, e in enumerate(body) if "Turned" in "".join(e.itertext()))
    breaks = [i for i, e in enumerate(body) if e.xpath("./w:pPr/w:sectPr")]
    assert breaks[0] < heading < breaks[1]


def test_figures_are_drawn_once_and_fit_the_page() -> None:
    figure = Figure(figsize=(20, 30))
    shown = to_svg(figure, "tall", "Tall figure", "It is tall.")
    assert shown.png is shown.png
    blocks = (Drawing("tall", shown, "A caption"), Works((("Somebody. A work.", "10.1/a(b)<c>"),)))
    raw = word(some_document(Section("s", "S", "S", blocks)))
    made = docx.Document(io.BytesIO(raw))
    assert made.inline_shapes[0].height <= 7_560_001
    assert made.inline_shapes[0].width / made.inline_shapes[0].height == pytest.approx(2 / 3, 0.01)
    html = rendered(markdown(some_document(Section("s", "S", "S", blocks))))
    assert 'href="https://doi.org/10.1/a%28b%29%3Cc%3E"' in html


def test_a_failed_check_is_said_first() -> None:
    document = some_document(failed=("The weights are too uneven.",))
    text = markdown(document)
    assert text.index("Do not use these numbers") < text.index("What is it?")
    paragraphs = [p.text for p in docx.Document(io.BytesIO(word(document))).paragraphs]
    assert paragraphs[1].startswith("Do not use these numbers")
    assert paragraphs[2] == "The weights are too uneven."


@pytest.mark.parametrize("formats", [(), ("tables",), ("markdown", "png"), "markdown"])
def test_only_formats_that_are_asked_for(fitted: Any, tmp_path: Path, formats: Any) -> None:
    folder = write_report(fitted, tmp_path / "r", formats=formats)
    assert (folder / "index.html").is_file()
    assert (folder / "report.md").exists() == ("markdown" in formats)
    assert (folder / "tables").exists() == ("tables" in formats)
    assert (folder / "tables.json").exists() == ("tables" in formats)
    assert any((folder / "figures").glob("*.png")) == ("png" in formats)
    assert not (folder / "report.docx").exists()


def test_unknown_formats(fitted: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown format 'pdf'; allowed: markdown, word, tables"):
        write_report(fitted, tmp_path / "r", formats=("word", "pdf"))
    assert not (tmp_path / "r").exists()
    assert check_formats((*FORMATS, "word")) == FORMATS


def test_prisma_points_to_sections_that_are_there() -> None:
    made = [Section("accuracy", "A", "Accuracy measures", ()),
            Section("methods", "M", "Methods and references", ())]  # fmt: skip
    section = prisma_section(made)
    table = section.blocks[1]
    assert isinstance(table, Table)
    where = {row[0]: row[2] for row in table.rows}
    assert where["13"] == "“Accuracy measures” and “Methods and references”"
    assert where["27"].startswith("Not part of an analysis")
    assert where["12"] == where["19"] == "Not in this report; the review tells it"
    assert "“Risk”" in str(prisma_section([Section("bias", "R", "Risk", ())]).blocks[1])
    numbers = [item.number for item in ITEMS]
    assert len(numbers) == len(set(numbers))
    assert not {"15", "22"} & set(numbers)


def test_prisma_names_sections_that_reports_have() -> None:
    source = Path(bayespool.report.__file__).parent
    written = "".join(
        path.read_text(encoding="utf-8") for path in source.glob("*.py") if path.stem != "prisma"
    )
    for item in ITEMS:
        assert all(f'"{name}"' in written for name in item.answered), item
