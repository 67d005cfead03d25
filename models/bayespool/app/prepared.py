"""From a table and what is asked of it to a model and its studies, as the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bayespool.app.asked import ACCURACY, Asked
from bayespool.bias.assessment import check_asked
from bayespool.calls import with_priors
from bayespool.choice import choose
from bayespool.fitting import foreseen
from bayespool.guideline.bias import low_risk_only
from bayespool.model_options import ModelOptions
from bayespool.report.ordering import check_order
from bayespool.report.summary import checked_request
from bayespool.studies import (
    MEASURES,
    AccuracyStudies,
    AssociationStudies,
    TableError,
    read_studies,
    read_table,
)
from bayespool.studies.sources import Content, Part
from bayespool.studies.tables import Table


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is ready to be fitted.

    Parameters
    ----------
    model
        With its priors.
    studies
        As the model takes them.
    found
        As the table was read.
    """

    model: Any
    studies: Any
    found: Any


def read_as_asked(source: Content | Part, asked: Asked) -> tuple[Table, Any]:
    """The table, and the studies in it.

    Raises
    ------
    TableError
        It is faulty.
    ValueError
        What is asked is not in it.
    """
    table = read_table(source, **asked.reading)
    if asked.measure is None:
        raise ValueError(
            f"{source.file}: the estimates may be of any effect; allowed: {', '.join(MEASURES)}"
        )
    return table, _studies(table, asked.measure, bridge=asked.bridge)


def measure_of_columns(readable: Sequence[str]) -> str | None:
    """What is meant by a table that can be read as several; None where only its owner knows.

    Parameters
    ----------
    readable
        From `readable_as`. A table that could be of any effect (columns estimate and se) says by no
        column of which; counts of two groups have their odds ratio, means their difference.
    """
    if not readable:
        return ACCURACY
    return None if "generic" in readable and readable[0] != ACCURACY else readable[0]


def _studies(
    table: Table, measure: str, *, bridge: bool = False
) -> AccuracyStudies | AssociationStudies:
    if measure == ACCURACY:
        return AccuracyStudies.from_table(table)
    return read_studies(table, measure, bridge=bridge)


def readable_as(source: Content | Part, asked: Asked) -> tuple[str, ...]:
    """What a table can be read as: the empty text is diagnostic accuracy, others are measures.

    Raises
    ------
    TableError
        It is no table.
    """
    table = read_table(source, **asked.reading)
    found = []
    for measure in (ACCURACY, *MEASURES):
        try:
            _studies(table, measure)
        except TableError:
            continue
        found.append(measure)
    # the file of a review says what its effects are
    return (table.measure,) if table.measure in found else tuple(found)


def prepare(found: Any, asked: Asked) -> Prepared:
    """The model that is asked for and its studies, once all that is asked is found to be allowed.

    Raises
    ------
    ValueError
        The studies, or what is asked, do not go with the model.
    """
    prepared, request = modelled(found, asked), asked.request
    model, studies = prepared.model, prepared.studies
    check_asked(model, studies, request.bias)
    check_order(request.order, studies)
    checked_request(foreseen(model, studies), **request.of_numbers)
    return prepared


def modelled(found: Any, asked: Asked) -> Prepared:
    """The model that is asked for, and the studies as it takes them; the request is not looked at.

    Raises
    ------
    ValueError
        The studies do not go with the model.
    """
    measure = asked.measure or ACCURACY
    kept = low_risk_only(found) if asked.low_risk_only and measure == ACCURACY else found
    options = ModelOptions(
        link=asked.link, covariate=asked.covariate, covariate_on=asked.covariate_on,
        by=asked.by, test=asked.test, shared=asked.shared, indirect=asked.indirect,
        correlation=asked.correlation, robust=asked.robust, marker=asked.marker,
    )  # fmt: skip
    model, studies = choose(kept, measure, asked.model, options)
    model = with_priors(model, asked.priors)
    return Prepared(model, studies, found)
