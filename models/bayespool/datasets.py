"""The data sets that come with bayespool: a table ``<set>.csv`` and its card ``<set>.md``."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from bayespool.studies import AccuracyStudies, read_table


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


def load_dataset(name: str) -> AccuracyStudies:
    """A data set by name.

    Raises
    ------
    ValueError
        No data set has this name; the message lists the names.
    bayespool.studies.TableError
        The data set is no table of diagnostic accuracy.
    """
    return AccuracyStudies.from_table(data_dir() / f"{_known(name)}.csv", name=name)


def resolve(table: str | Path) -> AccuracyStudies:
    """Studies from a path or from the name of a data set; a file that exists wins over a name.

    Raises
    ------
    ValueError
        Neither a file nor a data set.
    bayespool.studies.TableError
        The table is faulty.
    """
    name = str(table)
    if Path(table).is_file():
        return AccuracyStudies.from_table(table)
    if name in dataset_names():
        return load_dataset(name)
    if Path(table).is_dir():
        return AccuracyStudies.from_table(table)
    raise ValueError(f"{name!r} is neither a file nor a data set; {_legal(name)}")


def _known(name: str) -> str:
    if name not in dataset_names():
        raise ValueError(f"there is no data set {name!r}; {_legal(name)}")
    return name


def _legal(name: str) -> str:
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
