"""A figure as SVG text and for print: the same bytes every time, described for screen readers."""

from __future__ import annotations

import io
import re
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from bayespool.plots.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
PRINT_DPI = 300


class Svg(str):
    """SVG text that knows what it shows, and can be had as pixels for print."""

    what: str
    description: str
    figure: Figure

    @cached_property
    def png(self) -> bytes:
        """The same figure as PNG at 300 dots per inch, drawn when first asked for."""
        buffer = io.BytesIO()
        with look():
            self.figure.savefig(buffer, format="png", dpi=PRINT_DPI, metadata={"Software": None})
        return buffer.getvalue()


def to_svg(figure: Figure, name: str, title: str, description: str) -> Svg:
    """An ``<svg role="img">`` element whose ids begin with `name`, so that pages can hold several.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        Short, unique on its page; letters and digits.
    title, description : str
        Plain text: what the figure is, and what it shows.
    """
    buffer = io.BytesIO()
    with look():
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    text = buffer.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, count=1, flags=re.S)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    if view is None:
        raise ValueError(f"the figure {name!r} has no view box")
    width, height = view.groups()
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'id="{name}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {width} {height}" width="{width}pt" height="{height}pt" '
        f'stroke-linejoin="round" stroke-linecap="butt">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>\n'
    )
    made = Svg(head + text[text.index(">") + 1 :].lstrip())
    made.what, made.description, made.figure = title, description, figure
    return made
