"""Numbers of a table that may be blank (estimates, limits, means); cells that are none reported."""

import math
from collections.abc import Collection

from bayespool.studies.cells import Cell
from bayespool.studies.columns import Recognised
from bayespool.studies.counts import Fault, problem_at
from bayespool.studies.limits import LARGEST_NUMBER
from bayespool.studies.problems import Problem
from bayespool.studies.tables import Table

_NUMBER = "a number is written with digits and a point, such as -0.35; blank if not known"


def read_numbers(
    table: Table, recognised: Recognised, *, lenient: Collection[str] = ()
) -> tuple[list[dict[str, float]], list[Problem]]:
    """The filled cells of every row, by role.

    Parameters
    ----------
    table, recognised
        The table, and where its columns are.
    lenient
        Roles whose cells may hold text (P "<0.001", adjusted "yes"): such cells are left out.
    """
    rows: list[dict[str, float]] = [{} for _ in table.rows]
    problems: list[Problem] = []
    for role, index in recognised.roles.items():
        name = table.columns[index]
        for row, values in enumerate(rows):
            cell, text = table.rows[row][index], table.texts[row][index]
            if cell is None:
                continue
            number = as_number(name, cell, text)
            if isinstance(number, float):
                values[role] = number
            elif role not in lenient:
                problems.append(problem_at(table, row, index, number))
    return rows, problems


def as_number(name: str, value: Cell, text: str) -> float | Fault:
    """A filled cell as a finite number, or what is wrong with it."""
    shown = text if len(text) <= 24 else text[:21] + "..."
    if isinstance(value, bool):
        return f"{name}={shown} is true or false", _NUMBER
    if value is None or isinstance(value, str):
        return f"{name}={shown!r} is text", _NUMBER
    return beyond(name, value, shown) or float(value)


def beyond(name: str, value: float, shown: str) -> Fault | None:
    """What is wrong with a number that is not finite, or whose powers would not be or be 0."""
    if abs(value) == math.inf:
        return f"{name}={shown} is not finite", _NUMBER
    if value == 0 or 1 / LARGEST_NUMBER <= abs(value) <= LARGEST_NUMBER:
        return None
    much = "large" if abs(value) > 1 else "small"
    allowed = f"0, or a size from {1 / LARGEST_NUMBER:g} to {LARGEST_NUMBER:g}"
    return f"{name}={shown} is too {much} to be computed with", allowed
