"""The command line from outside: exit codes, messages, and what is or is not written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import run, run_outside

GOOD = "study,tp,fp,fn,tn\nA 2001,18,17,4,25\nB 2002,15,12,7,19\nC 2003,24,10,5,13\n"


PARTIAL = (
    "study,kind,tp,fn,fp,tn,sens,spec,n_diseased,n_healthy,auc\n"
    "A 2001,,18,4,17,25,,,,,\nB 2002,,15,7,12,19,,,,,\nC 2003,rates,,,,,0.6,0.75,10,12,\n"
    "D 2004,margin,9,3,,,,,,,\nE 2005,marker,,,,,,,40,50,0.82\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "review.csv"
    path.write_text(GOOD)
    return path


def test_json_goes_to_stdout_and_nothing_is_written(table):
    ask = ("accuracy", "review.csv", "--engine", "quadrature", "--json")
    done = run_outside(*ask, cwd=table.parent)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert run(*ask, cwd=table.parent).stdout == done.stdout
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


LIGHT = ("--formats", "tables")
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
        *LIGHT, cwd=table.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Leaving out" in said
    assert "other priors" in said
    assert "to all 3" in said
    for name in FLAGS.values():
        assert (table.parent / "rep" / f"{name}.csv").stat().st_size > 0
    # what was not asked for again is gone with the old report
    done = run("accuracy", "review.csv", "--engine", "quadrature", "--out", "rep", *LIGHT,
               cwd=table.parent)  # fmt: skip
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
    ask = ("accuracy", "review.csv", "--engine", "quadrature", "--out", "rep")
    done = run_outside(*ask, cwd=folder)
    assert done.returncode == 0, done.stderr
    first = json.loads((folder / "rep/summary.json").read_text())
    for name in ("index.html", "summary.csv", "studies.csv", "posterior.nc"):
        assert (folder / "rep" / name).stat().st_size > 0, name
    again = run("report", "rep/posterior.nc", "--out", "again", "--quiet", *LIGHT, cwd=folder)
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


def test_what_a_panel_asks(table):
    folder = table.parent
    table.write_text(
        "study,counts,tp,fp,fn,tn,rob_index_test\nA,printed,18,17,4,25,low\n"
        "B,derived,15,12,7,19,high\nC,printed,24,10,5,13,low\nD,printed,9,10,5,13,low\n"
    )
    form = run("judgement-form", cwd=folder).stdout
    lowering, starts, raising = form.partition("# of an effect that starts")
    filled = lowering.replace('judgement = ""', 'judgement = "not serious"') + starts + raising
    (folder / "judged.toml").write_text(filled.replace('subject = ""', 'subject = "MRI"'))
    done = run(
        "accuracy", "review.csv", "--engine", "quadrature", "--out", "rep", "--threshold",
        "sens=0.6,0.85", "--judgements", "judged.toml", "--formats", "markdown", "--title",
        "MRI of nerves", "--question", "Does it work?", "--without", "counts=derived", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (folder / "rep/report.md").read_text()
    assert page.startswith("# MRI of nerves\n\n## Does it work?")
    assert "MRI detects " in page
    assert not (folder / "rep/report.docx").exists()
    found = json.loads((folder / "rep/summary.json").read_text())
    bands = found["certainty"]["support"][0]["bands"]
    assert [band["high"] for band in bands] == [0.6, 0.85, None]
    assert found["certainty"]["certainty"] == {"sens": "high", "spec": "high"}
    rows = {row["variant"]: row["n_rows"] for row in found["sensitivity"]}
    assert rows["Without counts derived"] == rows["Low risk of bias only"] == 3
    low = run("accuracy", "review.csv", "--engine", "quadrature", "--low-risk-only", "--json",
              cwd=folder)  # fmt: skip
    assert len(json.loads(low.stdout)["provenance"]["data"]["rows"]) == 3
    joined = run("summary-of-findings", "rep", "--name", "=MRI", "--out", "x.csv", cwd=folder)
    assert joined.returncode == 0, joined.stderr
    assert "'=MRI" in (folder / "x.csv").read_text()


def test_partial_rows_and_markers(table):
    folder = table.parent
    table.write_text(PARTIAL)
    found = {}
    for name, options in {
        "ignored": (), "binormal": ("--marker", "binormal"), "complete": ("--where", "kind="),
        "margin": ("--where", "kind=margin"),
    }.items():  # fmt: skip
        done = run("accuracy", "review.csv", "--engine", "quadrature", "--json", *options,
                   cwd=folder)  # fmt: skip
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        found[name] = summary["estimands"]["sens"]["median"]
        rows = summary["provenance"]["data"]["rows"]
        assert len(rows) == {"complete": 2, "margin": 1}.get(name, 5)
    assert len(set(found.values())) == 4
    checked = run("check", "review.csv", cwd=folder)
    assert "C 2003 is no full result (rates): sens 0.6, spec 0.75" in checked.stdout
    assert [p.name for p in folder.iterdir()] == ["review.csv"]


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("accuracy", "nosuch"), "nosuch"),
        (("accuracy", "review.csv", "--prior", "tau=HalfNormal(1)"), "allowed: logit_sens"),
        (("accuracy", "review.csv", "--prior", "tau_sens"), "NAME=CALL"),
        (("accuracy", "review.csv", "--prior", "tau_sens=exit(1)"), "known prior"),
        (("accuracy", "review.csv", "--prevalence", "30"), "between 0 and 1"),
        (("accuracy", "review.csv", "--engine", "gibbs"), "auto, both, nuts, quadrature"),
        (("accuracy", "review.csv", "--link", "log"), "logit, probit, cloglog"),
        (("accuracy", "review.csv", "--marker", "roc"), "ignored, binormal"),
        (
            ("accuracy", "review.csv", "--marker", "binormal", "--model", "hsroc"),
            "--model bivariate",
        ),
        (("accuracy", "partial.csv"), "no table of 10 diseased and 12 healthy prints sens 0.55"),
        (("accuracy", "review.csv", "--where", "fp="), "no row has fp=''"),
        (("accuracy", "review.csv", "--where", "site=x"), "site"),
        (("accuracy", "review.csv", "--nonsense"), "nonsense"),
        (("accuracy",), "TABLE"),
        (("accuracy", "bad.csv"), "bad.csv"),
        (("accuracy", "cidp_mrn"), "--where"),
        (("accuracy", "review.csv", "--out", "mine"), "not of a report"),
        (("accuracy", "one.csv", "--leave-one-out"), "at least 2 studies"),
        (("accuracy", "review.csv", "--threshold", "sens=0.9,0.7"), "allowed: one or more, incr"),
        (("accuracy", "review.csv", "--threshold", "sens=70"), "above 0 and below 1"),
        (("accuracy", "review.csv", "--threshold", "sens"), "allowed is NAME=A,B"),
        (("accuracy", "review.csv", "--threshold", "good=0.5"), "allowed: sens, spec"),
        (("accuracy", "review.csv", "--judgements", "judged.toml"), "unknown domain 'impresision'"),
        (("accuracy", "review.csv", "--judgements", "nosuch.toml"), "no such file"),
        (("accuracy", "review.csv", "--formats", "word,pdf"), "unknown format 'pdf'"),
        (("accuracy", "review.csv", "--low-risk-only"), "no columns of risk of bias"),
        (("accuracy", "review.csv", "--without", "site=x"), "site"),
        (("summary-of-findings", "mine"), "no summary.json"),
        (("summary-of-findings", "mine", "--out", "x.pdf"), ".html, .md, .csv"),
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
    (folder / "partial.csv").write_text(PARTIAL.replace("0.6,0.75", "0.55,0.75"))
    (folder / "judged.toml").write_text('[impresision]\njudgement = "serious"\nreason = "wide"\n')
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.doc").write_text("do not touch")
    before = sorted(folder.rglob("*"))
    done = run(*arguments, cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(folder.rglob("*")) == before


def test_a_wrong_request_ends_with_code_2_and_words_on_stderr(table):
    done = run_outside("accuracy", "review.csv", "--prevalence", "30", cwd=table.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert "between 0 and 1" in done.stderr
    assert "Traceback" not in done.stderr


def test_version(tmp_path):
    import bayespool

    assert run_outside("--version", cwd=tmp_path).stdout.strip() == bayespool.__version__


def test_interruption_leaves_the_old_report_and_no_half_written_one(table):
    folder = table.parent
    (folder / "rep").mkdir()
    (folder / "rep" / "summary.json").write_text("{}")
    process = subprocess.Popen(
        [sys.executable, "-m", "bayespool.cli", "accuracy", "review.csv", "--out", "rep"],
        cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        # a process started in the background may have been told to ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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


TABLES = {
    "or": (
        "study,e1,n1,e2,n2\nA,4,20,9,21\nB,0,15,6,16\nC,7,30,8,29\n", "mu_ratio",
    ),
    "generic": ("study,estimate,se\nA,0.2,0.1\nB,-0.1,0.2\nC,0.3,0.15\n", "mu"),
    "proportion": ("study,events,n\nA,4,20\nB,0,15\nC,7,30\n", "mu_proportion"),
    "md": ("study,mean1,sd1,n1,mean2,sd2,n2\nA,5,2,20,4,2,21\nB,6,3,15,5,2,16\n", "mu"),
}  # fmt: skip
NESTED = "study,finding,estimate,se\nA,x,0.2,0.1\nA,y,0.4,0.1\nB,x,-0.1,0.2\nC,x,0.3,0.15\n"


@pytest.mark.parametrize("measure", TABLES)
def test_association(tmp_path, measure):
    text, name = TABLES[measure]
    (tmp_path / "review.csv").write_text(text)
    options = ["--mid", "1.25", "--baseline-risk", "0.1"] if measure == "or" else []
    done = run("association", "review.csv", "--measure", measure, *options, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["measure"] == measure
    assert {"mu", "mu_new", "tau", "tau2", name} <= set(summary["estimands"])
    assert [p.name for p in tmp_path.iterdir()] == ["review.csv"]
    done = run("association", "review.csv", "--measure", measure, *options, "--out", "rep",
               "--leave-one-out", *(() if measure == "or" else LIGHT), cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rep" / "leave_one_out.csv").stat().st_size > 0
    again = run("report", "rep/posterior.nc", "--out", "again", "--quiet", *LIGHT, *options,
                cwd=tmp_path)  # fmt: skip
    assert again.returncode == 0, again.stderr
    written = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert written["estimands"] == summary["estimands"]
    checked = run("check", "review.csv", "--measure", measure, cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    "measure, text, model, names",
    [
        ("proportion", TABLES["proportion"][0], "beta-binomial", ("psi", "mu")),
        ("generic", NESTED, "nested", ("tau", "tau_within", "mu")),
    ],
)
def test_models_by_name_with_all_refits(tmp_path, measure, text, model, names):
    (tmp_path / "review.csv").write_text(text)
    done = run("association", "review.csv", "--measure", measure, "--model", model, "--out", "rep",
               "--leave-one-out", "--prior-sensitivity", *LIGHT, cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in names)
    first = json.loads((tmp_path / "rep" / "summary.json").read_text())
    assert len(first["leave_one_out"]) == 3
    told = [row["variant"].partition(":")[0].split(" ") for row in first["prior_sensitivity"][1:]]
    assert {name for _, name in told} == set(names)
    words = {word for word, name in told if name == "mu"}
    assert words == {"sceptical", "wide"}
    again = run("report", "rep/posterior.nc", "--out", "again", "--quiet", *LIGHT, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    written = json.loads((tmp_path / "again" / "summary.json").read_text())
    assert written["estimands"] == first["estimands"]


BEFORE_AFTER = (
    "study,kind,before,n_before,after,n_after,p,both,lost,gained,neither\n"
    "A,margins,29,33,19,32,0.008,,,,\nB,,,,,,,20,6,1,5\n"
)


BRIDGED = "study,kind,or,se_log,smd,n1,n2\nA,,2.0,0.3,,,\nB,smd,,,0.4,50,40\n"


def test_effects_of_the_other_scale_when_asked_for(tmp_path):
    (tmp_path / "review.csv").write_text(BRIDGED)
    done = run("association", "review.csv", "--measure", "or", "--bridge", "--engine", "nuts",
               "--json", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["engine"] == "nuts"
    assert found["provenance"]["data"]["rows"] == ["A", "B"]


def test_findings_before_and_after(tmp_path):
    (tmp_path / "review.csv").write_text(BEFORE_AFTER)
    ask = ("association", "review.csv", "--measure", "or", "--engine", "quadrature", "--json")
    both, one = run(*ask, cwd=tmp_path), run(*ask, "--where", "kind=margins", cwd=tmp_path)
    for done, tau in ((both, True), (one, False)):
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        assert summary["model"].startswith("PrePost(")
        assert ("tau" in summary["estimands"]) == tau
        assert summary["estimands"]["mu_ratio"]["upper"] < 1
        assert ("one study says nothing" in done.stderr) != tau
    prior = run(*ask, "--where", "kind=margins", "--prior", "tau=HalfNormal(0.5)", cwd=tmp_path)
    assert (prior.returncode, prior.stderr) == (0, "")


@pytest.mark.parametrize(
    "measure, text, options, words",
    [
        ("or", "study,or,ci_low,ci_high\nA,3,1,2\nB,1,0.5,2\n", (), "review.csv row 2"),
        ("or", "study,or,se_log\nA,-1,0.2\nB,1,0.5\n", (), "row 2"),
        ("generic", "study,estimate,se\nA,1,0\nB,1,1\n", (), "se"),
        ("generic", "study,estimate,p\nA,1,1.2\nB,1,0.5\n", (), "row 2"),
        ("or", "study,e1,n1,e2,n2\nA,9,5,1,5\nB,1,5,1,5\n", (), "row 2"),
        ("cor", "study,r,n\nA,1.2,20\nB,0.1,20\n", (), "-1 < r < 1"),
        ("md", "study,mean1,n1,mean2,n2\nA,1,20,2,20\n", (), "sd"),
        ("odds", TABLES["or"][0], (), "allowed: or, rr"),
        ("or", TABLES["or"][0], ("--covariate", "age"), "no covariate 'age'"),
        ("or", TABLES["or"][0], ("--baseline-risk", "10"), "less than 1"),
        ("or", TABLES["or"][0], ("--mid", "0"), "positive ratio"),
        (
            "or",
            TABLES["or"][0],
            ("--model", "fixed"),
            "allowed: auto, beta-binomial, binomial, nested",
        ),
        ("or", TABLES["or"][0], ("--model", "beta-binomial"), "needs Proportions; review.csv"),
        ("proportion", TABLES["proportion"][0], ("--model", "beta-binomial", "--robust"), "robust"),
        ("or", TABLES["or"][0], ("--prior", "rho=LKJ(2)"), "allowed: mu, tau"),
        (
            "generic",
            TABLES["generic"][0],
            ("--model", "binomial"),
            "needs ArmCounts or Proportions",
        ),
        ("or", BRIDGED, (), "--bridge"),
        ("md", TABLES["md"][0], ("--bridge",), "allowed: or, smd"),
        ("or", TABLES["or"][0], ("--model", "pre-post"), "review.csv is ArmCounts of or"),
        ("or", BEFORE_AFTER, ("--model", "normal"), "the same people twice"),
        ("or", BEFORE_AFTER, ("--covariate", "p"), "--covariate does not apply to --model auto"),
        ("rr", BEFORE_AFTER, (), "allowed: or"),
        ("or", BEFORE_AFTER.replace("0.008", "0.9"), (), "review.csv row 2"),
        (
            "or",
            "study,kind,e1,n1,e2,n2,p,events\nA,,4,9,5,9,,\nB,censored,,9,,8,ns,\n",
            (),
            "no number of events",
        ),
    ],
)
def test_wrong_associations_are_refused_in_words(tmp_path, measure, text, options, words):
    (tmp_path / "review.csv").write_text(text)
    done = run("association", "review.csv", "--measure", measure, *options, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["review.csv"]


def test_the_edge_of_what_may_be_asked(tmp_path):
    """A low risk, a cut-off of one value of a covariate, covariates named as estimands end."""
    (tmp_path / "arms.csv").write_text(
        "study,ratio,prev_x,e1,n1,e2,n2\nA,1,3,4,20,9,21\nB,2,1,2,15,6,16\nC,4,2,7,30,8,29\n"
        "D,3,5,5,20,6,22\nE,5,4,9,40,8,41\nF,7,9,3,25,4,22\n"
    )
    ask = ("association", "arms.csv", "--measure", "or", "--covariate", "ratio", "--covariate",
           "prev_x", "--threshold", "beta_ratio=-0.5,0.5", "--threshold", "beta_prev_x=-2,0,1.5",
           "--baseline-risk", "0.00001", "--baseline-risk", "0.1", "--mid", "0.8", "--out", "rep",
           "--formats", "markdown", "--engine", "quadrature")  # fmt: skip
    done = run(*ask, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--mid 0.8 is a ratio: below 0.8 and above 1.25 a difference matters" in done.stderr
    summary = json.loads((tmp_path / "rep" / "summary.json").read_text())
    assert [need["baseline_risk"] for need in summary["numbers_needed"]] == ["0.00001", "0.1"]
    low = summary["estimands"]["risk@0.00001"]["median"]
    assert low == pytest.approx(1e-5 * summary["estimands"]["mu_ratio"]["median"], rel=1e-3)
    assert "0.001" in (tmp_path / "rep" / "report.md").read_text()
    joined = run("summary-of-findings", "rep", cwd=tmp_path)
    assert joined.returncode == 0, joined.stderr
    assert "rep, 10" in joined.stdout


def test_a_cut_off_at_one_value_of_a_covariate(tmp_path):
    ask = ("accuracy", "anti_ccp", "--covariate", "year", "--threshold", "sens[year=2004]=0.7",
           "--json", "--engine", "quadrature")  # fmt: skip
    done = run(*ask, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)["certainty"]["support"]
    assert told["estimand"] == "sens[year=2004]"
    assert sum(band["prob"] for band in told["bands"]) == pytest.approx(1.0)


def test_values_of_a_covariate_are_told_in_words(tmp_path):
    ask = ("accuracy", "anti_ccp", "--covariate", "generation", "--engine", "quadrature", "--out",
           "rep", "--formats", "markdown")  # fmt: skip
    words = ("--label", "generation.CCP1=the first generation", "--label",
             "generation.CCP2=the second generation")  # fmt: skip
    done = run(*ask, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "rep" / "report.md").read_text()
    assert "Pooled sensitivity, the second generation" in text
    assert "CCP1" not in text.partition("bayespool accuracy")[0]
    summary = json.loads((tmp_path / "rep" / "summary.json").read_text())
    assert "sens_difference[the first generation - the second generation]" in summary["estimands"]
    for wrong, said in (
        ("generation.CCP3=x", "no row has 'CCP3'"), ("colour.red=x", "no such covariate"),
        ("generation.CCP1=CCP2", "two values have one label"), ("CCP1=x", "COLUMN.VALUE=WORDS"),
    ):  # fmt: skip
        refused = run(*ask, "--label", wrong, cwd=tmp_path)
        assert refused.returncode == 2
        assert said in refused.stderr


def test_a_fault_of_the_program_is_no_mistake_of_the_user(table, monkeypatch):
    """What is raised in words is the user's; what comes out of a computation is ours."""
    for fault in (lambda *_: float("no number"), lambda *_: {}["nothing"]):
        monkeypatch.setattr("bayespool.fitting.fit", fault)
        done = run("accuracy", "review.csv", "--json", cwd=table.parent)
        assert done.returncode == 70
        assert "Traceback" in done.stderr
        assert "This is a fault of bayespool" in done.stderr


def test_measures_in_capitals(tmp_path):
    (tmp_path / "review.csv").write_text(TABLES["or"][0])
    done = run("association", "review.csv", "--measure", "OR", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measure"] == "or"


def test_a_folder_that_is_not_there_is_said_in_a_line(tmp_path):
    (tmp_path / "rep").mkdir()
    ask = ("accuracy", "anti_ccp", "--engine", "quadrature", "--formats", "none", "--out", "rep")
    assert run(*ask, cwd=tmp_path).returncode == 0
    done = run("summary-of-findings", "rep", "--out", "no/such/x.md", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "no/such/x.md: No such file or directory; nothing was changed\n"
