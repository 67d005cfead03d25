"""Hand over a fit: the report, the screen or JSON, and the exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bayespool.cli.options import Output
from bayespool.progress import stage

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.refits import Refits
    from bayespool.report.request import Request

DONE, FAILED_GATE = 0, 1


def answer(fitted: Fit, output: Output, request: Request) -> None:
    """Print the answer, once nothing that is asked of it is refused and before anything else."""
    from bayespool.report.summary import checked_request

    checked_request(fitted, **request.of_numbers)
    if not output.silent:
        from bayespool.report.console import print_answer

        print_answer(fitted)


def deliver(
    fitted: Fit,
    folder: Path | None,
    output: Output,
    request: Request,
    refits: Refits | None = None,
    notes: tuple[str, ...] = (),
) -> int:
    """Write, print the rest, and say by the exit code whether the numbers may be used.

    Parameters
    ----------
    fitted : Fit
    folder : Path or None
        None writes no report.
    output : Output
    request : Request
    refits : Refits, optional
    notes : sentences
        For the screen.
    """
    from bayespool.report.summary import summary_of
    from bayespool.report.summary_record import summary_dict

    stage("summary and checks")
    summary = summary_of(fitted, request)
    if folder is not None:
        from bayespool.report.build import write_requested
        from bayespool.report.refits import Refits

        write_requested(fitted, folder, request, refits or Refits(), summary)
    if output.as_json:
        print(json.dumps(summary_dict(summary, fitted, refits), indent=1, allow_nan=False))
    elif not output.quiet:
        from bayespool.report.console import print_rest

        print_rest(summary, fitted, refits, folder)
    failed = [finding for finding in summary.checks if finding.gate and not finding.passed]
    for finding in failed:
        print(f"check failed: {finding.sentence} (threshold {finding.threshold:g})",
              file=sys.stderr)  # fmt: skip
    checked = fitted.agreement.messages if fitted.agreement is not None else ()
    of_check = (f"the check: {sentence}" for sentence in checked)
    for sentence in (*fitted.draws.messages, *of_check, *(() if output.quiet else notes)):
        print(f"note: {sentence}", file=sys.stderr)
    return FAILED_GATE if failed and not output.allow_unconverged else DONE
