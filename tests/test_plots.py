"""Figures from Python: the same as a report draws, and clear words where there is none."""

from __future__ import annotations

import struct

import pytest
from matplotlib.figure import Figure
from shared import fit_once

import bayespool as bp


@pytest.fixture(scope="module")
def accuracy():
    return fit_once(bp.accuracy.Bivariate(), bp.load_dataset("telomerase"), ess=500)


@pytest.fixture(scope="module")
def association():
    model = bp.association.BinomialNormal(measure="or")
    return fit_once(model, bp.load_dataset("bcg"), ess=500)


def words(figure: Figure) -> set[str]:
    """All text of a figure."""
    import matplotlib.text

    return {one.get_text() for one in figure.findobj(matplotlib.text.Text)}


def test_a_forest_plot_names_every_study_and_what_was_pooled(accuracy, association):
    for fitted in (accuracy, association):
        figure = bp.plots.forest(fitted)
        assert isinstance(figure, Figure)
        assert words(figure) >= {*fitted.studies.study, "Pooled", "New study"}
    assert len(bp.plots.forest(accuracy).axes) == 3


def test_a_notebook_shows_a_figure_without_pyplot(accuracy):
    png, size = bp.plots.sroc(accuracy)._repr_png_()
    assert png.startswith(b"\x89PNG")
    pixels = struct.unpack(">II", png[16:24])
    assert pixels == pytest.approx((2 * size["width"], 2 * size["height"]), abs=1)


def test_a_forest_plot_is_ordered_as_asked(association):
    def order(figure):
        texts = [one for one in figure.axes[0].texts if one.get_text() in association.studies.study]
        return [one.get_text() for one in sorted(texts, key=lambda one: one.get_position()[1])]

    assert order(bp.plots.forest(association)) == list(association.studies.study)
    by_effect = order(bp.plots.forest(association, order="effect"))
    assert by_effect != list(association.studies.study)
    assert sorted(by_effect) == sorted(association.studies.study)


@pytest.mark.parametrize("name", ["sroc", "fagan", "decision_curve", "priors", "predictive", "pit"])
def test_figures_of_accuracy(accuracy, name):
    assert isinstance(getattr(bp.plots, name)(accuracy), Figure)


@pytest.mark.parametrize("name", ["funnel", "priors", "predictive", "pit"])
def test_figures_of_an_association(association, name):
    assert isinstance(getattr(bp.plots, name)(association), Figure)


def test_a_funnel_has_every_study(association):
    axes = bp.plots.funnel(association).axes[0]
    points = [line for line in axes.lines if len(line.get_xdata()) == len(association.studies)]
    assert len(points) == 1
    effects = association.studies.effects("or")
    assert points[0].get_xdata() == pytest.approx(effects.estimate)
    assert points[0].get_ydata() == pytest.approx(effects.se)


def test_a_nomogram_starts_at_the_prevalence(accuracy):
    def starts(figure):
        return {float(x) for axes in figure.axes for line in axes.lines for x in line.get_xdata()}

    assert 0.037 in starts(bp.plots.fagan(accuracy, prevalence=0.037))
    assert 0.037 not in starts(bp.plots.fagan(accuracy))


def test_a_bubble_plot_of_a_covariate():
    model = bp.accuracy.MetaRegression(covariates=("year",))
    fitted = fit_once(model, bp.load_dataset("anti_ccp"), ess=500)
    assert "year" in words(bp.plots.bubble(fitted, "year"))
    with pytest.raises(ValueError, match="covariate='age'; allowed: year"):
        bp.plots.bubble(fitted, "age")


def test_what_there_is_no_figure_of(accuracy, association):
    for call, said in (
        (lambda: bp.plots.sroc(association), "sroc is of diagnostic accuracy; allowed of assoc"),
        (lambda: bp.plots.funnel(accuracy), "funnel is of associations"),
        (lambda: bp.plots.forest(accuracy, page=2), "page=2: allowed is 1 to 1"),
        (lambda: bp.plots.forest(accuracy, order="size"), "size"),
        (lambda: bp.plots.bubble(accuracy, "year"), "none, the model has no numeric covariate"),
        (lambda: bp.plots.fagan(accuracy, prevalence=20), "20"),
        (lambda: bp.plots.ranks(accuracy), "allowed: a fit by NUTS"),
    ):
        with pytest.raises(ValueError, match=said):
            call()
