"""Who a row is: its study, and what tells the rows of one study apart."""

from collections import Counter
from itertools import combinations

from bayespool.studies.columns import Recognised
from bayespool.studies.problems import Problem
from bayespool.studies.spellings import AUTHOR_LABELS, SECOND_LABELS, normalise
from bayespool.studies.tables import Table

_SECOND = "give each row a second label in a column such as site, reader, test"


def study_labels(table: Table, recognised: Recognised) -> tuple[list[str], list[Problem]]:
    """The study of every row.

    "Study 1", "Study 2", ... without a label column. Where one author has rows of several years the
    labels are "Author Year".
    """
    if recognised.study is None:
        return [f"Study {number}" for number in range(1, len(table.rows) + 1)], []
    name = table.columns[recognised.study]
    labels = list(table.text_column(recognised.study))
    legal = "every row names its study, also where the row above names the same"
    problems = [
        Problem(table.file, number, name, "the study label is blank", legal)
        for number, label in zip(table.row_numbers, labels, strict=True)
        if not label
    ]
    if recognised.year is not None and normalise(name) in AUTHOR_LABELS:
        dated = list(zip(labels, table.text_column(recognised.year), strict=True))
        if len(set(dated)) > len(set(labels)):
            labels = [f"{label} {year}".strip() for label, year in dated]
    return labels, problems


def row_labels(
    table: Table, recognised: Recognised, studies: list[str]
) -> tuple[list[str], list[Problem]]:
    """A unique label for every row: the study, and its second label where it has several rows.

    The second label is the first single column that tells the rows of every such study apart: the
    named ones in order, then any other text column; failing these, two or three named columns
    together (reader and test).
    """
    problems, repeated = _repeated_rows(table)
    kept = [row for row in range(len(studies)) if row not in repeated]
    sizes = Counter(studies[row] for row in kept)
    several = [row for row in kept if sizes[studies[row]] > 1]
    if not several:
        return _checked(table, list(studies), repeated, problems)
    for columns in _candidates(table, recognised):
        marks = {row: tuple(table.texts[row][index] for index in columns) for row in several}
        distinct = len({(studies[row], mark) for row, mark in marks.items()}) == len(several)
        if distinct and all(all(mark) for mark in marks.values()):
            labels = [
                ", ".join((study, *marks[row])) if row in marks else study
                for row, study in enumerate(studies)
            ]
            return _checked(table, labels, repeated, problems)
    column = None if recognised.study is None else table.columns[recognised.study]
    for study in dict.fromkeys(studies[row] for row in several):
        rows = [table.row_numbers[row] for row in several if studies[row] == study]
        listed = ", ".join(map(str, rows[:-1])) + f" and {rows[-1]}"
        rule = f"study {study!r} appears in rows {listed}"
        problems.append(Problem(table.file, rows[1], column, rule, _SECOND))
    return list(studies), problems


def _candidates(table: Table, recognised: Recognised) -> list[tuple[int, ...]]:
    names = {index: normalise(table.columns[index]) for index in recognised.covariates}
    named = [index for second in SECOND_LABELS for index in names if names[index] == second]
    other = [
        index
        for index, name in names.items()
        if index not in named
        and index != recognised.year
        and name not in recognised.spellings
        and any(isinstance(value, str) for value in table.column(index))
    ]
    together = [set_ for size in (2, 3) for set_ in combinations(named, size)]
    return [*((index,) for index in (*named, *other)), *together]


def _repeated_rows(table: Table) -> tuple[list[Problem], set[int]]:
    first: dict[tuple[str, ...], int] = {}
    problems: list[Problem] = []
    repeated: set[int] = set()
    for row, texts in enumerate(table.texts):
        if first.setdefault(texts, row) != row:
            rule = f"the row repeats row {table.row_numbers[first[texts]]} in every column"
            legal = "delete it, or tell the two apart by their study or a second label"
            problems.append(Problem(table.file, table.row_numbers[row], None, rule, legal))
            repeated.add(row)
    return problems, repeated


def _checked(
    table: Table, labels: list[str], repeated: set[int], problems: list[Problem]
) -> tuple[list[str], list[Problem]]:
    """Two rows may still share a label, as "A, b" and study "A" with second label "b" do."""
    seen: dict[str, int] = {}
    for row, label in enumerate(labels):
        if row not in repeated and seen.setdefault(label, row) != row:
            rule = f"the label {label!r} is also that of row {table.row_numbers[seen[label]]}"
            problems.append(Problem(table.file, table.row_numbers[row], None, rule, _SECOND))
    return labels, problems
