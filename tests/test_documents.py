"""Numbers in the README and in committed pages are those of the result files beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bayespool.report.numbers import ratio

ROOT = Path(__file__).resolve().parents[1]
REPORTS = sorted(path.parent for path in (ROOT / "reports").glob("*/summary.json"))


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def answer() -> str:
    """The README's answer, from the main analysis."""
    summary = json.loads((ROOT / "reports/cidp_mrn_accuracy/summary.json").read_text())
    parts = []
    for name, words in (("sens", "sensitivity"), ("spec", "specificity")):
        e = summary["estimands"][name]
        parts.append(
            f"{words} {percent(e['median'])} % ({percent(e['lower'])} to {percent(e['upper'])} %)"
        )
    n = len(summary["provenance"]["data"]["rows"])
    return f"The answer from {n} studies: pooled {parts[0]} and {parts[1]}, 95 % equal-tailed."


def test_the_answer_in_the_readme_is_the_result():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- answer")[1].split("-->", 1)[1].split("<!-- /answer -->")[0]
    assert " ".join(block.split()) == answer()


def test_the_main_reports_are_committed():
    assert {"cidp_mrn_accuracy", "cidp_mrn_accuracy_variant"} <= {path.name for path in REPORTS}


@pytest.mark.parametrize("folder", REPORTS, ids=lambda p: p.name)
def test_committed_pages_say_what_their_summaries_say(folder):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    shown = [n for n in ("mu_ratio", "mu_correlation", "mu") if n in summary["estimands"]]
    if shown and "mu_proportion" not in summary["estimands"]:
        e = summary["estimands"][shown[0]]
        ends = f"{ratio(e['lower'])}\u00a0to\u00a0{ratio(e['upper'])}"
        assert f"<td>{ratio(e['median'])}</td><td>{ends}</td>" in page
    for name, e in summary["estimands"].items():
        if name.partition("[")[0] not in ("sens", "spec"):
            continue
        cell = f"{100 * e['median']:.1f} % ({100 * e['lower']:.1f} to {100 * e['upper']:.1f} %)"
        assert cell in page.replace("\u00a0", " ")
    assert summary["provenance"]["data"]["sha256"][:12] in page
    assert all(finding["passed"] for finding in summary["checks"] if finding["gate"])
