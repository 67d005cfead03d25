"""Sentences on the refits: what moves the answer most, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bayespool.report import numbers
from bayespool.report.points import main_estimands
from bayespool.report.refits import Move, Refits, left_out_moves, moves, shown, sound
from bayespool.report.wording import (
    counted,
    estimand_kind,
    inside,
    label_of,
    listed,
    measure_of,
    parted,
    told,
)

if TYPE_CHECKING:
    from bayespool.checks.leave_one_out import LeaveOneOutRefits
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit


def sentences(fitted: Fit, refits: Refits) -> list[str]:
    """One for each analysis that there is."""
    out = []
    if refits.leave_one_out is not None:
        out.append(left_out(fitted, refits.leave_one_out))
    if refits.prior_sensitivity is not None:
        out.append(other_priors(fitted, refits.prior_sensitivity))
    if refits.cumulative is not None:
        out.append(over_time(fitted, refits.cumulative))
    return out


def left_out(fitted: Fit, left: LeaveOneOutRefits) -> str:
    """Which study moves what most."""
    names = main_estimands(fitted)
    seen = shown(fitted)
    found = [(one.study, move) for one in left.studies
             for move in left_out_moves(left, one, names, seen)]  # fmt: skip
    study, move = max(found, key=lambda pair: abs(pair[1].shift))
    return f"Leaving out {study} moves {_most(fitted, move)}."


def other_priors(fitted: Fit, variants: Sequence[Variant]) -> str:
    """Which prior moves what most, and between what the medians stay."""
    names = main_estimands(fitted)
    base, others = variants[0], variants[1:]
    if not others:
        return "No other priors were tried."
    found = [(one.name, move) for one in others
             for move in moves(base.estimates, one.estimates, names, shown(fitted))]  # fmt: skip
    prior, move = max(found, key=lambda pair: abs(pair[1].shift))
    ranges = []
    for name in shown(fitted):
        medians = [one.estimates[name].median for one in variants]
        bounds = numbers.interval(min(medians), max(medians), estimand_kind(name))
        ranges.append(f"{_pooled(fitted, name)} {bounds}")
    return (
        f"Of {counted(len(others), 'other prior', 'other priors')}, “{prior}” moves "
        f"{_most(fitted, move)}. Over all of them the medians stay within: {listed(ranges)}."
    )


def over_time(fitted: Fit, variants: Sequence[Variant]) -> str:
    """The answer with the first studies, and with all."""
    first, last = variants[0], variants[-1]
    parts = []
    for name in shown(fitted):
        a, b, kind = first.estimates[name], last.estimates[name], estimand_kind(name)
        parts.append(
            f"{_pooled(fitted, name)} from {numbers.value(a.median, kind)} "
            f"({numbers.interval(a.lower, a.upper, kind)}) to {numbers.value(b.median, kind)} "
            f"({numbers.interval(b.lower, b.upper, kind)})"
        )
    if len(variants) == 1:
        return "All studies are of one year: there is nothing to accumulate."
    n = first.fit.hierarchy.n_studies, last.fit.hierarchy.n_studies
    start = "study" if n[0] == 1 else counted(n[0], "study", "studies")
    return (
        f"From the first {start} to all {numbers.count(n[1])}: "
        f"{'; '.join(parts)} (median and 95{numbers.SPACE}% equal-tailed interval)."
    )


def unsound(fits: Mapping[str, Fit]) -> str:
    """Whose computation failed a check; empty when all passed."""
    failed = [name for name, one in fits.items() if not sound(one)]
    if not failed:
        return ""
    return f"The computation failed a check, and its numbers may be wrong, for: {listed(failed)}."


def largest_error(found: Sequence[Move]) -> str:
    """The largest Monte Carlo error of some shifts."""
    return numbers.number(max(0.01, *(move.mcse for move in found)))


def _pooled(fitted: Fit, name: str) -> str:
    """``pooled sensitivity``, ``pooled odds ratio``."""
    if measure_of(fitted.model):
        return inside(label_of(fitted, name))
    stem, group = parted(name)
    whose = f" of {told(group)}" if group else ""
    return f"pooled {inside(label_of(fitted, stem))}{whose}"


def _most(fitted: Fit, move: Move) -> str:
    kind = estimand_kind(move.shown)
    size = numbers.number(abs(move.shift))
    return (
        f"the {_pooled(fitted, move.shown)} most, by {size} posterior standard "
        f"deviations: {numbers.value(move.before, kind)} to {numbers.value(move.after, kind)}"
    )
