"""From a Cochrane file to the records of one of its analyses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bayespool.studies.cochrane.exports import is_export, read_export
from bayespool.studies.cochrane.package import read_package
from bayespool.studies.cochrane.review import Analysis, Review, as_rows, choose
from bayespool.studies.cochrane.rm5 import read_rm5
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.text import Records, read_text

SUFFIXES = (".rm5", ".zip")


@dataclass(frozen=True)
class Choice:
    """Which analysis of a review is meant, by number or name; None where it is not said."""

    comparison: str | None = None
    outcome: str | None = None

    @property
    def given(self) -> str:
        """The first option that is given, for messages; "" if none is."""
        return next((name for name, value in vars(self).items() if value is not None), "")


def read_cochrane(
    file: str, content: bytes, suffix: str, choice: Choice, also: Collection[str] = ()
) -> Records:
    """Records of the chosen analysis of a RevMan 5 file or a data package.

    Raises
    ------
    TableError
        It is none, or no single analysis is meant.
    """
    if suffix == ".rm5":
        return _chosen(read_rm5(file, content), choice)
    found = read_package(file, content, also)
    if isinstance(found, Review):
        return _chosen(found, choice)
    records, judgements = found
    refuse_choice(file, choice)
    return _judged(records, judgements)


def read_outcomes(file: str, content: bytes, suffix: str) -> list[tuple[str, Records]] | None:
    """Every outcome of a Cochrane file, by its number; None for one that holds a single table.

    An outcome without an estimable study has a header and no rows.

    Raises
    ------
    TableError
        It cannot be read.
    """
    if suffix == ".rm5":
        review = read_rm5(file, content)
    elif suffix == ".zip":
        found = read_package(file, content)
        if not isinstance(found, Review):
            return None
        review = found
    else:
        records = read_text(file, content)
        if not is_export(records.rows):
            return None
        review = read_export(file, records.rows, decimal_comma=records.decimal_comma)
    return [(one.number, _records(one, review)) for one in review.analyses]


def read_delimited(
    file: str, content: bytes, choice: Choice, also: Collection[str] = ()
) -> Records:
    """Records of a text file: of the chosen analysis if RevMan wrote it, else as they are.

    Raises
    ------
    TableError
        It is no table, or no single analysis is meant.
    """
    records = read_text(file, content, also)
    if is_export(records.rows):
        found = read_export(file, records.rows, decimal_comma=records.decimal_comma)
        chosen = _chosen(found, choice)
        return replace(chosen, warnings=records.warnings + chosen.warnings)
    refuse_choice(file, choice)
    return records


def refuse_choice(file: str, choice: Choice) -> None:
    """Refuse a comparison or an outcome where a file has none.

    Raises
    ------
    TableError
        One is asked for.
    """
    if choice.given:
        rule = f"the file has no {choice.given}s"
        allowed = f"--{choice.given} is of a RevMan file (.rm5, .zip, or CSV as RevMan exports it)"
        raise TableError([Problem(file, None, None, rule, allowed)])


def _chosen(review: Review, choice: Choice) -> Records:
    analysis = choose(review, choice.comparison, choice.outcome)
    records = _records(analysis, review)
    if len(records.rows) < 2:
        rule = f"no study of outcome {analysis.number} has an estimate"
        raise TableError([Problem(review.file, None, None, rule, "an outcome with studies")])
    return records


def _records(analysis: Analysis, review: Review) -> Records:
    rows, warnings = as_rows(analysis, review.judgements)
    return Records(rows, warnings=warnings, measure=analysis.measure, part=analysis.number)


def _judged(records: Records, judgements: Mapping[str, Mapping[str, str]]) -> Records:
    """Records with a column for each domain, where the first column that holds studies is known."""
    header = [str(cell).strip() for cell in records.rows[0][1]]
    at = next((place for place, name in enumerate(header) if "study" in name.casefold()), None)
    if at is None or not judgements:
        return records
    named: list[object] = [*header, *(f"Risk of bias: {d}" for d in judgements)]
    rows = [(records.rows[0][0], named)]
    for number, cells in records.rows[1:]:
        told: list[object] = [
            cells_of.get(str(cells[at]).strip()) for cells_of in judgements.values()
        ]
        rows.append((number, [*cells, *told]))
    return replace(records, rows=rows)
