"""Records of estimands: names as ever, words and ranges beside them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import bayespool as bp
from bayespool.accuracy import quantities
from bayespool.association import NormalNormal
from bayespool.guideline.certainty import check_thresholds, prior_share
from bayespool.quantity import Estimand, Group, compared, point
from bayespool.studies import Correlations

HOSTILE = [Group("age < 65 - [a]"), Group("year=2004", "year 2004")]


def test_a_label_may_hold_any_sign() -> None:
    b, a = HOSTILE
    difference = compared(quantities.SENS, "difference", b, a)
    assert difference == "sens_difference[age < 65 - [a] - year=2004]"
    assert difference.label == "Difference in sensitivity, age < 65 - [a] − year 2004"
    assert (difference.unit, difference.range) == ("points", "real")
    new = point(quantities.SENS, group=a).new
    assert new is not None
    assert (new, new.label) == ("sens_new[year=2004]", "Sensitivity in a new study, year 2004")
    assert quantities.after(quantities.PREDICTIVE_VALUES[0], 0.125, "12.5 %", a) == (
        "ppv[year=2004]@0.125"
    )


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_record_survives_copies(again: object) -> None:
    own = quantities.parameter("tau_sens", HOSTILE[0])
    other = again(own)  # type: ignore[operator]
    assert isinstance(other, Estimand)
    assert vars(other) == vars(own)


def test_a_correlation_has_its_range_and_its_scale() -> None:
    table = {"study": list("ABCD"), "r": [0.3, 0.5, 0.1, 0.6], "n": [30, 41, 25, 60]}
    studies = Correlations.from_table(table).effects("cor")
    fitted = bp.fit(NormalNormal.for_studies(studies)[0], studies, engine="quadrature", ess=500)
    with pytest.raises(ValueError, match="allowed: correlations above -1 and below 1"):
        check_thresholds("mu_correlation", (1.5,), fitted)
    assert np.isclose(prior_share(fitted, "mu_correlation"), prior_share(fitted, "mu"))
    with pytest.raises(ValueError, match="allowed: numbers above 0"):
        check_thresholds("tau", (-0.1,), fitted)


def test_a_threshold_is_refused_before_the_fit() -> None:
    from bayespool.fitting import foreseen
    from bayespool.report.summary import checked_request

    studies = bp.load_dataset("telomerase")
    known = foreseen(bp.accuracy.Bivariate(), studies)
    assert list(known.named)[:2] == ["sens", "spec"]
    with pytest.raises(ValueError, match="allowed: proportions above 0 and below 1"):
        checked_request(known, thresholds={"sens": (1.2,)})
