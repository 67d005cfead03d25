"""A Parquet file of many tables: a column names the analysis that every row is of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bayespool.studies.problems import Problem, TableError, printable
from bayespool.studies.sources import Part
from bayespool.studies.text import Record, Records


def tables_of(path: Path, by: str) -> Iterator[tuple[str, Part]]:
    """Name and rows of every analysis, in the order in which the names first come.

    Rows are numbered as in the file, whose column names count as row 1. A column that is blank in
    all rows of an analysis is left out of it.

    Raises
    ------
    TableError
        No Parquet file, no such column, or a row without a name.
    """
    import pyarrow
    import pyarrow.parquet

    file = printable(path.name)

    def refuse(rule: str, allowed: str, row: int | None = None) -> TableError:
        return TableError([Problem(file, row, None if row is None else by, rule, allowed)])

    if not path.is_file():
        raise refuse(f"there is no file {str(path)!r}", "allowed: a table written as Parquet")
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        rule = f"the file is no readable Parquet file ({reason})"
        raise refuse(rule, "allowed is a table written as Parquet") from None
    columns: list[str] = table.column_names
    if by not in columns:
        rule = f"no column {by!r} names the analysis of every row; there are {', '.join(columns)}"
        raise refuse(rule, "allowed: --by COLUMN with one of these")
    names = table.column(by).to_pylist()
    rest = [column for column in columns if column != by]
    cells = [table.column(column).to_pylist() for column in rest]
    found: dict[str, list[Record]] = {}
    for number, (name, *values) in enumerate(zip(names, *cells, strict=True), start=2):
        if name is None or not str(name).strip():
            raise refuse("the row names no analysis", "a name in every row", number)
        found.setdefault(str(name), []).append((number, values))
    for name, rows in found.items():
        yield name, Part(file, Records(_of_own(rest, rows)))


def _of_own(columns: list[str], rows: list[Record]) -> list[Record]:
    """Header and rows, without the columns that these rows leave blank."""
    kept = [i for i in range(len(columns)) if any(cells[i] is not None for _, cells in rows)]
    if len(kept) == len(columns):
        return [(1, list(columns)), *rows]
    header: list[object] = [columns[i] for i in kept]
    return [(1, header), *((n, [cells[i] for i in kept]) for n, cells in rows)]
