"""One analysis as the command line does it, and a chunk of them as one task of a worker."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bayespool import __version__
from bayespool.app.prepared import (
    Prepared,
    measure_of_columns,
    modelled,
    read_as_asked,
    readable_as,
)
from bayespool.batch import results
from bayespool.batch.analysis import ALL, Analysis
from bayespool.checks import convergence, run_checks
from bayespool.fitting import fit
from bayespool.parallel.worker import INSIDE
from bayespool.report.refits import shown

if TYPE_CHECKING:
    import pyarrow as pa

    from bayespool.fitted import Fit

TABLE, PROGRAM = "table", "program"  # what failed, beside the worker
LONGEST = 500  # characters of a reason
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Done:
    """What came of a chunk.

    Parameters
    ----------
    results
        Rows of `results.SCHEMA`.
    draws
        Rows of `results.DRAWS`, or None where they were not asked for.
    failed
        How many analyses have no answer that may be used.
    seconds
        That the fits took together.
    """

    results: pa.Table
    draws: pa.Table | None
    failed: int
    seconds: float


def in_worker(chunk: Sequence[Analysis], draws: bool) -> Done:
    """`chunk_done` in a process of a cluster, which starts no processes of its own."""
    os.environ.setdefault(INSIDE, "1")
    return chunk_done(chunk, draws=draws)


def chunk_done(chunk: Sequence[Analysis], *, draws: bool) -> Done:
    """Fit every analysis; one that fails does so alone, in words.

    What another worker might do better, such as `MemoryError`, is raised.
    """
    rows, drawn, failed = list[Row](), list[Row](), 0
    start = time.perf_counter()
    for analysis in chunk:
        own, fitted = outcome(analysis)
        rows += own
        failed += not own[0]["passed"]
        if draws and fitted is not None:
            drawn += [
                {"analysis": analysis.name, "key": analysis.key, "name": name,
                 "draws": values.ravel()}
                for name, values in fitted.samples.items()
            ]  # fmt: skip
    seconds = time.perf_counter() - start
    of_draws = results.table_of(drawn, results.DRAWS) if draws else None
    return Done(results.table_of(rows), of_draws, failed, seconds)


def outcome(analysis: Analysis) -> tuple[list[Row], Fit | None]:
    """Rows of one analysis, that of itself first; no fit where it failed."""
    start = time.perf_counter()
    try:
        fitted = fit_of(analysis)
        rows = list(_rows(analysis, fitted, start))
    except (MemoryError, OSError):
        raise
    except ValueError as error:  # TableError is one, too: the table, or what is asked of it
        return [failure(analysis, TABLE, str(error))], None
    except Exception as error:
        return [failure(analysis, PROGRAM, f"{type(error).__name__}: {error}")], None
    return rows, fitted


def ready(analysis: Analysis) -> Prepared:
    """Model and studies of an analysis.

    Raises
    ------
    ValueError
        The table is faulty, or does not go with what is asked.
    """
    asked = analysis.asked
    if asked.measure is None:
        asked = replace(asked, measure=measure_of_columns(readable_as(analysis.source, asked)))
    _, found = read_as_asked(analysis.source, asked)
    return modelled(found, asked)


def fit_of(analysis: Analysis) -> Fit:
    """The fit, with the same numbers as of the command line."""
    prepared = ready(analysis)
    return fit(prepared.model, prepared.studies, analysis.asked.engine, analysis.asked.seed)


def failure(analysis: Analysis, what: str, reason: str) -> Row:
    """The only row of an analysis that failed: what failed, and why in one line."""
    line = " ".join(reason.split())
    short = line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
    return _named(analysis, "analysis", what) | {
        "passed": False, "sentence": short, "file": analysis.source.file,
        "measure": analysis.asked.measure, "seed": analysis.asked.seed, "version": __version__,
    }  # fmt: skip


def given_up(analysis: Analysis, reason: str) -> Done:
    """An analysis whose process could not do it; the next run tries again."""
    return Done(results.table_of([failure(analysis, results.WORKER, reason)]), None, 1, 0.0)


def _named(analysis: Analysis, record: str, name: str | None) -> Row:
    return {"analysis": analysis.name, "key": analysis.key, "record": record, "name": name}


def _rows(analysis: Analysis, fitted: Fit, start: float) -> Iterator[Row]:
    every = run_checks if analysis.checks == ALL else convergence.check
    estimates, checks = dict(fitted.estimates), every(fitted)
    failed = [check for check in checks if check.gate and not check.passed]
    yield _named(analysis, "analysis", None) | {
        "passed": not failed,
        "sentence": " ".join(check.sentence for check in failed) or None,
        "file": analysis.source.file, "measure": fitted.model.measure,
        "model": repr(fitted.model), "engine": fitted.engine, "seed": fitted.seed,
        "rows": len(fitted.studies), "studies": len(set(fitted.studies.study)),
        "warnings": [*fitted.studies.warnings, *fitted.draws.messages],
        "seconds": time.perf_counter() - start, "version": __version__,
    }  # fmt: skip
    main = shown(fitted)
    for name, estimate in estimates.items():
        numbers = (
            estimate.mean, estimate.median, estimate.sd, estimate.lower, estimate.upper,
            estimate.mcse, estimate.mcse_median, estimate.mcse_lower, estimate.mcse_upper,
            estimate.ess,
        )  # fmt: skip
        yield _named(analysis, "estimate", str(name)) | {
            "label": estimate.estimand.label, "unit": estimate.estimand.unit,
            "main": name in main,
            **{column: number for column, number in zip(results.NUMBERS, numbers, strict=True)
               if math.isfinite(number)},
        }  # fmt: skip
    for check in checks:
        yield _named(analysis, "check", check.name) | {
            "value": check.value if math.isfinite(check.value) else None,
            "threshold": check.threshold,
            "passed": check.passed if check.checkable else None,
            "gate": check.gate, "sentence": check.sentence,
        }  # fmt: skip
