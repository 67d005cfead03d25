"""Exact risk ratios and risk differences against the model written out and summed over a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import bayespool as bp
from bayespool.association import BinomialNormal
from bayespool.studies import ArmCounts

ROWS = [0, 6, 11]  # of BCG: few and many people, 4 to 186 events
POINTS = {
    "rr": [(-0.7, 0.5), (0.2, 0.2), (-1.5, 1.0)],
    "rd": [(-0.01, 0.01), (-0.05, 0.1), (0.1, 0.05)],
}
Row = tuple[int, int, int, int]


def log_likelihood(row: Row, mu: float, tau: float, measure: str) -> float:
    """Log of the mean over effects and midpoints; a risk beyond 0 or 1 has likelihood zero."""
    e1, n1, e2, n2 = row
    logit, width = np.linspace(-16, 9, 4_001, retstep=True)
    middle = special.expit(logit)
    uniform = middle * special.expit(-logit)  # density of the logit of a uniform midpoint
    effects, step = np.linspace(mu - 9 * tau, mu + 9 * tau, 2_001, retstep=True)
    total = 0.0
    for some in np.array_split(effects, 20):
        half = 0.5 * some[:, None]
        one, two = {
            "rr": lambda d=half: (middle * np.exp(d), middle * np.exp(-d)),
            "rd": lambda d=half: (middle + d, middle - d),
        }[measure]()
        legal = (one > 0) & (one < 1) & (two > 0) & (two < 1)
        one, two = np.where(legal, one, 0.5), np.where(legal, two, 0.5)
        of_data = stats.binom.pmf(e1, n1, one) * stats.binom.pmf(e2, n2, two) * legal
        total += float(np.sum(of_data * uniform * stats.norm.pdf(some, mu, tau)[:, None]))
    return float(np.log(total * width * step))


def rows_of(studies: Any) -> list[Row]:
    return list(zip(*(getattr(studies, n).tolist() for n in ("e1", "n1", "e2", "n2")), strict=True))


def integrated(studies: Any, mu: float, tau: float, measure: str) -> Any:
    hierarchy = BinomialNormal(measure=measure).hierarchy(studies)
    theta = hierarchy.unconstrained({"mu": np.array([mu]), "tau": np.array([tau])})
    return hierarchy.log_likelihood(theta, 63)[:, 0]


@pytest.mark.parametrize("measure", POINTS)
def test_rows_of_bcg(measure: str) -> None:
    studies = bp.load_dataset("bcg").select(ROWS)
    for mu, tau in POINTS[measure]:
        expected = [log_likelihood(row, mu, tau, measure) for row in rows_of(studies)]
        # the sum over the grid is itself good to about 1e-4 where a risk of 0 is near
        np.testing.assert_allclose(
            integrated(studies, mu, tau, measure), expected, atol=1e-4 if measure == "rd" else 3e-5
        )


def test_a_row_with_a_zero_cell() -> None:
    """The first row of BCG without its four events among the vaccinated, and its mirror image."""
    studies = ArmCounts.from_counts(["A", "B"], [0, 11], [123, 139], [11, 0], [139, 123])
    for mu, tau in POINTS["rr"]:
        expected = [log_likelihood(row, mu, tau, "rr") for row in rows_of(studies)]
        np.testing.assert_allclose(integrated(studies, mu, tau, "rr"), expected, atol=3e-5)
