"""Pareto smoothing against ArviZ's own."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from bayespool.numerics.pareto import smooth_log_weights


@pytest.mark.parametrize("shape", [0.1, 0.5, 0.9, 1.4])
def test_smoothing_equals_arviz(shape):
    rng = np.random.default_rng(int(10 * shape))
    log_weights = shape * rng.exponential(size=4_000)
    ours, k = smooth_log_weights(log_weights)
    theirs, their_k = array_stats.psislw(-log_weights)  # takes log ratios with their sign turned
    assert k == pytest.approx(float(their_k), abs=1e-6)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_equal_weights_have_no_tail():
    smoothed, k = smooth_log_weights(np.zeros(1_000))
    assert k == -np.inf
    np.testing.assert_allclose(np.exp(smoothed), 1e-3)


def test_too_few_draws_say_so():
    assert smooth_log_weights(np.arange(5.0))[1] == np.inf
