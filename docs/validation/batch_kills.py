"""A batch whose scheduler, workers and client are killed in turn: nothing finished is lost.

``uv run docs/validation/batch_kills.py`` writes ``batch_kills.csv``: of each kill how many files of
results there were before and after, what the command said and how soon. In the end all must be done
with the numbers of a run without Dask, and what was done before a kill must be the same files.
"""

from __future__ import annotations

import csv
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bayespool.batch import results
from bayespool.batch.plan import read_plan
from bayespool.batch.run import run_batch

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1] / "tests"
sys.path.insert(0, str(TESTS))
from batch.plans import write_effects  # noqa: E402

ANALYSES, LONGEST = 30, 300.0
COLUMNS = ("killed", "parts before", "parts after", "same files", "seconds", "code", "said")
COMMAND = [sys.executable, "-c", "from bayespool.cli import main; main()", "batch"]
Parts = dict[Path, int]


class Cluster:
    """A scheduler and a worker with a nanny, as processes; the worker loads a slow model."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        hazards = str(TESTS / "batch" / "hazards.py")
        self.scheduler = _dask("scheduler", "--host", self.address, "--no-show")
        self.worker = _dask("worker", self.address, "--nthreads", "1", "--local-directory",
                            str(folder), "--preload", hazards)  # fmt: skip

    def close(self) -> None:
        """End both."""
        for process in (self.worker, self.scheduler):
            process.send_signal(signal.SIGINT)
        for process in (self.worker, self.scheduler):
            process.wait(60)


def _dask(kind: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard"]
    null = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=null, stderr=null, env=os.environ)


def parts(out: Path) -> Parts:
    """Files of results, each with its inode."""
    return {part: part.stat().st_ino for part in (out / results.RESULTS).glob("part-*.parquet")}


def started(plan: Path, out: Path, address: str, more: int) -> subprocess.Popen[str]:
    """A client, once it has put so many parts more into the folder."""
    enough = len(parts(out)) + more
    command = [*COMMAND, str(plan), "--out", str(out), "--scheduler", address]
    client = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + LONGEST
    while len(parts(out)) < enough:
        if client.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the client came to nothing: {client.communicate()[1]}")
        time.sleep(0.02)
    return client


def ended(what: str, client: subprocess.Popen[str], out: Path, before: Parts) -> dict[str, object]:
    """What the client said, and what it left."""
    start = time.monotonic()
    said = client.communicate(timeout=LONGEST)[1].strip().splitlines()
    seconds, after = time.monotonic() - start, parts(out)
    same = before.items() <= after.items()
    last = said[-1].replace(str(out), "answers") if said else ""
    row = (what, len(before), len(after), same, f"{seconds:.1f}", client.returncode, last)
    return dict(zip(COLUMNS, row, strict=True))


def numbers(out: Path) -> dict[tuple[str, str], float]:
    """Medians of all estimands."""
    rows = results.read_results(out).to_pylist()
    return {(r["analysis"], r["name"]): r["median"] for r in rows if r["record"] == "estimate"}


def main() -> None:
    """Kill each in turn, and let the last run finish."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan, out = write_effects(folder, ANALYSES), folder / "out"
        run_batch(read_plan(plan), folder / "here", workers=0)
        plan.write_text(plan.read_text().replace("generic,normal", "generic,Slow"))
        cluster = Cluster(folder)
        client = started(plan, out, cluster.address, 3)
        before = parts(out)
        client.kill()
        rows.append(ended("client", client, out, before))
        client = started(plan, out, cluster.address, 2)
        before = parts(out)
        cluster.scheduler.kill()
        rows.append(ended("scheduler", client, out, before))
        cluster.close()
        cluster = Cluster(folder)
        client = started(plan, out, cluster.address, 2)
        before = parts(out)
        (worker,) = _children(cluster.worker.pid)
        os.kill(worker, signal.SIGKILL)
        rows.append(ended("worker", client, out, before))
        cluster.close()
        if numbers(out) != numbers(folder / "here"):
            raise RuntimeError("the numbers are not those of a run without Dask")
    with (HERE / "batch_kills.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _children(process: int) -> list[int]:
    """The worker of a nanny; the tracker of shared memory beside it is none."""
    import psutil

    found = psutil.Process(process).children()
    return [child.pid for child in found if "spawn_main" in " ".join(child.cmdline())]


if __name__ == "__main__":
    main()
