"""Every model at the edge of what it can be asked; ``uv run docs/validation/extremes.py``.

Writes ``extremes.csv``: for each case whether it was answered, answered with the words that the
checks of the engine found (said), refused in words, or failed. It takes some hours of a core, and
writes each case as it is done; ``--only PET`` runs the cases whose names hold a text, and leaves
the others as they were.
"""

from __future__ import annotations

import argparse
import csv
import linecache
import resource
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import bayespool as bp
from bayespool.guideline.certainty import prior_share

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from extreme_cases import Case, cases  # noqa: E402

PACKAGE = HERE.parents[1] / "models" / "bayespool"
ESS = 500.0
SECONDS, BYTES = 300, 4 << 30  # of a case (of the processor, not of the clock), and of memory
COLUMNS = ("case", "outcome", "seconds", "said")


class Outcome(NamedTuple):
    """What became of a case: ``answered``, ``said``, ``refused`` or ``failed``, and the words."""

    what: str
    words: str = ""


def outcome(case: Case) -> Outcome:
    """Fit, and compute what a report computes: estimates, studies' own, and the prior's share.

    Any warning of NumPy, any number that is none, and any exception that was not raised in words
    by the package is a failure.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            studies = case.studies()
            fitted = bp.fit(case.model(studies), studies, engine="quadrature", ess=ESS)
            values = [estimate.median for estimate in fitted.estimates.values()]
            values += [value.sum() for value in fitted.study_samples.values()]
            for name in list(fitted.estimates)[:4]:
                prior_share(fitted, name)
        except ValueError as error:
            return Outcome("refused" if _in_words(error) else "failed", _told(error))
        except Exception as error:  # what a user would see as a traceback
            return Outcome("failed", _told(error))
    if not np.isfinite(np.array(values, float)).all():
        return Outcome("failed", "an estimate is not a number")
    failures = fitted.draws.failures
    return Outcome("said", "; ".join(failures)) if failures else Outcome("answered")


def _in_words(error: Exception) -> bool:
    last = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return Path(last.filename).is_relative_to(PACKAGE) and line.startswith("raise ")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


def _too_slow(*_: Any) -> None:
    raise TimeoutError(f"more than {SECONDS} seconds")


def kept() -> dict[str, tuple[str, ...]]:
    """The rows of ``extremes.csv`` of cases that there still are, by their names."""
    path = HERE / "extremes.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = {row[0]: tuple(row) for row in csv.reader(file)}
    return {case.name: rows[case.name] for case in cases() if case.name in rows}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="cases whose names hold this text")
    only = arguments.parse_args().only
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.signal(signal.SIGPROF, _too_slow)
    names = [case.name for case in cases()]
    rows = kept() if only else {}
    for case in cases():
        if only not in case.name:
            continue
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        found = outcome(case)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        seconds = f"{time.process_time() - start:.0f}"
        rows[case.name] = case.name, found.what, seconds, found.words
        print(*rows[case.name], sep="\t", flush=True)
        ordered = sorted(rows.values(), key=lambda row: names.index(row[0]))
        with (HERE / "extremes.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *ordered])


if __name__ == "__main__":
    main()
