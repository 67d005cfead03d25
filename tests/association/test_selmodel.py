"""Three- and four-parameter selection models: the maxima that metafor finds, kept."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from reference_data import reference_rows
from scipy import optimize

from bayespool.association import SelectionNormal
from bayespool.datasets import resolve_association
from bayespool.priors import LogNormal
from bayespool.studies import Correlations, Effects

KEPT = Path(__file__).resolve().parents[2] / "docs" / "validation" / "selmodel.csv"
with KEPT.open(newline="") as file:  # by metafor 3.8-1, docs/validation/selmodel.R
    ROWS = list(csv.DictReader(file))


def lui(scale: str) -> Effects:
    """As Cohen's d, or on Fisher's z."""
    rows = reference_rows("lui2015")
    columns = {name: [row[name] for row in rows] for name in ("study", "r", "n")}
    if scale == "z":
        return Correlations.from_table(columns, "cor").effects("cor")
    r, n = np.array(columns["r"], float), np.array(columns["n"], float)
    d = 2 * r / np.sqrt(1 - r**2)
    se = np.sqrt(4 / n + d**2 / (2 * n))
    return Effects.from_table(
        {"study": columns["study"], "estimate": d.tolist(), "se": se.tolist()}, measure="generic"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['table']} {row['cuts']}")
def test_the_maximum_is_that_of_metafor(row: dict[str, str]) -> None:
    turned = row["table"] == "bcg"  # metafor saw it turned round, we are told the direction
    studies = resolve_association("bcg", "or").effects("or") if turned else lui(row["table"][-1])
    cuts = tuple(map(float, row["cuts"].split()))
    model = SelectionNormal(
        cuts=cuts, weights=LogNormal(0, 1), direction="negative" if turned else "positive",
        measure=studies.measure,
    )  # fmt: skip
    hierarchy = model.hierarchy(studies)

    def height(theta: np.ndarray) -> float:
        return -float(hierarchy.total_log_likelihood(theta[:, None], 1)[0])

    found = [
        optimize.minimize(height, np.full(len(hierarchy.names), start), jac="3-point",
                          method="BFGS", options={"gtol": 1e-6})
        for start in (0.0, -1.0)
    ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    got = {name: float(x[0]) for name, x in hierarchy.natural(best.x[:, None]).items()}
    assert -best.fun == pytest.approx(float(row["log_likelihood"]), abs=1e-5)
    mu = -got["mu"] if turned else got["mu"]
    assert mu == pytest.approx(float(row["mu"]), abs=1e-3)
    assert got["tau"] ** 2 == pytest.approx(float(row["tau2"]), abs=1e-3)
    for name in ("omega_2", "omega_3")[: len(cuts)]:
        assert got[name] == pytest.approx(float(row[name]), abs=1e-3), name


def test_metafor_gives_what_robmas_tutorial_prints_of_lui() -> None:
    """Cohen's d: 3PSM and, with steps at 0.025 and 0.05, 4PSM."""
    printed = {"0.025": (0.322, 0.1148, 0.2275), "0.025 0.05": (0.2675, 0.1289, 0.5008)}
    for row in ROWS:
        if row["table"] == "lui2015_d" and row["cuts"] in printed:
            got = [float(row[name]) for name in ("mu", "tau2", "omega_2")]
            np.testing.assert_allclose(got, printed.pop(row["cuts"]), atol=6e-4)
    assert not printed
