"""A second Python process that calls functions for this one: both ends of its pipes.

It is a clean interpreter, neither a fork (which would inherit locks of threads in any state) nor a
second run of the calling script (which need not be guarded by ``if __name__ == "__main__"``).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

from bayespool import progress

INSIDE = "BAYESPOOL_WORKER"  # set in the environment of a worker
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
              "VECLIB_MAXIMUM_THREADS")  # fmt: skip
MAIN, ELSEWHERE = "__main__", "__mp_main__"  # as multiprocessing calls it
FINAL = ("done", "failed", "unreadable")


class Unreadable(Exception):
    """The worker cannot load what it was sent: the task must be done in the process that has it."""


class Worker:
    """The caller's end: starts the process, and has it call functions, one at a time."""

    def __init__(self) -> None:
        paths = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
        told = dict.fromkeys(ONE_THREAD, "1") | {INSIDE: "1", "PYTHONPATH": paths}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from bayespool.parallel.worker import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | told,
            # Ctrl-C is the caller's to handle
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip

    def call(self, task: bytes, tell: Callable[[str, Any], None]) -> Any:
        """What a task returns, or raises, as it would here.

        Parameters
        ----------
        task : bytes
            From `packed`.
        tell : callable of (kind, content)
            Hears what the task says meanwhile: an ``event`` of `progress`, a ``text`` for standard
            output, or a ``warning``. It is called in this thread.

        Raises
        ------
        Unreadable
            The process has no way to load the function or one of its arguments.
        RuntimeError
            The process ended.
        """
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        try:
            sink.write(task)
            sink.flush()
            while True:
                kind, content = pickle.load(source)
                if kind in FINAL:
                    break
                tell(kind, content)
        except (EOFError, BrokenPipeError):
            code = self._process.wait()
            raise RuntimeError(
                f"a process that computed a part of this ended with exit code {code}"
                + (" (was there enough memory?)" if code < 0 else "")
            ) from None
        except BaseException:
            self.kill()  # nobody knows where its next answer would begin
            raise
        if kind == "done":
            return content
        raise Unreadable(content) if kind == "unreadable" else content

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process, whatever it does; a call that waits for it fails."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process, which nobody calls any more."""
        self.kill()
        with suppress(BrokenPipeError):  # of what was still to be sent
            self._process.__exit__(None, None, None)


def packed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes | None:
    """A task as bytes, or None where another process could not load it.

    A function of the script that runs is found again by running the script under another name, and
    the script is taken to allow that. An argument of a class that the script defines is not.
    """
    own = function.__module__ == MAIN
    sys.modules.setdefault(ELSEWHERE, sys.modules[MAIN])  # what comes back may be of its classes
    script = getattr(sys.modules[MAIN], "__file__", None) if own else None
    if own and script is None:
        return None
    try:
        content = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):  # a lambda, a lock, an open file
        return None
    if not own and MAIN.encode() in content:
        return None
    return pickle.dumps((script, content), pickle.HIGHEST_PROTOCOL)


def serve() -> None:
    """The worker's end: do tasks from standard input until it is closed."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    lock = threading.Lock()

    def send(kind: str, content: Any) -> None:
        message = pickle.dumps((kind, content), pickle.HIGHEST_PROTOCOL)
        with lock:
            channel.write(message)
            channel.flush()

    tasks: SimpleQueue[tuple[str | None, bytes]] = SimpleQueue()
    threading.Thread(target=_read, args=(tasks,), daemon=True).start()
    sys.stdout = _Lines(send)
    while True:
        _do(*tasks.get(), send)


def _read(tasks: SimpleQueue[tuple[str | None, bytes]]) -> None:
    """Queue tasks; end the process at once when the caller is gone, even amid a task."""
    try:
        while True:
            tasks.put(pickle.load(sys.stdin.buffer))
    finally:
        os._exit(0)


def _do(script: str | None, content: bytes, send: Callable[[str, Any], None]) -> None:
    try:
        if script is not None:
            _load_as_main(script)
        function, arguments = pickle.loads(content)
    except (AttributeError, ImportError):
        send("unreadable", traceback.format_exc())
        return
    answer: tuple[str, Any]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with progress.watched_by(lambda event: send("event", event)):
            try:
                answer = "done", function(*arguments)
            except Exception as error:
                answer = "failed", _portable(error)
    sys.stdout.flush()
    for warning in _distinct(caught):
        send("warning", (warning.message, warning.category, warning.filename, warning.lineno))
    try:
        send(*answer)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        send("failed", _portable(error))


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, or one of the same words if it cannot be sent."""
    told = "".join(traceback.format_exception(error))
    try:
        error = pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its own reduction and construction raise
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(f"In another process:\n{told}")
    return error


def _distinct(caught: list[warnings.WarningMessage]) -> Iterator[warnings.WarningMessage]:
    seen = set()
    for warning in caught:
        key = (str(warning.message), warning.category, warning.filename, warning.lineno)
        if key not in seen:
            seen.add(key)
            yield warning


def _load_as_main(script: str) -> None:
    """Run the caller's script once under another name, and find its functions as ``__main__``."""
    if getattr(sys.modules[MAIN], "__file__", None) == script:
        return
    module = ModuleType(ELSEWHERE)
    module.__file__ = script
    sys.modules[ELSEWHERE] = sys.modules[MAIN] = module
    exec(compile(Path(script).read_bytes(), script, "exec"), vars(module))


class _Lines:
    """Standard output of a worker: whole lines go to the caller."""

    encoding = "utf-8"

    def __init__(self, send: Callable[[str, Any], None]) -> None:
        self._send, self._rest = send, ""

    def write(self, text: str) -> int:
        lines, newline, self._rest = (self._rest + text).rpartition("\n")
        if newline:
            self._send("text", lines + newline)
        return len(text)

    def flush(self) -> None:
        if self._rest:
            self._send("text", self._rest)
            self._rest = ""

    def isatty(self) -> bool:
        return False
