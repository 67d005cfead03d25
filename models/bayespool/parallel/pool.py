"""How many processes there may be, and the workers that were started, lent to one run at a time."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from bayespool import progress
from bayespool.parallel.worker import INSIDE, Worker
from bayespool.progress import Event, Watcher

CORES = "BAYESPOOL_CORES"  # environment variable that limits them
POLL = 0.5  # seconds after which a wait looks around (for Ctrl-C on Windows)
LONGEST_FAREWELL = 5.0  # seconds


def cores() -> int:
    """How many computations may go on at the same time; 1 inside a worker.

    Raises
    ------
    ValueError
        ``BAYESPOOL_CORES`` is no positive whole number.
    """
    if INSIDE in os.environ or not sys.executable:
        return 1
    asked = os.environ.get(CORES)
    if asked is not None:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"{CORES}={asked}: must be a whole number, 1 or more")
        return int(asked)
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    return os.cpu_count() or 1


class Pool:
    """Workers that were started, lent to one run at a time.

    Parameters
    ----------
    most : int, optional
        At the same time; by default one fewer than cores, as the caller works too.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self.changed = threading.Condition()
        self.idle: list[Worker] = []
        self.lent: set[Worker] = set()

    @property
    def most(self) -> int:
        """How many there may be at the same time."""
        return cores() - 1 if self._most is None else self._most

    def take(self, wanted: Callable[[], bool]) -> Worker | None:
        """A worker as soon as there is one; None when it is not wanted any more."""
        with self.changed:
            while wanted():
                if self.idle or len(self.lent) < self.most:
                    worker = self.idle.pop() if self.idle else Worker()
                    self.lent.add(worker)
                    return worker
                self.changed.wait(POLL)
        return None

    def give_back(self, worker: Worker) -> None:
        with self.changed:
            self.lent.remove(worker)
            if worker.alive:
                self.idle.append(worker)
            else:
                worker.close()
            self.changed.notify_all()

    def close(self) -> None:
        """End all workers, whatever they do, and wait for the threads that listen to them."""
        with self.changed:
            for worker in self.lent:
                worker.kill()
            while self.idle:
                self.idle.pop().close()
            self.changed.wait_for(lambda: not self.lent, LONGEST_FAREWELL)


pool = Pool()
atexit.register(lambda: pool.close())


def _forget() -> None:
    """In a fork: the workers are the parent's."""
    pool.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def pass_on(watcher: Watcher | None, kind: str, content: Any) -> None:
    """Tell here what a worker says."""
    if kind == "event" and watcher is not None:
        watcher(content)
    elif kind == "text":
        progress.tell(Event(content, kind="text"), watcher)
    elif kind == "warning":
        message, category, file, line = content
        warnings.warn_explicit(message, category, file, line)
