"""What takes long goes on in processes of their own: with progress, and ended when it is stale."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from bayespool.parallel.pool import POLL, Pool, cores, pass_on
from bayespool.parallel.worker import Worker
from bayespool.progress import Watcher


class Cancelled(Exception):
    """The work was not wanted any more."""


class Workshop:
    """Worker processes that all sessions of a server share; others wait for their turn.

    Parameters
    ----------
    most : int, optional
        Processes at the same time; by default as many as there are cores, and two at least, so that
        a first answer need not wait for a long one.
    """

    def __init__(self, most: int | None = None) -> None:
        most = max(2, cores()) if most is None else most
        self._pool = Pool(most)
        self._closed = False
        self._long = threading.Semaphore(max(1, most - 1))

    def warm(self) -> None:
        """Start a process and have it load what every fit needs, before it is asked for."""
        threading.Thread(target=self._warm, daemon=True).start()

    def _warm(self) -> None:
        try:
            self.job().run(load)
        except (RuntimeError, Cancelled):
            if not self._closed:
                raise

    def job(self, *, long: bool = False) -> Job:
        """One piece of work, to be run once; long ones leave a process to those that are not."""
        return Job(self._pool, self.warm, lambda: self._closed, self._long if long else None)

    def close(self) -> None:
        """End all processes."""
        self._closed = True
        self._pool.close()


class Job:
    """One piece of work, which may be cancelled from another thread."""

    def __init__(
        self, pool: Pool, again: Callable[[], None], closed: Callable[[], bool],
        turn: threading.Semaphore | None = None,
    ) -> None:  # fmt: skip
        self._pool, self._again, self._closed, self._turn = pool, again, closed, turn
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._wanted = True

    def run(
        self, function: Callable[..., Any], *arguments: Any, watcher: Watcher | None = None
    ) -> Any:
        """What the function returns, or raises; waits for it, and for a free process before it.

        Parameters
        ----------
        function, arguments
            Of a module, and what can be sent to another process.
        watcher
            Is told of stages, in this thread.

        Raises
        ------
        Cancelled
            `cancel` was called.
        """
        content = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        task = pickle.dumps((None, content), pickle.HIGHEST_PROTOCOL)  # of no script
        if self._turn is None:
            return self._done(task, watcher)
        while not self._turn.acquire(timeout=POLL):
            if not self._wanted:
                raise Cancelled
        try:
            return self._done(task, watcher)
        finally:
            self._turn.release()

    def _done(self, task: bytes, watcher: Watcher | None) -> Any:
        """Have a free process do it."""
        worker = self._pool.take(lambda: self._wanted and not self._closed())
        if worker is None:
            raise Cancelled
        try:
            with self._lock:
                if not self._wanted:
                    raise Cancelled
                self._worker = worker
            return worker.call(task, partial(pass_on, watcher))
        except RuntimeError:
            if not self._wanted:
                raise Cancelled from None
            raise
        finally:
            with self._lock:
                self._worker = None
            self._pool.give_back(worker)

    def cancel(self) -> None:
        """Let go of the work; if it has begun its process is ended, and another one is warmed."""
        with self._lock:
            self._wanted = False
            worker = self._worker
            if worker is not None:
                worker.kill()
        if worker is not None:
            self._again()


def load() -> None:
    """Load what every fit and its figures need (in a worker)."""
    for name in ("bayespool.app.answer", "bayespool.figures.forest", "bayespool.figures.sroc"):
        import_module(name)
