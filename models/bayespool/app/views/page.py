"""The page as a whole: every change is followed by a check, a coarse answer, and the answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import background_tasks, ui

from bayespool.app import answer as answers
from bayespool.app import taken
from bayespool.app.server import Sessions
from bayespool.app.session import Session
from bayespool.app.views.answer import AnswerView
from bayespool.app.views.panel import PanelView
from bayespool.app.views.question import QuestionView
from bayespool.app.views.table import TableView
from bayespool.app.views.takeaway import TakeawayView
from bayespool.app.work import Cancelled, Job, Workshop
from bayespool.progress import Event

HERE = Path(__file__).parent
DEBOUNCE = 0.3  # seconds
SHORTEST = 0.1  # seconds that are worth a word
MOST_WAITING = 256  # pieces of work of all sessions, each of which waits in a thread
THREADS = ThreadPoolExecutor(MOST_WAITING, thread_name_prefix="bayespool-page")


class Page:
    """One page in one tab of a browser.

    Parameters
    ----------
    session : Session
    folder : Path
        Of the session, for files that are written on the way.
    workshop : Workshop
    """

    def __init__(self, session: Session, folder: Path, workshop: Workshop) -> None:
        self._session, self._folder, self._workshop = session, folder, workshop
        self._lock = asyncio.Lock()
        self._job: Job | None = None
        self._round = 0
        self._since = time.monotonic()
        self._stage = ""
        self._closed = False
        self._build()
        self.refresh()
        ui.timer(0.2, self._tick)
        self.answer_soon()

    def _build(self) -> None:
        with ui.element("header").classes("bar"):
            ui.html("bayespool", tag="h1")
            ui.element("div").classes("gap")
            self._undo = self._small("Undo", "undo", lambda: self.change(self._session.undo))
            self._redo = self._small("Redo", "redo", lambda: self.change(self._session.redo))
            dark = ui.dark_mode(value=None)
            self._small("Light or dark", "contrast", lambda: dark.set_value(not dark.value))
        with ui.element("main").classes("columns"):
            with ui.element("div"):
                self._table = TableView(self._session, self.change)
                self._question = QuestionView(self._session, self.change)
            with ui.element("div"):
                with ui.element("section").classes("part").props('aria-label="Answer"'):
                    ui.html("Answer", tag="h2")
                    with ui.element("div").classes("state").props('role="status"'):
                        self._spinner = ui.spinner(size="1.4em")
                        self._state = ui.label("")
                        self._cancel = ui.button("Cancel", on_click=self._stop)
                        self._cancel.props("flat dense no-caps")
                    self._answer = AnswerView(self._session)
                self._panel = PanelView(self._session, self.change)
                self._takeaway = TakeawayView(self._session, self.write)

    def _small(self, words: str, icon: str, action: Callable[[], Any]) -> Any:
        return ui.button(icon=icon, on_click=action).props(
            f'flat round dense aria-label="{words}"'
        ).tooltip(words)  # fmt: skip

    def refresh(self) -> None:
        """Have every part show the session as it is."""
        for view in (
            self._table, self._question, self._answer, self._panel, self._takeaway,
        ):  # fmt: skip
            view.refresh()
        self._undo.set_enabled(self._session.can_undo)
        self._redo.set_enabled(self._session.can_redo)
        self._tick()

    async def change(self, action: Callable[..., None], *arguments: Any) -> None:
        """Do something to the session, show it, and have it answered anew."""
        async with self._lock:
            before = self._session.state
            await _in_thread(action, *arguments)
        if self._session.state is not before:
            self._stop()
            self.refresh()
            self.answer_soon()

    def answer_soon(self) -> None:
        """Begin to answer, once nothing has changed for a moment."""
        if self._session.understood.ready and not self._finished:
            self._round += 1
            background_tasks.create(self._answer_it(self._round), name="answer")

    @property
    def _finished(self) -> bool:
        answer = self._session.answer
        complete = answer is not None and not answer.coarse and bool(answer.drawings)
        return complete and self._session.is_current

    async def _answer_it(self, number: int) -> None:
        await asyncio.sleep(DEBOUNCE)
        if number != self._round or self._closed:
            return
        session = self._session
        prepared, request, asked = session.understood.prepared, session.request, session.asked
        stamp = session.stamp
        if session.fit is not None:
            found = await self._work(answers.numbers, session.fit, request, stamp)
        else:
            self._accept(
                number, await self._work(answers.coarse, prepared, request, asked.seed, stamp)
            )
            if number != self._round:
                return
            found = await self._work(
                answers.refined, prepared, request, asked.engine, asked.seed, stamp
            )
        if found is not None and self._accept(number, *found):
            answer, fitted = found
            drawn = await self._work(answers.with_figures, answer, fitted, request)
            self._accept(number, drawn, fitted)

    def _accept(self, number: int, answer: Any, fitted: Any = None) -> bool:
        taken_in = number == self._round and self._session.accept(answer, fitted)
        if taken_in:
            self.refresh()
        return taken_in

    async def _work(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a worker finds; None where it was cancelled or failed, which is said then."""
        job = self._workshop.job(long=function is not answers.coarse)
        self._job, self._since, self._stage = job, time.monotonic(), "waiting for a free process"
        work = partial(job.run, function, *arguments, watcher=self._told(job))
        try:
            return await asyncio.get_running_loop().run_in_executor(THREADS, work)
        except Cancelled:
            return None
        except Exception as error:
            if not self._closed:
                self._failed(error)
            return None
        finally:
            if self._job is job:
                self._job, self._stage = None, ""

    def _told(self, job: Job) -> Callable[[Event], None]:
        def watch(event: Event) -> None:
            if self._job is job and event.words:
                count = f", {event.done:,} of {event.total:,}" if event.total else ""
                self._stage = f"{event.words}{count}"

        return watch

    def _failed(self, error: Exception) -> None:
        logging.getLogger("bayespool.app").error("work for a page failed", exc_info=error)
        self._stage = ""
        with self._state:
            ui.notify(f"No answer: {error}", type="negative", multi_line=True, timeout=0,
                      close_button="Close")  # fmt: skip

    def _stop(self) -> None:
        self._round += 1
        if self._job is not None:
            self._job.cancel()
            self._job, self._stage = None, ""

    def close(self) -> None:
        """The browser has left."""
        self._closed = True
        self._stop()

    def _tick(self) -> None:
        working = self._job is not None
        self._spinner.set_visibility(working)
        self._cancel.set_visibility(working)
        self._state.set_text(self._state_in_words(working))

    def _state_in_words(self, working: bool) -> str:
        session, answer = self._session, self._session.answer
        if session.sheet is None:
            return "Open a table, or look at an example."
        if not session.understood.ready:
            old = " The numbers below are of an earlier table." if answer is not None else ""
            return f"Nothing to fit yet: see what is to be mended.{old}"
        parts = []
        if working:
            parts.append(f"{self._stage or 'fitting'} ({time.monotonic() - self._since:.0f} s)")
        if answer is not None and not session.is_current:
            parts.append("the numbers below are out of date")
        elif session.is_current and answer is not None and answer.coarse:
            parts.append("first digits; the full answer follows")
        elif session.is_current and answer is not None:
            took = f", in {answer.seconds:.1f} s" if answer.seconds >= SHORTEST else ""
            parts.append(f"of the table as it stands{took}")
        elif not working:
            parts.append("about to fit")
        text = "; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}."

    async def write(self, more: taken.More) -> taken.Taken | None:
        """The report of the present answer, written if it is not there yet."""
        session = self._session
        key = f"{session.stamp} {more}"
        if session.taken is not None and session.taken.stamp == key:
            return session.taken
        if session.fit is None or self._job is not None:
            ui.notify("Wait for the answer first.")
            return None
        found: taken.Taken | None = await self._work(
            taken.take, session.fit, session.request, more, session.beside(), key,
            str(self._folder),
        )  # fmt: skip
        session.taken = found or session.taken
        return found


async def _in_thread(action: Callable[..., None], *arguments: Any) -> None:
    await asyncio.get_running_loop().run_in_executor(THREADS, partial(action, *arguments))


async def build(sessions: Sessions, workshop: Workshop) -> None:
    """Build the page of the tab that asks for it."""
    client = ui.context.client
    ui.colors(primary="#00578a")
    ui.add_css((HERE / "style.css").read_text(encoding="utf-8"))
    ui.add_head_html(f"<script>{(HERE / 'linked.js').read_text(encoding='utf-8')}</script>")
    await client.connected()
    tab = client.tab_id or client.id
    try:
        session, folder = sessions.take(tab)
    except RuntimeError as error:
        ui.label(str(error)).props('role="alert"')
        return
    page = Page(session, folder, workshop)

    def left() -> None:
        page.close()
        sessions.leave(tab)

    client.on_delete(left)
