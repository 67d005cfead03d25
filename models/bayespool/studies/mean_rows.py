"""One row of group means: from whatever it states to mean, SD and size of both groups."""

from dataclasses import dataclass
from itertools import pairwise

from bayespool.studies.columns import Recognised
from bayespool.studies.counts import as_count, problem_at
from bayespool.studies.numbers import read_numbers
from bayespool.studies.problems import Problem
from bayespool.studies.tables import Table

SMALLEST = 2


@dataclass(frozen=True)
class MeanRow:
    """What one row comes to: ``mean1, sd1, n1, mean2, sd2, n2``, and how."""

    moments: dict[str, float]
    approximated: bool
    how: str


def read_means(table: Table, recognised: Recognised) -> tuple[list[MeanRow], list[Problem]]:
    """Every row as the moments of both groups, or the problems that prevent it."""
    missing = _missing(table, recognised)
    numbers, problems = read_numbers(table, recognised)
    if missing:
        return [], [*missing, *problems]
    faulty = {problem.row for problem in problems}
    rows: list[MeanRow] = []
    for row, values in enumerate(numbers):
        if table.row_numbers[row] in faulty:
            continue
        groups = [_group(table, recognised, row, values, k, problems) for k in ("1", "2")]
        if all(group is not None for group in groups):
            moments: dict[str, float] = {}
            words: list[str] = []
            for group in groups:
                assert group is not None
                moments |= group[0]
                words.append(group[1])
            how = "; ".join(dict.fromkeys(words))
            rows.append(MeanRow(moments, any("(" in word for word in words), how))
    return ([], problems) if problems else (rows, [])


def _missing(table: Table, recognised: Recognised) -> list[Problem]:
    """Columns without which no row can be read."""
    problems: list[Problem] = []
    for k in ("1", "2"):
        for needed in ((f"n{k}",), (f"mean{k}", f"median{k}")):
            if not set(needed) & set(recognised.roles):
                rule = f"missing column {' or '.join(needed)}"
                allowed = (
                    f"allowed is n{k} and mean{k} with sd{k} or sem{k}, or median{k} with q1_{k} "
                    f"and q3_{k} or min{k} and max{k}; {table.found}"
                )
                problems.append(Problem(table.file, None, needed[0], rule, allowed))
    return problems


def _group(
    table: Table,
    recognised: Recognised,
    row: int,
    values: dict[str, float],
    k: str,
    problems: list[Problem],
) -> tuple[dict[str, float], str] | None:
    """Moments of one group and the words for them; faults go to ``problems``."""
    before = len(problems)

    def fault(role: str, rule: str, allowed: str) -> None:
        index = recognised.roles.get(role)
        column = role if index is None else table.columns[index]
        problems.append(Problem(table.file, table.row_numbers[row], column, rule, allowed))

    n = _size(table, recognised, row, f"n{k}", problems)
    for role in (f"sd{k}", f"sem{k}"):
        if values.get(role, 1.0) <= 0:
            fault(role, f"{role}={values[role]:g} is not positive", f"{role} is above 0")
    spread = _ordered(values, k)
    if spread is not None:
        fault(*spread)
    if len(problems) > before or n is None:
        return None
    moments, words = _moments(values, k, n)
    for role, allowed in (
        (f"mean{k}", f"mean{k}, or median{k} with q1_{k} and q3_{k}, or with min{k} and max{k}"),
        (f"sd{k}", f"sd{k}, sem{k}, q1_{k} with q3_{k}, or min{k} with max{k}"),
    ):
        if role not in moments:
            what = f"mean{k}={values[f'mean{k}']:g}" if f"mean{k}" in values else "the row"
            fault(role, f"{what} has no {role}", f"allowed is {allowed}")
    return (moments, words) if len(problems) == before else None


def _moments(values: dict[str, float], k: str, n: int) -> tuple[dict[str, float], str]:
    from bayespool.numerics import conversions

    got: dict[str, float] = {f"n{k}": n}
    words: list[str] = []
    if f"mean{k}" in values:
        got[f"mean{k}"] = values[f"mean{k}"]
    if f"sd{k}" in values:
        got[f"sd{k}"] = values[f"sd{k}"]
        words.append("SD")
    elif f"sem{k}" in values:
        got[f"sd{k}"] = float(conversions.sd_from_sem(values[f"sem{k}"], n))
        words.append("SEM")
    if len(got) < 3:
        found = _from_median(values, k, n)
        if found is not None:
            mean, sd, source = found
            if mean is not None:
                got.setdefault(f"mean{k}", mean)
            got.setdefault(f"sd{k}", sd)
            words = [*words, source]
    return got, f"mean and {', '.join(words)}"


def _from_median(
    values: dict[str, float], k: str, n: int
) -> tuple[float | None, float, str] | None:
    """Mean (None without a median), SD and the words for their source."""
    from bayespool.numerics import conversions

    median = values.get(f"median{k}")
    centre = 0.0 if median is None else median
    q1, q3 = values.get(f"q1_{k}"), values.get(f"q3_{k}")
    low, high = values.get(f"min{k}"), values.get(f"max{k}")
    if q1 is not None and q3 is not None and low is not None and high is not None:
        mean, sd = conversions.moments_from_five_numbers(centre, q1, q3, low, high, n)
        source = "quartiles and range (Luo, Wan)"
    elif q1 is not None and q3 is not None:
        mean, sd = conversions.moments_from_quartiles(centre, q1, q3, n)
        source = "quartiles (Luo, Wan)"
    elif low is not None and high is not None:
        mean, sd = conversions.moments_from_range(centre, low, high, n)
        source = "range (Luo, Wan)"
    else:
        return None
    return None if median is None else float(mean), float(sd), source


def _size(
    table: Table, recognised: Recognised, row: int, role: str, problems: list[Problem]
) -> int | None:
    index = recognised.roles[role]
    name = table.columns[index]
    n = as_count(name, table.rows[row][index], table.texts[row][index])
    if isinstance(n, int) and n >= SMALLEST:
        return n
    fault = (f"{name}={n} gives no standard deviation", f"{name} is {SMALLEST} or more")
    problems.append(problem_at(table, row, index, fault if isinstance(n, int) else n))
    return None


def _ordered(values: dict[str, float], k: str) -> tuple[str, str, str] | None:
    """The first pair of neighbours among min, q1, median, q3, max that is out of order."""
    roles = (f"min{k}", f"q1_{k}", f"median{k}", f"q3_{k}", f"max{k}")
    given = [role for role in roles if role in values]
    for low, high in pairwise(given):
        if values[low] > values[high]:
            rule = f"{low}={values[low]:g} exceeds {high}={values[high]:g}"
            return low, rule, "min <= q1 <= median <= q3 <= max"
    for low, high in ((f"q1_{k}", f"q3_{k}"), (f"min{k}", f"max{k}")):
        if low in values and values.get(high) == values[low]:
            rule = f"{low}={values[low]:g} equals {high}, so there is no standard deviation"
            return high, rule, f"{low} < {high}"
    return None
