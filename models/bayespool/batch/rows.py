"""Rows of a plan that is a table or TOML: name, data, kind, and options as the command line's.

Columns beside ``name``, ``data`` and ``kind`` are options of ``bayespool accuracy`` and
``bayespool association``: ``measure``, ``model``, ``covariate``, ``priors``, ``engine``, ``seed``.
A cell holds several values between semicolons.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from bayespool.app.asked import ACCURACY, Asked
from bayespool.datasets import data_dir, dataset_names
from bayespool.decoded import decoded
from bayespool.studies.measures import MEASURES
from bayespool.studies.problems import Problem, TableError, printable
from bayespool.studies.sources import Content
from bayespool.studies.tables import read_table

ACCURACY_WORD = "accuracy"
KINDS = (ACCURACY_WORD, "association")
OWN = ("name", "data", "kind")
OPTIONS = tuple(item.name for item in fields(Asked) if item.name != "request")
HINTS = get_type_hints(Asked)
PAIRS = ("priors", "column_map")
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0", "")
OTHER_NAMES = {"prior": "priors", "map": "column_map", "keep_row": "keep_rows"}


@dataclass(frozen=True, eq=False)
class Row:
    """One row: where it stands, and what it says."""

    file: str
    number: int | None
    name: str
    data: str
    asked: Asked

    def place(self, folder: Path) -> Path:
        """The file of its table: beside the plan, or a data set's."""
        path = folder / self.data
        if not path.exists() and self.data in dataset_names():
            return data_dir() / f"{self.data}.csv"
        return path

    def problem(self, rule: str, allowed: str) -> Problem:
        """What is wrong with its table."""
        return Problem(self.file, self.number, "data", f"{printable(self.name)}: {rule}", allowed)


def planned_rows(content: Content, default: Asked) -> list[Row]:
    """Rows of a plan.

    Raises
    ------
    TableError
        A column that is no option, a value that is not allowed, or a name given twice.
    """
    is_toml = Path(content.file).suffix.lower() == ".toml"
    found = list(_of_toml(content) if is_toml else _of_table(content))
    rows, problems, names = [], [], dict[str, int | None]()
    for number, given in found:
        try:
            row = _row(content.file, number, given, default)
        except ValueError as error:
            problems.append(_refused(content.file, number, error))
            continue
        if row.name in names:
            rule = f"the name {printable(row.name)!r} is that of row {names[row.name]} too"
            allowed = "every analysis has a name of its own"
            problems.append(Problem(content.file, number, "name", rule, allowed))
        names[row.name] = number
        rows.append(row)
    if problems:
        raise TableError(problems)
    return rows


def _refused(file: str, number: int | None, error: ValueError) -> Problem:
    rule, _, allowed = str(error).partition("; ")
    return Problem(file, number, None, rule, allowed or f"allowed: {', '.join((*OWN, *OPTIONS))}")


def _of_table(content: Content) -> Iterator[tuple[int, dict[str, Any]]]:
    table = read_table(content)
    names = [_option(name) for name in table.columns]
    if "data" not in names:
        raise TableError([Problem(content.file, None, None, "a plan has a column data, and this "
                                  f"has none; {table.found}",
                                  f"allowed: {', '.join((*OWN, *OPTIONS))}")])  # fmt: skip
    for number, texts in zip(table.row_numbers, table.texts, strict=True):
        yield number, {n: text for n, text in zip(names, texts, strict=True) if text}


def _option(name: str) -> str:
    option = "_".join(name.replace("-", " ").replace("_", " ").casefold().split())
    return OTHER_NAMES.get(option, option)


def _of_toml(content: Content) -> Iterator[tuple[int, dict[str, Any]]]:
    def refuse(rule: str) -> TableError:
        allowed = "allowed: [[analysis]] tables, and [default] for what they share"
        return TableError([Problem(content.file, None, None, rule, allowed)])

    try:
        tree = tomllib.loads(content.content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(f"it is no TOML ({error})") from None
    unknown = sorted(set(tree) - {"analysis", "default"})
    if unknown:
        raise refuse(f"unknown {unknown[0]!r}")
    analyses: Any = tree.get("analysis", [])
    shared: Any = tree.get("default", {})
    if not (isinstance(analyses, list) and analyses and isinstance(shared, dict)):
        raise refuse("it has no [[analysis]]")
    for number, given in enumerate(analyses, start=1):
        if not isinstance(given, dict):
            raise refuse(f"analysis {number} is no table")
        yield number, {_option(str(k)): v for k, v in (shared | given).items()}


def _row(file: str, number: int, given: Mapping[str, Any], default: Asked) -> Row:
    unknown = sorted(set(given) - {*OWN, *OPTIONS})
    if unknown:
        raise ValueError(f"unknown column {unknown[0]!r}")
    data = given.get("data")
    if not isinstance(data, str):
        raise ValueError("data is missing; allowed: a file beside the plan, or a data set's name")
    name = str(given.get("name", Path(data).stem))
    options = {n: _value(n, given[n]) for n in OPTIONS if n in given}
    asked = _of_kind(replace(default, **options), given.get("kind"))
    says = Path(data).suffix.lower() in (".rm5", ".zip")  # a review says its measures itself
    if given.get("kind") == "association" and asked.measure is None and not says:
        raise ValueError(f"an association has a measure; allowed: {', '.join(MEASURES)}")
    return Row(file, number, name, data, asked)


def _of_kind(asked: Asked, kind: Any) -> Asked:
    """What is asked, once kind and measure go together."""
    if asked.measure and asked.measure not in MEASURES:
        raise ValueError(f"measure={asked.measure!r}; allowed: {', '.join(MEASURES)}")
    if kind is None:
        return asked
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}; allowed: {', '.join(KINDS)}")
    if kind == ACCURACY_WORD:
        if asked.measure:
            raise ValueError(f"measure={asked.measure!r} is of an association; allowed: none")
        return replace(asked, measure=ACCURACY)
    if asked.measure == ACCURACY:
        raise ValueError(f"an association has a measure; allowed: {', '.join(MEASURES)}")
    return asked


def _value(name: str, given: Any) -> Any:
    """A cell of a table as text, or a value of TOML, as the option's own type."""
    if name in PAIRS:
        return pairs(name, given)
    hint = HINTS[name]
    if isinstance(given, str):
        given = _of_text(name, given.strip(), hint)
    return decoded(given, hint, name)


def _of_text(name: str, text: str, hint: Any) -> Any:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if str in kinds:
        return text.casefold() if name == "measure" else text
    if bool in kinds:
        if text.casefold() not in (*TRUE, *FALSE):
            raise ValueError(f"{name}={text!r}; allowed: true, false")
        return text.casefold() in TRUE
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                raise ValueError(f"{name}={text!r}; allowed: a number") from None
    return [part.strip() for part in text.split(";") if part.strip()]


def pairs(name: str, given: Any) -> tuple[tuple[str, str], ...]:
    """``tau=HalfNormal(0.5); mu=Normal(0, 1)``, a list of such, or a TOML table."""
    if isinstance(given, dict):
        return tuple((str(k), str(v)) for k, v in given.items())
    texts = given if isinstance(given, list) else str(given).split(";")
    pairs = []
    for text in filter(None, (str(text).strip() for text in texts)):
        left, equals, right = (part.strip() for part in text.partition("="))
        if not (left and equals and right):
            raise ValueError(f"{name}={text!r}; allowed: NAME=VALUE, several between semicolons")
        pairs.append((left, right))
    return tuple(pairs)
