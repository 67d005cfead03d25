"""Other priors, and studies added in order of year."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, other_rows, prior_sensitivity, steps
from bayespool.parallel import CORES
from bayespool.parallel import tasks as scheduling
from bayespool.parallel.pool import pool
from bayespool.priors import HalfNormal
from bayespool.studies import AccuracyStudies


def test_the_first_variant_is_the_fit(fitted: bp.Fit, priors: Any) -> None:
    assert priors[0].fit is fitted
    told = [one.name.split(" ", 1) for one in priors[1:]]
    assert [name for _, name in told] == list(fitted.model.alternatives())
    assert {word for word, _ in told} == {"narrow", "wide", "heavy-tailed", "flat", "sceptical"}
    assert [one.name for one in priors if not one.competes] == [
        "heavy-tailed tau: HalfCauchy(0.5)", "flat tau: Uniform(0, 5)",
    ]  # fmt: skip
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
    with pytest.raises(ValueError, match="needs the column 'when'; allowed: one of year"):
        cumulative(fitted, "when")


def test_a_year_that_is_not_there() -> None:
    studies = AccuracyStudies.from_counts(
        ["A", "B"], [8, 7], [1, 2], [2, 3], [9, 8], year=[None, 1999]
    )
    with pytest.raises(ValueError, match="column 'year' is empty for A"):
        steps(studies)


def test_other_rows_are_the_same_model_of_these_rows(fitted: bp.Fit) -> None:
    studies = fitted.studies
    keep = [row != "A" for row in studies.row]
    without, chosen = other_rows(fitted, {"without A": keep, "chosen": studies.select(keep)})
    assert without.fit.studies.row == chosen.fit.studies.row == tuple(
        row for row in studies.row if row != "A"
    )  # fmt: skip
    for name in ("sens", "spec"):
        one, two = without.estimates[name], chosen.estimates[name]
        assert one.median == pytest.approx(two.median, abs=4 * (one.mcse + two.mcse))
        assert one.median != fitted.estimates[name].median


def test_other_rows_that_cannot_be_fitted(fitted: bp.Fit) -> None:
    elsewhere = AccuracyStudies.from_counts(["Z", "Y"], [8, 7], [1, 2], [2, 3], [9, 8])
    n = len(fitted.studies)
    for rows, words in (
        ([True] * n, f"'x': keeps {n} of {n} rows; allowed: true or false for each of {n} rows"),
        ([True, False], f"keeps 1 of 2 rows; allowed: true or false for each of {n} rows"),
        ([False] * n, "'x': keeps 0"),
        (elsewhere, "is of .*; allowed: rows of"),
    ):
        with pytest.raises(ValueError, match=words):
            other_rows(fitted, {"x": rows})


def test_other_rows_keep_every_group_and_every_centre() -> None:
    studies = AccuracyStudies.from_counts(
        list("ABCDE"), [18, 17, 25, 30, 22], [4, 6, 3, 8, 9], [5, 4, 7, 6, 3], [30, 28, 19, 22, 31],
        kind=["a", "a", "a", "b", "b"], dose=[1.0, 2.0, 3.0, 4.0, 6.0],
    )  # fmt: skip
    by_kind = bp.fit(bp.accuracy.MetaRegression(covariates=("kind",)), studies, "quadrature")
    with pytest.raises(ValueError, match="other rows 'a alone'"):
        other_rows(by_kind, {"a alone": [True, True, True, False, False]})
    by_dose = bp.fit(bp.accuracy.MetaRegression(covariates=("dose",)), studies, "quadrature")
    with pytest.raises(ValueError, match="centred elsewhere"):
        other_rows(by_dose, {"x": studies.select([0, 1, 2, 3])})
    (less,) = other_rows(by_dose, {"x": [True, True, True, True, False]})
    assert less.fit.coding is studies


def test_the_same_bits_on_one_core_and_on_two(fitted: bp.Fit, monkeypatch) -> None:
    monkeypatch.setattr(scheduling, "WORTH_STARTING", 0.0)
    monkeypatch.setattr(scheduling, "WORTH_SENDING", 0.0)
    rows = {"without A": [row != "A" for row in fitted.studies.row]}
    found = {}
    for n in ("1", "2"):
        monkeypatch.setenv(CORES, n)
        left = refit_without_each(fitted, ess=500)
        series = (*prior_sensitivity(fitted), *cumulative(fitted), *other_rows(fitted, rows))
        found[n] = [one.fit for one in (*series, *left.studies)]
        assert (len(pool.idle) > 0) or n == "1"
    for one, two in zip(*found.values(), strict=True):
        assert one.estimates == two.estimates
        for name, draws in one.draws.hyper.items():
            np.testing.assert_array_equal(two.draws.hyper[name], draws, strict=True)


def test_the_error_of_a_refit_is_the_one_of_this_process(fitted: bp.Fit, monkeypatch) -> None:
    monkeypatch.setenv(CORES, "2")
    monkeypatch.setattr(scheduling, "WORTH_STARTING", 0.0)
    keep = {f"row {i}": [True, False, True, True, True] for i in range(8)}
    with pytest.raises(ValueError, match=r"other rows 'none': keeps 0 of 5 rows"):
        other_rows(fitted, keep | {"none": [False] * 5, "all": [True] * 5})
