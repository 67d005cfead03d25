"""What the default priors of the accuracy models say before any data.

``uv run docs/prior_predictive.py`` draws from them and writes the table in ``statistics.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bayespool.accuracy import HSROC, Bivariate, Comparison, MetaRegression, NestedBivariate
from bayespool.association.scale import NU_PRIOR
from bayespool.studies import AccuracyStudies

PAGE = Path(__file__).resolve().parent / "statistics.md"
BEGIN, END = (
    "<!-- prior predictive: uv run docs/prior_predictive.py -->",
    "<!-- /prior predictive -->",
)
DRAWS, SEED = 200_000, 2026
CUTS = (0.025, 0.25, 0.5, 0.75, 0.975)
# a number with mean 0 and standard deviation 1 from -2 to 2, two groups, and two tests per study
X = (-2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0)
ONE_ROW = AccuracyStudies.from_counts(
    study=[f"S{i}" for i in range(9)], tp=[8] * 9, fp=[2] * 9, fn=[2] * 9, tn=[8] * 9,
    x=X, group=["a"] * 5 + ["b"] * 4,
)  # fmt: skip
TWO_ROWS = AccuracyStudies.from_counts(
    study=[f"S{i // 2}" for i in range(8)], tp=[8] * 8, fp=[2] * 8, fn=[2] * 8, tn=[8] * 8,
    test=["a", "b"] * 4,
)  # fmt: skip
ROWS: tuple[tuple[str, Any, AccuracyStudies, dict[str, str]], ...] = (
    ("`Bivariate`", Bivariate(), ONE_ROW, {
        "sens": "nearly flat; nothing is ruled out, and half of all tests are worse than chance",
        "sens_new": "as flat",
    }),
    ("`Bivariate`, robust", Bivariate(nu=NU_PRIOR), ONE_ROW, {
        "sens_new": "hardly wider: most of the prior of nu is near normal",
    }),
    ("`MetaRegression`, a group", MetaRegression(covariates=("group",)), ONE_ROW, {
        "sens[b]": "the reference group has the prior of `Bivariate`, others a wider one: harmless "
        "but not symmetric",
        "sens_difference[b - a]": "large differences allowed, small ones expected",
    }),
    ("`MetaRegression`, a number", MetaRegression(covariates=("x",)), ONE_ROW, {
        "sens[x=2]": "two standard deviations from the mean more than a third lies below 5 % or "
        "above 95 %: too wide; give `beta=Normal(0, 0.75)` where studies are few",
    }),
    ("`NestedBivariate`", NestedBivariate(), TWO_ROWS, {
        "sens_new": "as flat as without effects of results",
        "share_between_sens": "studies are expected to differ more than their results, not surely",
    }),
    ("`Comparison`", Comparison(), TWO_ROWS, {
        "sens_difference[b - a]": "tests are unrelated a priori: wider than between groups, and "
        "nothing but the data draws two tests together",
    }),
    ("`HSROC`", HSROC(), ONE_ROW, {
        "sens": "more mass near 0 and 1 than in `Bivariate`: wide, not absurd",
        "sens_new": "likewise",
        "rho": "the correlation that follows is near -1 or 1 more often than between; studies "
        "decide it only when there are many",
    }),
)  # fmt: skip


def prior_draws(model: Any, studies: AccuracyStudies) -> dict[str, np.ndarray]:
    """Every estimand of a model, drawn from its priors."""
    model.check(studies)
    rng = np.random.default_rng(SEED)
    hierarchy = model.hierarchy(studies)
    theta = hierarchy.draw_prior(DRAWS, rng)
    new = hierarchy.new_effects(theta, rng)[:, 0]
    found: dict[str, np.ndarray] = model.estimands(hierarchy.natural(theta), new, studies)
    return found


def table() -> str:
    """The quantiles and a judgement of each, as Markdown."""
    head = "| model | quantity | " + " | ".join(f"{100 * c:g} %" for c in CUTS) + " | judgement |"
    lines = [head, "|" + "---|" * (len(CUTS) + 3)]
    for name, model, studies, judged in ROWS:
        draws = prior_draws(model, studies)
        for quantity, judgement in judged.items():
            shown = " | ".join(
                f"{q:.2f}" for q in np.quantile(draws[quantity], CUTS).round(2) + 0.0
            )
            lines.append(f"| {name} | `{quantity}` | {shown} | {judgement} |")
    return "\n".join(lines)


def main() -> None:
    """Put the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
