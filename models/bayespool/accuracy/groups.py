"""Accuracy of several groups or tests side by side: differences, ratios and ranks.

Labels end the names: ``sens[CCP2]``, ``sens_difference[CCP2 - CCP1]``, ``sens_ratio[CCP2 / CCP1]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from bayespool.estimands import Statement

Array = np.ndarray
MARGINS = ("sens", "spec")


def pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair, the later label first: it is compared with the earlier."""
    return [(b, a) for a, b in combinations(labels, 2)]


def comparisons(out: Mapping[str, Array], labels: Sequence[str]) -> dict[str, Array]:
    """Differences and ratios of sensitivity and specificity, and of the odds ratios, by pair.

    Of three or more labels also their ranks.
    """
    found: dict[str, Array] = {}
    for b, a in pairs(labels):
        for name in MARGINS:
            of_b, of_a = out[f"{name}[{b}]"], out[f"{name}[{a}]"]
            found[f"{name}_difference[{b} - {a}]"] = of_b - of_a
            found[f"{name}_ratio[{b} / {a}]"] = of_b / np.maximum(of_a, 1e-300)
        found[f"dor_ratio[{b} / {a}]"] = out[f"dor[{b}]"] / out[f"dor[{a}]"]
    return found | (_ranks(out, labels) if len(labels) > 2 else {})


def statements(
    samples: Mapping[str, Array], labels: Sequence[str]
) -> Iterator[tuple[Statement, Array]]:
    """``P(A > B)`` of every pair, and of three or more the probability of being the highest."""
    for b, a in pairs(labels):
        for name in MARGINS:
            of_b, of_a = f"{name}[{b}]", f"{name}[{a}]"
            yield Statement(of_b, ">", of_a), samples[of_b] > samples[of_a]
    if len(labels) < 3:
        return
    for name in (*MARGINS, "dor"):
        values = np.stack([samples[f"{name}[{label}]"] for label in labels])
        best = values.argmax(axis=0)
        for i, label in enumerate(labels):
            yield Statement(f"{name}[{label}]", "highest"), best == i


def _ranks(out: Mapping[str, Array], labels: Sequence[str]) -> dict[str, Array]:
    """Rank of each label, 1 for the highest, by sensitivity, specificity and odds ratio."""
    found: dict[str, Array] = {}
    for name in (*MARGINS, "dor"):
        values = np.stack([out[f"{name}[{label}]"] for label in labels])
        place = (-values).argsort(axis=0).argsort(axis=0) + 1.0
        found |= {f"{name}_rank[{label}]": place[i] for i, label in enumerate(labels)}
    return found
