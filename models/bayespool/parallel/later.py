"""One computation that goes on beside another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from bayespool import progress
from bayespool.parallel.pool import POLL, cores, pass_on, pool
from bayespool.parallel.worker import Unreadable, Worker, packed
from bayespool.progress import Event


class Later:
    """The result of a computation that goes on beside this one.

    It is begun as soon as a worker is free for it. Where none was until the result is asked for, it
    is computed here and now.
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], lane: str) -> None:
        self._function, self._arguments, self._lane = function, arguments, lane
        self._listener = progress.in_lane(progress.watcher(), lane)
        self._changed = threading.Condition()
        self._state = "waiting"  # away, here, done
        self._result: Any = None
        self._error: Exception | None = None
        if cores() > 1:
            threading.Thread(target=self._send, daemon=True).start()

    def result(self) -> Any:
        """What the function returns, or raises; waits for it."""
        if self._state == "away":
            progress.stage(f"waiting for the {self._lane}")
        while True:
            if self._claim("here"):
                self._do_here()
            with self._changed:
                if self._state == "done":
                    break
                self._changed.wait(POLL)
        if self._error is not None:
            raise self._error
        return self._result

    def _claim(self, state: str) -> bool:
        with self._changed:
            free = self._state == "waiting"
            if free:
                self._state = state
            return free

    def _settle(self, state: str, result: Any = None, error: Exception | None = None) -> None:
        with self._changed:
            self._state, self._result, self._error = state, result, error
            self._changed.notify_all()
        progress.tell(Event("", lane=self._lane), self._listener)

    def _do_here(self) -> None:
        try:
            with progress.watched_by(self._listener):
                result = self._function(*self._arguments)
        except Exception as error:
            self._settle("done", error=error)
        except BaseException:
            self._settle("waiting")  # interrupted; it may be asked for again
            raise
        else:
            self._settle("done", result)

    def _send(self) -> None:
        """Have a worker do it (in a thread of its own)."""
        task = packed(self._function, self._arguments)
        if task is None:
            return
        worker = pool.take(lambda: self._state == "waiting")
        if worker is None:
            return
        if self._claim("away"):
            self._do_away(worker, task)
        pool.give_back(worker)

    def _do_away(self, worker: Worker, task: bytes) -> None:
        try:
            result = worker.call(task, partial(pass_on, self._listener))
        except Unreadable:
            self._settle("waiting")
        except Exception as error:
            self._settle("done", error=error)
        else:
            self._settle("done", result)


def beside(function: Callable[..., Any], *arguments: Any, lane: str) -> Later:
    """Begin ``function(*arguments)`` in another process; `lane` names it in `progress`."""
    return Later(function, arguments, lane)
