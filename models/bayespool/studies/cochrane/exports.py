"""CSV as RevMan writes it: analyses of RevMan 5, rows, settings and judgements of RevMan Web."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bayespool.studies.cochrane.entries import Fault, Settings, number, values_of
from bayespool.studies.cochrane.review import (
    COUNTS,
    ESTIMATES,
    LOG_RANK,
    MEANS,
    Analysis,
    DataRow,
    Review,
)
from bayespool.studies.problems import TableError
from bayespool.studies.text import Record

REVMAN_5 = ("Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type")
REVMAN_WEB = ("Analysis group", "Analysis number", "Study", "Experimental N", "GIV Mean")
_KINDS_5 = {"DIC": COUNTS, "CON": MEANS, "IV": ESTIMATES, "GIV": ESTIMATES, "IPD": LOG_RANK,
            "OE": LOG_RANK}  # fmt: skip
_KINDS_WEB = {"dichotomous": COUNTS, "continuous": MEANS, "contrast level": ESTIMATES,
              "generic inverse variance": ESTIMATES, "o-e and variance": LOG_RANK}  # fmt: skip
_COLUMNS_5 = {
    "e1": "Events 1", "n1": "Total 1", "e2": "Events 2", "n2": "Total 2", "mean1": "Mean 1",
    "sd1": "SD 1", "mean2": "Mean 2", "sd2": "SD 2", "o_e": "O-E", "v": "Var",
    "shown": "Effect Estimate", "se": "SE", "low": "CI Start", "high": "CI End",
}  # fmt: skip
_COLUMNS_WEB = {
    "e1": "Experimental cases", "n1": "Experimental N", "e2": "Control cases", "n2": "Control N",
    "mean1": "Experimental mean", "sd1": "Experimental SD", "mean2": "Control mean",
    "sd2": "Control SD", "o_e": "O-E", "v": "Variance", "entered": "GIV Mean", "se": "GIV SE",
    "low": "CI start", "high": "CI end",
}  # fmt: skip
_LOG_5 = "Entered data are on log scale"
_SWAP_5 = "Swap event and non-event"
_JUDGEMENT = "Domain (judgement)"
_NO_JUDGEMENT = frozenset({"", "not applicable", "n/a", "na", "none"})
_DECIMAL = re.compile(r"-?[0-9]+,[0-9]+")
Cells = Mapping[str, str]


def is_export(records: Sequence[Record]) -> bool:
    """Whether the header is one of RevMan's exports."""
    header = {str(cell).strip() for cell in records[0][1]} if records else set()
    return set(REVMAN_5) <= header or set(REVMAN_WEB) <= header


def read_export(
    file: str,
    records: Sequence[Record],
    settings: Sequence[Record] = (),
    *,
    decimal_comma: bool = False,
) -> Review:
    """Analyses of an export.

    Parameters
    ----------
    file, records
        Of the analyses, header first.
    settings
        Of the overall estimates and settings of RevMan Web; without them the kind of an outcome is
        told by the cells that it fills, and its measure is not known.
    decimal_comma
        Numbers are written with a decimal comma.

    Raises
    ------
    TableError
        A number is none.
    """
    lines = _lines(records, decimal_comma=decimal_comma)
    web = "Analysis group" in (lines[0][1] if lines else {})
    try:
        if web:
            found = _of_web(lines, [cells for _, cells in _lines(settings)])
        else:
            found = _of_revman_5(lines)
    except _LineFault as located:
        raise TableError([located.fault.problem(file, located.line)]) from None
    return Review(file, tuple(analysis for analysis in found if analysis.rows))


def read_judgements(records: Sequence[Record]) -> dict[str, dict[str, str]]:
    """Judgements by domain and study, of the risk of bias table of RevMan Web."""
    out: dict[str, dict[str, str]] = {}
    for _, cells in _lines(records):
        for column, word in cells.items():
            if column.startswith(_JUDGEMENT) and word.casefold() not in _NO_JUDGEMENT:
                domain = column[len(_JUDGEMENT) :].lstrip(": ").removesuffix(": All outcomes")
                out.setdefault(domain, {})[cells.get("Study", "")] = word
    return out


class _LineFault(Exception):
    """A fault and its line."""

    def __init__(self, line: int, fault: Fault) -> None:
        super().__init__(line, fault)
        self.line, self.fault = line, fault


def _lines(records: Sequence[Record], *, decimal_comma: bool = False) -> list[tuple[int, Cells]]:
    """Rows by the names of their columns, the end of short ones left out; decimal points."""
    if not records:
        return []
    header = [str(cell).strip() for cell in records[0][1]]
    rows: list[tuple[int, Cells]] = [
        (line, {name: str(cell).strip() for name, cell in zip(header, cells, strict=False)})
        for line, cells in records[1:]
    ]
    if not decimal_comma:
        return rows
    return [
        (line, {name: text.replace(",", ".") if _DECIMAL.fullmatch(text) else text
                for name, text in cells.items()})
        for line, cells in rows
    ]  # fmt: skip


def _entry(
    line: int, cells: Cells, settings: Settings, columns: Mapping[str, str], labels: Sequence[str]
) -> tuple[DataRow, str]:
    """A row and what is odd about it; labels are study, year and subgroup."""
    try:
        values, odd = values_of(settings, cells, columns)
    except Fault as fault:
        raise _LineFault(line, fault) from None
    study, year, subgroup = labels
    return DataRow(line, study, year, subgroup, values), f"{study}: {odd}" if odd else ""


def _of_web(lines: Iterable[tuple[int, Cells]], settings: Sequence[Cells]) -> list[Analysis]:
    told = {(row["Analysis group"], row["Analysis number"]): row for row in settings}
    grouped: dict[tuple[str, str], list[tuple[int, Cells]]] = {}
    for line, cells in lines:
        key = (cells["Analysis group"], cells["Analysis number"])
        grouped.setdefault(key, []).append((line, cells))
    out = []
    for key, rows in grouped.items():
        about = told.get(key, {})
        setting = _web_settings(about, rows)
        entries = [
            _entry(line, cells, setting, _COLUMNS_WEB,
                   (cells["Study"], cells.get("Study year", ""), cells.get("Subgroup", "")))
            for line, cells in rows
        ]  # fmt: skip
        names = about.get("Analysis group name", ""), rows[0][1].get("Analysis name", "")
        out.append(_analysis(key, names, setting, entries))
    return out


def _web_settings(about: Cells, rows: Sequence[tuple[int, Cells]]) -> Settings:
    kind = _KINDS_WEB.get(about.get("Data type", "").casefold())
    log = about.get("Log-scale data", "").casefold()
    return Settings(
        kind or _kind_by_cells(rows),
        about.get("Effect measure", ""),
        swap=about.get("Swap event and non-event", "").casefold() == "true",
        log={"true": True, "false": False}.get(log),
    )


def _kind_by_cells(rows: Sequence[tuple[int, Cells]]) -> str:
    """The kind whose cells are not all nought."""

    def filled(name: str) -> bool:
        return any(_value(line, cells, _COLUMNS_WEB[name]) > 0.0 for line, cells in rows)

    if filled("sd1") or filled("sd2"):
        return MEANS
    if filled("se"):
        return ESTIMATES
    return LOG_RANK if filled("v") else COUNTS


def _value(line: int, cells: Cells, column: str) -> float:
    try:
        return number(cells, column)
    except Fault as fault:
        raise _LineFault(line, fault) from None


def _of_revman_5(lines: Iterable[tuple[int, Cells]]) -> list[Analysis]:
    """Rows of comparisons, outcomes, subgroups and studies, told apart by their numbers."""
    out: list[Analysis] = []
    comparison = subgroup = ""
    last: tuple[str, ...] = ()
    setting: Settings | None = None
    for line, cells in lines:
        place = tuple(cells.get(name, "") for name in REVMAN_5[:3])
        name, kind = cells.get("Name", ""), cells.get("Data Type", "").upper()
        if place[1] in ("", "0"):
            comparison, setting = name, None
        elif place[:2] != last[:2]:
            setting, subgroup = _settings_5(kind, cells), ""
            if setting is not None:
                out.append(_analysis(place[:2], (comparison, name), setting, ()))
        elif kind and place != last:
            subgroup = name
        elif setting is not None:
            labels = (name, cells.get("Year of study", ""), subgroup)
            row, odd = _entry(line, cells, setting, _COLUMNS_5, labels)
            more = (odd,) if odd else ()
            out[-1] = replace(
                out[-1], rows=(*out[-1].rows, row), warnings=(*out[-1].warnings, *more)
            )
        last = place
    return out


def _settings_5(kind: str, cells: Cells) -> Settings | None:
    """None where the outcome is of another kind, such as text."""
    if kind not in _KINDS_5:
        return None
    yes = {"YES": True, "TRUE": True, "NO": False, "FALSE": False}
    log = next((text for name, text in cells.items() if name.startswith(_LOG_5)), "")
    log_rank = cells.get("Statistical Method", "").upper() == "EXP_O_E_VAR"
    return Settings(
        LOG_RANK if log_rank else _KINDS_5[kind],
        cells.get("Effect Measure", ""),
        swap=yes.get(cells.get(_SWAP_5, "").upper(), False),
        log=yes.get(log.upper()),
    )


def _analysis(
    number_: Sequence[str],
    names: Sequence[str],
    settings: Settings,
    entries: Sequence[tuple[DataRow, str]],
) -> Analysis:
    swapped = ("events and non-events are exchanged, as in the review",) if settings.swap else ()
    return Analysis(
        number_[0], number_[1], names[0], names[1], settings.kind, settings.name,
        tuple(row for row, _ in entries), (*swapped, *(odd for _, odd in entries if odd)),
    )  # fmt: skip
