"""Priors: densities, quantiles, printing and parsing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from bayespool.priors import (
    LKJ,
    PRIORS,
    Exponential,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
    parse_prior,
)

ORACLES = [
    (Normal(0.3, 1.5), stats.norm(0.3, 1.5)),
    (StudentT(0.3, 1.5, 4), stats.t(4, 0.3, 1.5)),
    (HalfNormal(0.7), stats.halfnorm(0, 0.7)),
    (HalfCauchy(0.7), stats.halfcauchy(0, 0.7)),
    (LogNormal(-1.2, 0.8), stats.lognorm(0.8, scale=np.exp(-1.2))),
    (InverseGamma(1.2, 0.15), stats.invgamma(1.2, scale=0.15)),
    (Exponential(0.4), stats.expon(scale=0.4)),
    (Uniform(0, 3), stats.uniform(0, 3)),
    (LKJ(2), stats.beta(2, 2, loc=-1, scale=2)),
]


@pytest.mark.parametrize("prior,oracle", ORACLES, ids=lambda x: repr(x))
def test_density_and_quantiles_equal_scipy(prior, oracle):
    u = np.array([0.01, 0.2, 0.5, 0.9, 0.999])
    x = oracle.ppf(u)
    np.testing.assert_allclose(prior.ppf(u), x, rtol=1e-8)
    np.testing.assert_allclose(prior.logpdf(x), oracle.logpdf(x), atol=1e-9)


def test_half_t_is_a_folded_t():
    prior, t = HalfStudentT(0.5, 3), stats.t(3, 0, 0.5)
    x = np.array([0.1, 0.7, 2.0])
    np.testing.assert_allclose(prior.logpdf(x), np.log(2) + t.logpdf(x))
    np.testing.assert_allclose(prior.ppf(2 * t.cdf(x) - 1), x)


def test_every_prior_prints_back_as_its_own_call():
    arguments = {"Normal": (0, 1.5), "StudentT": (0, 1, 3.5), "Uniform": (0, 2),
                 "ProbabilityInterval": (0.05, 0.95)}  # fmt: skip
    for name, kind in PRIORS.items():
        values = arguments.get(name, (0.5, 2.0)[: len(fields(kind))])
        prior = kind(*values)
        assert parse_prior(repr(prior)) == prior
    assert repr(HalfNormal(0.5)) == "HalfNormal(0.5)"
    assert repr(Normal(0, 4)) == "Normal(0, 4)"


@pytest.mark.parametrize(
    "text,words",
    [
        ("HalfNormal", "not a prior"),
        ("HalfNormal(", "not a prior"),
        ("Gauss(0, 1)", "known prior.*HalfNormal"),
        ("HalfNormal(-1)", "greater than 0"),
        ("HalfNormal('a')", "not a number"),
        ("HalfNormal(1, 2)", r"legal is HalfNormal\(sigma\)"),
        ("Uniform(3, 1)", "lower must be below upper"),
        ("Normal(0, 1e999)", "not finite"),
        ("ProbabilityInterval(5, 95)", "proportions, not percent"),
        ("__import__('os').system('true')", "not a prior"),
        ("Normal(0, __import__('os'))", "plain numbers"),
    ],
)
def test_what_is_not_a_prior_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        parse_prior(text)
