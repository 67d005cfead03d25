"""Student-t study effects: outlying studies lose weight, and without them nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.priors import Gamma
from bayespool.studies import AccuracyStudies

OUTLYING = 3


def studies(outlying: int) -> AccuracyStudies:
    """24 studies around 82 % and 88 %; the first few far below in sensitivity."""
    rng = np.random.default_rng(21)
    k = 24
    sens, spec = 1.5 + 0.35 * rng.normal(size=k), 2.0 + 0.35 * rng.normal(size=k)
    sens[:outlying] -= 4.0
    n1, n0 = rng.integers(40, 120, k), rng.integers(40, 120, k)
    tp, tn = rng.binomial(n1, expit(sens)), rng.binomial(n0, expit(spec))
    return AccuracyStudies.from_counts([f"S{i}" for i in range(k)], tp, n0 - tn, n1 - tp, tn)


@pytest.fixture(scope="module")
def fits():
    models = {"normal": Bivariate(), "robust": Bivariate(nu=Gamma(2, 0.1))}
    return {
        (name, n): bp.fit(model, studies(n), engine="quadrature", ess=1_500)
        for name, model in models.items()
        for n in (0, OUTLYING)
    }


def test_without_outlying_studies_the_answer_is_nearly_the_same(fits):
    for name in ("logit_sens", "logit_spec"):
        normal, robust = (fits[model, 0].estimates[name] for model in ("normal", "robust"))
        assert abs(normal.mean - robust.mean) < 0.15 * normal.sd
        assert robust.sd == pytest.approx(normal.sd, rel=0.15)


def test_outlying_studies_pull_less(fits):
    truth = 1.5
    normal, robust = (
        fits[model, OUTLYING].estimates["logit_sens"] for model in ("normal", "robust")
    )
    assert truth - normal.mean > 0.3
    assert abs(robust.mean - truth) < 0.5 * abs(normal.mean - truth)
    assert robust.lower < truth < robust.upper


def precision_of(fitted):
    u = fitted.effects.reshape(*fitted.effects.shape[:2], -1)
    return fitted.hierarchy.study_precision(fitted.theta, u).mean(axis=1)


def test_weights_name_the_outlying_studies(fits):
    fitted = fits["robust", OUTLYING]
    precision = precision_of(fitted)
    assert set(np.argsort(precision)[:OUTLYING]) == set(range(OUTLYING))
    assert precision[:OUTLYING].max() < 0.4
    clean = fits["robust", 0]
    assert precision_of(clean).min() > 0.5


def test_the_mean_over_studies_is_that_of_new_studies(fits):
    for model in ("normal", "robust"):
        fitted = fits[model, OUTLYING]
        for name in ("sens", "spec"):
            difference = fitted.samples[f"{name}_new"] - fitted.samples[f"{name}_marginal"]
            error = difference.std() / np.sqrt(difference.size)
            assert abs(difference.mean()) < 4 * error, (model, name)
