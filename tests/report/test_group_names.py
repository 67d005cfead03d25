"""Names of the groups of an association, and the unit of a difference, wherever a reader looks."""

from __future__ import annotations

from pathlib import Path

import pytest

import bayespool as bp
from bayespool.report.build import write_report
from bayespool.report.kept import kept
from bayespool.report.summary import build_summary
from bayespool.studies import ArmCounts, GroupMeans

NAMED = ("vaccinated people", "unvaccinated people")


@pytest.fixture(scope="module")
def counts() -> bp.Fit:
    table = {"study": list("abc"), "e1": [4, 6, 62], "n1": [123, 306, 13598],
             "e2": [11, 29, 248], "n2": [139, 303, 12867]}  # fmt: skip
    model = bp.association.BinomialNormal(measure="or")
    return bp.fit(model, ArmCounts.from_table(table, "counts"), engine="quadrature", ess=400)


@pytest.fixture(scope="module")
def means() -> bp.Fit:
    table = {"study": list("abc"), "mean1": [5.0, 6.0, 5.5], "sd1": [1.0, 1.2, 0.9],
             "n1": [30, 25, 41], "mean2": [4.0, 4.5, 4.8], "sd2": [1.1, 1.0, 1.0],
             "n2": [28, 27, 40]}  # fmt: skip
    effects = GroupMeans.from_table(table, "means").effects("md")
    return bp.fit(bp.association.NormalNormal.for_studies(effects)[0], effects, ess=400)


def test_groups_are_called_by_their_names_on_every_page(counts: bp.Fit, tmp_path: Path) -> None:
    folder = write_report(counts, tmp_path / "r", formats=("markdown",), groups=NAMED,
                          baseline_risks=(0.02,))  # fmt: skip
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "more events in vaccinated people than in unvaccinated people" in text
    assert "Risk in unvaccinated people" in text
    assert "; vaccinated people: 72\u00a0events among 14,027\u00a0people; " in text
    assert "roup 1" not in text.replace("events of group 1 is non-central", "")  # of the model
    assert kept(folder / "posterior.nc").request.groups == NAMED


def test_a_unit_stands_with_the_answer_and_the_axis(means: bp.Fit, tmp_path: Path) -> None:
    folder = write_report(means, tmp_path / "r", formats=("markdown",), unit="m/s")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Pooled mean difference, m/s" in page
    assert "Mean difference, m/s" in (folder / "figures" / "forest.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("groups", [("a",), ("a", "a"), ("a", " "), ("a", "b", "c")])
def test_two_names_that_differ(counts: bp.Fit, groups: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="allowed are two names that differ"):
        build_summary(counts, groups=groups)


def test_what_has_no_unit_or_groups_says_so(counts: bp.Fit, fitted: bp.Fit) -> None:
    with pytest.raises(ValueError, match="unit='m/s' does not apply; allowed with: md, generic"):
        build_summary(counts, unit="m/s")
    with pytest.raises(ValueError, match="no groups are compared here"):
        build_summary(fitted, groups=NAMED)
