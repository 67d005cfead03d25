"""Commands for a guideline panel: join reports, print an empty form for judgements."""

from __future__ import annotations

from pathlib import Path

from bayespool.cli.delivery import DONE
from bayespool.replacing import replacing_file


def summary_of_findings(
    *folders: Path,
    out: Path | None = None,
    title: str = "Summary of findings",
    name: tuple[str, ...] = (),
) -> int:
    """Join reports of the same kind of question into one table that a panel can paste.

    Parameters
    ----------
    folders
        Folders that the other commands or write_report wrote.
    out
        File to write, ending in .html, .md or .csv; Markdown on the screen if not given.
    title
        Heading of the table.
    name
        What a report is called in the table, one for each in their order; by default its folder.
    """
    from bayespool.report.guideline_joined import summary_of_findings

    formats = {".html": "html", ".md": "markdown", ".csv": "csv"}
    if out is not None and out.suffix not in formats:
        raise ValueError(f"--out {out}: allowed is a file ending in {', '.join(formats)}")
    joined = summary_of_findings(folders, names=name or None, title=title)
    if out is None:
        print(joined.text("markdown"))
    else:
        with replacing_file(out) as partial:
            partial.write_text(joined.text(formats[out.suffix]), encoding="utf-8")
        print(out)
    return DONE


def judgement_form() -> int:
    """Print an empty form for a panel's judgements on certainty, to fill in for --judgements."""
    from bayespool.guideline.judgements import blank_form

    print(blank_form())
    return DONE
