"""The answer as fitted, and after every change that was made to rows or priors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.figures.rows import RowsTable, draw_rows
from bayespool.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def draw(table: RowsTable) -> Figure:
    """One row per change."""
    return draw_rows(table, "as fitted", "after the change")
