"""Delimited text (CSV, TSV): from bytes to numbered records of text fields."""

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from bayespool.studies.headers import header_at
from bayespool.studies.limits import DEEPEST_HEADER, MOST_ROWS
from bayespool.studies.problems import Problem, TableError

Record = tuple[int, list[object]]

# The first bytes of files that are no text, and what to call them.
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|head|body|table)\b", re.I)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# A letter of several bytes as UTF-8 writes it; in Windows-1252 this is a letter and a sign.
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_DELIMITERS = (",", ";", "\t")
_TEXT_LEGAL = "allowed is UTF-8 text with a header line, columns parted by comma, semicolon or tab"


@dataclass(frozen=True)
class Records:
    """What a file holds before its cells are read.

    Parameters
    ----------
    rows
        (row number, fields); blank rows left out.
    decimal_comma
        True when the delimiter leaves the comma free: semicolon or tab.
    warnings
        What is odd but allowed.
    hint
        What to look at when columns are missing.
    measure
        Of the effects in it, where the file says so, by its name in `measures`.
    part
        Which part of the file was read, for the name of what is made of it.
    """

    rows: list[Record]
    decimal_comma: bool = False
    warnings: tuple[str, ...] = ()
    hint: str = ""
    measure: str = ""
    part: str = ""


def read_text(file: str, content: bytes, also: Collection[str] = ()) -> Records:
    """Records of a delimited text file, each with the line it starts on (the first line is 1).

    Lines that begin with ``#`` are comments, and Excel's leading ``sep=;`` is one too. Titles and
    notes above the header are left out.

    Parameters
    ----------
    also
        Column names that a header is known by beside ours, normalised.

    Raises
    ------
    TableError
        Not text, neither UTF-8 nor Windows-1252, empty, without a delimiter, or badly quoted.
    """
    text, odd = _decode(file, content)
    lines = list(io.StringIO(text, newline=""))
    skipped = next((n for n, line in enumerate(lines) if not _is_preamble(line)), len(lines))
    if skipped == len(lines):
        raise TableError([Problem(file, None, None, "the file holds no table", _TEXT_LEGAL)])
    top = lines[skipped : skipped + DEEPEST_HEADER]
    deeper = header_at([[] if _is_preamble(line) else _cells(line) for line in top], also)
    delimiter = _delimiter(file, lines[skipped + deeper :], skipped + deeper + 1)
    source = _Lines(lines, skipped + deeper)
    records = _records(file, source, delimiter)
    warnings = odd + above_header(file, top[:deeper], skipped + deeper + 1)
    return Records(records, delimiter != ",", warnings + comments(file, source.comments))


def above_header(file: str, rows: list[str], header_row: int) -> tuple[str, ...]:
    """What stands above the header and is not read, as a warning."""
    shown = next((text for row in rows if (text := row.strip(' \t\r\n,;"'))), "")
    if not shown:
        return ()
    return (f"{file} row {header_row}: the header is here; what stands above is not read "
            f"({shown[:60]!r})",)  # fmt: skip


def comments(file: str, rows: list[int]) -> tuple[str, ...]:
    """Rows below the header that are comments, as a warning."""
    if not rows:
        return ()
    one = f"row {rows[0]} begins" if len(rows) == 1 else f"rows {_and(rows)} begin"
    return (f"{file}: {one} with # and {'is' if len(rows) == 1 else 'are'} not read",)


def _and(rows: list[int]) -> str:
    shown = [str(row) for row in rows[:8]]
    rest = f"{len(rows) - 8} more" if len(rows) > 8 else shown.pop()
    return f"{', '.join(shown)} and {rest}"


def _is_preamble(line: str) -> bool:
    line = line.strip()
    return not line or line.startswith("#") or re.fullmatch(r"sep=.", line, re.I) is not None


def _decode(file: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    def refuse(rule: str, line: int | None = None, allowed: str = _TEXT_LEGAL) -> TableError:
        return TableError([Problem(file, line, None, rule, allowed)])

    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            raise refuse(f"the file is {what}, not UTF-8 text")
    if b"\0" in content:
        raise refuse("the file is binary (it holds NUL bytes)")
    warnings: tuple[str, ...] = ()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        odd = error.object[error.start]
        allowed = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
        if _UTF8_LETTER.search(content):
            raise refuse(f"the file is UTF-8 but for byte 0x{odd:02x}", line, allowed) from error
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as other:
            rule = f"the file is neither UTF-8 nor Windows-1252: byte 0x{odd:02x}"
            raise refuse(rule, line, allowed) from other
        words = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
        shown = next((word for word in re.findall(r"\w+", words) if not word.isascii()), "")
        warnings = (f"{file} row {line}: the file is not UTF-8 and is read as Windows-1252"
                    + (f" (here {shown!r})" if shown else ""),)  # fmt: skip
    if _MARKUP.match(text):
        raise refuse("the file is an HTML or XML page")
    return text, warnings


def _most(text: str) -> str:
    """The delimiter that occurs most often outside quotes."""
    bare = _QUOTED.sub("", text)
    return max(_DELIMITERS, key=bare.count)


def _cells(line: str) -> list[object]:
    """Fields of one line by its own delimiter, without regard to quotes that stay open."""
    return [cell.strip().strip('"') for cell in line.split(_most(line))]


def _delimiter(file: str, lines: list[str], header_line: int) -> str:
    """The delimiter of the header line."""
    header = re.split(r"[\r\n]", _QUOTED.sub("", "".join(lines[:DEEPEST_HEADER])), maxsplit=1)[0]
    best = _most(header)
    if best not in header:
        shown = lines[0].strip()
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        rule = f"the header {shown!r} has no delimiter, so the file is no table"
        raise TableError([Problem(file, header_line, None, rule, _TEXT_LEGAL)])
    return best


@dataclass
class _Lines:
    """Lines for `csv.reader`, which asks for more of them within quotes; comments left out.

    ``start`` is the number of the line that the present record begins on.
    """

    lines: list[str]
    at: int
    between: bool = True
    start: int = 0
    comments: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if self.between and line.lstrip(' "').startswith("#"):
                self.comments.append(self.at)
                continue
            if self.between:
                self.start, self.between = self.at, False
            return line
        raise StopIteration


def _records(file: str, source: _Lines, delimiter: str) -> list[Record]:
    reader = csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=True)
    records: list[Record] = []
    try:
        for fields in reader:
            if any(cell.strip() for cell in fields):
                records.append((source.start, list(fields)))
            if len(records) > MOST_ROWS + 1:
                break
            source.between = True
    except csv.Error as error:
        rule = f"the quoting is broken ({error})"
        allowed = (
            'a field with a delimiter, a quote or a line break is written "so", quotes doubled'
        )
        raise TableError([Problem(file, source.start, None, rule, allowed)]) from error
    return records
