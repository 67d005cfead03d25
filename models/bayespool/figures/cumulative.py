"""The pooled quantities as studies were published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.figures.rows import RowsTable, draw_rows
from bayespool.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def draw(table: RowsTable) -> Figure:
    """One row per year, the first at the top."""
    return draw_rows(table, "all studies", "studies up to this year")
