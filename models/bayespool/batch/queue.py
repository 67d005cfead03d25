"""What is still to be done, handed out in chunks that take about as long as one another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from bayespool.batch.analysis import Analysis

SECONDS = 2.0  # that a chunk is to take
MOST = 250  # analyses of a chunk, so that little is lost with a worker
SHARE = 4  # chunks that each worker gets at least


class Queue:
    """Analyses that wait, and those that have to be done alone.

    Parameters
    ----------
    analyses
        All of them.
    workers
        Among which they are shared out.
    """

    def __init__(self, analyses: Iterable[Analysis], workers: int) -> None:
        self._waiting = deque(analyses)
        self._suspects = deque[Analysis]()
        self._most = max(1, min(MOST, len(self._waiting) // (SHARE * workers)))
        self._seconds: float | None = None  # of one analysis

    def __bool__(self) -> bool:
        return bool(self._waiting or self._suspects)

    @property
    def suspects_only(self) -> bool:
        """What is left may end its worker: one of them at a time, with nothing beside it."""
        return not self._waiting

    def take(self) -> list[Analysis]:
        """The next chunk; the first ones are single, as nobody knows yet how long one takes."""
        if not self._waiting:
            return [self._suspects.popleft()]
        size = 1
        if self._seconds is not None:
            size = max(1, min(self._most, int(SECONDS / max(self._seconds, 1e-6))))
        return [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]

    def timed(self, analyses: int, seconds: float) -> None:
        """Learn how long one analysis takes."""
        own = seconds / analyses
        self._seconds = own if self._seconds is None else 0.5 * (self._seconds + own)

    def alone(self, analyses: Iterable[Analysis]) -> None:
        """Put back what died with a worker; one of them may be the cause."""
        self._suspects.extend(analyses)
