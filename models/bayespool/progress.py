"""What a long computation is at: stages, told to whoever watches. By default nobody does.

The library says what it does by `stage`, `say` and `note`; the command line watches. A watcher
belongs to the context that it was set in, so that fits of one program do not tell on one another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Event:
    """What a watcher is told.

    Attributes
    ----------
    words : str
        The stage, such as "fitting by quadrature", or the line; empty when the lane
        has come to its end.
    done, total : int
        How much of a stage that is counted is done; a total of 0 where nothing is counted.
    lane : str
        Which of the things that go on side by side; empty for the main one.
    kind : {"stage", "line", "text"}
        A stage, which the next one replaces; a line that stays; text for standard output.
    """

    words: str
    done: int = 0
    total: int = 0
    lane: str = ""
    kind: str = "stage"


Watcher = Callable[[Event], None]
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def stage(words: str, done: int = 0, total: int = 0) -> None:
    """Say what is done from now on, and how much of it is done."""
    tell(Event(words, done, total))


def say(words: str) -> None:
    """Say something that stays to be read."""
    tell(Event(words, kind="line"))


def note(words: str) -> None:
    """Say a sentence that must not be missed."""
    say(f"note: {words}")


def show(text: str) -> None:
    """Write text to standard output, where a watcher may have to make room for it."""
    tell(Event(text, kind="text"))


def tell(event: Event, to: Watcher | None = None) -> None:
    """Pass an event on to a watcher, by default the one here; text is written if there is none."""
    to = to or _watcher.get()
    if to is not None:
        to(event)
    elif event.kind == "text":
        sys.stdout.write(event.words)
        sys.stdout.flush()


def watcher() -> Watcher | None:
    """Who watches here, for a thread or a process that is to tell the same one."""
    return _watcher.get()


@contextmanager
def watched_by(watcher: Watcher | None) -> Iterator[None]:
    """Tell `watcher` what goes on inside; None tells nobody."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def in_lane(watcher: Watcher | None, lane: str) -> Watcher | None:
    """A watcher of something that goes on beside the rest, under a name of its own."""
    if watcher is None:
        return None
    return lambda event: watcher(
        replace(event, lane=f"{lane}, {event.lane}" if event.lane else lane)
    )


def without_stages(watcher: Watcher | None) -> Watcher | None:
    """A watcher that does not hear of stages: for the many small fits of one counted stage."""
    if watcher is None:
        return None
    return lambda event: watcher(event) if event.kind != "stage" else None
