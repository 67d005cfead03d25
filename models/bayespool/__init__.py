"""Bayesian meta-analysis of diagnostic accuracy and outcome associations.

>>> import bayespool as bp
>>> studies = bp.load_dataset("telomerase")
>>> fitted = bp.fit(bp.accuracy.Bivariate(), studies)   # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "load_dataset": "bayespool.datasets",
    "dataset_names": "bayespool.datasets",
    "AccuracyStudies": "bayespool.studies",
    "from_frame": "bayespool.frames",
    "fit": "bayespool.fitting",
    "Fit": "bayespool.fitted",
    "load": "bayespool.storage",
    "compare": "bayespool.averaging",
    "write_report": "bayespool.report",
    "make_report": "bayespool.report",
    "print_answer": "bayespool.report.console",
    "each": "bayespool.parallel",
    "run": "bayespool.terminal",
}
_MODULES = (
    "accuracy", "association", "averaging", "bias", "checks", "datasets", "estimands", "plots",
    "priors", "studies",
)  # fmt: skip

__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import bayespool`` costs next to nothing."""
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(f"bayespool.{name}")
    else:
        raise AttributeError(f"module 'bayespool' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
