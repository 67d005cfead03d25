"""Delimited text (CSV, TSV): from bytes to numbered records of text fields."""

import csv
import io
import re

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
_DELIMITERS = (",", ";", "\t")
_TEXT_LEGAL = "legal is UTF-8 text with a header line, columns parted by comma, semicolon or tab"


def read_text(file: str, content: bytes) -> tuple[list[Record], bool]:
    """Records of a delimited text file, each with the line it starts on (the first line is 1).

    Leading lines that begin with ``#`` are comments, and Excel's leading ``sep=;`` is one too.

    Returns
    -------
    records
        (line, fields); blank lines left out; the header is the first.
    decimal_comma
        True when the delimiter leaves the comma free: semicolon or tab.

    Raises
    ------
    TableError
        Not text, not UTF-8, empty, without a delimiter, or badly quoted.
    """
    text = _decode(file, content)
    lines = list(io.StringIO(text, newline=""))
    skipped = 0
    while skipped < len(lines) and _is_preamble(lines[skipped]):
        skipped += 1
    if skipped == len(lines):
        raise TableError([Problem(file, None, None, "the file holds no table", _TEXT_LEGAL)])
    delimiter = _delimiter(file, lines[skipped:], skipped + 1)
    return _records(file, lines[skipped:], skipped, delimiter), delimiter != ","


def _is_preamble(line: str) -> bool:
    line = line.strip()
    return not line or line.startswith("#") or re.fullmatch(r"sep=.", line, re.I) is not None


def _decode(file: str, content: bytes) -> str:
    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            raise TableError(
                [Problem(file, None, None, f"the file is {what}, not UTF-8 text", _TEXT_LEGAL)]
            )
    if b"\0" in content:
        raise TableError(
            [Problem(file, None, None, "the file is binary (it holds NUL bytes)", _TEXT_LEGAL)]
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        rule = (
            f"the file is not UTF-8: byte 0x{error.object[error.start]:02x} "
            "(often Windows-1252 or Latin-1)"
        )
        legal = 'save it as UTF-8 (in Excel: "CSV UTF-8")'
        raise TableError([Problem(file, line, None, rule, legal)]) from error
    if _MARKUP.match(text):
        raise TableError(
            [Problem(file, None, None, "the file is an HTML or XML page", _TEXT_LEGAL)]
        )
    return text


def _delimiter(file: str, lines: list[str], header_line: int) -> str:
    """The delimiter that occurs most often in the header line outside quotes."""
    header = re.split(r"[\r\n]", _QUOTED.sub("", "".join(lines)), maxsplit=1)[0]
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: counts[delimiter])
    if counts[best] == 0:
        shown = lines[0].strip()
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        rule = f"the header {shown!r} has no delimiter, so the file is no table"
        raise TableError([Problem(file, header_line, None, rule, _TEXT_LEGAL)])
    return best


def _records(file: str, lines: list[str], skipped: int, delimiter: str) -> list[Record]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    records: list[Record] = []
    start = 1
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                records.append((skipped + start, list(fields)))
            start = reader.line_num + 1
    except csv.Error as error:
        rule = f"the quoting is broken ({error})"
        legal = 'a field with a delimiter, a quote or a line break is written "so", quotes doubled'
        raise TableError([Problem(file, skipped + start, None, rule, legal)]) from error
    return records
