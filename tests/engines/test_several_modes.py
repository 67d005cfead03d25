"""Posteriors of several modes: found, or said."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.association import NormalNormal
from bayespool.engines import mode, quadrature, tempered
from bayespool.numerics.mixture import Mixture
from bayespool.studies import read_studies

# one log odds ratio, and four results of which only "P < 0.001" is told, without a direction
TABLE = {
    "study": ["A", "B", "C", "D", "E"],
    "kind": ["", "censored", "censored", "censored", "censored"],
    "estimate": [0.5, None, None, None, None],
    "se": [0.6, 0.5, 0.5, 0.5, 0.5],
    "p": [None, "<0.001", "<0.001", "<0.001", "<0.001"],
}
POSITIVE, LOWER, UPPER = 0.920, -2.33, 3.50  # by brute force on a grid, below


@pytest.fixture(scope="module")
def hierarchy():
    studies = read_studies(TABLE, "or")
    return NormalNormal.for_studies(studies)[0].hierarchy(studies.by_study())


def test_brute_force(hierarchy):
    """The grid: mu and tau on a lattice, the effect of each study by its own fine quadrature."""
    mu, tau = np.linspace(-9, 9, 601), np.linspace(0.004, 3.2, 400)
    at = np.array(np.meshgrid(mu, tau, indexing="ij")).reshape(2, -1)
    theta = hierarchy.unconstrained({"mu": at[0], "tau": at[1]})
    log_p = hierarchy.log_posterior(theta, 41) - np.log(at[1])
    p = np.exp(log_p - log_p.max()).reshape(len(mu), -1).sum(axis=1)
    p /= p.sum()
    assert p[mu > 0].sum() == pytest.approx(POSITIVE, abs=0.005)
    cumulative = np.cumsum(p)
    for share, value in ((0.025, LOWER), (0.975, UPPER)):
        assert np.interp(share, cumulative, mu) == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize("seed", [2026, 1, 2, 3])
def test_both_modes_are_found(hierarchy, seed):
    draws = quadrature.run(hierarchy, seed)
    assert not draws.failures
    assert draws.info["n_modes"] == 2
    mu = draws.hyper["mu"].ravel()
    assert np.mean(mu > 0) == pytest.approx(POSITIVE, abs=4 * 0.0043 + 0.002)
    assert np.quantile(mu, 0.025) == pytest.approx(LOWER, abs=0.2)
    assert np.quantile(mu, 0.975) == pytest.approx(UPPER, abs=0.2)


def one_mode_only(monkeypatch):
    """The search as it was: from one start."""
    monkeypatch.setattr(mode, "SURPRISE", np.inf)

    def near(coordinates, modes, rng):
        centre, cov = coordinates.from_mode(modes.theta[0], modes.cov[0])
        return Mixture(np.ones(1), centre[None], 2.0 * cov[None], 8.0)

    monkeypatch.setattr(quadrature, "adapt", near)


def test_a_mode_that_the_starts_miss_is_mended_by_the_second_sample(hierarchy, monkeypatch):
    one_mode_only(monkeypatch)
    draws = quadrature.run(hierarchy, 3)
    assert draws.info["n_modes"] == 1
    assert not draws.failures
    assert np.mean(draws.hyper["mu"] > 0) == pytest.approx(POSITIVE, abs=0.02)


def test_a_mode_that_is_missed_after_all_is_said(hierarchy, monkeypatch):
    one_mode_only(monkeypatch)
    monkeypatch.setattr(quadrature, "_guarded", lambda coordinates, proposal, *rest: proposal)
    monkeypatch.setattr(quadrature, "REFITS", 0)
    draws = quadrature.run(hierarchy, 3)
    assert any("next to no draws" in sentence for sentence in draws.failures)


def test_agreement_counts_no_small_difference():
    found = tempered.Agreement(300.0, 0.0, 0.001)
    assert not found.failures
    assert tempered.Agreement(300.0, 5.0, 0.001).failures
    assert tempered.Agreement(300.0, 1.0, 0.02).failures
