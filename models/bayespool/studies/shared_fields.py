"""What every shape reads alike: labels, covariates, rows that are no study, warnings."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bayespool.studies.columns import Recognised
from bayespool.studies.labels import row_labels, study_labels
from bayespool.studies.limits import MOST_PROBLEMS
from bayespool.studies.no_study import totals_by_counts, totals_by_label
from bayespool.studies.numbers import beyond
from bayespool.studies.problems import Problem, TableError, located, printable
from bayespool.studies.tables import IN_MEMORY, Table


def shared_fields(
    table: Table,
    recognised: Recognised,
    name: str | None,
    problems: Sequence[Problem],
    counts: Mapping[int, tuple[int, ...]] | None = None,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """The fields that every shape has, once nothing is wrong with the table.

    Parameters
    ----------
    table, recognised
        The table, and where its columns are.
    name
        Short name; the file's stem if None.
    problems, warnings
        What is wrong, and what is odd but allowed, by what has been read.
    counts
        The counts of the rows that have them all, by row.

    Raises
    ------
    TableError
        With every problem, also those of columns, labels and rows that are no study.
    """
    studies, study_problems, of_labels = study_labels(table, recognised)
    rows, row_problems = row_labels(table, recognised, studies)
    no_studies = totals_by_label(table, recognised.study, studies)
    sums, of_counts = totals_by_counts(table, studies, counts or {})
    named = {problem.row for problem in no_studies}
    no_studies += [problem for problem in sums if problem.row not in named]
    headers = {index: table.columns[index] for index in recognised.covariates}
    if recognised.year is not None:
        headers[recognised.year] = "year"
    columns = {header: table.column(index) for index, header in headers.items()}
    skipped = {problem.row for problem in no_studies}
    found = [*recognised.problems, *problems, *study_problems, *row_problems, *no_studies]
    found += _beyond(table, headers)
    found = [p for p in found if p.row is None or p.row not in skipped or p in no_studies]
    if found:
        raise TableError(dict.fromkeys(found))
    return {
        "name": name or _name(table),
        "study": tuple(studies),
        "row": tuple(rows),
        "covariates": columns,
        "file": table.file,
        "sha256": table.sha256,
        "warnings": shortened(
            [*table.warnings, *of_labels, *of_counts, *warnings, *_nearly_numbers(table, headers)]
        ),
    }


def _name(table: Table) -> str:
    """The file's stem, and which part of it where it has several."""
    stem = "table" if table.file == IN_MEMORY else Path(table.file).stem
    return f"{stem}_{table.part}" if table.part else stem


def _nearly_numbers(table: Table, headers: Iterable[int]) -> list[str]:
    """Covariates that are categories because of one cell in five or fewer that is no number."""
    warnings = []
    for index in headers:
        filled = [row for row in range(len(table.rows)) if table.rows[row][index] is not None]
        words = [row for row in filled if isinstance(table.rows[row][index], str)]
        if 0 < 5 * len(words) <= len(filled):
            at, text = table.row_numbers[words[0]], table.texts[words[0]][index]
            warnings.append(
                f"{located(table.file, at, table.columns[index])}: {text!r} is text among numbers, "
                "so that the column is a category; blank or NA is allowed where not known"
            )
    return warnings


def shortened(warnings: Sequence[str]) -> tuple[str, ...]:
    """At most so many warnings, printable, and the number of the rest."""
    out = [printable(text) for text in dict.fromkeys(warnings)]
    rest = len(out) - MOST_PROBLEMS
    return (*out[:MOST_PROBLEMS], *([f"and {rest} more warnings"] if rest > 0 else []))


def _beyond(table: Table, headers: Mapping[int, str]) -> list[Problem]:
    """Numbers of covariates that arithmetic does not carry."""
    problems = []
    for index in headers:
        for row, value in enumerate(table.column(index)):
            if isinstance(value, int | float) and (
                fault := beyond(table.columns[index], value, table.texts[row][index][:24])
            ):
                problems.append(Problem(table.file, table.row_numbers[row], table.columns[index],
                                        *fault))  # fmt: skip
    return problems
