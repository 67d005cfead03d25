"""Reading of tables: formats, delimiters, row numbers, and what is no table."""

import hashlib
import io
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from bayespool.studies import Problem, TableError, read_table

HEADER = ("study", "tp", "rate")
ROWS = (("Åström, 2010", 12, 0.83), ("=1+1", 0, 0.9))
PLAIN = 'study,tp,rate\n"Åström, 2010",12,0.83\n=1+1,0,0.9\n'


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def only_problem(path: Path) -> Problem:
    with pytest.raises(TableError) as caught:
        read_table(path)
    (problem,) = caught.value.problems
    assert problem.file == path.name
    return problem


@pytest.mark.parametrize(
    "suffix, content",
    [
        (".csv", PLAIN.encode()),
        (".csv", PLAIN.encode("utf-8-sig")),
        (".CSV", PLAIN.replace("\n", "\r\n").encode()),
        (".csv", PLAIN.replace("\n", "\r").encode()),
        (".csv", ' study ;tp; "rate"\nÅström, 2010; 12 ;0,83\n=1+1;0;0,9'.encode()),
        (".csv", "sep=;\nstudy;tp;rate\nÅström, 2010;12;0.83\n=1+1;0;0.9".encode()),
        (".tsv", "study\ttp\trate\nÅström, 2010\t12\t0,83\n=1+1\t0\t0,9\n".encode()),
        (".txt", "study\ttp\trate\nÅström, 2010\t12\t0.83\n=1+1\t0\t0.9\n".encode()),
        (".csv", 'study,tp,rate,,\n"Åström, 2010",12,0.83,,\n=1+1,0,0.9,,\n,,,,\n'.encode()),
    ],
    ids=["plain", "bom", "crlf", "cr", "semicolon", "sep=", "tsv", "txt", "blank columns"],
)
def test_text_formats_read_alike(tmp_path, suffix, content):
    table = read_table(write(tmp_path / f"t{suffix}", content))
    assert table.columns == HEADER
    assert table.rows == ROWS
    assert table.file == f"t{suffix}"
    assert table.sha256 == hashlib.sha256(content).hexdigest()


def test_parquet(tmp_path):
    frame = pd.DataFrame(ROWS, columns=list(HEADER), index=[7, 3])
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert (table.columns, table.rows, table.row_numbers) == (HEADER, ROWS, (2, 3))


def write_xlsx(path: Path, rows: list[list[object]]) -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["not", "read"])
    book.save(path)
    return book.active


def test_xlsx_first_sheet_with_its_row_numbers(tmp_path):
    rows = [["# exported"], [], ["study", "tp", "rate", None], ["A", 12.0, 0.83], [], ["B", 0, "x"]]
    write_xlsx(tmp_path / "t.xlsx", rows)
    table = read_table(tmp_path / "t.xlsx")
    assert table.columns == HEADER
    assert table.rows == (("A", 12, 0.83), ("B", 0, "x"))
    assert table.row_numbers == (4, 6)


def test_xlsx_keeps_the_decimals_it_shows(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["study", "rate", "share", "day"])
    book.active.append(["A", 0.8, 0.5, datetime(2020, 3, 1)])
    book.active["B2"].number_format = "0.00"
    book.active["C2"].number_format = "0.0%"
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert table.texts == (("A", "0.80", "0.500", "2020-03-01"),)
    assert table.rows[0][1:3] == (0.8, 0.5)


def test_xlsx_formula_without_result_is_refused(tmp_path):
    write_xlsx(tmp_path / "t.xlsx", [["study", "tp"], ["A", "=1+1"]])
    problem = only_problem(tmp_path / "t.xlsx")
    assert problem.row == 2
    assert "B2 holds a formula" in problem.rule


def test_comments_blank_lines_and_quoted_line_breaks_keep_row_numbers_right(tmp_path):
    text = '# source: "x\n\nstudy,note,tp\nA,"two\nlines",1\n\n,,\n#B,x,2\nC,"",3\n'
    table = read_table(write(tmp_path / "t.csv", text))
    assert table.rows == (("A", "two\nlines", 1), ("C", None, 3))
    assert table.row_numbers == (4, 9)
    assert table.warnings == ("t.csv: row 8 begins with # and is not read",)


@pytest.mark.parametrize(
    "text, value",
    [
        ("12", 12),
        ("-3", -3),
        ("2.5", 2.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("inf", float("inf")),
        ("NA", None),
        ("n/a", None),
        ("NaN", None),
        ("null", None),
        ("None", "None"),
        ("-", "-"),
        ("1_000", "1_000"),
        ("١٢", "١٢"),
        ("0,83", "0,83"),
        ("TRUE", "TRUE"),
        ("9" * 5000, float("inf")),
    ],
)
def test_cells_of_a_comma_file(tmp_path, text, value):
    table = read_table(write(tmp_path / "t.csv", f'a,b\nx,"{text}"\n'))
    assert table.rows == (("x", value),)
    assert table.texts == (("x", text),)


def test_frames_and_mappings_of_one_content_have_one_hash():
    columns = {"study": ["A", "B"], "tp": [1, 2], "x": [0.5, np.nan]}
    mapping, frame = read_table(columns), read_table(pd.DataFrame(columns))
    assert mapping == frame
    assert mapping.file == "<table>"
    assert mapping.rows == (("A", 1, 0.5), ("B", 2, None))
    assert mapping.sha256 == hashlib.sha256(b"study,tp,x\nA,1,0.5\nB,2,\n").hexdigest()


def test_missing_values_of_pandas_and_narrow_floats():
    frame = pd.DataFrame(
        {
            "a": pd.array([1, None], dtype="Int64"),
            "b": pd.to_datetime(["2020-01-02", None]),
            "c": [True, False],
        }
    )
    assert read_table(frame).rows == ((1, "2020-01-02", True), (None, None, False))
    narrow = read_table({"a": np.array([0.83, 12], dtype=np.float32), "b": ["x", pd.NaT]})
    assert narrow.rows == ((0.83, "x"), (12, None))


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name, content, row, column, says",
    [
        ("t.csv", b"", None, None, "empty"),
        ("t.csv", b"\n# only a comment\n\n", None, None, "holds no table"),
        ("t.csv", b"study,tp\n", None, None, "header but no rows"),
        ("t.csv", b"study,tp\n,\n", None, None, "header but no rows"),
        ("t.csv", b"\x89PNG\r\n\x1a\n\0\0", None, None, "PNG image"),
        ("t.csv", zip_bytes(), None, None, "zip archive or an Excel workbook"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), None, None, "UTF-16"),
        ("t.csv", b"a,b\n1,\0\n", None, None, "NUL"),
        ("t.csv", b"<!DOCTYPE html>\n<html></html>", None, None, "HTML"),
        ("t.csv", b"\n<html>\n<p>a, b</p>", None, None, "HTML"),
        ("t.csv", "study,tp\nÅ,1\n".encode() + b"\xc5str,2\n", 3, None, "UTF-8 but for byte 0xc5"),
        ("t.csv", b"study,tp\nA\x81,1\n", 2, None, "neither UTF-8 nor Windows-1252"),
        ("t.csv", b"# c\nstudy\nA\n", 2, None, "no delimiter"),
        ("t.txt", b"study tp fp\nA 1 2\n", 1, None, "no delimiter"),
        ("t.csv", b"study,tp,TP\nA,1,2\n", 1, "tp", "2 columns have one name (tp, TP)"),
        ("t.csv", b"a,,b\n1,2,3\n", 1, None, "column 2 has no name"),
        ("t.csv", b'a,b\nx,1\ny,"2\nz,3\n', 3, None, "quoting is broken"),
        ("t.csv", b'a,b\nx,1\n"y"s,2\n', 3, None, "quoting is broken"),
        ("t.xlsx", b"a,b\n1,2\n", None, None, "no readable Excel workbook"),
        ("t.xlsx", zip_bytes(), None, None, "no readable Excel workbook"),
        ("t.parquet", b"a,b\n1,2\n", None, None, "no readable Parquet file"),
        ("t.ods", b"PK", None, None, "ending '.ods' is unknown"),
        ("t", b"a,b\n1,2\n", None, None, "ending '' is unknown"),
    ],
)
def test_what_is_no_table(tmp_path, name, content, row, column, says):
    problem = only_problem(write(tmp_path / name, content))
    assert (problem.row, problem.column) == (row, column)
    assert says in problem.rule
    assert problem.allowed


def test_missing_file_and_folder(tmp_path):
    assert "there is no file" in only_problem(tmp_path / "gone.csv").rule
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in only_problem(tmp_path / "folder.csv").rule


def test_empty_workbook(tmp_path):
    write_xlsx(tmp_path / "t.xlsx", [])
    assert "empty" in only_problem(tmp_path / "t.xlsx").rule


def test_every_ragged_row_is_listed(tmp_path):
    with pytest.raises(TableError) as caught:
        read_table(write(tmp_path / "t.csv", "a,b,c\n1,2,3\n1,2\n1,2,3,4\n"))
    assert [(p.row, p.rule) for p in caught.value.problems] == [
        (3, "the row has 2 fields"),
        (4, "the row has 4 fields"),
    ]


def test_mappings_that_are_no_table():
    with pytest.raises(TableError, match="differ in length"):
        read_table({"a": [1, 2], "b": [1]})
    with pytest.raises(TableError, match="no sequence"):
        read_table({"a": [1, 2], "b": "xy"})
    with pytest.raises(TableError, match="empty"):
        read_table({})
    with pytest.raises(TypeError, match="not list"):
        read_table([1, 2])  # type: ignore[call-overload, arg-type]
    with pytest.raises(TableError, match="one name"):
        read_table(pd.DataFrame([[1, 2]], columns=["a", "A"]))


def test_errors_print_one_line_per_problem():
    first = Problem("cidp.csv", 7, "tp", "tp=12 exceeds n_diseased=10", "allowed")
    second = Problem("cidp.csv", None, "fn", "missing", "allowed")
    assert str(TableError([first])) == (
        "cidp.csv row 7, column tp: tp=12 exceeds n_diseased=10; allowed"
    )
    assert str(TableError([first, second])).splitlines() == [
        "cidp.csv: 2 problems",
        "cidp.csv, column fn: missing; allowed",
        "cidp.csv row 7, column tp: tp=12 exceeds n_diseased=10; allowed",
    ]
    with pytest.raises(ValueError, match="at least one"):
        TableError([])


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_a_damaged_file_is_refused_in_words(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    if suffix == ".xlsx":
        write_xlsx(path, [["study", "tp"], ["A", 1]])
    else:
        pd.DataFrame({"study": ["A"], "tp": [1]}).to_parquet(path)
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], content[:-40] + b"\xff" * 40):
        assert "no readable" in only_problem(write(path, damaged)).rule
