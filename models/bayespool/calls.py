"""A model printed as its own call."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


def as_call(model: Any) -> str:
    """``Name(field=value, ...)`` of a dataclass; `bayespool.storage` reads it back."""
    values = ", ".join(f"{f.name}={getattr(model, f.name)!r}" for f in fields(model))
    return f"{type(model).__name__}({values})"
