"""Cut-offs of one marker in the same patients: their order, their direction, and what is wrong.

A study may have any number of cut-offs. Its rows are the same patients, so that group sizes agree
and the positives fall, or rise, from one cut-off to the next.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bayespool.studies.cells import number_text
from bayespool.studies.limits import listed
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import CUTOFF_LABELS, normalise

if TYPE_CHECKING:
    from bayespool.studies.accuracy import AccuracyStudies

Array = np.ndarray
DIRECTIONS = ("above", "below")
_CELL = re.compile(r"(?:[<>=≤≥]+\s*)?([-+−]?[0-9]+(?:[.,][0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*(\D*)")
_GROUPS = (("tp", "fn", "with the condition"), ("fp", "tn", "without the condition"))


@dataclass(frozen=True, eq=False)
class Ladders:
    """The cut-offs of every row, and which rows are neighbours.

    Parameters
    ----------
    column : str
        The covariate that holds the cut-offs.
    cutoffs : array, shape (n_rows,)
    positive : {"above", "below"}
        Where a result is positive.
    easier : array of int, shape (n_rows, 2)
        Row of the next cut-off of the same patients at which right results are more frequent, of
        patients with and without the condition; -1 where there is none.
    """

    column: str
    cutoffs: Array
    positive: str
    easier: Array

    @property
    def values(self) -> Array:
        """Every cut-off once, increasing."""
        return np.unique(self.cutoffs)

    def usual(self) -> float:
        """The cut-off with most rows; of several the one nearest the median of all rows."""
        values, counts = np.unique(self.cutoffs, return_counts=True)
        most = values[counts == counts.max()]
        return float(most[np.argmin(np.abs(most - np.median(self.cutoffs)))])


def ladders(studies: "AccuracyStudies", column: str = "", positive: str = "") -> Ladders:
    """The cut-offs of a table.

    Parameters
    ----------
    studies
    column
        Which covariate holds them; by default the one called threshold, cutoff or cutpoint.
    positive : {"", "above", "below"}
        Where a result is positive; by default as the counts say.

    Raises
    ------
    TableError
        With every problem: no such column, cut-offs that are missing or no numbers, groups that
        differ in size, positives that do not fall in line.
    """
    name = _column(studies, column)
    cutoffs = _numbers(studies, name)
    problems = _sizes(studies, name, cutoffs)
    if problems:
        raise TableError(problems)
    positive = positive or _direction(studies, name, cutoffs)
    below = positive == "below"
    order = np.lexsort((-cutoffs if below else cutoffs, _numbered(studies)))
    easier = np.full((len(studies), 2), -1)
    for group in (0, 1):
        # right results: true positives at lax cut-offs, true negatives at strict ones
        rows = order if group == 0 else order[::-1]
        people = (studies.n_diseased, studies.n_healthy)[group]
        rows = rows[people[rows] > 0]
        for last, row in pairwise(rows):
            if studies.study[last] == studies.study[row]:
                easier[row, group] = last
    problems = _out_of_line(studies, name, positive, easier, cutoffs)
    if problems:
        raise TableError(problems)
    return Ladders(name, cutoffs, positive, easier)


def _numbered(studies: "AccuracyStudies") -> Array:
    place = {study: i for i, study in enumerate(dict.fromkeys(studies.study))}
    return np.array([place[study] for study in studies.study])


def _column(studies: "AccuracyStudies", column: str) -> str:
    if column:
        if column in studies.covariates:
            return column
        found = [name for name in studies.covariates if normalise(name) == normalise(column)]
        if found:
            return found[0]
    else:
        own = {normalise(name): name for name in studies.covariates}
        for label in CUTOFF_LABELS:
            if label in own:
                return own[label]
    rule = f"there is no column {column!r}" if column else "there is no column of cut-offs"
    allowed = "a column threshold, cutoff or cutpoint with the cut-off of every row"
    raise TableError([Problem(studies.file, None, column or None, rule, allowed)])


def _numbers(studies: "AccuracyStudies", column: str) -> Array:
    """The cut-offs as numbers; a sign before them and one unit behind are allowed."""
    out = np.full(len(studies), np.nan)
    units: dict[str, str] = {}
    problems = []
    for row, cell in enumerate(studies.covariates[column]):
        text = " ".join(number_text(cell).split())
        match = _CELL.fullmatch(text)
        if match is None:
            rule = f"{studies.row[row]}: " + (
                f"the cut-off {text!r} is not one number" if text else "the cut-off is missing"
            )
            problems.append(Problem(studies.file, None, column, rule,
                                    "one number in every row, such as 20"))  # fmt: skip
            continue
        out[row] = float(match[1].replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        units.setdefault(match[2].strip(), studies.row[row])
    named = [unit for unit in units if unit]
    if len(named) > 1:
        rule = f"cut-offs in different units: {listed(named)}"
        problems.append(Problem(studies.file, None, column, rule, "one unit in all rows"))
    if problems:
        raise TableError(problems)
    return out


def _sizes(studies: "AccuracyStudies", column: str, cutoffs: Array) -> list[Problem]:
    """Rows of one study with the same cut-off, or with another number of patients."""
    problems = []
    for study in dict.fromkeys(studies.study):
        rows = [row for row in range(len(studies)) if studies.study[row] == study]
        first: dict[float, int] = {}
        for row in rows:
            if first.setdefault(float(cutoffs[row]), row) != row:
                rule = f"{study}: the cut-off {cutoffs[row]:g} is in several rows"
                problems.append(Problem(studies.file, None, column, rule, _APART))
        for (right, wrong, words), people in zip(
            _GROUPS, (studies.n_diseased, studies.n_healthy), strict=True
        ):
            sizes = {int(people[row]): row for row in reversed(rows) if people[row] > 0}
            if len(sizes) > 1:
                named = [f"{n} at {cutoffs[row]:g}" for n, row in sizes.items()][::-1]
                rule = f"{study}: {right} + {wrong} differs between cut-offs: {listed(named)}"
                allowed = f"all cut-offs of a study are of the same patients {words}; {_APART}"
                problems.append(Problem(studies.file, None, right, rule, allowed))
    return problems


_APART = "rows of different patients are named apart as studies"


def _direction(studies: "AccuracyStudies", column: str, cutoffs: Array) -> str:
    """Where results are positive: what most steps from one cut-off to the next say."""
    number, rises, falls = _numbered(studies), 0, 0
    order = np.lexsort((cutoffs, number))
    for counts, people in ((studies.tp, studies.n_diseased), (studies.fp, studies.n_healthy)):
        rows = order[people[order] > 0]
        step = np.diff(counts[rows])[np.diff(number[rows]) == 0]
        rises, falls = rises + int((step > 0).sum()), falls + int((step < 0).sum())
    if rises == falls:
        rule = (
            "the counts do not tell whether a result is positive above or below its cut-off"
            if rises
            else "no study has counts at several cut-offs, which would tell whether a result is "
            "positive above or below its cut-off"
        )
        allowed = "positive='above' or positive='below', on the command line --positive above"
        raise TableError([Problem(studies.file, None, column, rule, allowed)])
    return "below" if rises > falls else "above"


def _out_of_line(
    studies: "AccuracyStudies", column: str, positive: str, easier: Array, cutoffs: Array
) -> list[Problem]:
    """Steps to a stricter cut-off at which right results become more frequent."""
    problems = []
    for group, (name, positives) in enumerate((("tp", studies.tp), ("fp", studies.fp))):
        rarer = 1 if group == 0 else -1
        for row in np.flatnonzero(easier[:, group] >= 0):
            last = easier[row, group]
            if rarer * (positives[row] - positives[last]) > 0:
                at, to = sorted((last, row), key=lambda r: float(cutoffs[r]))
                rule = (
                    f"{studies.study[row]}: {name} is {positives[at]} at {cutoffs[at]:g} and "
                    f"{positives[to]} at {cutoffs[to]:g}"
                )
                allowed = (
                    f"{name} that {'falls' if positive == 'above' else 'rises'} or stays as the "
                    f"cut-off rises, where a result is positive {positive} it"
                )
                problems.append(Problem(studies.file, None, name, rule, allowed))
    return problems
