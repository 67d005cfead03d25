"""Leave-one-out, other priors and years: page, JSON and CSV say the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayespool.accuracy.quantities import SENS, intercept, parameter
from bayespool.checks.moves import POINTS
from bayespool.report import numbers, write_report
from bayespool.report.files import cell
from bayespool.report.refit_words import sentences
from bayespool.report.refits import Refits
from bayespool.report.wording import spoken

KINDS = ("leave_one_out", "prior_sensitivity", "cumulative")


@pytest.fixture(scope="module")
def data(refit_report: Path) -> Any:
    return json.loads((refit_report / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(refit_report: Path) -> str:
    return (refit_report / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_csv_twins_equal_json(refit_report: Path, data: Any, kind: str) -> None:
    with (refit_report / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{name: cell(x) for name, x in record.items()} for record in data[kind]]


@pytest.mark.parametrize("name", ["influence", "sensitivity", "cumulative"])
def test_figures_are_on_the_page_and_beside_it(refit_report: Path, page: str, name: str) -> None:
    drawn = (refit_report / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    assert f'id="figure-{name}"' in drawn
    assert f'id="figure-{name}"' in page


def test_records_are_the_refits(awkward: Any, refits: dict[str, Any], data: Any) -> None:
    left = refits["leave_one_out"]
    rows = {row["study"]: row for row in data["leave_one_out"]}
    assert set(rows) == set(awkward.studies.row)
    assert [row["rank"] for row in data["leave_one_out"]] == list(range(1, len(rows) + 1))
    sizes = [max(abs(r["sens_shift"]), abs(r["spec_shift"])) for r in data["leave_one_out"]]
    assert sizes == sorted(sizes, reverse=True)
    for one in left.studies:
        row = rows[one.study]
        assert row["elpd"] == one.elpd
        assert row["sens_median"] == float(np.median(one.fit.samples["sens"]))
        (move,) = left.moves(one, ("spec",))
        assert row["spec_shift"] == move.shift
        assert row["spec_shift_of"] == POINTS[move.point]
    base, tight = data["prior_sensitivity"]
    assert (base["log_bayes_factor"], base["sens_shift"]) == (0.0, 0.0)
    evidence = [row["log_marginal_likelihood"] for row in (tight, base)]
    assert tight["log_bayes_factor"] == pytest.approx(evidence[0] - evidence[1])
    assert tight["sens_new_eti95_upper"] - tight["sens_new_eti95_lower"] < (
        base["sens_new_eti95_upper"] - base["sens_new_eti95_lower"]
    )
    assert [row["n_studies"] for row in data["cumulative"]] == [2, 5]
    assert data["cumulative"][-1]["sens_median"] == data["estimands"]["sens"]["median"]


def test_exact_densities_take_the_place_of_importance_sampling(
    refit_report: Path, awkward_report: Path, data: Any, page: str
) -> None:
    def elpd(folder: Path) -> dict[str, str]:
        with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
            return {row["row"]: row["elpd_loo"] for row in csv.DictReader(file)}

    exact = {cell(row["study"]): repr(row["elpd"]) for row in data["leave_one_out"]}
    assert elpd(refit_report) == exact
    assert elpd(awkward_report) != exact
    plain = (awkward_report / "index.html").read_text(encoding="utf-8")
    for text in ("Log predictive density, exact", "Leave-one-study-out is exact"):
        assert text in page
        assert text not in plain
    assert "Estimate is" in plain
    assert "Estimate is" not in page
    assert "Leave-one-study-out: the largest Pareto k" not in page
    assert "failed a check" not in page


def test_the_page_says_the_sentences(awkward: Any, refits: dict[str, Any], page: str) -> None:
    from html import unescape

    found = sentences(awkward, Refits(**refits))
    assert len(found) == 3
    assert all(text in unescape(page) for text in found)
    left = refits["leave_one_out"]
    size, study, name, point = max(
        (abs(shift), one.study, move.name, point)
        for one in left.studies
        for move in left.moves(one, ("sens", "spec"))
        for point, shift in move.shifts.items()
    )
    words = {"sens": "pooled sensitivity", "spec": "pooled specificity"}[name]
    if point != "median":
        words = f"{POINTS[point]} of the interval of the {words}"
    start = f"Leaving out {study} moves the {words} most, by {numbers.number(size)} "
    assert found[0].startswith(start)


def test_the_log_marginal_likelihood_is_told(awkward: Any, page: str) -> None:
    value = numbers.number(awkward.draws.info["log_marginal_likelihood"])
    section = page[page.index('id="convergence"') : page.index('id="priors"')]
    assert f"priors is {value} (Monte Carlo error" in section


def test_fits_by_nuts_have_no_bayes_factor(awkward: Any, refits: dict[str, Any]) -> None:
    info = {k: v for k, v in awkward.draws.info.items() if not k.startswith("log_marginal")}
    base, tight = refits["prior_sensitivity"]
    nuts = replace(awkward, draws=replace(awkward.draws, info=info))
    variants = (replace(base, fit=nuts), tight)
    first, second = Refits(prior_sensitivity=variants).records(nuts)["prior_sensitivity"]
    assert first["log_bayes_factor"] is second["log_bayes_factor"] is None
    assert second["log_marginal_likelihood"] is not None


@pytest.mark.parametrize("kind", KINDS)
def test_refits_of_something_else_are_refused(
    fitted: Any, refits: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    with pytest.raises(ValueError, match=f"{kind} belongs to another model or other data; allowed"):
        write_report(fitted, tmp_path / "r", **{kind: refits[kind]})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_refits_of_another_prior_are_refused(
    awkward: Any, refits: dict[str, Any], kind: str
) -> None:
    other = replace(awkward, model=refits["prior_sensitivity"][1].fit.model)
    with pytest.raises(ValueError, match=kind):
        Refits(**{kind: refits[kind]}).check(other)


def test_a_refit_that_failed_its_checks_is_named(
    awkward: Any, refits: dict[str, Any], tmp_path: Path
) -> None:
    base, tight = refits["prior_sensitivity"]
    info = dict(tight.fit.draws.info) | {"pareto_k": 0.95}
    bad = replace(tight, fit=replace(tight.fit, draws=replace(tight.fit.draws, info=info)))
    folder = write_report(awkward, tmp_path / "r", prior_sensitivity=(base, bad), formats=())
    words = "The computation failed a check, and its numbers may be wrong, for: "
    assert words + tight.name in (folder / "index.html").read_text(encoding="utf-8")
    rows = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["prior_sensitivity"]
    assert [row["passed"] for row in rows] == [True, False]


def test_hyperparameters_are_spoken_in_words() -> None:
    own = (intercept("logit", SENS), parameter("tau_sens"), parameter("rho"))
    names = {name: name for name in own}
    assert spoken("R-hat is 1.02 (logit_sens).", names) == (
        "R-hat is 1.02 (pooled sensitivity, logit scale)."
    )
    assert spoken("Prior and posterior of rho share it.", names) == (
        "Prior and posterior of between-study correlation share it."
    )


def test_no_raw_names_in_what_readers_see(report: Path, refit_report: Path) -> None:
    for folder in (report, refit_report):
        text = (folder / "index.html").read_text(encoding="utf-8")
        assert "(logit_" not in text
        assert "SD of tp" not in text
        assert "(tau_" not in text
