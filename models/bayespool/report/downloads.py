"""Files that a page carries inside itself, so that a page sent alone keeps its promises."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bayespool.progress import stage
from bayespool.report.document import Document
from bayespool.report.twins import csv_files

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "zip": "application/zip",
}

WORDS = {"studies.csv": "studies", "summary.csv": "estimates"}


@dataclass(frozen=True)
class Download:
    """A file inside the page: its name, what the link says, and its bytes."""

    name: str
    words: str
    content: bytes

    @property
    def address(self) -> str:
        """The file as a ``data:`` address."""
        kind = TYPES[self.name.rpartition(".")[2]]
        return f"data:{kind};base64,{base64.b64encode(self.content).decode('ascii')}"


def downloads(
    document: Document, tables: Mapping[str, str], formats: Sequence[str]
) -> tuple[Download, ...]:
    """What was asked for beside the page, each file as small as a page can carry it.

    Parameters
    ----------
    document : Document
    tables : mapping of file name to CSV text
        Always carried.
    formats : names
        With ``word`` a Word file whose pictures are half as fine as those of report.docx; with
        ``tables`` all tables as one archive.
    """
    found = [Download(name, f"{name} ({words})", _bytes(tables[name]))
             for name, words in WORDS.items()]  # fmt: skip
    if "tables" in formats:
        found.append(Download("tables.zip", "tables.zip (every table as CSV)", _zip(document)))
    if "word" in formats:
        stage("Word")
        from bayespool.report.word import word

        made = word(document, small=True)
        found.insert(0, Download("report.docx", "report.docx (Word, for editing)", made))
    return tuple(found)


def _bytes(text: str) -> bytes:
    """With the mark that tells Excel that this is UTF-8."""
    return text.encode("utf-8-sig", "replace")


def _zip(document: Document) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in csv_files(document).items():
            # no time of day, so that the same report has the same bytes
            archive.writestr(zipfile.ZipInfo(f"{name}.csv"), _bytes(text),
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return out.getvalue()
