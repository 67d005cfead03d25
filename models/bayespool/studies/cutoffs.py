"""Rows of one study that are cut-offs of one test in the same patients, told by labels and counts.

Such rows are one multinomial result. A model that takes every row for other patients, or for
another reader, gives an average over cut-offs that answers no question.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bayespool.studies.accuracy import AccuracyStudies
from bayespool.studies.cells import number_text
from bayespool.studies.limits import listed
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import CUTOFF_LABELS, SECOND_LABELS, normalise

# Second labels whose numbers count people, places, times or tests, and are no cut-offs.
_NO_CUTOFFS = frozenset({
    "site", "test", "indextest", "reader", "location", "arm", "generation", "method", "testcat",
    "dt", "time", "timepoint", "sample", "school", "year",
})  # fmt: skip
_FEW = 4  # rows that have to fall in line where the column is not what tells them apart
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")
_MOST_STUDIES = 8


@dataclass(frozen=True)
class Cutoffs:
    """Rows of one study that are cut-offs of the same patients.

    Parameters
    ----------
    study
        The study.
    column
        The covariate that holds the cut-offs.
    rows
        Indices of the rows, in the order of their cut-offs where these are numbers.
    values
        The cut-offs of these rows, as the table writes them.
    """

    study: str
    column: str
    rows: tuple[int, ...]
    values: tuple[str, ...]


def cutoffs_of_the_same_patients(
    studies: AccuracyStudies, apart: Collection[str] = ()
) -> tuple[Cutoffs, ...]:
    """Groups of rows that are cut-offs of one test in the same patients; empty where none are.

    Rows of one study, and of one test, reader, site and so on where the table names them, with the
    same people (the size of a group, in both for a column that is not named as one of cut-offs),
    different values in one column, and true and false positives that rise or fall together along
    it. A column named threshold, cutoff or cutpoint holds cut-offs also where a count falls out of
    line, unless text columns tell the rows apart.

    Parameters
    ----------
    studies
        Any rows.
    apart
        Further covariates whose values tell tests or patients apart, such as the column of tests of
        a comparison.
    """
    own = {normalise(name): name for name in studies.covariates}
    named = [own[label] for label in CUTOFF_LABELS if label in own]
    other = [
        name
        for name, cells in studies.covariates.items()
        if name not in named
        and normalise(name) not in _NO_CUTOFFS
        and name not in apart
        and any(cell is not None for cell in cells)
        and all(isinstance(cell, int | float | None) for cell in cells)
    ]
    found: list[Cutoffs] = []
    taken: set[int] = set()
    for column in (*named, *other):
        for every in _groups(studies, column, apart):
            group = _same_people(studies, every, both=column not in named)
            if not taken.intersection(group) and _are_cutoffs(studies, column, group, named):
                values = tuple(number_text(studies.covariates[column][row]) for row in group)
                found.append(Cutoffs(studies.study[group[0]], column, tuple(group), values))
                taken.update(group)
    return tuple(sorted(found, key=lambda cutoffs: cutoffs.rows[0]))


def refuse_cutoffs(studies: AccuracyStudies, model: str, apart: Collection[str] = ()) -> None:
    """Refuse cut-offs of the same patients, for a model that has no place for them.

    Raises
    ------
    TableError
        Naming the studies and their rows, and what is allowed.
    """
    found = cutoffs_of_the_same_patients(studies, apart)
    if not found:
        return
    named = [f"{item.study}: {listed(list(item.values), 6)}" for item in found]
    column = found[0].column
    rows = "; ".join(named[:_MOST_STUDIES])
    rest = len(named) - _MOST_STUDIES
    rows += f"; and {rest} more" if rest > 0 else ""
    count = len({item.study for item in found})
    rule = (
        f"rows of {count} {'study' if count == 1 else 'studies'} are cut-offs of the same patients "
        f"({rows}), which the {model} would count as different patients"
    )
    allowed = (
        "the model of several cut-offs takes them (--model thresholds, or the class Thresholds); "
        "allowed here is one cut-off per study, chosen by "
        f"studies.where({column!r}, value) or --where {column}=VALUE, or by a column that marks "
        "one row of each study; rows of different patients are told apart by a column such as "
        "sample or site"
    )
    raise TableError([Problem(studies.file, None, column, rule, allowed)])


def _groups(studies: AccuracyStudies, column: str, apart: Collection[str]) -> list[list[int]]:
    """Rows of one study, test, reader and so on that have a value in the column, in its order."""
    keys = [
        name
        for name in studies.covariates
        if name != column
        and (name in apart or (normalise(name) in SECOND_LABELS
                               and normalise(name) not in CUTOFF_LABELS))
    ]  # fmt: skip
    cells = studies.covariates[column]
    by_key: dict[tuple[str, ...], list[int]] = {}
    for row, study in enumerate(studies.study):
        if cells[row] is not None:
            key = (study, *(number_text(studies.covariates[name][row]) for name in keys))
            by_key.setdefault(key, []).append(row)
    order = _numbers(cells)
    return [sorted(rows, key=lambda row: order[row]) for rows in by_key.values() if len(rows) > 1]


def _same_people(studies: AccuracyStudies, rows: list[int], *, both: bool) -> list[int]:
    """The most of these rows that share the size of a group that is not empty, or of both."""
    sizes = {row: (int(studies.n_diseased[row]), int(studies.n_healthy[row])) for row in rows}
    subsets: list[list[int]] = []
    for size in dict.fromkeys(sizes.values()):
        if both:
            subsets.append([row for row in rows if sizes[row] == size])
            continue
        subsets += [[row for row in rows if sizes[row][group] == size[group] > 0]
                    for group in (0, 1)]  # fmt: skip
    return max(subsets, key=len)


def _numbers(cells: Sequence[object]) -> list[float]:
    """The first number of every cell; infinite where there is none."""
    out = []
    for cell in cells:
        match = _NUMBER.search(number_text(cell))
        out.append(float(match[0].replace(",", ".")) if match else np.inf)
    return out


def _are_cutoffs(
    studies: AccuracyStudies, column: str, rows: list[int], named: Collection[str]
) -> bool:
    cells = [number_text(studies.covariates[column][row]) for row in rows]
    if len(rows) < 2 or len(set(cells)) < len(rows):
        return False
    in_line = _in_line(studies.tp[rows], studies.fp[rows])
    if column in named:
        return in_line or not _told_apart(studies, rows, column)
    needed = 2 if studies.row[rows[0]].endswith(f", {cells[0]}") else _FEW
    return in_line and len(rows) >= needed


def _in_line(tp: np.ndarray, fp: np.ndarray) -> bool:
    """Positives of both groups fall together, or rise together, and do not all stay."""
    steps = np.concatenate([np.diff(tp), np.diff(fp)])
    return bool((np.all(steps <= 0) or np.all(steps >= 0)) and np.any(steps != 0))


def _told_apart(studies: AccuracyStudies, rows: list[int], column: str) -> bool:
    """Whether another column of text is different in every row."""
    return any(
        len({number_text(cells[row]) for row in rows}) == len(rows)
        for name, cells in studies.covariates.items()
        if name != column and any(isinstance(cell, str) for cell in cells)
    )
