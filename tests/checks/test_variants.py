"""Other priors, and studies added in order of year."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.checks.variants import cumulative, prior_sensitivity, steps
from bayespool.priors import HalfNormal
from bayespool.studies import AccuracyStudies


def test_the_first_variant_is_the_fit(fitted: bp.Fit, priors: Any) -> None:
    assert priors[0].fit is fitted
    assert [one.name for one in priors[1:]] == list(fitted.model.alternatives())
    assert len({repr(one.fit.model) for one in priors}) == len(priors)
    info = fitted.draws.info
    assert priors[0].log_marginal_likelihood == info["log_marginal_likelihood"]


def test_priors_of_ones_own(fitted: bp.Fit) -> None:
    models = {"tight": replace(fitted.model, tau_sens=HalfNormal(0.05), tau_spec=HalfNormal(0.05))}
    base, tight = prior_sensitivity(fitted, models)
    assert tight.name == "tight"
    assert tight.estimates["tau_spec"].median < 0.3 * base.estimates["tau_spec"].median


def test_the_last_step_is_the_full_fit(fitted: bp.Fit, years: Any) -> None:
    assert years[-1].fit.studies.row == fitted.studies.row
    for name in ("sens", "spec", "rho"):
        assert np.array_equal(years[-1].fit.samples[name], fitted.samples[name])


def test_ties_enter_together(years: Any) -> None:
    assert [one.name for one in years] == [
        "to 2001 (1 study)", "to 2003 (3 studies)", "to 2005 (4 studies)", "to 2010 (5 studies)",
    ]  # fmt: skip
    assert [one.fit.studies.row for one in years[:2]] == [("B",), ("A", "B", "C")]


def test_a_column_that_is_not_there(fitted: bp.Fit) -> None:
    with pytest.raises(ValueError, match="needs the column 'when'; legal: one of year"):
        cumulative(fitted, "when")


def test_a_year_that_is_not_there() -> None:
    studies = AccuracyStudies.from_counts(
        ["A", "B"], [8, 7], [1, 2], [2, 3], [9, 8], year=[None, 1999]
    )
    with pytest.raises(ValueError, match="column 'year' is empty for A"):
        steps(studies)
