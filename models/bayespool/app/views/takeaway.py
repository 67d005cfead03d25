"""What is taken away: report, Word, numbers, session, and the code that gives the same numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from nicegui import ui

from bayespool.app.saved import SESSION_FILE
from bayespool.app.session import Session
from bayespool.app.taken import More, Taken

Write = Callable[[More], Awaitable[Taken | None]]


class TakeawayView:
    """The part of the page with downloads and code.

    Parameters
    ----------
    session : Session
    write : coroutine function
        Writes the report with its refits, or gives None where that was not to be.
    """

    def __init__(self, session: Session, write: Write) -> None:
        self._session, self._write = session, write
        self._buttons: list[Any] = []
        with ui.element("section").classes("part no-print").props('aria-label="Take away"'):
            ui.html("Take away", tag="h2")
            with ui.element("div").classes("line"):
                self._more = {
                    "leave_one_out": ui.checkbox("without each study"),
                    "prior_sensitivity": ui.checkbox("under other priors"),
                    "cumulative": ui.checkbox("year by year"),
                }
            with ui.element("div").classes("line"):
                self._button("Read the report", "article", self._read)
                self._button("Report and all files (ZIP)", "folder_zip", self._zip)
                self._button("Word", "description", self._word)
                self._button("Every number (CSV)", "table_view", self._csv)
                session_button = ui.button("Session", icon="save", on_click=self._save)
                session_button.props("outline no-caps dense")
            self._code = ui.expansion("Show the code", icon="code").classes("part")
        with (
            ui.dialog().props("maximized") as self._dialog,
            ui.card().style("width: 100%; height: 100%; padding: 0"),
        ):
            ui.button("Close the report", icon="close", on_click=self._dialog.close).props(
                "flat no-caps"
            )
            self._page = ui.element("iframe").classes("page-of-report")
            self._page.props('title="Report"')
            self._page._props["sandbox"] = ""  # a report has no scripts, and is to run none

    def _button(self, words: str, icon: str, action: Callable[[], Any]) -> None:
        button = ui.button(words, icon=icon, on_click=action).props("outline no-caps dense")
        self._buttons.append(button)

    def refresh(self) -> None:
        """Offer what there is."""
        session = self._session
        complete = session.is_current and session.fit is not None
        for button in self._buttons:
            button.set_enabled(complete)
        self._code.clear()
        with self._code:
            if session.understood.ready:
                _listing("In a terminal, beside the table", session.command(), "command.txt")
                _listing("In Python", session.script(), "analysis.py")
            else:
                ui.label("There is code once table and model go together.").classes("said")

    async def _taken(self) -> Taken | None:
        return await self._write(More(**{name: box.value for name, box in self._more.items()}))

    async def _read(self) -> None:
        taken = await self._taken()
        if taken is not None:
            self._page._props["srcdoc"] = taken.page
            self._page.update()
            self._dialog.open()

    async def _zip(self) -> None:
        taken = await self._taken()
        if taken is not None:
            ui.download.content(taken.archive, f"{self._stem()}.zip", "application/zip")

    async def _word(self) -> None:
        taken = await self._taken()
        if taken is not None:
            ui.download.content(taken.word, f"{self._stem()}.docx")

    def _csv(self) -> None:
        if self._session.answer is not None:
            ui.download.content(self._session.answer.estimates, f"{self._stem()}_numbers.csv")

    def _save(self) -> None:
        ui.download.content(self._session.save(), SESSION_FILE)

    def _stem(self) -> str:
        sheet = self._session.sheet
        return Path(sheet.source.file).stem if sheet is not None else "bayespool"


def _listing(words: str, code: str, name: str) -> None:
    with ui.element("div").classes("line"):
        ui.label(words).classes("said")
        ui.button("Copy", icon="content_copy", on_click=lambda: ui.clipboard.write(code)).props(
            "flat dense no-caps"
        )
        ui.button("Save", icon="download", on_click=lambda: ui.download.content(code, name)).props(
            "flat dense no-caps"
        )
    with ui.element("pre").classes("code").props("tabindex=0"):
        ui.label(code).style("white-space: pre")
