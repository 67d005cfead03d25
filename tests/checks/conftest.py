"""A small table with years, fitted quickly, and what was asked of it again."""

from __future__ import annotations

import pytest

import bayespool as bp
from bayespool.checks.leave_one_out import LeaveOneOutRefits, refit_without_each
from bayespool.checks.variants import Variant, cumulative, prior_sensitivity
from bayespool.studies import AccuracyStudies


@pytest.fixture(scope="session")
def small() -> AccuracyStudies:
    return AccuracyStudies.from_counts(
        ["A", "B", "C", "D", "E"],
        tp=[18, 15, 24, 40, 9],
        fp=[7, 12, 4, 9, 1],
        fn=[4, 7, 5, 22, 6],
        tn=[25, 19, 33, 61, 28],
        year=[2003, 2001, 2003, 2010, 2005],
    )


@pytest.fixture(scope="session")
def fitted(small: AccuracyStudies) -> bp.Fit:
    return bp.fit(bp.accuracy.Bivariate(), small, engine="quadrature")


@pytest.fixture(scope="session")
def left(fitted: bp.Fit) -> LeaveOneOutRefits:
    return refit_without_each(fitted)


@pytest.fixture(scope="session")
def priors(fitted: bp.Fit) -> tuple[Variant, ...]:
    return prior_sensitivity(fitted)


@pytest.fixture(scope="session")
def years(fitted: bp.Fit) -> tuple[Variant, ...]:
    return cumulative(fitted)
