"""A real scheduler with workers as processes: killed workers, a killed client, no scheduler."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import distributed  # noqa: F401  loads before anything is timed
import pytest
from batch.plans import write_effects

from bayespool.batch import cluster, results
from bayespool.batch.plan import read_plan
from bayespool.batch.run import run_batch

HERE = Path(__file__).parent


def answers(address: str, seconds: float = 90.0) -> None:
    """Wait until the scheduler, whose process has just been started, greets."""
    until = time.monotonic() + seconds
    while True:
        try:
            asyncio.run(cluster._knock(address))
        except (OSError, TimeoutError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler that has three workers, which nobody starts again."""
    folder = tmp_path_factory.mktemp("dask")
    told = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
              "--local-directory", str(folder), "--preload", str(HERE / "hazards.py")]  # fmt: skip
    commands = (["scheduler", "--host", address, "--no-dashboard", "--no-show"], *[worker] * 3)
    running = [
        subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_" + kind, *rest], env=told,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for kind, *rest in commands
    ]  # fmt: skip
    answers(address)
    yield address
    for process in reversed(running):
        process.send_signal(signal.SIGINT)
    for process in reversed(running):
        process.wait(30)


def numbers(folder: Path) -> dict[tuple[str, str], float]:
    rows = results.read_results(folder).to_pylist()
    return {(r["analysis"], r["name"]): r["median"] for r in rows if r["record"] == "estimate"}


def test_an_analysis_that_kills_its_workers_fails_alone(scheduler, tmp_path):
    path = write_effects(tmp_path, 12)
    run_batch(read_plan(path), tmp_path / "here", workers=0)
    text = path.read_text()
    path.write_text(text.replace("t5.csv,generic,normal", "t5.csv,generic,Deadly"))
    ended = run_batch(read_plan(path), tmp_path / "there", scheduler=scheduler)
    assert ended.failed == 1
    rows = results.read_results(tmp_path / "there").to_pylist()
    (failed,) = (r for r in rows if r["record"] == "analysis" and not r["passed"])
    assert (failed["analysis"], failed["name"]) == ("a5", "worker")
    assert failed["sentence"].startswith("the worker died of it, 1 time (")
    expected = {key: x for key, x in numbers(tmp_path / "here").items() if key[0] != "a5"}
    assert numbers(tmp_path / "there") == expected


def test_a_client_that_was_killed_goes_on_where_it_was(scheduler, tmp_path):
    path, out = write_effects(tmp_path, 12), tmp_path / "out"
    path.write_text(path.read_text().replace("generic,normal", "generic,Slow"))
    command = [sys.executable, "-c", "from bayespool.cli import main; main()", "batch", str(path),
               "--out", str(out), "--scheduler", scheduler, "--quiet"]  # fmt: skip
    client = subprocess.Popen(command)
    until = time.monotonic() + 60
    while len(list((out / "results").glob("*.parquet"))) < 2:
        assert client.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    client.kill()
    client.wait()
    before = {part: part.stat().st_ino for part in (out / "results").glob("*.parquet")}
    assert 2 <= len(before) < 12
    ended = run_batch(read_plan(path), out, scheduler=scheduler)
    assert (ended.total, ended.failed) == (12, 0)
    assert ended.kept >= 2
    after = {part: part.stat().st_ino for part in (out / "results").glob("*.parquet")}
    assert before.items() <= after.items()
    assert len({name for name, _ in numbers(out)}) == 12


def test_a_scheduler_that_is_not_there_is_said_within_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER", 1.0)
    plan = read_plan(write_effects(tmp_path, 2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        for wrong in (address, "tcp://127.0.0.1:1", "nonsense://x"):
            start = time.monotonic()
            with pytest.raises(OSError, match=f"--scheduler {wrong}: no Dask scheduler answered"):
                run_batch(plan, tmp_path / "out", scheduler=wrong)
            assert time.monotonic() - start < 10


def test_another_version_is_refused():
    there = cluster.versions()
    cluster.check_versions("the scheduler", there, "tcp://x")
    with pytest.raises(OSError, match="the scheduler has distributed 1, and here is"):
        cluster.check_versions("the scheduler", there | {"distributed": "1"}, "tcp://x")
