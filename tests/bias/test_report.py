"""Publication bias on the road to the user: command line, JSON, page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import run

import bayespool as bp
from bayespool.bias.asked import BiasAsked
from bayespool.bias.assessment import assess
from bayespool.choice import choose
from bayespool.datasets import resolve_association


@pytest.fixture(scope="module")
def fitted() -> bp.Fit:
    model, studies = choose(resolve_association("hackshaw1998", "or"), "or")
    return bp.fit(model, studies, engine="quadrature")


@pytest.mark.parametrize("kind", ["robma", "selection", "pet-peese"])
def test_every_kind_has_its_page_and_record(fitted: bp.Fit, kind: str, tmp_path: Path) -> None:
    folder = bp.write_report(fitted, tmp_path / "r", bias=kind, formats=("markdown",))
    text = (folder / "report.md").read_text()
    record = json.loads((folder / "summary.json").read_text())["publication_bias"]
    assert record["kind"] == kind
    assert record["adjusted"]["mu_ratio"]["mean"] < record["main"]["mu_ratio"]["mean"]
    found = assess(fitted, BiasAsked(kind))
    assert found is not None
    assert found.matters
    answer = text.split("\n## Summary of findings")[0]
    assert "Publication bias may matter" in answer
    assert "## What may be missing" in text
    assert "Egger's regression test (of asymmetry" in text
    assert (folder / "figures" / "funnel.svg").is_file()
    assert (folder / "figures" / "weights.svg").is_file() == (kind != "pet-peese")
    assert "studies that nobody published leave no trace" not in text
    assert "ratio_" not in text
    if kind == "robma":
        assert "no effect at all with a probability of" in answer  # the median may be the spike
        assert {"Normal(0, 1.814)"} < {one["effect"] for one in record["models"]}
        assert len(record["models"]) == 36
        assert sum(one["posterior"] for one in record["models"]) == pytest.approx(1.0)


def test_nothing_is_said_where_nothing_is_asked(fitted: bp.Fit, tmp_path: Path) -> None:
    folder = bp.write_report(fitted, tmp_path / "r", formats=("markdown",))
    assert "publication_bias" not in json.loads((folder / "summary.json").read_text())
    assert "What may be missing" not in (folder / "report.md").read_text()


def test_the_command_line_asks_and_the_folder_remembers(tmp_path: Path) -> None:
    ask = ("association", "hackshaw1998", "--measure", "or", "--bias", "robma",
           "--bias-prior", "effect=Normal(0, 0.5)", "--engine", "quadrature")  # fmt: skip
    done = run(*ask, "--out", "r", "--formats", "none", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["publication_bias"]
    assert first["models"][-1]["effect"].startswith("Normal(0, 0.906")
    again = run("report", "r", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["publication_bias"] == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hackshaw1998", "--measure", "or", "--bias", "egger"), "allowed: none, robma"),
        (("hackshaw1998", "--measure", "or", "--bias-prior", "mu=Normal(0, 1)"),
         "allowed: NAME=CALL with no name"),
        (("hackshaw1998", "--measure", "or", "--bias", "robma", "--bias-prior", "mu=Normal(0, 1)"),
         "effect, heterogeneity"),
        (("hackshaw1998", "--measure", "or", "--bias", "selection", "--bias-cut", "0.5",
          "--bias-cut", "0.05"), "ascending order"),
        (("hackshaw1998", "--measure", "or", "--bias", "robma", "--bias-cut", "0.5"),
         "allowed with: selection"),
        (("nielweise2007", "--measure", "or", "--bias", "deeks"), "allowed: none, robma"),
        (("konstantopoulos2011", "--measure", "generic", "--bias", "robma", "--model", "nested"),
         "one row per study"),
        (("mri_finding_outcome", "--measure", "or", "--bias", "robma"), "count them twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = run("association", *arguments, "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_few_studies_are_told_what_they_can_learn(fitted: bp.Fit, tmp_path: Path) -> None:
    part: Any = fitted.studies.select([0, 1, 5, 9])
    few = bp.fit(fitted.model, part, engine="quadrature")
    folder = bp.write_report(few, tmp_path / "r", bias="selection", formats=("markdown",))
    text = (folder / "report.md").read_text()
    assert "With 4 studies little can be learnt of bias" in text
    assert "advised against with fewer than ten studies" in text


def test_exact_counts_enter_as_effects_and_say_so() -> None:
    model, studies = choose(resolve_association("bcg", "or"), "or")
    fitted = bp.fit(model, studies, engine="quadrature")
    found = assess(fitted, BiasAsked("pet-peese"))
    assert found is not None
    assert "exact counts" in found.notes[0]
    assert found.direction == "negative"
    assert found.adjusted["mu"].mean > found.main["mu"].mean
