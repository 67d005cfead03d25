"""Effect sizes against metafor's escalc, closed identities, and simulated samples."""

from __future__ import annotations

import subprocess
import sys
from math import log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from reference_data import reference_rows

from bayespool.numerics import conversions, effects

BY_MEASURE = {
    "OR": lambda *x: effects.log_odds_ratio(*x, add=0.5),
    "RR": lambda *x: effects.log_risk_ratio(*x, add=0.5),
    "RD": lambda *x: effects.risk_difference(*x, add=0.5),
    "IRR": lambda *x: effects.log_rate_ratio(*x, add=0.5),
    "MD": effects.mean_difference,
    "SMD": effects.standardised_mean_difference,
    "ROM": effects.log_response_ratio,
    "ZCOR": effects.fisher_z,
    "PLO": lambda *x: effects.logit_proportion(*x, add=0.5),
}
ROWS = reference_rows("escalc")


@pytest.mark.parametrize("measure", BY_MEASURE)
def test_metafors_escalc(measure):
    rows = [row for row in ROWS if row["measure"] == measure]
    columns = [[row[f"x{j}"] for row in rows] for j in range(1, 7)]
    inputs = [np.array(column, dtype=float) for column in columns if column[0]]
    estimate, se = BY_MEASURE[measure](*inputs)
    theirs = np.array([[row["estimate"], row["variance"]] for row in rows], dtype=float)
    np.testing.assert_allclose(estimate, theirs[:, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(se**2, theirs[:, 1], rtol=1e-9)


def test_the_reference_table_cannot_shrink():
    assert len(ROWS) == 65
    assert {row["measure"] for row in ROWS} == set(BY_MEASURE)


def test_metafors_published_smd():
    """normand1999, studies 1 to 4, from metafor's own tests."""
    published = {row["quantity"]: float(row["value"]) for row in reference_rows("escalc_published")}
    g, se = effects.standardised_mean_difference(
        [55, 27, 64, 66], [47, 7, 17, 20], [155, 31, 75, 18],
        [75, 29, 119, 137], [64, 4, 29, 48], [156, 32, 71, 18],
    )  # fmt: skip
    np.testing.assert_allclose(g, [published[f"s{i}"] for i in range(1, 5)], atol=5e-5)
    np.testing.assert_allclose(se**2, [published[f"v{i}"] for i in range(1, 5)], atol=5e-5)


def test_zeros_stand_unless_asked():
    estimate, se = effects.log_odds_ratio([0, 3], [10, 10], [3, 3], [10, 10])
    assert (estimate[0], se[0]) == (-np.inf, np.inf)
    assert (estimate[1], se[1]) == (0.0, pytest.approx(sqrt(2 / 3 + 2 / 7)))
    corrected = effects.log_odds_ratio([0, 3], [10, 10], [3, 3], [10, 10], add=0.5)
    assert np.isfinite(corrected.estimate[0])
    assert corrected.estimate[1] == 0.0
    assert effects.risk_difference(0, 10, 3, 10).estimate == pytest.approx(-0.3)


@pytest.mark.parametrize("function", [effects.log_odds_ratio, effects.log_risk_ratio,
                                      effects.risk_difference, effects.log_rate_ratio])  # fmt: skip
def test_swapping_groups_flips_the_sign(function):
    one, other = function(3, 20, 8, 31), function(8, 31, 3, 20)
    assert one.estimate == pytest.approx(-other.estimate)
    assert one.se == pytest.approx(other.se)


def test_the_approximate_correction_is_near_the_exact_one():
    df = np.array([4, 10, 40, 200])
    exact = effects.small_sample_correction(df)
    np.testing.assert_allclose(effects.small_sample_correction(df, exact=False), exact, atol=2.5e-3)


@pytest.mark.parametrize("df", [np.inf, 7.0])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_intervals_p_values_and_statistics_give_one_standard_error(df, level):
    from scipy import stats

    estimate, se = -0.4, 0.13
    quantile = stats.t(df).ppf((1 + level) / 2)
    low, high = estimate - quantile * se, estimate + quantile * se
    assert conversions.se_from_interval(low, high, level, df) == pytest.approx(se, rel=1e-10)
    p = 2 * stats.t(df).sf(abs(estimate) / se)
    assert conversions.se_from_p(estimate, p, df) == pytest.approx(se, rel=1e-10)
    assert conversions.se_from_statistic(estimate, estimate / se) == pytest.approx(se)


def test_log_hazard_ratio_from_the_log_rank_test():
    assert effects.log_hazard_ratio(-8.0, 16.0) == (-0.5, 0.25)


def test_published_worked_examples():
    """BMJ 2011;343:d2090 (RR 0.81, P=0.03) and Handbook 6.5.2.2 (SE 4.6 of 25 people)."""
    assert conversions.se_from_p(log(0.81), 0.03) == pytest.approx(0.097, abs=5e-4)
    assert conversions.sd_from_sem(4.6, 25) == pytest.approx(23.0)


def test_medians_of_a_normal_sample():
    """By hand at n=100, then unbiased on average over samples of 41."""
    mean, sd = conversions.moments_from_quartiles(10, 8, 13, 100)
    assert mean == pytest.approx(0.7039 * 10.5 + 0.2961 * 10)
    assert sd == pytest.approx(5 / (2 * NormalDist().inv_cdf(74.875 / 100.25)))
    rng = np.random.default_rng(3)
    samples = rng.normal(50.0, 8.0, size=(4_000, 41))
    low, q1, median, q3, high = np.quantile(samples, [0, 0.25, 0.5, 0.75, 1], axis=1)
    for means, sds in (
        conversions.moments_from_quartiles(median, q1, q3, 41),
        conversions.moments_from_range(median, low, high, 41),
        conversions.moments_from_five_numbers(median, q1, q3, low, high, 41),
    ):
        assert means.mean() == pytest.approx(50.0, abs=4 * means.std() / sqrt(len(means)))
        assert sds.mean() == pytest.approx(8.0, rel=0.03)


def test_more_is_known_of_five_numbers_than_of_three():
    rng = np.random.default_rng(4)
    samples = rng.normal(0.0, 1.0, size=(4_000, 41))
    low, q1, median, q3, high = np.quantile(samples, [0, 0.25, 0.5, 0.75, 1], axis=1)
    five = conversions.moments_from_five_numbers(median, q1, q3, low, high, 41)
    assert five.sd.std() < conversions.moments_from_range(median, low, high, 41).sd.std()
    assert five.mean.std() < conversions.moments_from_quartiles(median, q1, q3, 41).mean.std()


def test_importing_needs_no_scipy():
    code = "import sys, bayespool.numerics.effects; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
