"""Labels made of the signs that names and statements are made of never change a number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bayespool as bp
from bayespool.accuracy import MetaRegression
from bayespool.report.summary import build_summary
from bayespool.studies import AccuracyStudies

SIGNS = st.text("<>=[]-/@ ,%65a", min_size=1, max_size=8).filter(
    lambda text: text.strip() == text and text
)
COUNTS = {"tp": [18, 15, 24, 30, 11, 20], "fp": [7, 5, 3, 6, 2, 9], "fn": [4, 7, 5, 9, 2, 3],
          "tn": [25, 19, 33, 40, 21, 22]}  # fmt: skip


def shares(labels: tuple[str, ...]) -> None:
    """Every row of the certainty table sums to one, and is what the draws say."""
    groups = (labels * 6)[:6]
    studies = AccuracyStudies.from_counts(list("ABCDEF"), **COUNTS, group=list(groups))
    fitted = bp.fit(MetaRegression(covariates=("group",)), studies, engine="quadrature", ess=200)
    summary = build_summary(fitted)
    for row in summary.support:
        found = [band.probability.prob for band in row.bands]
        assert sum(found) == pytest.approx(1.0)
        draws = fitted.samples[row.name]
        for band, share in zip(row.bands, found, strict=True):
            # a draw on a cut-off has no probability
            assert share == pytest.approx(np.mean((draws >= band.low) & (draws < band.high)))


@pytest.mark.parametrize("labels", [("age < 65", "age > 65"), ("x - y", "x / y", "a=[1]")])
def test_labels_with_signs_have_their_own_probabilities(labels: tuple[str, ...]) -> None:
    shares(labels)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(SIGNS, min_size=2, max_size=3, unique=True))
def test_any_labels_have_their_own_probabilities(labels: list[str]) -> None:
    shares(tuple(labels))
