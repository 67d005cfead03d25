"""L'Abbé, Baujat, crosshairs, joint posterior, and the parameters for RevMan."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import bayespool as bp
from bayespool.association import BinomialNormal
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.figures import joint
from bayespool.report import further_figures
from bayespool.report.accuracy_tables import REVMAN, revman_table
from bayespool.report.effect_rows import effect_rows
from bayespool.report.per_study import study_rows
from bayespool.report.refits import Refits
from bayespool.studies import ArmCounts


@pytest.fixture(scope="module")
def effect() -> Any:
    studies = ArmCounts.from_counts(
        ["A", "B", "C", "D", "E"], [12, 4, 8, 22, 9], [40, 30, 22, 61, 35], [7, 3, 2, 12, 8],
        [41, 29, 20, 60, 33],
    )  # fmt: skip
    return bp.fit(BinomialNormal(), studies, engine="quadrature", ess=500)


def test_figures_of_an_association_mark_every_study(effect: Any) -> None:
    refits = Refits(leave_one_out=refit_without_each(effect, ess=400.0))
    found = further_figures.of_effects(effect, effect_rows(effect), refits)
    assert [drawing.name for drawing in found] == ["labbe", "baujat", "joint"]
    for drawing in found[:2]:
        rows = re.findall(r'data-study="(\d+)"', drawing.svg)
        assert sorted(rows) == [*"01234"], drawing.name
    without = further_figures.of_effects(effect, effect_rows(effect), Refits())
    assert [drawing.name for drawing in without] == ["labbe", "joint"]


def test_crosshairs_are_the_exact_intervals(quadrature_fit: Any) -> None:
    (drawing,) = further_figures.of_accuracy(quadrature_fit, study_rows(quadrature_fit))
    n = len(quadrature_fit.studies)
    assert len(re.findall(r"data-study=", drawing.svg)) == 3 * n
    assert {*re.findall(r'data-study="(\d+)"', drawing.svg)} == set(map(str, range(n)))


def test_shares_of_q_add_up_to_cochrans_q() -> None:
    # BCG's first three trials as metafor prints them: log risk ratios and variances
    y, v = np.array([-0.8893, -1.5854, -1.3481]), np.array([0.3256, 0.1946, 0.4154])
    w = 1.0 / v
    q = (w * y**2).sum() - (w * y).sum() ** 2 / w.sum()
    shares = further_figures.shares_of_q(y, np.sqrt(v))
    assert shares.sum() == pytest.approx(q, rel=1e-12)
    assert shares.argmax() == 0


def test_regions_of_the_joint_posterior_hold_their_share() -> None:
    x = np.linspace(-6.0, 6.0, 601)
    density = np.exp(-0.5 * (x[:, None] ** 2 + x[None, :] ** 2))
    for share, cut in zip(joint.SHARES, joint.levels(density), strict=True):
        # of a bivariate normal the region of a share has -2 log(1 - share) as squared radius
        assert -2.0 * np.log(cut) == pytest.approx(-2.0 * np.log(1.0 - share), rel=5e-3)


def test_parameters_for_revman_are_those_of_the_draws(quadrature_fit: Any) -> None:
    table = revman_table(quadrature_fit)
    assert table is not None
    values = {name: float(text.replace("−", "-")) for name, text in table.rows}
    d = {name: x.ravel() for name, x in quadrature_fit.samples.items()}
    a, b = d["logit_sens"], d["logit_spec"]
    covariance = np.mean(d["rho"] * d["tau_sens"] * d["tau_spec"])
    variances = np.mean(d["tau_sens"] ** 2), np.mean(d["tau_spec"] ** 2)
    wanted = [a.mean(), b.mean(), *variances, covariance, covariance / np.sqrt(np.prod(variances)),
              a.std(ddof=1), b.std(ddof=1), np.cov(a, b)[0, 1]]  # fmt: skip
    np.testing.assert_allclose([values[name] for name in REVMAN], wanted, atol=5.1e-5)
    assert values["Studies"] == len(set(quadrature_fit.studies.study))


def test_where_nothing_is_pooled_there_are_no_parameters_for_revman() -> None:
    alone = bp.AccuracyStudies.from_counts(["A"], [44], [3], [6], [52])
    assert revman_table(bp.fit(bp.accuracy.Bivariate(), alone, engine="quadrature")) is None
