"""A plan: which analyses there are, by a table or TOML of them, a folder, a review or a Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bayespool.app.asked import ACCURACY, Asked
from bayespool.batch.analysis import ALL, CHECKS, Analysis, keyed
from bayespool.batch.rows import ACCURACY_WORD, Row, pairs, planned_rows
from bayespool.fitting import DEFAULT_SEED
from bayespool.studies.cochrane.reading import read_outcomes
from bayespool.studies.limits import MOST_BYTES
from bayespool.studies.measures import MEASURES
from bayespool.studies.problems import Problem, TableError, located, printable
from bayespool.studies.sources import SUFFIXES, Content, Part
from bayespool.studies.text import Records

COLUMN = "analysis"  # of a Parquet of many tables, by default
REVIEWS = (".rm5", ".zip")
Wanted = tuple[str, Content | Part, Asked]
ALLOWED = (
    "allowed is a table (.csv, .tsv, .xlsx) or .toml of analyses with name and data, a folder of "
    "tables, a Cochrane review (.rm5, .zip), or a .parquet of many tables"
)


@dataclass(frozen=True, eq=False)
class Plan:
    """All analyses, each with a name of its own.

    Parameters
    ----------
    file
        What the plan was read from, without folders.
    analyses
        In the order of the plan.
    """

    file: str
    analyses: tuple[Analysis, ...]


def read_plan(
    source: str | Path, default: Asked | None = None, *, by: str = COLUMN, checks: str = ALL
) -> Plan:
    """Read a plan.

    Parameters
    ----------
    source : path
        A table or TOML file of analyses (`bayespool.batch.rows`), a folder of tables, a Cochrane
        review (every outcome of every comparison), or a Parquet file of many tables.
    default : Asked, optional
        What holds where the plan says nothing; a measure of None is found out from each table.
    by : str
        The column of a Parquet that names the analysis of every row.
    checks : {"all", "gates"}
        Every check of a report, or those alone that decide whether a computation may be used.

    Raises
    ------
    ValueError
        Other checks.
    TableError
        No plan, one that names a file that is not there, or two analyses with one name.
    """
    if checks not in CHECKS:
        raise ValueError(f"checks={checks!r}; allowed: {', '.join(CHECKS)}")
    path, asked = Path(source), default or Asked(measure=None)
    found = _of_folder(path, asked) if path.is_dir() else _of_file(path, asked, by)
    wanted = list(found)
    _check_names(path.name, wanted)
    return Plan(path.name or str(path), tuple(keyed(wanted, checks)))


def defaults(
    measure: str = "", *, model: str = "auto", prior: Sequence[str] = (), engine: str = "auto",
    seed: int | None = None,
) -> Asked:  # fmt: skip
    """What holds where a plan says nothing, from options of the command line.

    Raises
    ------
    ValueError
        A measure, prior, engine or seed that is none.
    """
    known = measure.strip().casefold()
    if known not in ("", ACCURACY_WORD, *MEASURES):
        raise ValueError(f"--measure {measure}; allowed: {', '.join((ACCURACY_WORD, *MEASURES))}")
    return Asked(
        measure={"": None, ACCURACY_WORD: ACCURACY}.get(known, known), model=model,
        priors=pairs("--prior", list(prior)), engine=engine,
        seed=DEFAULT_SEED if seed is None else seed,
    )  # fmt: skip


def _of_folder(path: Path, asked: Asked) -> Iterator[Wanted]:
    tables = sorted(item for item in path.iterdir() if item.suffix.lower() in SUFFIXES)
    if not tables:
        rule = "the folder holds no table"
        raise TableError([Problem(str(path), None, None, rule, f"allowed: {', '.join(SUFFIXES)}")])
    for item in tables:
        yield from _of_table(item.stem, content_of(item), asked)


def _of_file(path: Path, asked: Asked, by: str) -> Iterator[Wanted]:
    if path.suffix.lower() == ".parquet":
        from bayespool.batch.many_tables import tables_of

        yield from ((name, part, asked) for name, part in tables_of(path, by))
        return
    content = content_of(path, ALLOWED)
    outcomes = _outcomes(content) if path.suffix.lower() != ".toml" else None
    if outcomes is not None:
        yield from _of_outcomes("", content.file, outcomes, asked)
        return
    if path.suffix.lower() in REVIEWS:  # of test accuracy: one table
        yield path.stem, content, asked
        return
    rows = planned_rows(content, asked)
    problems, files = [], dict[Path, Content]()
    for row in rows:
        place = row.place(path.parent)
        if place not in files:
            try:
                files[place] = content_of(place)
            except TableError as error:
                problems.append(row.problem(str(error), "allowed: a file, or a data set's name"))
    if problems:
        raise TableError(problems)
    for row in rows:
        yield from _of_row(row, files[row.place(path.parent)])


def _of_row(row: Row, content: Content) -> Iterator[Wanted]:
    if row.asked.outcome is None and row.asked.comparison is None:
        yield from _of_table(row.name, content, row.asked)
    else:
        yield row.name, content, row.asked


def _of_table(name: str, content: Content, asked: Asked) -> Iterator[Wanted]:
    """One analysis, or all outcomes of a review under names of their own."""
    outcomes = _outcomes(content)
    if outcomes is None:
        yield name, content, asked
    else:
        yield from _of_outcomes(f"{name} ", content.file, outcomes, asked)


def _outcomes(content: Content) -> list[tuple[str, Records]] | None:
    suffix = Path(content.file).suffix.lower()
    if suffix not in (*REVIEWS, ".csv"):
        return None
    return read_outcomes(content.file, content.content, suffix)


def _of_outcomes(
    before: str, file: str, outcomes: list[tuple[str, Records]], asked: Asked
) -> Iterator[Wanted]:
    if not outcomes:
        rule = "the review has no outcome with studies in it"
        raise TableError([Problem(file, None, None, rule, "allowed: a review with outcomes")])
    by_measure = {measure: replace(asked, measure=measure) for measure in MEASURES}
    for number, records in outcomes:
        own = by_measure.get(records.measure, asked)  # what a review says comes first
        yield f"{before}{number}", Part(file, records), own


def content_of(path: Path, allowed: str = "") -> Content:
    """A file's name and bytes.

    Raises
    ------
    TableError
        There is no such file, or it is too large.
    """
    name = printable(path.name)
    ways = allowed or f"allowed files end in {', '.join(SUFFIXES)}"
    if not path.is_file():
        rule = f"there is no file {str(path)!r}"
        raise TableError([Problem(name, None, None, rule, ways)])
    if path.suffix.lower() not in (*SUFFIXES, ".toml"):
        rule = f"the file ending {path.suffix.lower()!r} is unknown"
        raise TableError([Problem(name, None, None, rule, ways)])
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        rule, most = "the file is too large", f"at most {MOST_BYTES // 2**20} MiB"
        raise TableError([Problem(name, None, None, rule, most)])
    return Content(path.name, content)


def _check_names(file: str, wanted: list[Wanted]) -> None:
    twice = [name for name, n in Counter(name for name, _, _ in wanted).items() if n > 1]
    if twice:
        rule = f"two analyses have the name {', '.join(map(repr, map(printable, twice[:5])))}"
        raise TableError([Problem(located(file, None, None), None, "name", rule,
                                  "every analysis has a name of its own")])  # fmt: skip
