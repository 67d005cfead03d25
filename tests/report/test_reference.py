"""The section on an imperfect reference: what it says is what the draws say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespool.accuracy import LatentClass
from bayespool.checks.perfect_reference import perfect_reference
from bayespool.checks.prior_overlap import overlaps
from bayespool.fitting import fit
from bayespool.priors import Beta, Fixed, ProbabilityInterval
from bayespool.report import reference_page
from bayespool.report.accuracy_methods import likelihood
from bayespool.report.prose import evidence
from bayespool.report.summary import build_summary
from bayespool.storage import load
from bayespool.studies import AccuracyStudies

TRUTH = {"sens": 0.85, "spec": 0.95, "reference_sens": 0.7, "reference_spec": 0.98}


@pytest.fixture(scope="module")
def fitted():
    """Six studies of 300 people whose reference misses three in ten."""
    rng = np.random.default_rng(8)
    table: dict[str, list] = {n: [] for n in ("study", "reference", "tp", "fp", "fn", "tn")}
    for k in range(6):
        ill = rng.random(300) < rng.uniform(0.2, 0.5)
        index = rng.random(300) < np.where(ill, TRUTH["sens"], 1 - TRUTH["spec"])
        says = rng.random(300) < np.where(ill, TRUTH["reference_sens"], 1 - TRUTH["reference_spec"])
        counts = [int(x.sum()) for x in (index & says, index & ~says, ~index & says,
                                         ~index & ~says)]  # fmt: skip
        for name, value in zip(table, (f"S{k}", "culture", *counts), strict=True):
            table[name].append(value)
    model = LatentClass(
        reference_sens=ProbabilityInterval(0.5, 0.85), reference_spec={"culture": Beta(60, 1.5)}
    )
    return fit(model, AccuracyStudies.from_table(table), engine="quadrature", ess=600)


def test_truth_is_recovered_where_a_perfect_reference_misses_it(fitted):
    assert not fitted.draws.failures
    for name, true in TRUTH.items():
        label = f"{name}[culture]" if name.startswith("reference") else name
        assert abs(fitted.estimates[label].median - true) < 3 * fitted.estimates[label].sd
    other = perfect_reference(fitted)
    # index positive, reference wrong: counted as false positives
    assert other.estimates["spec"].upper < TRUTH["spec"]


def test_the_table_has_prior_posterior_and_what_they_share(fitted):
    found = fitted.model.standards(fitted.studies)
    table = reference_page.standards_table(fitted, found)
    assert [row[0] for row in table.rows] == [
        "Sensitivity of the reference, culture", "Specificity of the reference, culture",
    ]  # fmt: skip
    assert "(50.0 to 85.0" in table.rows[0][1].replace("\N{NO-BREAK SPACE}", " ")
    share = overlaps(fitted)["reference_sens[culture]"]
    assert table.rows[0][3] == f"{100 * share:.0f}%"
    known = [found[0]._replace(sens=Fixed(0.7))]
    assert reference_page.standards_table(fitted, tuple(known)).rows[0][2] == "taken as known"


def test_words_say_what_is_assumed_and_what_it_changes(fitted):
    summary = build_summary(fitted)
    said = " ".join(block.text for block in reference_page._beside(fitted, summary)[1:])
    assert "specificity is" in said
    assert "higher" in said
    assert "--dependence" in reference_page.assumed(fitted)
    assert "multinomial" in likelihood(fitted)
    assert "true positives is binomial" not in likelihood(fitted)
    assert "positive by the reference" in evidence(fitted)
    assert reference_page.cautions(fitted) == [reference_page.LEANS]
    assert reference_page.mirrored(fitted) == ""


def test_an_index_test_worse_than_chance_is_said(fitted):
    upside_down = replace(fitted)
    vars(upside_down)["samples"] = {name: 1.0 - x for name, x in fitted.samples.items()}
    assert "worse than chance" in reference_page.mirrored(upside_down)
    assert len(reference_page.cautions(upside_down)) == 2


def test_a_saved_fit_is_the_same_fit(fitted, tmp_path):
    fitted.save(tmp_path / "fit.nc")
    again = load(tmp_path / "fit.nc")
    assert again.model == fitted.model
    assert again.model.reference_sens == (("culture", ProbabilityInterval(0.5, 0.85)),)
    np.testing.assert_array_equal(again.samples["sens"], fitted.samples["sens"])
