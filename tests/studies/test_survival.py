"""One study of time to event told in many ways is one study; and every way to tell it wrongly."""

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.special import ndtr

from bayespool.studies import Effects, TableError

# log HR -0.4 with SE 0.2: 100 events, O-E -10, V 25, log-rank P of z = 2
P, LOW, HIGH = (
    2 * ndtr(-2.0),
    exp(-0.4 - 1.959963984540054 * 0.2),
    exp(-0.4 + 1.959963984540054 * 0.2),
)
NARROW, WIDE = exp(-0.4 - 1.2815515655446004 * 0.2), exp(-0.4 + 1.2815515655446004 * 0.2)
SAME = {
    "ratio and 95 % interval": {"hr": exp(-0.4), "ci_low": LOW, "ci_high": HIGH},
    "ratio and 80 % interval": {"hr": exp(-0.4), "ci_low": NARROW, "ci_high": WIDE, "level": 80},
    "ratio and error of its log": {"hr": exp(-0.4), "se_log": 0.2},
    "log ratio and error": {"log_hr": -0.4, "se": 0.2},
    "O-E and V": {"O-E": -10, "V": 25},
    "O-E and variance": {"O-E": -10, "variance": 25},
    "ratio and P": {"hr": exp(-0.4), "p": P},
    "ratio and events": {"hr": exp(-0.4), "events": 100, "p": "ns"},
    "ratio and events by group": {"hr": exp(-0.4), "events1": 50, "events2": 50},
    "P, direction, events": {"p": P, "direction": "negative", "events": 100},
    "P, direction, events, people": {"p": P, "direction": "negative", "events": 100, "n1": 150,
                                     "n2": 150},
    "P, direction, events by group": {"p": P, "direction": "negative", "events1": 50,
                                      "events2": 50},
    "medians and events": {"median1": 10, "median2": 10 * exp(-0.4), "events": 100},
}  # fmt: skip


def read(cells, measure="hr"):
    return Effects.from_table({"study": ["A"]} | {k: [v] for k, v in cells.items()}, measure)


@pytest.mark.parametrize("way", SAME)
def test_one_study_told_in_many_ways_is_one_study(way):
    found = read(SAME[way])
    assert found.estimate[0] == pytest.approx(-0.4, abs=1e-9)
    assert found.se[0] == pytest.approx(0.2, abs=1e-9)
    assert found.approximated[0] == ("reconstructed" in found.how[0] or way == "ratio and P")


def test_unequal_groups_share_the_events_as_people():
    found = read({"p": P, "direction": "positive", "events": 100, "n1": 100, "n2": 300})
    assert found.se[0] == pytest.approx(1 / sqrt(100 * 3 / 16))


def test_survival_at_one_time_is_the_ratio_of_cumulative_hazards():
    cells = {"survival1": 0.6, "n1": 80, "survival2": 0.8, "n2": 120}
    found = read(cells)
    assert found.estimate[0] == pytest.approx(log(log(0.6) / log(0.8)))
    rng = np.random.default_rng(3)
    s1, s2 = rng.binomial(80, 0.6, 200_000) / 80, rng.binomial(120, 0.8, 200_000) / 120
    kept = (s1 < 1) & (s2 < 1)
    spread = np.std(np.log(np.log(s1[kept]) / np.log(s2[kept])))
    assert found.se[0] == pytest.approx(spread, rel=0.03)  # first order against the distribution


def test_person_time_gives_a_rate_ratio():
    found = read({"events1": 12, "time1": 340.5, "events2": 30, "time2": 910}, "irr")
    assert found.estimate[0] == pytest.approx(log(12 / 340.5 / (30 / 910)))
    assert found.se[0] == pytest.approx(sqrt(1 / 12 + 1 / 30))


def test_a_censored_hazard_ratio_takes_events():
    table = {"study": ["A", "B"], "hr": [1.4, None], "ci_low": [1.1, None], "ci_high": [1.78, None],
             "kind": ["", "censored"], "p": [None, "ns"], "events": [None, 64]}  # fmt: skip
    found = Effects.from_table(table, "hr")
    ((low, high, se, weight),) = found.partial[1].intervals
    assert (se, weight) == (0.25, 1.0)
    assert high == pytest.approx(1.959963984540054 * 0.25)
    assert low == -high


@pytest.mark.parametrize(
    "cells, column, says, allowed",
    [
        ({"hr": 1.5, "ci_low": 1.6, "ci_high": 2}, "hr", "does not contain hr=1.5", "ci_low <="),
        ({"O-E": -10}, "O-E", "O-E=-10 has no V", "with V"),
        ({"O-E": -10, "V": 0}, "V", "V=0 is no variance", "above 0"),
        ({"p": 0.04, "events": 40}, "p", "does not say who fares worse", "positive or"),
        ({"p": 0.04, "events": 0}, "events", "without events there is no hazard", "above 0"),
        ({"p": 0.04, "events": 3.5}, "events", "events=3.5 is no count", "whole number"),
        ({"survival1": 1, "n1": 5, "survival2": 0.5, "n2": 9}, "survival1", "no proportion",
         "between 0 and 1"),
        ({"median1": 0, "median2": 4, "events": 9}, "median1", "is no time", "above 0"),
        ({"hr": 1.5}, "hr", "hr=1.5 has no precision", "O-E and V, or events"),
    ],
)  # fmt: skip
def test_bad_rows(cells, column, says, allowed):
    with pytest.raises(TableError) as caught:
        read(cells)
    (problem,) = caught.value.problems
    assert problem.column == column
    assert says in problem.rule
    assert allowed in problem.allowed


def test_a_censored_hazard_ratio_needs_events_or_an_error():
    table = {"study": ["A", "B"], "hr": [1.4, None], "ci_low": [1.1, None], "ci_high": [1.78, None],
             "kind": ["", "censored"], "p": [None, "ns"]}  # fmt: skip
    with pytest.raises(TableError, match=r"events of both groups together .* or se"):
        Effects.from_table(table, "hr")
