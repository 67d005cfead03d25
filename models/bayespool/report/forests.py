"""The forest plots of a report: what they show, in words and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bayespool.checks.study_weights import study_weights
from bayespool.figures import forest, svg
from bayespool.figures.forest_layout import COMPACT
from bayespool.figures.forest_table import (
    EXTERNAL,
    HEADING,
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
from bayespool.quantity import WHOLE, Group
from bayespool.report import figure_tables, numbers, points
from bayespool.report.blocks import Drawing
from bayespool.report.comparators import Comparator, by_name
from bayespool.report.ordering import WORDS
from bayespool.report.per_study import EMPTY_SHORT, Margin, StudyRow
from bayespool.report.points import MARGINS, ending
from bayespool.report.summary import Summary
from bayespool.report.wording import ALONE, AVERAGE, listed
from bayespool.report.wording import POOLED as AS_POOLED

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
TITLES = ("Sensitivity", "Specificity")
COLUMNS = ("TP", "FP", "FN", "TN")
SHORT = {AS_POOLED: "Pooled", AVERAGE: "The average study", ALONE: "The one study"}
MOST_IN_SUMMARY = 15  # studies of the compact figure
WEIGHT_WORDS = (
    "Weights are the shares of the information on the pooled value (Burke 2018), given the "
    "posterior medians of the variation between studies."
)  # fmt: skip


def bare(text: str) -> str:
    """A percentage or interval of them without its sign, which stands in the heading."""
    return text.replace(f"{NB}%", "").replace(NB, " ")


def accuracy_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator] = ()
) -> ForestTable:
    """Studies under their group; where studies have several tests, under the tests they have."""
    labels = points.drawn(fitted)
    weights = _weights(fitted, labels)
    biases = figure_tables.bias_words(fitted.studies)
    lines = [_study(row, labels.index(row.group), biases[row.index], weights) for row in rows]
    endings = [_endings(summary, label, i) for i, label in enumerate(labels)]
    external = tuple(_external(name, found) for name, found in by_name(comparators).items())
    several = fitted.studies.several_rows()
    if labels == (WHOLE,) or not several:
        blocks = [
            [*([Line(HEADING, label.shown)] if label else []),
             *(line for line in lines if line.series == i), *endings[i]]
            for i, label in enumerate(labels)
        ]  # fmt: skip
        found = [line for block in blocks for line in block]
    else:
        found = _by_tests(rows, lines, labels)
        found += [line for block in endings for line in block]
    return ForestTable(
        tuple(Panel(title) for title in TITLES), (*found, *external), COLUMNS,
        tuple(f"{title}, %\n(95 % interval)" for title in TITLES),
        tuple(x.shown for x in labels) if several and labels != (WHOLE,) else (),
    )  # fmt: skip


def _by_tests(
    rows: Sequence[StudyRow], lines: Sequence[Line], labels: Sequence[Group]
) -> list[Line]:
    """Studies under the tests that they have."""
    tests: dict[str, list[str]] = {}
    for row in rows:
        tests.setdefault(row.study, []).append(row.group)
    sets = {study: tuple(x for x in labels if x in own) for study, own in tests.items()}
    titles = sorted(set(sets.values()), key=lambda s: (-len(s), [labels.index(x) for x in s]))
    found = []
    for title in titles:
        only = " only" if len(title) == 1 else ""
        found.append(Line(HEADING, f"{listed([x.shown for x in title])}{only}"))
        found += [x for x, row in zip(lines, rows, strict=True) if sets[row.study] == title]
    return found


Weights = dict[tuple[int, str], tuple[float, ...]]


def _weights(fitted: Fit, labels: Sequence[str]) -> Weights:
    """Weights of every study in what is pooled of every group, by number of group and study."""
    out: Weights = {}
    for i, label in enumerate(labels):
        found = study_weights(fitted, label)
        if found is not None:
            studies = zip(fitted.hierarchy.labels, found.T.tolist(), strict=True)
            out |= {(i, study): tuple(own) for study, own in studies}
    return out


def _study(row: StudyRow, series: int, bias: str, weights: Weights) -> Line:
    sens, spec = row.margins
    counts = [sens.successes, spec.trials - spec.successes, sens.trials - sens.successes,
              spec.successes]  # fmt: skip
    known = [sens.trials > 0 or not row.note, spec.trials > 0 or not row.note] * 2
    own = weights.get((series, row.study), (None, None)) if row.first or row.group else (None, None)
    cells = [
        Cell(_found(row, margin, name), weight if margin.trials else None, margin.observed,
             margin.shrunken)
        for name, margin, weight in zip(MARGINS, row.margins, own, strict=True)
    ]  # fmt: skip
    return Line(
        STUDY, row.marked, tuple(cells),
        tuple(f"{n:,}" if is_known else numbers.MISSING
              for n, is_known in zip(counts, known, strict=True)),
        row.index + 1, row.index, series, not row.first, row.reconstructed, bias,
    )  # fmt: skip


def _found(row: StudyRow, margin: Margin, name: str) -> str:
    """The share that a study found, with its interval."""
    if margin.observed is None:
        return row.empty(EMPTY_SHORT[name])
    bounds = numbers.observed_interval(margin.observed.lower, margin.observed.upper)
    return bare(f"{numbers.share(margin.successes, margin.trials)} ({bounds})")


def _endings(summary: Summary, label: Group, series: int) -> list[Line]:
    of = ending(label)
    where = SHORT[summary.pooled]
    new = "New study"
    if "sens_new_study" in summary.estimates:
        new = "One result of a new study"
    names = {POOLED: ("", where), NEW: ("_new", new)}
    return [
        Line(kind, f"{label.shown}: {name.lower()}" if label else name,
             tuple(_summed(summary, f"{margin}{stem}{of}") for margin in MARGINS), series=series)
        for kind, (stem, name) in names.items()
    ]  # fmt: skip


def _summed(summary: Summary, name: str) -> Cell:
    e = summary.estimates[name]
    text = f"{numbers.percent(e.median)} ({numbers.percent_interval(e.lower, e.upper)})"
    return Cell(bare(text), model=Interval(e.median, e.lower, e.upper))


def _external(name: str, found: dict[str, Comparator]) -> Line:
    cells = []
    for margin in MARGINS:
        if margin not in found:
            cells.append(Cell())
            continue
        item = found[margin]
        text = numbers.percent(item.estimate)
        if item.lower is not None and item.upper is not None:
            text += f" ({numbers.percent_interval(item.lower, item.upper)})"
        cells.append(Cell(bare(text), observed=item.drawn))
    return Line(EXTERNAL, f"{name} (not pooled)", tuple(cells))


def compact(table: ForestTable) -> ForestTable:
    """The same for a first screen: with few studies these, else what was pooled; fewer columns."""
    kept, texts = table.lines, table.texts
    if table.n_rows > MOST_IN_SUMMARY:
        kept = tuple(line for line in kept if line.kind not in (STUDY, HEADING))
    elif len(table.panels) > 1:
        texts = ()
    lines = tuple(
        replace(line, columns=(), bias="",
                cells=tuple(replace(c, text=c.text if texts else "") for c in line.cells))
        for line in kept
    )  # fmt: skip
    return ForestTable(table.panels, lines, (), texts, table.names)


def caption(table: ForestTable, pooled: str, order: str = "input") -> str:
    """What the marks are, and what is not drawn."""
    what = SHORT[pooled].lower()
    new = any(line.kind == NEW for line in table.lines)
    predicted = " Capped lines: where a new study's own value is predicted to lie." * new
    if table.n_rows > MOST_ROWS:
        return (
            f"{table.n_rows:,} rows are too many to draw one by one; they are in studies.csv. "
            f"Filled diamonds: {what}.{predicted}"
        )
    percent = table.panels[0].scale == "percent"
    found = (
        f"Squares: what studies found, with {'exact ' * percent}95{NB}% intervals"
        f"{'' if percent else ' (arrows: cut off)'}. Marks below: the model's estimates of the "
        f"same studies, drawn towards the others, with 95{NB}% credible intervals. Filled "
        f"diamonds and broken lines: {what}.{predicted}"
    )
    if any(table.weighed):
        found += f" {WEIGHT_WORDS}"
    if any(line.tied for line in table.lines):
        found += " A vertical bar beside the names joins the rows of one study."
    if any(line.kind == EXTERNAL for line in table.lines):
        found += " Open diamonds: results from elsewhere, not pooled."
    return found + (f" Studies are in order {WORDS[order]}." if order in WORDS else "")


def drawings(table: ForestTable, title: str, words: str, caption: str) -> list[Drawing]:
    """A drawing for each page (``forest``, ``forest-2``, ...), and ``summary_forest``."""
    out = []
    figures = forest.draw(table)
    for i, figure in enumerate(figures, start=1):
        name = "forest" if i == 1 else f"forest-{i}"
        part = "" if len(figures) == 1 else f" (part {i} of {len(figures)})"
        own = caption if i == 1 else f"The forest plot, part {i} of {len(figures)}."
        drawn = svg.to_svg(figure, f"figure-{name}", f"{title}{part}", words)
        out.append(Drawing(name, drawn, own))
    small = forest.draw(compact(table), COMPACT)[0]
    drawn = svg.to_svg(small, "figure-summary_forest", title, words)
    return [*out, Drawing("summary_forest", drawn, SUMMARY_CAPTION)]


SUMMARY_CAPTION = (
    "Squares: what studies found; marks below: the model's estimates; diamonds: pooled; capped "
    "lines: where a new study is predicted to lie."
)


def pages(found: dict[str, Drawing]) -> tuple[Drawing, ...]:
    """The pages of the forest plot among all drawings, in order."""
    return tuple(d for name, d in found.items() if name == "forest" or name.startswith("forest-"))
