"""The machine-readable twins: strict JSON, safe CSV, a folder that is whole or not there."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.report import write_report
from bayespool.report.per_study import clopper_pearson
from bayespool.report.summary import build_summary, default_prevalences
from bayespool.report.summary_record import strict, summary_dict
from bayespool.report.target import CONTENTS


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def test_json_is_strict_and_has_exactly_these_keys(report: Path, fitted: Any) -> None:
    text = (report / "summary.json").read_text(encoding="utf-8")
    data = json.loads(text, parse_constant=refuse)
    assert set(data) == {
        "model", "engine", "seed", "interval", "estimands", "probabilities", "prevalences",
        "checks", "provenance", "findings", "certainty", "risk_of_bias", "sensitivity",
        "largest_change", "prior_of_variation", "warnings",
    }  # fmt: skip
    assert data["largest_change"] is data["prior_of_variation"] is None
    assert (data["risk_of_bias"], data["sensitivity"]) == (None, [])
    assert data["interval"] == {"kind": "eti", "prob": 0.95}
    assert set(fitted.samples) | {"ppv@0.1", "npv@0.1", "ppv@0.125", "npv@0.125"} == set(
        data["estimands"]
    )
    for values in data["estimands"].values():
        assert {"mean", "median", "sd", "lower", "upper", "mcse"} <= set(values)
    for finding in data["checks"]:
        assert {"name", "value", "threshold", "passed", "gate", "sentence", "checkable"} == set(
            finding
        )
    sens = data["estimands"]["sens"]
    assert sens["median"] == float(np.median(fitted.samples["sens"]))
    assert data["provenance"]["data"]["sha256"] == fitted.studies.sha256


def test_not_a_number_becomes_null() -> None:
    value = {"a": [np.float64("nan"), np.inf, np.int64(3)], "b": np.array([1.0, -np.inf])}
    assert strict(value) == {"a": [None, None, 3], "b": [1.0, None]}
    json.dumps(strict(value), allow_nan=False)


def test_summary_passes_and_ppv_follows_from_draws(fitted: Any) -> None:
    summary = build_summary(fitted, prevalences=[0.25])
    sens, spec = fitted.samples["sens"], fitted.samples["spec"]
    ppv = sens * 0.25 / (sens * 0.25 + (1 - spec) * 0.75)
    assert summary.estimates["ppv@0.25"].median == pytest.approx(np.median(ppv))
    assert summary.passed
    assert [str(p.statement) for p in summary.probabilities[:2]] == [
        "P(sens > 0.7)",
        "P(sens > 0.8)",
    ]
    assert summary_dict(summary, fitted)["prevalences"] == [0.25]


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, float("nan")])
def test_prevalence_must_be_a_prevalence(fitted: Any, p: float) -> None:
    with pytest.raises(ValueError, match="allowed: greater than 0, less than 1"):
        build_summary(fitted, prevalences=[p])


def test_threshold_must_be_estimated(fitted: Any) -> None:
    with pytest.raises(ValueError, match=r"nonsense.*allowed: sens"):
        build_summary(fitted, thresholds={"nonsense": [0.5]})


def test_the_default_prevalence_is_the_median_share_of_the_studies(
    fitted: Any, awkward: Any
) -> None:
    s = fitted.studies
    shares = s.n_diseased / (s.n_diseased + s.n_healthy)
    assert default_prevalences(s) == (round(float(np.median(shares)), 2),)
    assert all(0 < p < 1 for p in default_prevalences(awkward.studies))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_every_estimand_and_study(report: Path, fitted: Any) -> None:
    estimands = json.loads((report / "summary.json").read_text(encoding="utf-8"))["estimands"]
    rows = {row["estimand"]: row for row in rows_of(report / "summary.csv")}
    assert set(rows) == set(estimands)
    for name, row in rows.items():
        assert float(row["eti95_lower"]) == estimands[name]["lower"]
    studies = rows_of(report / "studies.csv")
    assert [row["row"] for row in studies] == list(fitted.studies.row)
    assert [int(row["tp"]) for row in studies] == fitted.studies.tp.tolist()
    assert "year" in studies[0]
    draws = fitted.study_samples["sens"][0]
    assert float(studies[0]["sens_median"]) == pytest.approx(float(np.median(draws)))


def test_csv_disarms_formulas_and_leaves_numbers(awkward_report: Path) -> None:
    with (awkward_report / "studies.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    for cell in (cell for row in (head, *rows) for cell in row):
        if cell.startswith(("=", "+", "-", "@")):
            float(cell)
    assert rows[1][0] == "'=HYPERLINK(1) & $x^2$"
    assert "'=cov" in head
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    assert by_name[1]["sens_observed"] == by_name[1]["sens_cp95_lower"] == ""
    assert by_name[3]["spec_observed"] == ""
    assert float(by_name[0]["elpd_loo"]) < 0


def test_clopper_pearson_textbook_values() -> None:
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == pytest.approx((0.025**0.1, 1.0))
    assert clopper_pearson(8, 10) == pytest.approx((0.44390, 0.97479), abs=1e-5)


def test_posterior_reads_back(report: Path, fitted: Any) -> None:
    again = bp.load(report / "posterior.nc")
    assert np.array_equal(again.draws.hyper["rho"], fitted.draws.hyper["rho"])


def test_reports_repeat_byte_for_byte(report: Path, fitted: Any, tmp_path: Path) -> None:
    first, second = (write_report(fitted, tmp_path / name) for name in ("a", "b"))
    assert {p.name for p in first.iterdir()} == set(CONTENTS)  # nothing else was asked for
    for path in sorted(first.rglob("*")):
        if path.is_file() and path.suffix != ".nc":
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("at", ["figure", "posterior", "rename"])
def test_an_interrupted_report_leaves_the_old_one(
    awkward: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    at: str,
) -> None:
    target = tmp_path / "report"
    target.mkdir()
    (target / "index.html").write_text("old")

    def fail(*args: Any, **options: Any) -> Any:
        raise error

    if at == "figure":
        monkeypatch.setattr("bayespool.figures.pit.draw", fail)
    elif at == "posterior":
        monkeypatch.setattr(type(awkward), "save", fail)
    else:
        import os

        rename = os.rename

        def once(source: Any, goal: Any) -> None:
            if Path(goal) == target.resolve() and "partial" in str(source):
                raise error
            rename(source, goal)

        # as where the system cannot exchange two names
        monkeypatch.setattr("bayespool.report.target._exchange", lambda *_: False)
        monkeypatch.setattr("bayespool.report.target.os.rename", once)
    with pytest.raises(error):
        write_report(awkward, target, formats=())
    assert [p.name for p in tmp_path.iterdir()] == ["report"]
    assert (target / "index.html").read_text() == "old"
    assert len(list(target.iterdir())) == 1


def test_an_old_report_is_replaced_whole(fitted: Any, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report"
    (target / "figures").mkdir(parents=True)
    (target / "figures" / "stale.svg").write_text("old")
    assert write_report(fitted, str(target), formats=()) == target
    assert not (target / "figures" / "stale.svg").exists()
    assert [p.name for p in target.parent.iterdir()] == ["report"]


def test_other_peoples_files_are_never_deleted(fitted: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"thesis\.docx"):
        write_report(fitted, tmp_path)
    with pytest.raises(FileExistsError, match="is a file"):
        write_report(fitted, tmp_path / "thesis.docx")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


@pytest.mark.parametrize(
    "record, message",
    [
        ({"name": "A", "measure": "auc", "estimate": 0.5}, "allowed: sens, spec"),
        ({"name": "A", "measure": "sens"}, "no estimate"),
        ({"name": "A", "measure": "sens", "estimate": 73}, "allowed: proportions"),
        ({"name": "A", "measure": "sens", "estimate": 0.7, "lower": 0.8}, "in this order"),
        ({"name": "A", "measure": "sens", "estimate": 0.7, "low": 0.6}, "unknown low"),
    ],
)
def test_unlawful_comparators(
    fitted: Any, tmp_path: Path, record: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_report(fitted, tmp_path / "r", comparators=[record])


@pytest.mark.parametrize("counts", [([8], [1], [2], [9]), ([0] * 3, [1, 2, 3], [0] * 3, [9, 8, 7])])
def test_one_study_and_no_diseased(counts: tuple[list[int], ...], tmp_path: Path) -> None:
    tp, fp, fn, tn = counts
    studies = bp.AccuracyStudies.from_counts([f"S{i}" for i in range(len(tp))], tp, fp, fn, tn)
    fitted = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature")
    folder = write_report(fitted, tmp_path / "r", formats=())
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert ("There is one study" in page) == (len(tp) == 1)


def test_the_summary_loads_no_heavy_package() -> None:
    code = (
        "import sys, bayespool.report.summary\n"
        "bad = {'pandas', 'matplotlib', 'jinja2', 'pymc', 'xarray', 'arviz_stats', 'arviz_base'}\n"
        "sys.exit(', '.join(bad & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
