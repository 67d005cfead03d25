"""What is written beside the page: Markdown, Word, tables and figures for print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bayespool.plots.svg import Svg
from bayespool.report.document import document
from bayespool.report.markdown import markdown
from bayespool.report.page import Page
from bayespool.report.twins import csv_files, tables_json

FORMATS = ("markdown", "word", "tables", "png")


def check_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats, each once.

    Raises
    ------
    ValueError
        When one is unknown; the message lists the legal ones.
    """
    asked = (formats,) if isinstance(formats, str) else tuple(dict.fromkeys(formats))
    unknown = [name for name in asked if name not in FORMATS]
    if unknown:
        raise ValueError(
            f"unknown format {', '.join(map(repr, unknown))}; legal: {', '.join(FORMATS)}, or none "
            "of them (the page index.html and its data are always written)"
        )
    return asked


def write_formats(folder: Path, page: Page, formats: Sequence[str] = FORMATS) -> None:
    """Write the formats into the folder of a report, beside its page.

    Parameters
    ----------
    folder : Path
        It exists.
    page : Page
    formats : names in `FORMATS`
        ``markdown``: report.md. ``word``: report.docx. ``tables``: tables.json and tables/*.csv.
        ``png``: figures/*.png at 300 dots per inch.
    """
    asked = check_formats(formats)
    if set(asked) - {"png"}:
        shown = document(page)
        if "markdown" in asked:
            _write(folder / "report.md", markdown(shown))
        if "word" in asked:
            from bayespool.report.word import word

            (folder / "report.docx").write_bytes(word(shown))
        if "tables" in asked:
            _write(folder / "tables.json", tables_json(shown))
            (folder / "tables").mkdir()
            for name, text in csv_files(shown).items():
                # the mark at the beginning tells Excel that this is UTF-8
                _write(folder / "tables" / f"{name}.csv", f"\ufeff{text}")
    if "png" in asked:
        (folder / "figures").mkdir(exist_ok=True)
        for drawing in page.drawings.values():
            if isinstance(drawing.svg, Svg):
                (folder / "figures" / f"{drawing.name}.png").write_bytes(drawing.svg.png)


def _write(path: Path, text: str) -> None:
    # a lone surrogate, which a file name can bring in, is no UTF-8
    path.write_bytes(text.encode("utf-8", "replace"))
