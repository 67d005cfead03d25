"""Fixtures that several test files share; slow ones are made once per session."""

from __future__ import annotations

import pytest

import bayespool as bp
from bayespool.studies import AccuracyStudies


@pytest.fixture(scope="session")
def csf_tau() -> AccuracyStudies:
    return bp.load_dataset("csf_tau_dementia")


@pytest.fixture(scope="session")
def quadrature_fit(csf_tau: AccuracyStudies) -> bp.Fit:
    return bp.fit(bp.accuracy.Bivariate(), csf_tau, engine="quadrature")


@pytest.fixture(scope="session")
def nuts_fit(csf_tau: AccuracyStudies) -> bp.Fit:
    return bp.fit(bp.accuracy.Bivariate(), csf_tau, engine="nuts")
