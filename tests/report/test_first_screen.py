"""Certainty and cautions of the first screen, and the head of the findings, are the JSON's."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import bayespool as bp
from bayespool.guideline.judgements import LOWERING, Judgement, Judgements
from bayespool.report import numbers, write_report

# GRADE's signs, as its handbook prints them
SAID = {
    "high": "⊕⊕⊕⊕ high certainty", "moderate": "⊕⊕⊕⊝ moderate certainty",
    "low": "⊕⊕⊝⊝ low certainty", "very low": "⊕⊝⊝⊝ very low certainty",
    None: "certainty not judged",
}  # fmt: skip
PICO = {"population": "Adults & <b>others</b>", "index_test": "MRI", "comparator": ""}


def panel(words: dict[str, str], spec: str, **head: str) -> Judgements:
    """Of both margins by default; imprecision of specificity is judged apart."""
    judged = dict.fromkeys(LOWERING, "not serious") | words
    domains = tuple(
        Judgement(domain, word, "a reason" if word != "not serious" else "")
        for domain, word in judged.items()
        if word
    )
    apart = {"spec": (Judgement("imprecision", spec, "wide"),)} if spec else {}
    return Judgements("high", domains, apart=apart, **head)


def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def part(folder: Path, name: str) -> str:
    html = (folder / "index.html").read_text(encoding="utf-8")
    _, found, after = html.partition(f'<section id="{name}">')
    assert found, name
    return after.partition("</section>")[0].replace(numbers.SPACE, " ")


def certainties(folder: Path) -> list[str]:
    return re.findall(r'<span class="certainty">(.*?)</span>', part(folder, "answer"))


def cautions(folder: Path) -> list[str]:
    _, found, after = part(folder, "answer").partition('<ul class="care">')
    assert found
    return [unescape(text) for text in re.findall(r"<li>(.*?)</li>", after.partition("</ul>")[0])]


@pytest.mark.parametrize(
    "words, spec, levels",
    [
        ({}, "", ("high", "high")),
        ({"imprecision": "serious"}, "very serious", ("moderate", "low")),
        ({"imprecision": "serious", "inconsistency": "very serious"}, "", ("very low",) * 2),
        ({"publication_bias": ""}, "", (None, None)),
    ],
)
def test_tiles_have_the_certainty_that_the_panel_judged(
    fitted: Any, tmp_path: Path, words: dict[str, str], spec: str, levels: tuple[str | None, ...]
) -> None:
    folder = write_report(
        fitted, tmp_path / "r", judgements=panel(words, spec), prevalences=(0.1,),
        formats=("markdown",),
    )  # fmt: skip
    judged = summary(folder)["certainty"]["certainty"]
    assert (judged["sens"], judged["spec"]) == levels
    assert certainties(folder) == [SAID[level] for level in levels]
    text = (folder / "report.md").read_text(encoding="utf-8")
    first = text.partition("Summary of findings")[0]
    assert all(SAID[level] in first for level in levels)


def test_without_a_panel_no_tile_has_a_level(report: Path) -> None:
    assert certainties(report) == [SAID[None]] * 2
    assert "Population" not in part(report, "findings")


def test_the_words_of_the_panel_head_the_findings(fitted: Any, tmp_path: Path) -> None:
    folder = write_report(
        fitted, tmp_path / "r", judgements=panel({}, "", **PICO), prevalences=(0.1,), formats=()
    )
    above = part(folder, "findings").partition("<table")[0]
    said = [unescape(text) for text in re.findall(r"<li>(.*?)</li>", above)]
    assert said == ["Population: Adults & <b>others</b>", "Index test: MRI"]
    assert "<b>" not in above


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five studies, whose intervals rest on the priors."""
    from bayespool.checks.variants import prior_sensitivity

    studies = bp.AccuracyStudies.from_counts(
        list("ABCDE"), tp=[25, 26, 11, 13, 8], fp=[0, 7, 0, 1, 1], fn=[6, 6, 5, 1, 1],
        tn=[21, 15, 13, 13, 9],
    )  # fmt: skip
    fitted = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", ess=1_000)
    return write_report(
        fitted, tmp_path_factory.mktemp("moved") / "r", formats=(),
        notes=("One.", "Two.", "Three."), prior_sensitivity=prior_sensitivity(fitted),
    )  # fmt: skip


def in_prose(row: dict[str, Any], name: str) -> str:
    low, high = (row[f"{name}_eti95_{end}"] for end in ("lower", "upper"))
    bounds = numbers.percent_interval_prose(low, high)
    return f"{numbers.percent_prose(row[f'{name}_median'])} ({bounds})".replace(numbers.SPACE, " ")


def test_the_change_on_the_first_screen_is_that_of_the_json(moved: Path) -> None:
    data, found = summary(moved), cautions(moved)
    told, (base, *rows) = data["largest_change"], data["prior_sensitivity"]
    assert abs(told["shift"]) >= 0.5
    after = next(row for row in rows if row["variant"] == told["variant"])
    name = told["estimand"]
    what = {"sens": "sensitivity", "spec": "specificity"}[name]
    assert found[0].endswith(f": {what} {in_prose(after, name)} instead of {in_prose(base, name)}.")
    assert in_prose(after, name) != in_prose(base, name)


def test_the_prior_that_an_end_rests_on_is_that_of_the_json(moved: Path) -> None:
    told, found = summary(moved)["prior_of_variation"], cautions(moved)
    (said,) = (text for text in found if "rests on the heterogeneity prior" in text)
    ends = [numbers.percent(told[end]["value"]).replace(numbers.SPACE, " ")
            for end in ("lowest", "highest")]  # fmt: skip
    assert said.startswith(f"The {told['point']} of ")
    assert re.findall(r"\d[\d.]* %", said.partition(": ")[2]) == ends


def test_there_are_three_cautions_and_the_notes_have_all(moved: Path) -> None:
    assert len(cautions(moved)) == 3
    html = (moved / "index.html").read_text(encoding="utf-8")
    notes = html.partition('<h3 id="notes">')[2].partition("</details>")[0]
    assert all(f"<li>{note}</li>" in notes for note in ("One.", "Two.", "Three."))
