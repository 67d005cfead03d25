"""Models and studies as text, and back; parsed, never evaluated."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from bayespool.calls import prior_from_call
from bayespool.model import MODELS


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
    call = ast.parse(text, mode="eval").body
    if not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MODELS
    ):
        raise ValueError(f"{text!r} is not a model; allowed: a call of {', '.join(MODELS)}")
    options = {
        str(item.arg): prior_from_call(item.value)
        if isinstance(item.value, ast.Call)
        else ast.literal_eval(item.value)
        for item in call.keywords
    }
    kind = MODELS[call.func.id]
    allowed = [item.name for item in fields(kind) if item.init]
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise ValueError(
            f"{call.func.id} has no option {', '.join(unknown)}: the fit was written by another "
            f"version of this package, whose model was another; allowed: {', '.join(allowed)}"
        )
    return kind(**options)


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


def studies_from_record(record: dict[str, Any]) -> Any:
    """The studies that `studies_to_record` wrote down."""
    from bayespool import studies

    kind = getattr(studies, record["kind"])
    arrays = set(kind.ARRAYS)
    return kind(
        **{
            key: np.array(value)
            if key in arrays
            else tuple(tuple(v) if isinstance(v, list) else v for v in value)
            if isinstance(value, list)
            else value
            for key, value in record.items()
            if key != "kind"
        }
    )
