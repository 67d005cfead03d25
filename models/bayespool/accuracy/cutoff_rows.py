"""The cut-offs of a table as the marker model has them: transformed, and as rows of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayespool.accuracy.margins import study_numbers
from bayespool.held import held
from bayespool.numerics.successive import Successive
from bayespool.studies.ladders import Ladders, ladders
from bayespool.studies.problems import Problem, TableError

if TYPE_CHECKING:
    from bayespool.accuracy.thresholds import Thresholds
    from bayespool.studies import AccuracyStudies

Array = np.ndarray


class Scale(NamedTuple):
    """A table's cut-offs as the model has them.

    ``x`` is the transformed cut-off of each row, zero at ``reference``; the logarithm of their
    ratio where a power of it is estimated.
    """

    ladders: Ladders
    reference: float
    unit: float
    x: Array

    @property
    def sign(self) -> float:
        """1 where results above a cut-off are positive."""
        return -1.0 if self.ladders.positive == "below" else 1.0


@held
def scale_of(
    studies: AccuracyStudies,
    threshold: str,
    positive: str,
    transform: str,
    cutoff: float | None,
    unit: float | None,
) -> Scale:
    """The cut-offs of a table on the scale of a model with these options."""
    found = ladders(studies, threshold, positive)
    reference = found.usual() if cutoff is None else float(cutoff)
    lowest = min(float(found.cutoffs.min()), reference)
    if transform != "identity" and lowest <= 0.0:
        rule = f"the cut-off {lowest:g} has no logarithm, as transform={transform!r} needs"
        allowed = "positive cut-offs, or transform='identity' (--transform identity)"
        raise TableError([Problem(studies.file, None, found.column, rule, allowed)])
    if unit is None:
        unit = reference if lowest > 0.0 else float(np.std(found.cutoffs))
    return Scale(found, reference, unit, scale_at(found.cutoffs, transform, reference, unit))


def scale_at(cutoffs: Array, transform: str, reference: float, unit: float) -> Array:
    """Logarithm of the ratio to the reference, or difference from it in units of the reference.

    Where cut-offs are not positive the unit is their standard deviation.
    """
    cutoffs = np.asarray(cutoffs, float)
    if transform == "identity":
        return (cutoffs - reference) / unit
    return np.log(cutoffs / reference)


def likelihood(model: Thresholds, studies: AccuracyStudies) -> tuple[Successive, tuple[str, ...]]:
    """Of the cut-offs of every study's patients with the condition, then of those without.

    And the row of the table that stands for each of these groups: its cut-off nearest the
    reference.
    """
    scale, number = model.scale(studies), study_numbers(studies)
    k = len(set(studies.study))
    x, counts = scale.x, ((studies.tp, studies.n_diseased), (studies.tn, studies.n_healthy))
    parts, people, shown = [], np.zeros(2 * k, int), np.zeros(2 * k, int)
    for place in range(2 * k):
        study, group = divmod(place, 2)
        own, all_ = np.flatnonzero(number == study), counts[group][1]
        rows = own[all_[own] > 0] if np.any(all_[own] > 0) else own[:1]
        # from the easiest cut-off on
        order = (1, -1)[group] * scale.sign * scale.ladders.cutoffs[rows]
        parts.append(rows[np.argsort(order)])
        people[place], shown[place] = all_[rows[0]], np.argmin(np.abs(x[parts[-1]]))
    cutoffs, unit = np.concatenate(parts), np.repeat(np.arange(2 * k), list(map(len, parts)))
    found = Successive(
        np.where(unit % 2 == 0, studies.tp[cutoffs], studies.tn[cutoffs]), x[cutoffs], unit,
        people, sign=np.tile([scale.sign, -scale.sign], k), kind=np.tile([0, 1], k),
        shown=shown, link_name=model.link, spread=model.spreads,
    )  # fmt: skip
    return found, tuple(studies.row[part[at]] for part, at in zip(parts, shown, strict=True))
