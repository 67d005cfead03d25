"""Columns of one row that contradict one another by more than rounding: allowed, and said."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from bayespool.studies.columns import find
from bayespool.studies.problems import located
from bayespool.studies.spellings import Group, Spellings
from bayespool.studies.tables import Table

_LEADING = re.compile(r"[0-9]{0,9}[.,]?[0-9]{0,15}(?=\s*%|\s*\(|$)")
_AMBIGUOUS = frozenset({"se", "sp"})  # sensitivity beside specificity, else a standard error
_TOTALS = ("n", "total", "ntotal", "totaln")


def half_unit(text: str) -> float:
    """Half a unit of the last decimal of a printed number; 0.05 of "0.3" and of "0,3"."""
    match = re.match(
        r"[-+\u2212\u2013<>=\s]*([0-9]*)[.,\u00b7]?([0-9]*)(?:e([-+]?[0-9]{1,3}))?", text, re.I
    )
    if match is None:
        return 0.0
    return 0.5 * 10.0 ** (int(match[3] or 0) - len(match[2]))


def rates_against_counts(
    table: Table,
    spellings: Spellings,
    groups: Sequence[Group],
    counts: Mapping[int, Mapping[str, int]],
) -> list[str]:
    """Printed rates that are not those of the counts, and sizes of all that are not their sum.

    Parameters
    ----------
    table, spellings, groups
        The table, and what its shape is made of.
    counts
        By row, the count of each role; rows without full counts are left out.
    """
    warnings = []
    for group in groups:
        for index in find(table, {"it": spellings[group.rate]})["it"]:
            if table.names[index] in _AMBIGUOUS and not set(table.names) >= _AMBIGUOUS:
                continue
            for row, value, unit, scale in _rates(table, index):
                own = counts.get(row, {})
                hit, miss = own.get(group.hit, 0), own.get(group.miss, 0)
                share = Fraction(scale * hit, hit + miss) if hit + miss else value
                if abs(share - value) > unit:
                    warnings.append(
                        f"{_at(table, row, index)}: {table.columns[index]}="
                        f"{table.texts[row][index]}, but {group.hit}/({group.hit}+{group.miss}) = "
                        f"{hit}/{hit + miss} = {float(share):.3g}; the counts are used"
                    )
    for index in find(table, {"it": _TOTALS})["it"]:
        for row, own in counts.items():
            size, total = table.rows[row][index], sum(own.values())
            if isinstance(size, int | float) and size != total and len(own) > 2:
                warnings.append(f"{_at(table, row, index)}: {table.columns[index]}={size:g}, but "
                                f"the counts add up to {total}; the counts are used")  # fmt: skip
    return warnings


def _rates(table: Table, index: int) -> Iterator[tuple[int, Fraction, Fraction, int]]:
    """Row, value, unit of the last decimal and scale of every cell that is a rate."""
    found = []
    for row, text in enumerate(table.text_column(index)):
        match = _LEADING.match(text)
        if match is None or not re.search("[0-9]", match[0]):
            continue
        number = Decimal(match[0].replace(",", "."))
        exponent = number.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) else 0
        found.append((row, Fraction(number), Fraction(1, 10**decimals), "%" in text))
    percent = any(value > 1 or signed for _, value, _, signed in found)
    scale = 100 if percent else 1
    yield from ((row, value, unit, scale) for row, value, unit, _ in found if value <= scale)


def sems_against_sds(
    table: Table, roles: Mapping[str, int], rows: Sequence[Mapping[str, float]]
) -> list[str]:
    """Standard errors of means that are not the standard deviation by the root of the size."""
    warnings = []
    for row, values in enumerate(rows):
        for k in ("1", "2"):
            sd, sem, n = (values.get(f"{name}{k}") for name in ("sd", "sem", "n"))
            if sd is None or sem is None or not n:
                continue
            texts = {name: table.texts[row][roles[f"{name}{k}"]] for name in ("sd", "sem")}
            least, most = ((sd + sign * half_unit(texts["sd"])) / n**0.5 for sign in (-1, 1))
            unit = half_unit(texts["sem"])
            if sem + unit < least / 1.05 or sem - unit > most * 1.05:
                warnings.append(
                    f"{_at(table, row, roles[f'sem{k}'])}: sem{k}={texts['sem']}, but sd{k}="
                    f"{texts['sd']} of {n:g} gives {sd / n**0.5:.3g}; sd{k} is used"
                )
    return warnings


def _at(table: Table, row: int, index: int) -> str:
    return located(table.file, table.row_numbers[row], table.columns[index])
