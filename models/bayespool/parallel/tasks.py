"""A list of independent tasks, done on all cores where that pays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bayespool import progress
from bayespool.parallel.pool import POLL, cores, pass_on, pool
from bayespool.parallel.worker import Unreadable, Worker, packed
from bayespool.progress import Event, Watcher

WORTH_STARTING = 1.5  # seconds of work left, from which on another process pays (it takes 0.5)
WORTH_SENDING = 0.1  # the same where one is there already

Tasks = Sequence[tuple[Any, ...]]


def each(
    function: Callable[..., Any], tasks: Tasks, words: str = "", lanes: Sequence[str] = ()
) -> list[Any]:
    """``[function(*task) for task in tasks]``, on all cores where that pays.

    Parameters
    ----------
    function : callable
        Of a module; or of a script, which is then run once more by every worker and must do its
        work under ``if __name__ == "__main__"``.
    tasks : sequence of tuples
        Arguments. A task that another process could not load is done in this one.
    words : str
        What is counted, such as "refits": a stage of `progress`, in which no stages of the tasks
        themselves are heard of.
    lanes : sequence of str, optional
        A name for each task, if all that they say is to be heard. They are large then, and other
        processes start at once.

    Raises
    ------
    Exception
        What the first task in order that fails raises.
    """
    run = _Run(function, tasks, words, lanes)
    if lanes and len(tasks) > 1:
        run.seek_help()
    try:
        while (index := run.next_here()) is not None:
            run.do_here(index)
    except BaseException:
        run.stop()
        raise
    return run.results


class _Run:
    """The state of one `each`: which tasks are taken, done and failed."""

    def __init__(
        self, function: Callable[..., Any], tasks: Tasks, words: str, lanes: Sequence[str]
    ) -> None:
        self.function, self.tasks, self.words, self.lanes = function, tasks, words, lanes
        self.results: list[Any] = [None] * len(tasks)
        self.errors: dict[int, Exception] = {}
        self.waiting = list(range(len(tasks)))
        self.only_here: list[int] = []
        self.away: dict[int, Worker] = {}
        self.done, self.started, self.helped, self.stopped = 0, time.monotonic(), False, False
        self.changed = threading.Condition()
        self.watcher = progress.watcher()
        if words:
            progress.stage(words, 0, len(tasks))

    def listener(self, index: int) -> Watcher | None:
        """Who hears what a task says."""
        if self.lanes:
            return progress.in_lane(self.watcher, self.lanes[index])
        return progress.without_stages(self.watcher) if self.words else self.watcher

    def next_here(self) -> int | None:
        """The next task for this process; waits while a worker may hand one back."""
        with self.changed:
            while True:
                first = min(self.errors, default=None)
                before = [i for i in (*self.away, *self.only_here) if first is None or i < first]
                if first is not None and not before:
                    raise self.errors[first]
                own = self.only_here or ([] if self.errors else self.waiting)
                if own:
                    return own.pop(0)
                if not self.away:
                    return None
                self.changed.wait(POLL)

    def next_away(self, worker: Worker) -> int | None:
        with self.changed:
            if self.stopped or self.errors or not self.waiting:
                return None
            index = self.waiting.pop(0)
            self.away[index] = worker
            return index

    def do_here(self, index: int) -> None:
        try:
            with progress.watched_by(self.listener(index)):
                result = self.function(*self.tasks[index])
        except Exception as error:
            self.fail(index, error)
        else:
            self.finish(index, result)
            self.consider_help()

    def finish(self, index: int, result: Any) -> None:
        with self.changed:
            self.results[index] = result
            self.away.pop(index, None)
            self.done += 1
            done = self.done
            self.changed.notify_all()
        if self.watcher is not None and self.words:
            self.watcher(Event(self.words, done, len(self.tasks)))
        if self.watcher is not None and self.lanes:
            self.watcher(Event("", lane=self.lanes[index]))

    def fail(self, index: int, error: Exception) -> None:
        """Remember the error; what comes later in the order is of no use any more."""
        with self.changed:
            self.away.pop(index, None)
            if not self.stopped:
                self.errors[index] = error
                for other, worker in self.away.items():
                    if other > index:
                        worker.kill()
            self.changed.notify_all()

    def hand_back(self, index: int) -> None:
        with self.changed:
            self.away.pop(index, None)
            self.only_here.append(index)
            self.changed.notify_all()

    def stop(self) -> None:
        """End what workers do for this run."""
        with self.changed:
            self.stopped = True
            for worker in self.away.values():
                worker.kill()

    def consider_help(self) -> None:
        """Seek help once it is known that what is left is worth it."""
        if self.helped or not self.waiting or cores() == 1:
            return
        left = (time.monotonic() - self.started) / self.done * len(self.waiting)
        if left > (WORTH_SENDING if pool.idle else WORTH_STARTING):
            self.seek_help()

    def seek_help(self) -> None:
        self.helped = True
        for _ in range(min(cores() - 1, len(self.waiting))):
            threading.Thread(target=self.help, daemon=True).start()

    def help(self) -> None:
        """Let a worker do tasks while there are any (in a thread of its own)."""
        worker = pool.take(lambda: bool(self.waiting) and not self.stopped and not self.errors)
        if worker is None:
            return
        while worker.alive and (index := self.next_away(worker)) is not None:
            try:
                task = packed(self.function, self.tasks[index])
                if task is None:
                    self.hand_back(index)
                    continue
                result = worker.call(task, partial(pass_on, self.listener(index)))
            except Unreadable:
                self.hand_back(index)
            except Exception as error:
                self.fail(index, error)
            else:
                self.finish(index, result)
        pool.give_back(worker)
