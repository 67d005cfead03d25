"""A table as somebody wrote it: read from a file or from memory, only its shape checked."""

import csv
import hashlib
import io
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from bayespool.studies.arrow import ArrowLike
from bayespool.studies.cells import Cell, read_cell
from bayespool.studies.cochrane.reading import Choice, refuse_choice
from bayespool.studies.limits import (
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_IN_LABEL,
    MOST_ROWS,
    listed,
)
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.sources import (
    IN_MEMORY,
    Content,
    DataFrameLike,
    Part,
    of_content,
    of_file,
    of_memory,
)
from bayespool.studies.spellings import normalise
from bayespool.studies.text import Records, comments


class Reading(TypedDict, total=False):
    """How a table is read, where its own words do not say; taken by every ``from_table``.

    Attributes
    ----------
    keep_rows : sequence of str
        Labels of rows that are studies although they look like totals.
    sheet : str
        Of a workbook; the first by default.
    column_map : mapping of str to str
        From the name of a role (``tp``, ``study``, ``ci_low``) to the column that plays it.
    comparison, outcome : str
        Of a Cochrane review, by number (``1``, ``1.2``) or name; needed where it has several.
    """

    keep_rows: Sequence[str]
    sheet: str | None
    column_map: Mapping[str, str] | None
    comparison: str | None
    outcome: str | None


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
    mapped
        Columns that play a role by request, or that were split off another: index to the role.
    derived
        Columns that were split off another one, and are no covariates.
    keep
        Labels of rows that are studies although they look like totals.
    warnings
        What is odd but allowed.
    hint
        What to look at when columns are missing.
    measure
        Of its effects, by its name in `measures`, where the file says so; else "".
    part
        Which part of the file it is, such as outcome 1.2 of a review; else "".
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_numbers: tuple[int, ...]
    sha256: str
    texts: tuple[tuple[str, ...], ...] = field(repr=False)
    mapped: Mapping[int, str] = field(default_factory=dict)
    derived: frozenset[int] = frozenset()
    keep: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hint: str = ""
    measure: str = ""
    part: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Headers without case and punctuation; of a mapped column the name of its role."""
        return tuple(
            normalise(self.mapped.get(index, name)) for index, name in enumerate(self.columns)
        )

    @property
    def found(self) -> str:
        """The columns in words, for messages on those that are missing."""
        own = [name for index, name in enumerate(self.columns) if index not in self.derived]
        return f"the columns found are {listed(own)}" + (f"; {self.hint}" if self.hint else "")

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


TableSource = (
    str
    | os.PathLike[str]
    | Mapping[Any, Sequence[object]]
    | DataFrameLike
    | ArrowLike
    | Content
    | Part
    | Table
)


def read_table(
    source: TableSource,
    *,
    keep_rows: Sequence[str] = (),
    sheet: str | None = None,
    column_map: Mapping[str, str] | None = None,
    comparison: str | None = None,
    outcome: str | None = None,
) -> Table:
    """Read a table from a file or its bytes, a data frame or a mapping of columns.

    Parameters
    ----------
    source
        A path (.csv, .tsv, .txt, .xlsx, .parquet; .rm5 and .zip of a Cochrane review), the name and
        bytes of such a file (`bayespool.studies.sources.Content`) or a part of one (`Part`), a
        DataFrame of pandas (its index is not read), of polars, of Arrow or of what speaks Arrow, a
        mapping of column name to equally long sequences, or a table that was read (which stays as
        it is).
        Text files are UTF-8, or Windows-1252 with a warning; the delimiter is the one of comma,
        semicolon and tab that the header uses most; with semicolon or tab a comma within a number
        is the decimal comma. Wholly blank rows, rows of a file whose first cell begins with ``#``
        and titles above the header are left out.
    keep_rows, sheet, column_map, comparison, outcome
        See `Reading`.

    Raises
    ------
    TableError
        The source is no table; ``problems`` says why, with row and column.
    TypeError
        The source is none of the above.
    """
    if isinstance(source, Table):
        return source
    roles = dict(column_map or {})
    also, choice = {normalise(header) for header in roles.values()}, Choice(comparison, outcome)
    if isinstance(source, str | os.PathLike):
        table = _assemble(*of_file(Path(source), sheet, also, choice))
    elif isinstance(source, Content):
        records = of_content(source, sheet, also, choice)
        table = _assemble(source.file, records, source.sha256)
    else:
        file = source.file if isinstance(source, Part) else IN_MEMORY
        refuse_choice(file, choice)
        if sheet is not None:
            what = "a table in memory" if file == IN_MEMORY else "a part of a file"
            rule = f"{what} has no sheet {sheet!r}"
            raise TableError([Problem(file, None, None, rule, "sheet is of a workbook")])
        table = (
            _assemble(file, source.records, source.sha256)
            if isinstance(source, Part)
            else _assemble(file, of_memory(source), sha256=None)
        )
    kept = (keep_rows,) if isinstance(keep_rows, str) else tuple(map(str, keep_rows))
    return replace(table, keep=kept, mapped=_mapped(table, roles))


def _mapped(table: Table, roles: Mapping[str, str]) -> dict[int, str]:
    """Index of the column of each role that is asked for by name."""
    out: dict[int, str] = {}
    problems = []
    by_name = {name.casefold(): index for index, name in enumerate(table.columns)}
    for role, header in roles.items():
        index = by_name.get(" ".join(str(header).split()).casefold())
        if index is None:
            rule = f"{role} is to be read from {header!r}, and there is no such column"
        elif index in out:
            rule = f"{header!r} is to be read as {out[index]} and as {role}"
        else:
            out[index] = role
            continue
        problems.append(Problem(table.file, None, header, rule, table.found))
    if problems:
        raise TableError(problems)
    return out


def _assemble(file: str, records: Records, sha256: str | None) -> Table:
    """Check the shape that all formats share, and read the cells."""
    if not records.rows or not records.rows[0][1]:
        rule = "the table is empty"
        raise TableError([Problem(file, None, None, rule, "allowed is a header and rows below it")])
    header_row, header = records.rows[0]
    _check_size(file, header_row, len(header), len(records.rows) - 1)
    names = [" ".join(read_cell(name)[1].split()) for name in header]
    cells: list[tuple[int, list[tuple[Cell, str]]]] = []
    skipped = []
    for number, raw in records.rows[1:]:
        row = [read_cell(cell, decimal_comma=records.decimal_comma) for cell in raw]
        if file != IN_MEMORY and row and row[0][1].startswith("#"):
            skipped.append(number)
        elif any(text for _, text in row):
            cells.append((number, row))
    problems = _ragged(file, names, cells) or _unnamed(file, header_row, names, cells)
    problems += _clashes(file, header_row, names)
    problems += _odd_text(file, names, [(header_row, [(None, name) for name in names]), *cells])
    if not cells:
        rule = "the table has a header but no rows"
        problems.append(Problem(file, None, None, rule, "allowed is one row per result"))
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
        warnings=records.warnings + comments(file, skipped),
        hint=records.hint,
        measure=records.measure,
        part=records.part,
    )


def _check_size(file: str, header_row: int, columns: int, rows: int) -> None:
    if columns > MOST_COLUMNS:
        rule, allowed = f"the table has {columns} columns", f"at most {MOST_COLUMNS}"
        raise TableError([Problem(file, header_row, None, rule, allowed)])
    if rows > MOST_ROWS:
        rule, allowed = f"the table has more than {MOST_ROWS} rows", f"at most {MOST_ROWS}"
        raise TableError([Problem(file, None, None, rule, allowed)])


def _odd_text(
    file: str, names: list[str], cells: list[tuple[int, list[tuple[Cell, str]]]]
) -> list[Problem]:
    """Cells that are too long, and those with control characters; line breaks and tabs are none."""
    problems = []
    for number, row in cells:
        for index, (_, text) in enumerate(row):
            if text.isprintable() and len(text) <= MOST_IN_LABEL:
                continue
            column = names[index] if index < len(names) else None
            most = MOST_CHARACTERS if cells[0][0] != number else MOST_IN_LABEL
            odd = next(
                (c for c in text if unicodedata.category(c) == "Cc" and c not in "\t\r\n"), ""
            )
            if odd:
                rule = f"the cell holds the control character {odd!r}"
                problems.append(Problem(file, number, column, rule, "text without such characters"))
            elif len(text) > most:
                rule = f"the cell has {len(text)} characters"
                problems.append(Problem(file, number, column, rule, f"at most {most}"))
    return problems


def _ragged(file: str, names: list[str], cells: list[tuple[int, list[Any]]]) -> list[Problem]:
    allowed = f"every row has the header's {len(names)} fields; a field with a delimiter is quoted"
    return [
        Problem(file, number, None, f"the row has {len(row)} fields", allowed)
        for number, row in cells
        if len(row) != len(names)
    ]


def _unnamed(
    file: str, header_row: int, names: list[str], cells: list[tuple[int, list[Any]]]
) -> list[Problem]:
    """A nameless column is dropped if it is blank, as spreadsheets export such; else refused."""
    allowed = "give it a header, or delete it (a data frame's index is left out by index=False)"
    return [
        Problem(file, header_row, None, f"column {index + 1} has no name but holds values", allowed)
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
