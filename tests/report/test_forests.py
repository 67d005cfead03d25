"""What the forest plots of a report show: counts, estimates, weights, order, every study."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shared import fit_once

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.figures.forest_table import EXTERNAL, HEADING, NEW, POOLED, STUDY
from bayespool.report import forests
from bayespool.report.comparators import read_comparators
from bayespool.report.drawings import accuracy_drawings
from bayespool.report.effect_forests import aligned, effect_table
from bayespool.report.effect_rows import effect_rows
from bayespool.report.ordering import ordered
from bayespool.report.per_study import study_rows
from bayespool.report.summary import build_summary


def accuracy(fitted: bp.Fit, *comparators: dict[str, Any]) -> Any:
    summary = build_summary(fitted)
    return forests.accuracy_table(
        fitted, summary, study_rows(fitted), read_comparators(comparators)
    )


def test_counts_and_estimates_are_those_of_the_table(fitted: bp.Fit) -> None:
    table, studies = accuracy(fitted), fitted.studies
    rows = [line for line in table.lines if line.kind == STUDY]
    assert table.columns == ("TP", "FP", "FN", "TN")
    for i, line in enumerate(rows):
        own = (studies.tp[i], studies.fp[i], studies.fn[i], studies.tn[i])
        assert line.columns == tuple(map(str, own))
        share = 100 * studies.tp[i] / studies.n_diseased[i]
        assert line.cells[0].text.startswith(f"{share:.1f} (")
        assert line.index == i
    weights = np.array([[cell.weight for cell in line.cells] for line in rows])
    np.testing.assert_allclose(weights.sum(axis=0), 100.0)
    pooled, new = (next(x for x in table.lines if x.kind == kind) for kind in (POOLED, NEW))
    e = fitted.estimates
    for cell, name in zip((*pooled.cells, *new.cells), ("sens", "spec", "sens_new", "spec_new"),
                          strict=True):  # fmt: skip
        assert cell.model is not None
        assert (cell.model.centre, cell.model.lower) == (e[name].median, e[name].lower)


def test_awkward_labels_and_empty_groups(awkward: bp.Fit) -> None:
    rows = [line for line in accuracy(awkward).lines if line.kind == STUDY]
    assert [line.label for line in rows] == list(awkward.studies.row)
    assert rows[1].cells[0].text == "no diseased"
    assert rows[1].cells[0].weight is None
    assert rows[3].cells[1].text == "no healthy"


def test_results_from_elsewhere_stand_below(fitted: bp.Fit) -> None:
    one = {"name": "Elsewhere", "measure": "spec", "estimate": 0.7, "lower": 0.6, "upper": 0.8}
    last = accuracy(fitted, one).lines[-1]
    assert last.kind == EXTERNAL
    assert [cell.text for cell in last.cells] == ["", "70.0 (60.0 to 80.0)"]


def test_groups_have_headings_and_their_own_weights() -> None:
    fitted = fit_once(MetaRegression(covariates=("generation",)), bp.load_dataset("anti_ccp"),
                      ess=1_000)  # fmt: skip
    table = accuracy(fitted)
    assert [line.label for line in table.lines if line.kind == HEADING] == ["CCP2", "CCP1"]
    for series in (0, 1):
        own = [line for line in table.lines if line.kind == STUDY and line.series == series]
        assert sum(line.cells[0].weight or 0.0 for line in own) == pytest.approx(100.0)


def test_every_study_is_drawn_and_the_first_screen_has_a_small_figure() -> None:
    n = 90
    rng = np.random.default_rng(1)
    tp, tn = rng.binomial(30, 0.8, n), rng.binomial(40, 0.9, n)
    names = [f"Study number {i}" for i in range(n)]
    studies = bp.AccuracyStudies.from_counts(names, tp=tp, fn=30 - tp, tn=tn, fp=40 - tn)
    fitted = fit_once(Bivariate(), studies, ess=1_000)
    found = accuracy_drawings(fitted, build_summary(fitted), study_rows(fitted), ())
    drawn = {drawing.name: drawing for drawing in found}
    pages = forests.pages(drawn)
    assert [page.name for page in pages] == ["forest", "forest-2", "forest-3"]
    assert all(f">{name}<" in "".join(page.svg for page in pages) for name in names)
    assert "Study number" not in drawn["summary_forest"].svg
    assert "Pooled" in drawn["summary_forest"].svg


def test_one_line_for_each_study_and_result_with_an_estimate() -> None:
    studies = bp.load_dataset("konstantopoulos2011")
    fitted = fit_once(Nested(), studies, ess=1_000)
    rows = effect_rows(fitted)
    hidden = [
        replace(row, margins=(replace(row.margins[0], observed=None),))
        if row.index in (1, 2, 3) else row for row in rows
    ]  # fmt: skip
    table = effect_table(fitted, build_summary(fitted), hidden)
    lines = [line for line in table.lines if line.kind == STUDY]
    assert len(lines) == len(set(studies.study)) + len(studies) - 3
    assert lines[0].cells[0].text == "3 others without estimate"
    assert [line.tied for line in lines[:3]] == [False, True, False]
    alone = [rows[0], *rows[4:]]
    one = effect_table(fitted, build_summary(fitted), alone).lines[0]
    assert not one.tied
    assert one.cells[0].observed is not None
    assert one.cells[0].model is not None


def test_counts_of_both_groups_have_their_columns() -> None:
    fitted = fit_once(BinomialNormal(), bp.load_dataset("bcg"), ess=1_000)
    table = effect_table(fitted, build_summary(fitted), effect_rows(fitted))
    assert table.lines[0].columns == ("4/123", "11/139")
    assert table.lines[0].cells[0].text == "0.39 (0.12 to 1.26)"
    assert sum(line.cells[0].weight or 0.0 for line in table.lines) == pytest.approx(100.0)


@pytest.mark.parametrize(
    "values, kind, text",
    [
        ((0.391, 0.0773, 12.345), "ratio", "0.39 (0.08 to 12.35)"),
        ((0.002, 0.0004, 0.5), "ratio", "0.0020 (0.00040 to 0.50)"),
        ((150.2, 3.0, 900.0), "ratio", "150 (3.00 to 900)"),
        ((-0.06, -0.184, 0.0), "effect", "−0.06 (−0.18 to 0.00)"),
        ((-40.8, -120.25, 38.0), "effect", "−40.8 (−120.2 to 38.0)"),
        ((0.5, 0.25, 0.75), "proportion", "50.0 (25.0 to 75.0)"),
    ],
)
def test_columns_of_numbers_have_two_decimals(
    values: tuple[float, float, float], kind: str, text: str
) -> None:
    from bayespool.figures.marks import Interval

    assert aligned(Interval(*values), kind) == text


def test_order() -> None:
    fitted = fit_once(NormalNormal(), bp.load_dataset("eight_schools"))
    rows = effect_rows(fitted)
    assert ordered(rows, fitted, "input") == list(rows)
    centres = [row.margins[0].shrunken.centre for row in ordered(rows, fitted, "effect")]
    assert centres == sorted(centres)
    with pytest.raises(ValueError, match="order='year': the table has no column year"):
        ordered(rows, fitted, "year")
    with pytest.raises(ValueError, match="allowed: input, year, effect"):
        ordered(rows, fitted, "size")


def test_the_years_of_a_table_order_its_studies(awkward: bp.Fit) -> None:
    years = (2005, None, 2001, 2010, 2001)
    studies = replace(awkward.studies, covariates={"year": years})
    dated = replace(awkward, studies=studies)
    found = ordered(study_rows(awkward), dated, "year")
    assert [row.index for row in found] == [2, 4, 0, 3, 1]
