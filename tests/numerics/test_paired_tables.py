"""Paired proportions: slopes, limits, and a table of pairs against the multinomial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

import bayespool as bp
from bayespool.association import PrePost
from bayespool.numerics.paired import plackett
from bayespool.numerics.paired_tables import PairedTables
from bayespool.priors import Fixed, Normal
from bayespool.studies import PairedProportions, TableError

ETA = np.random.default_rng(2).normal(0, 1, (2, 20))
ONE = np.array([[10, 9, 2, 13, 0, 1, 0, 0]])


def test_one_table_is_a_multinomial_and_binomials():
    psi = np.full(20, 3.0)
    got = PairedTables((ONE,)).widened(psi).log_density(ETA).sum(axis=0)
    p, q = expit(ETA)
    both = plackett(p, q, psi)
    cells = np.stack([both, p - both, q - both, 1 - p - q + both], axis=1)
    middle = ETA.mean(axis=0)
    expected = [stats.multinomial.logpmf(ONE[0, :4], 34, c) for c in cells]
    expected += stats.binom.logpmf(0, 1, p) + np.log(expit(middle) * expit(-middle))
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_margins_without_pairs_lie_between_the_extremes_of_the_pairs():
    margins = PairedProportions.from_table(
        {"study": ["A"], "kind": ["margins"], "before": [14], "n_before": [33], "after": [26],
         "n_after": [33]}
    )  # fmt: skip
    assert margins.partial[0].tables[0][:4] == (7, 7, 19, 0)
    assert margins.partial[0].tables[-1][:4] == (14, 0, 12, 7)
    logs = [PairedTables((np.array([t]),)).widened(np.full(20, 5.0)).log_density(ETA)[0]
            for t in margins.partial[0].tables]  # fmt: skip
    together = PairedTables(tuple(margins.tables())).widened(np.full(20, 5.0)).log_density(ETA)[0]
    middle = ETA.mean(axis=0)
    prior = np.log(expit(middle) * expit(-middle))
    total = np.logaddexp.reduce([x - prior for x in logs], axis=0) + prior
    np.testing.assert_allclose(together, total, rtol=1e-9)


def test_slopes_are_derivatives():
    rows = PairedTables((ONE,)).widened(np.full(20, 3.0))
    slope, weight = rows.slope_and_weight(ETA)
    h = 1e-5
    for r in (0, 1):
        step = np.zeros((2, 1))
        step[r] = h
        up, down = (rows.log_density(ETA + s * step)[0] for s in (1, -1))
        np.testing.assert_allclose(slope[r], (up - down) / (2 * h), atol=1e-4)
    assert (weight >= 0).all()


def test_printed_p_values_leave_the_published_tables():
    """Kowalski 2007: the paired tables that reproduce the printed P values."""
    rows = bp.load_dataset("spine_infection_followup")
    found = {
        row.split(", ")[1]: {t[1:3] for t in p.tables}
        for row, p in zip(rows.row, rows.partial, strict=True)
    }
    assert found["loss of vertebral height"] == {(0, 12)}
    assert {(8, 0), (9, 0)} == found["epidural canal compromise"]
    assert {(9, 0), (12, 2)} == found["epidural enhancement"]
    assert (11, 0) in found["epidural canal abscess"]


def test_the_change_of_complete_pairs_against_a_grid():
    """One study, tau 0: the posterior of mu by summing over baseline and dependence."""
    study = PairedProportions.from_table(
        {"study": ["A"], "both": [10], "lost": [9], "gained": [2], "neither": [13]}
    )
    model = PrePost(mu=Normal(0, 2), tau=Fixed(0))
    fitted = bp.fit(model, study, engine="quadrature")
    assert not fitted.draws.failures
    mu = np.linspace(-5, 4, 181)
    middle = np.linspace(-3.5, 3.5, 141)
    log_psi = np.linspace(-4, 8, 97)
    m, a, psi = np.meshgrid(mu, middle, np.exp(log_psi), indexing="ij")
    p, q = expit(a - m / 2), expit(a + m / 2)
    both = plackett(p, q, psi)
    logs = np.log(np.stack([both, p - both, q - both, 1 - p - q + both]).clip(1e-300))
    density = np.tensordot([10, 9, 2, 13], logs, axes=1) + np.log(expit(a) * expit(-a))
    density += stats.norm.logpdf(m, 0, 2) + stats.norm.logpdf(np.log(psi), 1.0, 1.5)
    weight = np.exp(density - density.max()).sum(axis=(1, 2))
    weight /= weight.sum()
    mean = (weight * mu).sum()
    sd = np.sqrt((weight * (mu - mean) ** 2).sum())
    ours = fitted.estimates["mu"]
    assert ours.mean == pytest.approx(mean, abs=4 * ours.mcse + 1e-3)
    assert ours.sd == pytest.approx(sd, rel=0.05)


BAD = {
    "p": ({"p": "0.04", "p_test": "exact"}, "the nearest possible is"),
    "margin": ({"before": 40}, "before=40 of 33"),
    "blank": ({"after": None}, "after is blank"),
    "test": ({"p": "0.04", "p_test": "t"}, "allowed is blank, exact"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_margins_are_refused(case):
    cells, words = BAD[case]
    row = {"study": "A", "kind": "margins", "before": 14, "n_before": 33, "after": 26,
           "n_after": 33} | cells  # fmt: skip
    with pytest.raises(TableError, match=words):
        PairedProportions.from_table({name: [value] for name, value in row.items()})
