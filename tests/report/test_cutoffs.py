"""The section on cut-offs: what it says is what the draws say."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.accuracy import Thresholds
from bayespool.accuracy.quantities import MARGINS, at_cutoff
from bayespool.checks.separate_cutoffs import Separate, rows_at, separate
from bayespool.fitting import fit
from bayespool.report import cutoff_page
from bayespool.report.accuracy_methods import likelihood
from bayespool.report.accuracy_words import answer, question, tiles
from bayespool.report.findings_table import accuracy_tables
from bayespool.report.summary import build_summary
from bayespool.report.summary_record import summary_dict
from bayespool.studies import AccuracyStudies


@pytest.fixture(scope="module")
def fitted():
    """Six studies, three cut-offs each, drawn from the model."""
    rng = np.random.default_rng(4)
    table: dict[str, list] = {n: [] for n in ("study", "threshold", "tp", "fn", "fp", "tn")}
    for k in range(6):
        centre = rng.normal([1.2, 0.2], 0.2)
        diseased, healthy = (np.exp(rng.logistic(c, 0.4, 60)) for c in centre)
        for cutoff in (1.0, 2.0, 4.0):
            tp, fp = int((diseased > cutoff).sum()), int((healthy > cutoff).sum())
            row = (f"S{k}", cutoff, tp, 60 - tp, fp, 60 - fp)
            for name, value in zip(table, row, strict=True):
                table[name].append(value)
    model = Thresholds(tau_spread_sens=None, tau_spread_spec=None, cutoff=2.0)
    return fit(model, AccuracyStudies.from_table(table), engine="quadrature", ess=600)


def test_truth_is_recovered_at_every_cut_off(fitted):
    for cutoff in (1.0, 2.0, 4.0):
        for margin, centre, sign in zip(MARGINS, (1.2, 0.2), (1, -1), strict=True):
            true = 1 / (1 + np.exp(-sign * (centre - np.log(cutoff)) / 0.4))
            found = fitted.estimates[at_cutoff(margin, cutoff)]
            assert abs(found.median - true) < 3 * found.sd
    # both logistic of one spread: the best cut-off lies half-way
    best = fitted.estimates["best_cutoff"]
    assert best.lower < np.exp(0.7) < best.upper


def test_at_the_reference_the_two_names_are_one_number(fitted):
    assert fitted.model.positive == "above"
    for margin in MARGINS:
        one, same = fitted.samples[margin.name], fitted.samples[at_cutoff(margin, 2.0)]
        np.testing.assert_allclose(one, same)
        new = fitted.samples[f"{margin.name}_new"]
        np.testing.assert_allclose(new, fitted.samples[at_cutoff(margin, 2.0, "new")])
        marginal = fitted.estimates[f"{margin.name}_marginal"].mean
        assert abs(new.mean() - marginal) < 4 * new.std() / np.sqrt(500)


def test_the_table_is_of_the_draws(fitted):
    summary = build_summary(fitted, prevalences=(0.3,))
    table = cutoff_page.table(fitted, summary)
    assert [row[0] for row in table.rows] == ["1", "2", "4"]
    sens, spec = (fitted.samples[at_cutoff(margin, 4.0)] for margin in MARGINS)
    ppv = 0.3 * sens / (0.3 * sens + 0.7 * (1 - spec))
    assert f"{100 * np.median(ppv):.1f}" in table.rows[-1][4]
    assert "sens[4]" in summary_dict(summary, fitted)["estimands"]
    assert "Best cut-off" in cutoff_page.best_words(fitted, summary)[0]
    assert "at the cut-off 2?" in question(fitted)
    words = likelihood(fitted)
    assert "positive above its cut-off" in words
    assert "logistic distribution" in words


def test_every_cut_off_by_itself_stands_beside(fitted):
    found = separate(fitted)
    assert [(one.cutoff, one.studies) for one in found] == [(1.0, 6), (2.0, 6), (4.0, 6)]
    assert {cutoff: len(rows) for cutoff, rows in rows_at(fitted).items()} == {1: 6, 2: 6, 4: 6}
    for one in found:
        for own, margin, apart in zip(one.estimates, MARGINS, one.apart, strict=True):
            median = fitted.estimates[at_cutoff(margin, one.cutoff)].median
            assert apart == (not own.lower <= median <= own.upper)
    agreeing = [Separate(one.cutoff, 6, one.estimates, (False, False)) for one in found]
    assert "agree" in cutoff_page.apart_words(agreeing)
    far = [Separate(2.0, 6, found[1].estimates, (False, True))]
    assert "specificity at 2." in cutoff_page.apart_words(far)


def test_marks_lie_on_the_curve(fitted):
    slopes = [np.median(fitted.draws.hyper[name]) for name in ("slope_sens", "slope_spec")]
    label, fpr, sens = cutoff_page.marks(fitted)[0]
    assert label == "1"
    logit = [np.median(fitted.draws.hyper[f"logit_{m.name}"]) for m in MARGINS]
    at = np.log(1.0 / 2.0)
    assert sens == pytest.approx(1 / (1 + np.exp(-(logit[0] - slopes[0] * at))), abs=0.01)
    assert fpr == pytest.approx(1 / (1 + np.exp(logit[1] + slopes[1] * at)), abs=0.01)


def test_without_a_study_the_cut_off_stays(fitted):
    keep = np.flatnonzero(np.array(fitted.studies.study) != "S0")
    one = fitted.of_rows(keep, lambda hierarchy: fitted.draws)
    assert one.hierarchy.labels == ("S1", "S2", "S3", "S4", "S5")
    assert one.model.cutoff == 2.0


def test_the_first_screen_says_at_which_cut_off(fitted):
    summary = build_summary(fitted, prevalences=(0.3,))
    assert [tile.what for tile in tiles(summary)] == [
        "Pooled sensitivity at the cut-off 2", "Pooled specificity at the cut-off 2",
    ]  # fmt: skip
    assert answer(summary).startswith("Pooled sensitivity at the cut-off 2 ")
    assert accuracy_tables(summary)[0].caption.startswith("Summary of findings at the cut-off 2: ")
