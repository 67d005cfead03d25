"""The section on prevalence: what it says is what the draws say."""

from __future__ import annotations

import numpy as np
import pytest

from bayespool.accuracy import Trivariate
from bayespool.fitting import fit
from bayespool.report import prevalence_page
from bayespool.report.accuracy_methods import likelihood
from bayespool.report.summary import build_summary
from bayespool.studies import AccuracyStudies


@pytest.fixture(scope="module")
def fitted():
    """Twelve cohorts, sensitivity rising with prevalence, and a case-control study."""
    prevalence = np.tile([0.05, 0.1, 0.2, 0.3, 0.45, 0.6], 2)
    ill = (400 * prevalence).astype(int)
    tp = (ill * np.tile([0.6, 0.7, 0.8, 0.86, 0.92, 0.96], 2)).astype(int)
    tn = ((400 - ill) * 0.9).astype(int)
    table = {
        "study": [*(f"S{k}" for k in range(12)), "CC"],
        "design": ["cohort"] * 12 + ["case-control"],
        "tp": [*tp, 40], "fn": [*(ill - tp), 10], "fp": [*(400 - ill - tn), 5], "tn": [*tn, 45],
    }  # fmt: skip
    return fit(Trivariate(), AccuracyStudies.from_table(table), engine="quadrature", ess=600)


def test_the_table_is_of_the_draws(fitted):
    summary = build_summary(fitted)
    found = prevalence_page.table(summary)
    assert [row[0] for row in found.rows] == [
        "Prevalence", "Positive predictive value", "Negative predictive value",
    ]  # fmt: skip
    median = np.median(fitted.samples["ppv_new"])
    assert found.rows[1][2].startswith(f"{100 * median:.1f}")


def test_words_say_who_carries_a_prevalence_and_what_goes_with_it(fitted):
    said = prevalence_page.carriers(fitted).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("Prevalence is that of 12 studies. CC chose cases and controls apart")
    sens, spec, _ = prevalence_page.correlated(fitted)
    assert sens.startswith("Sensitivity is higher where the condition is more common")
    assert spec.startswith("Specificity may go with prevalence either way")
    assert "one trivariate normal distribution" in likelihood(fitted)
    assert not any("no column design" in said for said in fitted.draws.messages)
