"""The data sets that come with bayespool: a table ``<set>.csv`` and its card ``<set>.md``."""

import os
import re
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Unpack

from bayespool.studies import (
    SHAPES,
    AccuracyStudies,
    AssociationStudies,
    Effects,
    read_studies,
    read_table,
)
from bayespool.studies.problems import printable
from bayespool.studies.reading import stated_measure
from bayespool.studies.tables import Reading

_SHAPE = re.compile(r"^Shape: (\w+)(?:, measure (\w+))?\.?$", re.M)


def data_dir() -> Path:
    """Folder of the data sets: inside the installed package, or ``data/`` of a checkout."""
    packaged = Path(str(files("bayespool"))) / "data"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "data"


def dataset_names() -> tuple[str, ...]:
    """Names of the data sets, sorted: every ``<name>.csv`` that has its ``<name>.md`` beside it."""
    tables = data_dir().glob("*.csv")
    return tuple(sorted(table.stem for table in tables if table.with_suffix(".md").is_file()))


def dataset_card(name: str) -> str:
    """The card of a data set: question, source with DOI, columns, how counts were obtained.

    Raises
    ------
    ValueError
        No data set has this name; the message lists the names.
    """
    return (data_dir() / f"{_known(name)}.md").read_text(encoding="utf-8")


def dataset_shape(name: str) -> tuple[str, str | None]:
    """Which class a data set is read as, and for effects the measure, as its card says.

    The card has a line ``Shape: ArmCounts`` or ``Shape: Effects, measure or``; one without is of
    diagnostic accuracy.

    Raises
    ------
    ValueError
        No data set has this name, or its card names no shape there is.
    """
    found = _SHAPE.search(dataset_card(name))
    if found is None:
        return AccuracyStudies.__name__, None
    shape, measure = found.groups()
    if shape not in SHAPES or (measure is not None) != (shape == Effects.__name__):
        raise ValueError(
            f"{name}.md: {found[0]!r} is no shape; allowed: {', '.join(SHAPES)}, "
            f"and of {Effects.__name__} alone the measure"
        )
    return shape, measure


def load_dataset(name: str) -> Any:
    """A data set by name, as the class of `bayespool.studies` that its card names.

    Raises
    ------
    ValueError
        No data set has this name; the message lists the names.
    bayespool.studies.TableError
        The table is faulty.
    """
    shape, measure = dataset_shape(name)
    path = data_dir() / f"{name}.csv"
    if measure is not None:
        return Effects.from_table(path, measure, name)
    kind: Any = SHAPES[shape]
    return kind.from_table(path, name)


def resolve(table: str | Path, **reading: Unpack[Reading]) -> AccuracyStudies:
    """Accuracy studies from a path or a data set's name; a file that exists wins over a name.

    How a table is read (keep_rows, sheet, column_map) is as in every ``from_table``.

    Raises
    ------
    ValueError
        Neither a file nor a data set, or a data set of another shape.
    bayespool.studies.TableError
        The table is faulty.
    """
    path = _path(table)
    if path is not None:
        return AccuracyStudies.from_table(path, **reading)
    shape, _ = dataset_shape(str(table))
    if shape != AccuracyStudies.__name__:
        names = [name for name in dataset_names() if dataset_shape(name)[0] == "AccuracyStudies"]
        raise ValueError(
            f"data set {str(table)!r} holds {shape}, no 2x2 tables of diagnostic accuracy; "
            f"data sets that do are {', '.join(names)}"
        )
    name = str(table)
    return AccuracyStudies.from_table(data_dir() / f"{name}.csv", name, **reading)


def resolve_association(
    table: str | Path, measure: str | None, *, bridge: bool = False, **reading: Unpack[Reading]
) -> AssociationStudies:
    """Studies of an association, for a measure, from a path or a data set's name.

    Without a measure it is that which the file of a review says. With ``bridge`` rows of the other
    measure are taken (`bayespool.studies.read_studies`). How a
    table is read (keep_rows, sheet, column_map) is as in every ``from_table``.

    Raises
    ------
    ValueError
        Neither a file nor a data set, or an unknown measure.
    bayespool.studies.TableError
        The table is faulty, or holds nothing of this measure.
    """
    path = _path(table)
    if path is not None:
        return read_studies(path, measure, bridge=bridge, **reading)
    name = str(table)
    path = data_dir() / f"{name}.csv"
    return read_studies(path, measure, name, bridge=bridge, **reading)


def measure_said(table: str | Path, **reading: Unpack[Reading]) -> str:
    """The measure that the file of a review says.

    Raises
    ------
    ValueError
        Neither a file nor a data set.
    bayespool.studies.TableError
        It says none, or is faulty.
    """
    return stated_measure(read_table(table_path(table), **reading))


def table_path(table: str | Path) -> Path:
    """The file behind a path or a data set's name; a file that exists wins over a name.

    Raises
    ------
    ValueError
        Neither a file nor a data set.
    """
    return _path(table) or data_dir() / f"{table}.csv"


def _path(table: str | Path) -> Path | None:
    """The path of a file, or of a folder or device; None for a data set's name."""
    name, path = str(table), Path(table)
    if os.path.isfile(path):  # pathlib's own raises where a name is too long
        return path
    if name in dataset_names():
        return None
    if os.path.exists(path):
        return path
    raise ValueError(f"{printable(name)!r} is neither a file nor a data set; {_allowed(name)}")


def _known(name: str) -> str:
    if name not in dataset_names():
        raise ValueError(f"there is no data set {name!r}; {_allowed(name)}")
    return name


def _allowed(name: str) -> str:
    names = dataset_names()
    by_case = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), by_case, n=1)
    guess = f"did you mean {by_case[close[0]]!r}? " if close else ""
    return f"{guess}data sets are {', '.join(names) or 'none'}"


def comparators(name: str) -> list[dict[str, object]]:
    """Published summaries to show beside a data set's result, never to pool with it.

    One dict per row of ``<name>_comparator.csv``: name, reference, measure (an estimand's name),
    estimate, lower, upper (proportions), interval (its kind in words) and note. Empty if there is
    no such file.
    """
    path = data_dir() / f"{name}_comparator.csv"
    if not path.is_file():
        return []
    table = read_table(path)
    out: list[dict[str, object]] = []
    for row in table.rows:
        cell = dict(zip(table.columns, row, strict=True))
        doi = f" doi {cell['doi']}" if cell["doi"] else ""
        out.append(
            {
                "name": cell["study"],
                "reference": f"{cell['reference']}{doi}",
                "measure": cell["measure"],
                "estimate": cell["estimate"],
                "lower": cell["lower"],
                "upper": cell["upper"],
                "interval": cell["interval"],
                "note": f"{cell['n_studies']} studies; not pooled",
            }
        )
    return out
