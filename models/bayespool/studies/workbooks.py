"""XLSX and Parquet: from a file to numbered records of cells."""

import io
import re
import warnings
from collections.abc import Collection
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any

from bayespool.studies.arrow import records_of
from bayespool.studies.cells import DECIMAL_COMMA
from bayespool.studies.headers import header_at
from bayespool.studies.limits import DEEPEST_HEADER, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, listed
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.text import Record, Records, above_header

_THOUSAND = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_SHOWN_DECIMALS = re.compile(r"0\.(0+)(%?)")
_INDEX = r"__index_level_\d+__"
_XLSX_LEGAL = "allowed is an .xlsx workbook with a sheet that is the table"
_UNPACKED_LEGAL = f"at most {MOST_UNPACKED // 2**20} MiB when unpacked"


def read_xlsx(
    file: str, content: bytes, sheet: str | None = None, also: Collection[str] = ()
) -> Records:
    """Records of one sheet, by default the first, numbered as the sheet numbers its rows.

    Comments (rows whose first cell begins with ``#``), titles and notes above the header are left
    out. A number shown with more decimals than it needs (0.80) keeps them, because a rate
    says its precision by its decimals.

    Raises
    ------
    TableError
        Not an XLSX workbook, too large, no such sheet, or a formula whose result is not stored.
    """
    _check_archive(file, content)
    values = _sheet(file, content, sheet, data_only=True)
    formulas = _sheet(file, content, sheet, data_only=False)
    rows, problems = _rows(file, values, formulas)
    if problems:
        raise TableError(problems)
    width = max((len(cells) for _, cells in rows), default=0)
    if width > MOST_COLUMNS:
        number = next(number for number, cells in rows if len(cells) > MOST_COLUMNS)
        rule = f"the row has {width} columns"
        raise TableError([Problem(file, number, None, rule, f"at most {MOST_COLUMNS}")])
    while rows and str(rows[0][1][0] or "").lstrip().startswith("#"):
        del rows[0]
    deeper = header_at([cells for _, cells in rows[:DEEPEST_HEADER]], also)
    found: tuple[str, ...] = ()
    if deeper:
        above = [" ".join(str(c) for c in cells if c is not None) for _, cells in rows[:deeper]]
        found = above_header(file, above, rows[deeper][0])
    names = values.parent.sheetnames
    hint = ""
    if len(names) > 1:
        hint = f"the sheet that was read is {values.title}; sheets are {listed(names)} (--sheet)"
        if sheet is None:
            found += (f"{file}: the workbook has {len(names)} sheets; {values.title!r}, the first "
                      "table, is read",)  # fmt: skip
    padded: list[Record] = [
        (number, [*cells, *[None] * (width - len(cells))]) for number, cells in rows[deeper:]
    ]
    comma = _with_decimal_comma(padded[1:])
    if comma:
        found += (f"{file}: numbers such as {comma} are read with a decimal comma",)
    return Records(padded, decimal_comma=bool(comma), warnings=found, hint=hint)


def _with_decimal_comma(rows: list[Record]) -> str:
    """A number that can only have been typed with a decimal comma, if a cell of text is one.

    ``1,234`` alone may be a thousand.
    """
    for _, cells in rows:
        for cell in cells:
            text = cell.strip() if isinstance(cell, str) else ""
            if DECIMAL_COMMA.fullmatch(text) and not _THOUSAND.fullmatch(text):
                return text
    return ""


def read_parquet(file: str, content: bytes) -> Records:
    """Records of a Parquet file; the column names count as row 1.

    Raises
    ------
    TableError
        Not a Parquet file, or too large.
    """
    import pyarrow
    import pyarrow.parquet

    def refuse(rule: str, allowed: str) -> TableError:
        return TableError([Problem(file, None, None, rule, allowed)])

    try:
        about = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content)).metadata
        rows, columns = about.num_rows, about.num_columns
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        if max(rows / MOST_ROWS, columns / MOST_COLUMNS, size / MOST_UNPACKED) > 1:
            rule = f"the table has {rows} rows and {columns} columns ({size} bytes unpacked)"
            allowed = f"at most {MOST_ROWS} rows, {MOST_COLUMNS} columns and {_UNPACKED_LEGAL}"
            raise refuse(rule, allowed)
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
        # pandas stores a row index that is not 0, 1, 2, ... as a column of its own
        names = table.column_names
        kept = [i for i, name in enumerate(names) if not re.fullmatch(_INDEX, name)]
        return records_of(table.select(kept))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise refuse(f"the file is no readable Parquet file ({reason})",
                     "allowed is a table written as Parquet") from error  # fmt: skip


def _check_archive(file: str, content: bytes) -> None:
    """Refuse an archive that is none, is locked, unpacks to too much or defines entities."""

    import zipfile

    def refuse(rule: str, allowed: str = _XLSX_LEGAL) -> TableError:
        return TableError([Problem(file, None, None, rule, allowed)])

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise refuse("the workbook is locked by a password")
            size = sum(part.file_size for part in parts)
            if size > MOST_UNPACKED:
                raise refuse(f"the workbook unpacks to {size} bytes", _UNPACKED_LEGAL)
            for part in parts:
                with archive.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(4096):
                        raise refuse(f"{part.filename} in the workbook defines entities")
    except TableError:
        raise
    except Exception as error:  # whatever a damaged archive makes zipfile and zlib raise
        rule = f"the file is no readable Excel workbook ({type(error).__name__}: {error})"
        raise refuse(rule) from error


def _sheet(file: str, content: bytes, name: str | None, *, data_only: bool) -> Any:
    import openpyxl

    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions it drops; only values are read here.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
    except Exception as error:  # openpyxl checks little: a damaged part raises nearly anything
        rule = f"the file is no readable Excel workbook ({type(error).__name__}: {error})"
        raise TableError([Problem(file, None, None, rule, _XLSX_LEGAL)]) from error
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise TableError([Problem(file, None, None, "the workbook has no sheet", _XLSX_LEGAL)])
    if name is not None and name not in sheets:
        rule = f"the workbook has no sheet {name!r}"
        allowed = f"its sheets are {listed(list(sheets))}"
        raise TableError([Problem(file, None, None, rule, allowed)])
    sheet = next(iter(sheets.values())) if name is None else sheets[name]
    sheet.reset_dimensions()  # what the file says of them may be wrong, or fill a million rows
    return sheet


def _rows(file: str, values: Any, formulas: Any) -> tuple[list[Record], list[Problem]]:
    """Filled rows, each without the blank cells at its end, and formulas without results."""
    rows: list[Record] = []
    problems: list[Problem] = []
    number = 0
    try:
        pairs = zip_longest(values.iter_rows(), formulas.iter_rows(), fillvalue=())
        for number, (row, formula_row) in enumerate(pairs, start=1):
            for formula in formula_row:
                if formula.data_type == "f" and row[formula.column - 1].value is None:
                    rule = f"cell {formula.coordinate} holds a formula without a stored result"
                    allowed = "save the workbook in a spreadsheet program, or write the value"
                    problems.append(Problem(file, number, None, rule, allowed))
            cells = [_shown(cell) for cell in row]
            filled = [at for at, cell in enumerate(cells, 1)
                      if cell is not None and str(cell).strip()]  # fmt: skip
            if filled:
                rows.append((number, cells[: filled[-1]]))
            if len(rows) > MOST_ROWS + DEEPEST_HEADER:
                break
    except Exception as error:  # as above: the sheet is parsed row by row
        rule = f"the row cannot be read ({type(error).__name__}: {error})"
        raise TableError([Problem(file, number + 1, None, rule, _XLSX_LEGAL)]) from error
    return rows, list(islice(problems, 1000))


def _shown(cell: Any) -> object:
    """The cell's value; a fraction shown with trailing zeros as a Decimal that keeps them."""
    value = cell.value
    match = _SHOWN_DECIMALS.search(cell.number_format or "") if isinstance(value, float) else None
    if match is None or value.is_integer():
        return value
    shown = len(match[1]) + (2 if match[2] else 0)
    exact = Decimal(str(value))
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and -exponent < shown:
        return exact.quantize(Decimal(1).scaleb(-shown))
    return value
