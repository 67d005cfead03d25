"""From rows of a table, complete or partial, to the likelihood of sensitivity and specificity.

Two rows for each row of the table, tp and tn. Possible tables that are all combinations of possible
true positives and possible true negatives are two separate rows; others tie the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.numerics.binormal import Binormal
from bayespool.numerics.candidates import CandidateBinomial, Tables
from bayespool.numerics.likelihoods import Binomial
from bayespool.numerics.mixed import joined
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.pymc_rows import potential_name, sum_over_tables

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies
    from bayespool.studies.partial import Partial

Array = np.ndarray
MARKERS = ("ignored", "binormal")


def counted(studies: AccuracyStudies) -> Array:
    """Rows of the table whose own counts are the evidence; a margin has none of one group."""
    return np.array(
        [p is None or (len(p.tables) <= 1 and p.marker is None) for p in studies.partial]
    )


def likelihood(
    studies: AccuracyStudies, link_name: str = "logit", marker: str = "ignored"
) -> RowLikelihood:
    """The likelihood of the tp and the tn row of every row of the table, in turn.

    Parameters
    ----------
    studies : AccuracyStudies
    link_name : str
    marker : {"ignored", "binormal"}
        What rows with a marker's means or area do.
    """
    successes = np.stack([studies.tp, studies.tn], axis=1).ravel()
    trials = np.stack([studies.n_diseased, studies.n_healthy], axis=1).ravel()
    plain = Binomial(successes, trials, link_name)
    own = counted(studies)
    tables: list[Tables] = []
    markers: list[tuple[float, float, float]] = []
    rows: dict[str, list[int]] = {"plain": [], "tables": [], "marker": []}
    for i, partial in enumerate(studies.partial):
        both = [2 * i, 2 * i + 1]
        if own[i] or (partial is not None and partial.marker and marker == "ignored"):
            rows["plain"] += both
        elif partial is not None and partial.marker:
            rows["marker"] += both
            markers.append(partial.marker)
        elif partial is not None:
            rows["tables"] += both
            tables += possible(partial)
    if not (tables or markers):
        return plain
    index = {name: np.array(found, int) for name, found in rows.items()}
    separation, ratio, se = np.array(markers).reshape(-1, 3).T
    return joined(
        [
            (plain.take(index["plain"]), index["plain"]),
            (CandidateBinomial(tuple(tables), link_name), index["tables"]),
            (Binormal(separation, ratio, se, link_name), index["marker"]),
        ]
    )


def possible(partial: Partial) -> list[Tables]:
    """The possible tables as one pair of rows, or as two rows where these are independent."""
    tables, weight = np.array(partial.tables), np.log(np.array(partial.weights))
    split = _independent(tables, weight)
    if split is not None:
        return split
    return [Tables(tables[:, [0, 2]], tables[:, [1, 3]], weight)]


def _independent(tables: Array, weight: Array) -> list[Tables] | None:
    first, second = (np.unique(tables[:, cols], axis=0) for cols in ([0, 1], [2, 3]))
    if len(first) * len(second) != len(tables) or np.ptp(weight) > 1e-12:
        return None
    # every pair is there once: the weights of both parts multiply to that of the pairs
    return [
        Tables(part[:, :1], part[:, 1:], np.full(len(part), share))
        for part, share in ((first, weight[0]), (second, 0.0))
    ]


def observe(
    studies: AccuracyStudies,
    sens: Any,
    spec: Any,
    dim: str = "study",
    marker: str = "ignored",
) -> None:
    """The same in PyMC: observed counts, and a potential for each partial row.

    Parameters
    ----------
    studies : AccuracyStudies
    sens, spec : tensor, shape (n_rows,)
        Of every row of the table (proportions).
    dim : str
        Dimension of the rows of the table.
    marker : {"ignored", "binormal"}
    """
    import pymc as pm

    own = counted(studies)
    for name, people, p, seen in (
        ("tp", studies.n_diseased, sens, studies.tp),
        ("tn", studies.n_healthy, spec, studies.tn),
    ):
        if own.all():
            pm.Binomial(name, n=people, p=p, observed=seen, dims=dim)
        elif own.any():
            pm.Binomial(name, n=people[own], p=p[own], observed=seen[own])
    for i in np.flatnonzero(~own):
        partial = studies.partial[i]
        assert partial is not None
        if partial.marker:
            if marker == "binormal":
                separation, ratio, se = partial.marker
                known = ratio * pm.math.probit(sens[i]) + pm.math.probit(spec[i])
                pm.Normal(
                    potential_name("separation", studies.row[i]), known, se, observed=separation
                )
        else:
            tables = np.array(partial.tables)
            unit = Tables(tables[:, [0, 2]], tables[:, [1, 3]], np.log(partial.weights))
            pm.Potential(
                potential_name("tables", studies.row[i]), sum_over_tables(unit, [sens[i], spec[i]])
            )


def refuse_partial(studies: Any, model: str, allowed: str) -> None:
    """Refuse partial rows in a model that cannot take them."""
    rows = [row for row, fine in zip(studies.row, counted(studies), strict=True) if not fine]
    if rows:
        raise ValueError(
            f"{studies.file}: the {model} needs counts in every row; not so in "
            f"{', '.join(rows)}; allowed: {allowed}"
        )
