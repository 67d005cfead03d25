"""Net benefit of testing, of treating all and none, by the probability at which one treats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.figures.fagan import OUTLINE, Ribbon, outline
from bayespool.figures.series import look_of
from bayespool.figures.style import FAINT, INK, MUTED, label, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 9.4, 4.6
BELOW = 0.18  # of the largest benefit: how far below zero is shown


@dataclass(frozen=True)
class DecisionTable:
    """Net benefit per 1,000 people: of every test with its band, of treating all and none.

    ``prevalence`` is where the line of treating all crosses zero; ``new`` holds a ribbon for each
    test in a new study.
    """

    tests: tuple[tuple[str, Ribbon], ...]
    everyone: Ribbon
    prevalence: float
    new: tuple[Ribbon, ...] = ()


def furthest(table: DecisionTable, floor: float) -> float:
    """The largest threshold at which a test's band is above the floor of the figure."""
    ends = [float(ribbon.x[ribbon.upper > floor].max(initial=0.1)) for _, ribbon in table.tests]
    return min(1.0, max(ends) + 0.02)


@styled
def draw(table: DecisionTable) -> Figure:
    """One line for each test, with its band."""
    from bayespool.figures.shown import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes: Any = figure.add_subplot()
    most = 1000.0 * table.prevalence
    axes.set_ylim(-BELOW * most, 1.05 * most)
    axes.set_xlim(0.0, furthest(table, -BELOW * most))
    axes.xaxis.set_major_formatter(lambda x, _: f"{round(100 * x, 6):g}")
    axes.grid(color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.axhline(0.0, color=INK, lw=1.2, label="no test, treat none")
    everyone = table.everyone
    axes.plot(everyone.x, everyone.median, color=MUTED, lw=1.4, ls=(0, (1, 1.5)),
              label="treat all without a test")  # fmt: skip
    for i, (name, ribbon) in enumerate(table.tests):
        look = look_of(i)
        hatch = look.hatch if len(table.tests) > 1 else None
        axes.fill_between(ribbon.x, ribbon.lower, ribbon.upper, hatch=hatch, lw=0,
                          facecolor=(look.color, 0.16), edgecolor=(look.color, 0.45))  # fmt: skip
        axes.plot(ribbon.x, ribbon.median, color=look.color, lw=2.0, ls=look.line,
                  label=label(name) or "treat those who test positive")  # fmt: skip
    for i, ribbon in enumerate(table.new):
        outline(axes, ribbon, look_of(i).color)
    if table.new:
        axes.plot([], [], label="95 % interval in a new study", color=MUTED, **OUTLINE)
    axes.set_xlabel("Probability of the condition from which on one would treat (%)")
    axes.set_ylabel("Net benefit, true positives per 1,000")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
