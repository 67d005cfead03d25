"""The command line from outside: exit codes, messages, and what is or is not written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GOOD = "study,tp,fp,fn,tn\nA 2001,18,17,4,25\nB 2002,15,12,7,19\nC 2003,24,10,5,13\n"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bayespool.cli", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "review.csv"
    path.write_text(GOOD)
    return path


def test_json_goes_to_stdout_and_nothing_is_written(table):
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--json", cwd=table.parent)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {"model", "engine", "seed", "interval", "estimands", "checks", "provenance"} <= set(
        summary
    )
    assert summary["interval"] == {"kind": "eti", "prob": 0.95}
    assert set(summary["estimands"]["sens"]) >= {"mean", "median", "sd", "lower", "upper", "mcse"}
    assert [p.name for p in table.parent.iterdir()] == ["review.csv"]


def test_options_reach_the_fit(table):
    done = run(
        "accuracy", "review.csv", "--json", "--engine", "quadrature", "--seed", "7",
        "--prior", "tau_sens=HalfNormal(0.5)", "--prior", "sens=ProbabilityInterval(0.05, 0.95)",
        "--prevalence", "0.1", "--prevalence", "0.3", "--link", "probit", cwd=table.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["seed"] == 7
    assert summary["provenance"]["priors"]["tau_sens"] == "HalfNormal(0.5)"
    assert "ProbabilityInterval(0.05, 0.95)" in summary["model"]
    assert {"ppv@0.1", "npv@0.3"} <= set(summary["estimands"])
    assert "probit_sens" in summary["estimands"]


def test_report_check_and_datasets(table):
    folder = table.parent
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--out", "rep", cwd=folder)
    assert done.returncode == 0, done.stderr
    first = json.loads((folder / "rep/summary.json").read_text())
    for name in ("index.html", "summary.csv", "studies.csv", "posterior.nc"):
        assert (folder / "rep" / name).stat().st_size > 0, name
    again = run("report", "rep/posterior.nc", "--out", "again", "--quiet", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert again.stdout == ""
    second = json.loads((folder / "again/summary.json").read_text())
    assert first["estimands"] == second["estimands"]
    assert first["checks"] == second["checks"]
    checked = run("check", "review.csv", cwd=folder)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "3 rows of 3 studies" in checked.stdout
    listed = run("datasets", cwd=folder)
    assert "cidp_mrn" in listed.stdout


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("accuracy", "nosuch"), "nosuch"),
        (("accuracy", "review.csv", "--prior", "tau=HalfNormal(1)"), "legal: logit_sens"),
        (("accuracy", "review.csv", "--prior", "tau_sens"), "NAME=CALL"),
        (("accuracy", "review.csv", "--prior", "tau_sens=exit(1)"), "known prior"),
        (("accuracy", "review.csv", "--prevalence", "30"), "between 0 and 1"),
        (("accuracy", "review.csv", "--engine", "gibbs"), "auto, nuts, quadrature"),
        (("accuracy", "review.csv", "--link", "log"), "logit, probit, cloglog"),
        (("accuracy", "review.csv", "--where", "site=x"), "site"),
        (("accuracy", "review.csv", "--nonsense"), "nonsense"),
        (("accuracy",), "TABLE"),
        (("accuracy", "bad.csv"), "bad.csv"),
        (("accuracy", "cidp_mrn"), "--where"),
        (("accuracy", "review.csv", "--out", "mine"), "not a report"),
        (("check", "bad.csv"), "4 problems"),
        (("report", "nosuch.nc"), "no such file"),
        (("report", "review.csv"), "review.csv"),
    ],
)
def test_wrong_requests_are_refused_in_words_and_write_nothing(table, arguments, words):
    folder = table.parent
    (folder / "bad.csv").write_text("study,tp,fp,fn,tn\nA,-1,2,3,4\nB,x,2,3,4\nB,1,2.5,3,4\n")
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.doc").write_text("do not touch")
    before = sorted(folder.rglob("*"))
    done = run(*arguments, cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(folder.rglob("*")) == before


def test_version(tmp_path):
    import bayespool

    assert run("--version", cwd=tmp_path).stdout.strip() == bayespool.__version__


def test_interruption_leaves_the_old_report_and_no_half_written_one(table):
    folder = table.parent
    (folder / "rep").mkdir()
    (folder / "rep" / "summary.json").write_text("{}")
    process = subprocess.Popen(
        [sys.executable, "-m", "bayespool.cli", "accuracy", "review.csv", "--out", "rep"],
        cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(folder.glob(".rep.partial-*")) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was written" in errors
    assert "Traceback" not in errors
    assert [p.name for p in (folder / "rep").iterdir()] == ["summary.json"]
    assert not list(folder.glob(".rep*"))
