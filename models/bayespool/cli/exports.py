"""The command that writes reports in the forms of other programs."""

from __future__ import annotations

from pathlib import Path

from bayespool.cli.delivery import DONE
from bayespool.replacing import replacing_file


def export(
    *folders: Path, to: str = "fhir", out: Path | None = None, name: tuple[str, ...] = ()
) -> int:
    """Write reports for other programs: as FHIR Evidence, or in GRADEpro's columns.

    Parameters
    ----------
    folders
        Folders that the other commands or write_report wrote.
    to
        fhir (R5: a Bundle of Evidence resources, JSON) or gradepro (evidence profile, CSV).
    out
        File to write; the screen if not given.
    name
        What a report is called, one for each in their order; by default its folder.
    """
    from bayespool.report.exports import exported

    text = exported(folders, to, name or None)
    if out is None:
        print(text)
        return DONE
    with replacing_file(out) as partial:
        partial.write_text(text, encoding="utf-8")
    print(out)
    return DONE
