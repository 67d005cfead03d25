"""A table as it is edited: texts under headers, rows that are switched off, and the file of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bayespool.studies.cells import Cell, read_cell
from bayespool.studies.cochrane.reading import Choice
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.sources import ANY, Content, of_content
from bayespool.studies.text import Records

PASTED = "pasted.csv"


@dataclass(frozen=True)
class Sheet:
    """A table, and what was changed in it; every change is another sheet.

    Parameters
    ----------
    origin
        The file that it came from.
    header, rows
        Texts; every row is as long as the header.
    numbers
        Where each row stands in `origin`, as a spreadsheet numbers it.
    off
        Indices of rows that are left out, and not lost.
    edited
        Something differs from `origin` beside rows that are off.
    """

    origin: Content
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    off: frozenset[int] = frozenset()
    edited: bool = False

    @property
    def source(self) -> Content:
        """The file to read: the original as long as nothing was changed, else a CSV."""
        if not (self.edited or self.off):
            return self.origin
        kept = [row for i, row in enumerate(self.rows) if i not in self.off]
        return Content(f"{Path(self.origin.file).stem}.csv", _csv([self.header, *kept]))

    def index_of(self, number: int) -> int | None:
        """Which row a row number of `source` is; None for the header and what stands above."""
        if not (self.edited or self.off):
            return self.numbers.index(number) if number in self.numbers else None
        kept = [i for i in range(len(self.rows)) if i not in self.off]
        return kept[number - 2] if 0 <= number - 2 < len(kept) else None

    def with_cell(self, row: int, column: int, text: str) -> Sheet:
        """With another text in a cell."""
        cells = list(self.rows[row])
        cells[column] = text.strip()
        rows = (*self.rows[:row], tuple(cells), *self.rows[row + 1 :])
        return self if rows == self.rows else replace(self, rows=rows, edited=True)

    def with_header(self, column: int, text: str) -> Sheet:
        """With another name of a column."""
        header = (*self.header[:column], text.strip(), *self.header[column + 1 :])
        return self if header == self.header else replace(self, header=header, edited=True)

    def with_row(self) -> Sheet:
        """With an empty row at the end."""
        number = max(self.numbers, default=1) + 1
        empty = ("",) * len(self.header)
        rows, numbers = (*self.rows, empty), (*self.numbers, number)
        return replace(self, rows=rows, numbers=numbers, edited=True)

    def without_row(self, row: int) -> Sheet:
        """Without a row."""
        return replace(
            self,
            rows=self.rows[:row] + self.rows[row + 1 :],
            numbers=self.numbers[:row] + self.numbers[row + 1 :],
            off=frozenset(i - (i > row) for i in self.off if i != row),
            edited=True,
        )

    def switched(self, row: int) -> Sheet:
        """With a row left out, or taken in again."""
        return replace(self, off=self.off ^ {row})


def opened(
    source: Content, sheet: str | None, also: Collection[str], choice: Choice = ANY
) -> Sheet:
    """A file as a sheet, also where it has faults that can be mended by editing.

    Parameters
    ----------
    source, sheet, also, choice
        As `bayespool.studies.sources.of_content` takes them.

    Raises
    ------
    TableError
        It holds no table.
    """
    records = of_content(source, sheet, also, choice)
    if not records.rows:
        rule, allowed = "the table is empty", "allowed is a header and rows below it"
        raise TableError([Problem(source.file, None, None, rule, allowed)])
    width = max(len(row) for _, row in records.rows)
    texts = [_texts(row, records, width) for _, row in records.rows]
    numbers = tuple(number for number, _ in records.rows)
    return Sheet(source, texts[0], tuple(texts[1:]), numbers[1:])


def pasted(text: str) -> Content:
    """What was copied from a spreadsheet, as a file: columns parted by tabs, or as in a CSV."""
    name = str(Path(PASTED).with_suffix(".tsv")) if "\t" in text else PASTED
    return Content(name, text.strip("\r\n").encode("utf-8", "replace") + b"\n")


def _texts(row: Sequence[object], records: Records, width: int) -> tuple[str, ...]:
    cells = [_text(*read_cell(cell, decimal_comma=records.decimal_comma)) for cell in row]
    return (*cells, *("",) * (width - len(cells)))


def _text(value: Cell, text: str) -> str:
    """As printed, with a decimal point: a comma would part two cells of another file."""
    return text.replace(",", ".") if isinstance(value, float) else text


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
