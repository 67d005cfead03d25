"""What a run is at, on standard error: a live display on a terminal, else one line a stage."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from typing import Any, TextIO

from bayespool import progress
from bayespool.progress import Event

INTERRUPTED = 130  # exit code
BETWEEN_LINES = 60.0  # seconds between two lines on how much is done, where there is no terminal
SHORTEST = 5.0  # seconds before a rate says anything


@contextmanager
def watched(*, silent: bool = False) -> Iterator[None]:
    """Show what goes on inside; nothing where `silent`."""
    if silent:
        yield
        return
    terminal = _Terminal(sys.stderr)
    try:
        with progress.watched_by(terminal), redirect_stdout(_Paused(sys.stdout, terminal.pause)):
            yield
    finally:
        terminal.pause()


def run(main: Callable[[], Any]) -> None:
    """Run a script's `main` as a command is run: say what is done, exit with 130 on Ctrl-C.

    The first line, before anything heavy is loaded, is that of the script's docstring.
    """
    try:
        with watched():
            progress.say((sys.modules["__main__"].__doc__ or "").partition("\n")[0])
            main()
    except KeyboardInterrupt:
        print("interrupted; reports that were complete stay", file=sys.stderr)
        sys.exit(INTERRUPTED)


class _Terminal:
    """Shows events. Rich is loaded for a live display alone, after the first line is out."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._out = stream, sys.stdout
        self._lock = threading.RLock()
        self._stages: dict[str, str] = {}
        self._since: dict[str, tuple[float, int, float]] = {}  # start, done then, last line
        self._display: Any = None
        self._tasks: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        with self._lock:
            if event.kind == "text":
                self.pause()
                self._out.write(event.words)
                self._out.flush()
            elif event.kind == "line":
                self.pause()
                print(f"{_in(event.lane)}{event.words}", file=self._stream, flush=True)
            else:
                is_new = self._stages.get(event.lane) != event.words
                self._stages[event.lane] = event.words
                if is_new:
                    now = time.monotonic()
                    self._since[event.lane] = now, event.done, now
                show = self._live if self._stream.isatty() else self._line
                show(event, is_new)

    def pause(self) -> None:
        """Clear the display, so that something can be printed; the next stage brings it back."""
        with self._lock:
            if self._display is not None:
                self._display.stop()

    def _line(self, event: Event, is_new: bool) -> None:
        start, before, last = self._since[event.lane]
        if is_new and event.words:
            count = f" ({event.total:,})" if event.total else ""
            print(f"{_in(event.lane)}{event.words}{count}", file=self._stream, flush=True)
        elif event.total and time.monotonic() - last > BETWEEN_LINES:
            self._since[event.lane] = start, before, time.monotonic()
            line = f"{_in(event.lane)}{event.words}: {self._count(event)}"
            print(line, file=self._stream, flush=True)

    def _count(self, event: Event) -> str:
        """How much is done, at which rate, and how long the rest takes at that."""
        if not event.total:
            return ""
        start, before, _ = self._since[event.lane]
        elapsed, done = time.monotonic() - start, event.done - before
        count = f"{event.done:,} of {event.total:,}"
        if elapsed < SHORTEST or done < 1:
            return count
        rate = done / elapsed
        left = timedelta(seconds=round((event.total - event.done) / rate))
        return f"{count}, {rate:,.3g} a second, {left} left"

    def _live(self, event: Event, is_new: bool) -> None:
        if self._display is None:
            self._display = _display(self._stream)
        if not event.words:
            if event.lane in self._tasks:
                self._display.remove_task(self._tasks.pop(event.lane))
            return
        if event.lane not in self._tasks:
            self._tasks[event.lane] = self._display.add_task(event.words, total=None, count="")
        elif is_new:
            self._display.reset(self._tasks[event.lane])
        self._display.update(
            self._tasks[event.lane], description=f"{_in(event.lane)}{event.words}",
            count=self._count(event),
        )  # fmt: skip
        self._display.start()


def _display(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(), console=Console(file=stream), transient=True, redirect_stdout=False,
    )  # fmt: skip


def _in(lane: str) -> str:
    return f"{lane}: " if lane else ""


class _Paused:
    """Standard output that clears the live display before something is written."""

    def __init__(self, stream: TextIO, pause: Callable[[], None]) -> None:
        self._stream, self._pause = stream, pause

    def write(self, text: str) -> int:
        self._pause()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
