"""The answer after every change that was made, and the change that moves it most.

Records of numbers for the page and for summary.json; NumPy and the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.checks.moves import POINTS, Move, moves
from bayespool.report.guideline_numbers import low_risk
from bayespool.report.incomplete import incomplete
from bayespool.report.points import main_estimands
from bayespool.report.refits import Record, Refits, shown, sound

if TYPE_CHECKING:
    from bayespool.checks.variants import Variant
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit

AS_FITTED = "As fitted"
WIDTH = 1.0  # posterior SDs that the prior of the variation moves an end of an interval


@dataclass(frozen=True, eq=False)
class Refit:
    """One fit after a change: what it is called among those of its kind, and its prior if other."""

    name: str
    fit: Fit
    variant: Variant | None = None


@dataclass(frozen=True)
class Variation:
    """The answer once more, after one change.

    Parameters
    ----------
    label : str
    estimates : tuple of Estimate
        Of the quantities in `refits.shown`, in their order.
    whose : tuple of str
        Which refit each comes from, where it is the extreme one of many.
    rows : int or None
        Fitted; None where the refits of several quantities differ in it.
    passed : bool
        The computation passed its checks.
    """

    label: str
    estimates: tuple[Estimate, ...]
    whose: tuple[str, ...] = ()
    rows: int | None = None
    passed: bool = True


@dataclass(frozen=True, eq=False)
class Change:
    """How far one quantity moves after one change, which is of a kind with others or by itself."""

    label: str
    refit: Refit
    move: Move


@dataclass(frozen=True, eq=False)
class PriorWidth:
    """Between what an end of an interval lies over plausible priors of the variation.

    Attributes
    ----------
    point : str
        ``lower`` or ``upper``.
    lowest, highest : Variant, Move
        The priors under which the end lies lowest and highest, and how far it moves from the fit.
    range : float
        From the lowest to the highest, in posterior standard deviations of the fit.
    """

    point: str
    lowest: tuple[Variant, Move]
    highest: tuple[Variant, Move]

    @property
    def range(self) -> float:
        low, high = (move.shifts[self.point] for _, move in (self.lowest, self.highest))
        return high - low


def changes(fitted: Fit, refits: Refits | None = None) -> list[tuple[str, tuple[Refit, ...]]]:
    """Refits by what was changed, those of one kind together; of priors the plausible ones."""
    out: list[tuple[str, tuple[Refit, ...]]] = []
    if refits is not None and refits.leave_one_out is not None:
        left = refits.leave_one_out.studies
        out.append(("One study left out", tuple(Refit(f"without {x.study}", x.fit) for x in left)))
    if refits is not None and refits.prior_sensitivity is not None:
        others = [one for one in refits.prior_sensitivity[1:] if one.competes]
        out.append(("Other priors", tuple(Refit(one.name, one.fit, one) for one in others)))
    low, partial = low_risk(fitted), incomplete(fitted)
    if low is not None and low.fit is not None:
        out.append(("Low risk of bias only", (Refit("", low.fit),)))
    if partial is not None and partial.without.fit is not None:
        out.append(("Complete rows only", (Refit("", partial.without.fit),)))
    if refits is not None:
        out += [(one.name, (Refit("", one.fit),)) for one in refits.other_rows or ()]
    return [(label, found) for label, found in out if found]


def variations(fitted: Fit, refits: Refits | None = None) -> tuple[Variation, ...]:
    """The answer as fitted and after every change that was made; empty where there was none."""
    out: list[Variation] = []
    for label, found in changes(fitted, refits):
        out += _extremes(fitted, label, found) if found[0].name else [_only(label, fitted, found)]
    return (_only(AS_FITTED, fitted, (Refit("", fitted),)), *out) if out else ()


def largest_change(fitted: Fit, refits: Refits | None = None) -> Change | None:
    """Of all changes and quantities the one that moves furthest; None where nothing was changed."""
    found = [
        Change(label, one, move)
        for label, several in changes(fitted, refits)
        for one in several
        for move in _moves(fitted, one.fit)
    ]
    return max(found, key=lambda change: abs(change.move.shift), default=None)


def prior_width(fitted: Fit, refits: Refits) -> PriorWidth | None:
    """The end of an interval that moves furthest over plausible priors of the variation.

    None where there are no such priors, or where no end moves by `WIDTH`.
    """
    variants = refits.prior_sensitivity or ()
    own = [one for one in variants[1:]
           if one.competes and one.prior is not None and one.prior.of == "between"]  # fmt: skip
    if not own:
        return None
    found = []
    rows = [[(one, move) for move in _moves(fitted, one.fit)] for one in (variants[0], *own)]
    for of_quantity in zip(*rows, strict=True):
        for point in ("lower", "upper"):
            shifts = [move.shifts[point] for _, move in of_quantity]
            ends = (of_quantity[shifts.index(end(shifts))] for end in (min, max))
            found.append(PriorWidth(point, *ends))
    widest = max(found, key=lambda one: one.range)
    return widest if widest.range >= WIDTH else None


def _moves(fitted: Fit, one: Fit) -> list[Move]:
    names, seen = main_estimands(fitted), shown(fitted)
    return moves(fitted.model, fitted.estimates, one.estimates, names, seen)


def _only(label: str, fitted: Fit, found: tuple[Refit, ...]) -> Variation:
    (one,) = found
    estimates = tuple(one.fit.estimates[name] for name in shown(fitted))
    return Variation(label, estimates, (), len(one.fit.studies), sound(one.fit))


def _extremes(fitted: Fit, label: str, found: tuple[Refit, ...]) -> list[Variation]:
    """Of each quantity by itself the refit that moves a point furthest down, and furthest up."""
    moved = [_moves(fitted, one.fit) for one in found]
    out = []
    for word, end in (("down", min), ("up", max)):
        furthest = [[end(move.shifts.values()) for move in row] for row in moved]
        most = [column.index(end(column)) for column in zip(*furthest, strict=True)]
        whose = [found[i] for i in most]
        estimates = tuple(moved[i][q].after for q, i in enumerate(most))
        rows = {len(one.fit.studies) for one in whose}
        out.append(
            Variation(
                f"{label}: furthest {word}", estimates, tuple(one.name for one in whose),
                rows.pop() if len(rows) == 1 else None, all(sound(one.fit) for one in whose),
            )
        )  # fmt: skip
    return out


def records(fitted: Fit, refits: Refits | None = None) -> dict[str, Any]:
    """Keys of summary.json: sensitivity, largest_change and prior_of_variation."""
    change = largest_change(fitted, refits)
    width = None if refits is None else prior_width(fitted, refits)
    return {
        "sensitivity": [_variation(one, fitted) for one in variations(fitted, refits)],
        "largest_change": None if change is None else _change(change),
        "prior_of_variation": None if width is None else _width(width),
    }


def _change(change: Change) -> Record:
    before, after = change.move.values
    return {
        "variant": change.refit.name or change.label, "estimand": change.move.before.name,
        "point": POINTS[change.move.point], "before": before, "after": after,
        "shift": change.move.shift, "shift_mcse": change.move.mcse,
    }  # fmt: skip


def _width(width: PriorWidth) -> Record:
    ends = {"lowest": width.lowest, "highest": width.highest}
    said = {
        name: {"variant": one.name, "value": getattr(move.after, width.point)}
        for name, (one, move) in ends.items()
    }
    name = width.lowest[1].before.name
    return {"estimand": name, "point": POINTS[width.point], "range": width.range, **said}


def _variation(one: Variation, fitted: Fit) -> Record:
    out: Record = {"variant": one.label, "n_rows": one.rows, "passed": one.passed}
    whose = one.whose or ("",) * len(one.estimates)
    for name, e, who in zip(shown(fitted), one.estimates, whose, strict=True):
        numbers: Mapping[str, float] = {"median": e.median, "lower": e.lower, "upper": e.upper}
        out[name] = {**numbers, **({"of": who} if who else {})}
    return out
