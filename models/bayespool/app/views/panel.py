"""The form of GRADE: a word and a reason for each domain, with the numbers beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from bayespool.app.session import Session
from bayespool.app.views.tables import plain_table
from bayespool.app.views.view import FIELD, Change, View
from bayespool.guideline.judgements import (
    DOWN,
    LEVELS,
    LOWERING,
    PICO,
    RAISING,
    UP,
    Judgements,
    from_record,
)
from bayespool.report.blocks import Table

SAID = {"by": "Judged by", "subject": "Subject of the result", "outcome": "Outcome"}


class PanelView(View):
    """The part of the page where a panel judges certainty."""

    def __init__(self, session: Session, change: Change) -> None:
        super().__init__(session, change)
        self._record: dict[str, Any] = {}
        self._shown: tuple[Any, ...] | None = None
        self._table: Table | None = None
        part = ui.element("section").classes("part no-print").props('aria-label="Certainty"')
        with part, ui.expansion("Judge the certainty (GRADE)", icon="balance").classes("part"):
            self._wrong = ui.label("").classes("faults").props('role="alert"')
            self._wrong.set_visibility(False)
            self._form = ui.element("div").classes("part")
            self._numbers = ui.element("div").classes("part")

    def refresh(self) -> None:
        """Show what was judged; the fields stay as they are while it was judged here."""
        session = self._session
        if session.sheet is None:
            return
        shown = (session.asked.request.judgements, session.asked.measure)
        if shown != self._shown:
            self._shown, self._record = shown, _record(shown[0])
            self._form.clear()
            with self._form:
                self._fields()
        form = session.answer.form if session.is_current and session.answer is not None else None
        if form is not None and form != self._table:
            self._table = form
            self._numbers.clear()
            with self._numbers:
                plain_table(form)

    def _fields(self) -> None:
        effect = self._session.asked.measure != ""
        with ui.element("div").classes("fields"):
            starts = {level: level for level in reversed(LEVELS)}
            self._choice("Certainty before the domains", "start", starts, self._record)
        for domain, words in (LOWERING | (RAISING if effect else {})).items():
            scale = UP if domain in RAISING else DOWN
            own = self._record.setdefault(domain, {"judgement": "", "reason": ""})
            with ui.element("div").classes("fields"):
                options = {"": "open"} | {word: word for word in scale}
                self._choice(words, "judgement", options, own)
                self._text(f"Reason ({words.lower()})", "reason", own)
        head = ui.expansion("Head of the summary of findings").classes("part")
        with head, ui.element("div").classes("fields"):
            for key, words in (SAID | PICO).items():
                self._text(words, key, self._record)

    def _choice(self, words: str, key: str, options: dict[str, str], place: dict[str, Any]) -> None:
        async def changed() -> None:
            place[key] = field.value
            await self._judge()

        field = ui.select(options, label=words, value=place.get(key, ""), on_change=changed)
        field.props(FIELD)

    def _text(self, words: str, key: str, place: dict[str, Any]) -> None:
        async def changed() -> None:
            place[key] = field.value
            await self._judge()

        field = ui.input(words, value=place.get(key, "")).props("dense outlined")
        field.on("change", changed)

    async def _judge(self) -> None:
        try:
            judged = from_record(self._record)
        except ValueError as error:  # a word without its reason yet
            self._wrong.set_text(str(error))
            self._wrong.set_visibility(True)
            return
        self._wrong.set_visibility(False)
        said = judged if judged != from_record({"start": "high"}) else None
        self._shown = (said, self._session.asked.measure)
        await self._change(lambda: self._session.ask(judgements=said))


def _record(judged: Judgements | None) -> dict[str, Any]:
    """As `from_record` reads it; what is judged apart for one margin stays as it is."""
    if judged is None:
        return {"start": "high"}
    keys = ("start", "causal", "question", "tp", "fn", "tn", "fp", *SAID, *PICO)
    record: dict[str, Any] = {key: getattr(judged, key) for key in keys}
    record |= {one.domain: _domain(one) for one in judged.domains}
    for margin, own in judged.apart.items():
        record[margin] = {one.domain: _domain(one) for one in own}
    return record


def _domain(one: Any) -> Mapping[str, str]:
    return {"judgement": one.judgement, "reason": one.reason}
