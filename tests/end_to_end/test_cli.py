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


FLAGS = {
    "--leave-one-out": "leave_one_out",
    "--prior-sensitivity": "prior_sensitivity",
    "--cumulative": "cumulative",
}
DATED = "study,year,tp,fp,fn,tn\nA,2001,18,17,4,25\nB,2002,15,12,7,19\nC,2002,24,10,5,13\n"


@pytest.mark.parametrize("flag", FLAGS)
def test_each_analysis_adds_its_key(table, flag):
    table.write_text(DATED)
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--json", flag, cwd=table.parent)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert set(FLAGS.values()) & set(summary) == {FLAGS[flag]}
    rows = summary[FLAGS[flag]]
    assert len(rows) == {"leave_one_out": 3, "prior_sensitivity": 9, "cumulative": 2}[FLAGS[flag]]
    assert [p.name for p in table.parent.iterdir()] == ["review.csv"]


def test_all_analyses_are_reported(table):
    table.write_text(DATED)
    done = run(
        "accuracy", "review.csv", "--engine", "quadrature", "--out", "rep", *FLAGS,
        cwd=table.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Leaving out" in said
    assert "other priors" in said
    assert "to all 3" in said
    for name in FLAGS.values():
        assert (table.parent / "rep" / f"{name}.csv").stat().st_size > 0
    # what was not asked for again is gone with the old report
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--out", "rep", cwd=table.parent)
    assert done.returncode == 0, done.stderr
    assert not (table.parent / "rep" / "cumulative.csv").exists()


def test_json_with_analyses_loads_no_heavy_package(table):
    table.write_text(DATED)
    code = (
        "import sys\nfrom bayespool.cli import app\n"
        f"app(['accuracy', 'review.csv', '--engine', 'quadrature', '--json', *{list(FLAGS)}])\n"
        "bad = {'pandas', 'matplotlib', 'jinja2', 'pymc', 'xarray', 'arviz_stats', 'arviz_base'}\n"
        "sys.exit(', '.join(bad & {m.split('.')[0] for m in sys.modules}) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=table.parent, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


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
        (("accuracy", "one.csv", "--leave-one-out"), "at least 2 studies"),
        (("accuracy", "review.csv", "--cumulative"), "needs the column 'year'"),
        (("accuracy", "undated.csv", "--cumulative"), "is empty for B"),
        (("check", "bad.csv"), "4 problems"),
        (("report", "nosuch.nc"), "no such file"),
        (("report", "review.csv"), "review.csv"),
    ],
)
def test_wrong_requests_are_refused_in_words_and_write_nothing(table, arguments, words):
    folder = table.parent
    (folder / "bad.csv").write_text("study,tp,fp,fn,tn\nA,-1,2,3,4\nB,x,2,3,4\nB,1,2.5,3,4\n")
    (folder / "one.csv").write_text("study,tp,fp,fn,tn\nA,8,2,3,9\n")
    (folder / "undated.csv").write_text("study,year,tp,fp,fn,tn\nA,2001,8,2,3,9\nB,,9,1,4,8\n")
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
