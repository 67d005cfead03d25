"""Odd, damaged and hostile files: workbooks, Parquet, and what a path may lead to."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import run
from hostile import Case, corpus
from openpyxl.chart import BarChart, Reference

from bayespool.studies import AccuracyStudies, TableError, limits
from bayespool.studies.tables import read_table

ROWS = [["study", "tp", "fp", "fn", "tn"], ["A 2001", 10, 2, 3, 40], ["B 2002", 5, 0, 1, 20]]
TP = {"tp": [10, 5]}
SHEET = "xl/worksheets/sheet1.xml"


def book(*sheets, change=None):
    """A workbook of sheets, each a list of rows, as bytes; `change` edits it before."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets or (ROWS,), start=1):
        sheet = made.create_sheet(f"s{number}")
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(made)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def repacked(part, edit, content=None):
    """The workbook with one of its parts edited (None: left out)."""
    source, stream = zipfile.ZipFile(io.BytesIO(content or book())), io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name).decode()
            text = edit(text) if name == part else text
            if text is not None:
                target.writestr(name, text)
    return stream.getvalue()


def with_cell(text):
    """The workbook with another cell B2."""
    return repacked(SHEET, lambda xml: re.sub(r'<c r="B2".*?</c>', text, xml, count=1))


def with_strings(strings, shared='<c r="A2" t="s"><v>0</v></c>'):
    """The workbook with cell A2 in a part of shared strings; None leaves the part out."""
    content = repacked(SHEET, lambda xml: re.sub(r'<c r="A2".*?</c>', shared, xml, count=1))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    content = repacked(
        "[Content_Types].xml", lambda xml: xml.replace("</Types>", override), content
    )
    stream = io.BytesIO(content)
    if strings is not None:
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr("xl/sharedStrings.xml", strings)
    return stream.getvalue()


def locked():
    """The first member marked as encrypted, in its header and in the directory."""
    content = bytearray(book())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def xlsx(name, content, refused=(), warned=(), numbers=None, **options):
    return Case(name, content, refused, warned, numbers or {}, None, ".xlsx", options)


def cell(row, column, value):
    return lambda made: made.worksheets[0].cell(row, column, value)


def with_chart(made):
    chart = BarChart()
    chart.add_data(Reference(made.worksheets[0], min_col=2, min_row=1, max_row=3))
    made.create_chartsheet("c", 0).add_chart(chart)


STRINGS = ('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1">'
           "<si><t>A 2001</t></si></sst>")  # fmt: skip
NONE = ("t.xlsx: the file is no readable Excel workbook",)
BOMB = (
    '<row r="9"><c r="A9" t="inlineStr"><is><t>'
    + "x" * (limits.MOST_UNPACKED + 1)
    + "</t></is></c></row>"
)
WORKBOOKS = [
    xlsx("good", book(), numbers=TP),
    xlsx("no-archive", b"study,tp\n", NONE),
    xlsx("cut-off", book()[:900], NONE),
    xlsx("locked", locked(), ("locked by a password",)),
    *(xlsx(f"bad-{part}", repacked(part, lambda xml: xml[: len(xml) // 2]), NONE)
      for part in ("xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml")),
    *(xlsx(f"without-{part}", repacked(part, lambda xml: None), ("t.xlsx",))
      for part in ("xl/workbook.xml", "[Content_Types].xml", SHEET)),
    xlsx("strings", with_strings(STRINGS), numbers=TP | {"study": ["A 2001", "B 2002"]}),
    xlsx("without-strings", with_strings(None), ("t.xlsx",)),
    xlsx("bad-strings", with_strings(STRINGS[:-20]), ("t.xlsx",)),
    xlsx("string-beyond", with_strings(STRINGS, '<c r="A2" t="s"><v>9</v></c>'), ("t.xlsx row 2",)),
    xlsx("strings-with-entities", with_strings('<!DOCTYPE x [<!ENTITY a "b">]>' + STRINGS),
         ("xl/sharedStrings.xml in the workbook defines entities",)),
    xlsx("billion-laughs", with_strings('<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
         + STRINGS.replace("A 2001", "&c;")), ("defines entities",)),
    xlsx("bad-sheet", repacked(SHEET, lambda xml: xml[: len(xml) - 60]), ("t.xlsx row",)),
    xlsx("external-entity", repacked(SHEET,
         lambda xml: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xml), ("entities",
         )),
    xlsx("string-out-of-range", with_cell('<c r="B2" t="s"><v>99</v></c>'), ("t.xlsx row 2",)),
    xlsx("bad-number", with_cell('<c r="B2"><v>ten</v></c>'), ("t.xlsx row 2",)),
    xlsx("nan-number", with_cell('<c r="B2"><v>nan</v></c>'), ("t.xlsx row 2",)),
    xlsx("infinite-number", with_cell('<c r="B2"><v>inf</v></c>'), ("t.xlsx row 2",)),
    xlsx("number-of-4300-digits", with_cell(f'<c r="B2"><v>{"9" * 4301}</v></c>'), ("t.xlsx row 2",
         )),
    xlsx("error-value", with_cell('<c r="B2" t="e"><v>#DIV/0!</v></c>'), ("row 2, column tp",)),
    xlsx("formula", with_cell('<c r="B2"><f>5+5</f></c>'), ("t.xlsx row 2: cell B2 holds a formula",
         )),
    xlsx("space-in-the-last-row", book(change=cell(1_048_576, 1, " ")), numbers=TP),
    xlsx("space-in-the-last-cell", book(change=cell(1_048_576, 16_384, " ")), numbers=TP),
    xlsx("text-in-the-last-column", book(change=cell(2, 16_384, "x")), ("row 2: the row has 16384",
         )),
    xlsx("text-outside-the-table", book(change=cell(2, 9, "x")), ("row 1: column 9 has no name",)),
    xlsx("bomb", repacked(SHEET, lambda xml: xml.replace("</sheetData>", BOMB + "</sheetData>")),
         ("the workbook unpacks to", "at most 64 MiB when unpacked")),
    xlsx("many-rows", book([ROWS[0], *[[f"S{i}", 1, 1, 1, 1] for i in range(10_050)]]),
         ("more than 10000 rows",)),
    xlsx("total", book([*ROWS, ["Total", 15, 2, 4, 60]]),
         ("row 4, column study: 'Total' is a total",)),
    xlsx("title-above", book([["Extraction by AB"], [], *ROWS]), numbers=TP,
         warned=("t.xlsx row 3: the header is here",)),
    xlsx("comments", book([["# one"], ["# two"], ROWS[0], ROWS[1], ["#x", 1, 1, 1, 1]]),
         numbers={"tp": [10]}, warned=("row 5 begins with #",)),
    xlsx("decimal", book([["study", "sens", "n_diseased", "fp", "tn"], ["A", "80 %", 10, 1, 9]]),
         numbers={"tp": [8]}),
    xlsx("two-sheets", book(ROWS, [["notes"]]), numbers=TP, warned=("has 2 sheets; 's1', the first",
         )),
    xlsx("second-sheet", book([["notes"]], ROWS), numbers=TP, sheet="s2"),
    xlsx("no-such-sheet", book(), ("no sheet 'x'", "its sheets are s1"), sheet="x"),
    xlsx("sheet-without-table", book([["who", "what"], ["a", "b"]], ROWS),
         ("missing columns tp", "the sheet that was read is s1; sheets are s1, s2 (--sheet)")),
    xlsx("chart-first", book(change=with_chart), numbers=TP,
         warned=("has 2 sheets; 's1'",)),
]  # fmt: skip


def parquet(columns, **options):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


COLUMNS = {name: list(cells) for name, *cells in zip(*ROWS, strict=True)}
PARQUETS = [
    Case("parquet-good", parquet(COLUMNS), numbers=TP, suffix=".parquet"),
    Case("parquet-cut-off", parquet(COLUMNS)[:300], ("no readable Parquet file",),
         suffix=".parquet"),
    Case("parquet-bomb", parquet({"study": pa.array(["A"] * 3_000_000), "tp": [1] * 3_000_000}),
         ("the table has 3000000 rows and 2 columns", "at most 10000 rows"), suffix=".parquet"),
    Case("parquet-total", parquet({name: [*cells, "Total" if name == "study" else 1]
                                   for name, cells in COLUMNS.items()}),
         ("row 4, column study: 'Total'",), suffix=".parquet"),
]  # fmt: skip


@corpus([*WORKBOOKS, *PARQUETS])
def test_files(case, tmp_path):
    began = time.process_time()
    case.check(tmp_path)
    assert time.process_time() - began < 20.0


def told(path: Path) -> str:
    """The message of a file that is refused, else nothing; any other exception is a failure."""
    try:
        AccuracyStudies.from_table(path)
    except TableError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "suffix, content, mask",
    [(".parquet", parquet(COLUMNS, compression="none"), 0x20), (".xlsx", book(), 0x41)],
)
def test_flipped_bytes_are_refused_in_words_or_read(tmp_path, suffix, content, mask):
    path = tmp_path / f"t{suffix}"
    messages = []
    for at in range(4, len(content), len(content) // 120):
        path.write_bytes(content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :])
        messages += told(path).splitlines()
    assert len(messages) > 10
    assert all(line.isprintable() for line in messages)


def refused(path: Path) -> str:
    with pytest.raises(TableError) as caught:
        read_table(path)
    message = str(caught.value)
    assert all(line.isprintable() for line in message.splitlines())
    return message


def test_what_a_path_may_lead_to(tmp_path, monkeypatch):
    assert "there is no file" in refused(tmp_path / "gone.csv")
    assert "cannot be read (File name too long)" in refused(tmp_path / ("x" * 300 + ".csv"))
    (tmp_path / "file").write_text("x")
    assert "there is no file" in refused(tmp_path / "file" / "t.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    assert "is no regular file" in refused(tmp_path / "zero.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file" in refused(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "cannot be read (Too many levels of symbolic links)" in refused(tmp_path / "loop.csv")
    (tmp_path / "mem.csv").symlink_to("/proc/self/mem")
    assert "cannot be read" in refused(tmp_path / "mem.csv")
    monkeypatch.setattr("bayespool.studies.sources.MOST_BYTES", 10)
    (tmp_path / "large.csv").write_text("study,tp,fp,fn,tn\n")
    assert "the file is too large" in refused(tmp_path / "large.csv")


def test_a_file_that_nobody_may_read(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("study,tp\n")

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "t.csv: the file cannot be read (Permission denied)" in refused(path)


def test_names_of_files_do_not_reach_the_terminal_raw(tmp_path):
    name = "\x1b[31mred.csv"
    (tmp_path / name).write_text("\n".join(",".join(map(str, row)) for row in ROWS))
    done = run("check", name, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("\\x1b[31mred.csv: 2 rows")
    done = run("check", "x" * 300 + ".csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "neither a file nor a data set" in done.stderr


def test_a_sheet_by_the_command_line(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(book([["notes", "x"], [1, 2]], ROWS))
    assert run("check", "t.xlsx", "--sheet", "s2", cwd=tmp_path).returncode == 0
    done = run("check", "t.xlsx", cwd=tmp_path)
    assert done.returncode == 2
    assert "sheets are s1, s2 (--sheet)" in done.stderr


def test_the_limits_are_those_of_the_document():
    text = (Path(__file__).parents[2] / "docs/tables.md").read_text(encoding="utf-8")
    table = text.partition("| of | at most |")[2]
    told = {int(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,]*", table)}
    assert told == {
        limits.MOST_BYTES // 2**20, limits.MOST_UNPACKED // 2**20, limits.MOST_ROWS,
        limits.MOST_COLUMNS, limits.MOST_CHARACTERS, limits.MOST_IN_LABEL, limits.MOST_TRIED,
        limits.MOST_PAIRS, limits.MOST_PEOPLE, limits.MOST_DESIGNS, limits.MOST_LISTED,
        limits.MOST_TABLES,
    }  # fmt: skip
