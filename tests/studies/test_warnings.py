"""What is odd about a table but allowed stays with the studies, wherever they go."""

import copy
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from command import run

import bayespool as bp
from bayespool.storage.records import studies_from_record, studies_to_record
from bayespool.studies import AccuracyStudies, Effects, read_studies
from bayespool.studies.limits import MOST_PROBLEMS
from bayespool.studies.shared_fields import shortened

ODD = "study,test,tp,fp,fn,tn\nA 2001,x,18,17,4,25\nB 2002,x,15,12,7,19\na 2001,y,24,10,5,13\n"
SAID = "t.csv row 4, column study: 'a 2001' is read as the study 'A 2001' of row 2"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(ODD)
    return path


def test_warnings_go_where_the_studies_go(table):
    studies = AccuracyStudies.from_table(table)
    assert studies.warnings == (SAID,)
    others = [
        studies.select([0, 1]), studies.where("test", "x"), studies.by_study(),
        studies.order_by("tp"), copy.copy(studies), pickle.loads(pickle.dumps(studies)),
        replace(studies, name="other"),
        studies_from_record(json.loads(json.dumps(studies_to_record(studies)))),
    ]  # fmt: skip
    assert [other.warnings for other in others] == [(SAID,)] * len(others)


@pytest.mark.parametrize(
    "measure, text",
    [
        ("or", "study,e1,n1,e2,n2\nA,1,10,2,10\n#B,3,20,4,21\n"),
        ("proportion", "study,events,n\nA,1,10\n#B,2,10\n"),
        ("cor", "study,r,n\nA,0.1,10\n#B,0.2,10\n"),
        ("md", "study,mean1,sd1,n1,mean2,sd2,n2\nA,1,1,9,2,1,9\n#B,1,1,9,2,1,9\n"),
        ("or", "study,both,lost,gained,neither\nA,1,2,3,4\n#B,1,2,3,4\n"),
    ],
)
def test_every_shape_hands_them_to_its_effects(tmp_path, measure, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    studies = read_studies(path, measure)
    assert studies.warnings == ("t.csv: row 3 begins with # and is not read",)
    effects = studies.effects(measure)
    assert isinstance(effects, Effects)
    assert effects.warnings == studies.warnings


def test_there_are_at_most_so_many():
    many = [f"warning {number}" for number in range(MOST_PROBLEMS + 3)]
    assert shortened([*many, *many])[-1] == "and 3 more warnings"
    assert len(shortened(many)) == MOST_PROBLEMS + 1


def test_a_fit_of_an_old_file_has_none(table):
    record = studies_to_record(AccuracyStudies.from_table(table))
    del record["warnings"]
    assert studies_from_record(record).warnings == ()


def test_the_command_line_says_them_and_puts_them_in_json_and_on_the_page(table, tmp_path):
    ask = ("accuracy", "t.csv", "--model", "nested", "--engine", "quadrature")
    done = run(*ask, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["warnings"] == [SAID]
    done = run(*ask, "--out", "rep", "--formats", "markdown", cwd=tmp_path)
    assert f"note: {SAID}\n" in done.stderr
    assert json.loads((tmp_path / "rep/summary.json").read_text())["warnings"] == [SAID]
    assert SAID in (tmp_path / "rep/report.md").read_text()
    again = bp.load(tmp_path / "rep/posterior.nc")
    assert again.studies.warnings == (SAID,)
    assert np.array_equal(again.studies.tp, [18, 24, 15])


def test_check_says_what_was_understood(table, tmp_path):
    table.write_text(ODD.replace("tp", "True pos").replace("x,15", "Total,15"))
    done = run("check", "t.csv", "--map", "tp=True pos", cwd=tmp_path)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert lines[0].startswith("t.csv: 3 rows of 2 studies, read as 2x2 tables of diagnostic acc")
    assert {"study study", "test covariate", "True pos true positives"} <= set(lines)
    says = (
        "15 of 22 (68.2 %) with the condition are positive, 19 of 31 (61.3 %) without it negative"
    )
    assert f"B 2002 {says}" in lines
    assert f"note: {SAID}" in lines
    assert run("check", "t.csv", "--map", "tp=True pos", "--quiet", cwd=tmp_path).stdout == ""


@pytest.mark.parametrize(
    "options, says",
    [
        (("--map", "tp"), '--map "tp": allowed is ROLE=COLUMN'),
        (("--map", "tp=tp", "--map", "tp=fp"), "--map: tp is given twice"),
        (("--map", "tp=nothing"), "tp is to be read from 'nothing', and there is no such column"),
        (("--map", "tp=tp", "--map", "fp=tp"), "'tp' is to be read as tp and as fp"),
        (("--keep-row", "Total"), "there is no row 'Total' to keep"),
        (("--sheet", "two"), "the file has no sheet 'two'"),
    ],
)
def test_wishes_that_cannot_be_met(table, tmp_path, options, says):
    done = run("check", "t.csv", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize("name", ["bcg", "hackshaw1998", "decision_time", "raudenbush1985"])
def test_check_tells_every_shape(name, tmp_path):
    measure = {"decision_time": "md", "raudenbush1985": "generic"}.get(name, "or")
    done = run("check", name, "--measure", measure, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "read as" in done.stdout
    assert "note:" not in done.stdout
