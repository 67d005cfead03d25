"""Numbers in the README and in committed pages are those of the result files beside them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bayespool.report.cutoff_page import MOST
from bayespool.report.numbers import number, ratio

ROOT = Path(__file__).resolve().parents[1]
REPORTS = sorted(path.parent for path in (ROOT / "reports").glob("*/summary.json"))


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def answer() -> str:
    """The README's answer, from the main analysis."""
    summary = json.loads((ROOT / "reports/cidp_mrn_accuracy/summary.json").read_text())
    told = []
    for label, people in (
        ("healthy controls", "healthy people"),
        ("disease-mimic controls", "its mimics"),
    ):
        parts = []
        for name, words in (("sens", "sensitivity"), ("spec", "specificity")):
            e = summary["estimands"][f"{name}[{label}]"]
            ends = f"{percent(e['lower'])} to {percent(e['upper'])} %"
            parts.append(f"{words} {percent(e['median'])} % ({ends})")
        told.append(f"in studies of {people} {parts[0]} and {parts[1]}")
    rows = summary["provenance"]["data"]["rows"]
    n = len({row.split(",")[0] for row in rows})
    return (
        f"The answer from {n} studies with {len(rows)} results: {told[0]}; {told[1]} "
        "(95 % equal-tailed)."
    )


def test_the_answer_in_the_readme_is_the_result():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- answer")[1].split("-->", 1)[1].split("<!-- /answer -->")[0]
    assert " ".join(block.split()) == answer()


def test_the_main_reports_are_committed():
    expected = {"", "_complete", "_variant", "_markers", "_chen_prior"}
    assert {f"cidp_mrn_accuracy{end}" for end in expected} <= {path.name for path in REPORTS}


@pytest.mark.parametrize("folder", REPORTS, ids=lambda p: p.name)
def test_committed_pages_say_what_their_summaries_say(folder):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    shown = [n for n in ("mu_ratio", "mu_correlation", "mu") if n in summary["estimands"]]
    if shown and "mu_proportion" not in summary["estimands"]:
        e = summary["estimands"][shown[0]]
        text = ratio if shown[0] != "mu_correlation" else number
        ends = f"{text(e['lower'])}\u00a0to\u00a0{text(e['upper'])}"
        assert f"<td>{text(e['median'])}</td><td>{ends}</td>" in page
    at_cutoffs = []
    for name, e in summary["estimands"].items():
        if name.partition("[")[0] not in ("sens", "spec"):
            continue
        cell = f"{100 * e['median']:.1f} % ({100 * e['lower']:.1f} to {100 * e['upper']:.1f} %)"
        shown_there = cell in page.replace("\u00a0", " ")
        if "at the cut-off" in e.get("label", ""):  # the page has those of most studies
            at_cutoffs.append(shown_there)
        else:
            assert shown_there
    assert sum(at_cutoffs) >= min(len(at_cutoffs), 2 * MOST)
    assert summary["provenance"]["data"]["sha256"][:12] in page
    assert all(finding["passed"] for finding in summary["checks"] if finding["gate"])


def test_what_the_readme_and_the_docs_link_to_is_there():
    # those of the documentation are checked when it is built
    pages = [ROOT / "README.md", ROOT / "data/README.md"]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#:\s]+)[)#]", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 5
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]
    figures = [link for page, link in links if page.name == "README.md" and link.endswith(".svg")]
    assert len(figures) == 2


@pytest.mark.parametrize(
    "path", sorted((ROOT / "analyses/judgements").glob("*.toml")), ids=lambda p: p.stem
)
def test_judgements_of_the_analyses_are_those_of_their_reports(path):
    from dataclasses import asdict

    from bayespool.guideline.judgements import read_judgements

    report = json.loads((ROOT / "reports" / path.stem / "summary.json").read_text(encoding="utf-8"))
    shown = report["certainty"]["judgements"]
    read = json.loads(json.dumps(asdict(read_judgements(path))))
    assert {key: shown[key] for key in read} == read


def test_reports_for_panels_are_committed():
    """Pages that a panel pastes from: they have judgements, and every page has findings."""
    found = {p.name: json.loads((p / "summary.json").read_text()) for p in REPORTS}
    judged = {name for name, summary in found.items() if summary["certainty"]["judgements"]}
    assert {"cidp_mrn_accuracy", "mri_finding_outcome", "anti_ccp"} <= judged
    for folder in REPORTS:
        assert '<section id="findings">' in (folder / "index.html").read_text(encoding="utf-8")
        assert (folder / "report.md").exists()
