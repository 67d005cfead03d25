"""A figure as SVG text and for print: the same bytes every time, described for screen readers."""

from __future__ import annotations

import io
import re
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from bayespool.figures.style import look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
PRINT_DPI = 300
_RUNS = 3  # zlib's strategy of run lengths
# text stays text, to be found, copied and read out; Verdana is as wide as DejaVu Sans, which
# figures are laid out in
_FONT = "font-family: 'DejaVu Sans'; "
_FONTS = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', Arial, sans-serif"
_PLACES = re.compile(r'(?<= )(d|x|y|transform)="[^"]*"')
_LONG = re.compile(r"-?\d+\.\d{3,}")
STUDY, BAND = "study-", "band-"  # marks of a row of the table, and what lies behind them
_OF_STUDY = re.compile(rf'<g id="(?:{STUDY}|({BAND}))(\d+)"')


class Svg(str):
    """SVG text that knows what it shows, and can be had as pixels for print."""

    what: str
    description: str
    figure: Figure

    @cached_property
    def png(self) -> bytes:
        """The same figure as PNG at 300 dots per inch, drawn when first asked for.

        Without an alpha channel, as nothing shines through; and packed for speed: line drawings
        have long runs of one colour.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        dpi = self.figure.dpi
        with look():
            self.figure.dpi = PRINT_DPI
            raw, size = FigureCanvasAgg(self.figure).print_to_buffer()
            self.figure.dpi = dpi
        pixels = Image.frombytes("RGBA", size, raw).convert("RGB")
        packed = io.BytesIO()
        pixels.save(packed, "png", dpi=(PRINT_DPI, PRINT_DPI), compress_type=_RUNS)
        return packed.getvalue()


def tag(artist: Any, index: int | None) -> None:
    """Say that an artist shows row `index` of the table, if any: ``data-study`` in the SVG."""
    if index is not None:
        artist.set_gid(f"{STUDY}{index}")


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
    figure.set_layout_engine("none")  # its places are found, for print too
    text = buffer.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, count=1, flags=re.S)
    text = _PLACES.sub(lambda found: _LONG.sub(_hundredths, found[0]), text.replace(_FONT, ""))
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    text = _OF_STUDY.sub(_of_study, text)
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
        f'stroke-linejoin="round" stroke-linecap="butt" font-family="{_FONTS}">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>\n'
    )
    made = Svg(head + text[text.index(">") + 1 :].lstrip())
    made.what, made.description, made.figure = title, description, figure
    return made


def _of_study(found: re.Match[str]) -> str:
    """The start of a group that shows a row of the table; several groups may show one."""
    band = ' class="band"' if found[1] else ""
    return f'<g{band} data-study="{found[2]}"'


def _hundredths(found: re.Match[str]) -> str:
    """A coordinate in points to two decimals."""
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
