"""The area under the summary ROC curve, whatever its slope."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

import bayespool as bp
from bayespool.accuracy import HSROC, roc
from bayespool.numerics.links import link

MEANS = ((1.3, 2.2), (-0.4, 3.0), (2.5, -1.0))
RATIOS = (1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 10.0, 100.0, 1e3)


def area_by_quad(mu_sens: float, mu_spec: float, ratio: float, name: str) -> float:
    """Sensitivity over the false-positive proportion, adaptively on the scale of the link."""
    g = link(name)
    ends = {"logit": (-45.0, 45.0), "probit": (-10.0, 10.0), "cloglog": (-45.0, 5.0)}[name]
    # the sensitivity falls from 1 to 0 around here, within a few times 1 / ratio
    steps = mu_spec + (mu_sens + np.array([-40.0, -6.0, -2.0, 0.0, 2.0, 6.0, 40.0])) / ratio
    cuts = sorted({*ends, *(x for x in (*steps, 0.0) if ends[0] < x < ends[1])})
    parts = [
        quad(
            lambda t: float(g.density(np.asarray(t)))
            * float(g.inverse(np.asarray(mu_sens + ratio * (mu_spec - t)))),
            low, high, epsabs=1e-12, epsrel=1e-12, limit=400,
        )[0]
        for low, high in pairwise(cuts)
    ]  # fmt: skip
    return float(sum(parts))


@pytest.mark.parametrize("name", ["logit", "probit", "cloglog"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_area_is_the_integral_whatever_the_slope(name: str, ratio: float) -> None:
    for mu_sens, mu_spec in MEANS:
        tau = np.array([0.4 * ratio**0.5]), np.array([0.4 / ratio**0.5])
        mine = roc.area(np.array([mu_sens]), np.array([mu_spec]), *tau, link(name))
        assert mine[0] == pytest.approx(area_by_quad(mu_sens, mu_spec, ratio, name), abs=1e-8)


def test_the_area_of_an_infinitely_steep_curve_is_the_specificity_where_it_falls() -> None:
    steep = roc.area(np.array([1.0]), np.array([2.0]), np.ones(1), np.full(1, 1e-12), link("logit"))
    assert steep[0] == pytest.approx(expit(2.0), abs=1e-9)


@pytest.mark.parametrize("shape", [-6.9, -2.0, 0.0, 2.0, 6.9])
def test_the_area_of_an_hsroc_curve_is_its_integral_over_thresholds(shape: float) -> None:
    accuracy, sigma = 3.0, 0.8
    draws = {
        "Lambda": np.array([[accuracy]]), "Theta": np.array([[0.3]]),
        "shape": np.array([[shape]]), "sigma_alpha": np.array([[sigma]]),
        "sigma_theta": np.array([[sigma]]),
    }  # fmt: skip
    studies = bp.load_dataset("csf_tau_dementia")
    mine = HSROC().estimands(draws, np.zeros((2, 1, 1)), studies)["auc"]

    def slice_(theta: float) -> float:
        positive = expit((theta - accuracy / 2.0) * np.exp(shape / 2.0))
        rate = positive * (1.0 - positive) * np.exp(shape / 2.0)
        return float(expit((theta + accuracy / 2.0) * np.exp(-shape / 2.0)) * rate)

    wide = 40.0 * np.exp(-shape / 2.0)
    cuts = accuracy / 2.0 + wide * np.array([-1.0, -0.25, -0.05, 0.0, 0.05, 0.25, 1.0])
    fine = -accuracy / 2.0 + np.exp(shape / 2.0) * np.array([-10.0, -3.0, 0.0, 3.0, 10.0])
    within = [x for x in fine if cuts[0] < x < cuts[-1]]
    cuts = np.unique([*cuts, *within])
    whole = sum(
        quad(slice_, low, high, epsabs=1e-12, epsrel=1e-12, limit=400)[0]
        for low, high in pairwise(cuts)
    )
    assert float(mine.squeeze()) == pytest.approx(whole, abs=1e-8)
