"""The answer: numbers, what speaks against them, figures; grey as soon as it is out of date."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nicegui import ui

from bayespool.app.answer import Answer
from bayespool.app.session import Session
from bayespool.app.views.tables import plain_table
from bayespool.report.blocks import Drawing

_STUDY = re.compile(r'data-study="(\d+)"')


class AnswerView:
    """The part of the page that answers.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shown: Answer | None = None
        self._place = ui.element("div").classes("answer").props('aria-live="polite"')

    def refresh(self) -> None:
        """Show the last answer there is, grey where it is out of date."""
        session = self._session
        self._place.classes(
            add="" if session.is_current else "stale",
            remove="stale" if session.is_current else "",
        )
        if session.answer is None or session.answer is self._shown:
            return
        self._shown = session.answer
        self._place.clear()
        with self._place:
            self._first(session.answer)
            places = dict(enumerate(session.rows_of_studies))
            for drawing in session.answer.drawings:
                _figure(drawing, places)

    def _first(self, answer: Answer) -> None:
        if answer.failed:
            with ui.element("div").classes("failed").props('role="alert"'):
                ui.label("Do not use these numbers yet.").style("font-weight: 700")
                for text in answer.failed:
                    ui.label(text)
        with ui.element("div").classes("tiles"):
            for tile in answer.tiles:
                with ui.element("div").classes("tile"):
                    ui.label(tile.what)
                    ui.label(tile.value).classes("big")
                    ui.label(f"95\u00a0% credible interval {tile.interval}").classes("range")
                    ui.label(tile.certainty).classes("certainty")
        ui.label(answer.sentence).classes("lead")
        for table in answer.compact:
            plain_table(table)
        notes = (*answer.cautions, *answer.notes)
        if notes:
            with ui.element("div").classes("odd"):
                for text in notes:
                    ui.label(text)


def _figure(drawing: Drawing, places: Mapping[int, int | None]) -> None:
    """A figure of ours, whose texts are escaped; its marks know the rows of the table."""

    def row(found: re.Match[str]) -> str:
        place = places.get(int(found[1]))
        return "" if place is None else f'data-row="{place}"'

    ui.html(_STUDY.sub(row, drawing.svg), sanitize=False).classes("figure")
    ui.label(drawing.caption).classes("caption")
