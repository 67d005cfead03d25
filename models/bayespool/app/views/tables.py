"""Tables of texts as elements: nothing in them is markup."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from bayespool.report.blocks import Table


def plain_table(table: Table) -> None:
    """A table of the report."""
    rows_of(table.caption, table.head, table.rows)


def rows_of(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with a header above, whose first column names its rows."""
    with (
        ui.element("div").classes("wide").props("tabindex=0"),
        ui.element("table").classes("plain"),
    ):
        if caption:
            with ui.element("caption"):
                ui.label(caption)
        with ui.element("tr"):
            for text in head:
                _cell("th", "col", text)
        for row in rows:
            with ui.element("tr"):
                for i, text in enumerate(row):
                    _cell("td" if i else "th", "row", text)


def _cell(tag: str, scope: str, text: str) -> None:
    cell = ui.element(tag)
    if tag == "th":
        cell.props(f"scope={scope}")
    with cell:
        ui.label(text)
