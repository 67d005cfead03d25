"""Sections of the page on the refits, their tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.moves import moves
from bayespool.estimands import Estimate
from bayespool.figures import cumulative, influence, sensitivity, svg
from bayespool.figures.marks import Interval
from bayespool.figures.rows import MAX_ROWS, Panel, Row, RowsTable
from bayespool.quantity import inside
from bayespool.report import numbers, refit_words, tables
from bayespool.report.blocks import Block, Drawing, Prose, Section, Table
from bayespool.report.points import main_estimands
from bayespool.report.refits import Refits, bayes_factor, shown, with_new
from bayespool.report.wording import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayespool.checks.leave_one_out import LeaveOneOutRefits
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit

SYMBOLS = ("mu", "tau", "tau_within", "psi")


def draw_refits(fitted: Fit, refits: Refits) -> list[Drawing]:
    """The figures of the analyses that there are."""
    out = []
    left, priors, years = refits.leave_one_out, refits.prior_sensitivity, refits.cumulative
    if left is not None:
        table = influence_table(fitted, left)
        caption = (
            "Squares and lines: median and interval without the study named. Dashed line and band: "
            "median and interval with all studies. The most influential study is at the top."
            + _dropped(len(left.studies), len(table.rows), "most influential", "leave_one_out.csv")
        )
        text = svg.to_svg(
            influence.draw(table), "figure-influence", "How the answer moves without each study",
            refit_words.left_out(fitted, left),
        )  # fmt: skip
        out.append(Drawing("influence", text, caption))
    if priors is not None:
        table = variants_table(fitted, priors, new=True)
        caption = (
            "Squares and thick lines: pooled median and interval under the prior named. Thin "
            "lines: where a new study's own value is predicted to lie. Dashed line and band: as "
            "fitted." + _dropped(len(priors), len(table.rows), "last", "prior_sensitivity.csv")
        )
        text = svg.to_svg(
            sensitivity.draw(table), "figure-sensitivity", "The answer under other priors",
            refit_words.other_priors(fitted, priors),
        )  # fmt: skip
        out.append(Drawing("sensitivity", text, caption))
    if years is not None:
        table = variants_table(fitted, years, new=False)
        caption = (
            "Squares and lines: median and interval of the studies published up to each year. "
            "Dashed line and band: all studies."
            + _dropped(len(years), len(table.rows), "last", "cumulative.csv")
        )
        text = svg.to_svg(
            cumulative.draw(table), "figure-cumulative", "The answer as studies were published",
            refit_words.over_time(fitted, years),
        )  # fmt: skip
        out.append(Drawing("cumulative", text, caption))
    return out


def _dropped(n: int, shown: int, which: str, file: str) -> str:
    return "" if shown == n else f" The {shown} {which} of {n:,} are drawn; all are in {file}."


def influence_table(fitted: Fit, left: LeaveOneOutRefits) -> RowsTable:
    """What the influence figure draws."""
    names = shown(fitted)
    number = {study: i for i, study in enumerate(fitted.hierarchy.labels, start=1)}
    studies = fitted.studies
    one_row_each = bool(fitted.model.measure) and not studies.several_rows()
    names_of = dict(zip(studies.row, studies.study, strict=True)) if one_row_each else {}
    rows = [
        Row(names_of.get(one.study, one.study), number[one.study], _intervals(one.estimates, names))
        for one in left.ranked(main_estimands(fitted))[:MAX_ROWS]
    ]
    return RowsTable(_panels(fitted, left.full), tuple(rows))


def variants_table(fitted: Fit, variants: Sequence[Variant], *, new: bool) -> RowsTable:
    """What the figures of priors and of years draw."""
    names = shown(fitted)
    rows = []
    for number, one in list(enumerate(variants, start=1))[-MAX_ROWS:]:
        wide = with_new(one, names)[len(names) :] if new else []
        rows.append(
            Row(one.name, number, _intervals(one.estimates, names), _intervals(one.estimates, wide))
        )
    reference = variants[0] if new else variants[-1]
    return RowsTable(_panels(fitted, reference.estimates), tuple(rows))


def _panels(fitted: Fit, estimates: Mapping[str, Estimate]) -> tuple[Panel, ...]:
    names = shown(fitted)
    return tuple(
        Panel(
            fitted.named[name].label, fitted.named[name].unit == "proportion", interval,
            log=name.endswith("_ratio"),
        )
        for name, interval in zip(names, _intervals(estimates, names), strict=True)
    )  # fmt: skip


def _labels(fitted: Fit, names: Sequence[str]) -> list[str]:
    return [fitted.named[name].label for name in names]


def _intervals(estimates: Mapping[str, Estimate], names: Sequence[str]) -> tuple[Interval, ...]:
    return tuple(Interval(e.median, e.lower, e.upper) for e in (estimates[n] for n in names))


def left_out_blocks(fitted: Fit, left: LeaveOneOutRefits, drawing: Drawing) -> list[Block]:
    """Sentence, figure and table of the exact refits."""
    names, seen = main_estimands(fitted), shown(fitted)
    ranked = left.ranked(names)
    found = {one.study: left.moves(one, names, seen) for one in ranked}
    error = refit_words.largest_error([move for row in found.values() for move in row])
    rows = []
    for rank, one in enumerate(ranked[: tables.MAX_ROWS], start=1):
        cells = [numbers.count(rank)]
        for move in found[one.study]:
            cells += [_both(move.after), refit_words.shift(move)]
        rows.append((one.study, *cells, numbers.number(one.elpd)))
    head = ["Left out", "Rank"]
    for label in _labels(fitted, seen):
        head += [label, refit_words.SHIFT]
    caption = (
        f"Without each study: median ({tables.INTERVAL}); Monte Carlo error of a shift at most "
        f"{error}"
    )
    return [
        Prose(refit_words.left_out(fitted, left)),
        *_warning({one.study: one.fit for one in left.studies}),
        drawing,
        Table(caption, (*head, "Log predictive density, exact"), tuple(rows)),
    ]


def prior_section(fitted: Fit, variants: Sequence[Variant], drawing: Drawing) -> Section:
    """Sensitivity to the priors"""
    names, seen = main_estimands(fitted), shown(fitted)
    base = variants[0]
    pooled, evidence = [], []
    new = with_new(base, seen)[len(seen) :]
    for one in variants:
        label = one.name.replace(", ", f",{numbers.SPACE}")
        cells: list[str] = []
        for move in moves(fitted.model, base.estimates, one.estimates, names, seen):
            cells += [_both(move.after), refit_words.shift(move)]
        pooled.append((label, *cells))
        found, factor = one.log_marginal_likelihood, bayes_factor(one, base)
        evidence.append(
            (
                label, *(_both(one.estimates[name]) for name in new),
                numbers.MISSING if found is None else numbers.number(found),
                numbers.MISSING if factor is None else numbers.ratio(float(np.exp(factor[0]))),
            )
        )  # fmt: skip
    head = ["Prior"]
    for label in _labels(fitted, seen):
        head += [label, refit_words.SHIFT]
    head_evidence = (
        "Prior", *_labels(fitted, new), "Log marginal likelihood",
        "Bayes factor against the fit",
    )  # fmt: skip
    blocks: tuple[Block, ...] = (
        Prose(refit_words.other_priors(fitted, variants)),
        *_warning({one.name: one.fit for one in variants}),
        drawing,
        Table(f"Under each prior: median ({tables.INTERVAL})", tuple(head), tuple(pooled)),
        Table(f"A new study, and how well each prior foresaw the data: median ({tables.INTERVAL})",
              head_evidence, tuple(evidence)),
        *[Prose(text) for text in (refit_words.extremes(variants),) if text],
        Prose(
            f"The prior named replaces that of the fit; everything else stays. {_symbols(fitted)} "
            "A Bayes factor above 1 says that these "
            "data are more probable under that prior than under the prior of the fit. It weighs "
            "the priors as predictions; it is no reason to pick a prior after the fact. A fit by "
            "NUTS has no marginal likelihood, and a dash."
        ),
    )  # fmt: skip
    return Section("other-priors", "Other priors", "Sensitivity to the priors", blocks)


def _symbols(fitted: Fit) -> str:
    """What the names of priors stand for."""
    if fitted.model.measure:
        names = [name for name in fitted.model.priors if name in SYMBOLS]
        first, *others = [f"for the {inside(fitted.named[name].label)}" for name in names]
        meant = [f"{names[0]} stands {first}"]
        meant += [f"{name} {words}" for name, words in zip(names[1:], others, strict=True)]
        return f"Here {listed(meant)}."
    if "Lambda" in fitted.model.priors:
        return (
            "Here Lambda stands for accuracy, Theta for threshold, shape for the shape of the "
            "curve, and sigma for the standard deviations of accuracy and threshold between "
            "studies."
        )
    meant = ["tau stands for the standard deviations between studies", "rho for their correlation"]
    if "tau_within_sens" in fitted.model.priors:
        meant.append("within for the standard deviations within studies")
    if "beta" in fitted.model.priors:
        meant.append("beta for the coefficients")
    return f"Here {', '.join(meant)}, and pooled for the pooled values on the scale of the link."


def cumulative_section(fitted: Fit, variants: Sequence[Variant], drawing: Drawing) -> Section:
    """How the answer came about."""
    names = shown(fitted)
    rows = tuple(
        (one.name, *(_both(one.estimates[name]) for name in names))
        for one in variants[-tables.MAX_ROWS :]
    )
    head = ("Studies", *_labels(fitted, names))
    blocks: tuple[Block, ...] = (
        Prose(refit_words.over_time(fitted, variants)),
        *_warning({one.name: one.fit for one in variants}),
        Prose("Studies of one year enter together, because nothing orders them."),
        drawing,
        Table(f"Year by year: median ({tables.INTERVAL})", head, rows),
    )
    return Section("cumulative", "Over time", "Cumulative meta-analysis", blocks)


def _warning(fits: Mapping[str, Fit]) -> list[Prose]:
    words = refit_words.unsound(fits)
    return [Prose(words)] if words else []


def _both(estimate: Estimate) -> str:
    median, interval, _ = tables.estimate_cells(estimate)
    return f"{median} ({interval})"
