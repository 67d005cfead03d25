"""Work in other processes: results, errors, warnings and words arrive as they would from here."""

from __future__ import annotations

import os
import pickle
import threading
import time
from pathlib import Path

import pytest
import tasks_of_workers as tasks

from bayespool import progress
from bayespool.parallel import CORES, beside, cores, each
from bayespool.parallel import tasks as scheduling
from bayespool.parallel.pool import pool
from bayespool.parallel.worker import Worker, packed
from bayespool.studies import TableError


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES, "2")
    monkeypatch.setattr(scheduling, "WORTH_STARTING", 0.0)
    monkeypatch.setattr(scheduling, "WORTH_SENDING", 0.0)


def test_results_are_in_order_and_from_two_processes():
    done = each(tasks.slowly, [(i,) for i in range(25)])
    assert [value for value, _ in done] == list(range(25))
    processes = {process for _, process in done}
    assert len(processes) == 2
    assert os.getpid() in processes
    again = each(tasks.slowly, [(i, 0.05) for i in range(10)])
    assert {process for _, process in again} == processes  # the worker was kept


def test_one_core_starts_nothing(monkeypatch):
    monkeypatch.setenv(CORES, "1")
    threads = threading.active_count()
    assert {p for _, p in each(tasks.slowly, [(i, 0.0) for i in range(5)])} == {os.getpid()}
    assert beside(tasks.slowly, 1, 0.0, lane="x").result()[1] == os.getpid()
    assert threading.active_count() <= threads


def test_small_work_stays_here(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv(CORES, "2")
    pool.close()
    assert {p for _, p in each(tasks.slowly, [(i, 0.001) for i in range(20)])} == {os.getpid()}
    assert not pool.idle
    assert not pool.lent


@pytest.mark.parametrize("asked", ["0", "two", "1.5", "-1"])
def test_a_number_of_cores_that_is_none_is_refused(monkeypatch, asked):
    monkeypatch.setenv(CORES, asked)
    with pytest.raises(ValueError, match="must be a whole number"):
        cores()


def test_the_error_is_that_of_the_first_task_in_order():
    with pytest.raises(TableError) as caught:
        each(tasks.fail, [(i, (4, 5, 7)) for i in range(9)])
    assert caught.value.problems[1] == tasks.PROBLEM
    assert caught.value.problems[0].file == "4.csv"
    assert each(tasks.fail, [(i, ()) for i in range(4)]) == [0, 1, 2, 3]


def test_a_worker_that_dies_is_an_error_and_the_next_work_has_another():
    with pytest.raises(RuntimeError, match="ended with exit code 3"):
        each(tasks.die, [(i, os.getpid()) for i in range(20)])
    assert len({p for _, p in each(tasks.slowly, [(i,) for i in range(25)])}) == 2


def test_an_interrupt_ends_the_workers():
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        each(tasks.interrupt, [(i, os.getpid()) for i in range(3)], lanes=list("abc"))
    assert time.monotonic() - started < 20.0
    deadline = time.monotonic() + 10.0
    while pool.lent and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not pool.lent


def test_warnings_arrive_once_each():
    with pytest.warns(UserWarning, match="careful") as caught:
        each(tasks.warn, [(i,) for i in range(20)])
    processes = {str(warning.message) for warning in caught}
    assert len(processes) == 2
    with pytest.raises(UserWarning, match="careful"):  # as errors, which the suite makes of them
        each(tasks.warn, [(i,) for i in range(20)])


def test_words_arrive_with_the_name_of_their_task(capsys):
    heard: list[progress.Event] = []
    with progress.watched_by(heard.append):
        each(tasks.talk, [(i,) for i in range(6)], lanes=[f"task {i}" for i in range(6)])
    for i in range(6):
        lane = f"task {i}"
        words = [(e.words, e.kind) for e in heard if e.lane == lane and e.kind != "text"]
        assert words == [(f"stage {i}", "stage"), (f"line {i}", "line"), ("", "stage")]
    told = capsys.readouterr().out + "".join(e.words for e in heard if e.kind == "text")
    assert sorted(told.split("\n")) == ["", *(f"text {i}" for i in range(6))]


def test_a_counted_stage_hides_the_stages_inside():
    heard: list[progress.Event] = []
    with progress.watched_by(heard.append):
        each(tasks.talk, [(i,) for i in range(6)], "talks")
    stages = [(e.words, e.done, e.total) for e in heard if e.kind == "stage"]
    assert sorted(stages) == [("talks", i, 6) for i in range(7)]
    assert sorted(e.words for e in heard if e.kind == "line") == [f"line {i}" for i in range(6)]


def test_text_without_a_watcher_is_printed(capsys):
    each(tasks.talk, [(i,) for i in range(20)])
    assert set(capsys.readouterr().out.split("\n")) == {"", *(f"text {i}" for i in range(20))}


def test_what_no_other_process_can_load_is_done_here():
    assert packed(lambda: 1, ()) is None
    assert packed(tasks.slowly, (threading.Lock(),)) is None
    assert each(lambda i: (i, os.getpid()), [(i,) for i in range(5)]) == [
        (i, os.getpid()) for i in range(5)
    ]
    assert beside(lambda: os.getpid(), lane="x").result() == os.getpid()
    lost = pickle.dumps((None, pickle.dumps(tasks.slowly).replace(b"slowly", b"nosuch")))
    worker = Worker()
    with pytest.raises(Exception, match="nosuch"):
        worker.call(lost, lambda kind, content: None)
    worker.close()


def test_an_answer_that_cannot_be_sent_is_an_error():
    with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
        beside(tasks.no_answer, 1, lane="x").result()


def test_workers_start_no_workers():
    found = dict(each(tasks.how_many_cores, [(i,) for i in range(20)]))
    assert found.pop(os.getpid()) == 2
    assert set(found.values()) == {1}


def test_beside_goes_on_meanwhile_and_fails_when_asked():
    later, wrong = beside(tasks.slowly, "x", 0.3, lane="a"), None
    assert later.result() == later.result()
    assert later.result()[1] != os.getpid()
    wrong = beside(tasks.fail, 1, (1,), lane="b")
    for _ in range(2):
        with pytest.raises(TableError, match="exceeds"):
            wrong.result()


def test_beside_is_done_here_where_no_worker_was_free():
    first = beside(tasks.slowly, 1, 1.0, lane="a")
    time.sleep(0.6)  # the worker has it
    second = beside(tasks.slowly, 2, 0.0, lane="b")
    assert second.result() == (2, os.getpid())
    assert first.result()[1] != os.getpid()


def test_a_worker_ends_when_its_caller_is_gone(tmp_path):
    worker = Worker()
    task = packed(tasks.slowly, (1, 60.0))
    assert task is not None
    sink = worker._process.stdin
    assert sink is not None
    sink.write(task)
    sink.close()
    assert worker._process.wait(timeout=20.0) == 0
    worker.close()


SCRIPT = """
import os, sys
print("module", os.getpid())
import bayespool as bp
def double(x):
    return 2 * x, os.getpid()
if __name__ == "__main__":
    found = bp.each(double, [(i,) for i in range(4)], lanes=list("abcd"))
    print([x for x, _ in found])
"""
UNGUARDED = """
print("once")
import bayespool as bp
fitted = bp.fit(bp.accuracy.Bivariate(), bp.load_dataset("telomerase"), "quadrature", ess=400)
from bayespool.checks.variants import prior_sensitivity
from bayespool.parallel import tasks
tasks.WORTH_STARTING = 0.0
print(len(prior_sensitivity(fitted)))
"""


def run_script(tmp_path: Path, text: str) -> list[str]:
    import subprocess
    import sys

    (tmp_path / "script.py").write_text(text)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=120, env=os.environ | {CORES: "2"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_functions_of_a_script_are_found_by_running_it_under_another_name(tmp_path):
    assert "[0, 2, 4, 6]" in run_script(tmp_path, SCRIPT)


def test_a_script_without_a_guard_is_not_run_again(tmp_path):
    assert run_script(tmp_path, UNGUARDED) == ["once", "9"]
