"""Who a row is: its study, and what tells the rows of one study apart."""

import re
import unicodedata
from collections import Counter
from itertools import combinations

from bayespool.studies.columns import Recognised
from bayespool.studies.limits import MOST_IN_LABEL, listed
from bayespool.studies.problems import Problem, located
from bayespool.studies.spellings import AUTHOR_LABELS, SECOND_LABELS
from bayespool.studies.tables import Table

_SECOND = (
    "give each row a second label in a column such as site, reader, test; or, if they are different"
    " studies, name them apart (2001a and 2001b)"
)
_MOST_TOGETHER = 12  # columns of which two or three together may tell rows apart
_BETWEEN = re.compile(r"[\s,;:.()\[\]_]+|(?<=\w)[-\u2010-\u2015](?=\w)|(?<=[^\W\d])(?=\d)")


def study_labels(
    table: Table, recognised: Recognised
) -> tuple[list[str], list[Problem], list[str]]:
    """The study of every row, what is wrong with it, and what is odd but allowed.

    "Study 1", "Study 2", ... without a label column. Where one author has rows of several years the
    labels are "Author Year". A study written in two ways that differ by case, spaces, punctuation
    or Unicode form alone is one study, named as in its first row, with a warning.
    """
    if recognised.study is None:
        return [f"Study {number}" for number in range(1, len(table.rows) + 1)], [], []
    name = table.columns[recognised.study]
    labels = [" ".join(text.split()) for text in table.text_column(recognised.study)]
    allowed = "every row names its study, also where the row above names the same"
    problems = [
        Problem(table.file, number, name, "the study label is blank", allowed)
        if not label
        else Problem(table.file, number, name, f"the study label has {len(label)} characters",
                     f"at most {MOST_IN_LABEL}")
        for number, label in zip(table.row_numbers, labels, strict=True)
        if not 0 < len(label) <= MOST_IN_LABEL
    ]  # fmt: skip
    if recognised.year is not None and table.names[recognised.study] in AUTHOR_LABELS:
        dated = list(zip(labels, table.text_column(recognised.year), strict=True))
        if len(set(dated)) > len(set(labels)):
            labels = [f"{label} {year}".strip() for label, year in dated]
    first: dict[str, int] = {}
    warnings = []
    for row, label in enumerate(labels):
        one = labels[first.setdefault(same_study(label), row)]
        if label != one:
            warnings.append(
                f"{located(table.file, table.row_numbers[row], name)}: {label!r} is read as the "
                f"study {one!r} of row {table.row_numbers[first[same_study(label)]]}"
            )
    return [labels[first[same_study(label)]] for label in labels], problems, warnings


def same_study(label: str) -> str:
    """A label without what differs between two ways to write one study."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    bare = re.sub("['\u2018\u2019`\"\u201c\u201d]", "", folded)
    return " ".join(filter(None, _BETWEEN.split(bare))) or folded


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
        marks = {
            row: tuple(" ".join(table.texts[row][index].split()) for index in columns)
            for row in several
        }
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
        *most, last = map(str, rows)
        rule = f"study {study!r} appears in rows {listed(most)} and {last}"
        at = recognised.study
        written = {} if at is None else {table.texts[row][at]: None for row in several
                                         if studies[row] == study}  # fmt: skip
        if len(written) > 1:
            rule += f", written {listed(list(written))}"
        problems.append(Problem(table.file, rows[1], column, rule, _SECOND))
    return list(studies), problems


def _candidates(table: Table, recognised: Recognised) -> list[tuple[int, ...]]:
    names = {index: table.names[index] for index in recognised.covariates}
    named = [index for second in SECOND_LABELS for index in names if names[index] == second]
    other = [
        index
        for index, name in names.items()
        if index not in named
        and index != recognised.year
        and name not in recognised.spellings
        and any(isinstance(value, str) for value in table.column(index))
    ]
    some = named[:_MOST_TOGETHER]
    together = [set_ for size in (2, 3) for set_ in combinations(some, size)]
    return [*((index,) for index in (*named, *other)), *together]


def _repeated_rows(table: Table) -> tuple[list[Problem], set[int]]:
    first: dict[tuple[str, ...], int] = {}
    problems: list[Problem] = []
    repeated: set[int] = set()
    for row, texts in enumerate(table.texts):
        if first.setdefault(texts, row) != row:
            rule = f"the row repeats row {table.row_numbers[first[texts]]} in every column"
            allowed = "delete it, or tell the two apart by their study or a second label"
            problems.append(Problem(table.file, table.row_numbers[row], None, rule, allowed))
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
