"""The small tables that the figures draw, computed from a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy import roc
from bayespool.association import scale
from bayespool.checks.prior_overlap import hyper_priors
from bayespool.estimands import LOWER, UPPER, Estimate
from bayespool.guideline.bias import read_bias
from bayespool.numerics.links import link
from bayespool.plots import forest, pit, predictive, priors, sroc, traces
from bayespool.plots.marks import Interval
from bayespool.quantity import WHOLE, Group
from bayespool.report import numbers, wording
from bayespool.report.comparators import Comparator, by_name
from bayespool.report.per_study import EMPTY_SHORT, StudyRow
from bayespool.report.points import MARGINS, ending, of_rows
from bayespool.report.summary import Summary

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
CHI2_95_2DF = 5.991464547107979  # 0.95 quantile of chi-square with two degrees of freedom
NOT_JUDGED = "not judged"
EDGE = 0.002
BINS = 20


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.median, estimate.lower, estimate.upper)


def bias_words(studies: AccuracyStudies) -> tuple[str, ...]:
    """Overall risk of bias of every row; empty texts where the table says nothing of bias."""
    bias = read_bias(studies)
    if bias is None:
        return ("",) * len(studies)
    return tuple(word or NOT_JUDGED for word in bias.overall)


def forest_table(
    fitted: Fit, summary: Summary, rows: Sequence[StudyRow], comparators: Sequence[Comparator]
) -> forest.ForestTable:
    """Observed and shrunken proportions of every study, and what was pooled."""
    lines = []
    for row, bias in zip(rows, bias_words(fitted.studies), strict=True):
        sens, spec = row.margins
        counts = tuple(
            f"{m.successes}/{m.trials}" if m.trials else row.empty(EMPTY_SHORT[name])
            for name, m in zip(MARGINS, row.margins, strict=True)
        )
        lines.append(
            forest.ForestRow(
                row.marked, row.index + 1, (counts[0], counts[1]),
                (sens.observed, spec.observed), (sens.shrunken, spec.shrunken), row.reconstructed,
                bias,
            )
        )  # fmt: skip
    estimate = summary.estimates
    external: list[tuple[str, forest.Pair]] = []
    for name, found in by_name(comparators).items():
        pair = [found[m].drawn if m in found else None for m in MARGINS]
        external.append((name, (pair[0], pair[1])))
    return forest.ForestTable(
        tuple(lines),
        (_interval(estimate["sens"]), _interval(estimate["spec"])),
        (_interval(estimate["sens_new"]), _interval(estimate["spec_new"])),
        tuple(external),
    )


def sroc_table(
    fitted: Fit, summary: Summary, comparators: Sequence[Comparator], label: Group = WHOLE
) -> sroc.SrocTable:
    """Summary point, regions and curve, of one group or test where there are several.

    Regions are ellipses on the link scale, drawn back on the scale of proportions. The credible
    region takes mean and covariance of the draws of the pooled point; the prediction region adds
    the posterior mean of the between-study covariance.
    """
    g = link(fitted.model.link)
    hyper = {name: draws.ravel() for name, draws in fitted.draws.hyper.items()}
    pooled, (tau_sens, tau_spec), rho = fitted.model.at(hyper, fitted.studies, label)
    mu = np.stack(pooled)
    shared = float(np.mean(rho * tau_sens * tau_spec))
    between = np.array([[np.mean(tau_sens**2), shared], [shared, np.mean(tau_spec**2)]])
    covariance = np.cov(mu)
    centre = mu.mean(axis=1)

    def outline(cov: Array, size: float = CHI2_95_2DF) -> sroc.Path:
        angle = np.linspace(0.0, 2.0 * np.pi, 181)
        circle = np.sqrt(size) * np.stack([np.cos(angle), np.sin(angle)])
        points = centre[:, None] + np.linalg.cholesky(cov) @ circle
        return 1.0 - g.inverse(points[1]), g.inverse(points[0])

    at_sens, at_spec, by_sens, by_spec = (np.median(x) for x in (*mu, tau_sens, tau_spec))

    def curve(low: float, high: float) -> sroc.Path:
        x = np.linspace(low, high, 101)
        return x, roc.curve(x, at_sens, at_spec, by_sens, by_spec, g)

    studies = fitted.studies
    if label:
        studies = studies.select([found == label for found in of_rows(fitted)])
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    healthy = studies.n_healthy > 0
    observed = (studies.fp[healthy] / studies.n_healthy[healthy]).tolist() or [0.5]
    low, high = (float(np.clip(x, EDGE, 1 - EDGE)) for x in (min(observed), max(observed)))
    outside = tuple(curve(a, b) for a, b in ((EDGE, low), (high, 1 - EDGE)) if b - a > 1e-6)
    external = tuple(
        (name, 1.0 - found["spec"].estimate, found["sens"].estimate)
        for name, found in by_name(comparators).items()
        if len(found) == 2
    )
    fpr = studies.fp[both] / studies.n_healthy[both]
    sens = studies.tp[both] / studies.n_diseased[both]
    of = ending(label)
    size = CHI2_95_2DF
    if fitted.model.nu is not None:
        new = np.stack([fitted.samples[f"{name}_new{of}"].ravel() for name in MARGINS])
        size = _holds(g.forward(new), centre, covariance + between)
    return sroc.SrocTable(
        studies=np.stack([fpr, sens], axis=1),
        groups=np.stack([studies.n_healthy[both], studies.n_diseased[both]], axis=1),
        summary=(
            1.0 - summary.estimates[f"spec{of}"].median,
            summary.estimates[f"sens{of}"].median,
        ),
        credible=outline(covariance),
        prediction=outline(covariance + between, size),
        curve=curve(low, high),
        outside=outside,
        comparators=external,
        joined=() if label else joined(studies),
        partial=np.asarray(studies.is_partial)[both],
        bias=tuple(np.array(bias_words(studies))[both].tolist()),
    )


def joined(studies: AccuracyStudies) -> tuple[Array, ...]:
    """False-positive proportion and sensitivity of the results of every study with several."""
    number = list(dict.fromkeys(studies.study))
    study = np.array([number.index(s) for s in studies.study])
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    diseased, healthy = (np.maximum(n, 1) for n in (studies.n_diseased, studies.n_healthy))
    places = np.stack([studies.fp / healthy, studies.tp / diseased], axis=1)
    lines = (places[(study == k) & both] for k in range(len(number)))
    return tuple(line for line in lines if len(line) > 1)


def _holds(points: Array, centre: Array, covariance: Array) -> float:
    """Squared size of the ellipse around `centre` that holds 95 % of the points."""
    away = points - centre[:, None]
    away = away[:, np.isfinite(away).all(axis=0)]
    return float(np.quantile((away * np.linalg.solve(covariance, away)).sum(axis=0), 0.95))


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
    measure = wording.measure_of(model)
    if measure:
        shown = scale.shown_name(name, measure)
        if name != "mu" or shown == name:
            return ()
        kind = fitted.named[shown].unit

        def text(at: float) -> str:
            x = float(scale.to_measure(np.array(at), measure))
            return numbers.percent_prose(x) if kind == "proportion" else numbers.small(x)
    else:
        if fitted.named[name].quantity.name not in getattr(model, "intercepts", ()):
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
