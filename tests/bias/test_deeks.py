"""Deeks' test: against R's lm, by hand, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.bias.asymmetry import egger
from bayespool.bias.deeks import deeks
from bayespool.datasets import resolve
from bayespool.studies import AccuracyStudies

CD64 = Path(__file__).parents[1] / "reference" / "cd64.csv"

# R 4.2.2: lm(y ~ I(1 / sqrt(ess)), weights = ess), 1/2 added to tables with a zero cell. cd64.csv
# is the example of Zhou, Huang & Hattori (2023), meta2020/dtametasa-r at 45194c2, data-CD64.csv
BY_R: dict[str, tuple[float, ...]] = {
    str(CD64): (1.375266335, 22.184972433, 7.4396345624, 2.981997603, 0.006304812136,
                6.86275823363, 37.507186633),
    "telomerase": (5.46853957, -17.10380736, 17.802308538, -0.9607634497, 0.36480591461,
                   -58.1560044671, 23.94838974),
}  # fmt: skip


@pytest.mark.parametrize("table", BY_R)
def test_the_line_is_that_of_r(table: str) -> None:
    line = deeks(resolve(table)).line
    got = (line.intercept, line.slope, line.slope_se, line.t, line.p, *line.slope_interval)
    np.testing.assert_allclose(got, BY_R[table], rtol=1e-8)


def test_four_tables_by_hand() -> None:
    """Groups of equal size: the effective sample size is the number of people."""
    studies = AccuracyStudies.from_counts(
        list("ABCD"), [40, 30, 8, 5], [10, 20, 2, 0], [10, 20, 2, 0], [40, 30, 8, 5]
    )
    found = deeks(studies)
    np.testing.assert_allclose(found.ess, [100, 100, 20, 10])
    ors = [16, 2.25, 16, (5.5 / 0.5) ** 2]
    np.testing.assert_allclose(found.log_dor, np.log(ors))
    assert found.corrected == 1
    # normal equations of a weighted line, by sums
    x, y, w = 1 / np.sqrt(found.ess), np.log(ors), found.ess
    sw, sx, sy = w.sum(), (w * x).sum(), (w * y).sum()
    slope = (sw * (w * x * y).sum() - sx * sy) / (sw * (w * x * x).sum() - sx * sx)
    assert found.line.slope == pytest.approx(slope, rel=1e-12)
    assert found.line.df == 2


def test_the_interval_of_the_slope_is_its_posterior_under_a_flat_prior() -> None:
    """By brute force over intercept, slope and log error."""
    found = deeks(resolve("telomerase"))
    x, y, w = 1 / np.sqrt(found.ess), found.log_dor, found.ess
    a = found.line.intercept + np.linspace(-25, 25, 241)
    b = found.line.slope + np.linspace(-220, 220, 401)
    log_s = np.linspace(0.0, 5.0, 61)
    rest = y - a[:, None, None] - b[:, None] * x
    square = (w * rest**2).sum(axis=2)[..., None]
    density = np.exp(-len(y) * log_s - 0.5 * square / np.exp(2 * log_s)).sum(axis=(0, 2))
    cdf = np.cumsum(density) / density.sum()
    low, high = np.interp([0.025, 0.975], cdf, b + 0.5 * (b[1] - b[0]))
    np.testing.assert_allclose([low, high], found.line.slope_interval, atol=0.4)


def few(**changes: Any) -> AccuracyStudies:
    table: dict[str, Any] = {
        "study": ["A", "B", "C"], "tp": [9, 8, 7], "fp": [1, 2, 3], "fn": [1, 3, 2], "tn": [9, 7, 5]
    }  # fmt: skip
    return AccuracyStudies.from_table(table | changes)


@pytest.mark.parametrize(
    ("studies", "words"),
    [
        (few().select([0, 1]), "needs 3 or more studies, found 2"),
        (few(study=["A", "A", "B"], reader=["1", "2", "1"]), "1 studies have several rows \\(A"),
        (few(tp=[9, 8, 0], fn=[1, 3, 0]), "1 rows \\(C\\) have none"),
    ],
)
def test_what_has_no_funnel_is_refused(studies: AccuracyStudies, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        deeks(studies)


def test_egger_on_odds_ratios_of_tests_is_refused_and_deeks_named() -> None:
    with pytest.raises(ValueError, match="allowed: Deeks' funnel"):
        egger(bp.load_dataset("telomerase"))
