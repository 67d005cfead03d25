"""How far each pooled quantity moves when a study is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.figures.rows import RowsTable, draw_rows
from bayespool.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def draw(table: RowsTable) -> Figure:
    """One row per study left out, the most influential first."""
    return draw_rows(table, "all studies", "without this study")
