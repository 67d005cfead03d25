"""Fixtures that several test files share; slow ones are made once per session."""

from __future__ import annotations

import os

# two processes of tests on two cores: a second thread in each takes the other's time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from shared import fit_once

import bayespool as bp
from bayespool.studies import AccuracyStudies

LONG_FIRST = ("report", "end_to_end", "association", "accuracy", "engines", "checks")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A process for every core if all tests are run; none beside this one for some of them."""
    return None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders whose files take long come first, so that no process waits for one at the end."""
    place = {name: i for i, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: place.get(item.path.parent.name, len(place)))


@pytest.fixture(scope="session")
def csf_tau() -> AccuracyStudies:
    return bp.load_dataset("csf_tau_dementia")


@pytest.fixture(scope="session")
def quadrature_fit(csf_tau: AccuracyStudies) -> bp.Fit:
    return fit_once(bp.accuracy.Bivariate(), csf_tau)


@pytest.fixture(scope="session")
def nuts_fit(csf_tau: AccuracyStudies) -> bp.Fit:
    return fit_once(bp.accuracy.Bivariate(), csf_tau, "nuts")
