"""What is taken away: the folder of the report with table, script and session, Word, CSV."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bayespool.checks import variants
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.fitted import Fit
from bayespool.report.build import write_requested
from bayespool.report.refits import Refits
from bayespool.report.request import Request

EPOCH = (1980, 1, 1, 0, 0, 0)  # of files in an archive: the same session, the same bytes


@dataclass(frozen=True)
class Taken:
    """A report as it is taken away.

    Parameters
    ----------
    stamp
        Of the answer that it reports.
    page
        The report as one HTML page.
    word
        The same for editing.
    estimates
        Every estimand, as CSV.
    archive
        The folder of the report with what else belongs to it, as ZIP.
    """

    stamp: str
    page: str = field(repr=False)
    word: bytes = field(repr=False)
    estimates: bytes = field(repr=False)
    archive: bytes = field(repr=False)


@dataclass(frozen=True)
class More:
    """Refits that a report has beside the fit, each of which takes its time."""

    leave_one_out: bool = False
    prior_sensitivity: bool = False
    cumulative: bool = False

    def refits(self, fitted: Fit) -> Refits:
        """All that is asked for."""
        return Refits(
            refit_without_each(fitted) if self.leave_one_out else None,
            variants.prior_sensitivity(fitted) if self.prior_sensitivity else None,
            variants.cumulative(fitted) if self.cumulative else None,
        )


def take(
    fitted: Fit, request: Request, more: More, beside: Mapping[str, bytes], stamp: str, root: str
) -> Taken:
    """Write the report, and pack it with the files beside it; a worker runs this.

    Parameters
    ----------
    fitted, request, more
        What is reported.
    beside
        Files for the archive, by name.
    stamp
        Of the answer.
    root
        A folder of the session, in which a folder is made and removed again.
    """
    with TemporaryDirectory(dir=root) as folder:
        report = write_requested(fitted, Path(folder) / "report", request, more.refits(fitted))
        files = {
            f"report/{path.relative_to(report).as_posix()}": path.read_bytes()
            for path in sorted(report.rglob("*")) if path.is_file()
        }  # fmt: skip
    return Taken(
        stamp,
        files["report/index.html"].decode("utf-8"),
        files["report/report.docx"],
        files["report/summary.csv"],
        archive(dict(beside) | files),
    )


def archive(files: Mapping[str, bytes]) -> bytes:
    """Files as a ZIP: the same files, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            about = zipfile.ZipInfo(name, EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(about, content)
    return out.getvalue()
