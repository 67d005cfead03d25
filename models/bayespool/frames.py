"""Studies from data frames of any library; estimates and studies as data frames of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from bayespool.studies import AccuracyStudies, AssociationStudies, read_studies
from bayespool.studies.arrow import ArrowLike
from bayespool.studies.tables import Reading

if TYPE_CHECKING:
    import pandas as pd

    from bayespool.estimands import Estimate

READ = ("median", "eti95_lower", "eti95_upper", "mcse_median")


def from_frame(
    frame: pd.DataFrame | ArrowLike,
    measure: str | None = None,
    name: str | None = None,
    **reading: Unpack[Reading],
) -> AccuracyStudies | AssociationStudies:
    """Studies from a data frame, with every check that a file has.

    Parameters
    ----------
    frame : DataFrame
        Of pandas, polars or Arrow, or of anything else that gives its columns by Arrow
        (``__arrow_c_stream__``) or by the interchange protocol (``__dataframe__``). One row for
        each result, columns as in a file (``bayespool template`` lists them). An index of pandas
        that has a name is a column, too.
    measure : str, optional
        Of an association: or, rr, rd, md, smd, rom, cor, hr, irr, proportion or generic. Without
        it the frame is read as 2x2 tables of diagnostic accuracy.
    name : str, optional
        What the table is called in reports.
    **reading
        keep_rows and column_map: see `bayespool.studies.tables.Reading`.

    Returns
    -------
    AccuracyStudies, or the shape of an association
        As `bayespool.studies.read_studies` chooses it.

    Raises
    ------
    TableError
        The frame is no such table; rows are numbered with the header as row 1.
    """
    table: Any = frame
    if hasattr(frame, "iloc") and any(table.index.names):
        table = table.reset_index()
    if measure is None:
        return AccuracyStudies.from_table(table, name, **reading)
    return read_studies(table, measure, name, **reading)


def of_estimates(estimates: Mapping[str, Estimate], names: Iterable[str]) -> pd.DataFrame:
    """One row for each estimand; the interval's kind and probability are in the column names.

    Parameters
    ----------
    estimates : mapping of str to Estimate
    names : str
        Which of them; a name without a group, such as ``sens``, stands for that of every group.

    Raises
    ------
    ValueError
        A name that is not estimated.
    """
    import pandas as pd

    chosen: list[str] = []
    for name in names:
        found = [own for own, e in estimates.items() if name in (own, e.estimand.stem)]
        if not found:
            raise ValueError(f"{name} is not estimated; allowed: {', '.join(estimates)}")
        chosen += found
    rows = [estimates[name].row() for name in dict.fromkeys(chosen)]
    return pd.DataFrame(rows).set_index("estimand")


def of_studies(studies: Any) -> pd.DataFrame:
    """The rows of a table of studies: labels, values, covariates, and what partial rows state.

    Counts that a row does not state are missing, not zero.
    """
    import pandas as pd

    columns: dict[str, Any] = {"study": studies.study}
    if studies.row != studies.study:
        columns["row"] = studies.row
    stated, partial = studies.statements, studies.is_partial
    for name, values in studies.arrays.items():
        columns[name] = values
        if partial.any():
            kept = zip(values.tolist(), partial, strict=True)
            columns[name] = pd.array([None if lost else value for value, lost in kept])
    columns |= {name: getattr(studies, name) for name in studies.TUPLES if name != "partial"}
    columns |= dict(studies.covariates)
    if partial.any():
        columns["stated"] = ["" if one is None else one.says for one in stated]
    return pd.DataFrame(columns)


def html_of(frame: pd.DataFrame, caption: str) -> str:
    """A frame as a notebook shows it, rounded to three significant digits, names escaped."""
    from html import escape

    text: str = frame.to_html(float_format=lambda x: f"{x:.3g}", na_rep="", border=0, escape=True)
    return f"<p><b>{escape(caption)}</b></p>{text}"
