"""The summary ROC plot of a report: what is drawn of a fit, and how far its curve goes."""

from __future__ import annotations

import numpy as np
from shared import fit_once

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.report.accuracy_methods import regions_words
from bayespool.report.comparators import read_comparators
from bayespool.report.srocs import clipped, drawings, sroc_table
from bayespool.report.summary import build_summary

ELSEWHERE = (
    {"name": "E", "measure": "sens", "estimate": 0.7, "lower": 0.6, "upper": 0.8},
    {"name": "E", "measure": "spec", "estimate": 0.9, "lower": 0.85, "upper": 0.93},
)  # fmt: skip


def test_curves_stay_within_the_data_on_both_axes() -> None:
    fitted = fit_once(MetaRegression(covariates=("generation",)), bp.load_dataset("anti_ccp"),
                      ess=1_000)  # fmt: skip
    table = sroc_table(fitted, build_summary(fitted))
    assert len(table.parts) == 2
    for part in table.parts:
        assert len(part.curve[0]) > 50
        for i in (0, 1):
            assert part.curve[i].min() >= part.studies[:, i].min()
            assert part.curve[i].max() <= part.studies[:, i].max()


def test_a_curve_that_no_study_is_near_is_not_drawn() -> None:
    x = np.linspace(0, 1, 11)
    found = clipped((x, x), np.array([[0.1, 0.3], [0.8, 0.9]]))
    assert len(found[0]) == 0
    inside = clipped((x, x), np.array([[0.1, 0.5], [0.25, 0.9]]))
    np.testing.assert_allclose(inside[0], [0.3, 0.4, 0.5])


def test_rows_are_those_of_the_table(awkward: bp.Fit) -> None:
    (part,) = sroc_table(awkward, build_summary(awkward)).parts
    assert part.rows == (0, 2, 4)
    np.testing.assert_allclose(part.studies[1], [2 / 22, 10 / 13])


def test_results_from_elsewhere_are_mirrored(fitted: bp.Fit) -> None:
    (one,) = sroc_table(fitted, build_summary(fitted), read_comparators(ELSEWHERE)).external
    values = (one.fpr.centre, one.fpr.lower, one.fpr.upper, one.sens.lower)
    np.testing.assert_allclose(values, [0.1, 0.07, 0.15, 0.6])
    half = read_comparators(ELSEWHERE[:1])
    assert sroc_table(fitted, build_summary(fitted), half).external == ()


def test_captions_say_what_is_not_drawn(awkward: bp.Fit, fitted: bp.Fit) -> None:
    full, small = drawings(awkward, build_summary(awkward), ())
    assert "Not drawn: 2\u00a0rows with an empty or unknown group." in full.caption
    assert small.name == "summary_sroc"
    plain, _ = drawings(fitted, build_summary(fitted), read_comparators(ELSEWHERE))
    assert "Not drawn" not in plain.caption
    assert "results from elsewhere, not pooled" in plain.caption


def test_robust_regions_hold_the_predictive_draws(csf_tau: bp.AccuracyStudies) -> None:
    from bayespool.priors import Gamma

    fitted = fit_once(Bivariate(nu=Gamma(2, 0.1)), csf_tau, ess=1_000)
    assert "as large as it must be to hold 95" in regions_words(fitted)
