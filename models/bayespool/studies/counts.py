"""Counts of a table: from count columns, group sizes or printed rates; every fault reported."""

import math
import re

from bayespool.studies.cells import Cell
from bayespool.studies.columns import Recognised
from bayespool.studies.limits import LARGEST_COUNT
from bayespool.studies.problems import Problem
from bayespool.studies.rates import count_behind, printed_rates
from bayespool.studies.spellings import Group
from bayespool.studies.tables import Table

_WHOLE = "a count is a whole number, 0 or more"
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")

# What is wrong with a cell, and what would be legal.
Fault = tuple[str, str]
# (hit, miss) of every row; None where the row has a fault.
Pairs = list[tuple[int, int] | None]


def read_counts(
    table: Table, recognised: Recognised, *, every_group: bool = False
) -> tuple[dict[str, list[int]], list[Problem]]:
    """The counts of every row in every recognised group, or the problems that prevent them.

    Parameters
    ----------
    table, recognised
        The table, and where its columns are.
    every_group
        Refuse rows in which one group is empty; else only those in which all groups are.

    Returns
    -------
    counts
        Role of each count (``tp, fn, tn, fp``; ``e1, none1, ...``) -> one integer per row; empty if
        there is any problem.
    problems
        By group, then by row.
    """
    problems: list[Problem] = []
    pairs: dict[Group, Pairs] = {}
    for group, form in recognised.forms.items():
        first, second = (recognised.roles[role] for role in form)
        if form[0] == group.rate:
            pairs[group] = _from_rates(table, first, second, problems)
        elif form[1] == group.total:
            part = _from_total(table, first, second, problems)
            pairs[group] = part if form[0] == group.hit else [_swap(pair) for pair in part]
        else:
            columns = (_count_column(table, index, problems) for index in (first, second))
            pairs[group] = [_both(*cells) for cells in zip(*columns, strict=True)]
    for group, index in recognised.totals:
        problems += _disagreements(table, group, index, pairs[group])
    problems += _empty_rows(table, pairs, every_group) + _too_many_people(table, pairs)
    if problems:
        return {}, problems
    counts: dict[str, list[int]] = {}
    for group, rows in pairs.items():
        whole = [pair for pair in rows if pair is not None]
        counts[group.hit] = [hit for hit, _ in whole]
        counts[group.miss] = [miss for _, miss in whole]
    return counts, []


def has_counts(table: Table, recognised: Recognised, row: int) -> bool:
    """Whether a row fills a count or a rate of any group; the groups' sizes alone are no counts."""
    sizes = {group.total for group in recognised.forms}
    roles = {role for form in recognised.forms.values() for role in form} - sizes
    return any(table.rows[row][recognised.roles[role]] is not None for role in roles)


def as_count(name: str, value: Cell, text: str) -> int | Fault:
    """A cell as a count, or what is wrong with it.

    Parameters
    ----------
    name
        Header of the column, for the message.
    value, text
        The cell as `bayespool.studies.cells.read_cell` gives it.
    """
    shown = text if len(text) <= 24 else text[:21] + "..."
    if value is None:
        return f"{name} is {repr(text) if text else 'blank'}", f"{_WHOLE}; none is written 0"
    if isinstance(value, bool):
        return f"{name}={shown} is true or false", _WHOLE
    if _THOUSANDS.fullmatch(text):
        rule = f"{name}={shown!r} could have a thousands separator or decimals"
        return rule, f"{_WHOLE}, written in digits only"
    if isinstance(value, str):
        return f"{name}={shown!r} is text", _WHOLE
    if not math.isfinite(value):
        return f"{name}={shown} is not finite", _WHOLE
    if value < 0:
        return f"{name}={shown} is negative", _WHOLE
    if value != int(value):
        return f"{name}={shown} is a fraction", _WHOLE
    if value > LARGEST_COUNT:
        rule = f"{name}={shown} is too large to be counted exactly"
        return rule, f"{_WHOLE}, at most {LARGEST_COUNT} (2 to the power 53)"
    return int(value)


def problem_at(table: Table, row: int, index: int, fault: Fault) -> Problem:
    """The fault of one cell, with its row and column."""
    return Problem(table.file, table.row_numbers[row], table.columns[index], *fault)


def _count_column(table: Table, index: int, problems: list[Problem]) -> list[int | None]:
    counts: list[int | None] = []
    for row, (cells, texts) in enumerate(zip(table.rows, table.texts, strict=True)):
        count = as_count(table.columns[index], cells[index], texts[index])
        if not isinstance(count, int):
            problems.append(problem_at(table, row, index, count))
        counts.append(count if isinstance(count, int) else None)
    return counts


def _both(first: int | None, second: int | None) -> tuple[int, int] | None:
    return None if first is None or second is None else (first, second)


def _swap(pair: tuple[int, int] | None) -> tuple[int, int] | None:
    return None if pair is None else (pair[1], pair[0])


def _from_total(table: Table, part: int, total: int, problems: list[Problem]) -> Pairs:
    """(part, rest) of every row from a part and its whole."""
    name, total_name = table.columns[part], table.columns[total]
    parts = _count_column(table, part, problems)
    totals = _count_column(table, total, problems)
    pairs: Pairs = []
    for row, (count, n) in enumerate(zip(parts, totals, strict=True)):
        if count is None or n is None:
            pairs.append(None)
        elif count > n:
            rule = f"{name}={count} exceeds {total_name}={n}"
            allowed = f"counts must satisfy 0 <= {name} <= {total_name}"
            problems.append(problem_at(table, row, part, (rule, allowed)))
            pairs.append(None)
        else:
            pairs.append((count, n - count))
    return pairs


def _from_rates(table: Table, rate: int, total: int, problems: list[Problem]) -> Pairs:
    """(hit, miss) of every row from a printed rate and the size of its group."""
    name, total_name = table.columns[rate], table.columns[total]
    totals = _count_column(table, total, problems)
    rates = printed_rates(table.text_column(rate))
    if rates is None:
        rule = f"{name} mixes proportions (up to 1) with percents"
        allowed = "write all rows as proportions, or all as percents"
        problems.append(Problem(table.file, None, name, rule, allowed))
        return [None] * len(totals)
    pairs: Pairs = []
    for row, (printed, n) in enumerate(zip(rates, totals, strict=True)):
        hit = None if n is None else count_behind(printed, n, name, total_name)
        if isinstance(hit, tuple):
            problems.append(problem_at(table, row, rate, hit))
        pairs.append((hit, n - hit) if isinstance(hit, int) and n is not None else None)
    return pairs


def _disagreements(table: Table, group: Group, index: int, pairs: Pairs) -> list[Problem]:
    """Rows whose stated group size is not the sum of its counts; a blank size states nothing."""
    problems: list[Problem] = []
    name = table.columns[index]
    for row, pair in enumerate(pairs):
        if table.rows[row][index] is None:
            continue
        total = as_count(name, table.rows[row][index], table.texts[row][index])
        if not isinstance(total, int):
            problems.append(problem_at(table, row, index, total))
        elif pair is not None and sum(pair) != total:
            rule = f"{name}={total} but {group.hit}+{group.miss}={sum(pair)}"
            allowed = f"{group.hit} + {group.miss} must equal {name}"
            problems.append(problem_at(table, row, index, (rule, allowed)))
    return problems


def _too_many_people(table: Table, pairs: dict[Group, Pairs]) -> list[Problem]:
    """Rows whose people are too many to be counted exactly, although each count is not."""
    most = f"at most {LARGEST_COUNT} people (2 to the power 53)"
    return [
        Problem(
            table.file, table.row_numbers[row], None, "the counts add up to too many people", most
        )
        for row, of_groups in enumerate(zip(*pairs.values(), strict=True))
        if sum(sum(pair) for pair in of_groups if pair is not None) > LARGEST_COUNT
    ]


def _empty_rows(table: Table, pairs: dict[Group, Pairs], every_group: bool) -> list[Problem]:
    problems: list[Problem] = []
    if not pairs:
        return []
    for row, of_groups in enumerate(zip(*pairs.values(), strict=True)):
        empty = [group for group, pair in zip(pairs, of_groups, strict=True) if pair == (0, 0)]
        if not empty or (not every_group and len(empty) < 2):
            continue
        sums = " and ".join(f"{group.hit}+{group.miss}=0" for group in empty)
        groups = "both groups are empty" if len(empty) > 1 else "a group is empty"
        allowed = f"{'every' if every_group else 'at least one'} group has a participant"
        problems.append(
            Problem(
                table.file,
                table.row_numbers[row],
                None,
                f"{groups} ({sums})",
                f"{allowed}; leave the row out",
            )
        )
    return problems
