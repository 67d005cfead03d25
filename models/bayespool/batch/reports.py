"""Reports of chosen analyses of a batch: the same page as of a single one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bayespool import progress
from bayespool.batch.analysis import Analysis
from bayespool.batch.plan import Plan
from bayespool.batch.work import fit_of

REPORTS = "reports"
LONGEST = 80


def chosen(plan: Plan, names: Sequence[str]) -> list[Analysis]:
    """Analyses by their names.

    Raises
    ------
    ValueError
        The plan has no such one.
    """
    known = {one.name: one for one in plan.analyses}
    for name in names:
        if name not in known:
            some = ", ".join(list(known)[:10])
            raise ValueError(f"--report {name}: no analysis has this name; allowed: {some} ...")
    return [known[name] for name in dict.fromkeys(names)]


def folder_name(analysis: Analysis) -> str:
    """Of its report: its name, where that may name a folder, else what is left with its key."""
    plain = re.sub(r"[^\w.-]+", "_", analysis.name, flags=re.ASCII).strip("._")[:LONGEST]
    return plain if plain == analysis.name else f"{plain}-{analysis.key[:8]}"


def write_reports(folder: Path, analyses: Sequence[Analysis]) -> None:
    """Fit again, which gives the same numbers, and write the report."""
    from bayespool.report.build import write_requested
    from bayespool.report.refits import Refits
    from bayespool.report.request import Request

    for analysis in analyses:
        progress.stage(f"report of {analysis.name}")
        request = Request(title=analysis.name)
        write_requested(fit_of(analysis), folder / REPORTS / folder_name(analysis), request,
                        Refits())  # fmt: skip
