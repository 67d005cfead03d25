"""Shares of rows with a low, unclear and high risk of bias, by domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespool.figures.style import percent_axis, styled, write
from bayespool.figures.traffic_light import LIGHTS, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_HEIGHT, TOP, BOTTOM, WIDTH = 0.3, 0.3, 0.95, 9.4
NAMES = 2.2  # inches
NARROW = 0.04  # share of a bar without its symbol


@dataclass(frozen=True)
class BiasBar:
    """One domain: shares of the judged rows, by word."""

    label: str
    shares: dict[str, float]


@dataclass(frozen=True)
class BiasBarsTable:
    """Kinds of judgement, each with its domains from top to bottom."""

    kinds: tuple[tuple[str, tuple[BiasBar, ...]], ...]


@styled
def draw(table: BiasBarsTable) -> Figure:
    """Stacked bars; each part with its symbol."""
    from bayespool.figures.shown import Figure

    lines = sum(len(bars) + 1 for _, bars in table.kinds)
    height = lines * ROW_HEIGHT + TOP + BOTTOM
    figure = Figure(figsize=(WIDTH, height))
    left = NAMES / WIDTH
    axes = figure.add_axes((left, BOTTOM / height, 0.97 - left, lines * ROW_HEIGHT / height))
    axes.set_ylim(lines - 0.5, -0.5)
    percent_axis(axes)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Share of judged rows (%)")
    y = 0
    for kind, bars in table.kinds:
        write(axes, 0.0, y + 0.15, kind, ha="left", va="center", fontsize=8.5, weight="bold")
        y += 1
        for bar in bars:
            write(axes, -0.03, y, bar.label, ha="right", va="center", fontsize=8.5)
            start = 0.0
            for word, light in LIGHTS.items():
                share = bar.shares.get(word, 0.0)
                axes.barh(y, share, left=start, height=0.72, color=light.face, edgecolor="white")
                if share > NARROW:
                    write(axes, start + share / 2, y, light.symbol, ha="center", va="center",
                          fontsize=9, weight="bold", color=light.ink)  # fmt: skip
                start += share
            y += 1
    legend(figure)
    return figure
