"""One cell: from what a file holds to a value and the text it was printed as."""

import math
import re
from decimal import Decimal

import numpy as np

Cell = str | int | float | None

# "NA" is a value missing, "None" and "-" may be answers (treatment: None), so they stay text.
_MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>"})
_MISSING_TYPES = frozenset({"NAType", "NaTType"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.I)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:e[+-]?[0-9]+)?", re.I)


def read_cell(raw: object, *, decimal_comma: bool = False) -> tuple[Cell, str]:
    """Value of a cell and its printed text, stripped.

    Parameters
    ----------
    raw
        What the file or the data frame holds: text, a Python or NumPy number, a date, a missing
        value of NumPy or pandas.
    decimal_comma
        Read ``0,83`` as 0.83.

    Returns
    -------
    value
        A number where the text is one, text otherwise, None for a blank or for NA, N/A, NaN, null
        (any case). Booleans stay booleans, so that a count can refuse them.
    text
        The text as printed; a number that was never text prints shortest, whole ones without ".0".
    """
    if isinstance(raw, str):
        text = raw.strip()
        return _parse(text, decimal_comma), text
    if raw is None or type(raw).__name__ in _MISSING_TYPES:
        return None, ""
    if isinstance(raw, bool | np.bool_):
        return bool(raw), str(bool(raw))
    if isinstance(raw, int | np.integer):
        return int(raw), str(int(raw))
    if isinstance(raw, float | np.floating):
        return _float(raw)
    if isinstance(raw, Decimal):
        return (float(raw), str(raw)) if raw.is_finite() else _float(float(raw))
    text = str(raw.isoformat() if hasattr(raw, "isoformat") else raw).strip()
    text = text.removesuffix("T00:00:00")
    return text or None, text


def number_text(value: object) -> str:
    """Text of a value as `read_cell` prints it: 12.0 and 12 are both "12"."""
    return read_cell(value)[1]


def _float(raw: float | np.floating) -> tuple[Cell, str]:
    if math.isnan(raw):
        return None, ""
    # str() is the shortest text at the number's own precision: float32 0.83 is "0.83".
    value = float(str(raw))
    whole = value.is_integer() and abs(value) <= 2**53
    return value, str(int(value)) if whole else str(value)


def _parse(text: str, decimal_comma: bool) -> Cell:
    if text.casefold() in _MISSING:
        return None
    if decimal_comma and _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
