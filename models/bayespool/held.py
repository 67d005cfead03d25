"""What follows from a value that never changes is computed once, and lives as long as the value."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps

_HELD = "_held"


def held[**Arguments, Result](
    compute: Callable[Arguments, Result],
) -> Callable[Arguments, Result]:
    """Keep the result of a function of a frozen object with that object.

    Like `functools.cached_property`, for functions that are defined elsewhere. A cache in a module
    would keep objects alive that nobody needs any more, and forget the first of many.

    Parameters
    ----------
    compute : function
        Of the object, and of hashable arguments after it. Its result is shared by all callers and
        must not be changed.
    """
    name = f"{compute.__module__}.{compute.__qualname__}"

    @wraps(compute)
    def once(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        owner, *others = arguments
        found: dict[Hashable, Result] = vars(owner).setdefault(_HELD, {})
        key = (name, *others, *sorted(named.items()))
        if key not in found:
            found[key] = compute(*arguments, **named)
        return found[key]

    return once


def hold(result: object, compute: Callable[..., object], owner: object, *others: Hashable) -> None:
    """Put a result that is known already where a `held` function looks for it."""
    key = (f"{compute.__module__}.{compute.__qualname__}", *others)
    vars(owner).setdefault(_HELD, {})[key] = result


def results(compute: Callable[..., object], owner: object) -> dict[tuple[Hashable, ...], object]:
    """What a `held` function has found of an object, by its other arguments."""
    name = f"{compute.__module__}.{compute.__qualname__}"
    found: dict[tuple[Hashable, ...], object] = vars(owner).get(_HELD, {})
    return {key[1:]: result for key, result in found.items() if key[0] == name}
