"""XLSX and Parquet: from a file to numbered records of cells."""

import io
import re
import warnings
import zlib
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from bayespool.studies.problems import Problem, TableError
from bayespool.studies.text import Record

# What zipfile, zlib, the XML parser and openpyxl raise on a file that is damaged or something else.
_NO_WORKBOOK = (
    BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    NotImplementedError,
    OSError,
)
_SHOWN_DECIMALS = re.compile(r"0\.(0+)(%?)")


def read_xlsx(file: str, content: bytes) -> list[Record]:
    """Records of the first sheet, numbered as the sheet numbers its rows.

    Leading rows whose first cell begins with ``#`` are comments. A number shown with more decimals
    than it needs (0.80) keeps them, because a rate says its precision by its decimals.

    Raises
    ------
    TableError
        Not an XLSX workbook, no sheet, or a formula whose result is not stored.
    """
    values = _first_sheet(file, content, data_only=True)
    formulas = _first_sheet(file, content, data_only=False)
    records: list[Record] = []
    problems = []
    for row, formula_row in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        for cell, formula in zip(row, formula_row, strict=True):
            if formula.data_type == "f" and cell.value is None:
                rule = f"cell {cell.coordinate} holds a formula without a stored result"
                legal = "open and save the workbook in a spreadsheet program, or write the value"
                problems.append(Problem(file, cell.row, None, rule, legal))
        cells = [_shown(cell) for cell in row]
        blank = not any(cell is not None and str(cell).strip() for cell in cells)
        comment = not records and str(cells[0] or "").lstrip().startswith("#")
        if not blank and not comment:
            records.append((row[0].row, cells))
    if problems:
        raise TableError(problems)
    return records


def read_parquet(file: str, content: bytes) -> list[Record]:
    """Records of a Parquet file; the column names count as row 1.

    Raises
    ------
    TableError
        Not a Parquet file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        rule = f"the file is no readable Parquet file ({reason})"
        legal = "legal is a table written as Parquet"
        raise TableError([Problem(file, None, None, rule, legal)]) from error
    # pandas stores a row index that is not 0, 1, 2, ... as a column of its own.
    kept = [
        index
        for index, name in enumerate(table.column_names)
        if not re.fullmatch(r"__index_level_\d+__", name)
    ]
    columns = [table.column(index).to_pylist() for index in kept]
    header: list[object] = [table.column_names[index] for index in kept]
    rows = zip(*columns, strict=True)
    return [(1, header), *((number, list(row)) for number, row in enumerate(rows, start=2))]


def _first_sheet(file: str, content: bytes, *, data_only: bool) -> Any:
    import openpyxl

    legal = "legal is an .xlsx workbook whose first sheet is the table"
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions it drops; only values are read here.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)
    except _NO_WORKBOOK as error:
        rule = f"the file is no readable Excel workbook ({type(error).__name__}: {error})"
        raise TableError([Problem(file, None, None, rule, legal)]) from error
    if not book.worksheets:
        raise TableError([Problem(file, None, None, "the workbook has no sheet", legal)])
    return book.worksheets[0]


def _shown(cell: Any) -> object:
    """The cell's value; a fraction shown with trailing zeros as a Decimal that keeps them."""
    value = cell.value
    match = _SHOWN_DECIMALS.search(cell.number_format or "")
    if not isinstance(value, float) or value.is_integer() or match is None:
        return value
    shown = len(match[1]) + (2 if match[2] else 0)
    exact = Decimal(str(value))
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and -exponent < shown:
        return exact.quantize(Decimal(1).scaleb(-shown))
    return value
