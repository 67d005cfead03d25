"""Writers that end at any moment: what is read afterwards is the old or the new, whole.

``uv run docs/validation/kills.py`` writes ``kills.csv``: for each kind of file and each way to end
(killed, terminated, interrupted, disk full) how many writers were ended, and how often the old and
the new was found. Whatever is neither is a loss; there must be none.
"""

from __future__ import annotations

import csv
import hashlib
import os
import resource
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bayespool as bp
from bayespool.fitted import Fit
from bayespool.replacing import replacing_file
from bayespool.report import write_report

HERE = Path(__file__).resolve().parent
MOMENTS = {"report": 6, "posterior.nc": 30, "table": 30}
ENDINGS = {
    "killed": signal.SIGKILL,
    "terminated": signal.SIGTERM,
    "interrupted": signal.SIGINT,
    "disk full": None,
}
KINDS = ("old", "new", "neither", "left over")
COLUMNS = ("what", "ending", "moments", *KINDS)
Writer = Callable[[Path, int], None]


def fits() -> tuple[Fit, Fit]:
    """Two fits of one table, told apart by their draws."""
    studies = bp.AccuracyStudies.from_counts(
        ["A", "B", "C"], [9, 14, 20], [1, 3, 2], [2, 3, 6], [12, 30, 22]
    )
    one, two = (bp.fit(bp.accuracy.Bivariate(), studies, "quadrature", s, ess=400) for s in (1, 2))
    return one, two


def writers(pair: tuple[Fit, Fit]) -> dict[str, Writer]:
    """What writes version 0 or 1 at a place."""

    def report(place: Path, version: int) -> None:
        write_report(pair[version], place, formats=())

    def saved(place: Path, version: int) -> None:
        pair[version].save(place)

    def table(place: Path, version: int) -> None:
        with replacing_file(place) as partial, partial.open("w") as file:
            for line in range(20_000):
                file.write(f"{version},{line}\n")

    return {"report": report, "posterior.nc": saved, "table": table}


def content(place: Path) -> dict[str, str]:
    """Names of files and what is in them, by checksum."""
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    return {
        str(file.relative_to(place.parent)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def ended(write: Writer, place: Path, ending: str, after: float, room: int) -> None:
    """A writer of version 1 that ends after some seconds, or when its disk has no more room."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if not child:  # which must never go on as its parent does, whenever an interrupt comes
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
            if ENDINGS[ending] is None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            try:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
                write(place, 1)
            finally:
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        finally:
            os._exit(0)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if (sign := ENDINGS[ending]) is not None:
        time.sleep(after)
        os.kill(child, sign)
    status = os.waitpid(child, 0)[1]
    if sign is None and os.WIFSIGNALED(status):
        raise RuntimeError(f"a full disk ended the writer by signal {os.WTERMSIG(status)}")


def tried(
    write: Writer, name: str, ending: str, moments: int, rng: np.random.Generator
) -> Counter[str]:
    """How often the old, the new, or something else was found after a writer's end."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        whole = []
        for version in (1, 0):
            start = time.perf_counter()
            write(place, version)
            seconds = time.perf_counter() - start
            whole.append(content(place))
        new, old = whole
        largest = max(p.stat().st_size for p in [place, *place.rglob("*")] if p.is_file())
        for _ in range(moments):
            ended(write, place, ending, rng.uniform(0, 1.2) * seconds, int(rng.integers(largest)))
            now = content(place)
            found["old" if now == old else "new" if now == new else "neither"] += 1
            if now != old:
                shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
                write(place, 0)
        write(place, 0)  # the next writer clears what the dead ones left
        found["left over"] = len(list(Path(folder).iterdir())) - 1
    return found


def main() -> None:
    rng = np.random.default_rng(2026)
    rows = []
    for name, write in writers(fits()).items():
        for ending in ENDINGS:
            found = tried(write, name, ending, MOMENTS[name], rng)
            rows.append([name, ending, MOMENTS[name], *(found[w] for w in KINDS)])
            print(*rows[-1], sep="\t", flush=True)
    with (HERE / "kills.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
