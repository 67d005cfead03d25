"""The trivariate model against the bivariate model that it contains, and against PyMC."""

from __future__ import annotations

import numpy as np
import pytest
from densities import log_terms
from scipy import special, stats

from bayespool.accuracy import Bivariate, Trivariate
from bayespool.choice import choose
from bayespool.fitting import fit
from bayespool.model_options import ModelOptions
from bayespool.priors import LKJ, Normal
from bayespool.studies import AccuracyStudies
from bayespool.studies.problems import TableError

_ = None
TABLE = {
    "study": list("ABCD"), "design": ["cohort", "case-control", "Cross sectional", "two-gate"],
    "tp": [8, 9, 0, 30], "fn": [3, 2, 6, 1], "fp": [2, 1, 5, 0], "tn": [20, 21, 1, 44],
}  # fmt: skip
STUDIES = AccuracyStudies.from_table(TABLE)
NATURAL = {
    "logit_sens": 0.9, "logit_spec": 1.6, "logit_prev": -0.8, "tau_sens": 0.7, "tau_spec": 0.5,
    "tau_prev": 0.9, "rho": -0.4, "rho_sens_prev": 0.5, "rho_spec_prev": -0.3,
}  # fmt: skip


def at(hierarchy, **changed: float):
    natural = NATURAL | changed
    return hierarchy.unconstrained({n: np.array([natural[n]]) for n in hierarchy.names})


def log_prevalence(ill: int, people: int) -> float:
    """Log probability of a cohort's people with the condition, by a fine sum."""
    x = np.linspace(-8.0, 8.0, 2001)
    p = special.expit(NATURAL["logit_prev"] + NATURAL["tau_prev"] * x)
    return float(
        np.log(np.sum(stats.norm.pdf(x) * stats.binom.pmf(ill, people, p)) * (x[1] - x[0]))
    )


def test_uncorrelated_prevalence_is_a_factor_of_the_bivariate_likelihood():
    hierarchy, plain = Trivariate().hierarchy(STUDIES), Bivariate().hierarchy(STUDIES)
    found = hierarchy.log_likelihood(at(hierarchy, rho_sens_prev=0.0, rho_spec_prev=0.0), 25)[:, 0]
    expected = plain.log_likelihood(at(plain), 25)[:, 0]
    expected[[0, 2]] += log_prevalence(11, 33), log_prevalence(6, 12)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_case_control_studies_carry_no_prevalence():
    """Whatever the correlations: their people with the condition are as many as were chosen."""
    hierarchy, plain = Trivariate().hierarchy(STUDIES), Bivariate().hierarchy(STUDIES)
    found = hierarchy.log_likelihood(at(hierarchy), 25)[:, 0]
    expected = plain.log_likelihood(at(plain), 25)[:, 0]
    np.testing.assert_allclose(found[[1, 3]], expected[[1, 3]], atol=1e-5)
    assert abs(found[0] - expected[0] - log_prevalence(11, 33)) > 1e-3


def test_both_statements_of_the_model_agree():
    model = Trivariate(rho=LKJ(1.5))
    hierarchy, pymc_model = model.hierarchy(STUDIES), model.build(STUDIES)
    rng = np.random.default_rng(6)
    theta = hierarchy.draw_prior(3, rng)
    natural, v = hierarchy.natural(theta), rng.normal(size=(3, 4, 3))
    r, s, t = (natural[name] for name in ("rho", "rho_sens_prev", "rho_spec_prev"))
    partial = (t - r * s) / np.sqrt((1 - r**2) * (1 - s**2))
    values = {"v": v}
    for name, x in natural.items():
        values[f"{name}_log__" if name.startswith("tau") else name] = (
            np.log(x) if name.startswith("tau") else x
        )
    for name, x in (("rho", r), ("rho_sens_prev", s), ("partial_spec_prev", partial)):
        values[f"{name}_unit_logodds__"] = np.log((1 + x) / (1 - x))
    terms = log_terms(pymc_model, jacobian=True)(
        {x.name: values[x.name] for x in pymc_model.value_vars}
    )
    rows = {"tp", "tn", "diseased", "v"}
    got = {name: x.reshape(3, -1).sum(axis=1) for name, x in terms.items()}
    u = hierarchy.scale_effects(theta, np.moveaxis(v, 0, -1).swapaxes(0, 1))
    likelihood = hierarchy.rows.likelihood
    eta = hierarchy.row_predictors(theta, u)
    expected = (likelihood.log_density(eta) + likelihood.log_constant()).sum(axis=0)
    expected += stats.norm.logpdf(v).sum(axis=(1, 2))
    np.testing.assert_allclose(sum(got[name] for name in rows), expected, rtol=1e-9)
    prior = sum(x for name, x in got.items() if name not in rows)
    # unconstrained correlations are atanh(r) here, and twice that in PyMC
    np.testing.assert_allclose(prior + 3 * np.log(2.0), hierarchy.log_prior(theta), rtol=1e-9)


def test_predictive_values_of_a_new_setting_are_of_joint_draws():
    rng = np.random.default_rng(3)
    table: dict[str, list] = {n: [] for n in ("study", "tp", "fn", "fp", "tn")}
    for k in range(12):
        ill = rng.binomial(400, special.expit(rng.normal(-1.4, 0.8)))
        tp = rng.binomial(ill, special.expit(rng.normal(1.4, 0.4)))
        fp = rng.binomial(400 - ill, 1 - special.expit(rng.normal(2.0, 0.4)))
        for name, x in zip(table, (f"S{k}", tp, ill - tp, fp, 400 - ill - fp), strict=True):
            table[name].append(x)
    fitted = fit(Trivariate(), AccuracyStudies.from_table(table), engine="quadrature", ess=600)
    assert not fitted.draws.failures
    assert any("no column design" in message for message in fitted.draws.messages)
    draws = fitted.samples
    sens, spec, prev = (draws[f"{name}_new"] for name in ("sens", "spec", "prev"))
    np.testing.assert_allclose(
        draws["ppv_new"], sens * prev / (sens * prev + (1 - spec) * (1 - prev))
    )
    truth = special.expit([1.4, 2.0, -1.4])
    for name, true in zip(("sens", "spec", "prev"), truth, strict=True):
        found = fitted.estimates[name]
        assert abs(found.median - true) < 3 * found.sd
    # a new setting may have any of the prevalences
    new, average = fitted.estimates["ppv_new"], fitted.estimates["ppv"]
    assert new.upper - new.lower > 2 * (average.upper - average.lower)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"design": ["case-control"] * 4}, "column design: no study carries a prevalence"),
        ({"design": ["cohort", "register", "cohort", ""]},
         r"(?s)B: 'register' is no design; one of cohort.*D: the design is blank"),
        ({"study": list("AABC"), "site": list("xyxy")}, "1 studies have several rows"),
    ],
)  # fmt: skip
def test_tables_without_a_prevalence_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Trivariate().check(AccuracyStudies.from_table(TABLE | changes))


def test_options_and_priors():
    assert choose(STUDIES, "", "prevalence")[0] == Trivariate()
    with pytest.raises(ValueError, match="--link does not apply to --model prevalence"):
        choose(STUDIES, "", "prevalence", ModelOptions(link="probit"))
    with pytest.raises(ValueError, match="a correlation"):
        Trivariate(rho=Normal(0, 1))
    assert Trivariate().field_of("rho_spec_prev") == "rho"
    with pytest.raises(TableError, match=r"--prevalence 0\.1"):
        Trivariate().check(STUDIES.select([1, 3]))
