"""In which order studies stand in the forest plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bayespool.report.per_study import StudyRow

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import Rows

ORDERS = ("input", "year", "effect")
WORDS = {"year": "by year", "effect": "by the model's estimate"}


def check_order(order: str, studies: Rows | None = None) -> str:
    """The order, if it is one and the table has what it needs.

    Raises
    ------
    ValueError
        An unknown order, or ``year`` of a table without years.
    """
    if order not in ORDERS:
        raise ValueError(f"order={order!r}; allowed: {', '.join(ORDERS)}")
    if order == "year" and studies is not None and not any(map(_number, _years(studies))):
        raise ValueError("order='year': the table has no column year with numbers; allowed: "
                         "input, effect")  # fmt: skip
    return order


def ordered(rows: Sequence[StudyRow], fitted: Fit, order: str) -> list[StudyRow]:
    """The rows, those of one study together; equal ones, and those without a year, as they were."""
    check_order(order, fitted.studies)
    if order == "input":
        return list(rows)
    by: Callable[[StudyRow], float]
    if order == "year":
        years = [_number(x) for x in _years(fitted.studies)]

        def by(row: StudyRow) -> float:
            found = years[row.index]
            return float("inf") if found is None else found
    else:

        def by(row: StudyRow) -> float:
            return row.margins[0].shrunken.centre

    least: dict[str, float] = {}
    for row in rows:
        least[row.study] = min(by(row), least.get(row.study, float("inf")))
    first = {study: i for i, study in enumerate(dict.fromkeys(row.study for row in rows))}
    return sorted(rows, key=lambda row: (least[row.study], first[row.study]))


def _years(studies: Rows) -> tuple[object, ...]:
    return studies.covariates.get("year", ())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
