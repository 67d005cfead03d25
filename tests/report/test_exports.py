"""Reports for other programs: FHIR Evidence by the published structure, GRADEpro's columns."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.association import NormalNormal
from bayespool.guideline.judgements import Judgement, Judgements
from bayespool.report import fhir, gradepro
from bayespool.report.exports import exported
from bayespool.report.summary import build_summary
from bayespool.report.summary_record import summary_dict
from bayespool.studies import Effects

STRUCTURE = json.loads(
    (Path(__file__).parents[1] / "reference" / "fhir_r5.json").read_text(encoding="utf-8")
)
WHOLE = ("UnsignedInt",)
JUDGED = (
    Judgement("risk_of_bias", "serious", "case-control designs"),
    Judgement("inconsistency", "not serious", ""), Judgement("indirectness", "not serious", ""),
    Judgement("imprecision", "not serious", ""), Judgement("publication_bias", "not serious", ""),
)  # fmt: skip


@pytest.fixture(scope="module")
def accuracy() -> dict[str, Any]:
    studies = bp.AccuracyStudies.from_counts(
        ["A", "B", "C"], [9, 14, 20], [1, 3, 2], [2, 3, 6], [12, 30, 22]
    )
    fitted = bp.fit(bp.accuracy.Bivariate(), studies, "quadrature", ess=400)
    apart = {"sens": (Judgement("imprecision", "very serious", "few with the condition"),)}
    judged = Judgements("high", JUDGED, question="Is it good?", index_test="MRI", apart=apart)
    made = build_summary(fitted, prevalences=(0.1, 0.3), judgements=judged)
    return json.loads(json.dumps(summary_dict(made, fitted)))


@pytest.fixture(scope="module")
def effect() -> dict[str, Any]:
    studies = Effects.from_values(["A", "B", "C"], [0.3, 0.1, 0.5], [0.2, 0.3, 0.2], "or")
    fitted = bp.fit(NormalNormal.for_studies(studies)[0], studies, "quadrature")
    judged = Judgements("high", JUDGED, comparator="no exposure")
    made = build_summary(fitted, baseline_risks=(0.2,), judgements=judged)
    return json.loads(json.dumps(summary_dict(made, fitted)))


def faults(value: Any, kind: str, where: str = "") -> list[str]:
    """What is not as the structure of FHIR R5 has it: names, types and how many."""
    if kind == "Resource":
        kind = value["resourceType"]
    if kind not in STRUCTURE:
        fits = {bool: kind == "bool", str: kind not in ("Decimal", *WHOLE),
                float: kind == "Decimal", int: kind in ("Decimal", *WHOLE)}  # fmt: skip
        good = fits.get(type(value), False)
        good &= not isinstance(value, str) or (bool(value) and value == value.strip())
        good &= kind != "Code" or re.fullmatch(r"\S+( \S+)*", str(value)) is not None
        good &= kind != "Uri" or re.fullmatch(r"\S+", str(value)) is not None
        return [] if good else [f"{where}: {value!r} is no {kind}"]
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {kind}"]
    out, own = [], {key: item for key, item in value.items() if key != "resourceType"}
    for name, said in STRUCTURE[kind].items():
        of, times = said.split()
        if name not in own:
            out += [f"{where}.{name} is missing"] if times[0] == "1" else []
            continue
        item = own.pop(name)
        if times.endswith("*"):
            out += [] if isinstance(item, list) and item else [f"{where}.{name} is no list"]
            for i, one in enumerate(item):
                out += faults(one, of, f"{where}.{name}[{i}]")
        else:
            out += faults(item, of, f"{where}.{name}")
    return out + [f"{where}.{name} is unknown" for name in own]


def test_fhir_has_the_published_structure(accuracy, effect):
    for record in (accuracy, effect):
        assert faults(fhir.bundle({"One": record}), "Resource") == []


def test_faults_are_found(accuracy):
    made = fhir.bundle({"One": accuracy})
    one = made["entry"][0]["resource"]
    one["variableDefinition"][0]["variableRole"] = "population"
    one["statistic"][0]["quantity"]["value"] = "0.8"
    one["statistic"][1]["size"] = 3
    del one["status"]
    assert len(faults(made, "Resource")) == 4


def test_every_number_comes_back(accuracy, effect):
    for record in (accuracy, effect):
        statistics = fhir.evidence("One", record)["statistic"]
        n = len(record["estimands"]) + len(record["probabilities"])
        assert len(statistics) == n + len(record["findings"]["rows"])
        by_name = {s["statisticType"]["coding"][0]["code"]: s for s in statistics
                   if "coding" in s["statisticType"]}  # fmt: skip
        assert by_name.keys() == record["estimands"].keys()
        for name, told in record["estimands"].items():
            told_of = {a["type"]["text"]: a for a in by_name[name]["attributeEstimate"]}
            ends = told_of["Credible interval"]["range"]
            values = [by_name[name], *ends.values(), told_of["Posterior SD"]]
            found = [value.get("quantity", value)["value"] for value in values]
            assert found == [told[key] for key in ("median", "lower", "upper", "sd")]
        values = [s["quantity"]["value"] for s in statistics[len(record["estimands"]) :]]
        expected = [p["prob"] for p in record["probabilities"]]
        assert values == expected + [row["median"] for row in record["findings"]["rows"]]


def test_certainty_in_the_codes_of_hl7(accuracy, effect):
    sens, spec = fhir.evidence("One", accuracy)["certainty"]
    (one,) = fhir.evidence("One", effect)["certainty"]

    def code(part: Any) -> str:
        return part["coding"][0]["code"]

    assert [code(c["rating"]) for c in (sens, spec, one)] == ["very-low", "moderate", "moderate"]
    rated = {code(part["type"]): code(part["rating"]) for part in sens["subcomponent"]}
    assert rated["RiskOfBias"] == "serious-concern"
    assert rated["Imprecision"] == "very-serious-concern"
    assert spec["subcomponent"][0]["note"] == [{"text": "case-control designs"}]


def test_gradepro_columns(accuracy, effect):
    rows = list(csv.DictReader(io.StringIO(gradepro.profile({"MRI": accuracy}))))
    assert [row["Outcome"] for row in rows][:4] == [
        "True positives", "False negatives", "True negatives", "False positives",
    ]  # fmt: skip
    assert len(rows) == 8
    assert {row["Test accuracy certainty"] for row in rows} == {"very low", "moderate"}
    first = accuracy["findings"]["rows"][0]
    shown = rows[0]["Effect per 1,000 patients tested (95 % CrI)"]
    assert [float(x) for x in re.findall(r"[\d.]+", shown)] == pytest.approx(
        np.round([first["median"], first["lower"], first["upper"]])
    )
    (row,) = csv.DictReader(io.StringIO(gradepro.profile({"Death": effect})))
    assert (row["Risk of bias"], row["Certainty"]) == ("serious", "moderate")
    assert row["Relative effect (95 % CrI)"].startswith("Pooled odds ratio 1.")
    with pytest.raises(ValueError, match="allowed: reports of one kind"):
        gradepro.profile({"a": accuracy, "b": effect})


def test_names_stay_names(accuracy):
    text = gradepro.profile({"=HYPERLINK(1)": accuracy})
    assert all(row["Test"] == "'=HYPERLINK(1)" for row in csv.DictReader(io.StringIO(text)))


def test_from_folders(accuracy, tmp_path):
    (tmp_path / "MRI").mkdir()
    (tmp_path / "MRI" / "summary.json").write_text(json.dumps(accuracy))
    made = json.loads(exported([tmp_path / "MRI"], "fhir"))
    assert made["entry"][0]["resource"]["title"] == "MRI"
    with pytest.raises(ValueError, match="allowed is fhir, gradepro"):
        exported([tmp_path / "MRI"], "pdf")
    (tmp_path / "MRI" / "summary.json").write_text('{"findings": 1}')
    with pytest.raises(ValueError, match="is not as bayespool writes it"):
        exported([tmp_path / "MRI"], "fhir")
