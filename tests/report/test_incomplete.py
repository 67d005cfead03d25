"""Rows that are no full results: marked, measured, and the answer without them."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from shared import LIGHT

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.report import write_report
from bayespool.report.files import cell
from bayespool.report.formats import FORMATS
from bayespool.report.incomplete import sentences
from bayespool.report.incomplete_section import section
from bayespool.report.per_study import note_of
from bayespool.studies import AccuracyStudies, ArmCounts, Effects

_ = None
ACCURACY = {
    "study": ["A", "B", "C", "D", "E", "F", "F"],
    "kind": ["", "", "rates", "margin", "marker", "candidate", "candidate"],
    "tp": [8, 30, _, 5, _, 7, 7], "fn": [3, 1, _, 4, _, 2, 2],
    "fp": [2, 0, _, _, _, 1, 4], "tn": [20, 44, _, _, _, 9, 6],
    "sens": [_, _, "0.9", _, _, _, _], "spec": [_, _, "0.8", _, _, _, _],
    "n_diseased": [_, _, "18-30", _, 20, _, _], "n_healthy": [_, _, 40, _, 25, _, _],
    "auc": [_, _, _, _, 0.85, _, _], "test": list("xyxyxyy"),
}  # fmt: skip
ARMS = {
    "study": ["A", "B", "C", "D", "D"], "kind": ["", "", "censored", "candidate", "candidate"],
    "e1": [8, 12, _, 4, 6], "n1": [20, 40, 15, 20, 20],
    "e2": [4, 9, _, 2, 2], "n2": [21, 38, 16, 20, 20],
    "p": [_, _, "ns", _, _], "events": [_, _, "4-8", _, _],
}  # fmt: skip
NAN = re.compile(r"\bnan\b", re.IGNORECASE)


def cases() -> dict[str, tuple[Any, Any]]:
    arms = ArmCounts.from_table(ARMS)
    table = AccuracyStudies.from_table(ACCURACY)
    return {
        "accuracy": (Bivariate(), table),
        "groups": (MetaRegression(covariates=("test",)), table),
        "effects": (NormalNormal(measure="or"), arms.effects("or")),
        "counts": (BinomialNormal(), arms),
    }


@pytest.fixture(scope="module", params=cases())
def made(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    model, studies = cases()[request.param]
    fitted = bp.fit(model, studies, engine="quadrature")
    folder = tmp_path_factory.mktemp("incomplete") / request.param
    formats = FORMATS if request.param == "counts" else LIGHT
    return request.param, fitted, write_report(fitted, folder, formats=formats)


def test_page_and_twins(made: tuple[str, Any, Path]) -> None:
    name, fitted, folder = made
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Incompletely reported results" in page
    assert "†" in page
    (sentence,) = sentences(fitted)
    assert sentence in unescape(page)
    assert ("4 of the 6" if name in ("accuracy", "groups") else "2 of the 4") in sentence.replace(
        "\u00a0", " "
    )
    data = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for kind in ("incomplete", "without_incomplete"):
        with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows == [{key: cell(x) for key, x in record.items()} for record in data[kind]]
        assert f"{kind}.csv" in page
    assert [row["variant"] for row in data["without_incomplete"]] == [
        "all rows", "complete rows alone",
    ]  # fmt: skip
    for path in (*folder.glob("*.csv"), *folder.glob("*.html"), *folder.glob("figures/*.svg")):
        text = path.read_text(encoding="utf-8")
        assert not NAN.search(text), f"{path.name}: {NAN.search(text)}"


def test_censored_rows_have_words_and_no_estimate(made: tuple[str, Any, Path]) -> None:
    name, _fitted, folder = made
    if name not in ("effects", "counts"):
        pytest.skip("no censored row")
    with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["row"]: row for row in csv.DictReader(file)}
    censored = rows["C"]
    assert censored["effect_observed"] == censored["counts"] == ""
    assert censored["effect_median"]
    assert censored["partial_kind"] == "censored"
    assert rows["A"]["partial_kind"] == ""
    predicted = [key for key in censored if key.endswith("_loo_pit")]
    assert all(censored[key] == "" for key in predicted)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "P value only: no estimate printed" in page


def test_marker_rows_that_say_nothing_are_said_so(made: tuple[str, Any, Path]) -> None:
    name, _fitted, folder = made
    if name != "accuracy":
        pytest.skip("of one accuracy report")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "E is in the table but says nothing in this model" in page
    assert "of which E says nothing in this model" in page
    assert "not known" in page
    assert "No participants with" not in page


def test_no_section_where_every_row_is_complete(fitted: Any, report: Path) -> None:
    assert section(fitted) is None
    assert sentences(fitted) == []
    assert "†" not in (report / "index.html").read_text(encoding="utf-8")
    assert note_of(None) == ""


def test_all_rows_censored(tmp_path: Path) -> None:
    studies = Effects.from_table(
        {"study": list("ABC"), "kind": ["censored"] * 3, "p": ["ns", "<0.05", "ns"],
         "direction": ["", "positive", ""], "se": [0.3, 0.4, 0.5]}, "generic",
    )  # fmt: skip
    fitted = bp.fit(NormalNormal(), studies, engine="quadrature")
    folder = write_report(fitted, tmp_path / "out", formats=())
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "There is no answer without them: without the incomplete rows no study" in page
    assert not NAN.search(page)
