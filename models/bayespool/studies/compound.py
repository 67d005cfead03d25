"""Cells that hold several numbers: 12/15, 12 (45 %), 0.5 (0.2-1.1), as columns of their own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bayespool.studies.cells import Cell, read_cell
from bayespool.studies.columns import find
from bayespool.studies.spellings import Group, Spellings
from bayespool.studies.tables import Table

_COUNT = r"(?P<part>[0-9]{1,16})"
_PERCENT = r"[\[(]?\s*(?P<percent>[0-9]{1,3}(?:[.,\u00b7][0-9]{1,9})?)\s*%\s*[\])]?"
_FRACTION = re.compile(
    rf"{_COUNT}\s*(?:/|of|von)\s*(?P<whole>[0-9]{{1,16}})(?:\s*{_PERCENT})?", re.I
)
_SHARE_OF = re.compile(
    rf"{_PERCENT}\s*\(\s*{_COUNT}\s*(?:/|of|von)\s*(?P<whole>[0-9]{{1,16}})\s*\)", re.I
)
_WITH_PERCENT = re.compile(rf"{_COUNT}\s*{_PERCENT}")
_SIGNED = r"[-+\u2212\u2013]?[0-9]{1,15}(?:[.,\u00b7][0-9]{1,15})?"
# An estimate and its limits, parted by a dash, a comma, a semicolon or "to".
_INTERVAL = re.compile(
    rf"(?P<estimate>{_SIGNED})\s*[\[(]\s*(?:(?P<level>[0-9]{{2}}(?:\.[0-9])?)\s*%\s*C[Ir]I?\s*[:,]?\s*)?"
    rf"(?P<low>{_SIGNED})\s*(?:-|\u2013|\u2014|;|,\s|,(?=[-+\u2212]|[0-9]+\.[0-9])|\bto\b|\bbis\b|\.\.\.?)\s*"
    rf"(?P<high>{_SIGNED})\s*[\])]",
    re.I,
)


def with_counts_apart(table: Table, spellings: Spellings, groups: Sequence[Group]) -> Table:
    """The table with cells such as ``12/15`` and ``12 (45 %)`` taken apart.

    A column of counts keeps the count; the size of its group becomes a column that is read or
    checked, the percentage one that is compared with the counts. In a column of rates ``12/15``
    and ``80 % (12/15)`` give the count and the size, unless there is a column of the count. Other
    text stays as it is.
    """
    for group in groups:
        for role in (group.hit, group.miss, group.rate):
            for index in find(table, {role: spellings[role]})[role]:
                if index not in table.derived:
                    table = _apart(table, index, role, group, spellings[group.hit])
    return table


def _apart(table: Table, index: int, role: str, group: Group, hits: tuple[str, ...]) -> Table:
    of_rate = role == group.rate
    if of_rate and find(table, {"it": hits})["it"]:
        return table
    forms = (_FRACTION, _SHARE_OF) if of_rate else (_FRACTION, _WITH_PERCENT)
    matches = _matches(table, index, forms)
    if not any(matches):
        return table
    parts, wholes, percents = (
        [None if match is None else match.groupdict().get(name) for match in matches]
        for name in ("part", "whole", "percent")
    )
    name = table.columns[index]
    if of_rate:
        table = _added(table, f"{name} (count)", group.hit, parts)
    else:
        table = _changed(table, index, parts)
    if any(wholes):
        table = _added(table, f"{name} (of)", group.total, wholes)
    if any(percents) and role == group.hit:
        signed = [None if percent is None else f"{percent}%" for percent in percents]
        table = _added(table, f"{name} (%)", group.rate, signed)
    return table


def with_limits_apart(table: Table, roles: Mapping[str, Sequence[str]]) -> Table:
    """The table with cells such as ``0.5 (0.2-1.1)`` taken apart into estimate and limits.

    Parameters
    ----------
    table
        The table.
    roles
        Headers of the estimate and of ``ci_low``, ``ci_high`` and ``level``; where the table has
        columns of limits of its own it is left as it is.
    """
    if any(find(table, {name: tuple(roles[name]) for name in ("ci_low", "ci_high")}).values()):
        return table
    estimates = find(table, {"it": (*roles["printed"], *roles["analysis"])})["it"]
    for index in estimates:
        matches = _matches(table, index, (_INTERVAL,))
        if not any(matches):
            continue
        name = table.columns[index]
        table = _changed(table, index, [match and match["estimate"] for match in matches])
        for role in ("low", "high", "level"):
            cells = [match and match[role] for match in matches]
            if any(cells):
                header = "level" if role == "level" else f"ci_{role}"
                table = _added(table, f"{name} ({role})", header, cells)
        return table
    return table


def _matches(
    table: Table, index: int, forms: Sequence[re.Pattern[str]]
) -> list[re.Match[str] | None]:
    """Match of every cell that has one of the forms; a part larger than its whole is none."""
    out = []
    for text in table.text_column(index):
        match = next((found for form in forms if (found := form.fullmatch(text))), None)
        whole = match and match.groupdict().get("whole")
        out.append(None if match and whole and int(match["part"]) > int(whole) else match)
    return out


def _read(text: str | None) -> tuple[Cell, str]:
    """A part of a cell; a comma in it is a decimal comma, because a dash or a space parts two."""
    return (None, "") if text is None else read_cell(text, decimal_comma=True)


def _changed(table: Table, index: int, texts: Sequence[str | None]) -> Table:
    """The column with other cells where there is a text."""
    rows, printed = [list(row) for row in table.rows], [list(row) for row in table.texts]
    for row, text in enumerate(texts):
        if text is not None:
            rows[row][index], printed[row][index] = _read(text)
    return replace(table, rows=tuple(map(tuple, rows)), texts=tuple(map(tuple, printed)))


def _added(table: Table, name: str, role: str, texts: Sequence[str | None]) -> Table:
    """The table with one more column, which plays a role."""
    index = len(table.columns)
    cells = [_read(text) for text in texts]
    return replace(
        table,
        columns=(*table.columns, name),
        rows=tuple((*row, value) for row, (value, _) in zip(table.rows, cells, strict=True)),
        texts=tuple((*row, text) for row, (_, text) in zip(table.texts, cells, strict=True)),
        mapped={**table.mapped, index: role},
        derived=table.derived | {index},
    )
