"""The pooled quantities, and a new study's, under other priors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.figures.rows import RowsTable, draw_rows
from bayespool.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def draw(table: RowsTable) -> Figure:
    """One row per prior."""
    return draw_rows(table, "as fitted", "pooled, with this prior", "new study")
