"""Counts at successive cut-offs: the chain of binomials is the multinomial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bayespool.numerics.links import link
from bayespool.numerics.successive import Successive, box_cox, positive_part

SLOPES = np.array([[2.0], [0.7]])
ROWS = Successive(
    correct=np.array([19, 12, 3, 7, 30, 28]),
    at=np.array([-0.4, 0.1, 0.9, 0.0, 0.6, -0.2]),
    unit=np.array([0, 0, 0, 1, 2, 2]),
    people=np.array([20, 11, 31]),
    sign=np.array([1.0, -1.0, -1.0]),
    kind=np.array([0, 1, 1]),
    shown=np.array([1, 0, 0]),
    slopes=SLOPES,
)
ETA = np.array([[0.3], [0.2], [0.5], [-0.4], [1.9], [0.3]])


@pytest.mark.parametrize("name", ["logit", "probit"])
def test_the_chain_is_the_multinomial_of_counts_between_cut_offs(name):
    rows = replace(ROWS, link_name=name)
    found = (rows.log_density(ETA) + rows.log_constant())[:, 0]
    for unit in range(3):
        own = ROWS.unit == unit
        move = ROWS.sign[unit] * SLOPES[ROWS.kind[unit], 0] * ROWS.at[own]
        right = link(name).inverse((ETA[2 * unit, 0] - move) / np.exp(ETA[2 * unit + 1, 0]))
        share = -np.diff(np.concatenate([[1.0], right, [0.0]]))
        people = ROWS.people[unit]
        counts = -np.diff(np.concatenate([[people], ROWS.correct[own], [0]]))
        expected = stats.multinomial.logpmf(counts, people, share)
        assert found[2 * unit] == pytest.approx(expected, rel=1e-10)
        assert found[2 * unit + 1] == 0.0


@pytest.mark.parametrize("name", ["logit", "probit"])
@pytest.mark.parametrize("spread", [True, False])
def test_slopes_and_curvatures_are_those_of_differences(name, spread):
    rows = replace(ROWS, link_name=name, spread=spread)
    eta = ETA if spread else ETA[::2]
    slope, weight, cross = rows.derivatives(eta)
    step = 1e-5
    hessian = np.zeros((len(eta), len(eta)))
    for i in range(len(eta)):
        up, down = eta.copy(), eta.copy()
        up[i] += step
        down[i] -= step
        change = rows.log_density(up) - rows.log_density(down)
        assert slope[i, 0] == pytest.approx(change.sum() / (2 * step), rel=1e-5, abs=1e-5)
        moved = rows.derivatives(up)[0] - rows.derivatives(down)[0]
        hessian[:, i] = -moved[:, 0] / (2 * step)
    if not spread:
        np.testing.assert_allclose(weight[:, 0], np.diag(hessian), rtol=1e-4)
        return
    for k, (i, j) in enumerate(zip(cross.first, cross.second, strict=True)):
        values, vectors = np.linalg.eigh(hessian[np.ix_([i, j], [i, j])])
        positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
        got = [[weight[i, 0], cross.weight[k, 0]], [cross.weight[k, 0], weight[j, 0]]]
        np.testing.assert_allclose(got, positive, rtol=1e-4, atol=1e-4)


def test_the_positive_part_leaves_out_negative_directions():
    got = positive_part(np.array([1.0, 2.0]), np.array([-1.0, 3.0]), np.array([2.0, 1.0]))
    values, vectors = np.linalg.eigh([[1.0, 2.0], [2.0, -1.0]])
    kept = values[1] * np.outer(vectors[:, 1], vectors[:, 1])
    np.testing.assert_allclose([x[0] for x in got], [kept[0, 0], kept[1, 1], kept[0, 1]])
    assert [x[1] for x in got] == [2.0, 3.0, 1.0]


def test_new_patients_fall_as_the_density_says():
    draws = 40_000
    rows = replace(ROWS, slopes=np.tile(SLOPES, draws))
    found = rows.all_correct(np.tile(ETA, draws), np.random.default_rng(2))
    z, _ = ROWS.standardised(ETA)
    people = ROWS.people[ROWS.unit]
    right = link("logit").inverse(z[:, 0])
    error = np.sqrt(people * right * (1 - right) / draws)
    assert np.all(np.abs(found.mean(axis=1) - people * right) < 4 * error)
    assert np.all(found[0] >= found[1])
    assert np.all(found[4] >= found[5])
    # counts at two cut-offs of the same patients: the covariance of nested events
    covariance = np.cov(found[0], found[1])[0, 1]
    expected = 20 * right[1] * (1 - right[0])
    assert covariance == pytest.approx(expected, abs=4 * 5.0 / np.sqrt(draws) * 2)


def test_a_power_near_zero_is_the_logarithm():
    x = np.array([-1.0, 0.3, 2.0])
    np.testing.assert_allclose(box_cox(x, np.array(1e-9)), x, atol=1e-8)
    np.testing.assert_allclose(box_cox(x, np.array(1.0)), np.expm1(x))
    np.testing.assert_allclose(box_cox(x, np.array(-1.0)), -np.expm1(-x))


def test_groups_are_taken_whole():
    taken = ROWS.take(np.array([0, 1, 4, 5]))
    np.testing.assert_array_equal(taken.unit, [0, 0, 0, 1, 1])
    kept = ROWS.log_density(ETA)[[0, 1, 4, 5]]
    np.testing.assert_allclose(taken.log_density(ETA[[0, 1, 4, 5]]), kept)
    with pytest.raises(ValueError, match="taken together"):
        ROWS.take(np.array([0, 1, 2]))
    assert np.all(ROWS.trials == [20, 0, 11, 0, 31, 0])
    assert np.all(ROWS.observed() == [12, 0, 7, 0, 30, 0])
