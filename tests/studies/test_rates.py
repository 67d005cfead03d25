"""Printed rates and the counts behind them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayespool.studies.rates import count_behind, integers_that_print, printed_rates


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_enough_decimals_always_give_the_count_back(pair):
    k, n = pair
    for text in (f"{k / n:.16f}", f"{k / n:.4f}", f"{100 * k / n:.3f}%"):
        (rate,) = printed_rates([text])
        assert count_behind(rate, n, "sens", "n") == k


@given(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 4),
)
def test_the_count_is_always_among_those_that_fit(pair, decimals):
    k, n = pair
    printed = Fraction(f"{k / n:.{decimals}f}")
    fitting = integers_that_print(printed, n, 1, decimals)
    assert k in fitting
    within = [
        j for j in range(n + 1) if abs(Fraction(j, n) - printed) * 2 <= Fraction(10) ** -decimals
    ]
    assert list(fitting) == within


def test_a_tie_fits_both_ways():
    assert list(integers_that_print(Fraction("0.12"), 8, 1, 2)) == [1]
    assert list(integers_that_print(Fraction("0.13"), 8, 1, 2)) == [1]


def test_a_bare_one_has_the_decimals_of_its_column():
    one = printed_rates(["0.83", "1"])[1]
    assert count_behind(one, 30, "sens", "n") == 30
    rule, _ = count_behind(one, 300, "sens", "n")
    assert "fits 2 counts (299, 300)" in rule


@pytest.mark.parametrize("texts", [["0.9", "90"], ["1", "90"], ["0.9", "90%"]])
def test_mixed_units(texts):
    assert printed_rates(texts) is None


def test_zero_percent_is_no_mixture():
    assert [rate.scale for rate in printed_rates(["0", "90"])] == [100, 100]
