"""Bayesian meta-analysis of diagnostic accuracy and outcome associations.

>>> import bayespool as bp
>>> studies = bp.load_dataset("telomerase")
>>> fitted = bp.fit(bp.accuracy.Bivariate(), studies)   # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same names, for type checkers and editors
    from bayespool import accuracy as accuracy
    from bayespool import association as association
    from bayespool import averaging as averaging
    from bayespool import bias as bias
    from bayespool import checks as checks
    from bayespool import datasets as datasets
    from bayespool import estimands as estimands
    from bayespool import plots as plots
    from bayespool import priors as priors
    from bayespool import studies as studies
    from bayespool.averaging import compare as compare
    from bayespool.datasets import dataset_names as dataset_names
    from bayespool.datasets import load_dataset as load_dataset
    from bayespool.fitted import Fit as Fit
    from bayespool.fitting import fit as fit
    from bayespool.frames import from_frame as from_frame
    from bayespool.parallel import each as each
    from bayespool.report import make_report as make_report
    from bayespool.report import write_report as write_report
    from bayespool.report.console import print_answer as print_answer
    from bayespool.storage import load as load
    from bayespool.studies import AccuracyStudies as AccuracyStudies
    from bayespool.terminal import run as run

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
