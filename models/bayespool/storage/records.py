"""Models and studies as text, and back; parsed, never evaluated, and checked before use."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

import numpy as np

from bayespool.calls import literal, named_arguments, parsed_call, prior_from_call
from bayespool.decoded import decoded
from bayespool.model import MODELS
from bayespool.priors import Distribution
from bayespool.studies import SHAPES


def model_from_call(text: str) -> Any:
    """A model from its own call as text, such as ``Bivariate(sens=Normal(0, 1.5), ...)``.

    Parsed, never evaluated.

    Raises
    ------
    ValueError
        Not a call of a model, or one with options that the model has not, or no longer has.
    """
    from bayespool import accuracy, association

    for home in (accuracy, association):  # a model is known once it is imported
        for name in home.__all__:
            getattr(home, name)
    call = parsed_call(text)
    if call is None or call.func.id not in MODELS or call.args:  # type: ignore[attr-defined]
        raise ValueError(f"{text[:80]!r} is not a model; allowed: a call of {', '.join(MODELS)}")
    name = call.func.id  # type: ignore[attr-defined]
    kind = MODELS[name]
    options = {option: _value(value) for option, value in named_arguments(call).items()}
    own = {item.name: item for item in fields(kind) if item.init}
    unknown = sorted(set(options) - set(own))
    if unknown:
        raise ValueError(
            f"{name} has no option {', '.join(unknown)}: the fit was written by another "
            f"version of this package, whose model was another; allowed: {', '.join(own)}"
        )
    hints = get_type_hints(kind)
    return kind(**{option: _option(value, own[option], hints[option], f"{name}: {option}")
                   for option, value in options.items()})  # fmt: skip


def _value(tree: ast.expr) -> Any:
    """A prior, or plain values, among which priors may be."""
    if isinstance(tree, ast.Call):
        return prior_from_call(tree)
    return tuple(map(_value, tree.elts)) if isinstance(tree, ast.Tuple) else literal(tree)


def _is_prior(value: Any) -> bool:
    """A prior, or pairs of a name and a prior."""
    if isinstance(value, tuple):
        return bool(value) and all(
            isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
            and isinstance(pair[1], Distribution) for pair in value
        )  # fmt: skip
    return isinstance(value, Distribution)


def _option(value: Any, field: Any, hint: Any, what: str) -> Any:
    """A prior, or what stands where there is none; else a value of the type that is expected."""
    if hint is Any or (isinstance(hint, type) and issubclass(hint, Distribution)):
        if not _is_prior(value) and value != field.default:
            raise ValueError(f"{what}={value!r} is no prior")
        return value
    return decoded(value, hint, what)


def studies_to_record(studies: Any) -> dict[str, Any]:
    """Studies of any shape as plain lists and texts, with the name of their class."""
    record: dict[str, Any] = {"kind": type(studies).__name__}
    for item in fields(studies):
        value = getattr(studies, item.name)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        elif isinstance(value, Mapping):
            value = {key: list(column) for key, column in value.items()}
        elif item.name == "partial":
            value = [None if row is None else asdict(row) for row in value]
        record[item.name] = value
    return record


def studies_from_record(record: Any) -> Any:
    """The studies that `studies_to_record` wrote down.

    Raises
    ------
    ValueError
        It is no such record.
    """
    given = dict(record) if isinstance(record, dict) else {}
    name = given.pop("kind", None)
    if not isinstance(name, str) or name not in SHAPES:
        raise ValueError(f"the studies are of no known kind; allowed: {', '.join(SHAPES)}")
    found = decoded(given, SHAPES[name], "studies")
    for array, kind in found.ARRAYS.items():
        if kind is np.int64 and (getattr(found, array) < 0).any():
            raise ValueError(f"studies: {array} has a count below 0")
    for part, whole in found.COUNTED.values():
        if (getattr(found, part) > getattr(found, whole)).any():
            raise ValueError(f"studies: {part} is above {whole}")
    return found
