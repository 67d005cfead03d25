"""Every template is read by `check` without a note, says what its columns are, and fits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from command import run
from openpyxl import load_workbook

from bayespool.datasets import data_dir
from bayespool.engines import quadrature
from bayespool.numerics.points import Points
from bayespool.templates import TEMPLATES

# a fit of these takes seconds: their models have points for nodes
DEAR = {"accuracy-tests", "thresholds", "accuracy-readers", "accuracy-incomplete", "or-incomplete",
        "or-before-after"}  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_read_without_a_note(name, ending, tmp_path):
    made = run("template", name, "--out", f"mine.{ending}", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (command, *options), _ = TEMPLATES[name].commands
    done = run(command, f"mine.{ending}", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: " not in done.stdout + done.stderr
    header, *rows = TEMPLATES[name].records
    for column in header:
        assert re.search(rf"^  {column} ", made.stdout, re.M)
    assert f"rows of {len({row[0] for row in rows})} studies" in done.stdout


def fit_line(name: str, cwd: Path) -> list[str]:
    """The command that a template says it is fitted by."""
    found = re.search(r"^fit: bayespool (.*)$", run("template", name, cwd=cwd).stdout, re.M)
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in DEAR])
def test_a_template_fits_by_the_command_that_it_prints(name, tmp_path):
    done = run(*fit_line(name, tmp_path), "--json", "--engine", "quadrature", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    rows = {row[0] for row in TEMPLATES[name].records[1:]}
    assert {row.split(",")[0] for row in summary["provenance"]["data"]["rows"]} == rows


@pytest.mark.parametrize("name", sorted(DEAR))
def test_a_template_that_takes_long_has_a_likelihood(name, tmp_path):
    with mock.patch.object(quadrature, "run", side_effect=KeyboardInterrupt) as engine:
        run(*fit_line(name, tmp_path), "--json", cwd=tmp_path)
    hierarchy, random = engine.call_args.args[0], np.random.default_rng(1)
    theta = hierarchy.draw_prior(5, random)
    assert np.isfinite(hierarchy.total_log_likelihood(theta, Points(8, random, 0))).all()


def test_a_file_that_is_there_stays(tmp_path):
    (tmp_path / "or.csv").write_text("mine", encoding="utf-8")
    done = run("template", "or", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "or.csv: the file is there already; allowed: --out with another name"
    )
    assert (tmp_path / "or.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("odds",), "there is no template 'odds'; allowed: accuracy, accuracy-rates"),
        (("or", "--out", "x.txt"), "x.txt: allowed is a file ending in .csv or .xlsx"),
    ],
)
def test_what_is_asked_for_wrongly(arguments, words, tmp_path):
    done = run("template", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(words)
    assert not list(tmp_path.iterdir())


def test_headings_of_a_workbook_say_what_they_mean(tmp_path):
    run("template", "hr", "--out", "hr.xlsx", cwd=tmp_path)
    sheet = load_workbook(tmp_path / "hr.xlsx").active
    said = {cell.value: cell.comment.text for cell in sheet[1]}
    assert said == TEMPLATES["hr"].columns
    assert sheet["B2"].value == 0.72


def test_every_table_is_of_a_template_and_the_list_has_all(tmp_path):
    tables = {path.stem for path in (data_dir() / "templates").iterdir()}
    assert tables == {template.table for template in TEMPLATES.values()}
    listed = run("template", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(TEMPLATES)
