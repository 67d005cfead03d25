"""What partial rows add: closed forms, limits, and the fit without them."""

from __future__ import annotations

import numpy as np
import pytest

import bayespool as bp
from bayespool.accuracy import Bivariate, MetaRegression
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.checks.contribution import completed, contributions, information, without_partial
from bayespool.priors import Fixed, Normal
from bayespool.studies import AccuracyStudies, ArmCounts, Effects
from bayespool.studies.partial import Partial

_ = None
ACCURACY = AccuracyStudies.from_table({
    "study": ["A", "B", "C", "D", "E", "F", "F"],
    "kind": ["", "", "rates", "margin", "marker", "candidate", "candidate"],
    "tp": [8, 30, _, 5, _, 7, 7], "fn": [3, 1, _, 4, _, 2, 2],
    "fp": [2, 0, _, _, _, 1, 4], "tn": [20, 44, _, _, _, 9, 6],
    "sens": [_, _, "0.9", _, _, _, _], "spec": [_, _, "0.8", _, _, _, _],
    "n_diseased": [_, _, "18-30", _, 20, _, _], "n_healthy": [_, _, 40, _, 25, _, _],
    "auc": [_, _, _, _, 0.85, _, _], "late": ["no", "yes", "no", "yes", "no", "yes", "yes"],
})  # fmt: skip
ARMS = ArmCounts.from_table({
    "study": ["A", "B", "C", "D", "D"], "kind": ["", "", "censored", "candidate", "candidate"],
    "e1": [8, 12, _, 4, 6], "n1": [20, 40, 15, 20, 20],
    "e2": [4, 9, _, 2, 2], "n2": [21, 38, 16, 20, 20],
    "p": [_, _, "ns", _, _], "events": [_, _, "4-8", _, _],
})  # fmt: skip


def stated(tables: list[tuple[int, ...]]) -> AccuracyStudies:
    """Two clean rows, and one that states these tables, equally likely."""
    said = Partial("candidate", "", tuple(tables), (1 / len(tables),) * len(tables))
    tp, n, tn, m = said.central
    return AccuracyStudies(
        "x", ("A", "B", "C"), ("A", "B", "C"), tp=[8, 30, tp], fn=[3, 1, n - tp],
        tn=[20, 44, tn], fp=[2, 0, m - tn], partial=(None, None, said),
    )  # fmt: skip


def fit(model, studies) -> bp.Fit:
    return bp.fit(model, studies, engine="quadrature")


def test_gaussian_row_has_the_information_of_the_closed_form():
    y, se, sd, tau = 0.8, 0.4, 1.0, 0.5
    said = Partial("rates", "", intervals=((y, y, se, 1.0),))
    studies = Effects(
        "x", ("A", "B", "C"), ("A", "B", "C"), [0.1, 0.3, y], [0.2, 0.3, se],
        partial=(None, None, said),
    )  # fmt: skip
    fitted = fit(NormalNormal(mu=Normal(0, sd), tau=Fixed(tau)), studies)
    (found,) = contributions(fitted)
    prior = sd**2 + tau**2
    after = 1 / (1 / prior + 1 / se**2)
    mean = after * y / se**2
    nats = 0.5 * (np.log(prior / after) + after / prior - 1 + mean**2 / prior)
    assert found.bits == pytest.approx(nats / np.log(2), abs=4 * found.bits_error)
    assert found.bits_error < 0.03
    assert found.share == pytest.approx(1.0, abs=0.01)
    assert found.people is None
    assert found.equivalent is None


def test_one_table_is_the_table_and_all_tables_say_nothing():
    (clean,) = contributions(fit(Bivariate(), stated([(7, 9, 9, 10)])))
    assert clean.share == pytest.approx(1.0, abs=0.01)
    assert clean.equivalent == pytest.approx(clean.people, rel=0.01)
    assert clean.bits > 1.0
    every = [(x, 4, y, 3) for x in range(5) for y in range(4)]
    (nothing,) = contributions(fit(Bivariate(), stated(every)))
    assert nothing.silent
    assert nothing.bits == pytest.approx(0.0, abs=1e-6)
    assert nothing.equivalent == 0.0


def test_wider_statements_say_less():
    narrow, wide = (
        contributions(fit(Bivariate(), stated([(x, 20, 18, 20) for x in xs])))[0]
        for xs in (range(14, 17), range(8, 20))
    )
    assert narrow.bits > wide.bits + narrow.bits_error
    assert 40 >= narrow.equivalent > wide.equivalent > 20


def test_rows_of_an_accuracy_table():
    found = {one.row: one for one in contributions(fit(Bivariate(), ACCURACY))}
    assert list(found) == ["C", "D", "E", "F"]
    assert found["E"].silent
    assert (found["E"].people, found["E"].share) == (None, None)
    assert found["D"].equivalent == pytest.approx(9.0, rel=0.02)
    assert 0 < found["C"].equivalent < found["C"].people == 65
    used = fit(Bivariate(marker="binormal"), ACCURACY)
    marker = next(one for one in contributions(used) if one.row == "E")
    assert marker.bits > 0.5
    assert marker.share is None


@pytest.mark.parametrize(
    ("model", "studies"),
    [
        (NormalNormal(measure="or"), ARMS.effects("or")),
        (Nested(measure="or"), ARMS.effects("or")),
        (BinomialNormal(), ARMS),
    ],
)
def test_rows_of_an_association(model, studies):
    censored, candidate = contributions(fit(model, studies))
    assert (censored.kind, censored.people) == ("censored", 31)
    assert 0 < censored.bits < candidate.bits
    assert 0 < censored.equivalent < 20 < candidate.equivalent <= 40


def test_completed_tables_have_no_partial_rows():
    assert not completed(ACCURACY).is_partial.any()
    effects = completed(ARMS.effects("or"), {2: 0.25})
    assert effects.estimate[2] == 0.25
    assert np.isfinite(effects.estimate).all()
    whole = ACCURACY.select([0, 1])
    assert completed(whole) is whole


def test_without_partial_is_the_fit_of_the_complete_rows():
    fitted = fit(Bivariate(), ACCURACY)
    found = without_partial(fitted)
    assert found.dropped == ("C", "D", "E", "F")
    alone = fit(Bivariate(), ACCURACY.select([0, 1]))
    assert found.fit.estimates["sens"].median == alone.estimates["sens"].median
    effects = ARMS.effects("or")
    found = without_partial(fit(NormalNormal(measure="or"), effects))
    alone = fit(NormalNormal(measure="or"), effects.select([0, 1]))
    assert found.fit.draws.info["path"] == "grid"
    assert found.fit.estimates["mu"].median == pytest.approx(alone.estimates["mu"].median)


def test_without_partial_says_why_there_is_none():
    clean = fit(Bivariate(), ACCURACY.select([0, 1]))
    assert without_partial(clean).fit is None
    assert contributions(clean) == ()
    few = without_partial(fit(Bivariate(), ACCURACY.select([0, 2, 3])))
    assert few.fit is None
    assert "one study would be left" in few.why
    groups = without_partial(
        fit(MetaRegression(covariates=("late",)), ACCURACY.select([0, 1, 2, 3]))
    )
    assert groups.fit is not None or groups.why


def test_information_of_a_flat_likelihood_is_zero():
    assert information(np.zeros(20_000)) == (0.0, 0.0)
