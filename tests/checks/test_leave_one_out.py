"""Leaving a study out by weights is leaving it out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.checks.influence import leave_one_out
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.estimands import summarise

PLACES = range(5)


@pytest.fixture(scope="session")
def without(fitted: bp.Fit, small: Any) -> list[bp.Fit]:
    """Real fits without each study, with another seed."""
    model = bp.accuracy.Bivariate()
    rest = [small.select([j for j in PLACES if j != k]) for k in PLACES]
    return [bp.fit(model, studies, engine="quadrature", seed=7) for studies in rest]


@pytest.mark.parametrize("k", PLACES)
def test_elpd_is_the_difference_of_log_evidence(
    fitted: bp.Fit, left: Any, without: list[bp.Fit], k: int
) -> None:
    full, rest = fitted.draws.info, without[k].draws.info
    expected = full["log_marginal_likelihood"] - rest["log_marginal_likelihood"]
    error = math.hypot(full["log_marginal_likelihood_mcse"], rest["log_marginal_likelihood_mcse"])
    assert left.studies[k].elpd == pytest.approx(expected, abs=max(4 * error, 0.05))


@pytest.mark.parametrize("k", PLACES)
def test_reweighted_posterior_is_that_of_a_refit(left: Any, without: list[bp.Fit], k: int) -> None:
    one, other = left.studies[k], without[k]
    assert one.study == "ABCDE"[k]
    assert one.fit.studies.row == other.studies.row
    for name in ("sens", "spec", "tau_sens", "tau_spec", "rho", "sens_new"):
        a = one.estimates[name]
        b = summarise(name, other.samples[name], other.draws.ancestor)
        assert abs(a.mean - b.mean) < 4 * math.hypot(a.mcse, b.mcse), name
        for end in ("lower", "median", "upper"):
            error = math.hypot(getattr(a, f"mcse_{end}"), getattr(b, f"mcse_{end}"))
            assert abs(getattr(a, end) - getattr(b, end)) < 5 * error, (name, end)


def test_some_studies_are_reweighted_and_not_refitted(left: Any) -> None:
    assert not all(one.refitted for one in left.studies)


def test_moves_influence_and_rank(fitted: bp.Fit, left: Any) -> None:
    names, cuts = ("sens", "spec"), [0.025, 0.5, 0.975]
    for one in left.studies:
        furthest = []
        for name, move in zip(names, left.moves(one, names), strict=True):
            before, after = (
                np.quantile(f.samples[f"logit_{name}"], cuts) for f in (fitted, one.fit)
            )
            shifts = (after - before) / ((before[2] - before[0]) / 3.92)
            found = [move.shifts[point] for point in ("lower", "median", "upper")]
            np.testing.assert_allclose(found, shifts, atol=0.01)
            furthest.append(np.abs(found).max())
            assert abs(move.shift) == furthest[-1]
        assert left.influence(one, names) == max(furthest)
    sizes = [left.influence(one, names) for one in left.ranked(names)]
    assert sizes == sorted(sizes, reverse=True)
    assert left.elpd == pytest.approx(sum(one.elpd for one in left.studies))


def test_importance_sampling_is_near_where_its_pareto_k_is_low(fitted: bp.Fit, left: Any) -> None:
    psis = leave_one_out(fitted)
    exact = np.array([one.elpd for one in left.studies])
    low = psis.pareto_k < 0.5
    assert low.any()
    assert np.abs(psis.elpd - exact)[low].max() < 0.1


def test_same_seed_same_bits(fitted: bp.Fit) -> None:
    first, second = (refit_without_each(fitted, ess=1_000.0) for _ in range(2))
    for a, b in zip(first.studies, second.studies, strict=True):
        assert a.elpd == b.elpd
        assert np.array_equal(a.fit.samples["sens"], b.fit.samples["sens"])


def test_one_study_has_no_others(small: Any) -> None:
    alone = bp.fit(bp.accuracy.Bivariate(), small.select([0]), engine="quadrature", ess=1_000)
    with pytest.raises(ValueError, match="at least 2 studies"):
        refit_without_each(alone)
