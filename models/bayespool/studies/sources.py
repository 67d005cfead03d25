"""Where a table comes from: a file that may be opened, a data frame, a mapping of columns."""

import hashlib
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bayespool.studies.arrow import ArrowStream, Interchange, of_arrow
from bayespool.studies.cochrane.reading import (
    SUFFIXES as OF_COCHRANE,
)
from bayespool.studies.cochrane.reading import (
    Choice,
    read_cochrane,
    read_delimited,
    refuse_choice,
)
from bayespool.studies.limits import MOST_BYTES, MOST_IN_LABEL
from bayespool.studies.problems import Problem, TableError, printable
from bayespool.studies.text import Records
from bayespool.studies.workbooks import read_parquet, read_xlsx

ANY = Choice()
IN_MEMORY = "<table>"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", *OF_COCHRANE)
ENDINGS = f"allowed files end in {', '.join(SUFFIXES)}"


@dataclass(frozen=True)
class Content:
    """A file that is no file here: its name, without folders, and its bytes."""

    file: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", printable(Path(self.file).name, MOST_IN_LABEL))

    @property
    def sha256(self) -> str:
        """Of the bytes, as of a file."""
        return _sha256(self.content)


@dataclass(frozen=True)
class Part:
    """One table of a file that holds several: its records, apart from the rest.

    Parameters
    ----------
    file
        Name of the file, without folders.
    records
        Of the part.
    """

    file: str
    records: Records = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the part alone: another part of the file may change."""
        records = self.records
        cells = [list(cells) for _, cells in records.rows]
        return _sha256(repr((cells, records.decimal_comma, records.measure)).encode())


class DataFrameLike(Protocol):
    """What is asked of a pandas DataFrame, so that pandas need not be imported."""

    @property
    def iloc(self) -> Any:
        """Rows by their places, which data frames of other libraries do not have."""

    def to_dict(self, orient: Any) -> Any:
        """``to_dict("split")`` gives the rows under ``"data"``."""


def of_file(
    path: Path, sheet: str | None, also: Collection[str], choice: Choice = ANY
) -> tuple[str, Records, str]:
    """Printable name, records and SHA-256 of a file.

    Parameters
    ----------
    path
        Of a regular file that is not too large.
    sheet
        Of a workbook; None is its first.
    also
        Column names that a header is known by beside ours, normalised.
    choice
        The analysis of a review that is meant.

    Raises
    ------
    TableError
        It cannot be read, or is no table.
    """
    file = printable(path.name, MOST_IN_LABEL)

    def refuse(rule: str) -> TableError:
        return TableError([Problem(file, None, None, rule, ENDINGS)])

    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise refuse(f"{str(path)!r} is a folder")
        if path.suffix.lower() not in SUFFIXES:
            raise refuse(f"the file ending {path.suffix.lower()!r} is unknown")
        if not stat.S_ISREG(about.st_mode):
            raise refuse(f"{str(path)!r} is no regular file")
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise refuse(f"there is no file {str(path)!r}") from error
    except OSError as error:
        raise refuse(f"the file cannot be read ({error.strerror})") from error
    return file, of_content(Content(file, content), sheet, also, choice), _sha256(content)


def of_content(
    source: Content, sheet: str | None, also: Collection[str], choice: Choice = ANY
) -> Records:
    """Records of what is in a file, which the ending of its name tells the form of; see `of_file`.

    Raises
    ------
    TableError
        It cannot be read, or is no table.
    """
    file, content, suffix = source.file, source.content, Path(source.file).suffix.lower()

    def refuse(rule: str, allowed: str) -> TableError:
        return TableError([Problem(file, None, None, rule, allowed)])

    if suffix not in SUFFIXES:
        raise refuse(f"the file ending {suffix!r} is unknown", ENDINGS)
    if not content:
        raise refuse("the file is empty", ENDINGS)
    if len(content) > MOST_BYTES:
        raise refuse("the file is too large", f"at most {MOST_BYTES // 2**20} MiB")
    if sheet is not None and suffix != ".xlsx":
        raise refuse(f"the file has no sheet {sheet!r}", "a sheet is of an .xlsx workbook")
    if suffix in OF_COCHRANE:
        return read_cochrane(file, content, suffix, choice, also)
    if suffix not in (".xlsx", ".parquet"):
        return read_delimited(file, content, choice, also)
    refuse_choice(file, choice)
    return (
        read_xlsx(file, content, sheet, also) if suffix == ".xlsx" else read_parquet(file, content)
    )


def of_memory(source: Any) -> Records:
    """Records of a data frame or a mapping of columns; the header counts as row 1."""
    if hasattr(source, "iloc"):  # pandas, whose columns may mix numbers and text
        split = source.to_dict("split")
        numbered = enumerate(split["data"], start=2)
        header = (1, list(split["columns"]))
        return Records([header, *((number, list(row)) for number, row in numbered)])
    if isinstance(source, Mapping):
        return _mapping_records(source)
    if isinstance(source, ArrowStream | Interchange):
        return of_arrow(IN_MEMORY, source)
    raise TypeError(
        "a table is a path, a data frame of pandas, polars or Arrow, or a mapping of columns, not "
        f"{type(source).__name__}"
    )


def _mapping_records(columns: Mapping[Any, Sequence[object]]) -> Records:
    allowed = "every column is a sequence, all of one length"
    scalars = [
        Problem(IN_MEMORY, None, str(name), f"{name}={values!r} is no sequence", allowed)
        for name, values in columns.items()
        if isinstance(values, str | bytes) or not hasattr(values, "__len__")
    ]
    if scalars:
        raise TableError(scalars)
    lengths = {str(name): len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        rule = f"the columns differ in length ({listed})"
        raise TableError([Problem(IN_MEMORY, None, None, rule, allowed)])
    rows = zip(*columns.values(), strict=True)
    numbered = ((n, list(row)) for n, row in enumerate(rows, start=2))
    return Records([(1, list(columns)), *numbered])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
