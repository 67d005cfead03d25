"""What a guideline panel takes away: on the page, in summary.json, and joined over reports."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report.test_page import Reader, read, summary
from scipy.special import logit

import bayespool as bp
from bayespool.association import NormalNormal
from bayespool.checks.moves import moves
from bayespool.guideline.judgements import LOWERING, Judgement, Judgements
from bayespool.priors import Fixed, HalfNormal, Normal, ProbabilityInterval
from bayespool.quantity import Group
from bayespool.report import accuracy_words, numbers, write_report
from bayespool.report.changes import largest_change, variations
from bayespool.report.findings_table import accuracy_tables, differences_table
from bayespool.report.guideline_joined import summary_of_findings
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.guideline_tables import form_table
from bayespool.report.guideline_words import change_words, panel_sentences
from bayespool.report.refits import Refits
from bayespool.report.summary import build_summary
from bayespool.studies import Effects, TableError

LOW, HIGH = "low", "high"
BIAS = {
    "study": [f"S{i}" for i in range(8)],
    "tp": [18, 29, 10, 35, 30, 12, 27, 40], "fn": [3, 12, 6, 11, 9, 4, 10, 2],
    "fp": [2, 1, 5, 0, 6, 3, 7, 9], "tn": [20, 21, 31, 46, 44, 30, 39, 50],
    "rob_patient_selection": [LOW, HIGH, LOW, LOW, "unclear", LOW, LOW, HIGH],
    "rob_index_test": [*[LOW] * 7, "unclear"],
    "rob_flow_timing": [LOW, None, *[LOW] * 6],
    "applicability_index_test": [3, 1, 1, 1, 2, 1, 1, 1],
}  # fmt: skip


def panel(**words: str) -> Judgements:
    judged = dict.fromkeys(LOWERING, "not serious") | words
    return Judgements("high", tuple(
        Judgement(domain, word, "a reason & <b>more</b>" if word != "not serious" else "")
        for domain, word in judged.items() if word
    ), by="the panel")  # fmt: skip


@pytest.fixture(scope="module")
def biased() -> Any:
    studies = bp.AccuracyStudies.from_table(BIAS, "biased")
    return bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", ess=1_000)


@pytest.fixture(scope="module")
def refits(biased: Any) -> dict[str, Any]:
    from bayespool.checks.leave_one_out import refit_without_each
    from bayespool.checks.variants import prior_sensitivity

    tight = replace(biased.model, tau_sens=HalfNormal(0.3), tau_spec=HalfNormal(0.3))
    return {
        "leave_one_out": refit_without_each(biased, ess=500.0),
        "prior_sensitivity": prior_sensitivity(biased, {"tight": tight}),
    }


@pytest.fixture(scope="module")
def folder(biased: Any, refits: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(
        biased, tmp_path_factory.mktemp("guideline") / "biased", prevalences=(0.1, 0.3),
        judgements=panel(imprecision="serious", publication_bias=""), formats=(), **refits,
    )  # fmt: skip


@pytest.fixture(scope="module")
def effect() -> Any:
    rows = Effects.from_values(["A", "B"], [0.3, 0.5], [0.2, 0.25], "or")
    model = NormalNormal(mu=Normal(0, 1), tau=Fixed(0.1), measure="or")
    return bp.fit(model, rows, engine="quadrature")


def section(folder: Path, name: str) -> str:
    """A section of the main part, or a folded one of the appendix."""
    html = (folder / "index.html").read_text(encoding="utf-8")
    _, found, after = html.partition(f'<section id="{name}">')
    if found:
        return after.partition("</section>")[0]
    _, found, after = html.partition(f'<details class="part"><summary><h3 id="{name}">')
    assert found, name
    body = re.split(r'<details class="part">|</section>', after)[0]
    return re.split(r'<div class="body [\w-]+">', body)[1].rpartition("</div>")[0]


def rows_of(text: str) -> list[list[str]]:
    reader = Reader()
    reader.feed(text)
    return [row for row in reader.rows if row]


def test_findings_come_right_after_the_answer(folder: Path) -> None:
    reader = read(folder)
    ids = [a["id"] for tag, a in reader.tags if tag == "section"]
    assert ids == ["answer", "findings", "studies", "sroc", "decision", "robustness", "certainty",
                   "appendix"]  # fmt: skip
    order = ["appendix", "words", "accuracy", "heterogeneity", "bias", "bands", "predictive",
             "left-out", "other-priors", "convergence", "priors", "methods", "prisma"]  # fmt: skip
    assert [name for name in reader.ids if name in order] == order


def test_the_answer_speaks_with_the_certainty_of_the_panel(biased: Any, tmp_path: Path) -> None:
    e = biased.estimates
    found = f"{round(100 * e['sens'].median)} of 100 with the condition"
    alarmed = f"{round(100 * (1 - e['spec'].median))} of 100 without it"
    for judged, words in (
        (panel(), f"The test detects {found} and gives a false positive result in {alarmed}."),
        (panel(imprecision="serious"), f"The test probably detects {found}"),
        (panel(imprecision="very serious"), f"The test may detect {found}"),
        (panel(imprecision=""), f"By the numbers alone, the test would detect {found}"),
    ):
        said = panel_sentences(build_summary(biased, judgements=judged))
        assert said[0].startswith(words)
        level = judged.certainty
        assert f"evidence: {level or 'open; still to be judged'}" in said[1]
        assert said[1].endswith(" Judged by the panel.")
    assert panel_sentences(build_summary(biased)) == []


def test_judgements_come_from_a_file_and_stay_open(folder: Path, biased: Any) -> None:
    rows = {row[0]: row for row in rows_of(section(folder, "certainty"))}
    assert rows["Imprecision"][2:] == ["serious", "a reason & <b>more</b>"]
    assert rows["Publication bias"][2] == "open"
    data = summary(folder)["certainty"]
    assert data["certainty"] == {"sens": None, "spec": None}
    assert data["judgements"]["open"] == ["publication_bias"]
    assert "a reason &amp; &lt;b&gt;" in section(folder, "certainty")
    with pytest.raises(FileNotFoundError, match=r"nothing\.toml: no such file; allowed"):
        build_summary(biased, judgements="nothing.toml")


def test_bands_and_crossings_are_those_of_the_json(folder: Path) -> None:
    rows = rows_of(section(folder, "bands"))
    data = summary(folder)
    given = {p["statement"]: p["prob"] for p in data["probabilities"]}
    for one, label in zip(data["certainty"]["support"], ("Sensitivity", "Specificity"),
                          strict=True):  # fmt: skip
        probs = [band["prob"] for band in one["bands"]]
        assert sum(probs) == pytest.approx(1.0)
        assert probs[-1] == pytest.approx(given[f"P({one['estimand']} > 0.9)"])
        assert [label, *map(numbers.percent, probs)] in rows
        crossed = ", ".join(numbers.given_percent(cut) for cut in one["crossed"]) or "none"
        row = next(r for r in rows if r[0] == label and len(r) == 6)
        assert row[2] == crossed
        assert row[5] == numbers.percent(one["prior_share"])
        assert set(one["crossed"]) <= set(one["crossed_by_prediction"])
        assert one["bands"][0]["low"] is None


def test_three_summaries_say_which_question_they_answer(folder: Path) -> None:
    text = section(folder, "accuracy")
    for start in ("At the average study: how", "Averaged over studies: which",
                  "In a new study: how"):  # fmt: skip
        assert start in text


def test_risk_of_bias_is_read_drawn_and_fitted_without(folder: Path, biased: Any) -> None:
    text, data = section(folder, "bias"), summary(folder)
    assert data["risk_of_bias"]["overall"] == [
        "low", "high", "low", "low", "unclear", "low", "low", "high"
    ]  # fmt: skip
    assert "of each of 8\u00a0rows: 5 low, 1 unclear, 2 high." in text
    row = next(r for r in rows_of(text) if r[0] == "S1")
    assert row[1:] == [f"{numbers.MINUS} high", "+ low", "not judged", "+ low", "high"]
    assert "index test 1 of 8" in section(folder, "certainty")
    low = low_risk(biased)
    assert low is not None
    rest = biased.studies.select([0, 2, 3, 5, 6])
    again = bp.fit(biased.model, rest, engine="quadrature", ess=1_000)
    assert low.fit is not None
    assert low.fit.studies.study == rest.study
    for name in ("sens", "spec"):
        one, two = low.fit.estimates[name], again.estimates[name]
        assert one.median == pytest.approx(two.median, abs=6 * (one.mcse + two.mcse))
    for name in ("traffic", "bias"):
        assert (folder / "figures" / f"{name}.svg").exists()


@pytest.mark.parametrize(
    ("cells", "words"),
    [(["high"] * 8, "No row has a low risk"), (["low"] * 8, "Every row has a low risk"),
     (["low", "low", *["high"] * 6], "Only two rows have a low risk")],
)  # fmt: skip
def test_too_few_rows_of_low_risk_are_not_fitted(biased: Any, cells: list[str], words: str) -> None:
    table = {k: v for k, v in BIAS.items() if not k.startswith(("rob", "appl"))}
    studies = bp.AccuracyStudies.from_table(table | {"rob_patient_selection": cells})
    found = low_risk(replace(biased, studies=studies))
    assert found is not None
    assert found.fit is None
    assert found.why.startswith(words)


def test_a_cell_that_is_no_judgement_is_refused_before_anything_is_written(
    biased: Any, tmp_path: Path
) -> None:
    studies = bp.AccuracyStudies.from_table(BIAS | {"rob_index_test": ["dunno"] * 8})
    with pytest.raises(TableError, match="dunno"):
        write_report(replace(biased, studies=studies), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_changes_of_rows_and_priors_are_collected(
    folder: Path, biased: Any, refits: dict[str, Any]
) -> None:
    data = {row["variant"]: row for row in summary(folder)["sensitivity"]}
    assert list(data) == [
        "As fitted", "One study left out: furthest down", "One study left out: furthest up",
        "Other priors: furthest down", "Other priors: furthest up", "Low risk of bias only",
    ]  # fmt: skip
    left = refits["leave_one_out"]
    down = {one.study: min(left.moves(one, ("sens",))[0].shifts.values()) for one in left.studies}
    study = min(down, key=lambda study: down[study])
    lowest = data["One study left out: furthest down"]["sens"]
    assert lowest["of"] == f"without {study}"
    (one,) = (one for one in left.studies if one.study == study)
    assert lowest["median"] == one.estimates["sens"].median
    assert data["Low risk of bias only"]["n_rows"] == 5
    text = section(folder, "robustness")
    assert 'id="figure-robustness"' in text
    assert lowest["of"] in text
    assert variations(biased)[0].label == "As fitted"
    assert len(variations(biased, Refits(**refits))) == len(data)


def test_figures_of_decisions_say_what_the_numbers_say(folder: Path) -> None:
    text, e = section(folder, "decision"), summary(folder)["estimands"]["ppv@0.1"]
    bounds = numbers.percent_interval_prose(e["lower"], e["upper"])
    said = f"{numbers.percent_prose(e['median'])} ({bounds}) have it after a positive and "
    assert said in text
    assert "Where 10\u00a0% have the condition before the test" in text
    assert "Decision curve at a prevalence of 10\u00a0%" in text
    assert text.count("broken lines: of a new study") == 1
    assert re.search(r"is the best choice, with a probability above 95\u00a0%, at treatment "
                     r"thresholds from .* \(of a new study: ", text)  # fmt: skip


def test_without_a_prevalence_there_is_nothing_per_thousand(biased: Any, tmp_path: Path) -> None:
    bare = write_report(biased, tmp_path / "r", prevalences=(), formats=())
    assert not {"findings", "decision"} & set(read(bare).ids)


def test_associations_have_findings_thresholds_and_sentences(effect: Any, tmp_path: Path) -> None:
    where = write_report(
        effect, tmp_path / "r", mid=1.25, formats=(), judgements=panel(inconsistency="serious"),
        baseline_risks=(0.1, ProbabilityInterval(0.05, 0.2)),
    )  # fmt: skip
    rows, data = rows_of(section(where, "findings")), summary(where)
    e = data["estimands"]["mu_ratio"]
    bounds = numbers.interval(e["lower"], e["upper"], "ratio")
    head, first, second = rows
    assert head[:4] == ["Outcome", "Participants (studies)", "Certainty", "Pooled odds ratio"]
    assert first[1:4] == ["– (2)", "moderate¹", f"{numbers.ratio(e['median'])} ({bounds})"]
    assert second[4] == "5\u00a0to\u00a020\u00a0% (uncertain)"
    for row, risk in ((first, "0.1"), (second, "0.05-0.2")):
        for cell, stem in zip(row[5:], ("risk", "difference"), strict=True):
            x = 1000 * data["estimands"][f"{stem}@{risk}"]["median"]
            assert cell.startswith(numbers.number(x, 0))
    assert "¹\u00a0Inconsistency, serious: a reason &amp; " in section(where, "findings")
    (one,) = data["certainty"]["support"]
    stated = {p["statement"]: p["prob"] for p in data["probabilities"]}
    probs = [band["prob"] for band in one["bands"]]
    parts = ("P(mu_ratio < 0.8)", "P(0.8 <= mu_ratio <= 1.25)", "P(mu_ratio > 1.25)")
    assert probs == pytest.approx([stated[part] for part in parts])
    answer = section(where, "answer")
    assert "probably goes with an important increase in the risk of the event" in answer
    assert "no effect" not in (where / "index.html").read_text(encoding="utf-8")
    assert data["risk_of_bias"] is None
    null = build_summary(effect).support[0]
    assert [band.high for band in null.bands] == [1.0, np.inf]


def test_probabilities_are_never_none_or_certain(effect: Any, tmp_path: Path) -> None:
    rows = Effects.from_values(["A", "B", "C"], [3.0, 3.1, 2.9], [0.1] * 3, "or")
    sure = bp.fit(effect.model, rows, engine="quadrature")
    where = write_report(sure, tmp_path / "r", mid=1.25, formats=())
    text = read(where).text
    assert not re.search(r"(?<![\d.,])(0|0\.0|100|100\.0)\u00a0%", text)
    assert not re.search(r"\b(?:0\.000|1\.000|0\.00\b(?!\d)|1\.00)\b", section(where, "certainty"))
    assert (numbers.unit(0.0), numbers.unit(1.0)) == ("<\u00a00.01", ">\u00a00.99")
    assert numbers.unit(0.5) == "0.50"


def test_reports_and_fits_are_joined(folder: Path, biased: Any) -> None:
    joined = summary_of_findings([folder, biased], names=["$A$", "<b>"], prevalences=(0.3,))
    accuracy, people = joined.tables
    assert [row[1:3] for row in accuracy.rows] == [accuracy.rows[0][1:3]] * 2
    assert [row[3] for row in accuracy.rows] == ["572 (8)"] * 2
    assert [row[4] for row in accuracy.rows] == ["open", "open"]
    assert "prevalence of 30\u00a0%" in people.caption
    median = round(300 * biased.estimates["sens"].median)
    assert people.rows[0][1].startswith(f"{median} (")
    html = joined.text("html")
    assert "&lt;b&gt;" in html
    assert '<th scope="row"><b>' not in html
    assert "\\$A\\$" in joined.text("markdown")
    cells = list(csv.reader(io.StringIO(joined.text("csv"))))
    assert cells[1][1] == "$A$"
    with pytest.raises(ValueError, match="allowed: html, markdown, csv"):
        joined.text("pdf")


def test_different_questions_are_not_joined(folder: Path, biased: Any, effect: Any) -> None:
    with pytest.raises(ValueError, match=r"two fits of different questions: biased .*odds ratio"):
        summary_of_findings([folder, effect])
    other = replace(effect, model=replace(effect.model, measure="rr"))
    with pytest.raises(ValueError, match="two fits of different questions"):
        summary_of_findings([effect, other])
    with pytest.raises(ValueError, match="no prevalence is in all of them"):
        summary_of_findings([folder, biased], prevalences=(0.2,))
    with pytest.raises(ValueError, match="no report was given"):
        summary_of_findings([])
    with pytest.raises(ValueError, match=r"has no summary\.json; allowed"):
        summary_of_findings([folder / "figures"])
    assert len(summary_of_findings([effect, effect]).tables[0].rows) == 2


def test_old_reports_have_no_findings_to_join(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps({"estimands": {}}))
    with pytest.raises(ValueError, match="written by this version"):
        summary_of_findings([tmp_path])


def test_every_test_stands_beside_what_it_rests_on() -> None:
    table = BIAS | {"test": [*"AAABBBBB"]}
    studies = bp.AccuracyStudies.from_table(
        {k: v for k, v in table.items() if not k.startswith(("rob", "appl"))}, "compared"
    )
    model = bp.accuracy.Comparison(test="test", indirect=True)
    fitted = bp.fit(model, studies, engine="quadrature", ess=1_000)
    made = build_summary(fitted, prevalences=(0.1,))
    people = [int(sum(BIAS[key][i] for key in ("tp", "fn", "fp", "tn"))) for i in range(8)]  # type: ignore[misc]
    counts = {"A": (3, sum(people[:3])), "B": (5, sum(people[3:])), "": (8, sum(people))}
    assert {k: (e.studies, e.participants) for k, e in made.evidence.items()} == counts
    (shown,) = accuracy_tables(made)
    rows = {row[0]: row for row in shown.rows}
    column = shown.head.index("Participants (studies)")
    for label, chosen in (("A", slice(3)), ("B", slice(3, 8))):
        for result, keys in (("True positives", ("tp", "fn")), ("False positives", ("fp", "tn"))):
            n = sum(sum(BIAS[key][chosen]) for key in keys)
            assert rows[f"{result}, {label}"][column] == f"{n} ({counts[label][0]})"
    pairs = differences_table(made)
    assert pairs is not None
    assert [row[0] for row in pairs.rows] == ["10\u00a0%, B − A"]
    joined = summary_of_findings([fitted], prevalences=(0.1,))
    assert [row[3] for row in joined.tables[0].rows] == [
        f"{of} ({n})" for n, of in (counts["A"], counts["B"])
    ]


def test_groups_of_one_test_are_no_tests() -> None:
    table = {k: v for k, v in BIAS.items() if not k.startswith(("rob", "appl"))}
    studies = bp.AccuracyStudies.from_table(table | {"people": [*"aaaabbbb"]}, "grouped")
    model = bp.accuracy.MetaRegression(covariates=("people",))
    fitted = bp.fit(model, studies, engine="quadrature", ess=1_000)
    made = build_summary(fitted, judgements=panel(), prevalences=(0.1,))
    said = accuracy_words.lead(made)
    assert said.startswith("B compared with a: ")
    assert said.endswith("; all with high certainty.")
    assert accuracy_words.answer(made).startswith("A: pooled sensitivity ")
    assert "; b: pooled sensitivity " in accuracy_words.answer(made)
    sentences = panel_sentences(replace(made, judgements=replace(panel(), subject="MRI")))
    assert [text.partition(" detects")[0] for text in sentences[:2]] == ["MRI (a)", "MRI (b)"]
    as_tests = replace(made, of_tests=True)
    assert accuracy_words.lead(as_tests) == accuracy_words.difference(made, *map(Group, "ba"))
    assert panel_sentences(as_tests)[0].startswith("A detects")


def test_sensitivity_and_specificity_have_a_certainty_of_their_own(biased: Any) -> None:
    apart = {"spec": (Judgement("imprecision", "very serious", "wide"),)}
    made = build_summary(biased, judgements=replace(panel(), apart=apart), prevalences=(0.1,))
    (table,) = accuracy_tables(made)
    assert [row[-1] for row in table.rows[:4]] == ["high", "high", "low¹", "low¹"]
    people = biased.studies.n_diseased.sum(), biased.studies.n_healthy.sum()
    assert [row[-2] for row in table.rows[:4]] == [f"{people[i]} (8)" for i in (0, 0, 1, 1)]
    finds, alarms, certain = panel_sentences(made)
    assert finds.startswith("The test detects ")
    assert alarms.startswith("The test may give a false positive result in ")
    assert "of sensitivity high; of specificity low (from high: two levels down for imp" in certain
    rows = {row[0]: row for row in form_table(biased, made).rows}
    assert rows["Imprecision, specificity"][2] == "very serious"
    assert "sensitivity" not in rows["Imprecision, specificity"][1]


def test_what_was_not_given_is_said(biased: Any, tmp_path: Path) -> None:
    bare = write_report(biased, tmp_path / "bare", formats=())
    given = write_report(
        biased, tmp_path / "given", formats=(), prevalences=(0.1,),
        thresholds={"sens": (0.7,), "spec": (0.7,)},
    )  # fmt: skip
    for folder, says in ((bare, True), (given, False)):
        assert ("No prevalence was given" in section(folder, "findings")) == says
        assert ("No decision thresholds were specified" in section(folder, "bands")) == says


def test_the_largest_change_is_told_first(folder: Path, biased: Any, refits: Any) -> None:
    change = largest_change(biased, Refits(**refits))
    assert change is not None
    for one in variations(biased, Refits(**refits))[1:]:
        after = dict(zip(("sens", "spec"), one.estimates, strict=True))
        for move in moves(biased.model, biased.estimates, after, ("sens", "spec")):
            assert abs(move.shift) <= abs(change.move.shift) + 1e-12
    said = change_words(change, biased).replace("&", "&amp;")
    assert said in section(folder, "robustness")
    assert ("instead of" in section(folder, "answer")) == (abs(change.move.shift) >= 0.5)
    assert said in section(folder, "notes")
    told = summary(folder)["largest_change"]
    assert told["shift"] == change.move.shift
    assert f"{numbers.value(told['before'], 'proportion')} to " in said


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Five studies, whose variation is the prior's to tell, under all alternatives."""
    from bayespool.checks.variants import prior_sensitivity

    studies = bp.AccuracyStudies.from_counts(
        list("ABCDE"), tp=[25, 26, 11, 13, 8], fp=[0, 7, 0, 1, 1], fn=[6, 6, 5, 1, 1],
        tn=[21, 15, 13, 13, 9],
    )  # fmt: skip
    fitted = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", ess=2_000)
    priors = prior_sensitivity(fitted)
    folder = tmp_path_factory.mktemp("few") / "few"
    return fitted, write_report(fitted, folder, formats=(), prior_sensitivity=priors)


def end_moves(folder: Path) -> dict[tuple[str, str, str], float]:
    """How far every prior moves every number of the page, from the printed twins alone."""
    base, *rows = summary(folder)["prior_sensitivity"]
    columns = {"lower end": "eti95_lower", "median": "median", "upper end": "eti95_upper"}
    return {
        (row["variant"], name, point): (logit(row[f"{name}_{end}"]) - logit(base[f"{name}_{end}"]))
        / ((logit(base[f"{name}_eti95_upper"]) - logit(base[f"{name}_eti95_lower"])) / 3.92)
        for row in rows for name in ("sens", "spec") for point, end in columns.items()
    }  # fmt: skip


def test_an_end_that_a_plausible_prior_moves_is_the_largest_change(few: tuple[Any, Path]) -> None:
    _, folder = few
    told, found = summary(folder)["largest_change"], end_moves(folder)
    extreme = {key: x for key, x in found.items() if "flat tau" in key[0] or "heavy" in key[0]}
    assert len(extreme) == 12
    plausible = {key: x for key, x in found.items() if key not in extreme}
    most = max(plausible, key=lambda key: abs(plausible[key]))
    assert (told["variant"], told["estimand"], told["point"]) == most
    assert told["shift"] == pytest.approx(plausible[most], rel=1e-6)
    # the medians alone would have told another, and a smaller one
    assert told["point"] != "median"
    assert max(abs(x) for key, x in plausible.items() if key[2] == "median") < abs(told["shift"])
    quantity = {"sens": "sensitivity", "spec": "specificity"}[told["estimand"]]
    words = f"Most influential change: the {told['point']} of the 95 % interval of {quantity} from "
    text = section(folder, "notes").replace("\u00a0", " ")
    assert words in text
    (name, prior), of = told["variant"].split(": "), {"pooled": "the pooled values"}
    word, _, what = name.partition(" ")
    what = of.get(what, "the variation between studies")
    assert f"under a {word} prior of {what}, {prior}." in text
    first = section(folder, "answer").replace("\u00a0", " ")
    assert f"Under a {word} prior of {what}, {prior}: {quantity} " in first
    # extremes are told in their own section, and go further
    assert max(map(abs, extreme.values())) > abs(told["shift"])
    assert "Of the extreme ones “flat tau: Uniform(0, 5)” moves" in section(folder, "other-priors")


def test_an_interval_that_is_the_prior_of_the_variation_says_so(
    few: tuple[Any, Path], fitted: Any, tmp_path: Path
) -> None:
    from bayespool.checks.variants import prior_sensitivity

    _, folder = few
    told, found = summary(folder)["prior_of_variation"], end_moves(folder)
    name, point = told["estimand"], told["point"]
    ends = {v: found[v, name, point]
            for v in ("narrow tau: HalfNormal(0.5)", "wide tau: HalfNormal(2)")}  # fmt: skip
    assert told["lowest"]["variant"] == "wide tau: HalfNormal(2)"
    assert told["highest"]["variant"] == "narrow tau: HalfNormal(0.5)"
    assert told["range"] == pytest.approx(max(ends.values()) - min(ends.values()), rel=1e-6)
    assert told["range"] >= 1.0
    words = section(folder, "notes").replace("\u00a0", " ")
    low, high = (numbers.value(told[end]["value"], "proportion") for end in ("lowest", "highest"))
    said = f"{low} with HalfNormal(2) to {high} with HalfNormal(0.5)".replace("\u00a0", " ")
    assert "rests on the prior of the variation between studies" in words
    assert said in words
    assert f"The {point} of " in section(folder, "answer")
    assert "rests on the heterogeneity prior" in section(folder, "answer")
    data = write_report(
        fitted, tmp_path / "many", formats=(), prior_sensitivity=prior_sensitivity(fitted)
    )
    assert summary(data)["prior_of_variation"] is None
    assert "rests on the" not in section(data, "answer")


def test_joined_rows_say_where_they_count_no_people(biased: Any) -> None:
    roots = bp.AccuracyStudies.from_table(BIAS | {"unit": ["root"] * 8}, "roots")
    joined = summary_of_findings([biased, replace(biased, studies=roots)], prevalences=(0.1,))
    assert [row[3] for row in joined.tables[0].rows] == ["572 (8)", "572 units (8)"]
    assert "no comparison" in joined.notes[0]
