"""Every study's overall risk of bias is on forest and SROC plots, where the table tells it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.figures.traffic_light import LIGHTS
from bayespool.report.drawings import accuracy_drawings
from bayespool.report.group_figures import BIAS_WORDS
from bayespool.report.per_study import study_rows
from bayespool.report.summary import build_summary

WORDS = ("low", "unclear", "high")
SYMBOLS = [LIGHTS[word].symbol for word in WORDS]
COUNTS = {
    "tp": [8, 9, 7, 12, 20, 6, 15, 9], "fp": [1, 0, 2, 4, 5, 1, 2, 3],
    "fn": [2, 1, 3, 4, 5, 2, 3, 1], "tn": [19, 0, 18, 30, 41, 17, 25, 20],
}  # fmt: skip


def drawings(*, judged: bool, grouped: bool) -> tuple[Any, Any]:
    """Forest and SROC plot of two studies with each judgement, one of them without healthy."""
    bias = {"rob_index_test": ("low", "unclear", "high", None) * 2} if judged else {}
    names = [f"S{i}" for i in range(8)]
    studies = bp.AccuracyStudies.from_counts(names, **COUNTS, **bias, kit=list("aaaabbbb"))
    model = MetaRegression(covariates=("kit",)) if grouped else Bivariate()
    fitted = bp.fit(model, studies, engine="quadrature")
    found = accuracy_drawings(fitted, build_summary(fitted), study_rows(fitted), ())
    by_name = {drawing.name: drawing for drawing in found}
    return by_name["forest"], by_name["sroc"]


def lights(drawing: Any) -> list[str]:
    """The judgements from top to bottom, as a reader sees them."""
    names = drawing.svg.figure.axes[0]
    symbols = {f"{text.get_position()[1]:.2f}": text.get_text() for text in names.texts
               if text.get_text() in SYMBOLS}  # fmt: skip
    circles = [line.get_ydata()[0] for line in names.lines if line.get_marker() == "o"]
    return [symbols.get(f"{y + 0.005:.2f}", "") for y in sorted(circles)]


def signs(drawing: Any) -> dict[str, list[list[float]]]:
    """Where the symbols of an SROC plot are."""
    lines = drawing.svg.figure.axes[0].lines
    return {
        symbol: [point for line in lines if line.get_marker() == rf"$\mathbf{{{symbol}}}$"
                 for point in line.get_xydata().tolist()]
        for symbol in SYMBOLS
    }  # fmt: skip


def texts(figure: Any) -> list[str]:
    own = [text.get_text() for axes in figure.axes for text in axes.texts]
    return own + [text.get_text() for key in figure.legends for text in key.get_texts()]


@pytest.mark.parametrize("grouped", [False, True])
def test_every_study_has_its_judgement(grouped: bool) -> None:
    studies, points = drawings(judged=True, grouped=grouped)
    assert lights(studies) == [*SYMBOLS, ""] * 2
    tp, fp, fn, tn = map(np.array, COUNTS.values())
    place = np.stack([fp / np.maximum(fp + tn, 1), tp / (tp + fn)], axis=1)
    low, unclear, high = SYMBOLS
    expected = {low: place[[0, 4]], unclear: place[[5]], high: place[[2, 6]]}
    assert signs(points) == {symbol: at.tolist() for symbol, at in expected.items()}
    assert "Risk of\nbias" in texts(studies.svg.figure)
    assert {f"{word} risk of bias" for word in WORDS} <= set(texts(points.svg.figure))
    assert BIAS_WORDS in studies.caption
    assert BIAS_WORDS in points.caption


@pytest.mark.parametrize("grouped", [False, True])
def test_without_columns_of_bias_there_is_no_mark(grouped: bool) -> None:
    studies, points = drawings(judged=False, grouped=grouped)
    assert not lights(studies)
    assert not any(signs(points).values())
    for drawing in (studies, points):
        assert "bias" not in " ".join([drawing.caption, *texts(drawing.svg.figure)])
