"""What the folder of a report keeps beside the page, so that the report can be written again.

``posterior.nc`` has the fit, ``refits.nc`` the refits, ``request.json`` everything that was asked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespool.checks.alternatives import PriorChange
from bayespool.checks.leave_one_out import LeaveOneOutRefits, LeftOut
from bayespool.checks.rows import fit_to_rows
from bayespool.checks.variants import Variant
from bayespool.decoded import decoded
from bayespool.held import hold, results
from bayespool.report.refits import Refits
from bayespool.report.request import Request
from bayespool.storage import load, load_series, save_series

if TYPE_CHECKING:
    from bayespool.fitted import Fit

DRAWS, REFITS, REQUEST = "posterior.nc", "refits.nc", "request.json"
SERIES = ("leave_one_out", "prior_sensitivity", "cumulative", "other_rows",
          "node_splitting")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Kept:
    """A report as its folder keeps it."""

    fit: Fit
    request: Request
    refits: Refits


def keep(folder: Path, fitted: Fit, request: Request, refits: Refits) -> None:
    """Write the fit, its refits where there are any, and the request."""
    fitted.save(folder / DRAWS)
    series = _series(fitted, refits)
    if series:
        save_series(folder / REFITS, fitted, series)
    (folder / REQUEST).write_text(request.text(), encoding="utf-8")


def kept(posterior: Path) -> Kept:
    """The fit of a posterior.nc, with what stands beside it.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file is not what its name says.
    """
    fitted = load(posterior)
    asked, beside = posterior.with_name(REQUEST), posterior.with_name(REFITS)
    request = Request()
    if asked.is_file():
        try:
            request = Request.from_text(asked.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{asked.name}: not a request of this version ({error}); allowed: the file that "
                "a report wrote, or none"
            ) from None
    refits = Refits()
    if beside.is_file():
        series = load_series(beside, fitted)
        try:
            refits = _refits(fitted, series)
        except ValueError as error:
            raise ValueError(
                f"{REFITS}: {error}; allowed: the file that a report wrote, or none"
            ) from None
    return Kept(fitted, request, refits)


Series = dict[str, list[tuple[dict[str, Any], "Fit"]]]


def _series(fitted: Fit, refits: Refits) -> Series:
    """All refits with what tells one from another; the fit itself is not among them."""
    found: Series = {
        name: [({"name": one.name, "prior": one.prior and asdict(one.prior)}, one.fit)
               for one in getattr(refits, name)[name == "prior_sensitivity" :]]
        for name in SERIES[1:] if getattr(refits, name) is not None
    }  # fmt: skip
    if refits.leave_one_out is not None:
        found["leave_one_out"] = [
            ({"study": one.study, "elpd": one.elpd, "refitted": one.refitted}, one.fit)
            for one in refits.leave_one_out.studies
        ]
    selections: Any = results(fit_to_rows, fitted)
    if selections:
        found["rows"] = [({"keep": keep}, refit) for (keep,), refit in selections.items()]
    return found


def _refits(fitted: Fit, series: Series) -> Refits:
    """The refits that `_series` took apart; those to some of the rows are held by the fit."""
    unknown = set(series) - set(FACTS)
    if unknown:
        raise ValueError(f"unknown series {', '.join(sorted(unknown))}")
    told = {
        name: [(decoded(facts, FACTS[name], name), refit) for facts, refit in refits]
        for name, refits in series.items()
    }
    for rows, refit in told.pop("rows", []):
        hold(refit, fit_to_rows, fitted, rows.keep)
    found: dict[str, Any] = {
        name: tuple(Variant(one.name, refit, one.prior) for one, refit in refits)
        for name, refits in told.items() if name != "leave_one_out"
    }  # fmt: skip
    if "prior_sensitivity" in found:
        found["prior_sensitivity"] = (Variant("as fitted", fitted), *found["prior_sensitivity"])
    if "leave_one_out" in told:
        left = (LeftOut(one.study, refit, one.elpd, one.refitted)
                for one, refit in told["leave_one_out"])  # fmt: skip
        found["leave_one_out"] = LeaveOneOutRefits(fitted.estimates, tuple(left))
    return Refits(**found)


@dataclass(frozen=True)
class _Named:
    """What tells a refit from others of its series."""

    name: str
    prior: PriorChange | None = None


@dataclass(frozen=True)
class _Without:
    """The same of a refit without a study."""

    study: str
    elpd: float
    refitted: bool


@dataclass(frozen=True)
class _Rows:
    """The same of a refit to some of the rows."""

    keep: tuple[int, ...]


FACTS = {"leave_one_out": _Without, "rows": _Rows} | dict.fromkeys(SERIES[1:], _Named)
