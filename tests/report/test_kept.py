"""A report is written again from what its folder keeps: nothing is lost, no engine runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command import run

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, other_rows, prior_sensitivity
from bayespool.engines import quadrature
from bayespool.guideline.judgements import from_record
from bayespool.priors import HalfNormal, ProbabilityInterval
from bayespool.report import write_report
from bayespool.report.kept import SERIES, kept
from bayespool.report.request import Request
from bayespool.studies import AccuracyStudies

TABLE = """study,year,kind,sens,n_diseased,tp,fp,fn,tn,rob_patient_selection,rob_index_test
A,2001,,,,18,7,4,25,low,low
B,2002,,,,15,5,7,19,low,low
C,2003,,,,24,3,5,33,high,low
D,2004,,,,30,6,9,40,low,low
E,2004,margin,,,11,,2,,low,low
"""
WORDS = {
    "title": "A title of my own", "question": "Is it so?", "notes": ("Patients may overlap.",),
    "comparators": ({"name": "Elsewhere", "measure": "sens", "estimate": 0.8},),
    "thresholds": {"sens": (0.5, 0.6)}, "command": "bayespool accuracy table.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "table.csv").write_text(TABLE)
    studies = AccuracyStudies.from_table(folder / "table.csv")
    fitted = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", ess=2_000)
    return write_report(
        fitted, folder / "report", formats=("markdown",), **WORDS,
        leave_one_out=refit_without_each(fitted, ess=2_000),
        prior_sensitivity=prior_sensitivity(
            fitted, {"wide": bp.accuracy.Bivariate(tau_sens=HalfNormal(2))}
        ),
        cumulative=cumulative(fitted),
        other_rows=other_rows(fitted, {"Without A": [row != "A" for row in studies.row]}),
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def no_engine(*_: Any, **__: Any) -> Any:
    raise AssertionError("an engine was run")


@pytest.fixture
def again(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(quadrature, "run", no_engine)
    monkeypatch.setattr(quadrature, "_sample", no_engine)
    return Path(shutil.copytree(written, tmp_path / "report"))


def test_written_again_it_is_the_same(again: Path, written: Path) -> None:
    done = run("report", str(again), cwd=again.parent)
    assert done.returncode == 0, done.stderr
    before, after = contents(written), contents(again)
    for name in ("index.html", "report.md", "request.json"):  # they tell of the second command
        assert "bayespool report" in after.pop(name).decode()
        before.pop(name)
    assert after == before


def test_what_is_asked_anew_changes_and_nothing_else(again: Path, written: Path) -> None:
    done = run("report", str(again / "posterior.nc"), "--prevalence", "0.1", cwd=again.parent)
    assert done.returncode == 0, done.stderr
    assert contents(again).keys() == contents(written).keys()
    page, before = ((folder / "report.md").read_text() for folder in (again, written))
    heads = [line for line in before.splitlines() if line.startswith("#")]
    assert [line for line in page.splitlines() if line.startswith("#")] == heads
    for words in ("A title of my own", "Is it so?", "Patients may overlap", "Elsewhere"):
        assert words in page
    old, new = (json.loads((f / "summary.json").read_text()) for f in (written, again))
    assert new["prevalences"] == [0.1]
    series = [name for name in SERIES if name in old]
    assert {"leave_one_out", "prior_sensitivity", "cumulative"} <= set(series)
    for name in (*series, "sensitivity", "largest_change", "without_incomplete", "risk_of_bias",
                 "probabilities"):  # fmt: skip
        assert new[name] == old[name]


def test_a_report_that_cannot_be_written_whole_is_left(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (again / "refits.nc").unlink()
    before = contents(again)
    done = run("report", str(again), "--prevalence", "0.1", cwd=again.parent)
    assert done.returncode == 2
    assert "leave_one_out, prior_sensitivity, cumulative, other_rows" in done.stderr
    assert contents(again) == before
    monkeypatch.undo()
    elsewhere = run("report", str(again), "--out", "new", "--formats", "none", cwd=again.parent)
    assert elsewhere.returncode == 0, elsewhere.stderr


def test_refits_read_back_are_the_refits(written: Path) -> None:
    found = kept(written / "posterior.nc")
    assert found.refits.names == ["leave_one_out", "prior_sensitivity", "cumulative", "other_rows"]
    found.refits.check(found.fit)


def test_a_request_reads_back() -> None:
    judged = from_record(
        {"imprecision": {"judgement": "serious", "reason": "few"},
         "sens": {"inconsistency": {"judgement": "serious", "reason": "wide"}}}
    )  # fmt: skip
    request = Request(
        "t", "q", (0.1,), 1.25, (0.1, ProbabilityInterval(0.05, 0.2)), {"mu_ratio": (0.8, 1.25)},
        judged, ({"name": "x", "measure": "sens", "estimate": 0.5},), ("n",), "c", ("word",),
    )  # fmt: skip
    again = Request.from_text(request.text())
    assert again.text() == request.text()
    assert again.judgements == judged
    assert again.baseline_risks == request.baseline_risks


def test_a_request_of_another_version_is_refused(again: Path) -> None:
    (again / "request.json").write_text('{"colour": "red"}')
    done = run("report", str(again), cwd=again.parent)
    assert done.returncode == 2
    assert "request.json: not a request of this version (unknown colour)" in done.stderr


def test_no_formats_are_a_wish_too(again: Path) -> None:
    done = run("report", str(again), "--formats", "none", cwd=again.parent)
    assert done.returncode == 0, done.stderr
    assert not (again / "report.md").exists()
    assert kept(again / "posterior.nc").request.formats == ()
