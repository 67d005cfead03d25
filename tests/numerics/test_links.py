"""Logarithms of proportions keep their digits as far out as linear predictors go."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.numerics.links import link

FAR = np.array([-800.0, -45.0, -40.0, -39.0, -5.0, 0.0, 2.0])


@pytest.mark.parametrize("name", ["logit", "probit", "cloglog"])
def test_logarithms_are_finite_and_those_of_the_proportion(name: str) -> None:
    g = link(name)
    eta = FAR if name != "probit" else FAR / 25.0
    found = g.log_inverse(eta)
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0).all()
    near = eta > -30
    np.testing.assert_allclose(found[near], np.log(g.inverse(eta[near])), rtol=1e-12)


@pytest.mark.parametrize("name", ["logit", "cloglog"])
def test_far_down_a_proportion_is_the_exponential_of_its_predictor(name: str) -> None:
    np.testing.assert_allclose(link(name).log_inverse(FAR[:4]), FAR[:4], rtol=1e-14)
