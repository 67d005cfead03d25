"""A session as a file: one JSON with the table as it came and as it is, and all that is asked."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from bayespool import __version__
from bayespool.app.asked import Asked, asked_from
from bayespool.app.sheet import Sheet
from bayespool.decoded import decoded, from_json
from bayespool.studies.sources import Content

SESSION_FILE = "session.json"
LARGEST_SESSION = 64 * 2**20  # bytes
_FORM = "bayespool session"


@dataclass(frozen=True)
class State:
    """A table and what is asked of it: what undo goes back to."""

    sheet: Sheet | None = None
    asked: Asked = Asked()

    @property
    def asked_of_source(self) -> Asked:
        """The same of the file that is read: one that was changed has neither sheets nor parts."""
        if self.sheet is None or self.sheet.source is self.sheet.origin:
            return self.asked
        return replace(self.asked, sheet=None, comparison=None, outcome=None)


def content_of(state: State) -> bytes:
    """A state as a file that `state_from` reads."""
    sheet = state.sheet
    record: dict[str, Any] = {"form": _FORM, "version": __version__}
    record["asked"] = state.asked.record()
    if sheet is not None:
        record["table"] = {
            "file": sheet.origin.file,
            "content": base64.b64encode(sheet.origin.content).decode(),
            "header": sheet.header, "rows": sheet.rows, "numbers": sheet.numbers,
            "off": sorted(sheet.off), "edited": sheet.edited,
        }  # fmt: skip
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


@dataclass(frozen=True)
class _Table:
    """A sheet as a session file has it."""

    file: str
    content: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    off: tuple[int, ...]
    edited: bool


def state_from(content: bytes) -> State:
    """The state that a session file holds.

    Raises
    ------
    ValueError
        It is no session file; the message says what is wrong.
    """
    try:
        if len(content) > LARGEST_SESSION:
            raise ValueError(f"more than {LARGEST_SESSION // 2**20} MiB")
        record = from_json(content.decode("utf-8"), "it")
        if not isinstance(record, dict) or record.get("form") != _FORM:
            raise ValueError("it does not say that it is one")
        asked = asked_from(record.get("asked"))
        sheet = _sheet(decoded(record["table"], _Table, "table")) if "table" in record else None
    except ValueError as error:
        raise ValueError(
            f"not a session file ({error}); allowed: what this page or Session.save wrote"
        ) from None
    return State(sheet, asked)


def _sheet(table: _Table) -> Sheet:
    ragged = any(len(row) != len(table.header) for row in table.rows)
    if ragged or len(table.numbers) != len(table.rows):
        raise ValueError("table: rows differ in length")
    if not set(table.off) <= set(range(len(table.rows))):
        raise ValueError("table: a row that is off does not exist")
    origin = Content(table.file, base64.b64decode(table.content, validate=True))
    return Sheet(
        origin, table.header, table.rows, table.numbers, frozenset(table.off), table.edited
    )
