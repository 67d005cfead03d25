"""The small tables that the figures draw, computed from a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association import scale
from bayespool.checks.prior_overlap import hyper_priors
from bayespool.estimands import LOWER, UPPER
from bayespool.figures import pit, predictive, priors, traces
from bayespool.figures.marks import Interval
from bayespool.guideline.bias import read_bias
from bayespool.numerics.links import link
from bayespool.report import numbers
from bayespool.report.per_study import StudyRow

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
NOT_JUDGED = "not judged"
BINS = 20


def bias_words(studies: AccuracyStudies) -> tuple[str, ...]:
    """Overall risk of bias of every row; empty texts where the table says nothing of bias."""
    bias = read_bias(studies)
    if bias is None:
        return ("",) * len(studies)
    return tuple(word or NOT_JUDGED for word in bias.overall)


def predictive_table(rows: Sequence[StudyRow]) -> predictive.PredictiveTable:
    """Observed against predicted; of very many studies those that surprise the model most."""
    kept = most_surprising([row for row in rows if any(m.predicted for m in row.margins)])
    lines = []
    for row in kept:
        seen = [m.observed.centre if m.observed else None for m in row.margins]
        expected = [
            Interval(p.median / p.trials, p.lower / p.trials, p.upper / p.trials) if p else None
            for p in (m.predicted for m in row.margins)
        ]
        lines.append(
            predictive.PredictiveLine(
                row.row, row.index + 1, (seen[0], seen[1]), (expected[0], expected[1])
            )
        )
    return predictive.PredictiveTable(tuple(lines))


def most_surprising(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """All studies, or of very many those that surprise the model most."""
    if len(rows) <= predictive.MAX_ROWS:
        return list(rows)
    return sorted(rows, key=_calmness)[: predictive.MAX_ROWS]


def _calmness(row: StudyRow) -> float:
    pits = [m.predicted.pit for m in row.margins if m.predicted]
    return min((min(p, 1.0 - p) for p in pits), default=0.5)


def pit_table(rows: Sequence[StudyRow]) -> pit.PitTable:
    """Sorted transforms; the i-th of n uniform ones has a Beta(i, n + 1 - i) distribution."""
    from scipy.special import betaincinv

    values = np.sort([m.predicted.pit for row in rows for m in row.margins if m.predicted])
    i, n = np.arange(1, len(values) + 1), len(values)
    lower, upper = betaincinv(i, n + 1 - i, LOWER), betaincinv(i, n + 1 - i, UPPER)
    return pit.PitTable(i / (n + 1), values, lower, upper)


def prior_panels(fitted: Fit) -> tuple[priors.PriorPanel, ...]:
    """Prior density and posterior histogram of every hyperparameter."""
    return tuple(_prior_panel(fitted, name, prior) for name, prior in hyper_priors(fitted).items())


def _prior_panel(fitted: Fit, name: str, prior: Any) -> priors.PriorPanel:
    draws = fitted.draws.hyper[name].ravel()
    least, most = (float(x) for x in np.quantile(draws, [0.0005, 0.9995]))
    width = most - least
    ends = prior.ppf(np.array([0.005, 0.995]))
    # a heavy-tailed prior would flatten the posterior into a spike
    low = min(least, max(float(ends[0]), least - 3 * width))
    high = max(most, min(float(ends[1]), most + 3 * width))
    if prior.support == "positive":
        low = 0.0
    if prior.support == "correlation":
        low, high = -1 + 1e-6, 1 - 1e-6
    x = np.linspace(low, high, 201)
    if low == 0.0:
        x[0] = 1e-4 * high  # densities may be infinite or undefined at 0
    inside = draws[(draws >= low) & (draws <= high)]
    bins = max(12, min(60, round(50 * (high - low) / width)))
    heights, edges = np.histogram(inside, bins=np.linspace(low, high, bins + 1))
    density = heights / (len(draws) * np.diff(edges))
    title = fitted.named[name].label
    return priors.PriorPanel(
        title, x, np.exp(prior.logpdf(x)), edges, density, _ticks(fitted, name, low, high)
    )


def _ticks(fitted: Fit, name: str, low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Places of a pooled value on the scale of analysis, with what they are for a reader."""
    model: Any = fitted.model
    measure = model.measure
    if measure:
        shown = scale.shown_name(name, measure)
        if name != "mu" or shown == name:
            return ()
        kind = fitted.named[shown].unit

        def text(at: float) -> str:
            x = float(scale.to_measure(np.array(at), measure))
            return numbers.percent_prose(x) if kind == "proportion" else numbers.small(x)
    else:
        if fitted.named[name].quantity.name not in model.intercepts:
            return ()
        g = link(model.link)

        def text(at: float) -> str:
            return numbers.percent_prose(float(g.inverse(np.array(at))))

    step = max(1, int(np.ceil((high - low) / 6)))
    places = [float(at) for at in range(int(np.ceil(low)), int(high) + 1) if at % step == 0]
    if len(places) < 2:
        return ()
    return tuple((at, f"{numbers.number(at, 0)}\n{text(at)}") for at in places)


def rank_panels(fitted: Fit) -> tuple[traces.RankPanel, ...]:
    """Bins of the pooled ranks of every chain's draws."""
    out = []
    for name, draws in fitted.draws.hyper.items():
        ranks = np.empty(draws.size, int)
        ranks[np.argsort(draws, axis=None, kind="stable")] = np.arange(draws.size)
        bins = (ranks * BINS // draws.size).reshape(draws.shape)
        counts = np.stack([np.bincount(chain, minlength=BINS) for chain in bins])
        label = fitted.named[name].label
        out.append(traces.RankPanel(label, counts))
    return tuple(out)
