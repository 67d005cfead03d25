"""What is written beside the page: Markdown, Word, tables and figures for print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bayespool.plots.svg import Svg
from bayespool.progress import stage
from bayespool.report.blocks import Drawing
from bayespool.report.document import Document
from bayespool.report.files import write
from bayespool.report.markdown import markdown
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


def write_formats(
    folder: Path, document: Document, drawings: Iterable[Drawing], formats: Sequence[str] = FORMATS
) -> None:
    """Write the formats into the folder of a report, beside its page.

    Parameters
    ----------
    folder : Path
        It exists.
    document : Document
    drawings : Drawing
        The figures that stand in it.
    formats : names in `FORMATS`
        ``markdown``: report.md. ``word``: report.docx. ``tables``: tables.json and tables/*.csv.
        ``png``: figures/*.png at 300 dots per inch.
    """
    asked = check_formats(formats)
    if "markdown" in asked:
        write(folder / "report.md", markdown(document))
    if "word" in asked:
        stage("Word")
        from bayespool.report.word import word

        (folder / "report.docx").write_bytes(word(document))
    if "tables" in asked:
        write(folder / "tables.json", tables_json(document))
        (folder / "tables").mkdir()
        for name, text in csv_files(document).items():
            # the mark at the beginning tells Excel that this is UTF-8
            write(folder / "tables" / f"{name}.csv", f"\ufeff{text}")
    if "png" in asked:
        stage("figures for print")
        (folder / "figures").mkdir(exist_ok=True)
        for drawing in drawings:
            if isinstance(drawing.svg, Svg):
                (folder / "figures" / f"{drawing.name}.png").write_bytes(drawing.svg.png)
