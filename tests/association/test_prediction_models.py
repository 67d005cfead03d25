"""Pooled validations of EuroSCORE II: under flat priors the answers of restricted likelihood.

metafor 3.8 and metamisc 0.4 give the numbers (method REML); the marginal likelihood of tau under a
flat mu is the restricted likelihood, and mu given tau is normal about the weighted mean.
"""

import numpy as np
import pytest
from scipy import optimize

import bayespool as bp
from bayespool.datasets import resolve_association

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
    read = resolve_association("euroscore2", measure).as_effects(measure)
    y, se = np.asarray(read.estimate), np.asarray(read.se)
    found = optimize.minimize_scalar(
        lambda t: -restricted(t, y, se), bounds=(0, 2), method="bounded", options={"xatol": 1e-10}
    )
    w = 1.0 / (se**2 + found.x)
    mu, tau2, shown = REML[measure]
    assert found.x == pytest.approx(tau2, abs=1e-5)
    assert w @ y / w.sum() == pytest.approx(mu, abs=1e-5)
    assert bp.association.scale.to_measure(w @ y / w.sum(), measure) == pytest.approx(
        shown, abs=1e-5
    )


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
