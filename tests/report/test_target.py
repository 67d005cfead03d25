"""The folder of a report: nothing of a user's is lost, and it is old or new, never half."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from command import run

from bayespool.report.target import TargetError, check_target, replacing

TABLE = "study,tp,fp,fn,tn\nA,18,7,4,25\nB,15,5,7,19\nC,24,3,5,33\n"
WRITER = """
import sys
from pathlib import Path
from bayespool.report.target import replacing
for number in range(100_000):
    with replacing("rep") as folder:
        for name in ("summary.json", "index.html"):
            (folder / name).write_text(str(number))
    print(number, flush=True)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "work"
    home.mkdir()
    (home / "thesis.doc").write_text("years of work")
    (home / "review.csv").write_text(TABLE)
    monkeypatch.chdir(home)
    return home


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no/..", "is the current folder"), (".", "is the current folder"),
        ("..", "is the current folder, or holds it"), ("here", "is the current folder"),
        ("thesis.doc", "is a file"), ("thesis.doc/rep", "thesis.doc is a file"),
        ("mine", "holds files that are not of a report (thesis.doc)"),
        ("mine/../mine", "not of a report"), ("x" * 250, "too long"), ("x" * 4_000, "too long"),
        ("circle", "circle of symbolic links"),
    ],
)  # fmt: skip
def test_what_a_report_may_not_replace(here: Path, target: str, words: str) -> None:
    (here / "here").symlink_to(here)
    (here / "circle").symlink_to(here / "circle")
    (here / "mine").mkdir()
    (here / "mine" / "thesis.doc").write_text("more years")
    before = sorted(here.rglob("*"))
    done = run("accuracy", "review.csv", "--out", target, cwd=here)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 2  # what is read, and what is wrong
    assert words in done.stderr
    assert sorted(here.rglob("*")) == before
    with pytest.raises(TargetError), replacing(target):
        pass


def test_links_lead_to_what_is_replaced(here: Path) -> None:
    (here / "old").mkdir()
    (here / "old" / "summary.json").write_text("{}")
    (here / "link").symlink_to(here / "old")
    assert check_target("link") == (here / "old").resolve()
    with replacing("link") as folder:
        (folder / "index.html").write_text("new")
    assert (here / "link").is_symlink()
    assert [path.name for path in (here / "old").iterdir()] == ["index.html"]


def test_a_writer_that_is_killed_leaves_a_whole_folder(here: Path) -> None:
    """Twenty times: the report is that of one run, and the next run clears up."""
    for number in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER], cwd=here, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.002 * number)
            process.send_signal(signal.SIGKILL)
        texts = {path.read_text() for path in (here / "rep").iterdir()}
        assert len(list((here / "rep").iterdir())) == 2
        assert len(texts) == 1
    with replacing("rep") as folder:
        (folder / "index.html").write_text("last")
    assert sorted(path.name for path in here.iterdir()) == ["rep", "review.csv", "thesis.doc"]


def test_a_folder_that_was_moved_away_comes_back(here: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (here / f".rep.old-{ended.pid}").mkdir()
    (here / f".rep.old-{ended.pid}" / "summary.json").write_text("old")
    with pytest.raises(ValueError, match="stop"), replacing("rep"):
        raise ValueError("stop")
    assert (here / "rep" / "summary.json").read_text() == "old"


def test_a_second_writer_waits(here: Path) -> None:
    order = []

    def second() -> None:
        with replacing("rep") as folder:
            order.append("second")
            (folder / "index.html").write_text("second")

    with replacing("rep") as folder:
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
        (folder / "index.html").write_text("first")
    thread.join()
    assert order == ["first", "second"]
    assert (here / "rep" / "index.html").read_text() == "second"


def test_a_full_disk_is_said_in_a_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "posterior.nc")

    monkeypatch.setattr("bayespool.report.build.keep", full)
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--formats", "none", cwd=here)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "posterior.nc: No space left on device; nothing was changed"
    )
    assert not list((here / "reports").iterdir())


def test_output_that_nobody_reads_is_no_error(here: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m bayespool.cli accuracy review.csv --json | head -1",
        cwd=here, shell=True, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_writers_of_two_folders_do_not_wait_for_one_another(here: Path) -> None:
    with replacing("one") as one, replacing("two") as two:
        (one / "index.html").write_text("one")
        (two / "index.html").write_text("two")
    assert (here / "one" / "index.html").read_text() == "one"
