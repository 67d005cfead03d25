"""What tests share: fits made once in a process, and the formats of most reports."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import bayespool as bp

# Word and pixels take two thirds of a report's time and show its blocks and figures again: one
# report of every kind has them
LIGHT = ("markdown", "tables")
# drawn and not yet shown: the layout of the page decides where they stand
UNPLACED = {"summary_forest", "summary_sroc"}
_FITS: dict[tuple[Any, ...], bp.Fit] = {}


def placed(folder: Path) -> list[Path]:
    """The figures of a report that its page shows."""
    return [path for path in (folder / "figures").glob("*.svg") if path.stem not in UNPLACED]


def fit_once(model: Any, studies: Any, engine: str = "quadrature", **options: Any) -> bp.Fit:
    """``bp.fit``, made once in a process for the same model, rows, engine and options.

    Nobody may change what it returns (`dataclasses.replace` makes another). Tests of the fitting
    itself call ``bp.fit``.
    """
    key = (type(model), repr(model), pickle.dumps(studies), engine, tuple(sorted(options.items())))
    if key not in _FITS:
        _FITS[key] = bp.fit(model, studies, engine=engine, **options)
    return _FITS[key]
