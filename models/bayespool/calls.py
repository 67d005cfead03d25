"""Models and priors as their own calls: printed, and read back without being evaluated."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from bayespool import priors
from bayespool.priors import EMPIRICAL_NAMES


def as_call(model: Any) -> str:
    """``Name(field=value, ...)`` of a dataclass; `bayespool.storage` reads it back.

    A field marked as quiet is left out at its default.
    """
    said = [
        (f.name, getattr(model, f.name))
        for f in fields(model)
        if not (f.metadata.get("quiet") and getattr(model, f.name) == f.default)
    ]
    values = ", ".join(f"{name}={value!r}" for name, value in said)
    return f"{type(model).__name__}({values})"


PRIORS: dict[str, Callable[..., Any]] = {
    kind.__name__: kind
    for kind in (
        priors.Normal,
        priors.StudentT,
        priors.HalfNormal,
        priors.HalfCauchy,
        priors.HalfStudentT,
        priors.LogNormal,
        priors.LogStudentT,
        priors.InverseGamma,
        priors.Exponential,
        priors.Gamma,
        priors.Beta,
        priors.CumulativeDirichlet,
        priors.Fixed,
        priors.Uniform,
        priors.LKJ,
        priors.ProbabilityInterval,
    )
}


LONGEST_CALL = 20_000  # characters


def parse_prior(text: str) -> Any:
    """A prior from its own call as text; parsed, never evaluated.

    Raises
    ------
    ValueError
        When the text is not a call of a known prior with numbers as arguments.
    """
    call = parsed_call(text)
    if call is None:
        raise ValueError(f"{_short(text)} is not a prior; {_allowed()}")
    return prior_from_call(call)


def prior_from_call(call: ast.Call) -> Any:
    """A prior from a parsed call; see `parse_prior`."""
    name, text = getattr(call.func, "id", ""), _short(_source(call))
    by_name = name in EMPIRICAL_NAMES
    if name not in PRIORS and not by_name:
        raise ValueError(f"{text} is not a known prior; {_allowed()}")
    try:
        positional = [literal(item) for item in call.args]
        named = {key: literal(value) for key, value in named_arguments(call).items()}
    except ValueError as error:
        raise ValueError(f"{text}: {error}; {_allowed()}") from None
    if by_name:
        from bayespool.empirical import EMPIRICAL

        try:
            return EMPIRICAL[name](*positional, **named)
        except (TypeError, AttributeError):
            raise ValueError(
                f"{text}: allowed are texts, such as turner2015('pain', 'pharmacological vs. "
                "placebo / control')"
            ) from None
    kind = PRIORS[name]
    try:
        return kind(*positional, **named)
    except (TypeError, OverflowError):
        expected = ", ".join(f.name for f in fields(kind))  # type: ignore[arg-type]
        raise ValueError(f"{text}: allowed is {name}({expected})") from None


def with_priors(model: Any, calls: Sequence[tuple[str, str]]) -> Any:
    """The model with some priors, each given as its name and its call, in place of its own.

    Raises
    ------
    ValueError
        No prior, a name that the model does not have, or one that is given twice.
    """
    changes: dict[str, Any] = {}
    for name, call in calls:
        field = model.field_of(name)
        if field in changes:
            raise ValueError(f"--prior: {field} is given twice")
        changes[field] = parse_prior(call)
    changed = replace(model, **changes)
    for field in changes:
        if not any(name == field or name.endswith(f"_{field}") for name in changed.priors):
            raise ValueError(
                f"--prior {field}: this model has no such parameter; allowed: "
                f"{', '.join(changed.priors)}"
            )
    return changed


def parsed_call(text: str) -> ast.Call | None:
    """``Name(...)`` parsed; None where the text is no call of a name."""
    if len(text) > LONGEST_CALL:
        return None
    try:
        with warnings.catch_warnings():  # of Python, on literals that would be odd in a program
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # the last two: too deep
        return None
    return tree if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else None


def named_arguments(call: ast.Call) -> dict[str, ast.expr]:
    """Arguments by name.

    Raises
    ------
    ValueError
        One is given twice, or as ``**``.
    """
    found: dict[str, ast.expr] = {}
    for item in call.keywords:
        if item.arg is None or item.arg in found:
            raise ValueError("every argument may be given once, by its name")
        found[item.arg] = item.value
    return found


def literal(tree: ast.expr) -> Any:
    """A number, a text, or a list of such.

    Raises
    ------
    ValueError
        It is anything else.
    """
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError("arguments must be plain numbers") from None


def _source(call: ast.Call) -> str:
    try:
        return ast.unparse(call)
    except (RecursionError, ValueError):
        return getattr(call.func, "id", "")


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


def _allowed() -> str:
    names = ", ".join((*PRIORS, *EMPIRICAL_NAMES))
    return f"allowed: a call such as HalfNormal(0.5), of {names}"
