"""Rows of an accuracy table that are no 2x2 table, as the tables or the separation they allow."""

from math import exp, pi, sqrt
from statistics import NormalDist

from bayespool.studies.columns import Recognised
from bayespool.studies.counts import read_counts
from bayespool.studies.partial import (
    Kinds,
    Partial,
    RowReader,
    candidate_weights,
    check_candidates,
    too_many,
)
from bayespool.studies.possible import (
    ACCURACY_RATES,
    Printed,
    read_rate,
    tables_that_print,
    too_many_to_try,
)
from bayespool.studies.problems import Problem
from bayespool.studies.spellings import ACCURACY

KINDS = ("margin", "rates", "candidate", "marker")
ROLES = {"tp": "hit1", "fn": "miss1", "tn": "hit2", "fp": "miss2"}
Four = tuple[int, int, int, int]  # tp, n_diseased, tn, n_healthy


def read_mixed(
    kinds: Kinds, recognised: Recognised
) -> tuple[dict[str, list[int]], dict[int, Partial], list[Problem]]:
    """Counts of every row (of a partial row those of its central table) and the statements.

    Parameters
    ----------
    kinds
        The table and what its rows are.
    recognised
        Where its columns are.
    """
    problems: list[Problem] = []
    rows: dict[int, Four] = {}
    plain = kinds.plain
    if plain:
        counts, found = read_counts(kinds.table.take(plain), recognised)
        problems += found
        whole = all(name in counts for name in ("tp", "fn", "tn", "fp"))
        for place, row in enumerate(plain if whole else []):
            tp, fn, tn, fp = (counts[name][place] for name in ("tp", "fn", "tn", "fp"))
            rows[row] = (tp, tp + fn, tn, tn + fp)
    partial: dict[int, Partial] = {}
    for row, kind in enumerate(kinds.kinds):
        if not kind:
            continue
        reader = RowReader(kinds.table, row, problems)
        if kind == "candidate":
            statement = _candidates(kinds, row, recognised, problems)
        else:
            statement = {"margin": _margin, "rates": _rates, "marker": _marker}[kind](reader)
        if statement is None:
            continue
        if statement.tables:
            rows[row] = statement.central  # type: ignore[assignment]
        else:
            rows[row] = (0, 0, 0, 0)
        partial[row] = statement
    if problems or len(rows) < len(kinds.kinds):
        return {}, {}, problems
    out: dict[str, list[int]] = {"tp": [], "fn": [], "tn": [], "fp": []}
    for row in range(len(kinds.kinds)):
        tp, n, tn, m = rows[row]
        for name, value in {"tp": tp, "fn": n - tp, "tn": tn, "fp": m - tn}.items():
            out[name].append(value)
    return out, partial, []


def _cells(reader: RowReader, *names: str) -> dict[str, int]:
    """The filled counts of a row."""
    values = {name: reader.count(*ACCURACY[name]) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _margin(reader: RowReader) -> Partial | None:
    """One group's counts; the other group is not known."""
    before = len(reader.problems)
    cells = _cells(reader, "tp", "fn", "fp", "tn")
    if len(reader.problems) > before:
        return None
    for hit, miss, known, missing in (
        ("tp", "fn", "diseased", "healthy"), ("tn", "fp", "healthy", "diseased"),
    ):  # fmt: skip
        if set(cells) == {hit, miss}:
            if cells[hit] + cells[miss] == 0:
                reader.fault(hit, f"the {known} group is empty", "at least one participant")
                return None
            four = (cells[hit], cells[hit] + cells[miss])
            table = (*four, 0, 0) if hit == "tp" else (0, 0, *four)
            says = f"{hit}={cells[hit]}, {miss}={cells[miss]}; nothing on the {missing}"
            return Partial("margin", says, (table,), (1.0,))
    reader.fault("kind", f"a margin with {', '.join(cells) or 'no counts'}",
                 "tp and fn filled and fp and tn blank, or the reverse")  # fmt: skip
    return None


def _rates(reader: RowReader) -> Partial | None:
    before = len(reader.problems)
    printed: dict[str, Printed] = {}
    for name in ACCURACY_RATES:
        text = reader.text(*ACCURACY.get(name, (name,)))
        if not text:
            continue
        rate = read_rate(text)
        if rate is None:
            reader.fault(name, f"{name}={text!r} is no rate",
                         "a proportion, a percentage, or a range of them (0.27-0.80)")  # fmt: skip
            continue
        printed[name] = rate
    sizes = [reader.counts(*ACCURACY[name]) for name in ("n_diseased", "n_healthy")]
    cells = _cells(reader, "tp", "fn", "fp", "tn")
    if len(reader.problems) > before:
        return None
    if not printed:
        reader.fault("sens", "no rate is printed", f"at least one of {', '.join(ACCURACY_RATES)}")
        return None
    lacking = _lacking(printed, sizes, cells)
    if lacking:
        reader.fault(lacking, f"{lacking} is blank, so that the printed rates have no denominator",
                     "the size of the group, or a range of sizes (9-10)")  # fmt: skip
        return None
    n, m = (range(1) if size is None else size for size in sizes)
    fixed = {ROLES[name]: value for name, value in cells.items()}
    if much := too_many_to_try(n, m, fixed):
        reader.fault("n_diseased", *much)
        return None
    tables, weights, nearest = tables_that_print(n, m, ACCURACY_RATES, printed, fixed)
    said = ", ".join(f"{name} {rate.text}" for name, rate in printed.items())
    said += "".join(f", {name}={value}" for name, value in cells.items())
    of = f"{reader.text(*ACCURACY['n_diseased']) or 'unknown'} diseased"
    of += f" and {reader.text(*ACCURACY['n_healthy']) or 'unknown'} healthy"
    if not tables:
        rule = f"no table of {of} prints {said}"
        reader.fault(next(iter(printed)), rule, f"the nearest possible prints {nearest}")
        return None
    if too_many(tables):
        reader.fault(next(iter(printed)), f"{len(tables)} tables of {of} print {said}",
                     "more decimals, or more of the rates")  # fmt: skip
        return None
    count = "one table" if len(tables) == 1 else f"{len(tables)} tables"
    return Partial("rates", f"{said} of {of}: {count}", tuple(tables), tuple(weights))


def _lacking(printed: dict[str, Printed], sizes: list[range | None], cells: dict[str, int]) -> str:
    """The group size that the printed rates need and the row does not give."""
    needs = {"sens": (True, False), "spec": (False, True)}
    for place, name in enumerate(("n_diseased", "n_healthy")):
        used = any(needs.get(rate, (True, True))[place] for rate in printed)
        used |= any(cell in cells for cell in (("tp", "fn"), ("tn", "fp"))[place])
        if used and sizes[place] is None:
            return name
    return ""


def _candidates(
    kinds: Kinds, row: int, recognised: Recognised, problems: list[Problem]
) -> Partial | None:
    members = kinds.members[row]
    before = len(problems)
    weights = candidate_weights(kinds, members, problems)
    counts, found = read_counts(kinds.original.take(members), recognised)
    problems += found
    if len(problems) > before:
        return None
    tables = tuple(
        (tp, tp + fn, tn, tn + fp)
        for tp, fn, tn, fp in zip(*(counts[c] for c in ("tp", "fn", "tn", "fp")), strict=True)
    )
    check_candidates(kinds, members, tables, problems)
    return Partial("candidate", f"one of {len(tables)} tables", tables, tuple(weights))


def _marker(reader: RowReader) -> Partial | None:
    before = len(reader.problems)
    lower = reader.word(("higher", "lower"), "direction") == "lower"
    n, m = (reader.count(*ACCURACY[name]) for name in ("n_diseased", "n_healthy"))
    mean1, sd1, mean2, sd2 = (
        reader.number(name, name + other)
        for name, other in (("mean1", "i"), ("sd1", "i"), ("mean2", "i"), ("sd2", "i"))
    )
    auc, low, high = (reader.number(name) for name in ("auc", "auc_low", "auc_high"))
    if len(reader.problems) > before:
        return None
    if mean1 is not None and sd1 is not None and mean2 is not None and sd2 is not None:
        if n is None or m is None or n < 2 or m < 2:
            reader.fault("n_diseased", "the groups of the means have no size", "two or more each")
            return None
        for name, sd in (("sd1", sd1), ("sd2", sd2)):
            if sd <= 0:
                reader.fault(name, f"{name}={sd:g} is not positive", f"{name} is above 0")
        if sd1 <= 0 or sd2 <= 0:
            return None
        ratio = sd1 / sd2
        separation = (mean1 - mean2) / sd2 * (-1.0 if lower else 1.0)
        se = sqrt(ratio**2 / n + 1.0 / m + separation**2 / (2.0 * (m - 1.0)))
        if auc is not None and (auc - 0.5) * separation < 0:
            higher = "higher" if mean1 > mean2 else "lower"
            rule = f"auc={auc:g}, but by its means the marker is {higher} in the diseased"
            reader.fault("auc", rule, "an area of the same side, or the direction (higher, lower)")
            return None
        says = f"means {mean1:g} (SD {sd1:g}) of {n} and {mean2:g} (SD {sd2:g}) of {m}"
        return Partial("marker", says, marker=(separation, ratio, se))
    if auc is None:
        reader.fault("auc", "a marker without means and without an area",
                     "mean1, sd1, mean2, sd2 with the group sizes, or auc")  # fmt: skip
        return None
    if not 0.0 < auc < 1.0:
        reader.fault("auc", f"auc={auc:g}", "a proportion above 0 and below 1")
        return None
    for name, own, other in (("auc_low", low, high), ("auc_high", high, low)):
        if own is None and other is not None:
            reader.fault(name, f"{name} is blank beside the other limit", "both limits, or neither")
            return None
    if low is not None and high is not None:
        if not 0.0 < low < auc < high < 1.0:
            reader.fault("auc_low", f"the interval {low:g} to {high:g} of auc={auc:g}",
                         "0 < auc_low < auc < auc_high < 1")  # fmt: skip
            return None
        half = (_deviate(high) - _deviate(low)) / (2.0 * _deviate(0.975))
        says = f"area {auc:g} ({low:g} to {high:g})"
    elif n is not None and m is not None and n > 1 and m > 1:
        half = _hanley(auc, n, m)
        says = f"area {auc:g} of {n} and {m}"
    else:
        reader.fault("auc_low", "auc has no precision", "auc_low and auc_high, or the group sizes")
        return None
    return Partial("marker", says, marker=(sqrt(2.0) * _deviate(auc), 1.0, sqrt(2.0) * half))


def _deviate(p: float) -> float:
    return NormalDist().inv_cdf(p)


def _hanley(auc: float, n: int, m: int) -> float:
    """Standard error of probit(auc) after Hanley & McNeil (1982), Radiology 143:29-36."""
    q1, q2 = auc / (2.0 - auc), 2.0 * auc**2 / (1.0 + auc)
    variance = auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)
    z = _deviate(auc)
    density = exp(-0.5 * z * z) / sqrt(2.0 * pi)
    return sqrt(variance / (n * m)) / density
