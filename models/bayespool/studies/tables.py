"""A table as somebody wrote it: read from a file or from memory, only its shape checked."""

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from bayespool.studies.cells import Cell, read_cell
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.text import Record, read_text
from bayespool.studies.workbooks import read_parquet, read_xlsx

IN_MEMORY = "<table>"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")


class DataFrameLike(Protocol):
    """What is asked of a pandas DataFrame, so that pandas need not be imported."""

    @property
    def columns(self) -> Any:
        """Column names."""

    def to_dict(self, orient: Any) -> Any:
        """``to_dict("split")`` gives the rows under ``"data"``."""


TableSource = str | os.PathLike[str] | Mapping[Any, Sequence[object]] | DataFrameLike


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns.

    Parameters
    ----------
    file
        File name without folders; ``<table>`` for one passed in memory.
    columns
        Headers, stripped; distinct also when case is ignored.
    rows
        One tuple per row; numbers as int or float, other text as str, blank and NA as None.
    row_numbers
        Where each row stands in the file: its line (text) or its sheet row (XLSX). In Parquet and
        in memory the header counts as row 1.
    sha256
        Of the file's bytes; in memory, of the table written as CSV.
    texts
        The same cells as printed; "" for a blank. A rate's decimals are counted here.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_numbers: tuple[int, ...]
    sha256: str
    texts: tuple[tuple[str, ...], ...] = field(repr=False)

    def column(self, index: int) -> tuple[Cell, ...]:
        """One column: its values if every filled cell is a number, its texts otherwise."""
        values = [row[index] for row in self.rows]
        if not any(isinstance(value, str) for value in values):
            return tuple(values)
        texts = [row[index] for row in self.texts]
        return tuple(
            None if value is None else text for value, text in zip(values, texts, strict=True)
        )

    def take(self, rows: Sequence[int]) -> "Table":
        """Some of the rows."""
        return replace(
            self,
            rows=tuple(self.rows[row] for row in rows),
            texts=tuple(self.texts[row] for row in rows),
            row_numbers=tuple(self.row_numbers[row] for row in rows),
        )

    def text_column(self, index: int) -> tuple[str, ...]:
        """One column as printed; "" for a blank."""
        return tuple(row[index] for row in self.texts)


def read_table(source: TableSource) -> Table:
    """Read a table from a file, a pandas DataFrame or a mapping of columns.

    Parameters
    ----------
    source
        A path (.csv, .tsv, .txt, .xlsx, .parquet), a DataFrame (its index is not read), or a
        mapping of column name to equally long sequences. Text files are UTF-8; the delimiter is
        the one of comma, semicolon and tab that the header uses most; with semicolon or tab a
        comma within a number is the decimal comma. Wholly blank rows are left out.

    Raises
    ------
    TableError
        The source is no table; ``problems`` says why, with row and column.
    TypeError
        The source is none of the above.
    """
    if isinstance(source, str | os.PathLike):
        return _read_path(Path(source))
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        split = source.to_dict("split")
        numbered = enumerate(split["data"], start=2)
        records: list[Record] = [(1, list(split["columns"]))]
        records += [(number, list(row)) for number, row in numbered]
    elif isinstance(source, Mapping):
        records = _mapping_records(source)
    else:
        raise TypeError(
            f"a table is a path, a pandas DataFrame or a mapping of columns, "
            f"not {type(source).__name__}"
        )
    return _assemble(IN_MEMORY, records, sha256=None, decimal_comma=False)


def _read_path(path: Path) -> Table:
    suffix, legal = path.suffix.lower(), f"legal files end in {', '.join(SUFFIXES)}"
    if path.is_dir():
        raise TableError([Problem(path.name, None, None, f"{str(path)!r} is a folder", legal)])
    if not path.exists():
        rule = f"there is no file {str(path)!r}"
        raise TableError([Problem(path.name, None, None, rule, legal)])
    if suffix not in SUFFIXES:
        rule = f"the file ending {suffix!r} is unknown"
        raise TableError([Problem(path.name, None, None, rule, legal)])
    content = path.read_bytes()
    if not content:
        raise TableError([Problem(path.name, None, None, "the file is empty", legal)])
    decimal_comma = False
    if suffix == ".xlsx":
        records = read_xlsx(path.name, content)
    elif suffix == ".parquet":
        records = read_parquet(path.name, content)
    else:
        records, decimal_comma = read_text(path.name, content)
    sha256 = hashlib.sha256(content).hexdigest()
    return _assemble(path.name, records, sha256=sha256, decimal_comma=decimal_comma)


def _mapping_records(columns: Mapping[Any, Sequence[object]]) -> list[Record]:
    legal = "every column is a sequence, all of one length"
    scalars = [
        Problem(IN_MEMORY, None, str(name), f"{name}={values!r} is no sequence", legal)
        for name, values in columns.items()
        if isinstance(values, str | bytes) or not hasattr(values, "__len__")
    ]
    if scalars:
        raise TableError(scalars)
    lengths = {str(name): len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        rule = f"the columns differ in length ({listed})"
        raise TableError([Problem(IN_MEMORY, None, None, rule, legal)])
    rows = zip(*columns.values(), strict=True)
    return [(1, list(columns)), *((n, list(row)) for n, row in enumerate(rows, start=2))]


def _assemble(file: str, records: list[Record], sha256: str | None, decimal_comma: bool) -> Table:
    """Check the shape that all formats share, and read the cells."""
    if not records or not records[0][1]:
        rule = "the table is empty"
        raise TableError([Problem(file, None, None, rule, "legal is a header and rows below it")])
    header_row = records[0][0]
    names = [read_cell(name)[1] for name in records[0][1]]
    cells: list[tuple[int, list[tuple[Cell, str]]]] = []
    for number, raw in records[1:]:
        row = [read_cell(cell, decimal_comma=decimal_comma) for cell in raw]
        if any(text for _, text in row):
            cells.append((number, row))
    problems = _ragged(file, names, cells) or _unnamed(file, header_row, names, cells)
    problems += _clashes(file, header_row, names)
    if not cells:
        rule = "the table has a header but no rows"
        problems.append(Problem(file, None, None, rule, "legal is one row per result"))
    if problems:
        raise TableError(problems)
    kept = [index for index, name in enumerate(names) if name]
    columns = tuple(names[index] for index in kept)
    texts = tuple(tuple(row[index][1] for index in kept) for _, row in cells)
    return Table(
        file=file,
        columns=columns,
        rows=tuple(tuple(row[index][0] for index in kept) for _, row in cells),
        row_numbers=tuple(number for number, _ in cells),
        sha256=sha256 or _canonical_sha256(columns, texts),
        texts=texts,
    )


def _ragged(file: str, names: list[str], cells: list[tuple[int, list[Any]]]) -> list[Problem]:
    legal = f"every row has the header's {len(names)} fields; a field with a delimiter is quoted"
    return [
        Problem(file, number, None, f"the row has {len(row)} fields", legal)
        for number, row in cells
        if len(row) != len(names)
    ]


def _unnamed(
    file: str, header_row: int, names: list[str], cells: list[tuple[int, list[Any]]]
) -> list[Problem]:
    """A nameless column is dropped if it is blank, as spreadsheets export such; else refused."""
    legal = "give it a header, or delete it (a data frame's index is left out by index=False)"
    return [
        Problem(file, header_row, None, f"column {index + 1} has no name but holds values", legal)
        for index, name in enumerate(names)
        if not name and any(row[index][1] for _, row in cells)
    ]


def _clashes(file: str, header_row: int, names: list[str]) -> list[Problem]:
    spellings: dict[str, list[str]] = {}
    for name in filter(None, names):
        spellings.setdefault(name.casefold(), []).append(name)
    return [
        Problem(
            file,
            header_row,
            same[0],
            f"{len(same)} columns have one name ({', '.join(same)})",
            "column names differ by more than upper and lower case",
        )
        for same in spellings.values()
        if len(same) > 1
    ]


def _canonical_sha256(columns: tuple[str, ...], texts: tuple[tuple[str, ...], ...]) -> str:
    canonical = io.StringIO()
    csv.writer(canonical, lineterminator="\n").writerows([columns, *texts])
    return hashlib.sha256(canonical.getvalue().encode("utf-8", "surrogatepass")).hexdigest()
