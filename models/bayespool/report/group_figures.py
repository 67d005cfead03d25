"""The figures of models with groups, tests, covariates or several results in a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.estimands import LOWER, UPPER
from bayespool.figures import bubble, svg
from bayespool.numerics.links import link
from bayespool.quantity import Group
from bayespool.report import numbers, points
from bayespool.report.blocks import Drawing
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
NB = numbers.SPACE
GRID = 41
BIAS_WORDS = (
    "Signs: overall risk of bias, the worst of the domains: plus low, question mark unclear, minus "
    "high, no sign not judged."
)


def bubbles(fitted: Fit) -> list[Drawing]:
    """One bubble plot for each numeric covariate."""
    out = []
    numeric = [c.covariate for c in points.codings(fitted) if not c.levels]
    for i, covariate in enumerate(numeric):
        table = bubble_table(fitted, covariate)
        caption = (
            f"Sensitivity and specificity by {covariate}. Each mark is a study: the larger its "
            "area, the more participants in that group. Lines: posterior medians"
        )
        if len(table.lines) <= bubble.MOST_BANDS:
            caption += (
                f"; shaded bands: 95{NB}% credible, pointwise; dotted lines: where a new study's "
                f"own value is predicted to lie (95{NB}%)"
            )
        settings, first = fitted.model.settings(fitted.studies), points.drawn(fitted)[0]
        told_apart = settings[first] if first else {}
        others = [c.note for c in points.codings(fitted)
                  if c.covariate != covariate and c.covariate not in told_apart]  # fmt: skip
        if others:
            caption += f". Other covariates at their reference or centre ({'; '.join(others)})"
        name = f"bubble-{i + 1}"
        title = f"Sensitivity and specificity by {covariate}"
        words = f"{title}. The values at the ends of the lines are in the table below the figure."
        out.append(
            Drawing(name, svg.to_svg(bubble.draw(table), f"figure-{name}", title, words),
                    f"{caption}.")
        )  # fmt: skip
    return out


def bubble_table(fitted: Fit, covariate: str) -> bubble.BubbleTable:
    """Observed accuracy against a covariate, and a regression line for each group drawn."""
    studies = fitted.studies
    x = np.array(studies.covariates[covariate], float)
    people = np.stack([studies.n_diseased, studies.n_healthy])
    with np.errstate(invalid="ignore"):
        observed = np.stack([studies.tp, studies.tn]) / people
    labels = points.drawn(fitted)
    at = np.linspace(x.min(), x.max(), GRID)
    lines = tuple(_line(fitted, label, covariate, at) for label in labels)
    series = np.array([labels.index(group) for group in points.of_rows(fitted)])
    return bubble.BubbleTable(covariate, x, observed, people, series, lines)


def _line(fitted: Fit, label: Group, covariate: str, at: Array) -> bubble.Line:
    g, model, studies = link(fitted.model.link), fitted.model, fitted.studies
    hyper = {name: draws.ravel() for name, draws in fitted.draws.hyper.items()}
    fixed: dict[str, Any] = dict(model.settings(studies)[label]) if label else {}
    random = rng(fitted.seed, "covariate line")
    z = random.standard_normal(fitted.theta.shape[1])
    if model.nu is not None:
        z = z * np.sqrt(hyper["nu"] / random.chisquare(hyper["nu"]))
    found = np.empty((2, 5, len(at)))
    for k, value in enumerate(at):
        mu, tau, _ = model.point(hyper, studies, fixed | {covariate: float(value)})
        for i in range(2):
            found[i, :3, k] = np.quantile(mu[i], [0.5, LOWER, UPPER])
            found[i, 3:, k] = np.quantile(mu[i] + tau[i] * z, [LOWER, UPPER])
    median, lower, upper, new_lower, new_upper = g.inverse(found).swapaxes(0, 1)
    return bubble.Line(label.shown, at, median, lower, upper, new_lower, new_upper)
