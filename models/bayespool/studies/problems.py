"""What is wrong with a table: one record per problem, one exception that carries all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from bayespool.studies.limits import LONGEST_MESSAGE, MOST_PROBLEMS


def printable(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Text for one line of a screen: what does not print as its escape, the middle cut if long."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(plain) <= longest:
        return plain
    half = (longest - 5) // 2
    return f"{plain[:half]} ... {plain[-half:]}"


def located(file: str, row: int | None, column: str | None) -> str:
    """Where something is, as messages begin."""
    at = "" if row is None else f" row {row}"
    return f"{file}{at}" + ("" if column is None else f", column {column}")


@dataclass(frozen=True)
class Problem:
    """One fault of a table, said so that its owner can mend it.

    Parameters
    ----------
    file
        File name, without folders; ``<table>`` for a table that was passed in memory.
    row
        Row as a spreadsheet numbers it, or None when the fault is not in one row.
    column
        Column header as the file writes it, or None when the fault is not in one column.
    rule
        What is wrong, with the offending values.
    allowed
        What would be accepted instead.

    Examples
    --------
    >>> print(Problem("cidp.csv", 7, "tp", "tp=12 exceeds n1=10", "counts need 0 <= tp <= n1"))
    cidp.csv row 7, column tp: tp=12 exceeds n1=10; counts need 0 <= tp <= n1
    """

    file: str
    row: int | None
    column: str | None
    rule: str
    allowed: str

    def __str__(self) -> str:
        return printable(
            f"{located(self.file, self.row, self.column)}: {printable(self.rule)}; {self.allowed}",
            2 * LONGEST_MESSAGE,
        )


class TableError(ValueError):
    """A table cannot be used; ``problems`` holds every reason found, by row.

    Parameters
    ----------
    problems
        At least one `Problem`. Faults of the whole table come first, then row by row.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.row or 0))
        if not self.problems:
            raise ValueError("a TableError needs at least one Problem")
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        if len(self.problems) > 1:
            lines.insert(0, f"{printable(self.problems[0].file)}: {len(self.problems)} problems")
        if len(self.problems) > MOST_PROBLEMS:
            lines.append(f"and {len(self.problems) - MOST_PROBLEMS} more problems")
        return "\n".join(lines)
