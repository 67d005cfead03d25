"""The summary ROC plots of a report: what they show, and what is said below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.accuracy import roc
from bayespool.figures import sroc, svg
from bayespool.figures.marks import Interval
from bayespool.figures.sroc import External, Part, SrocTable
from bayespool.numerics.links import link
from bayespool.quantity import Group
from bayespool.report import cutoff_page, numbers, points
from bayespool.report.accuracy_words import answer
from bayespool.report.blocks import Drawing
from bayespool.report.comparators import Comparator, by_name
from bayespool.report.figure_tables import bias_words
from bayespool.report.group_figures import BIAS_WORDS
from bayespool.report.points import MARGINS, ending, of_rows
from bayespool.report.summary import Summary
from bayespool.report.wording import counted

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
NB = numbers.SPACE
CHI2_95_2DF = 5.991464547107979  # 0.95 quantile of chi-square with two degrees of freedom
LOGIT = link("logit")
FURTHEST, FINE = 7.0, 1401  # of the logits of a curve before it is clipped, and its points
DOTTED_WORDS = (
    "Dotted and empty: a study whose table is reconstructed, at the possible table in the middle."
)


def sroc_table(fitted: Fit, summary: Summary, comparators: Sequence[Comparator] = ()) -> SrocTable:
    """A part for each group or test, and lines between the results of one study."""
    parts = tuple(_part(fitted, summary, label) for label in points.drawn(fitted))
    external = tuple(
        External(name, _mirrored(found["spec"].drawn), found["sens"].drawn)
        for name, found in by_name(comparators).items() if len(found) == 2
    )  # fmt: skip
    return SrocTable(parts, joined(fitted.studies), external, cutoff_page.marks(fitted))


def _mirrored(spec: Interval) -> Interval:
    return Interval(1.0 - spec.centre, 1.0 - spec.upper, 1.0 - spec.lower)


def _part(fitted: Fit, summary: Summary, label: Group) -> Part:
    """Summary point, regions and curve of one group or test.

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
    covariance, centre = np.cov(mu), mu.mean(axis=1)

    def outline(cov: Array, size: float = CHI2_95_2DF) -> sroc.Path:
        angle = np.linspace(0.0, 2.0 * np.pi, 181)
        circle = np.sqrt(size) * np.stack([np.cos(angle), np.sin(angle)])
        found = centre[:, None] + np.linalg.cholesky(cov) @ circle
        return 1.0 - g.inverse(found[1]), g.inverse(found[0])

    rows = np.arange(len(fitted.studies))
    if label:
        rows = np.flatnonzero([found == label for found in of_rows(fitted)])
    studies = fitted.studies.select(rows)
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    slopes = fitted.model.curve_slopes(hyper) or (tau_sens, tau_spec)
    at_sens, at_spec, by_sens, by_spec = (np.median(x) for x in (*mu, *slopes))
    x = LOGIT.inverse(np.linspace(-FURTHEST, FURTHEST, FINE))
    of, size = ending(label), CHI2_95_2DF
    if fitted.model.nu is not None:
        new = np.stack([fitted.samples[f"{name}_new{of}"].ravel() for name in MARGINS])
        size = _holds(g.forward(new), centre, covariance + between)
    return Part(
        label=label.shown,
        studies=_places(studies)[both],
        sizes=np.stack([studies.n_healthy, studies.n_diseased], axis=1)[both],
        rows=tuple(rows[both].tolist()),
        summary=(1.0 - summary.estimates[f"spec{of}"].median,
                 summary.estimates[f"sens{of}"].median),
        credible=outline(covariance),
        prediction=outline(covariance + between, size),
        curve=clipped((x, roc.curve(x, at_sens, at_spec, by_sens, by_spec, g)), _ranges(studies)),
        partial=np.asarray(studies.is_partial)[both],
        bias=tuple(np.array(bias_words(studies))[both].tolist()),
    )  # fmt: skip


def _places(studies: AccuracyStudies) -> Array:
    """False-positive proportion and sensitivity of every row; of empty groups 0, (n, 2)."""
    diseased, healthy = (np.maximum(n, 1) for n in (studies.n_diseased, studies.n_healthy))
    return np.stack([studies.fp / healthy, studies.tp / diseased], axis=1)


def _ranges(studies: AccuracyStudies) -> Array:
    """Least and largest observed of both axes, (2, 2); empty where nothing is known."""
    places = _places(studies)
    known = [places[n > 0, i] for i, n in enumerate((studies.n_healthy, studies.n_diseased))]
    return np.array([[x.min(), x.max()] if len(x) else [1.0, 0.0] for x in known])


def clipped(path: sroc.Path, ranges: Array) -> sroc.Path:
    """The part of a curve that is within the range of the data on both axes."""
    x, y = path
    inside = (x >= ranges[0, 0]) & (x <= ranges[0, 1]) & (y >= ranges[1, 0]) & (y <= ranges[1, 1])
    return x[inside], y[inside]


def joined(studies: AccuracyStudies) -> tuple[Array, ...]:
    """False-positive proportion and sensitivity of the results of every study with several."""
    number = list(dict.fromkeys(studies.study))
    study = np.array([number.index(s) for s in studies.study])
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    places = _places(studies)
    lines = (places[(study == k) & both] for k in range(len(number)))
    return tuple(line for line in lines if len(line) > 1)


def _holds(points: Array, centre: Array, covariance: Array) -> float:
    """Squared size of the ellipse around `centre` that holds 95 % of the points."""
    away = points - centre[:, None]
    away = away[:, np.isfinite(away).all(axis=0)]
    return float(np.quantile((away * np.linalg.solve(covariance, away)).sum(axis=0), 0.95))


def drawings(fitted: Fit, summary: Summary, comparators: Sequence[Comparator]) -> list[Drawing]:
    """``sroc``, and ``summary_sroc`` for a first screen."""
    table = sroc_table(fitted, summary, comparators)
    title, words = "Summary ROC plot", answer(summary)
    if len(table.parts) > 1:
        title += " of each group"
    full = svg.to_svg(sroc.draw(table), "figure-sroc", title, words)
    small = svg.to_svg(sroc.draw(table, compact=True), "figure-summary_sroc", title, words)
    return [Drawing("sroc", full, caption(fitted, table)),
            Drawing("summary_sroc", small, SUMMARY_CAPTION)]  # fmt: skip


SUMMARY_CAPTION = "Sensitivity and specificity of the studies, and what was pooled from them."


def caption(fitted: Fit, table: SrocTable) -> str:
    """What the marks are, and what is not drawn."""
    left = len(fitted.studies) - sum(len(part.studies) for part in table.parts)
    each = "result of a study" if table.joined else "study"
    if len(table.parts) == 1:
        found = (
            f"Each grey ellipse is a {each}: the wider, the more participants without the "
            "condition; the taller, the more with it. "
        )
    else:
        found = (
            f"Each open mark is a {each}: the larger, the more participants. Filled areas: "
            "credible regions of the pooled points. "
        )
        found += (
            "Dashed outlines: prediction regions of a new study. " if table.predicts
            else "Prediction regions of so many groups would hide one another. "
        )  # fmt: skip
    found += "The regions are approximations (see Methods)."
    if any(len(part.curve[0]) for part in table.parts):
        found += (
            " Summary curves are those of the posterior medians, drawn within the range of the "
            "studies' results on both axes."
        )
    if table.cutoffs:
        found += " Dots on the curve: the average study at these cut-offs."
    if table.joined:
        found += " Thin lines join the results of one study."
    if table.external:
        found += (
            " Open diamonds: results from elsewhere, not pooled; dotted, the ellipse within their "
            "published intervals."
        )
    if left:
        found += f" Not drawn: {counted(left, 'row', 'rows')} with an empty or unknown group."
    if any(part.partial.any() for part in table.parts):
        found += f" {DOTTED_WORDS}"
    if any(word for part in table.parts for word in part.bias):
        found += f" {BIAS_WORDS}"
    return found
