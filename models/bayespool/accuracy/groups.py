"""Accuracy of several groups or tests side by side: differences, ratios and ranks.

Labels end the names: ``sens[CCP2]``, ``sens_difference[CCP2 - CCP1]``, ``sens_ratio[CCP2 / CCP1]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from bayespool.accuracy.quantities import DOR, MARGINS
from bayespool.estimands import Statement
from bayespool.quantity import Group, compared, point

Array = np.ndarray


def pairs(labels: Sequence[Group]) -> list[tuple[Group, Group]]:
    """Every pair, the later label first: it is compared with the earlier."""
    return [(b, a) for a, b in combinations(labels, 2)]


def comparisons(out: Mapping[str, Array], labels: Sequence[Group]) -> dict[str, Array]:
    """Differences and ratios of sensitivity and specificity, and of the odds ratios, by pair.

    Of three or more labels also their ranks.
    """
    found: dict[str, Array] = {}
    for b, a in pairs(labels):
        for margin in MARGINS:
            of_b, of_a = out[point(margin, group=b)], out[point(margin, group=a)]
            found[compared(margin, "difference", b, a)] = of_b - of_a
            found[compared(margin, "ratio", b, a)] = of_b / np.maximum(of_a, 1e-300)
        found[compared(DOR, "ratio", b, a)] = out[point(DOR, group=b)] / out[point(DOR, group=a)]
    return found | (_ranks(out, labels) if len(labels) > 2 else {})


def statements(
    samples: Mapping[str, Array], labels: Sequence[Group]
) -> Iterator[tuple[Statement, Array]]:
    """``P(A > B)`` of every pair, and of three or more the probability of being the highest."""
    for b, a in pairs(labels):
        for margin in MARGINS:
            of_b, of_a = point(margin, group=b), point(margin, group=a)
            yield Statement(of_b, ">", of_a), samples[of_b] > samples[of_a]
    if len(labels) < 3:
        return
    for quantity in (*MARGINS, DOR):
        own = [point(quantity, group=label) for label in labels]
        best = np.stack([samples[name] for name in own]).argmax(axis=0)
        for i, name in enumerate(own):
            yield Statement(name, "highest"), best == i


def _ranks(out: Mapping[str, Array], labels: Sequence[Group]) -> dict[str, Array]:
    """Rank of each label, 1 for the highest, by sensitivity, specificity and odds ratio."""
    found: dict[str, Array] = {}
    for quantity in (*MARGINS, DOR):
        values = np.stack([out[point(quantity, group=label)] for label in labels])
        place = (-values).argsort(axis=0).argsort(axis=0) + 1.0
        found |= {compared(quantity, "rank", label): place[i] for i, label in enumerate(labels)}
    return found
