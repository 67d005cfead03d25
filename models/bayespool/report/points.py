"""Where a fit tells accuracy: at one summary point, or at one for each group or test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayespool.design import Coding, design
from bayespool.quantity import WHOLE, Group

if TYPE_CHECKING:
    from bayespool.fitted import Fit

MARGINS = ("sens", "spec")


def ending(label: str) -> str:
    """What the names of a group's estimands end in."""
    return f"[{label}]" if label else ""


def codings(fitted: Fit) -> tuple[Coding, ...]:
    """How the covariates of the model were coded; empty for a model without any."""
    covariates = fitted.model.covariates
    return design(fitted.coding, covariates).codings if covariates else ()


def compared(fitted: Fit) -> tuple[tuple[Group, ...], ...]:
    """Labels that are compared with one another: the tests, or levels of each category."""
    model: Any = fitted.model
    if model.test:
        return (model.groups(fitted.studies),)
    if not codings(fitted):
        return ()
    return tuple(map(tuple, design(fitted.studies, model.covariates).by_category()))


def drawn(fitted: Fit) -> tuple[Group, ...]:
    """Labels that figures tell apart: tests or levels of the first category; one empty text."""
    found = compared(fitted)
    return found[0] if found else (WHOLE,)


def labels(fitted: Fit) -> tuple[Group, ...]:
    """All labels that accuracy is told for; one empty text where there is one summary point."""
    return tuple(label for part in compared(fitted) for label in part) or (WHOLE,)


def covariances(fitted: Fit) -> tuple[Group, ...]:
    """Levels with their own covariance between studies; one empty text where all share one."""
    groups: tuple[Group, ...] = fitted.model.sigma_groups(fitted.studies)
    return groups


def of_rows(fitted: Fit) -> tuple[Group, ...]:
    """Which of the labels drawn every row of the table has."""
    model, studies = fitted.model, fitted.studies
    found = drawn(fitted)
    if found == (WHOLE,):
        return (WHOLE,) * len(studies)
    if model.test:
        return tuple(Group(str(test)) for test in studies.covariates[model.test])
    settings = model.settings(studies)
    category = next(iter(settings[found[0]]))
    by_level = {str(settings[label][category]): label for label in found}
    return tuple(by_level[str(value)] for value in studies.covariates[category])


def rows_with(fitted: Fit, label: Group) -> list[int]:
    """Which rows of the table have a test, or the level of a category; all of them without one."""
    model, studies = fitted.model, fitted.studies
    if not label:
        return list(range(len(studies)))
    at = {model.test: label} if model.test else model.settings(studies)[label]
    ((column, value),) = at.items()
    return [i for i, x in enumerate(studies.covariates[column]) if str(x) == str(value)]


def main_estimands(fitted: Fit) -> tuple[str, ...]:
    """What refits are judged by: pooled values of an association, or of every group."""
    own: tuple[str, ...] = fitted.model.main_estimands
    return own or tuple(f"{name}{ending(label)}" for label in labels(fitted) for name in MARGINS)
