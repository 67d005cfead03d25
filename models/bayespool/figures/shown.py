"""The figure that everything is drawn on: matplotlib's, shown by a notebook without pyplot."""

from __future__ import annotations

import io

from matplotlib.figure import Figure as MatplotlibFigure

SHOWN_DPI, CSS_DPI = 192, 96  # of the pixels that a notebook gets, and of its page


class Figure(MatplotlibFigure):
    """A matplotlib ``Figure`` that Jupyter shows as the value of a cell."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=SHOWN_DPI)
        width, height = (round(CSS_DPI * inches) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}
