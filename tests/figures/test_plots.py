"""Figures draw small tables, the same bytes every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import matplotlib
import numpy as np
import pytest

from bayespool.figures import (
    bias_bars,
    bubble,
    cumulative,
    decision_curve,
    fagan,
    influence,
    pit,
    predictive,
    priors,
    robustness,
    sensitivity,
    series,
    sroc,
    style,
    svg,
    traces,
    traffic_light,
)
from bayespool.figures.marks import Interval
from bayespool.figures.rows import Panel, Row, RowsTable

SOME = Interval(0.7, 0.5, 0.9)
LINE = (np.array([0.1, 0.4, 0.6]), np.array([0.5, 0.7, 0.9]))


def sroc_part(n: int = 3, label: str = "") -> sroc.Part:
    points = np.full((n, 2), 0.5)
    return sroc.Part(label, points, np.full((n, 2), 20), tuple(range(n)), (0.3, 0.7), LINE, LINE,
                     LINE, np.arange(n) == 1, ("low",) * n)  # fmt: skip


def sroc_table(n: int = 3) -> sroc.SrocTable:
    elsewhere = sroc.External("$Out$", Interval(0.3, 0.2, 0.45), SOME)
    return sroc.SrocTable((sroc_part(n),), (), (elsewhere,))


def predictive_table() -> predictive.PredictiveTable:
    rows = (
        predictive.PredictiveLine("inside", 1, (0.7, 0.7), (SOME, SOME)),
        predictive.PredictiveLine("outside", 2, (0.1, None), (SOME, None)),
    )
    return predictive.PredictiveTable(rows)


def prior_panels() -> tuple[priors.PriorPanel, ...]:
    x = np.linspace(0, 1, 20)
    plain = priors.PriorPanel("tau", x, x, np.linspace(0, 1, 6), np.ones(5))
    ticked = priors.PriorPanel("sens", x, x, np.linspace(0, 1, 6), np.ones(5), ((0.5, "a\nb"),))
    return plain, ticked


def rows_table(n: int = 3, panels: int = 2, wide: bool = False) -> RowsTable:
    wider = (Interval(0.7, 0.1, 0.99),) * panels if wide else ()
    rows = tuple(Row(f"A $x$ & {i}", i + 1, (SOME,) * panels, wider) for i in range(n))
    shown = [Panel(f"Panel {i}", i == 0, SOME) for i in range(panels)]
    return RowsTable(tuple(shown), rows)


def grouped_sroc_table(n: int) -> sroc.SrocTable:
    parts = tuple(sroc_part(i, f"Group $x$ {i}") for i in range(n))
    point = Interval(0.9, 0.9, 0.9)
    two = (sroc.External("$Out$", point, SOME), sroc.External("Far", point, point))
    return sroc.SrocTable(parts, (np.array([[0.1, 0.5], [0.2, 0.6]]),), two)


def bubble_table() -> bubble.BubbleTable:
    x, two = np.array([1.0, 2.0, 3.0]), np.full((2, 3), 0.5)
    lines = tuple(bubble.Line(name, x, two, two, two, two, two) for name in ("a", "b"))
    seen = np.array([[0.5, 0.6, np.nan], [0.5, 0.6, 0.7]])
    people = np.array([[10, 20, 0], [10, 20, 30]])
    return bubble.BubbleTable("$size$", x, seen, people, np.array([0, 1, 0]), lines)


def traffic_table(n: int = 3) -> traffic_light.TrafficTable:
    rows = tuple(
        traffic_light.TrafficRow(f"A $x$ {i}", i + 1, ("low", "unclear", None, "high"))
        for i in range(n)
    )
    kinds = (("Risk of bias", ("Patients", "Index $x$")), ("Applicability", ("Patients", "Index")))
    return traffic_light.TrafficTable(kinds, rows)


def bias_table() -> bias_bars.BiasBarsTable:
    bars = (
        bias_bars.BiasBar("Patients", {"low": 0.5, "unclear": 0.0, "high": 0.5}),
        bias_bars.BiasBar("Index $x$", {"high": 1.0}),
    )
    return bias_bars.BiasBarsTable((("Risk of bias", bars), ("Applicability", bars)))


def ribbon(top: float = 1.0) -> fagan.Ribbon:
    x = np.linspace(0.01, 0.99, 20)
    return fagan.Ribbon(x, top * x, 0.8 * top * x, 1.2 * top * x)


def fagan_table(n: int = 2) -> fagan.FaganTable:
    few = Interval(0.001, 0.00001, 0.02)
    panels = tuple(
        fagan.FaganPanel(
            f"Test $x$ {i}" if n > 1 else "", ribbon(), ribbon(0.5), 0.1, SOME, few,
            (ribbon(0.9), ribbon(0.4)) if i else (),
        )
        for i in range(n)
    )  # fmt: skip
    return fagan.FaganTable(panels)


def decision_table() -> decision_curve.DecisionTable:
    x = np.linspace(0.01, 0.99, 20)
    falling = 100.0 - 400.0 * x
    test = fagan.Ribbon(x, falling, falling - 9, falling + 9)
    everyone = fagan.Ribbon(x, *(100.0 - 900.0 * x,) * 3)
    return decision_curve.DecisionTable((("A $x$", test), ("B", test)), everyone, 0.1, (test,) * 2)


CASES: dict[str, tuple[Any, Any]] = {
    "sroc": (sroc, sroc_table()),
    "nostudies": (sroc, sroc_table(0)),
    "groupedsroc": (sroc, grouped_sroc_table(2)),
    "sevengroups": (sroc, grouped_sroc_table(7)),
    "bubble": (bubble, bubble_table()),
    "manypanels": (sensitivity, rows_table(panels=8, wide=True)),
    "predictive": (predictive, predictive_table()),
    "pit": (pit, pit.PitTable(*(np.linspace(0.1, 0.9, 5),) * 4)),
    "priors": (priors, prior_panels()),
    "influence": (influence, rows_table()),
    "sensitivity": (sensitivity, rows_table(wide=True)),
    "cumulative": (cumulative, rows_table(1, 1)),
    "robustness": (robustness, rows_table()),
    "traffic": (traffic_light, traffic_table()),
    "manylights": (traffic_light, traffic_table(90)),
    "bias": (bias_bars, bias_table()),
    "fagan": (fagan, fagan_table()),
    "onefagan": (fagan, fagan_table(1)),
    "decision": (decision_curve, decision_table()),
    "threepanels": (cumulative, rows_table(2, 3)),
    "ranks": (traces, (traces.RankPanel("tau", np.full((4, 20), 100)),)),
}


@pytest.mark.parametrize("name", CASES)
def test_figures_repeat_whatever_the_users_settings(name: str) -> None:
    module, table = CASES[name]
    first = svg.to_svg(module.draw(table), name, "Title & more", "What <it> shows")
    with matplotlib.rc_context({"font.size": 20, "svg.fonttype": "path", "axes.grid": True}):
        second = svg.to_svg(module.draw(table), name, "Title & more", "What <it> shows")
    assert first == second
    root = ET.fromstring(first)
    ids = re.findall(r'\bid="([^"]+)"', first)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
    assert all(i == name or i.startswith(f"{name}-") for i in ids)
    assert "<metadata" not in first
    assert "<text" in first
    assert not re.search(r"\b(?:d|x|y|transform)=\"[^\"]*\.\d{3}", first)
    assert "What &lt;it&gt; shows" in first


def test_judgements_differ_without_colour() -> None:
    symbols = [light.symbol for light in traffic_light.LIGHTS.values()]
    assert symbols == ["+", "?", "\u2212", "\u00d7", "\u2205"]
    figure = traffic_light.draw(traffic_table(2))
    drawn = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [drawn.count(symbol) for symbol in "+?\u2212"] == [2, 2, 2]
    assert len(traffic_table(90).drawn) == traffic_light.MAX_ROWS


def test_a_line_of_the_nomogram_goes_through_the_likelihood_ratio() -> None:
    """Halfway between the two probabilities stands half of the log likelihood ratio."""
    figure = fagan.draw(fagan_table(1))
    (line,) = [one for one in figure.axes[0].lines
               if list(one.get_xdata()) == [-1, 1] and one.get_linestyle() == "-"]  # fmt: skip
    ratio = (0.7 / 0.3) / (0.1 / 0.9)
    assert np.mean(line.get_ydata()) == pytest.approx(np.log(ratio) / 2)


def test_the_band_of_a_new_study_is_drawn_beside_that_of_the_pooled_accuracy() -> None:
    figures = (fagan.draw(fagan_table(2)), 3), (decision_curve.draw(decision_table()), 0)
    for drawn, axes in figures:
        thin = fagan.OUTLINE["lw"]
        lines = [line for line in drawn.axes[axes].lines if line.get_linewidth() == thin]
        own = [line for line in lines if len(line.get_xdata()) > 2]
        assert len(own) == 4
    assert not any(
        text.get_text() == "in a new study"
        for legend in fagan.draw(fagan_table(1)).legends for text in legend.get_texts()
    )  # fmt: skip


def test_the_decision_curve_ends_where_its_bands_leave_the_figure() -> None:
    table = decision_table()
    assert decision_curve.furthest(table, -18.0) == pytest.approx(0.268 + 0.02 + 0.03, abs=0.05)
    axes = decision_curve.draw(table).axes[0]
    assert axes.get_xlim()[1] < 0.4


def test_series_differ_without_colour() -> None:
    assert len({look.marker for look in series.LOOKS}) == len(series.LOOKS)
    assert len({look.line for look in series.LOOKS}) == len(series.LOOKS)
    assert len({look.hatch for look in series.LOOKS}) == len(series.LOOKS)
    assert "D" not in {look.marker for look in series.LOOKS}  # that is what was pooled


def test_specificity_falls_from_left_to_right() -> None:
    axes = sroc.draw(sroc_table()).axes[0]
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert ticks == ["100", "80", "60", "40", "20", "0"]
    assert axes.get_xlabel() == "Specificity (%)"


@pytest.mark.parametrize("table", [sroc_table(), grouped_sroc_table(2)])
def test_results_from_elsewhere_have_one_mark_with_its_region(table: sroc.SrocTable) -> None:
    axes = sroc.draw(table).axes[0]
    (first, *_) = table.external
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    assert len(diamonds) == len(table.external)
    assert all(line.get_markerfacecolor() == "white" for line in diamonds)
    outlines = [patch.get_xy() for patch in axes.patches if hasattr(patch, "get_xy")
                and len(np.shape(patch.get_xy())) == 2 and len(patch.get_xy()) > 100]  # fmt: skip
    known = first.fpr.lower < first.fpr.upper
    assert len(outlines) == known
    if known:
        ends = [f(outlines[0][:, i]) for i in (0, 1) for f in (np.min, np.max)]
        np.testing.assert_allclose(ends, [0.2, 0.45, 0.5, 0.9], atol=1e-3)


def test_nothing_is_written_on_the_data() -> None:
    axes = sroc.draw(sroc_table()).axes[0]
    assert [text.get_text() for text in axes.texts] == []
    letters = [text.get_text() for text in sroc.draw(grouped_sroc_table(2)).axes[0].texts]
    assert letters == ["a", "b"]


def test_every_study_of_a_summary_roc_plot_can_be_found() -> None:
    for table, n in ((sroc_table(), 3), (grouped_sroc_table(3), 2)):
        text = svg.to_svg(sroc.draw(table), "a", "t", "d")
        assert {*re.findall(r'data-study="(\d+)"', text)} == set(map(str, range(n)))


def test_rows_of_intervals_are_where_the_table_says() -> None:
    """Percent axes show the whole of every interval, and the squares are the medians."""
    first, second = Interval(0.95, 0.90, 0.97), Interval(0.93, 0.86, 0.96)
    table = RowsTable(
        (Panel("Specificity", True, first),), (Row("A", 1, (first,)), Row("B", 2, (second,)))
    )
    figure = influence.draw(table)
    axes = next(a for a in figure.axes if a.get_title(loc="left"))
    assert axes.get_title(loc="left") == "Specificity (%)"
    low, high = axes.get_xlim()
    assert low < 0.86
    assert 0.97 < high <= 1.01
    squares = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "s"]
    assert squares == [0.95, 0.93]
    figure.canvas.draw()
    assert {text.get_text() for text in axes.get_xticklabels()} >= {"86", "96"}


def test_no_global_figures() -> None:
    import sys

    fagan.draw(fagan_table())
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


def test_labels() -> None:
    assert style.label("  A\n B ") == "A B"
    assert style.label("研究 2021", 7) == "row 7"
    assert style.label("研究 2021") == "?? 2021"
    long = style.label("A very long first author and many more words 1999")
    assert len(long) <= style.LABEL_LENGTH
    assert long.endswith("1999")


@pytest.mark.parametrize("low, high", [(0.9, 1.2), (0.2, 7.0), (0.001, 900.0), (1.01, 1.03)])
def test_ratio_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = style.log_ticks(low, high)
    assert len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)
    assert 1.0 in ticks or not low <= 1.0 <= high
