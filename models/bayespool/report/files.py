"""The machine-readable twins of the page: CSV tables that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.report.per_study import KIND_OF, StudyRow
from bayespool.report.points import MARGINS
from bayespool.report.summary import Summary

if TYPE_CHECKING:
    from bayespool.fitted import Fit

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")


def write(path: Path, text: str) -> None:
    """Write UTF-8; a lone surrogate, which a file name can bring in, becomes a question mark."""
    path.write_bytes(text.encode("utf-8", "replace"))


def cell(value: object) -> str:
    """A CSV cell: text that a spreadsheet would run as a formula begins with an apostrophe.

    Text that is a number, such as ``-0.30``, stays as it is.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        runs = value.startswith(_FORMULA) and not _NUMBER.fullmatch(value)
        return f"'{value}" if runs else value
    if isinstance(value, float | np.floating):
        return repr(float(value)) if np.isfinite(value) else ""
    return str(value)


def to_csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as CSV text with line feeds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[cell(value) for value in row] for row in (head, *rows)])
    return out.getvalue()


def summary_csv(summary: Summary) -> str:
    """Every estimand: mean, median, SD, 95 % equal-tailed interval and Monte Carlo errors."""
    return records_csv([estimate.row() for estimate in summary.estimates.values()])


def records_csv(records: Sequence[Mapping[str, object]]) -> str:
    """Rows that share their columns."""
    return to_csv(list(records[0]), [list(record.values()) for record in records])


def accuracy_record(fitted: Fit, row: StudyRow) -> dict[str, Any]:
    """One study: counts, observed and shrunken proportions, leave-one-out, predictions."""
    record: dict[str, Any] = {"study": row.study, "row": row.row}
    for count in ("tp", "fp", "fn", "tn", "n_diseased", "n_healthy"):
        record[count] = int(getattr(fitted.studies, count)[row.index])
    for name, margin in zip(MARGINS, row.margins, strict=True):
        seen, shrunken = margin.observed, margin.shrunken
        record[f"{name}_observed"] = seen.centre if seen else None
        record[f"{name}_cp95_lower"] = seen.lower if seen else None
        record[f"{name}_cp95_upper"] = seen.upper if seen else None
        record[f"{name}_median"] = shrunken.centre
        record[f"{name}_eti95_lower"] = shrunken.lower
        record[f"{name}_eti95_upper"] = shrunken.upper
    # of the whole study, so that a sum over rows counts it once
    record["elpd_loo"] = row.elpd if row.first else None
    record["pareto_k"] = row.pareto_k if row.first else None
    if row.precision is not None:
        record["precision"] = row.precision if row.first else None
    for name, margin in zip(MARGINS, row.margins, strict=True):
        kind, found = KIND_OF[name], margin.predicted
        record[f"{kind}_predictive_eti95_lower"] = found.lower if found else None
        record[f"{kind}_predictive_median"] = found.median if found else None
        record[f"{kind}_predictive_eti95_upper"] = found.upper if found else None
        record[f"{kind}_loo_pit"] = found.pit if found else None
    record |= partial_record(fitted.studies, row.index)
    for name, values in fitted.studies.covariates.items():
        record[f"covariate_{name}" if name in record else name] = values[row.index]
    return record


def partial_record(studies: Any, i: int) -> dict[str, Any]:
    """What a row states where some rows of the table are no full results; else nothing."""
    stated = studies.statements
    if not any(stated):
        return {}
    said = stated[i]
    kind, says = (said.kind, said.says) if said else (None, None)
    return {"partial_kind": kind, "partial_says": says}
