"""Text that anybody may have written, as values of the types that are expected, and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

LARGEST_WHOLE = 2**63 - 1


def from_json(text: str, what: str) -> Any:
    """JSON as plain values.

    Raises
    ------
    ValueError
        No JSON, a name twice in one object, or lists in lists beyond what can be followed.
    """
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, what))
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} is no JSON ({error})") from None
    except RecursionError:
        raise ValueError(f"{what} has too many lists within lists") from None


def _once(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"{what} has a name twice")
    return found


def decoded(value: Any, hint: Any, what: str) -> Any:
    """A plain value as a type hint says it.

    Parameters
    ----------
    value
        What JSON or a literal may hold.
    hint
        A plain type, ``tuple[X, ...]``, ``tuple[X, Y]``, a sequence, a mapping by str, a union, an
        array, a dataclass (a mapping with its fields); ``object`` and ``Any`` are a single cell.
    what
        Where the value stands, for the message.

    Raises
    ------
    ValueError
        The value is of another type.
    """
    origin, within = get_origin(hint), get_args(hint)
    if hint in (Any, object):
        return _as_is(value, (str, bool, int, float, NoneType), what)
    if origin in (Union, UnionType):
        return _first_of(value, within, what)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return _sequence(value, within, what)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        found = _as_is(value, (dict,), what)
        return {_as_is(k, (str,), what): decoded(v, within[1], f"{what} of {k[:40]!r}")
                for k, v in found.items()}  # fmt: skip
    if _is_array(origin):
        return _array(value, np.dtype(within[0]), what)
    if is_dataclass(hint):
        return _record(value, hint, what)
    if hint is float and type(value) is int:
        _as_is(value, (int,), what)
        return float(value)
    return _as_is(value, (NoneType if hint is None else hint,), what)


def _as_is(value: Any, kinds: tuple[type, ...], what: str) -> Any:
    if type(value) not in kinds:
        allowed = ", ".join("null" if kind is NoneType else kind.__name__ for kind in kinds)
        raise ValueError(f"{what} is {type(value).__name__}; allowed: {allowed}")
    if type(value) is int and abs(value) > LARGEST_WHOLE:
        raise ValueError(f"{what} is a number beyond {LARGEST_WHOLE}")
    return value


def _first_of(value: Any, hints: tuple[Any, ...], what: str) -> Any:
    reasons = []
    for hint in hints:
        try:
            return decoded(value, hint, what)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError("; or ".join(reasons))


def _sequence(value: Any, within: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{what} is {type(value).__name__}; allowed: a list")
    if len(within) == 1 or within[1] is Ellipsis:
        return tuple(decoded(item, within[0], f"{what} [{i}]") for i, item in enumerate(value))
    if len(value) != len(within):
        raise ValueError(f"{what} has {len(value)} values; allowed: {len(within)}")
    return tuple(decoded(item, hint, what) for item, hint in zip(value, within, strict=True))


def _is_array(origin: Any) -> bool:
    """``NDArray[np.int64]``, as NumPy names it by an alias."""
    return getattr(origin, "__name__", "") == "NDArray"


def _array(value: Any, dtype: np.dtype[Any], what: str) -> np.ndarray:
    """Whole numbers stay whole: 10.5 people are no count."""
    one = int if dtype.kind == "i" else float
    return np.array([decoded(item, one, what) for item in _as_is(value, (list,), what)], dtype)


def _record(value: Any, kind: Any, what: str) -> Any:
    given, hints = _as_is(value, (dict,), what), _hints(kind)
    own = {item.name: item for item in fields(kind) if item.init}
    needed = [name for name, item in own.items()
              if item.default is MISSING and item.default_factory is MISSING]  # fmt: skip
    missing, unknown = sorted(set(needed) - set(given)), sorted(set(given) - set(own))
    if missing or unknown:
        raise ValueError(f"{what} has {'no' if missing else 'unknown'} {(missing or unknown)[0]}")
    return kind(**{k: decoded(v, hints[k], f"{what}: {k}") for k, v in given.items()})


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
