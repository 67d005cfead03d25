"""Two roads to the closed forms of a Gaussian hierarchy: by rows, and all points at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespool.association import NormalNormal
from bayespool.engines import conditional as module
from bayespool.priors import HalfNormal, Normal
from bayespool.studies import Effects

LOGS = np.log([[0.01, 0.3, 2.0]])


def hierarchy(covariates=()):
    rng = np.random.default_rng(3)
    table = {"study": list("abcdefg"), "estimate": rng.normal(0.4, 0.5, 7),
             "se": rng.uniform(0.05, 0.6, 7), "x": rng.normal(2000, 3, 7)}  # fmt: skip
    model = NormalNormal(Normal(0.1, 0.8), HalfNormal(0.5), Normal(0, 0.3), covariates)
    return model.hierarchy(Effects.from_table(table, "generic"))


@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_both_roads_are_one(monkeypatch, covariates):
    one = hierarchy(covariates)
    at_once = module.conditional(one, LOGS)
    monkeypatch.setattr(module, "_one_row_each", lambda *_: None)
    by_rows = module.conditional(one, LOGS)
    for a, b in zip(at_once, by_rows, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_the_evidence_is_that_of_a_multivariate_normal():
    """Given tau, all estimates are normal around the prior mean of mu, which they share."""
    one = hierarchy()
    y, weight = (values[:, 0] for values in one.likelihood.start())
    for log_tau, found in zip(LOGS[0], module.conditional(one, LOGS).log_density, strict=True):
        tau = np.exp(log_tau)
        cov = np.diag(1 / weight + tau**2) + 0.8**2
        expected = stats.multivariate_normal(np.full(len(y), 0.1), cov).logpdf(y)
        prior = float(HalfNormal(0.5).logpdf(np.array(tau))) + log_tau
        assert found == pytest.approx(expected + prior, rel=1e-10)
