"""Which part of a file is read, and which column plays which role, where its words do not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nicegui import events, ui

from bayespool.app.session import Session
from bayespool.app.views.view import FIELD, Change, View
from bayespool.studies.meaning import role_in_words
from bayespool.studies.spellings import ACCURACY, ARMS, CORRELATION, MEANS, PRECISION, SINGLE

OF_ASSOCIATION = {**ARMS, **SINGLE, **CORRELATION, **MEANS, **PRECISION}


class ColumnsView(View):
    """Fields that say how the table is read."""

    def __init__(self, session: Session, change: Change) -> None:
        super().__init__(session, change)
        self._shown: tuple[Any, ...] | None = None
        self._origin: Any = None
        self._outcomes: dict[str, str] = {}
        self._place = ui.element("div").classes("part")

    def refresh(self) -> None:
        """Show the roles that were given, and offer others."""
        session, sheet = self._session, self._session.sheet
        assert sheet is not None
        asked = session.asked
        if sheet.origin is not self._origin:
            self._origin, self._outcomes = sheet.origin, {}
        parts = (asked.sheet, asked.outcome, session.understood.choices)
        shown = (sheet.header, asked.column_map, asked.measure, parts, sheet.origin.file)
        if shown == self._shown:
            return
        self._shown = shown
        self._place.clear()
        with self._place:
            if session.understood.choices or asked.outcome:
                self._of_outcome()
            if Path(sheet.origin.file).suffix.lower() == ".xlsx" and not sheet.edited:
                self._of_workbook()
            if sheet.header:
                self._of_columns()

    def _of_outcome(self) -> None:
        self._outcomes |= dict(self._session.understood.choices)

        async def changed(event: events.ValueChangeEventArguments) -> None:
            await self._ask(outcome=event.value)

        asked = self._session.asked.outcome
        known = {asked: asked} if asked and asked not in self._outcomes else {}
        ui.select(
            known | self._outcomes, label="Outcome of the review", value=asked, on_change=changed
        ).props(FIELD)

    def _of_workbook(self) -> None:
        async def changed() -> None:
            await self._ask(sheet=field.value.strip() or None)

        asked = self._session.asked.sheet or ""
        field = ui.input("Sheet of the workbook (the first, if empty)", value=asked)
        field.props("dense outlined").on("change", changed)

    def _of_columns(self) -> None:
        asked, sheet = self._session.asked, self._session.sheet
        assert sheet is not None
        own = ACCURACY if asked.measure == "" else OF_ASSOCIATION
        roles = {name: name for name in ("study", "year", "estimate") if name not in own}
        roles |= {role: f"{role}: {role_in_words(role)}" for role in own}
        with ui.expansion("Say what a column is", icon="swap_horiz").classes("part"):
            with ui.element("div").classes("fields"):
                columns = {name: name for name in sheet.header if name}
                column = ui.select(columns, label="Column").props(FIELD)
                role = ui.select(roles, label="is").props(FIELD)

                async def give() -> None:
                    if column.value and role.value:
                        given = dict(asked.column_map) | {role.value: column.value}
                        await self._ask(column_map=tuple(given.items()))

                ui.button("Read it so", on_click=give).props("no-caps outline dense")
            for name, header in asked.column_map:
                self._given(name, header)

    def _given(self, role: str, header: str) -> None:
        async def forget() -> None:
            kept = tuple(pair for pair in self._session.asked.column_map if pair[0] != role)
            await self._ask(column_map=kept)

        with ui.element("div").classes("line"):
            ui.label(f"{header} is read as {role}").classes("said")
            ui.button("Forget", on_click=forget).props("flat dense no-caps")

    async def _ask(self, **changes: Any) -> None:
        await self._change(lambda: self._session.ask(**changes))
