"""A published summary as a prior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

import bayespool as bp
from bayespool.accuracy import prior_from_summary


def test_the_prior_has_the_published_limits_and_refuses_its_own_studies():
    every = bp.load_dataset("cidp_mrn")
    apart = every.where("study", "Midroni 1999")
    priors = prior_from_summary("cidp_mrn", "Chen 2023", apart)
    for name, low, high in (("sens", 0.66, 0.79), ("spec", 0.84, 0.92)):
        mu, sigma = float(priors[name].mu), float(priors[name].sigma)
        assert expit(mu + 1.959964 * np.array([-1, 1]) * sigma) == pytest.approx(
            [low, high], abs=1e-3
        )
    half = prior_from_summary("cidp_mrn", "Chen 2023", apart, weight=0.25)
    assert half["sens"].sigma == pytest.approx(2 * priors["sens"].sigma, rel=1e-3)
    bp.accuracy.Bivariate(**priors).check(apart)
    with pytest.raises(ValueError, match=r"Su 2020.* are or may be in Chen 2023"):
        prior_from_summary("cidp_mrn", "Chen 2023", every)
    with pytest.raises(ValueError, match="allowed: Chen 2023"):
        prior_from_summary("cidp_mrn", "Cheng", apart)
