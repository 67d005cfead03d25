"""Rows of partial evidence as PyMC writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayespool.numerics.candidates import Tables


def potential_name(what: str, row: str) -> str:
    """Name of a row's term; PyMC parts names at slashes."""
    return f"{what}[{row.replace('/', chr(0x2215))}]"


def sum_over_tables(unit: Tables, rates: Sequence[Any]) -> Any:
    """Log probability of a set of possible tables, given the rate of each of their rows."""
    import pymc as pm

    terms = unit.constant
    for place, p in enumerate(rates):
        hit, miss = unit.counts[:, 2 * place], unit.counts[:, 2 * place + 1]
        terms = terms + hit * pm.math.log(p) + miss * pm.math.log1p(-p)
    return pm.math.logsumexp(terms)


def plackett_logs(before: Any, after: Any, odds: Any) -> list[Any]:
    """Log probabilities of yes twice, lost, gained, no twice; then of each outcome on its own.

    Parameters
    ----------
    before, after : tensor
        Logits of the two proportions.
    odds : tensor
        Odds ratio between them within people.
    """
    import pymc as pm

    p, q = pm.math.invlogit(before), pm.math.invlogit(after)
    cells = plackett_cells(p, q, odds)
    return [pm.math.log(cell) for cell in (*cells, p, 1.0 - p, q, 1.0 - q)]


def plackett_cells(p: Any, q: Any, odds: Any) -> tuple[Any, Any, Any, Any]:
    """Probabilities of both, the first only, the second only and neither."""
    import pymc as pm

    s = 1.0 + (p + q) * (odds - 1.0)
    both = 2.0 * odds * p * q / (s + pm.math.sqrt(s**2 - 4.0 * odds * (odds - 1.0) * p * q))
    return both, p - both, q - both, 1.0 - p - q + both
