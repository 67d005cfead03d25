"""Bounds that a new setting may lie within: statements, and what is refused."""

import numpy as np
import pytest

import bayespool as bp
from bayespool.estimands import Statement
from bayespool.report.settings import bounds_of
from bayespool.report.summary import build_summary


@pytest.fixture(scope="module")
def fitted():
    rows = bp.load_dataset("euroscore2")
    model, _ = bp.association.NormalNormal.for_studies(rows)
    return bp.fit(model, rows, engine="quadrature", ess=2_000)


def test_statements_are_shares_of_the_draws_of_a_new_setting(fitted):
    summary = build_summary(fitted, new_within=("0.7,", ",0.8", "0.75,0.85"))
    found = {item.statement: item.prob for item in summary.probabilities}
    draws = fitted.samples["mu_new_cstat"]
    name = "mu_new_cstat"
    assert found[Statement(name, ">", 0.7)] == pytest.approx(np.mean(draws > 0.7))
    assert found[Statement(name, "<", 0.8)] == pytest.approx(np.mean(draws < 0.8))
    inside = found[Statement(name, "within", 0.75, 0.85)]
    assert inside == pytest.approx(np.mean((draws > 0.75) & (draws < 0.85)))
    # normal on the logit scale about 1.318 with SD 0.27, from the restricted likelihood
    assert found[Statement(name, ">", 0.7)] == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("text", ["", ",", "0.7", "0.8,0.7", "0.7,0.7", "a,1", "-0.1,0.5", "0.5,1",
                                  "0.1,0.2,0.3"])  # fmt: skip
def test_bounds_that_are_none(text):
    with pytest.raises(ValueError, match="allowed is LOW,HIGH"):
        bounds_of(text, "cstat")
