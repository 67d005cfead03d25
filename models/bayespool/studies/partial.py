"""Evidence that is not a clean table: what a row states, and every table that it allows.

A column ``kind`` says what a row is; blank is a row as ever. Each statement becomes the set of
possible tables, or of intervals that its estimate lies in, with the probability of each design.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bayespool.studies.columns import find
from bayespool.studies.limits import LARGEST_COUNT, MOST_TABLES
from bayespool.studies.numbers import as_number
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import SECOND_LABELS, STUDY_LABELS, normalise
from bayespool.studies.tables import Table

PLAIN = ("", "counts", "effect", "effects")
EMPTY = "empty"


@dataclass(frozen=True)
class Partial:
    """What a row states, in the form that a likelihood is made of.

    Parameters
    ----------
    kind
        As the table names it: ``margin``, ``rates``, ``candidate``, ``marker``, ``censored``,
        ``margins``; or ``empty`` of counts that say nothing of the measure, such as 0/200 and
        0/100 of a ratio.
    says
        What is known, in words.
    tables
        Every possible table: hits and people of group 1, hits and people of group 2 (in accuracy:
        true positives, diseased, true negatives, healthy); of paired proportions see there.
    weights
        Probability of each table's design, or of the candidate.
    intervals
        (lower, upper, SE, weight) of the estimate on the scale of analysis; lower = upper where the
        estimate itself is possible.
    marker
        (separation in control SDs, case SD over control SD, standard error of the separation).
    """

    kind: str
    says: str
    tables: tuple[tuple[int, ...], ...] = ()
    weights: tuple[float, ...] = ()
    intervals: tuple[tuple[float, float, float, float], ...] = ()
    marker: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        """Lists, as a file holds them, become tuples."""
        for name in ("tables", "intervals"):
            object.__setattr__(self, name, tuple(tuple(x) for x in getattr(self, name)))
        object.__setattr__(self, "weights", tuple(self.weights))
        if self.marker is not None:
            object.__setattr__(self, "marker", tuple(self.marker))

    @property
    def empty(self) -> bool:
        """A full result that says nothing of the measure."""
        return self.kind == EMPTY

    @property
    def central(self) -> tuple[int, ...]:
        """The possible table nearest to the mean of all: what figures show, marked as such."""
        total = sum(self.weights)
        columns = list(zip(*self.tables, strict=True))
        mean = [
            sum(w * x for w, x in zip(self.weights, column, strict=True)) / total
            for column in columns
        ]
        return min(
            self.tables,
            key=lambda t: (sum((x - m) ** 2 for x, m in zip(t, mean, strict=True)), t),
        )


def too_many(tables: Sequence[object]) -> bool:
    """Whether a statement allows so many tables that it says next to nothing."""
    return len(tables) > MOST_TABLES


def as_partial(rows: Sequence[object]) -> tuple[Partial | None, ...]:
    """Statements as they are, or as a file holds them."""
    return tuple(Partial(**row) if isinstance(row, dict) else row for row in rows)  # type: ignore[misc]


@dataclass(frozen=True)
class Kinds:
    """A table with one row per result, and what each is.

    Parameters
    ----------
    table
        Candidates of one result stand as their first row.
    kinds
        One per row; ``""`` for a plain one.
    members
        The rows of the original that each row stands for.
    original
        The table as written.
    """

    table: Table
    kinds: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    original: Table

    @property
    def plain(self) -> list[int]:
        return [row for row, kind in enumerate(self.kinds) if not kind]


def read_kinds(table: Table, allowed: Collection[str]) -> Kinds:
    """What every row is; a column ``kind`` without any of the allowed words is a covariate.

    Raises
    ------
    TableError
        Some words are allowed and others not.
    """
    at = find(table, {"kind": ("kind",)})["kind"]
    words = [text.strip().casefold() for text in table.text_column(at[0])] if at else []
    n = len(table.rows)
    if not any(word in allowed for word in words):
        return Kinds(table, ("",) * n, tuple((row,) for row in range(n)), table)
    problems = [
        Problem(table.file, table.row_numbers[row], table.columns[at[0]], f"kind={word!r}",
                f"allowed is blank, {', '.join(sorted({*PLAIN[1:], *allowed}))}")
        for row, word in enumerate(words)
        if word not in allowed and word not in PLAIN
    ]  # fmt: skip
    if problems:
        raise TableError(problems)
    labels = {*STUDY_LABELS, *SECOND_LABELS, "year"}
    same = find(table, {name: (name,) for name in labels})
    keys = sorted(index for indices in same.values() for index in indices)
    groups: dict[tuple[object, ...], list[int]] = {}
    for row, word in enumerate(words):
        key: tuple[object, ...] = (row,)
        if word == "candidate":
            key = ("candidate", *(table.texts[row][index] for index in keys))
        groups.setdefault(key, []).append(row)
    members = tuple(tuple(rows) for rows in groups.values())
    first = [rows[0] for rows in members]
    kinds = tuple("" if words[row] in PLAIN else words[row] for row in first)
    return Kinds(table.take(first), kinds, members, table)


_WHOLE = re.compile(r"[0-9]{1,16}")


@dataclass
class RowReader:
    """Cells of one row by header, and the problems found in them."""

    table: Table
    row: int
    problems: list[Problem]

    def index(self, *headers: str) -> int | None:
        found = find(self.table, {"it": tuple(map(normalise, headers))})["it"]
        return found[0] if found else None

    def text(self, *headers: str) -> str:
        """The printed cell of the first of these headers that there is; "" for a blank."""
        index = self.index(*headers)
        if index is None or self.table.rows[self.row][index] is None:
            return ""
        return self.table.texts[self.row][index].strip()

    def header(self, *headers: str) -> str:
        """The column's own name, for messages."""
        index = self.index(*headers)
        return headers[0] if index is None else self.table.columns[index]

    def fault(self, header: str, rule: str, allowed: str) -> None:
        index = self.index(header)
        column = header if index is None else self.table.columns[index]
        number = self.table.row_numbers[self.row]
        self.problems.append(Problem(self.table.file, number, column, rule, allowed))

    def number(self, *headers: str) -> float | None:
        text, index = self.text(*headers), self.index(*headers)
        if not text or index is None:
            return None
        value = as_number(self.table.columns[index], self.table.rows[self.row][index], text)
        if not isinstance(value, float):
            self.fault(headers[0], *value)
            return None
        return value

    def count(self, *headers: str) -> int | None:
        """A whole number, 0 or more."""
        sizes = self.counts(*headers)
        if sizes is not None and len(sizes) > 1:
            self.fault(headers[0], f"{self.header(*headers)}={self.text(*headers)!r} is a range",
                       "one count")  # fmt: skip
            return None
        return None if sizes is None else sizes[0]

    def counts(self, *headers: str) -> range | None:
        """A whole number or a range of them, such as 9-10."""
        text = self.text(*headers).replace("\u2013", "-")
        if not text:
            return None
        low, dash, high = text.partition("-")
        ends = [part.strip() for part in ((low, high) if dash else (low, low))]
        whole = all(_WHOLE.fullmatch(part) for part in ends)
        if not whole or not int(ends[0]) <= int(ends[1]) <= LARGEST_COUNT:
            rule = f"{self.header(*headers)}={text[:24]!r} is neither a count nor a range"
            self.fault(headers[0], rule,
                       "a whole number, or two with a hyphen (9-10)")  # fmt: skip
            return None
        return range(int(ends[0]), int(ends[1]) + 1)

    def word(self, allowed: Collection[str], *headers: str) -> str:
        """One of the allowed words, or blank."""
        text = self.text(*headers).casefold()
        if text and text not in allowed:
            self.fault(
                headers[0], f"{headers[0]}={text[:24]!r}", f"allowed is blank, {', '.join(allowed)}"
            )
            return ""
        return text


def candidate_weights(kinds: Kinds, members: Sequence[int], problems: list[Problem]) -> list[float]:
    """Column ``weight`` of candidate rows, equal if all are blank, adding up to one."""
    out, blank = [], []
    for row in members:
        reader = RowReader(kinds.original, row, problems)
        weight = reader.number("weight")
        if weight is not None and weight <= 0:
            reader.fault("weight", f"weight={weight:g}", "a positive number, or blank for equal")
        out.append(1.0 if weight is None or weight <= 0 else weight)
        blank += [reader] if weight is None and not reader.text("weight") else []
    if 0 < len(blank) < len(members):
        blank[0].fault("weight", "weight is blank where other candidates have one",
                       "a weight for each of them, or for none (then they are equal)")  # fmt: skip
    if len(members) == 1:
        RowReader(kinds.original, members[0], problems).fault(
            "kind", "a single candidate", "two or more rows of one result, or kind blank"
        )
    total = sum(out)
    return [weight / total for weight in out]


def check_candidates(
    kinds: Kinds, members: Sequence[int], tables: Sequence[object], problems: list[Problem]
) -> None:
    """Report candidates that repeat one of several, which would count it twice."""
    if len(set(tables)) == 1:  # all agree: they are that table
        return
    for place, table in enumerate(tables):
        first = tables.index(table)
        if first != place:
            number = kinds.original.row_numbers[members[first]]
            RowReader(kinds.original, members[place], problems).fault(
                "kind", f"the candidate repeats that of row {number}",
                "every candidate once, with a weight if one is likelier",
            )  # fmt: skip
