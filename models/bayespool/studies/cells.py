"""One cell: from what a file holds to a value and the text it was printed as."""

import math
import re
import unicodedata
from decimal import Decimal

import numpy as np

Cell = str | int | float | None

# "NA" is a value missing, "None" and "-" may be answers (treatment: None), so they stay text.
_MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>"})
_MISSING_TYPES = frozenset({"NAType", "NaTType"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.I)
# Marks that are not seen: zero-width spaces, soft hyphens, and what turns the direction of text.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
                                 "\u2066\u2067\u2068\u2069\ufeff"))  # fmt: skip
_SIGN = re.compile(r"[\u2212\u2013](?=[0-9.,])")
_MIDDLE_DOT = re.compile(r"(?<=[0-9])\u00b7(?=[0-9])")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:e[+-]?[0-9]+)?", re.I)


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
        A number where the text is one that a float can hold, text otherwise, None for a blank or
        for NA, N/A, NaN, null (any case). Booleans stay booleans, so that a count can refuse them.
    text
        The text as printed, in Unicode normal form C and without marks that are not seen; a number
        that was never text prints shortest, whole ones without ".0".
    """
    if isinstance(raw, str):
        text = seen(raw)
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


def seen(raw: str) -> str:
    """Text as it is seen, stripped."""
    if raw.isascii():
        return raw.strip()
    return unicodedata.normalize("NFC", raw.translate(_UNSEEN)).strip()


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
    plain = text
    if not text.isascii():  # as printed: a minus sign or an en dash, a decimal point in the middle
        plain = _MIDDLE_DOT.sub(".", _SIGN.sub("-", text))
    if decimal_comma and DECIMAL_COMMA.fullmatch(plain):
        return float(plain.replace(",", "."))
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if not _FLOAT.fullmatch(plain):
        return text
    value = float(plain)
    lost = value == 0 and re.search("[1-9]", plain.casefold().partition("e")[0])
    return text if lost else value
