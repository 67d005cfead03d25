"""From events in two groups, complete or told in part, to the likelihood of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.numerics.candidates import Tables
from bayespool.numerics.two_groups import Possible
from bayespool.pymc_rows import log_given_total, potential_name, risks, sum_over_tables


def possible(studies: Any) -> list[Possible]:
    """The table of every row, or those that a partial row may be.

    Parameters
    ----------
    studies : ArmCounts
    """
    counts = np.stack([studies.e1, studies.n1, studies.e2, studies.n2], axis=1).tolist()
    return [
        Possible.complete(*table)
        if said is None
        else Possible((table[1], table[3]), said.tables, said.weights)
        for table, said in zip(counts, studies.partial, strict=True)
    ]


def observe(studies: Any, effect: Any, measure: str) -> None:
    """The rows in PyMC: observed counts, and a potential for each partial row.

    Parameters
    ----------
    studies : ArmCounts
    effect : tensor, shape (n_rows,)
        Log odds ratio, log risk ratio or risk difference of every row.
    measure : {"or", "rr", "rd"}
    """
    import pymc as pm

    plain, rows = ~studies.is_partial, possible(studies)
    dims = "study" if plain.all() else None
    if measure == "or":
        if plain.any():
            counts = np.array([rows[i].tables[0] for i in np.flatnonzero(plain)])
            pm.Potential("e1", log_given_total(counts, effect[plain]), dims=dims)
        for i in np.flatnonzero(~plain):
            terms = log_given_total(np.array(rows[i].tables), effect[i])
            terms = terms + np.log(rows[i].weights)
            pm.Potential(potential_name("tables", studies.row[i]), pm.math.logsumexp(terms))
        return
    both = risks(measure, effect, studies.n1, studies.n2)
    groups = (("e1", studies.n1, studies.e1), ("e2", studies.n2, studies.e2))
    for (name, n, y), p in zip(groups, both, strict=True):
        if plain.any():
            pm.Binomial(name, n=n[plain], p=p[plain], observed=y[plain], dims=dims)
    for i in np.flatnonzero(~plain):
        tables = np.array(rows[i].tables)
        unit = Tables(tables[:, [0, 2]], tables[:, [1, 3]], np.log(rows[i].weights))
        term = sum_over_tables(unit, [p[i] for p in both])
        pm.Potential(potential_name("tables", studies.row[i]), term)
