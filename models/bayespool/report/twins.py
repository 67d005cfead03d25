"""The tables of the page as files: one CSV each, and all of them as JSON."""

from __future__ import annotations

import json

from bayespool.report.document import Document
from bayespool.report.files import to_csv
from bayespool.report.numbers import MINUS


def csv_files(document: Document) -> dict[str, str]:
    """CSV text of every table by name, such as ``studies-1``.

    Cells are those of the page; in one that is a number the minus sign is the hyphen that
    spreadsheets and statistical packages read.
    """
    return {
        name: to_csv(table.head, [[_readable(text) for text in row] for row in table.rows])
        for name, _, table in document.tables()
    }


def tables_json(document: Document) -> str:
    """All tables with caption, head and rows, as the page shows them."""
    found = [
        {"name": name, "number": number, "section": title, "caption": table.caption,
         "head": table.head, "rows": table.rows}
        for number, (name, title, table) in enumerate(document.tables(), start=1)
    ]  # fmt: skip
    return json.dumps({"title": document.title, "tables": found}, indent=1, ensure_ascii=False)


def _readable(text: str) -> str:
    plain = text.replace(MINUS, "-")
    try:
        float(plain)
    except ValueError:
        return text
    return plain
