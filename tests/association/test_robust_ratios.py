"""Ratios with Student t study effects: a new study's has quantiles and no mean."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bayespool as bp
from bayespool.choice import choose
from bayespool.estimands import summarise
from bayespool.model_options import ModelOptions
from bayespool.priors import LogNormal
from bayespool.studies import GroupMeans

MEANS = GroupMeans.from_table(
    {"study": list("ABC"), "mean1": [5.0, 6.0, 9.0], "sd1": [2.0, 4.0, 3.0], "n1": [11, 21, 30],
     "mean2": [4.0, 4.5, 3.0], "sd2": [3.0, 1.0, 2.0], "n2": [11, 21, 30]}
)  # fmt: skip
HEAVY = LogNormal(-0.7, 0.2)  # degrees of freedom about a half: draws beyond all numbers


def test_a_new_ratio_beyond_all_numbers_is_reported_by_its_quantiles(tmp_path: Path) -> None:
    model, effects = choose(MEANS, "rom", options=ModelOptions(robust=True))
    fitted = bp.fit(replace(model, nu=HEAVY), effects, engine="quadrature")
    assert fitted.samples["mu_new_ratio"].max() == np.inf
    new = fitted.estimates["mu_new_ratio"]
    assert new.mean == new.sd == new.mcse == np.inf
    log = fitted.estimates["mu_new"]
    # far out two draws lie so far apart that it matters on which scale one looks between them
    for end in ("lower", "median", "upper"):
        gap = np.log(getattr(new, end)) - getattr(log, end)
        assert abs(gap) < 0.5 * getattr(log, f"mcse_{end}"), end
    assert 0 < new.mcse_median < 0.1 * new.median
    folder = bp.write_report(fitted, tmp_path / "r", formats=())
    written = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["estimands"]
    assert written["mu_new_ratio"]["mean"] is None
    assert written["mu_new_ratio"]["upper"] == new.upper
    assert written["mu_ratio"]["mean"] > 1


def test_the_default_robust_model_says_that_there_is_no_mean() -> None:
    model, effects = choose(MEANS, "rom", options=ModelOptions(robust=True))
    assert model.without_mean == ("mu_new_ratio",)
    assert replace(model, nu=None).without_mean == ()
    fitted = bp.fit(model, effects, engine="quadrature", ess=1_000)
    assert fitted.estimates["mu_new_ratio"].mean == np.inf
    assert np.isfinite(fitted.estimates["mu_new"].mean)


@pytest.mark.parametrize("ancestor", [None, np.arange(4_000)])
def test_draws_that_reach_infinity_have_quantiles_only(ancestor: np.ndarray | None) -> None:
    x = np.random.default_rng(1).exponential(size=(1 if ancestor is not None else 4, 4_000))
    plain = summarise("x", x, ancestor)
    x[0, 7] = np.inf
    e = summarise("x", x, ancestor)
    assert e.mean == e.sd == e.mcse == np.inf
    assert e.ess == 0
    for end in ("lower", "median", "upper"):
        assert getattr(e, end) == pytest.approx(getattr(plain, end), rel=0.02)
        assert getattr(e, f"mcse_{end}") == pytest.approx(getattr(plain, f"mcse_{end}"), rel=0.1)
