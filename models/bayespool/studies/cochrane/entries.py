"""What one study says in one analysis, whichever file it stands in: from cells to values."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bayespool.studies.cochrane.review import COUNTS, ESTIMATES, LOG_RANK, MEANS, measure_of
from bayespool.studies.measures import MEASURES
from bayespool.studies.problems import Problem

_TOLERANCE = 0.06  # of a standard error that rounded limits give
_Z = 1.959963984540054


@dataclass(frozen=True)
class Settings:
    """How an analysis was set up.

    Parameters
    ----------
    kind
        One of the kinds of `review`.
    measure
        As the file calls it.
    swap
        Whether events and non-events are exchanged.
    log
        Whether estimates were entered as logarithms; None where the file does not say.
    """

    kind: str
    measure: str
    swap: bool = False
    log: bool | None = None

    @property
    def name(self) -> str:
        """The measure by its name here; a ratio that was not entered as a logarithm is none."""
        found = measure_of(self.measure)
        ratio = bool(found) and MEASURES[found].is_ratio
        if self.kind == ESTIMATES and self.log is False and (ratio or not found):
            return "generic"
        return found


class Fault(Exception):
    """A cell that is no number; its column and what it holds."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(column, text)
        self.column, self.text = column, text

    def problem(self, file: str, line: int) -> Problem:
        """As a fault of the table."""
        rule = f"{self.column}={self.text!r} is no number"
        return Problem(file, line, self.column, rule, "a number, with a decimal point")


def number(cells: Mapping[str, str], column: str, missing: float = math.nan) -> float:
    """A cell as a number; a blank is what is asked for, a comma parts thousands.

    Raises
    ------
    Fault
        It is neither.
    """
    text = cells.get(column, "").strip().replace(",", "")
    if not text:
        return missing
    try:
        return float(text)
    except ValueError:
        raise Fault(column, cells[column]) from None


def values_of(
    settings: Settings, cells: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[dict[str, float], str]:
    """Values of one study, and what is odd about them.

    Parameters
    ----------
    settings
        Of its analysis.
    cells
        By the names of the file.
    columns
        From our names (``e1``, ``n1``, ``mean1``, ``sd1``, ..., ``o_e``, ``v``, ``entered``,
        ``shown``, ``se``, ``low``, ``high``) to those of the file.

    Raises
    ------
    Fault
        A cell is no number.
    """

    def at(name: str) -> float:
        return number(cells, columns.get(name, ""))

    return _READERS[settings.kind](settings, at)


def _counts(settings: Settings, at: Callable[[str], float]) -> tuple[dict[str, float], str]:
    values = {name: at(name) for name in ("e1", "n1", "e2", "n2")}
    if settings.swap:
        values |= {"e1": values["n1"] - values["e1"], "e2": values["n2"] - values["e2"]}
    return values, ""


def _means(settings: Settings, at: Callable[[str], float]) -> tuple[dict[str, float], str]:
    return {name: at(name) for name in ("mean1", "sd1", "n1", "mean2", "sd2", "n2")}, ""


def _log_rank(settings: Settings, at: Callable[[str], float]) -> tuple[dict[str, float], str]:
    """Peto's one-step estimate (O-E)/V with its standard error 1/sqrt(V)."""
    excess, variance = at("o_e"), at("v")
    if not variance > 0.0:
        return {"estimate": math.nan, "se": math.nan}, ""
    return {"estimate": excess / variance, "se": 1.0 / math.sqrt(variance)}, ""


def _estimates(settings: Settings, at: Callable[[str], float]) -> tuple[dict[str, float], str]:
    """As entered where the file keeps that, else from what is shown, which is no logarithm."""
    entered, se = at("entered"), at("se")
    shown, low, high = at("shown"), at("low"), at("high")
    logs = settings.log if settings.log is not None else _ratio(settings)
    estimate = entered
    if math.isnan(estimate):
        estimate = _log(shown) if logs else shown
    if logs:
        low, high = _log(low), _log(high)
    width = (high - low) / (2 * _Z)
    odd = ""
    if math.isfinite(width) and se > 0.0 and abs(width / se - 1.0) > _TOLERANCE:
        odd = f"the standard error is {se:.4g}, but the limits give {width:.4g}; the former is used"
    return {"estimate": estimate, "se": se}, odd


def _ratio(settings: Settings) -> bool:
    return bool(settings.name) and MEASURES[settings.name].is_ratio


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else math.nan


_READERS = {COUNTS: _counts, MEANS: _means, ESTIMATES: _estimates, LOG_RANK: _log_rank}
