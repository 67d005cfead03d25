"""What the predictive checks can tell, and what they cannot."""

from __future__ import annotations

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.checks import run_checks
from bayespool.report.tables import findings_table
from bayespool.studies import AccuracyStudies


def test_a_check_that_could_not_fail_did_not_pass():
    """One count of one study says nothing about a model; rows without a count are named."""
    studies = AccuracyStudies.from_table(
        {"study": ["A", "B", "C"], "kind": ["margin", "rates", "rates"], "tp": [9, None, None],
         "fp": [None, None, None], "fn": [3, None, None], "tn": [None, None, None],
         "sens": [None, 0.6, 0.7], "spec": [None, 0.75, 0.9], "n_diseased": [None, 300, 310],
         "n_healthy": [None, 312, 320]}
    )  # fmt: skip
    fitted = bp.fit(Bivariate(), studies, engine="quadrature", ess=500)
    found = {finding.name: finding for finding in run_checks(fitted)}
    coverage = found["predictive_coverage"]
    assert not coverage.checkable
    assert coverage.to_dict()["passed"] is None
    assert "4 of 5 rows state less than a count or an estimate" in coverage.sentence
    assert not found["loo_pit_extreme"].checkable
    folder_rows = findings_table(fitted, [coverage], "x").rows
    assert folder_rows[0][-2:] == ("more rows", "not checkable")
