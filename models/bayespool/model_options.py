"""What may be asked of a model beside its name and its priors, on the command line or the page."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class ModelOptions:
    """Every model says by `Model.options` which of these it has a use for.

    The defaults ask for nothing. What each means stands with the commands and in the models.
    """

    link: str = "logit"
    covariate: tuple[str, ...] = ()
    by: str = ""
    covariate_on: tuple[str, ...] = ()
    test: str = ""
    shared: bool = False
    structure: str = "factor"
    indirect: bool = False
    correlation: float | None = None
    robust: bool = False
    marker: str = "ignored"
    cutoff: float | None = None
    transform: str = "log"
    positive: str = ""
    same_spread: bool = False
    reference_sens: tuple[str, ...] = ()
    reference_spec: tuple[str, ...] = ()
    dependence: bool = False
    hierarchical_prevalence: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """The options that ask for something, by name."""
        values = {item.name: (getattr(self, item.name), item.default) for item in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}


def flag(option: str) -> str:
    """An option as it is written on the command line."""
    return f"--{option.replace('_', '-')}"
