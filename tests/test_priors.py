"""Priors: densities, quantiles, printing and parsing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from bayespool.calls import PRIORS, parse_prior
from bayespool.priors import (
    LKJ,
    Exponential,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    LogStudentT,
    Normal,
    StudentT,
    Uniform,
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


@pytest.mark.parametrize("prior,oracle", ORACLES, ids=[repr(prior) for prior, _ in ORACLES])
def test_density_and_quantiles_equal_scipy(prior, oracle):
    u = np.array([0.01, 0.2, 0.5, 0.9, 0.999])
    x = oracle.ppf(u)
    np.testing.assert_allclose(prior.ppf(u), x, rtol=1e-8)
    np.testing.assert_allclose(prior.logpdf(x), oracle.logpdf(x), atol=1e-9)


def test_log_t_is_a_t_of_the_logarithm():
    prior, t = LogStudentT(-1.72, 1.295, 5), stats.t(5, -1.72, 1.295)
    x = np.array([0.05, 0.2, 1.5])
    np.testing.assert_allclose(prior.logpdf(x), t.logpdf(np.log(x)) - np.log(x))
    np.testing.assert_allclose(prior.ppf(t.cdf(np.log(x))), x)


@pytest.mark.parametrize(
    "call,median",
    [
        ("turner2012('subjective', 'non-pharmacological')", 0.366),
        ("turner2015('semi-objective', 'pharmacological vs placebo')", 0.2209),
        ("turner2015('pain', 'pharmacological vs. pharmacological')", 0.357),
        ("turner2015()", 0.278),
        ("rhodes2015()", 0.1791),
        (
            "rhodes2015('biological marker', 'pharmacological vs. placebo / control', 'other')",
            0.1818,
        ),
    ],
)
def test_empirical_priors_have_the_medians_of_their_tables(call, median):
    prior = parse_prior(call)
    assert float(prior.ppf(np.array(0.5))) == pytest.approx(median, rel=2e-3)
    assert parse_prior(repr(prior)) == prior
    assert prior.support == "positive"


def test_the_whole_cochrane_table_can_be_used():
    from bayespool.empirical import _table, cochrane

    for row in _table("cochrane"):
        parameter = {"effect": "mu", "heterogeneity": "tau"}[row["parameter"]]
        prior = cochrane(row["measure"], row["subfield"], parameter)
        low, high = prior.ppf(np.array([0.025, 0.975]))
        assert low < high
        assert (prior.support == "real") == (parameter == "mu")


def test_three_doubtful_entries_of_rhodes_are_told():
    from bayespool.empirical import _table, rhodes2015

    rows = _table("rhodes2015")
    cautions = [rhodes2015(r["outcome"], r["comparison"], r["area"]).caution for r in rows]
    assert sum(bool(c) for c in cautions) == 3


@pytest.mark.parametrize(
    "call,words",
    [
        ("turner2015('happiness', 'any')", "allowed values"),
        ("turner2012('semi-objective', 'pharma')", "matches several"),
        ("turner2012('semi-objective')", "allowed are texts"),
        ("turner2015(3, 4)", "allowed are texts"),
        ("cochrane('logor', 'Heart', 'rho')", "allowed: tau, mu"),
    ],
)
def test_unknown_empirical_priors_are_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        parse_prior(call)


def test_half_t_is_a_folded_t():
    prior, t = HalfStudentT(0.5, 3), stats.t(3, 0, 0.5)
    x = np.array([0.1, 0.7, 2.0])
    np.testing.assert_allclose(prior.logpdf(x), np.log(2) + t.logpdf(x))
    np.testing.assert_allclose(prior.ppf(2 * t.cdf(x) - 1), x)


def test_every_prior_prints_back_as_its_own_call():
    arguments = {"Normal": (0, 1.5), "StudentT": (0, 1, 3.5), "Uniform": (0, 2),
                 "ProbabilityInterval": (0.05, 0.95), "LogStudentT": (0, 1, 5),
                 "CumulativeDirichlet": (1, 0.5, 2)}  # fmt: skip
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
        ("HalfNormal(1, 2)", r"allowed is HalfNormal\(sigma\)"),
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
