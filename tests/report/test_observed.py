"""What is drawn as observed follows from the counts that are printed beside it."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import pytest

import bayespool as bp
from bayespool.choice import choose
from bayespool.report.effect_rows import counts_texts, observed_intervals


@pytest.mark.parametrize(
    ("dataset", "model"), [("mri_finding_outcome", "nested"), ("spine_infection_followup", "auto")]
)
def test_observed_is_of_the_counts_printed(dataset: str, model: str) -> None:
    fitted = SimpleNamespace()
    fitted.model, fitted.studies = choose(bp.load_dataset(dataset), "or", model)
    found = 0
    for text, observed in zip(
        counts_texts(fitted.studies), observed_intervals(fitted), strict=True
    ):
        four = [int(x) for x in re.findall(r"\d+", text)]
        if observed is None or not four:
            continue
        a, n1, b, n2 = four
        if dataset.startswith("spine"):  # after against before
            a, n1, b, n2 = b, n2, a, n1
        if 0 in (a, n1 - a, b, n2 - b):
            continue
        expected = math.log(a * (n2 - b) / ((n1 - a) * b))
        assert math.log(observed.centre) == pytest.approx(expected, abs=1e-9), text
        found += 1
    assert found >= 4
