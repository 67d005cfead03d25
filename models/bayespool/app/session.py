"""A session without any user interface: table, what is asked, what was found, undo, and a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bayespool.app import code
from bayespool.app.answer import Answer
from bayespool.app.asked import Asked
from bayespool.app.prepared import measure_of_columns, readable_as
from bayespool.app.saved import SESSION_FILE, State, content_of, state_from
from bayespool.app.sheet import Sheet, opened
from bayespool.app.taken import Taken
from bayespool.app.understood import Understood, understand
from bayespool.datasets import data_dir, dataset_shape
from bayespool.fitted import Fit
from bayespool.guideline.judgements import as_toml
from bayespool.report.request import Request
from bayespool.studies import TableError
from bayespool.studies.cochrane.reading import Choice
from bayespool.studies.cochrane.review import ChoiceError
from bayespool.studies.sources import Content
from bayespool.studies.spellings import normalise

MOST_STEPS = 200  # that can be undone
MOST_KEPT = 4  # answers and fits, for whoever goes back


class Session:
    """Everything that a page shows and does, without the page.

    Attributes
    ----------
    state : State
        Changed by `load`, `edit`, `ask`, `undo` and `redo` alone.
    understood : Understood
        Of the present state.
    answer : Answer or None
        The last that came; `is_current` says whether it is of the present state.
    taken : Taken or None
        The last report that was written.
    refused : TableError or None
        Why a file could not be opened; the state is as it was before.
    """

    def __init__(self) -> None:
        self.state = State()
        self.understood = Understood()
        self.answer: Answer | None = None
        self.taken: Taken | None = None
        self.refused: TableError | None = None
        self._answers: dict[str, Answer] = {}
        self._fits: dict[str, Fit] = {}
        self._past: list[State] = []
        self._future: list[State] = []

    @property
    def sheet(self) -> Sheet | None:
        """The table."""
        return self.state.sheet

    @property
    def asked(self) -> Asked:
        """What is asked of it."""
        return self.state.asked

    def load(self, name: str, content: bytes, measure: str | None = None) -> None:
        """Open a table; what it is of is seen from its columns where they say it.

        Parameters
        ----------
        name
            Of the file; its ending tells its form, and folders in it are ignored.
        content
            Its bytes.
        measure
            What it is of, where that is known.

        Raises
        ------
        TableError
            It is no table; the session stays as it was, and `refused` keeps the error.
        """
        source, asked = Content(name, content), self.asked.of_other_table()
        try:
            sheet = opened(source, None, ())
        except ChoiceError:
            sheet = Sheet(source, (), (), ())  # which outcome is meant has to be asked
        except TableError as error:
            self.refused = error
            raise
        self._change(State(sheet, replace(asked, measure=self._measure(source, asked, measure))))

    def load_dataset(self, name: str) -> None:
        """Open a table that comes with the package."""
        shape, measure = dataset_shape(name)
        known = "" if shape == "AccuracyStudies" else measure
        path = data_dir() / f"{name}.csv"
        self.load(path.name, path.read_bytes(), known)

    @staticmethod
    def _measure(source: Content, asked: Asked, known: str | None) -> str | None:
        if known is not None:
            return known
        try:
            return measure_of_columns(readable_as(source, asked))
        except TableError:  # it can be mended by editing
            return ""

    def edit(self, change: Callable[[Sheet], Sheet]) -> None:
        """Change the table.

        Parameters
        ----------
        change
            Such as ``lambda sheet: sheet.with_cell(0, 1, "12")``.
        """
        assert self.sheet is not None
        changed = change(self.sheet)
        if changed is not self.sheet:
            self._change(replace(self.state, sheet=changed))

    def ask(self, **changes: Any) -> None:
        """Ask anew: fields of `Asked`, or of its request.

        Raises
        ------
        ValueError
            A value that is not allowed.
        """
        of_request = {k: changes.pop(k) for k in list(changes) if k in Request.__annotations__}
        asked = replace(self.asked, request=replace(self.asked.request, **of_request), **changes)
        if asked == self.asked:
            return
        sheet = self.sheet
        if sheet is not None and not sheet.edited and _reading(asked) != _reading(self.asked):
            choice = Choice(asked.comparison, asked.outcome)
            also = {normalise(column) for _, column in asked.column_map}
            try:
                read = opened(sheet.origin, asked.sheet, also, choice)
            except TableError:  # `understood` says why
                read = Sheet(sheet.origin, (), (), ())
            rows_stay = read.rows == sheet.rows
            sheet = replace(read, off=sheet.off) if rows_stay else read
            if not rows_stay:
                asked = replace(asked, measure=self._measure_of_part(sheet.origin, asked))
        self._change(State(sheet, asked))

    def _measure_of_part(self, source: Content, asked: Asked) -> str | None:
        """That which is asked for, if the part of the file can be read as that."""
        try:
            readable = readable_as(source, asked)
        except TableError:
            return asked.measure
        return asked.measure if asked.measure in readable else measure_of_columns(readable)

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def undo(self) -> None:
        """Go back before the last change."""
        if self._past:
            self._future.append(self.state)
            self._set(self._past.pop())

    def redo(self) -> None:
        """Take back what was undone."""
        if self._future:
            self._past.append(self.state)
            self._set(self._future.pop())

    def _change(self, state: State) -> None:
        if self.sheet is not None:
            self._past = [*self._past, self.state][-MOST_STEPS:]
        self._future = []
        self._set(state)

    def _set(self, state: State) -> None:
        self.refused = None
        sheet = state.sheet
        self.understood = (
            Understood() if sheet is None else understand(sheet.source, state.asked_of_source)
        )
        self.state = state
        self.answer = self._answers.get(self.stamp, self.answer)

    @property
    def request(self) -> Request:
        """What the report is asked, with the command that repeats it."""
        assert self.sheet is not None
        return replace(self.asked.request, command=self.command())

    @property
    def stamp(self) -> str:
        """Of the table and of everything that is asked of it."""
        return self._hash(self.asked.text())

    @property
    def is_current(self) -> bool:
        """The answer is of the present table and question."""
        return self.answer is not None and self.understood.ready and self.answer.stamp == self.stamp

    @property
    def fit(self) -> Fit | None:
        """The fit of the present table and model, if it is there."""
        return self._fits.get(self._fit_stamp)

    @property
    def _fit_stamp(self) -> str:
        return self._hash(self.asked.of_fit())

    def _hash(self, text: str) -> str:
        table = self.sheet.source.sha256 if self.sheet is not None else ""
        return hashlib.sha256(f"{table} {text}".encode()).hexdigest()

    @property
    def rows_of_studies(self) -> tuple[int | None, ...]:
        """Which row of the sheet each row of the fitted studies is, in their order."""
        prepared, sheet = self.understood.prepared, self.sheet
        if prepared is None or sheet is None:
            return ()
        read = zip(prepared.found.row, self.understood.places, strict=True)
        place = {label: sheet.index_of(number) for label, number in read}
        return tuple(place.get(label) for label in prepared.studies.by_study().row)

    def accept(self, answer: Answer | None, fitted: Fit | None = None) -> bool:
        """Take an answer; one to what is not asked any more is thrown away.

        Returns
        -------
        bool
            It was of the present state.
        """
        if answer is None or not self.understood.ready or answer.stamp != self.stamp:
            return False
        self.answer = answer
        if not answer.coarse:
            _keep(self._answers, answer.stamp, answer)
        if fitted is not None:
            _keep(self._fits, self._fit_stamp, fitted)
        return True

    def command(self) -> str:
        """The command line that gives the same numbers."""
        assert self.sheet is not None
        return code.command(self.state.asked_of_source, self.sheet.source.file)

    def script(self) -> str:
        """The Python script that does.

        Raises
        ------
        ValueError
            Nothing can be fitted yet.
        """
        if self.sheet is None or self.understood.prepared is None:
            raise ValueError("no script yet: allowed once table and model go together")
        asked = self.state.asked_of_source
        return code.script(self.understood.prepared, asked, self.sheet.source.file)

    def beside(self) -> dict[str, bytes]:
        """Files that belong to a report: table, script, command, session."""
        assert self.sheet is not None
        source, judged = self.sheet.source, self.asked.request.judgements
        files = {
            source.file: source.content,
            "analysis.py": self.script().encode("utf-8", "replace"),
            "command.txt": f"{self.command()}\n".encode("utf-8", "replace"),
            SESSION_FILE: self.save(),
        }
        if judged is not None:
            files[code.JUDGEMENTS] = as_toml(judged).encode()
        return files

    def save(self) -> bytes:
        """The session as a file that `open` reads: table, mapping, question, judgements."""
        return content_of(self.state)

    def open(self, content: bytes) -> None:
        """Take up a session that was saved.

        Raises
        ------
        ValueError
            It is no session; this one stays as it was.
        """
        self._change(state_from(content))


def _reading(asked: Asked) -> tuple[Any, ...]:
    return asked.sheet, asked.column_map, asked.comparison, asked.outcome


def _keep[Kept](kept: dict[str, Kept], stamp: str, new: Kept) -> None:
    """Put the newest last, and forget the oldest."""
    kept.pop(stamp, None)
    kept[stamp] = new
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
