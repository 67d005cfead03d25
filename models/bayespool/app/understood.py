"""What a table is understood as: meaning of its columns and rows, and everything that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bayespool.app.asked import Asked
from bayespool.app.prepared import Prepared, prepare, read_as_asked
from bayespool.studies import Problem, TableError
from bayespool.studies.cochrane.review import ChoiceError
from bayespool.studies.meaning import columns_in_words, read_as, rows_in_words
from bayespool.studies.sources import Content


@dataclass(frozen=True, eq=False)
class Understood:
    """A table as the reader takes it.

    Parameters
    ----------
    problems
        Of the table; with any, nothing can be fitted.
    choices
        Outcomes of a review, one of which has to be chosen: number, and what it is.
    refusal
        Why what is asked does not go with the table; empty if it does.
    sentence
        How much of what there is.
    columns
        Every column, and what it is taken for.
    rows
        Label of every row, and what it says.
    places
        Row number of every row, as in a `Problem`.
    covariates
        Columns that a model can take in.
    warnings
        What is odd but allowed.
    prepared
        What is ready to be fitted, if anything is.
    """

    problems: tuple[Problem, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    sentence: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    places: tuple[int, ...] = ()
    covariates: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    prepared: Prepared | None = None

    @property
    def ready(self) -> bool:
        """It can be fitted."""
        return self.prepared is not None


def understand(source: Content, asked: Asked) -> Understood:
    """Read and check a table and what is asked of it; fit nothing.

    Parameters
    ----------
    source
        The file.
    asked
        What is asked of it.
    """
    try:
        table, found = read_as_asked(source, asked)
    except ChoiceError as error:
        found = tuple((one.number, one.in_words()) for one in error.choices)
        return Understood(problems=error.problems, choices=found)
    except TableError as error:
        return Understood(problems=error.problems)
    except ValueError as error:
        return Understood(refusal=str(error))
    about = Understood(
        sentence=read_as(found),
        columns=tuple(columns_in_words(table, found)),
        rows=tuple(rows_in_words(found, len(found))),
        places=table.row_numbers,
        covariates=tuple(found.covariates),
        warnings=found.warnings,
    )
    try:
        return replace(about, prepared=prepare(found, asked))
    except TableError as error:
        return replace(about, problems=error.problems)
    except ValueError as error:
        return replace(about, refusal=str(error))
