"""Comparing and averaging models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.averaging import (
    average,
    evidence_weights,
    log_bayes_factor,
    stack,
    stacking_weights,
)
from bayespool.priors import HalfNormal, Normal
from bayespool.studies import AccuracyStudies


@pytest.fixture(scope="module")
def studies() -> AccuracyStudies:
    return AccuracyStudies.from_counts(
        ["A", "B", "C", "D", "E"], [18, 15, 24, 40, 9], [7, 12, 4, 9, 1], [4, 7, 5, 22, 6],
        [25, 19, 33, 61, 28],
    )  # fmt: skip


@pytest.fixture(scope="module")
def fits(studies: AccuracyStudies) -> dict[str, bp.Fit]:
    plain = bp.accuracy.Bivariate()
    models = {
        "plain": plain,
        "alike": replace(plain, tau_sens=HalfNormal(0.1), tau_spec=HalfNormal(0.1)),
        "wrong": replace(plain, sens=Normal(-3, 0.3)),
    }
    return {n: bp.fit(m, studies, engine="quadrature", ess=1_000) for n, m in models.items()}


def test_a_model_is_as_probable_as_itself(fits: dict[str, bp.Fit]) -> None:
    assert log_bayes_factor(fits["plain"], fits["plain"])[0] == 0.0


def test_bayes_factors_do_not_depend_on_the_seed(
    fits: dict[str, bp.Fit], studies: AccuracyStudies
) -> None:
    again = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", seed=1, ess=1_000)
    value, error = log_bayes_factor(fits["plain"], again)
    assert 0.0 < error < 0.1
    assert abs(value) < 4 * error


def test_evidence_weights_of_two_models_in_closed_form(fits: dict[str, bp.Fit]) -> None:
    two = {name: fits[name] for name in ("plain", "alike")}
    odds = np.exp(log_bayes_factor(two["plain"], two["alike"])[0])
    assert evidence_weights(two)["plain"] == pytest.approx(odds / (1 + odds))
    weighted = evidence_weights(two, {"plain": 0.2, "alike": 0.8})
    assert weighted["plain"] == pytest.approx(0.2 * odds / (0.2 * odds + 0.8))
    assert sum(weighted.values()) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="prior must name every model: plain, alike"):
        evidence_weights(two, {"plain": 1.0})


def score(elpd: np.ndarray, w: np.ndarray) -> float:
    return float(np.log(np.exp(elpd) @ w).sum())


def test_stacking_is_the_best_point_of_the_simplex() -> None:
    elpd = np.random.default_rng(3).normal(-2.0, 1.0, (12, 3))
    best = stack(elpd)
    assert best.sum() == pytest.approx(1.0)
    side = np.linspace(0.0, 1.0, 101)
    grid = [np.array([a, b, 1 - a - b]) for a in side for b in side if a + b <= 1.0]
    scores = [score(elpd, w) for w in grid]
    assert score(elpd, best) >= max(scores) - 1e-9
    assert np.abs(best - grid[int(np.argmax(scores))]).max() < 0.02


def test_stacking_knows_a_model_that_is_always_better() -> None:
    elpd = np.column_stack([np.full(5, -1.0), np.full(5, -3.0)])
    assert stack(elpd) == pytest.approx([1.0, 0.0], abs=1e-6)


def test_a_wrong_model_gets_no_weight(fits: dict[str, bp.Fit]) -> None:
    two = {name: fits[name] for name in ("plain", "wrong")}
    assert evidence_weights(two)["wrong"] < 0.01
    assert stacking_weights(two)["wrong"] < 0.1


def test_averages_lie_between_and_all_weight_on_one_is_that_one(fits: dict[str, bp.Fit]) -> None:
    two = {name: fits[name] for name in ("plain", "wrong")}
    means = [f.samples["sens"].mean() for f in two.values()]
    half = average(two, {"plain": 0.5, "wrong": 0.5})["sens"]
    assert half.mean == pytest.approx(np.mean(means), abs=4 * half.mcse)
    assert half.sd > abs(means[0] - means[1]) / 2 * 0.99
    alone = average(two, {"plain": 1.0, "wrong": 0.0})["sens"]
    assert alone.mean == pytest.approx(means[0], abs=1e-12)
    with pytest.raises(ValueError, match="sum to 1"):
        average(two, {"plain": 0.7, "wrong": 0.7})
    with pytest.raises(ValueError, match="must name every model"):
        average(two, {"plain": 1.0})


def test_fits_by_nuts_and_of_other_data_are_refused(
    fits: dict[str, bp.Fit], studies: AccuracyStudies
) -> None:
    plain: Any = fits["plain"]
    info = {k: v for k, v in plain.draws.info.items() if not k.startswith("log_marginal")}
    nuts = replace(plain, draws=replace(plain.draws, engine="nuts", info=info))
    with pytest.raises(ValueError, match="this fit is NUTS"):
        log_bayes_factor(plain, nuts)
    fewer = bp.fit(plain.model, studies.select([0, 1, 2]), engine="quadrature", ess=1_000)
    with pytest.raises(ValueError, match="the same studies only"):
        log_bayes_factor(plain, fewer)
