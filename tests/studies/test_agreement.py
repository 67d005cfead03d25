"""Kappa, intraclass correlation and alpha as studies print them, and impossible ones."""

from math import atanh, log, sqrt

import numpy as np
import pytest

from bayespool.numerics.reconstructed import kappa_of_table
from bayespool.studies import Effects, TableError
from bayespool.studies.agreement import kappa_range


def read(cells, measure="kappa"):
    return Effects.from_table({"study": ["A"]} | {k: [v] for k, v in cells.items()}, measure)


def delta_method(cells):
    """Error of kappa by its gradient at the multinomial shares, without Fleiss's formula."""
    n = sum(cells)
    p = np.array(cells, float) / n

    def kappa(x):
        a, b, c, d = x / x.sum()
        expected = (a + b) * (a + c) + (c + d) * (b + d)
        return (a + d - expected) / (1 - expected)

    step = 1e-6 * np.eye(4)
    gradient = np.array([(kappa(p + e) - kappa(p - e)) / 2e-6 for e in step])
    return kappa(p), sqrt(gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / n)


@pytest.mark.parametrize("cells", [(40, 9, 6, 45), (3, 1, 2, 94), (20, 15, 5, 10)])
def test_fleiss_cohen_everitt_is_the_delta_method(cells):
    np.testing.assert_allclose(kappa_of_table(cells), delta_method(cells), rtol=1e-6)


def test_one_study_told_in_four_ways_is_one_study():
    cells = {"yes_yes": 40, "yes_no": 9, "no_yes": 6, "no_no": 45}
    kappa, se = kappa_of_table(tuple(cells.values()))
    z, error = atanh(kappa), se / (1 - kappa**2)
    margins = {"kappa": kappa, "share1": 0.49, "share2": 0.46, "n": 100}
    limits = np.tanh(z + np.array([-1, 1]) * 1.959963984540054 * error)
    interval = {"kappa": kappa, "ci_low": limits[0], "ci_high": limits[1]}
    for told in (cells, margins, interval, {"kappa": kappa, "se": se}):
        found = read(told)
        assert found.estimate[0] == pytest.approx(z)
        assert found.se[0] == pytest.approx(error)


def test_range_of_kappa_is_that_of_all_tables():
    n = 40
    kappas = [kappa_of_table((x, 30 - x, 10 - x, x))[0] for x in range(11)]
    assert kappa_range(30 / n, 10 / n) == pytest.approx((min(kappas), max(kappas)))


@pytest.mark.parametrize(
    "cells, measure, column, says, allowed",
    [
        ({"kappa": 0.95, "share1": 0.2, "share2": 0.5, "n": 60}, "kappa", "kappa",
         "cannot be where readers call 0.2 and 0.5", "kappa from -0.4 to 0.4"),
        ({"kappa": 1, "se": 0.1}, "kappa", "kappa", "kappa=1 has no Fisher z", "between -1 and 1"),
        ({"kappa": 0.5, "p": 0.01}, "kappa", "p", "may test any value", "share1, share2 and n"),
        ({"yes_yes": 9, "yes_no": 0, "no_yes": 0, "no_no": 4}, "kappa", "yes_yes",
         "kappa of 1 has no standard error", "differ in some"),
        ({"icc": 0.8, "n": 20, "readers": 1}, "icc", "readers", "readers=1", "2 or more"),
        ({"alpha": 1.2, "n": 20, "items": 5}, "alpha", "alpha", "no log of", "below 1"),
    ],
)  # fmt: skip
def test_bad_rows(cells, measure, column, says, allowed):
    with pytest.raises(TableError) as caught:
        read(cells, measure)
    (problem,) = caught.value.problems
    assert problem.column == column
    assert says in problem.rule
    assert allowed in problem.allowed


def test_intraclass_correlation_of_two_readers_is_fishers():
    found = read({"icc": 0.8, "n": 41}, "icc")
    assert found.estimate[0] == pytest.approx(atanh(0.8))
    assert found.se[0] == pytest.approx(1 / sqrt(40))


def test_alpha_is_bonetts():
    found = read({"alpha": 0.9, "items": 20, "n": 103}, "alpha")
    assert found.estimate[0] == pytest.approx(-log(0.1))
    assert found.se[0] == pytest.approx(sqrt(40 / (19 * 101)))
