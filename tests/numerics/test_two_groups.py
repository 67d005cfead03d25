"""Rows of two groups: exact sums, the tables read off, and draws, against scipy and plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespool.numerics import overall_risk
from bayespool.numerics.hypergeometric import Margins
from bayespool.numerics.tabulated import Curve, Curves
from bayespool.numerics.two_groups import Possible, TwoGroups, coordinate, log_likelihood

TABLES = [
    (3, 20, 6, 25), (0, 200, 0, 100), (11, 139, 0, 139), (9, 9, 3, 8), (186, 50_634, 141, 27_338),
    (5, 100_000, 9, 50_000), (1, 1, 0, 1), (40_000, 100_000, 20_000, 60_000),
]  # fmt: skip
SMALL = [table for table in TABLES if table[1] < 1_000]
PARTIAL = Possible((18, 20), ((2, 18, 9, 20), (3, 18, 9, 20), (15, 18, 1, 20), (4, 17, 9, 21)),
                   (0.2, 0.3, 0.1, 0.4))  # fmt: skip


def points(table: tuple[int, ...], measure: str, rng: np.random.Generator) -> np.ndarray:
    """Effects where the row has likelihood, and far beyond."""
    e1, n1, e2, n2 = table
    if measure == "rd":
        near = (e1 + 0.5) / (n1 + 1) - (e2 + 0.5) / (n2 + 1)
        width = np.sqrt((e1 + 1) / (n1 + 1) ** 2 + (e2 + 1) / (n2 + 1) ** 2)
        wide = np.append(rng.uniform(-1, 1, 400), [0.0, 1e-9, -1e-9])
        return np.append(np.clip(near + width * rng.normal(size=600), -0.999, 0.999), wide)
    near = np.log((e1 + 0.5) * (n2 + 1) / ((e2 + 0.5) * (n1 + 1)))
    width = np.sqrt(1 / (e1 + 0.5) + 1 / (e2 + 0.5))
    return np.append(near + width * rng.normal(size=600), rng.uniform(-60, 60, 400))


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_what_is_read_off_is_the_exact_sum(measure):
    rng = np.random.default_rng(4)
    for row in [*(Possible.complete(*table) for table in TABLES), PARTIAL]:
        eta = points(row.tables[0], measure, rng)
        most = max(t[1] + t[3] for t in row.tables)
        x = coordinate(eta, most) if measure == "rd" else eta
        exact = log_likelihood(measure, row, x)
        got = TwoGroups(measure, [row]).log_density(eta[None])[0]
        likely = exact > exact.max() - 50
        assert np.abs(got - exact)[likely].max() < 1e-8, row
        assert (np.abs(got - exact) / np.maximum(1.0, exact.max() - exact)).max() < 1e-8, row


@pytest.mark.parametrize("table", SMALL)
def test_an_odds_ratio_is_noncentral_hypergeometric(table):
    e1, n1, e2, n2 = table
    eta = np.linspace(-4, 4, 41)
    expected = [
        stats.nchypergeom_fisher.logpmf(e1, n1 + n2, n1, e1 + e2, np.exp(d)) for d in eta
    ] - np.log(n1 + n2 + 1)
    got = TwoGroups("or", [Possible.complete(*table)]).log_density(eta[None])[0]
    np.testing.assert_allclose(got, expected, atol=1e-8)


def summed(table: tuple[int, ...], measure: str, d: float) -> float:
    """Log likelihood by a plain sum over overall risks, in small steps from bound to bound."""
    e1, n1, e2, n2 = table
    n = n1 + n2
    if measure == "rr":
        slope1, slope2 = n * np.exp(d) / (n1 * np.exp(d) + n2), n / (n1 * np.exp(d) + n2)
        low, high, shift1, shift2 = 0.0, min(1 / slope1, 1 / slope2), 0.0, 0.0
    else:
        slope1, slope2, shift1, shift2 = 1.0, 1.0, d * n2 / n, -d * n1 / n
        low, high = max(-shift1, -shift2), 1.0 - max(shift1, shift2)
    share, step = np.linspace(0, 1, 400_001, retstep=True)
    middle = share[:-1] + step / 2
    p = low + (high - low) * middle
    of_data = stats.binom.pmf(e1, n1, shift1 + slope1 * p) * stats.binom.pmf(
        e2, n2, shift2 + slope2 * p
    )
    return float(np.log(of_data.sum() * step * (high - low)))


@pytest.mark.parametrize("measure", ["rr", "rd"])
@pytest.mark.parametrize("table", SMALL)
def test_the_overall_risk_is_integrated_out(table, measure):
    eta = np.array([-1.5, -0.4, 0.0, 0.2, 1.1]) if measure == "rr" else np.array(
        [-0.6, -0.05, 0.0, 0.02, 0.3])  # fmt: skip
    expected = [summed(table, measure, d) for d in eta]
    got = TwoGroups(measure, [Possible.complete(*table)]).log_density(eta[None])[0]
    np.testing.assert_allclose(got, expected, atol=3e-7)


def test_without_an_effect_the_overall_risk_is_a_beta_integral():
    """To 1e-9 with a hundred thousand people: B(t + 1, n - t + 1)."""
    from scipy.special import betaln

    for table in TABLES:
        e1, n1, e2, n2 = table
        t, n = e1 + e2, n1 + n2
        for measure in ("rr", "rd"):
            got = overall_risk.log_likelihood(measure, np.array([table]), 0.3, np.zeros(1))[0, 0]
            assert got == pytest.approx(betaln(t + 1, n - t + 1), abs=1e-9)


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_slopes_are_derivatives(measure):
    rows = TwoGroups(
        measure, [Possible.complete(3, 20, 6, 25), PARTIAL, Possible.complete(0, 30, 4, 30)]
    )
    eta = np.array([[-0.5, -0.11, 0.07, 0.4]] * 3)
    h = 1e-4
    slope, weight = rows.slope_and_weight(eta)
    up, at, down = (rows.log_density(eta + step) for step in (h, 0.0, -h))
    np.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-4, atol=1e-4)
    bend = -(up - 2 * at + down) / h**2
    np.testing.assert_allclose(weight, np.maximum(bend, 0.0), rtol=2e-3, atol=2e-3)


def test_beyond_risks_of_one_there_is_no_likelihood_and_newton_is_led_back():
    rows = TwoGroups("rd", [Possible.complete(3, 20, 6, 25)])
    outside = np.array([[-1.0, 1.0, 3.0, -40.0]])
    assert (rows.log_density(outside) <= -1e300).all()
    slope, weight = rows.slope_and_weight(outside)
    assert (slope * np.sign(outside) < 0).all()
    assert np.isfinite(weight).all()


def test_a_row_without_contrast_is_a_constant():
    eta = np.linspace(-30, 30, 301)[None]
    for table in ((0, 200, 0, 100), (200, 200, 100, 100), (0, 0, 7, 20), (5, 20, 0, 0)):
        row = TwoGroups("or", [Possible.complete(*table)])
        assert np.ptp(row.log_density(eta)) == 0.0
        assert (row.slope_and_weight(eta)[1] == 0.0).all()
        assert not row.open.any()
    # of a ratio of risks nearly so: what is left is the prior of the overall risk, 1 in n^2
    assert np.ptp(TwoGroups("rr", [Possible.complete(0, 200, 0, 100)]).log_density(eta)) < 2 / 300


def chi_square(drawn: np.ndarray, pmf: np.ndarray, low: int) -> float:
    seen = np.bincount(drawn.astype(int) - low, minlength=len(pmf))
    expected = pmf * len(drawn)
    common = expected > 5
    if common.sum() < 2:
        return 1.0
    rest = np.array([seen[~common].sum(), expected[~common].sum()])
    terms = (seen[common] - expected[common]) ** 2 / expected[common]
    total = terms.sum() + ((rest[0] - rest[1]) ** 2 / rest[1] if rest[1] > 1 else 0.0)
    return float(stats.chi2.sf(total, common.sum() - 1))


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
@pytest.mark.parametrize("table", [(3, 20, 6, 25), (5, 9, 8, 9), (1, 1, 0, 1), (3, 300, 0, 100)])
def test_new_events_follow_their_distribution_given_the_total(table, measure):
    e1, n1, e2, n2 = table
    t, rng = e1 + e2, np.random.default_rng(8)
    low, high = max(0, t - n2), min(n1, t)
    for d in (-0.7, 0.3, 2.0) if measure != "rd" else (-0.3, 0.0, 0.05):
        drawn = TwoGroups(measure, [Possible.complete(*table)]).simulate(
            np.full((1, 20_000), d), rng
        )[0]
        every = [Possible.complete(x, n1, t - x, n2) for x in range(low, high + 1)]
        log_p = TwoGroups(measure, every).log_density(np.full((len(every), 1), d))[:, 0]
        pmf = np.exp(log_p - np.logaddexp.reduce(log_p))
        assert chi_square(drawn, pmf, low) > 1e-4, d


def test_events_among_many_people_have_the_moments_of_their_distribution():
    margins = Margins(100_000, 60_000, 60_000)
    d = np.full(40_000, 0.4)
    log_z = margins.log_normaliser(d[:1])
    drawn = margins.draw(d, np.repeat(log_z, d.size), np.random.default_rng(2))
    h = 1e-3
    around = margins.log_normaliser(np.array([0.4 - h, 0.4, 0.4 + h]))
    mean = (around[2] - around[0]) / (2 * h)
    variance = (around[2] - 2 * around[1] + around[0]) / h**2
    assert drawn.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / d.size))
    assert drawn.var() == pytest.approx(variance, rel=0.04)


def test_partial_rows_are_simulated_from_a_possible_design():
    drawn = TwoGroups("or", [PARTIAL]).simulate(np.zeros((1, 20_000)), np.random.default_rng(1))[0]
    pmf = np.zeros(19)
    for (e1, n1, e2, n2), w in zip(*PARTIAL[1:], strict=True):
        x = np.arange(19)
        pmf += w * stats.hypergeom.pmf(x, n1 + n2, n1, e1 + e2)
    assert chi_square(drawn, pmf, 0) > 1e-4


def test_a_curve_that_bends_at_zero_and_lines_beyond():
    found = Curve.of(lambda x: -2.0 * np.abs(x) - np.log1p(np.exp(-np.abs(x))), (2.0, -2.0))
    x = np.linspace(-400, 400, 5_001)
    expected = -2.0 * np.abs(x) - np.log1p(np.exp(-np.abs(x)))
    np.testing.assert_allclose(Curves([found])(x[None])[0], expected, atol=2e-9, rtol=1e-12)
    slope, bend = Curves([found]).derivatives(np.array([[-390.0, 390.0, np.inf]]))
    assert slope.tolist() == [[2.0, -2.0, -2.0]]
    assert not bend.any()


def test_rows_are_read_off_side_by_side_as_alone():
    rows = TwoGroups("or", [Possible.complete(*table) for table in SMALL] + [PARTIAL])
    eta = np.random.default_rng(3).normal(size=(2, len(rows), 50)) * 5
    together = rows.log_density(eta)
    for i in range(len(rows)):
        alone = rows.take(np.array([i]))
        np.testing.assert_array_equal(alone.log_density(eta[:, [i]])[:, 0], together[:, i])
        np.testing.assert_array_equal(
            alone.slope_and_weight(eta[:, [i]])[1][:, 0], rows.slope_and_weight(eta)[1][:, i]
        )
