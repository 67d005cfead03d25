"""A batch in this process: the numbers of single fits, kept whole, and computed once."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from batch.plans import EFFECTS, alone, write_effects

from bayespool.batch import results, work
from bayespool.batch.analysis import keyed
from bayespool.batch.plan import defaults, read_plan
from bayespool.batch.queue import MOST, Queue
from bayespool.batch.run import run_batch
from bayespool.cli import main


def rows_of(folder, record):
    table = results.read_results(folder).to_pylist()
    return [row for row in table if row["record"] == record]


def test_numbers_are_those_of_single_fits_to_the_last_bit(tmp_path):
    plan = read_plan(write_effects(tmp_path, 3))
    run_batch(plan, tmp_path / "out", workers=0, draws=True)
    draws = pq.read_table(tmp_path / "out" / results.POSTERIORS).to_pylist()
    estimates = rows_of(tmp_path / "out", "estimate")
    for i in range(3):
        fitted = alone(tmp_path / f"t{i}.csv")
        own = {row["name"]: row for row in estimates if row["analysis"] == f"a{i}"}
        kept = {row["name"]: row["draws"] for row in draws if row["analysis"] == f"a{i}"}
        assert set(own) == set(kept) == set(fitted.estimates)
        for name, estimate in fitted.estimates.items():
            assert own[name]["median"] == estimate.median
            assert own[name]["upper"] == estimate.upper
            assert own[name]["mcse_mean"] == estimate.mcse
            assert math.isinf(estimate.ess) == (own[name]["ess"] is None)
            assert np.array_equal(kept[name], fitted.samples[name].ravel())


def test_duckdb_and_pandas_read_the_dataset(tmp_path):
    out = tmp_path / "out"
    run_batch(read_plan(write_effects(tmp_path, 2)), out, workers=0)
    query = (
        f"SELECT analysis, median FROM '{out}/results/*.parquet' "
        "WHERE record = 'estimate' AND name = 'mu' ORDER BY analysis"
    )
    by_duckdb = duckdb.sql(query).fetchall()
    frame = pd.read_parquet(out / "results")
    frame = frame[(frame.record == "estimate") & (frame.name == "mu")].sort_values("analysis")
    assert by_duckdb == list(zip(frame.analysis, frame["median"], strict=True))
    assert [name for name, _ in by_duckdb] == ["a0", "a1"]


def test_only_what_changed_is_computed_again(tmp_path, monkeypatch):
    path, out = write_effects(tmp_path, 4), tmp_path / "out"
    run_batch(read_plan(path), out, workers=0)
    computed = []
    of = work.outcome
    monkeypatch.setattr(work, "outcome", lambda one: computed.append(one.name) or of(one))
    assert run_batch(read_plan(path), out, workers=0).kept == 4
    assert computed == []
    (tmp_path / "t2.csv").write_text(EFFECTS)
    path.write_text(path.read_text().replace("a0,t0.csv,generic,normal,quadrature\n", ""))
    ended = run_batch(read_plan(path), out, workers=0)
    assert (ended.total, ended.kept, computed) == (3, 2, ["a2"])
    names = [row["analysis"] for row in rows_of(out, "analysis")]
    assert sorted(names) == ["a1", "a2", "a3"]
    assert run_batch(read_plan(path), out, workers=0, draws=True).kept == 0  # no draws were kept


def test_a_poisoned_analysis_fails_alone_in_one_line(tmp_path, monkeypatch):
    path, out = write_effects(tmp_path, 5), tmp_path / "out"
    (tmp_path / "t1.csv").write_text("study,estimate,se\nA,0.1,-3\n")
    fit_of = work.fit_of

    def broken(analysis):
        if analysis.name == "a2":
            raise FloatingPointError("no number\nat all")
        if analysis.name == "a3":
            raise MemoryError("too much")
        return fit_of(analysis)

    monkeypatch.setattr(work, "fit_of", broken)
    assert run_batch(read_plan(path), out, workers=0).failed == 3
    failed = {r["analysis"]: (r["name"], r["sentence"])
              for r in rows_of(out, "analysis") if not r["passed"]}  # fmt: skip
    assert failed["a1"][0] == "table"
    assert failed["a1"][1].startswith("t1.csv row 2, column se: se=-3")
    assert failed["a2"] == ("program", "FloatingPointError: no number at all")
    assert failed["a3"] == ("worker", "MemoryError: too much")
    monkeypatch.undo()
    ended = run_batch(read_plan(path), out, workers=0)
    assert ended.kept == 4  # faulty tables stay faulty; what a process could not do is tried again
    assert ended.failed == 2


def test_a_folder_of_something_else_is_refused(tmp_path):
    path, out = write_effects(tmp_path, 2), tmp_path / "out"
    plan = read_plan(path)
    run_batch(plan, out, workers=0)
    text = path.read_text().replace("a0,", "b0,").replace("a1,", "b1,")
    path.write_text(text)
    with pytest.raises(ValueError, match=r"results of another plan \(plan.csv\)"):
        run_batch(read_plan(path), out, workers=0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").write_text("")
    with pytest.raises(ValueError, match=r"not of a batch \(thesis.doc\)"):
        run_batch(plan, tmp_path / "mine", workers=0)
    with pytest.raises(ValueError, match="is a file"):
        run_batch(plan, path, workers=0)


def test_left_overs_of_a_killed_writer_are_no_results(tmp_path):
    path, out = write_effects(tmp_path, 2), tmp_path / "out"
    plan = read_plan(path)
    run_batch(plan, out, workers=0, draws=True)
    parts = sorted((out / "results").iterdir())
    lost = parts[0]
    half = lost.with_name(f".{lost.name}.partial-999999999")
    half.write_bytes(lost.read_bytes()[:100])
    lost.unlink()  # its draws are there still, as when killed between the two
    assert duckdb.sql(f"SELECT * FROM '{out}/results/*.parquet'").fetchall()
    assert run_batch(plan, out, workers=0, draws=True).kept == 1
    assert not half.exists()
    assert sorted((out / "results").iterdir()) == parts
    assert len(list((out / "posteriors").iterdir())) == 2


def test_chunks_take_about_as_long_as_one_another():
    analyses = keyed([])
    assert not Queue(analyses, 2)
    queue = Queue([None] * 10_000, 2)
    assert len(queue.take()) == 1
    queue.timed(1, 0.1)
    assert len(queue.take()) == 20
    queue.timed(1000, 0.1)
    assert len(queue.take()) == 39
    queue.timed(10_000, 1e-3)
    for _ in range(20):
        queue.timed(10_000, 1e-3)
    assert len(queue.take()) == MOST
    assert len(Queue([None] * 16, 2).take()) == 1
    queue.alone([None, None])
    while not queue.suspects_only:
        queue.take()
    assert len(queue.take()) == 1


def test_what_a_table_is_of_is_found_out(tmp_path):
    (tmp_path / "x.csv").write_text("study,tp,fp,fn,tn\nA,9,1,1,9\nB,8,3,2,9\nC,9,3,2,19\n")
    (tmp_path / "y.csv").write_text(EFFECTS)
    run_batch(read_plan(tmp_path, defaults(engine="quadrature")), tmp_path / "out", workers=0)
    x, y = sorted(rows_of(tmp_path / "out", "analysis"), key=lambda row: row["analysis"])
    assert (x["measure"], x["passed"]) == ("", True)
    assert y["sentence"].startswith("y.csv: the estimates may be of any effect; allowed: or,")


def test_the_command_says_by_its_code_that_something_failed(tmp_path, capsys):
    path = write_effects(tmp_path, 2)
    with pytest.raises(SystemExit) as ended:
        main(["batch", str(path), "--out", str(tmp_path / "out"), "--workers", "0"])
    assert ended.value.code == 0
    assert f"2 analyses are in {tmp_path / 'out'}" in capsys.readouterr().err
    (tmp_path / "t1.csv").write_text("study,estimate,se\nA,0.1,-3\n")
    with pytest.raises(SystemExit) as ended:
        main(["batch", str(path), "--out", str(tmp_path / "out"), "--workers", "0"])
    assert ended.value.code == 1
    assert "1 of them failed, or did not pass" in capsys.readouterr().err
