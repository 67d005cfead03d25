"""What is written beside the page: Markdown, Word, tables and figures for print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bayespool.figures.svg import Svg
from bayespool.progress import stage
from bayespool.report.blocks import Drawing
from bayespool.report.document import Document
from bayespool.report.files import write
from bayespool.report.markdown import markdown
from bayespool.report.request import FORMATS, check_formats
from bayespool.report.twins import csv_files, tables_json


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
