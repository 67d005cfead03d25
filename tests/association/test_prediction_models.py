"""Pooled validations of EuroSCORE II: under flat priors the answers of restricted likelihood.

metafor 3.8 and metamisc 0.4 give the numbers (method REML); the marginal likelihood of tau under a
flat mu is the restricted likelihood, and mu given tau is normal about the weighted mean.
"""

import numpy as np
import pytest
from scipy import optimize

import bayespool as bp
from bayespool.datasets import resolve_association
from bayespool.studies.measures import MEASURES

REML = {
    "cstat": (1.318069, 0.070066, 0.78886),
    "oe": (0.102193, 0.197454, 1.107597),
}


def restricted(tau2: float, y: np.ndarray, se: np.ndarray) -> float:
    w = 1.0 / (se**2 + tau2)
    mu = w @ y / w.sum()
    return float(0.5 * (np.log(w).sum() - np.log(w.sum()) - w @ (y - mu) ** 2))


@pytest.mark.parametrize("measure", REML)
def test_as_read_the_table_gives_the_published_estimates(measure):
    found, at = _reml(resolve_association("euroscore2", measure).as_effects(measure))
    mu, tau2, shown = REML[measure]
    assert (found, at) == (pytest.approx(mu, abs=1e-5), pytest.approx(tau2, abs=1e-5))
    assert bp.association.scale.to_measure(found, measure) == pytest.approx(shown, abs=1e-5)


@pytest.mark.parametrize("measure", REML)
def test_our_posterior_under_flat_priors_has_its_mode_there(measure):
    read = resolve_association("euroscore2", measure).as_effects(measure)
    flat = {"mu": bp.priors.Normal(0, 1000), "tau": bp.priors.Uniform(0, 5)}
    model = bp.association.NormalNormal(measure=measure, **flat)
    fitted = bp.fit(model, read, engine="quadrature", ess=400)
    tau = fitted.exact["tau"]
    at = np.linspace(0.1, 0.8, 7001)
    density = np.gradient(tau.cdf(at), at)
    assert at[np.argmax(density)] ** 2 == pytest.approx(REML[measure][1], abs=2e-3)


@pytest.mark.parametrize(
    "outcome, k, mu, tau2", [("OS", 56, 1.628516, 0.3727028), ("DFS", 42, 1.480429, 0.3874063)]
)
def test_hazard_ratios_of_either_outcome_give_metafors_estimates(outcome, k, mu, tau2):
    rows = bp.load_dataset("mycn_neuroblastoma").where("outcome", outcome)
    found, at = _reml(rows)
    assert len(rows) == k
    assert (found, at) == (pytest.approx(mu, abs=1e-5), pytest.approx(tau2, abs=1e-5))


def test_cronbachs_alpha_gives_metafors_estimates():
    rows = bp.load_dataset("caregiver_alpha")
    assert _reml(rows) == (pytest.approx(2.35607, abs=1e-5), pytest.approx(0.04610469, abs=1e-6))


def _reml(rows):
    y, se = np.asarray(rows.estimate), np.asarray(rows.se)
    found = optimize.minimize_scalar(
        lambda t: -restricted(t, y, se), bounds=(0, 2), method="bounded", options={"xatol": 1e-10}
    )
    w = 1.0 / (se**2 + found.x)
    return w @ y / w.sum(), found.x


@pytest.mark.parametrize("c", [0.6, 0.75])
def test_the_prior_of_469_models_has_the_printed_moments_on_the_scale_of_c(c):
    prior = bp.priors.vanleeuwen2025(c)
    tau = prior.ppf((np.arange(20_000) + 0.5) / 20_000) * c * (1 - c)
    assert tau.mean() == pytest.approx(0.055, rel=1e-3)
    assert tau.std() == pytest.approx(0.015, rel=5e-3)
    with pytest.raises(ValueError, match=r"above 0\.5 and below 1"):
        bp.priors.vanleeuwen2025(0.5)


@pytest.mark.parametrize(
    ("measure", "words"),
    [("cstat", "no discrimination"), ("slope", "perfect calibration"), ("or", "no association"),
     ("kappa", "no agreement beyond chance"), ("alpha", "no consistency")],
)  # fmt: skip
def test_the_line_of_no_effect_is_called_what_it_is(measure, words):
    assert MEASURES[measure].of_null == words
