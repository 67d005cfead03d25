"""A forest plot draws every study, with its numbers and its whole label, on as many pages."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bayespool.figures import forest, svg, texts
from bayespool.figures.forest_layout import COMPACT, layout
from bayespool.figures.forest_table import (
    EXTERNAL,
    HEADING,
    MOST_ON_PAGE,
    MOST_ROWS,
    NEW,
    POOLED,
    STUDY,
    Cell,
    ForestTable,
    Line,
    Panel,
)
from bayespool.figures.marks import Interval

SEEN, SHRUNK, MEAN, NEXT = (
    Interval(0.7, 0.5, 0.9), Interval(0.72, 0.6, 0.8), Interval(0.75, 0.71, 0.79),
    Interval(0.75, 0.3, 0.97),
)  # fmt: skip
PANELS = (Panel("Sensitivity"), Panel("Specificity"))


def study(i: int, label: str = "A & <b> $x_1$ {i}", **options: Any) -> Line:
    cells = (Cell("70.0 (50.0 to 90.0)", 10.0 + i % 3, SEEN, SHRUNK), Cell("no healthy"))
    return Line(STUDY, label.replace("{i}", str(i)), cells, ("7", "0", "3", "0"), i + 1, i,
                **options)  # fmt: skip


def endings(series: int = 0, name: str = "Pooled") -> tuple[Line, ...]:
    pooled, new = Cell("75.0 (71.0 to 79.0)", model=MEAN), Cell("75 (30 to 97)", model=NEXT)
    return (Line(POOLED, name, (pooled,) * 2, series=series),
            Line(NEW, "New study", (new,) * 2, series=series))  # fmt: skip


def table(n: int = 3, *more: Line, **options: Any) -> ForestTable:
    lines = (*(study(i, **options) for i in range(n)), *endings(), *more)
    return ForestTable(PANELS, lines, ("TP", "FP", "FN", "TN"), ("Sens\n(95 %)", "Spec\n(95 %)"))


def effects(n: int = 3, scale: str = "log") -> ForestTable:
    cell = Cell("0.7", 20.0, Interval(0.7, 0.001, 900.0), SHRUNK)
    lines = [Line(STUDY, f"S{i}", (cell,), ("7/10", "3/9"), i + 1, i) for i in range(n)]
    mean = Line(POOLED, "Pooled", (Cell("0.75", model=MEAN),))
    return ForestTable((Panel("Odds ratio", scale, 1.0),), (*lines, mean),
                       ("Group 1\nevents/all", "Group 2"), ("Odds ratio",))  # fmt: skip


ELSEWHERE = Line(EXTERNAL, "Elsewhere", (Cell("", observed=SEEN), Cell()))
GROUPS = ForestTable(
    PANELS,
    (Line(HEADING, "CT and MRI"), study(0), study(1, tied=True, series=1), *endings(0, "CT"),
     *endings(1, "MRI")),
    names=("CT", "MRI"),
)  # fmt: skip
CASES = {
    "plain": table(), "bias": table(bias="low"), "partial": table(partial=True),
    "external": table(2, ELSEWHERE), "effects": effects(), "differences": effects(scale="linear"),
    "groups": GROUPS, "nostudies": table(0),
}  # fmt: skip


def words(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("name", CASES)
def test_figures_repeat_whatever_the_users_settings(name: str) -> None:
    first = [svg.to_svg(f, name, "Title", "What <it> shows") for f in forest.draw(CASES[name])]
    with matplotlib.rc_context({"font.size": 20, "svg.fonttype": "path", "axes.grid": True}):
        again = [svg.to_svg(f, name, "Title", "What <it> shows") for f in forest.draw(CASES[name])]
    assert first == again
    root = ET.fromstring(first[0])
    assert root.get("role") == "img"
    assert "<text" in first[0]


@pytest.mark.parametrize("n", [1, 38, 40, 41, 108, MOST_ROWS])
def test_every_study_is_on_one_of_the_pages(n: int) -> None:
    found = table(n)
    labels = [line.label for page in found.pages for line in page.lines]
    assert labels == [line.label for line in found.lines]
    lengths = [len(page.lines) for page in found.pages]
    assert max(lengths) <= MOST_ON_PAGE + 2
    assert max(lengths) - min(lengths) <= 6
    if n == 108:
        drawn = [word for figure in forest.draw(found) for word in words(figure)]
        assert {line.label for line in found.lines} <= set(drawn)


def test_of_very_many_only_what_was_pooled_is_drawn() -> None:
    (figure,) = forest.draw(table(MOST_ROWS + 1))
    assert not any(word.startswith("A &") for word in words(figure))
    assert "Pooled" in words(figure)


def test_what_belongs_together_is_on_one_page() -> None:
    lines: list[Line] = []
    for k in range(13):
        lines += [Line(HEADING, f"Group {k}"), *(study(5 * k + i, tied=i > 0) for i in range(5)),
                  *endings()]  # fmt: skip
    for page in ForestTable(PANELS, tuple(lines)).pages:
        assert not page.lines[0].tied
        assert not page.lines[0].ends
        assert page.lines[-1].kind == NEW


@pytest.mark.parametrize("width", [0.3, 1.0, 2.7])
def test_labels_are_whole_and_fit(width: float) -> None:
    label = "Compression of any nerve root, foraminal and lateral recess, second reader (2019)"
    lines = texts.wrapped(label, 1, width)
    assert all(texts.width(line) <= width for line in lines)
    if width > 0.5:
        assert " ".join(lines) == label
    else:
        assert lines[-1].endswith("\u2026")
    assert texts.wrapped("Donaudampfschifffahrt", 1, 0.5)[:2] != ("Donaudampfschifffahrt",)
    assert "".join(texts.wrapped("Donaudampfschifffahrt", 1, 0.5)) == "Donaudampfschifffahrt"
    assert texts.wrapped("研究 2021", 7, 2.0) == ("row 7",)


def test_the_width_of_a_text_is_what_is_drawn() -> None:
    figure = forest.draw(table(1, label="A wide label, with commas"))[0]
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    (text,) = [t for axes in figure.axes for t in axes.texts if t.get_text().startswith("A wide")]
    drawn = text.get_window_extent(renderer).width / figure.dpi
    assert drawn == pytest.approx(texts.width("A wide label, with commas"), rel=0.03)


@pytest.mark.parametrize("name", ["plain", "bias", "external", "effects", "groups"])
def test_no_text_lies_on_another(name: str) -> None:
    long = replace(CASES[name], lines=(study(7, "A very long label " * 7), *CASES[name].lines))
    found = long if name != "effects" else CASES[name]
    figure = forest.draw(found)[0]
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for axes in figure.axes
             for t in axes.texts if t.get_text().strip()]  # fmt: skip
    pairs = [(a, b) for i, (a, one) in enumerate(boxes) for b, two in boxes[i + 1 :]
             if min(one.x1, two.x1) - max(one.x0, two.x0) > 1
             and min(one.y1, two.y1) - max(one.y0, two.y0) > 2.5]  # fmt: skip
    assert pairs == []
    right = figure.bbox.width
    assert all(box.x0 >= 0 and box.x1 <= right + 1 for _, box in boxes)


def test_marks_are_where_the_table_says() -> None:
    figure = forest.draw(table(2, ELSEWHERE))[0]
    sens = figure.axes[1]
    squares = [line.get_xdata()[0] for line in sens.lines if line.get_marker() == "s"]
    assert squares == [0.7, 0.7]
    filled, open_ = (patch.get_xy() for patch in sens.patches[-2:])
    assert sorted(set(filled[:, 0])) == [0.71, 0.75, 0.79]
    assert sorted(set(open_[:, 0])) == [0.5, 0.7, 0.9]
    pooled = [line for line in sens.lines if list(line.get_xdata()) == [0.75, 0.75]]
    top, bottom = sens.get_ylim()[::-1]
    (dashed,) = pooled
    assert dashed.get_ydata()[0] == top
    assert dashed.get_ydata()[1] < bottom  # not beside what is not pooled


def test_the_area_of_a_square_grows_with_the_weight() -> None:
    figure = forest.draw(table(3))[0]
    sizes = [line.get_markersize() for line in figure.axes[1].lines if line.get_marker() == "s"]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3
    assert "12.0" in words(figure)


def test_the_dashed_line_of_a_group_is_beside_its_studies_on_every_page() -> None:
    lines = (*(study(i) for i in range(60)), *endings(), *(study(i) for i in range(60, 70)),
             *endings(1))  # fmt: skip
    first, second = ForestTable(PANELS, lines).pages
    assert [(s.pooled.series, s.first, s.last) for s in first.spans] == [
        (0, 0, len(first.lines) - 1)
    ]
    ends = [i for i, line in enumerate(second.lines) if line.kind == NEW]
    assert [(s.first, s.last) for s in second.spans] == [(0, ends[0]), (ends[0] + 1, ends[1])]


def test_very_wide_intervals_are_cut_and_all_else_is_shown() -> None:
    low, high = effects().limits(0)
    assert 0.001 < low < 0.5
    assert 1.0 < high < 900.0
    arrows = [line.get_marker() for line in forest.draw(effects(1))[0].axes[1].lines]
    assert {"<", ">"} <= set(arrows)


def test_every_mark_of_a_study_can_be_found_in_the_page() -> None:
    text = svg.to_svg(forest.draw(table(2))[0], "a", "t", "d")
    groups = re.findall(r'<g( class="band")? data-study="(\d+)"', text)
    assert {number for _, number in groups} == {"0", "1"}
    assert [number for band, number in groups if band] == ["0", "1"]
    assert "study-" not in text
    assert "band-" not in text


def test_the_compact_figure_fits_a_first_screen() -> None:
    fifteen = replace(table(15), columns=(), texts=())
    width, height = forest.draw(fifteen, COMPACT)[0].get_size_inches() * 72
    assert width <= 560
    assert height <= 380
    assert np.all(np.array(layout(fifteen, COMPACT).panels)[:, 1] >= 1.3)
