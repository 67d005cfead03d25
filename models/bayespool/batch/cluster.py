"""Dask: a cluster of this process, or a scheduler by its address; chunks go out and come back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bayespool.batch.analysis import Analysis
from bayespool.batch.queue import Queue
from bayespool.batch.work import Done, given_up, in_worker
from bayespool.parallel.worker import INSIDE, ONE_THREAD
from bayespool.progress import note

if TYPE_CHECKING:
    from distributed import Client

ANSWER = 5.0  # seconds in which a scheduler has to answer
LOOK_AROUND = 5.0  # seconds between two looks at how many workers there are
AHEAD = 2  # chunks on their way for each thread of the workers
RETRIES = 2  # of a chunk that failed with what another worker might do better
SAME = ("python", "bayespool", "dask", "distributed")
NEEDED = 'Dask is not installed; allowed: pip install "bayespool[batch]", or --workers 0'
Chunk = Sequence[Analysis]


@contextmanager
def connected(address: str, workers: int) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a cluster of this process if that is empty.

    Raises
    ------
    OSError
        Nobody answers there, or somebody of another version.
    ModuleNotFoundError
        Dask is not installed.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise OSError(NEEDED) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what counts is said in words
    if not address:
        with _local(workers) as client:
            yield client
        return
    try:
        asyncio.run(_knock(address))  # a client would wait for a greeting without end
        client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(
            f"--scheduler {address}: no Dask scheduler answered within {ANSWER:g} seconds "
            f"({reason}); allowed: the address that `dask scheduler` prints, such as "
            "tcp://10.0.0.1:8786"
        ) from None
    try:
        _check_scheduler(client, address)
        if not client.nthreads():
            note(f"the scheduler at {address} has no workers yet; waiting for the first")
        yield client
    finally:
        client.close(timeout=ANSWER)


async def _knock(address: str) -> None:
    """Raise unless somebody at the address greets as Dask does."""
    from distributed.comm import connect
    from distributed.security import Security

    keys = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=ANSWER, **keys), ANSWER)
    comm.abort()


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    import dask
    import distributed

    environment = dict.fromkeys(ONE_THREAD, "1") | {INSIDE: "1"}
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environment}),
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


def _check_scheduler(client: Client, address: str) -> None:
    try:
        there = client.run_on_scheduler(versions)
    except Exception as error:  # whatever it has instead of bayespool
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(
            f"--scheduler {address}: the scheduler cannot load bayespool ({reason}); allowed: a "
            "scheduler with the same versions as here"
        ) from None
    check_versions("the scheduler", there, address)


def versions() -> dict[str, str]:
    """Of what has to be the same wherever an analysis goes."""
    import platform
    from importlib.metadata import version

    found = {name: version(name) for name in SAME if name != "python"}
    return found | {"python": ".".join(platform.python_version_tuple()[:2])}


def check_versions(who: str, there: Mapping[str, str], address: str) -> None:
    """Refuse a scheduler or a worker of another version.

    Raises
    ------
    OSError
        It differs from here.
    """
    here = versions()
    for name in SAME:
        if there[name] != here[name]:
            raise OSError(
                f"--scheduler {address}: {who} has {name} {there[name]}, and here is {here[name]}; "
                "allowed: the same versions everywhere"
            )


def chunks_done(
    client: Client, queue: Queue, *, draws: bool, address: str = ""
) -> Iterator[tuple[Chunk, Done]]:
    """Chunks as they come back, a bounded number of them on their way.

    Dask holds everything that was with a dead worker to be its end. What was is tried again one by
    one with nothing beside it; an analysis that ends its worker even then has failed.

    Raises
    ------
    OSError
        The scheduler is gone, or a worker is of another version.
    """
    from distributed import Future, as_completed

    coming, on_their_way = as_completed([], loop=client.loop), dict[Future, tuple[bool, Chunk]]()
    look = _Look(client, address)
    while queue or on_their_way:
        room = look.room()
        while queue and len(on_their_way) < room and not (queue.suspects_only and on_their_way):
            alone, analyses = queue.suspects_only, queue.take()
            future = client.submit(in_worker, analyses, draws, pure=False, retries=RETRIES)
            on_their_way[future] = alone, analyses
            coming.add(future)
        future = next(coming)
        alone, chunk = on_their_way.pop(future)
        if future.status == "finished":
            done: Done = future.result()
            queue.timed(len(chunk), done.seconds)
            yield chunk, done
        elif future.status == "error":
            error = future.exception()
            if isinstance(error, ModuleNotFoundError):
                raise OSError(f"a worker cannot load what it needs: {error}; allowed: workers with "
                              "bayespool and its packages") from None  # fmt: skip
            if alone:
                yield chunk, given_up(chunk[0], _why(error))
            else:
                queue.alone(chunk)
        else:
            raise OSError(
                f"the scheduler {address or 'of this process'} is gone; what was finished is kept, "
                "and the same command goes on from there"
            )
        future.release()


def _why(error: BaseException | None) -> str:
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        deaths = error.allowed_failures + 1
        times = f"{deaths} time{'s' * (deaths != 1)}"
        return f"the worker died of it, {times} (memory, or a crash of a library)"
    return f"{type(error).__name__}: {error}, {RETRIES + 1} times"


class _Look:
    """How many threads the workers have, looked up now and then, and their versions with it."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._room, self._next = 1, 0.0
        self._known = set[str]()

    def room(self) -> int:
        """How many chunks may be on their way."""
        if time.monotonic() >= self._next:
            threads: dict[str, int] = self._client.nthreads()
            new = set(threads) - self._known
            if new and self._address:
                self._check(sorted(new))
            self._known |= new
            self._room = max(1, AHEAD * sum(threads.values()))
            self._next = time.monotonic() + LOOK_AROUND
        return self._room

    def _check(self, new: list[str]) -> None:
        try:
            found: dict[str, Any] = self._client.run(versions, workers=new, on_error="return")
        except (OSError, TimeoutError):  # gone again
            return
        for worker, there in found.items():
            if isinstance(there, Exception):
                reason = (str(there).splitlines() or [type(there).__name__])[0]
                raise OSError(
                    f"the worker {worker} cannot load bayespool ({reason}); allowed: workers with "
                    "the same versions as here"
                )
            check_versions(f"the worker {worker}", there, self._address)
