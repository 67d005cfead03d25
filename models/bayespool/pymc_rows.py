"""Rows of partial evidence as PyMC writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.numerics.hypergeometric import Margins, log_choose

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


def log_given_total(counts: np.ndarray, log_odds_ratio: Any) -> Any:
    """Log probability of tables given an odds ratio, all totals of events as likely beforehand.

    Given the total, events of group 1 are non-central hypergeometric.

    Parameters
    ----------
    counts : array of int, shape (n_tables, 4)
        Events and people of group 1, events and people of group 2.
    log_odds_ratio : tensor, shape (n_tables,) or ()
    """
    import pymc as pm

    e1, n1, e2, n2 = counts.T
    margins = [Margins(*map(int, m)) for m in zip(n1, n2, e1 + e2, strict=True)]
    events = np.zeros((len(counts), max(len(m.ways) for m in margins)))
    ways = np.full(events.shape, -np.inf)
    for i, m in enumerate(margins):
        events[i, : len(m.ways)] = np.arange(m.low, m.high + 1)
        ways[i, : len(m.ways)] = m.ways.log_weights
    odds = log_odds_ratio if log_odds_ratio.ndim == 0 else log_odds_ratio[:, None]
    normaliser = pm.math.logsumexp(ways + events * odds, axis=1)
    constant = log_choose(n1, e1) + log_choose(n2, e2) - np.log(n1 + n2 + 1.0)
    return constant + e1 * log_odds_ratio - normaliser


def risks(measure: str, effect: Any, n1: Any, n2: Any) -> tuple[Any, Any]:
    """Risks of both groups, the risk of all people together being uniform.

    A risk ratio or risk difference leaves it between bounds, beyond which one of the risks were
    below 0 or above 1.

    Parameters
    ----------
    measure : {"rr", "rd"}
    effect : tensor, shape (n_studies,)
        Log risk ratio or risk difference.
    n1, n2 : array of int, shape (n_studies,)
    """
    import pymc as pm

    first, second = n1 / (n1 + n2), n2 / (n1 + n2)
    if measure == "rr":
        ratio = pm.math.exp(effect)
        least = pm.math.zeros_like(effect)
        most = pm.math.minimum(first + second / ratio, first * ratio + second)
    else:
        possible = pm.math.lt(pm.math.abs(effect), 1.0)
        pm.Potential("difference_below_1", pm.math.switch(possible, 0.0, -np.inf), dims="study")
        difference = pm.math.switch(possible, effect, 0.0)
        least = pm.math.maximum(first * difference, -second * difference)
        most = 1.0 - pm.math.maximum(second * difference, -first * difference)
    overall = pm.Uniform("overall_risk", least, most, dims="study")
    pm.Potential("overall_risk_is_flat", pm.math.log(most - least), dims="study")
    if measure == "rr":
        p2 = overall / (first * ratio + second)
        both = ratio * p2, p2
    else:
        both = overall + second * difference, overall - first * difference
    # within the bounds the clip mends rounding and nothing else
    return tuple(pm.math.clip(p, 1e-12, 1.0 - 1e-12) for p in both)


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
