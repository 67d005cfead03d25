"""Every accuracy model has a whole page, which says what its summary says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from report.test_page import Reader, read, summary
from shared import LIGHT, fit_once, placed

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, Comparison, MetaRegression, NestedBivariate
from bayespool.accuracy.groups import pairs
from bayespool.priors import Gamma
from bayespool.report import numbers, write_report
from bayespool.report.formats import FORMATS
from bayespool.report.points import compared, labels, main_estimands, of_rows
from bayespool.storage import load

A, B, C = "first", "second", "third test"
FEW = {
    "study": [f"S{i} 20{i:02d}" for i in range(9)],
    "group": [A, B, C] * 3,
    "size": [1.0, 2.0, 2.5, 4.0, 3.0, 1.5, 2.0, 3.5, 5.0],
    "tp": [18, 29, 10, 35, 30, 12, 27, 40, 9],
    "fn": [3, 12, 6, 11, 9, 4, 10, 2, 5],
    "fp": [2, 1, 5, 0, 6, 3, 7, 9, 4],
    "tn": [20, 21, 31, 46, 44, 30, 39, 50, 22],
}
SEVERAL = {
    "study": ["P", "P", "Q", "Q", "R", "R", "T", "U"],
    "test": [A, B, A, B, A, B, A, B],
    "tp": [8, 9, 20, 25, 30, 34, 12, 17],
    "fn": [3, 2, 6, 1, 8, 4, 4, 5],
    "fp": [2, 1, 5, 2, 3, 6, 3, 7],
    "tn": [20, 21, 11, 14, 44, 41, 30, 29],
    "tp_both": [7, 7, *[None] * 6],
    "fp_both": [1, 1, *[None] * 6],
}
STUDIES = bp.AccuracyStudies.from_table(FEW, "few")
ROWS = bp.AccuracyStudies.from_table(SEVERAL, "several")
READERS = bp.AccuracyStudies.from_table(
    {name: values for name, values in SEVERAL.items() if "both" not in name}, "readers"
)
CASES: dict[str, tuple[Any, Any]] = {
    "robust": (Bivariate(nu=Gamma(2, 0.1)), STUDIES),
    "groups": (MetaRegression(covariates=("group",)), STUDIES),
    "own": (
        MetaRegression(covariates=("group", "size"), by="group"),
        STUDIES.select([0, 1, 3, 4, 6, 7]),
    ),
    "number": (MetaRegression(covariates=("size",)), STUDIES),
    "nested": (NestedBivariate(correlation=0.3), READERS),
    "comparison": (Comparison(shared=True), ROWS),
    "tests within studies": (Comparison(), READERS),
    "hsroc": (HSROC(), STUDIES),
    "hsroc, covariates": (HSROC(on_accuracy=("group",), on_threshold=("size",)), STUDIES),
}
IN_FULL = ("own", "comparison", "hsroc, covariates")


def options(case: str) -> dict[str, Any]:
    formats = FORMATS if case in IN_FULL else LIGHT
    return {"prevalences": (0.1,), "title": "Some tests", "formats": formats}


@pytest.fixture(scope="module", params=CASES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    model, studies = CASES[request.param]
    fitted = bp.fit(model, studies, engine="quadrature", ess=500)
    place = tmp_path_factory.mktemp("family") / "page"
    return request.param, fitted, write_report(fitted, place, **options(request.param))


def shown(e: Any) -> list[str]:
    kind = e["unit"]
    bounds = numbers.interval(e["lower"], e["upper"], kind)
    error = numbers.error(e["mcse_median"], kind)
    return [e["label"], numbers.value(e["median"], kind), bounds, error]


def test_first_screen_has_the_numbers_of_every_group(page: Any) -> None:
    _, fitted, folder = page
    html = (folder / "index.html").read_text(encoding="utf-8")
    first = html[: html.index('<section id="', html.index('<section id="answer"') + 5)]
    estimands = summary(folder)["estimands"]
    for name in main_estimands(fitted):
        e = estimands[name]
        assert numbers.percent_prose(e["median"]) in first
        assert numbers.percent_interval_prose(e["lower"], e["upper"]) in first
    for label in labels(fitted):
        assert label.shown in first


def test_tables_agree_with_json(page: Any) -> None:
    _, fitted, folder = page
    rows, estimands = [row[:4] for row in read(folder).rows], summary(folder)["estimands"]
    stems = ("sens", "spec", "lr_pos", "dor", "auc")
    told_of = {f"{stem}{label.ending}" for stem in stems for label in labels(fitted)}
    for name, e in estimands.items():
        if name in told_of or name.startswith(("tau_", "rho", "beta_", "sens_difference", "nu")):
            assert shown(e) in rows, name


def test_hyperparameters_are_beside_their_priors(page: Any) -> None:
    _, fitted, folder = page
    firsts = {row[0]: row for row in read(folder).rows if row}
    for name in fitted.hierarchy.names:
        label = name.label
        assert label in firsts, name
        assert label != name
    assert set(fitted.hierarchy.priors) == set(fitted.draws.hyper)


def test_every_row_is_shown_and_a_study_counts_once(page: Any) -> None:
    _, fitted, folder = page
    firsts = [row[0] for row in read(folder).rows if row]
    assert set(fitted.studies.row) <= set(firsts)
    with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        elpd = [row["elpd_loo"] for row in csv.DictReader(file)]
    assert sum(bool(x) for x in elpd) == fitted.hierarchy.n_studies


def more_found(reader: Reader, b: str, a: str) -> str:
    """How many more true positives, in the table of differences."""
    pair = f"{b.shown} \u2212 {a.shown}"
    return next(r for r in reader.rows if r and r[0] == f"10\u00a0%, {pair}")[1]


def test_pairs_are_compared_in_numbers_and_words(page: Any) -> None:
    _, fitted, folder = page
    data, reader = summary(folder), read(folder)
    given = {p["statement"]: p["prob"] for p in data["probabilities"]}
    for part in compared(fitted):
        for b, a in pairs(part):
            assert f"P(sens[{b}] > sens[{a}])" in given
            e = data["estimands"][f"sens_difference[{b} - {a}]"]
            assert more_found(reader, b, a).lstrip("+").split(" ")[0] == numbers.number(
                round(100 * e["median"]), 0
            )
    if not compared(fitted):
        assert "comparisons" not in reader.ids


def test_what_only_some_models_have(page: Any) -> None:
    case, _, folder = page
    ids, text = read(folder).ids, read(folder).text
    assert ("outliers" in ids) == (case == "robust")
    assert ("hsroc" in ids) == case.startswith("hsroc")
    assert ("covariates" in ids) == (case in ("groups", "own", "number", "hsroc, covariates"))
    assert (folder / "figures" / "bubble-1.svg").exists() == (
        case in ("own", "number", "hsroc, covariates")
    )
    assert ("size: centred at" in text) == (case in ("own", "number", "hsroc, covariates"))
    if case == "comparison":
        assert "second and first were both used in 3\u00a0studies" in text
        assert ["second and first", "3", "1", "160", "second: 1; first: 1"] in read(folder).rows
        assert "Plackett" in text
    if case == "nested":
        assert "effective sample size of Rao and Scott" in text


def test_page_is_whole_and_in_house_language(page: Any) -> None:
    _, _, folder = page
    reader: Reader = read(folder)
    assert len(reader.ids) == len(set(reader.ids))
    assert "significan" not in reader.text.lower()
    cells = [cell for row in reader.rows for cell in row]
    assert not [cell for cell in cells if re.search(r"\b(nan|None|inf)\b", cell)]
    figures = [a for tag, a in reader.tags if tag == "svg"]
    assert len(figures) == len(placed(folder)) + 1  # the small one of the first screen


def test_a_saved_fit_gives_the_same_page(page: Any, tmp_path: Path) -> None:
    case, _, folder = page
    again = write_report(load(folder / "posterior.nc"), tmp_path / "again", **options(case))
    for name in ("index.html", "studies.csv", "summary.csv"):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_rows_know_their_group() -> None:
    fitted = fit_once(CASES["groups"][0], STUDIES, ess=200)
    assert of_rows(fitted) == tuple(FEW["group"])
    assert main_estimands(fitted)[:2] == (
        f"sens[{labels(fitted)[0]}]",
        f"spec[{labels(fitted)[0]}]",
    )


def test_refits_of_groups(tmp_path: Path) -> None:
    from bayespool.checks.leave_one_out import refit_without_each
    from bayespool.checks.variants import prior_sensitivity

    model = Comparison(shared=True)
    fitted = bp.fit(model, READERS, engine="quadrature", ess=500)
    other = {"beside": model.alternatives()["rho: LKJ(1)"]}
    folder = write_report(
        fitted, tmp_path / "refits", leave_one_out=refit_without_each(fitted, ess=500.0),
        prior_sensitivity=prior_sensitivity(fitted, other), other_engine=fitted,
        comparators=[{"name": "Elsewhere", "measure": "sens", "estimate": 0.7}], formats=(),
    )  # fmt: skip
    data, text = summary(folder), read(folder).text
    assert [row["study"] for row in sorted(data["leave_one_out"], key=lambda r: r["study"])] == [
        "P", "Q", "R", "T", "U",
    ]  # fmt: skip
    assert f"sens[{A}]_shift" in data["leave_one_out"][0]
    assert f"spec_new[{B}]_median" in data["prior_sensitivity"][1]
    moved = r"(\w+ end of the interval of the )?pooled (sensitivity|specificity) of "
    assert re.search(rf"Leaving out \w moves the {moved}", text)
    rows = read(folder).rows
    beside = next(row for row in rows if row and row[0] == "Sensitivity: Elsewhere")
    assert f"{A}: " in beside[2]
    assert f"{B}: " in beside[2]


def test_thresholds_are_those_of_every_group(tmp_path: Path) -> None:
    fitted = fit_once(CASES["groups"][0], STUDIES, ess=200)
    folder = write_report(fitted, tmp_path / "cuts", thresholds={"sens": (0.6,)}, formats=())
    given = {
        p["statement"] for p in json.loads((folder / "summary.json").read_text())["probabilities"]
    }
    assert {f"P(sens[{label}] > 0.6)" for label in (A, B, C)} <= given
