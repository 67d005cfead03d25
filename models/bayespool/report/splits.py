"""Direct and indirect evidence, and ranks, as numbers for files and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.node_splitting import split_of
from bayespool.estimands import Estimate

if TYPE_CHECKING:
    from bayespool.checks.variants import Variant


KEPT = ("median", "eti95_lower", "eti95_upper", "mcse_median")


def split_records(splits: Sequence[Variant]) -> list[dict[str, Any]]:
    """A row for every pair and margin."""
    out = []
    for one in (split for variant in splits for split in split_of(variant)):
        record: dict[str, Any] = {"second": one.second, "first": one.first, "margin": one.margin}
        for kind, estimate in (("direct", one.direct), ("indirect", one.indirect),
                               ("gap", one.gap)):  # fmt: skip
            row = estimate.row()
            record |= {f"{kind}_{name}": row[name] for name in KEPT}
        out.append(record | {"prob_direct_above": one.above})
    return out


def sucra(rank: Estimate, tests: int) -> float:
    """Surface under the cumulative ranking: 1 for a test that is surely the highest, 0 the lowest.

    Salanti, Ades & Ioannidis (2011), J Clin Epidemiol 64:163-171.
    """
    return float(np.clip((tests - rank.mean) / (tests - 1.0), 0.0, 1.0))
