"""Every accuracy model from the command line: what it prints, and what it refuses in words."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bayespool as bp
from bayespool.accuracy import NestedMetaRegression
from bayespool.choice import choose
from bayespool.cli import main
from bayespool.model_options import ModelOptions
from bayespool.storage import model_from_call

ONE_ROW = """study,year,design,size,tp,fp,fn,tn
A,2001,case,10,18,7,4,25
B,2001,case,12,15,5,7,19
C,2001,cohort,18,24,3,5,33
D,2001,cohort,14,30,6,9,40
E,2002,cohort,25,11,2,2,21
F,2003,case,21,20,9,3,22
G,2003,cohort,30,9,1,4,30
"""
TWO_TESTS = """study,test,tp,fp,fn,tn,dose,tp_both,fp_both
A,ct,18,7,4,25,1,14,3
A,mri,15,5,7,27,1,14,3
B,ct,15,5,7,19,2,,
B,mri,12,3,10,21,2,,
C,ct,24,3,5,33,4,,
D,mri,30,6,9,40,3,,
"""
READERS = """study,reader,tp,fp,fn,tn
A,1,18,7,4,25
A,2,16,6,6,26
B,1,15,5,7,19
B,2,17,6,5,18
C,1,24,3,5,33
"""
MARGINS = "\n".join(",".join(line.split(",")[:7]) for line in TWO_TESTS.splitlines()) + "\n"
TABLES = {"one": ONE_ROW, "two": MARGINS, "crossed": TWO_TESTS, "readers": READERS}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``bayespool accuracy`` and options."""
    with pytest.raises(SystemExit) as left:
        main(["accuracy", *shlex.split(text)])
    code = left.value.code
    assert isinstance(code, int)
    return code, *capsys.readouterr()


def summary_of(text: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code, out, errors = run(f"{text} --engine quadrature --json", capsys)
    assert code == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


RUNS = {
    "one.csv": ("Bivariate(", {"sens", "rho"}),
    "one.csv --robust": ("Bivariate(", {"sens", "nu"}),
    "one.csv --covariate design": (
        "MetaRegression(covariates=('design',), by='',",
        {"sens[case]", "spec_difference[case - cohort]", "beta_sens_design[case]"},
    ),
    "one.csv --covariate size --link probit": (
        "MetaRegression(covariates=('size',), by='',",
        {"sens", "probit_sens", "beta_spec_size", "sens[size=30]"},
    ),
    "one.csv --by design": (
        "MetaRegression(covariates=('design',), by='design',",
        {"tau_sens[case]", "rho[cohort]", "sens_new[case]"},
    ),
    "readers.csv --model nested --correlation 0.5": (
        "NestedBivariate(",
        {"sens", "sens_new_study", "share_between_spec"},
    ),
    "two.csv --test test": (
        "Comparison(test='test', shared=False,",
        {"sens[ct]", "dor_ratio[mri / ct]", "tau_within_spec"},
    ),
    "two.csv --test test --structure by-test --covariate dose": (
        "Comparison(test='test', covariates=('dose',), shared=False, structure='by-test',",
        {"sens[ct]", "tau_within_sens[mri]", "beta_spec_dose"},
    ),
    "crossed.csv --test test --shared": (
        "Comparison(test='test', shared=True,",
        {"spec[mri]", "dependence_healthy"},
    ),
    "one.csv --model hsroc --covariate design --covariate-on threshold": (
        "HSROC(",
        {"Lambda", "beta_Theta_design[case]", "sens_ratio[case / cohort]"},
    ),
}


@pytest.mark.parametrize("options", RUNS)
def test_every_model_answers(folder, capsys, options):
    call, names = RUNS[options]
    summary = summary_of(options, capsys)
    assert summary["model"].startswith(call)
    assert repr(model_from_call(summary["model"])) == summary["model"]
    assert names <= set(summary["estimands"])
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.csv" for name in
                                                              sorted(TABLES)]  # fmt: skip


def test_hsroc_takes_a_covariate_on_all_its_parts_by_default(folder, capsys):
    summary = summary_of("one.csv --model hsroc --covariate size", capsys)
    names = {f"beta_{part}_size" for part in ("Lambda", "Theta", "shape")}
    assert names <= set(summary["estimands"])


def test_priors_reach_every_model(folder, capsys):
    for options, prior in (
        ("one.csv --covariate design", "beta=Normal(0, 0.75)"),
        ("one.csv --model hsroc", "sigma_alpha=HalfNormal(0.4)"),
    ):
        summary = summary_of(f"{options} --prior '{prior}'", capsys)
        assert prior in summary["model"]


def test_groups_are_printed_and_reported(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bayespool", "accuracy", "two.csv"])
    ask = "two.csv --test test --shared --engine quadrature --out rep --formats tables"
    code, out, errors = run(ask, capsys)
    assert code == 0, errors
    lines = out.splitlines()
    for name in ("sens[ct]", "spec[mri]", "sens_difference[mri - ct]", "spec_difference[mri - ct]"):
        assert any(name in line for line in lines), name
    assert any(line.startswith("P(sens[mri] > sens[ct]) = 0.") for line in lines)
    written = json.loads((folder / "rep" / "summary.json").read_text())
    with pytest.raises(SystemExit, match="0"):
        main(["report", "rep/posterior.nc", "--out", "again", "--quiet", "--formats", "tables"])
    again = json.loads((folder / "again" / "summary.json").read_text())
    assert again["estimands"] == written["estimands"]


def test_leaving_out_one_of_two_studies_of_a_group_keeps_the_coding(folder, capsys):
    few = "\n".join(line for line in ONE_ROW.splitlines() if not line.startswith(("A", "G"))) + "\n"
    (folder / "few.csv").write_text(few)  # two studies of case, three of cohort
    summary = summary_of("few.csv --covariate design --leave-one-out", capsys)
    rows = summary["leave_one_out"]
    assert sorted(row["study"] for row in rows) == list("BCDEF")
    assert all(0.0 < row["sens[case]_median"] < 1.0 for row in rows)


def test_year_by_year_where_the_first_studies_have_all_groups(folder, capsys):
    summary = summary_of("one.csv --covariate design --cumulative", capsys)
    assert [row["n_studies"] for row in summary["cumulative"]] == [4, 5, 7]


def test_results_that_share_patients_weigh_less_with_covariates_too() -> None:
    readers = bp.load_dataset("brachial_plexus_readers")
    options = ModelOptions(covariate=("design",), correlation=0.5, link="probit")
    model, _ = choose(readers, "", "nested", options)
    assert model == NestedMetaRegression(covariates=("design",), correlation=0.5, link="probit")
    unshared, _ = choose(readers, "", "nested", replace(options, correlation=None))
    assert unshared == replace(model, correlation=0.0)


REFUSED = {
    "one.csv --model anova": "--model anova is unknown; allowed: auto, bivariate, comparison",
    "one.csv --shared": "no column 'test' of tests",
    "one.csv --correlation 0.5": "--correlation goes with --model nested",
    "one.csv --model bivariate --shared": "allowed with it: --link, --robust, --marker; ",
    "one.csv --by design --test test": "--by and --test do not go together",
    "two.csv --test test --structure own": "structure='own' is unknown; allowed: factor, common",
    "one.csv --covariate size --covariate-on shape": "--covariate-on goes with --model hsroc",
    "one.csv --model hsroc --robust": "--robust does not apply to --model hsroc",
    "one.csv --model hsroc --link probit": "--link does not apply to --model hsroc",
    "one.csv --model hsroc --covariate-on shape": "allowed with --covariate",
    "one.csv --model hsroc --covariate size --covariate-on auc": "allowed: accuracy, threshold, sh",
    "one.csv --model meta-regression": "needs covariates; allowed: year, design, size",
    "one.csv --covariate age": "no covariate 'age'; allowed: year, design, size",
    "one.csv --by size": "by='size' is a number; allowed: a category",
    "one.csv --model nested": "no study has several rows",
    "one.csv --model comparison": "no column 'test' of tests",
    "two.csv": "2 studies have several rows",
    "two.csv --test reader": "no column 'reader' of tests; allowed: test",
    "readers.csv --model nested --correlation 1.5": "correlation=1.5; allowed: from 0 to 1",
    "readers.csv --model nested --covariate design --correlation -1": (
        "correlation=-1.0; allowed: from 0 to 1"
    ),
    "readers.csv --model nested --covariate design --robust": "do not go together with --model nes",
    "one.csv --model hsroc --prior 'tau_sens=HalfNormal(1)'": "allowed: Lambda, Theta, shape",
    "one.csv --model hsroc --prior 'beta=Normal(0, 1)'": "this model has no such parameter",
    "two.csv --test test --shared --prior 'tau_within_sens=HalfNormal(1)'": "no such parameter",
    "one.csv --covariate size --prior 'beta=HalfNormal(1)'": "allowed: a prior on all numbers",
    "gaps.csv --covariate size": "covariate 'size' is empty for B",
    "lonely.csv --covariate design": "level 'case' in one row only (A)",
    "double.csv --covariate size --covariate twice": "collinear",
    "apart.csv --test test": "network of tests is not connected",
    "wrong.csv --test test": "20 contradicts the margins 18 and 15 of 22",
    "late.csv --covariate design --cumulative": "--cumulative to 2001 (2 studies): late.csv: cov",
}
WRONG = {
    "gaps": "study,size,tp,fp,fn,tn\nA,1,8,2,3,9\nB,,9,1,4,8\nC,3,7,2,2,8\n",
    "lonely": "study,design,tp,fp,fn,tn\nA,case,8,2,3,9\nB,x,9,1,4,8\nC,x,7,2,2,8\n",
    "double": "study,size,twice,tp,fp,fn,tn\nA,1,2,8,2,3,9\nB,2,4,9,1,4,8\nC,4,8,7,2,2,8\n"
    "D,5,10,8,1,2,9\n",
    "apart": "study,test,tp,fp,fn,tn\nA,x,8,2,3,9\nB,x,9,1,4,8\nC,y,7,2,2,8\nD,y,8,1,2,9\n",
    "wrong": TWO_TESTS.replace(",14,3", ",20,3"),
    "late": "study,year,design,tp,fp,fn,tn\nA,2001,x,8,2,3,9\nB,2001,x,9,1,4,8\n"
    "C,2002,y,7,2,2,8\nD,2002,y,8,1,2,9\n",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_a_model_cannot_do_is_refused_before_anything_is_written(folder, capsys, options):
    for name, text in WRONG.items():
        (folder / f"{name}.csv").write_text(text)
    before = sorted(folder.rglob("*"))
    code, out, errors = run(options, capsys)
    assert code == 2, errors
    assert REFUSED[options] in errors
    reading, *refused = errors.strip().splitlines()
    assert reading == f"reading {options.split()[0]}"
    assert len(refused) == 1
    assert out == ""
    assert sorted(folder.rglob("*")) == before
