"""Rows of partial evidence as PyMC writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayespool.numerics.candidates import Tables


def sum_over_tables(unit: Tables, rates: Sequence[Any]) -> Any:
    """Log probability of a set of possible tables, given the rate of each of their rows."""
    import pymc as pm

    terms = unit.constant
    for place, p in enumerate(rates):
        hit, miss = unit.counts[:, 2 * place], unit.counts[:, 2 * place + 1]
        terms = terms + hit * pm.math.log(p) + miss * pm.math.log1p(-p)
    return pm.math.logsumexp(terms)
