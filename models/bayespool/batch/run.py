"""A batch from its plan to a folder: what is done already stays, the rest is computed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bayespool import progress
from bayespool.batch import results
from bayespool.batch.analysis import FORMAT
from bayespool.batch.cluster import Chunk, chunks_done, connected
from bayespool.batch.plan import Plan
from bayespool.batch.queue import Queue
from bayespool.batch.work import Done, chunk_done, given_up
from bayespool.decoded import from_json
from bayespool.parallel import cores
from bayespool.replacing import replacing_file

ABOUT, LOCK = "batch.json", ".lock"
CONTENTS = (ABOUT, results.RESULTS, results.POSTERIORS, "index.html", "reports")


@dataclass(frozen=True)
class Ended:
    """How a batch went.

    Parameters
    ----------
    total, kept
        Analyses of the plan, and how many of them were done before.
    failed
        How many have no answer, or one that did not pass its gates.
    """

    total: int
    kept: int
    failed: int


def run_batch(
    plan: Plan,
    folder: str | Path,
    *,
    scheduler: str = "",
    workers: int | None = None,
    draws: bool = False,
) -> Ended:
    """Do what is not done yet of a plan, and put every part into the folder as it comes.

    Parameters
    ----------
    plan : Plan
    folder : path
        New, empty, or of the same plan; see `bayespool.batch.results` for what it holds.
    scheduler : str
        Address of a Dask scheduler; by default a cluster of this process.
    workers : int, optional
        Processes of that cluster, by default as many as cores; 0 computes in this process alone.
    draws : bool
        Keep the draws of every estimand, too.

    Raises
    ------
    ValueError
        The folder is of another plan or of something else, or another run writes it.
    OSError
        The scheduler is not there, is gone, or has another version.
    """
    place, n = Path(folder), cores() if workers is None else workers
    if n < 0 or (scheduler and workers is not None):
        raise ValueError(
            f"--workers {n}: allowed is 0 or more, and no --scheduler, which has its own"
        )
    check_folder(place, plan)
    with _only_run(place):
        _write_about(place, plan)
        named = {(one.name, one.key) for one in plan.analyses}
        done = results.finished(place, named, draws=draws)
        rest = [one for one in plan.analyses if (one.name, one.key) not in done]
        if done:
            progress.say(f"{len(done):,} of {len(plan.analyses):,} analyses were done before")
        if rest and (n or scheduler):
            with connected(scheduler, min(n, len(rest))) as client:
                queue = Queue(rest, max(1, sum(client.nthreads().values())))
                chunks = chunks_done(client, queue, draws=draws, address=scheduler)
                _land(place, chunks, len(rest), draws=draws)
        elif rest:
            _land(place, _here(Queue(rest, 1), draws=draws), len(rest), draws=draws)
        return Ended(len(plan.analyses), len(done), _failed(place))


def _here(queue: Queue, *, draws: bool) -> Iterator[tuple[Chunk, Done]]:
    """In this process, one chunk after the other."""
    while queue:
        chunk = queue.take()
        try:
            with progress.watched_by(None):
                done = chunk_done(chunk, draws=draws)
        except (MemoryError, OSError) as error:
            if len(chunk) > 1:
                queue.alone(chunk)
                continue
            done = given_up(chunk[0], f"{type(error).__name__}: {error}")
        queue.timed(len(chunk), done.seconds)
        yield chunk, done


def _land(folder: Path, chunks: Iterator[tuple[Chunk, Done]], total: int, *, draws: bool) -> None:
    landed = 0
    progress.stage("analyses", 0, total)
    for chunk, done in chunks:
        of_draws = done.draws or results.DRAWS.empty_table() if draws else None
        results.write_part(folder, results.part_name(chunk), done.results, of_draws)
        landed += len(chunk)
        progress.stage("analyses", landed, total)


def check_folder(folder: Path, plan: Plan) -> None:
    """Refuse a folder that holds anything else than results of this plan.

    Raises
    ------
    ValueError
        It is no folder, holds other files, or the results of another plan.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file; allowed: a new folder, or one of the same plan")
    there = sorted(item.name for item in folder.iterdir())
    foreign = [name for name in there if name not in CONTENTS and not name.startswith(".")]
    if foreign or (there and ABOUT not in there and results.RESULTS in there):
        what = ", ".join(foreign[:5] or there)
        raise ValueError(
            f"{folder} holds files that are not of a batch ({what}); allowed: a new or empty "
            "folder, or one of the same plan"
        )
    if ABOUT not in there:
        return
    about = from_json((folder / ABOUT).read_text(encoding="utf-8"), ABOUT)
    other = about.get("plan") if isinstance(about, dict) else None
    names = {one.name for one in plan.analyses}
    if other != plan.file or not results.holds_any(folder, names):
        raise ValueError(
            f"{folder} holds the results of another plan ({other}); allowed: a new folder, or the "
            "plan that they are of"
        )


def _write_about(folder: Path, plan: Plan) -> None:
    with replacing_file(folder / ABOUT) as partial:
        about = {"plan": plan.file, "format": FORMAT, "analyses": len(plan.analyses)}
        partial.write_text(json.dumps(about) + "\n", encoding="utf-8")


def _failed(folder: Path) -> int:
    return results.count(folder, passed=False)


@contextmanager
def _only_run(folder: Path) -> Iterator[None]:
    """One run of a folder at a time; the lock ends with the process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # not there on every system
        yield
        return
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(
                f"{folder}: another run writes into it; allowed: wait for that one, or another "
                "folder"
            ) from None
        yield
    finally:
        os.close(lock)
