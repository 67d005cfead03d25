"""Sentences on the refits: what moves the answer most, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bayespool.checks.moves import POINTS, Move, moves
from bayespool.quantity import inside
from bayespool.report import numbers
from bayespool.report.points import main_estimands
from bayespool.report.refits import Refits, shown, sound
from bayespool.report.wording import counted, listed, naming, of_answer

if TYPE_CHECKING:
    from bayespool.checks.leave_one_out import LeaveOneOutRefits
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit

SHIFT = "Furthest shift in posterior SDs"
# what a prior is of, in words
OF = {
    "between": "the variation between studies",
    "within": "the variation within studies",
    "pooled": "the pooled values",
}


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
    names, seen = main_estimands(fitted), shown(fitted)
    found = [(one.study, move) for one in left.studies for move in left.moves(one, names, seen)]
    study, move = max(found, key=lambda pair: abs(pair[1].shift))
    return f"Leaving out {study} moves {_most(fitted, move)}."


def other_priors(fitted: Fit, variants: Sequence[Variant]) -> str:
    """Which prior moves what most, of the plausible ones and of all; where the medians stay."""
    names, seen = main_estimands(fitted), shown(fitted)
    base, others = variants[0], variants[1:]
    if not others:
        return "No other priors were tried."
    found = [
        (one, move)
        for one in others
        for move in moves(fitted.model, base.estimates, one.estimates, names, seen)
    ]
    plausible = [pair for pair in found if pair[0].competes]
    (first, near), (most, far) = (
        max(pairs, key=lambda pair: abs(pair[1].shift)) for pairs in (plausible or found, found)
    )
    n = len({one.name for one, _ in plausible})
    of = f", {numbers.count(n)} of them plausible," if 0 < n < len(others) else ""
    said = f"Of {counted(len(others), 'other prior', 'other priors')}{of} “{first.name}” moves "
    said += f"{_most(fitted, near)}."
    if most is not first:
        said += f" Of the extreme ones “{most.name}” moves {_most(fitted, far)}."
    ranges = []
    for name in shown(fitted):
        medians = [one.estimates[name].median for one in variants]
        bounds = numbers.interval(min(medians), max(medians), fitted.named[name].unit)
        ranges.append(f"{_pooled(fitted, name)} {bounds}")
    return f"{said} Over all of them the medians stay within: {listed(ranges)}."


def extremes(variants: Sequence[Variant]) -> str:
    """Which priors are there as extremes; empty where none is."""
    names = [f"“{one.name}”" for one in variants if not one.competes]
    if not names:
        return ""
    return (
        "Not named on the first screen, because they reach less than half as far as the prior of "
        f"the fit, or more than twice as far: {listed(names)}."
    )


def under_words(fitted: Fit, variant: Variant) -> str:
    """``under a wide prior of the variation between studies, HalfNormal(2)``."""
    prior = variant.prior
    if prior is None or not prior.word:
        return f"under the prior “{variant.name}”"
    what = OF.get(prior.of) or listed([f"the {inside(fitted.named[n].label)}" for n in prior.names])
    return f"under a {prior.word} prior of {what}, {prior.prior}"


def over_time(fitted: Fit, variants: Sequence[Variant]) -> str:
    """The answer with the first studies, and with all."""
    first, last = variants[0], variants[-1]
    parts = []
    for name in shown(fitted):
        a, b, kind = first.estimates[name], last.estimates[name], fitted.named[name].unit
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
    if fitted.model.measure:
        return inside(fitted.named[name].label)
    estimand = fitted.named[name]
    whose = f" of {estimand.group.shown}" if estimand.group else ""
    return f"{of_answer(naming(fitted), inside(estimand.what))}{whose}"


def shift(move: Move) -> str:
    """How far what moves furthest moves, and what it is: a cell under `SHIFT`."""
    return f"{numbers.number(move.shift)} ({POINTS[move.point]})"


def from_to(move: Move) -> str:
    """``68.1 % to 50.4 %``, of what moves furthest."""
    kind = move.before.estimand.unit
    before, after = (numbers.value(x, kind) for x in move.values)
    return f"{before} to {after}"


def _most(fitted: Fit, move: Move) -> str:
    what = "" if move.point == "median" else f"{POINTS[move.point]} of the interval of the "
    return (
        f"the {what}{_pooled(fitted, move.before.name)} most, by "
        f"{numbers.number(abs(move.shift))} posterior standard deviations: {from_to(move)}"
    )
