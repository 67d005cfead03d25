"""How numbers are written, in one place.

A probability is never written as 0 or 1: it is "< 0.1 %" or "> 99.9 %".
"""

from __future__ import annotations

import math
import re

import numpy as np

SPACE = "\u00a0"  # between a number and its unit no line may break
TO = f"{SPACE}to{SPACE}"  # an interval stays on one line
MINUS = "\u2212"
MISSING = "–"


def _of_hundred(p: float, digits: int) -> str:
    step = 10.0**-digits
    if p < step / 100:
        return f"<{SPACE}{step:g}"
    if p > 1 - step / 100:
        return f">{SPACE}{100 - step:g}"
    return f"{100 * p:.{digits}f}"


def percent(p: float) -> str:
    """A probability as a percentage with one decimal: ``71.2 %``."""
    return f"{_of_hundred(p, 1)}{SPACE}%" if math.isfinite(p) else MISSING


def points(x: float) -> str:
    """A difference of proportions in percentage points: ``−3.2 points``."""
    return f"{number(100 * x, 1)}{SPACE}points" if math.isfinite(x) else MISSING


def percent_interval(lower: float, upper: float) -> str:
    """``49.3 to 87.1 %``."""
    return f"{_of_hundred(lower, 1)}{TO}{_of_hundred(upper, 1)}{SPACE}%"


def about(p: float) -> str:
    """For sentences on a probability: ``about 42 %``, ``below 0.1 %``, ``above 99.9 %``."""
    text = percent_prose(p)
    if text[0] not in "<>":
        return f"about {text}"
    return text.replace(f"<{SPACE}", "below ").replace(f">{SPACE}", "above ")


def _of_hundred_prose(p: float) -> str:
    return _of_hundred(p, 0 if 0.01 <= p <= 0.99 else 1)


def percent_prose(p: float) -> str:
    """For sentences: whole percent, one decimal below 1 and above 99 %."""
    return f"{_of_hundred_prose(p)}{SPACE}%"


def percent_interval_prose(lower: float, upper: float) -> str:
    """``49 to 87 %``."""
    return f"{_of_hundred_prose(lower)} to {_of_hundred_prose(upper)}{SPACE}%"


def share(successes: int, trials: int) -> str:
    """An observed share, which may be 0 or 100 %: ``0.0 %``."""
    return f"{100 * successes / trials:.1f}{SPACE}%" if trials else MISSING


def observed_interval(lower: float, upper: float) -> str:
    """The exact interval of an observed share, whose ends may be 0 or 100 %."""
    return f"{100 * lower:.1f}{TO}{100 * upper:.1f}{SPACE}%"


def ratio(x: float) -> str:
    """As the field prints ratios: ``0.47``, ``12.3``, ``1,230``; below 0.1 two digits."""
    if not math.isfinite(x):
        return MISSING
    if x != 0.0 and not 1e-4 <= abs(x) < 1e6:
        return f"{x:.2e}".replace("-", MINUS)
    size = 0 if x == 0.0 else math.floor(math.log10(abs(float(f"{x:.2g}"))))
    digits = min(2, max(0, 2 - size)) if size >= -1 else 1 - size
    return f"{x:,.{digits}f}".replace("-", MINUS)


def number(x: float, digits: int = 2) -> str:
    """Fixed decimals with a true minus sign."""
    if not math.isfinite(x):
        return MISSING
    text = f"{x:.{digits}f}"
    return text.lstrip("-") if float(text) == 0.0 else text.replace("-", MINUS)


def small(x: float) -> str:
    """Two significant digits, for errors: ``0.012``."""
    if not math.isfinite(x):
        return MISSING
    if x == 0.0:
        return "0"
    if not 1e-4 <= abs(x) < 1e4:
        return f"{x:.1e}".replace("-", MINUS)
    digits = max(0, 1 - math.floor(math.log10(abs(x))))
    return f"{x:.{digits}f}".replace("-", MINUS)


def unit(p: float) -> str:
    """A probability with two decimals, never 0.00 or 1.00: ``< 0.01``."""
    if not math.isfinite(p):
        return MISSING
    if p < 0.005:
        return f"<{SPACE}0.01"
    return f">{SPACE}0.99" if p > 0.995 else f"{p:.2f}"


def measured(x: float) -> str:
    """What a check measured: whole above 100, three decimals above 1, else three digits."""
    if math.isfinite(x) and (float(x).is_integer() or x >= 100):
        return count(x)
    if x >= 1 or x == 0 or not math.isfinite(x):
        return number(x, 3)
    if abs(x) < 1e-4:
        return ratio(x)
    return number(x, 2 - math.floor(math.log10(abs(float(f"{x:.3g}")))))


def given_percent(p: float) -> str:
    """A proportion that somebody chose, with the digits they chose: ``12.5 %``."""
    return f"{np.format_float_positional(float(f'{100 * p:.12g}'), trim='-')}{SPACE}%"


def tied(text: str) -> str:
    """A sentence from elsewhere, with its percent signs tied to their numbers."""
    return re.sub(r"(?<=\d) ?%", f"{SPACE}%", text)


def count(n: float) -> str:
    """A whole number with thousands commas."""
    return f"{round(n):,}"


def value(x: float, kind: str) -> str:
    """`x` written as its kind asks: proportion, points, ratio, effect (three digits) or number."""
    writers = {"proportion": percent, "points": points, "ratio": ratio, "effect": ratio}
    return writers.get(kind, number)(x)


def interval(lower: float, upper: float, kind: str) -> str:
    """An interval written as its kind asks."""
    if kind == "proportion":
        return percent_interval(lower, upper)
    if kind == "points":
        return f"{number(100 * lower, 1)}{TO}{points(upper)}"
    return f"{value(lower, kind)}{TO}{value(upper, kind)}"


def error(x: float, kind: str) -> str:
    """A Monte Carlo error: percentage points for proportions, the same unit otherwise."""
    return small(100 * x) if kind in ("proportion", "points") else small(x)


def cut(x: float, unit: str) -> str:
    """A threshold with the digits that somebody chose."""
    if unit == "proportion":
        return given_percent(x)
    return f"{x:.4g}".replace("-", MINUS)
