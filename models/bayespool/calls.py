"""Models and priors as their own calls: printed, and read back without being evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import fields
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


def parse_prior(text: str) -> Any:
    """A prior from its own call as text; parsed, never evaluated.

    Raises
    ------
    ValueError
        When the text is not a call of a known prior with numbers as arguments.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise ValueError(f"{text!r} is not a prior; {_allowed()}") from None
    return prior_from_call(tree)


def prior_from_call(tree: ast.expr) -> Any:
    """A prior from a parsed call; see `parse_prior`."""
    text = ast.unparse(tree)
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise ValueError(f"{text!r} is not a prior; {_allowed()}")
    by_name = tree.func.id in EMPIRICAL_NAMES
    if tree.func.id not in PRIORS and not by_name:
        raise ValueError(f"{tree.func.id!r} is not a known prior; {_allowed()}")
    try:
        positional = [ast.literal_eval(item) for item in tree.args]
        named = {str(item.arg): ast.literal_eval(item.value) for item in tree.keywords}
    except ValueError:
        raise ValueError(f"{text!r}: arguments must be plain numbers; {_allowed()}") from None
    if by_name:
        from bayespool.empirical import EMPIRICAL

        try:
            return EMPIRICAL[tree.func.id](*positional, **named)
        except (TypeError, AttributeError):
            raise ValueError(
                f"{text!r}: allowed are texts, such as turner2015('pain', 'pharmacological vs. "
                "placebo / control')"
            ) from None
    kind = PRIORS[tree.func.id]
    try:
        return kind(*positional, **named)
    except TypeError:
        expected = ", ".join(f.name for f in fields(kind))  # type: ignore[arg-type]
        raise ValueError(f"{text!r}: allowed is {tree.func.id}({expected})") from None


def _allowed() -> str:
    names = ", ".join((*PRIORS, *EMPIRICAL_NAMES))
    return f"allowed: a call such as HalfNormal(0.5), of {names}"
