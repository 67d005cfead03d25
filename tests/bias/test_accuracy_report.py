"""Publication bias of accuracy on the road to the user: command line, JSON, page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import run

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.bias.accuracy import AccuracyAssessment
from bayespool.bias.asked import BiasAsked
from bayespool.bias.assessment import assess
from bayespool.datasets import resolve

CD64 = Path(__file__).parents[1] / "reference" / "cd64.csv"


@pytest.fixture(scope="module")
def fitted() -> bp.Fit:
    return bp.fit(Bivariate(), resolve(CD64), engine="quadrature")


def test_the_page_and_the_record_tell_the_same(fitted: bp.Fit, tmp_path: Path) -> None:
    folder = bp.write_report(fitted, tmp_path / "r", bias="selection", formats=("markdown",))
    text = (folder / "report.md").read_text()
    text = text.replace("\xa0", " ").replace("\u202f", " ")
    record = json.loads((folder / "summary.json").read_text())["publication_bias"]
    assert record["deeks"]["p"] == pytest.approx(0.006304812136321)
    curve = record["curve"]
    assert [one["seen"] for one in curve] == [1.0, 0.8, 0.6, 0.4]
    assert [round(one["unseen_studies"], 2) for one in curve] == [0.0, 6.75, 18.0, 40.5]
    dor = [one["estimands"]["dor"]["median"] for one in curve]
    assert dor == sorted(dor, reverse=True)
    at = {part: 100 * curve[2]["estimands"]["sens"][part] for part in ("median", "lower", "upper")}
    told = f"{at['median']:.1f} % ({at['lower']:.1f} to {at['upper']:.1f} %)"
    answer, rest = text.split("\n## Summary of findings")
    assert "Publication bias may matter: if only 60 % of all studies were seen" in answer
    assert told in answer
    assert "By Deeks' test the funnel is asymmetric, small studies having larger" in rest
    assert "| 60 % seen | 18 |" in rest
    assert "not found" in rest
    for name in ("funnel", "seen"):
        assert (folder / "figures" / f"{name}.svg").is_file()


def test_the_command_line_asks_and_the_folder_remembers(tmp_path: Path) -> None:
    ask = ("accuracy", "telomerase", "--bias", "deeks", "--engine", "quadrature")
    done = run(*ask, "--out", "r", "--formats", "none", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["publication_bias"]
    assert first["deeks"]["df"] == 8
    again = run("report", "r", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["publication_bias"] == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("telomerase", "--bias", "robma"), "of an accuracy analysis; allowed: none, deeks, sel"),
        (("telomerase", "--bias", "egger"), "none, deeks, selection (accuracy)"),
        (("telomerase", "--bias", "deeks", "--bias-prior", "seen=Beta(1, 1)"), "with no name"),
        (("telomerase", "--bias", "selection", "--bias-prior", "mu=Normal(0, 1)"),
         "strength, seen"),
        (("telomerase", "--bias", "selection", "--bias-prior", "seen=HalfNormal(1)"), "Beta(2, 1)"),
        (("ct_mri_cad", "--test", "test", "--indirect", "--bias", "deeks"), "is of one test"),
        (("brachial_plexus_readers", "--model", "nested", "--correlation", "0", "--bias", "deeks"),
         "one row per study"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = run("accuracy", *arguments, "--json", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()[-1:]) == 1


def test_deeks_alone_moves_nothing_and_says_so(fitted: bp.Fit) -> None:
    found: Any = assess(fitted, BiasAsked("deeks"))
    assert isinstance(found, AccuracyAssessment)
    assert found.curve == {}
    assert not found.matters
    assert set(found.record()) == {"kind", "studies", "main", "deeks", "notes"}


def test_rows_without_an_odds_ratio_stay_out_with_a_sentence() -> None:
    studies = bp.studies.AccuracyStudies.from_counts(
        list("ABCDE"), [9, 8, 0, 7, 19], [1, 2, 1, 3, 4], [1, 3, 0, 2, 2], [9, 7, 5, 5, 20]
    )
    fitted = bp.fit(Bivariate(), studies, engine="quadrature")
    found: Any = assess(fitted, BiasAsked("deeks"))
    assert found.studies.row == ("A", "B", "D", "E")
    assert found.notes[0].startswith("1 of 5 rows are no full 2x2 tables")


def test_priors_arrive_and_a_regression_is_told_that_there_are_no_covariates() -> None:
    studies = bp.load_dataset("anti_ccp").select(range(12))
    model = MetaRegression(covariates=("generation",))
    fitted = bp.fit(model, studies, engine="quadrature")
    asked = BiasAsked("selection", ("strength=HalfNormal(0.5)", "seen=Beta(3, 1)"))
    found: Any = assess(fitted, asked)
    assert "strength=HalfNormal(0.5), seen=Beta(3, 1)" in repr(found.unknown.model)
    assert any("has no covariates" in note for note in found.notes)
