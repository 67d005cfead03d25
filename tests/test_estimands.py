"""Summaries of draws: those of NumPy, made when they are asked for."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bayespool import estimands
from bayespool.estimands import (
    LOWER,
    UPPER,
    Estimates,
    Statement,
    exceedance,
    mean_error,
    probability,
    summarise,
)
from bayespool.numerics.marginals import NormalMixture

FINITE = st.floats(-1e100, 1e100)


@given(arrays(np.float64, st.integers(2, 60), elements=FINITE))
def test_quantiles_are_those_of_numpy(values: np.ndarray) -> None:
    found = summarise("x", values[None], np.arange(values.size))
    told = (found.lower, found.median, found.upper)
    assert told == tuple(np.quantile(values, [LOWER, 0.5, UPPER]))


def test_infinite_draws_have_infinite_quantiles() -> None:
    values = np.array([[0.0, 1.0, 2.0, *[np.inf] * 7]])
    found = summarise("x", values, np.arange(10))
    assert (found.median, found.upper) == (np.inf, np.inf)
    assert 0.0 < found.lower < 1.0


@pytest.mark.parametrize("ancestor", [np.repeat(np.arange(200), 2), None])
def test_a_probability_is_the_mean_of_its_event(ancestor: Any) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1, 400) if ancestor is not None else (4, 100))
    whole = summarise("x", (x > 0.3).astype(float), ancestor)
    found = probability(Statement("x", ">", 0.3), x > 0.3, ancestor)
    assert (found.prob, found.mcse) == (whole.mean, whole.mcse)
    assert exceedance({"x": x}, {"x": [0.3]}, ancestor) == [found]
    whole = summarise("x", x, ancestor)
    assert mean_error(x, ancestor) == (whole.mcse, whole.ess)


def test_summaries_are_made_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = estimands.summarise

    def counting(name: str, *arguments: Any, **options: Any) -> Any:
        asked.append(name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(estimands, "summarise", counting)
    x = np.random.default_rng(5).normal(size=(1, 300))
    known = NormalMixture(*np.array([[1.0], [0.5], [2.0]]))
    samples = {"a": x, "b": x + 1.0, "known": x, "endless": np.exp(x)}
    made = Estimates(samples, np.arange(300), {"known": known}, 0.0, ("endless",))
    assert list(made) == list(samples)
    assert "b" in made
    assert "c" not in made
    assert asked == []
    assert made["b"] is made["b"]
    assert asked == ["b"]
    assert made["b"] == original("b", x + 1.0, np.arange(300))
    assert made["known"].ess == np.inf
    assert made["endless"].mean == np.inf
    assert asked == ["b", "endless"]
    with pytest.raises(KeyError):
        made["c"]
    assert pickle.loads(pickle.dumps(made)) == dict(made)
    assert made == Estimates(samples, np.arange(300), {"known": known}, 0.0, ("endless",))
