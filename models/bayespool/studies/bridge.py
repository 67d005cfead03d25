"""Standardised mean differences as odds ratios and back: asked for by name, and flagged.

A normal outcome cut at any point has, with logistic tails, a log odds ratio of pi / sqrt(3) times
the standardised mean difference.

References
----------
Hasselblad & Hedges (1995), Psychol Bull 117:167-178; Chinn (2000), Stat Med 19:3127-3131.
"""

from dataclasses import replace
from math import pi, sqrt

from bayespool.studies.effect_forms import effect_of_row
from bayespool.studies.forms import RowFaults, RowNames
from bayespool.studies.measures import measure_named
from bayespool.studies.numbers import read_numbers
from bayespool.studies.partial import Kinds, Partial, RowReader
from bayespool.studies.problems import Problem

FACTOR = pi / sqrt(3.0)
# measure asked for -> the kind of row that is brought to it, and its factor
BRIDGES = {"or": ("smd", FACTOR), "smd": ("or", 1.0 / FACTOR)}
ASK = "bridge=True (--bridge), which multiplies by pi / sqrt(3) and marks the row"


def bridged(
    kinds: Kinds, row: int, measure: str, level: float, problems: list[Problem], *, allowed: bool
) -> Partial | None:
    """A row of the other measure on the scale of `measure`.

    Its columns are smd (or g) or the odds ratio, with what gives its precision: see
    `bayespool.studies.Effects.from_table`; a standardised mean difference may have n1 and n2.
    """
    from bayespool.studies.effect_rows import recognise_effects

    other, factor = BRIDGES[measure]
    reader = RowReader(kinds.table, row, problems)
    if not allowed:
        reader.fault("kind", f"the row states an {other} where {measure} is asked for", ASK)
        return None
    table = kinds.table.take([row])
    recognised = recognise_effects(table, measure_named(other))
    numbers, found = read_numbers(table, recognised, lenient=("p", "adjusted"))
    if found:
        problems += found
        return None
    values = numbers[0]
    if other == "smd" and "analysis" in values:
        n1, n2 = reader.count("n1"), reader.count("n2")
        if n1 and n2 and not {"se", "variance", "ci_low", "t", "z"} & set(values):
            d = values["analysis"]
            values["se"] = sqrt(1.0 / n1 + 1.0 / n2 + d * d / (2.0 * (n1 + n2)))
    try:
        stated = effect_of_row(RowNames(table, recognised, 0), values, measure_named(other), level)
    except RowFaults as faults:
        for role, rule, remedy in faults.faults:
            reader.fault(role or "kind", rule, remedy)
        return None
    y, se = stated.estimate * factor, stated.se * factor
    words = "standardised mean difference" if other == "smd" else "log odds ratio"
    says = f"{words} {stated.estimate:.3g} (SE {stated.se:.3g}) times {factor:.4f}"
    return replace(Partial("bridge", says), intervals=((y, y, se, 1.0),))
