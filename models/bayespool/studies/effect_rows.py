"""Rows of published effects: which state counts, which an estimate; every fault reported."""

from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np

from bayespool.studies.arms import ADD_LEGAL, effects_of_counts
from bayespool.studies.bridge import bridged
from bayespool.studies.censoring import censored_estimate
from bayespool.studies.columns import Recognised, find, has_groups, recognise
from bayespool.studies.compound import with_counts_apart, with_limits_apart
from bayespool.studies.counts import Fault, has_counts, problem_at, read_counts
from bayespool.studies.derived import FORMS, spellings_of
from bayespool.studies.effect_forms import effect_of_row
from bayespool.studies.forms import EffectRow, RowFaults, RowNames
from bayespool.studies.measures import OF_COUNTS, Measure
from bayespool.studies.numbers import read_numbers
from bayespool.studies.partial import Kinds, Partial, RowReader
from bayespool.studies.partial_arms import (
    central_estimate,
    intervals_of_tables,
    says_nothing,
    statement,
)
from bayespool.studies.precisions import contradictions
from bayespool.studies.problems import Problem
from bayespool.studies.spellings import ARM_1, ARM_2, ARMS, ONE_ARM, PRECISION, SINGLE
from bayespool.studies.tables import Table

_TRUE = frozenset({"yes", "y", "true", "1", "adjusted"})
_FALSE = frozenset({"no", "n", "false", "0", "unadjusted", "crude"})


def apart(table: Table, measure: Measure) -> Table:
    """The table with cells that hold an estimate and its limits, or a count and its size, apart."""
    headers = {"printed": measure.headers, "analysis": measure.analysis_headers, **PRECISION,
               **spellings_of(measure)}  # fmt: skip
    if measure.name in OF_COUNTS:
        table = with_counts_apart(table, ARMS, (ARM_1, ARM_2))
    if measure.name == "proportion":
        table = with_counts_apart(table, SINGLE, (ONE_ARM,))
    return with_limits_apart(table, headers)


def recognise_effects(table: Table, measure: Measure) -> Recognised:
    """Find the columns of an effect and, where its measure allows them, of counts."""
    spellings = {
        "printed": measure.headers,
        "analysis": measure.analysis_headers,
        **PRECISION,
        **spellings_of(measure),
    }
    level = find(table, {"level": PRECISION["level"]})["level"]
    if any(isinstance(row[index], str) for index in level for row in table.rows):
        # A level in words is no confidence level but a covariate, such as that of the spine.
        del spellings["level"]
    with_counts = measure.name in OF_COUNTS and has_groups(table, ARMS, (ARM_1, ARM_2))
    groups = (ARM_1, ARM_2) if with_counts else ()
    return recognise(table, {**spellings, **ARMS} if with_counts else spellings, groups)


def has_estimates(table: Table, measure: Measure) -> bool:
    """Whether a column holds the measure, as printed or as analysed."""
    found = find(table, {"any": (*measure.headers, *measure.analysis_headers)})
    return bool(found["any"])


def read_effects(
    table: Table, recognised: Recognised, measure: Measure, level: float, add: float | None
) -> tuple[list[EffectRow], list[Problem]]:
    """Every row as an estimate and a standard error, or the problems that prevent it.

    Parameters are those of `bayespool.studies.Effects.from_table`.
    """
    known = {"printed", "analysis", *FORMS[measure.name].alone} if measure.name in FORMS else {
        "printed", "analysis"}  # fmt: skip
    if not recognised.forms and not known & set(recognised.roles):
        return [], [_no_column(table, measure)]
    of_counts = {role for form in recognised.forms.values() for role in form}
    plain = replace(
        recognised, roles={r: i for r, i in recognised.roles.items() if r not in of_counts}
    )
    numbers, problems = read_numbers(table, plain, lenient=("p", "adjusted", "direction"))
    adjusted = _adjusted(table, recognised, problems)
    counted = [
        has_counts(table, recognised, row)
        and not ({"printed", "analysis"} & set(values) and adjusted[row])
        for row, values in enumerate(numbers)
    ]
    faulty = {problem.row for problem in problems}
    rows: dict[int, EffectRow] = {}
    of_table, count_problems = _from_counts(table, recognised, measure, counted, add)
    problems += count_problems
    rows |= of_table
    for row, values in enumerate(numbers):
        if counted[row] or table.row_numbers[row] in faulty:
            continue
        try:
            rows[row] = effect_of_row(RowNames(table, recognised, row), values, measure, level)
        except RowFaults as found:
            for role, rule, allowed in found.faults:
                index = recognised.roles.get(role or "")
                column = None if index is None else table.columns[index]
                problems.append(Problem(table.file, table.row_numbers[row], column, rule, allowed))
    if problems:
        return [], problems
    for row, said in enumerate(adjusted):
        if said is not None:
            rows[row] = replace(rows[row], adjusted=said)
    return [rows[row] for row in range(len(numbers))], []


def read_mixed(
    kinds: Kinds,
    recognised: Recognised,
    measure: Measure,
    level: float,
    add: float | None,
    *,
    bridge: bool = False,
) -> tuple[list[EffectRow], list[Partial | None], list[Problem]]:
    """Every row as an estimate and a standard error, and what partial rows state instead."""
    problems = []
    partial: list[Partial | None] = [None] * len(kinds.kinds)
    rows: dict[int, EffectRow] = {}
    if kinds.plain:
        plain, found = read_effects(kinds.table.take(kinds.plain), recognised, measure, level, add)
        problems += found
        rows |= dict(zip(kinds.plain, plain, strict=False))
        for number, one in rows.items():
            if one.counts is not None and isnan(one.estimate):
                nothing = says_nothing(*one.counts, se=one.se)
                partial[number], rows[number] = nothing, replace(one, how=nothing.says)
    for row, kind in enumerate(kinds.kinds):
        if not kind:
            continue
        if kind in ("smd", "or"):
            said = bridged(kinds, row, measure.name, level, problems, allowed=bridge)
        elif measure.name == "or" or kind != "censored":
            reader = RowReader(kinds.table, row, problems)
            told = kind == "censored" and reader.text("se", "sei")
            said = (censored_estimate(reader, measure.name) if told
                    else statement(kinds, row, recognised, problems))  # fmt: skip
        else:
            said = censored_estimate(RowReader(kinds.table, row, problems), measure.name)
        if said is None:
            continue
        intervals = said.intervals or intervals_of_tables(said, measure.name, add)
        if not intervals:
            rule = f"no possible table has a {measure.analysis_label} (zero cells)"
            number = kinds.table.row_numbers[row]
            problems.append(Problem(kinds.table.file, number, None, rule, ADD_LEGAL))
            continue
        partial[row] = replace(said, intervals=intervals)
        estimate, se = central_estimate(intervals)
        counts: Any = said.central if said.tables else None
        rows[row] = EffectRow(estimate, se, True, said.says, counts=counts)
    if problems:
        return [], [], problems
    return [rows[row] for row in range(len(kinds.kinds))], partial, []


def contradictions_of_rows(
    kinds: Kinds, recognised: Recognised, measure: Measure, level: float, rows: list[EffectRow]
) -> list[str]:
    """What the rows of estimates say twice and differently; nothing of rows that were not read."""
    table = kinds.table
    numbers, _ = read_numbers(table, recognised, lenient=tuple(recognised.roles))
    return [
        sentence
        for row, (one, values) in enumerate(zip(rows, numbers, strict=False))
        if one.counts is None and not kinds.kinds[row] and {"printed", "analysis"} & set(values)
        for sentence in contradictions(
            RowNames(table, recognised, row), values, measure, level, one
        )
    ]


def _no_column(table: Table, measure: Measure) -> Problem:
    counts = " or the counts e1, n1, e2, n2 or a, b, c, d" if measure.name in OF_COUNTS else ""
    allowed = f"allowed is {measure.allowed}{counts}; {table.found}"
    return Problem(table.file, None, "estimate", f"missing column of the {measure.label}", allowed)


def _adjusted(table: Table, recognised: Recognised, problems: list[Problem]) -> list[bool | None]:
    """What the column of that name says of every row; None where it says nothing."""
    index = recognised.roles.get("adjusted")
    if index is None:
        return [None] * len(table.rows)
    out: list[bool | None] = []
    for row, text in enumerate(table.text_column(index)):
        word = "" if table.rows[row][index] is None else text.casefold()
        if word and word not in _TRUE | _FALSE:
            fault: Fault = (f"{table.columns[index]}={text!r} is neither yes nor no",
                            "yes, no, or blank if not known")  # fmt: skip
            problems.append(problem_at(table, row, index, fault))
        out.append(word in _TRUE if word else None)
    return out


def _from_counts(
    table: Table, recognised: Recognised, measure: Measure, counted: list[bool], add: float | None
) -> tuple[dict[int, EffectRow], list[Problem]]:
    """The rows that give counts, by their position."""
    kept = [row for row, yes in enumerate(counted) if yes]
    if not kept:
        return {}, []
    part = table.take(kept)
    cells, problems = read_counts(part, recognised, every_group=True)
    if problems:
        return {}, problems
    e1, none1, e2, none2 = (np.array(cells[role]) for role in ("e1", "none1", "e2", "none2"))
    arms = e1, e1 + none1, e2, e2 + none2
    effect = effects_of_counts(measure.name, *arms, add)
    rows: dict[int, EffectRow] = {}
    for place, row in enumerate(kept):
        if not (effect.usable[place] or effect.empty[place]):
            four = ", ".join(str(cell[place]) for cell in (e1, none1, e2, none2))
            rule = f"a zero cell (counts {four}) gives no {measure.analysis_label}"
            problems.append(Problem(table.file, table.row_numbers[row], None, rule, ADD_LEGAL))
            continue
        rows[row] = EffectRow(
            estimate=float(effect.estimate[place]),
            se=float(effect.se[place]),
            approximated=effect.approximated[place],
            how=effect.how[place],
            adjusted=False,
            counts=tuple(int(arm[place]) for arm in arms),  # type: ignore[arg-type]
        )
    return rows, problems
