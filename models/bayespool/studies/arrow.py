"""Tables of other libraries, such as polars, DuckDB and Arrow itself, without loading any of them.

They hand their columns over by Arrow's PyCapsule interface (``__arrow_c_stream__``) or by the
interchange protocol of data frames (``__dataframe__``); pyarrow takes both.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from bayespool.studies.limits import MOST_ROWS
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.text import Records


@runtime_checkable
class ArrowStream(Protocol):
    """What gives its columns as a stream of Arrow: polars, pyarrow, DuckDB, ..."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule with the stream."""


@runtime_checkable
class Interchange(Protocol):
    """What gives its columns by the interchange protocol of data frames."""

    def __dataframe__(self, *arguments: Any, **options: Any) -> object:
        """The columns."""


ArrowLike = ArrowStream | Interchange


def of_arrow(file: str, source: ArrowLike) -> Records:
    """Records of a table of another library; the column names count as row 1.

    Raises
    ------
    TableError
        It is too large, or its columns cannot be handed over.
    """
    import pyarrow

    try:
        if isinstance(source, ArrowStream):
            table = _first_rows(pyarrow.RecordBatchReader.from_stream(source))
        else:
            from pyarrow.interchange import from_dataframe

            table = from_dataframe(source)
        return records_of(table)
    except (pyarrow.ArrowException, NotImplementedError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        rule = f"the {type(source).__name__} cannot be read by Arrow ({reason})"
        allowed = "allowed are columns of numbers and of text"
        raise TableError([Problem(file, None, None, rule, allowed)]) from error


def records_of(table: Any) -> Records:
    """Records of a table of pyarrow."""
    header = list(table.column_names)
    cells = [table.column(index).to_pylist() for index in range(len(header))]
    lines = enumerate(zip(*cells, strict=True), start=2)
    return Records([(1, header), *((number, list(row)) for number, row in lines)])


def _first_rows(stream: Any) -> Any:
    """The table of a stream, read until it is larger than a table may be."""
    import pyarrow

    batches, rows = [], 0
    for batch in stream:
        batches.append(batch)
        rows += batch.num_rows
        if rows > MOST_ROWS:
            break
    return pyarrow.Table.from_batches(batches, stream.schema).slice(0, MOST_ROWS + 1)
