"""Every cut-off by itself, by the bivariate model: beside the model of all cut-offs.

The two differ where cut-offs were reported because they did well, or where the marker is not
distributed as the model has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy import Bivariate
from bayespool.accuracy.quantities import MARGINS as QUANTITIES
from bayespool.accuracy.quantities import at_cutoff
from bayespool.estimands import Estimate
from bayespool.fitting import fit
from bayespool.held import held

if TYPE_CHECKING:
    from bayespool.fitted import Fit

FEWEST = 3  # studies of both groups
MOST = 6  # cut-offs, those of most studies
ESS = 1_000.0


@dataclass(frozen=True)
class Separate:
    """One cut-off: its studies, and sensitivity and specificity from these alone.

    ``apart`` says of each whether the median of all cut-offs lies outside its interval.
    """

    cutoff: float
    studies: int
    estimates: tuple[Estimate, Estimate]
    apart: tuple[bool, bool]


def rows_at(fitted: Fit) -> dict[float, list[int]]:
    """Rows of the table with both groups at every cut-off, increasing."""
    cutoffs, studies = fitted.model.scale(fitted.studies).ladders.cutoffs, fitted.studies
    both = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    return {float(c): np.flatnonzero((cutoffs == c) & both).tolist() for c in np.unique(cutoffs)}


@held
def separate(fitted: Fit) -> tuple[Separate, ...]:
    """The cut-offs of most studies, each by itself; those whose self-check fails are left out."""
    model: Any = fitted.model
    alone = Bivariate(model.sens, model.spec, model.tau_sens, model.tau_spec, model.rho, model.link)
    enough = {c: rows for c, rows in rows_at(fitted).items() if len(rows) >= FEWEST}
    chosen = sorted(enough, key=lambda c: (-len(enough[c]), c))[:MOST]
    found = []
    for cutoff in sorted(chosen):
        rows = fitted.studies.select(enough[cutoff])
        one = fit(alone, rows, engine="quadrature", seed=fitted.seed, ess=ESS)
        if one.draws.failures:
            continue
        pair = one.estimates["sens"], one.estimates["spec"]
        apart = tuple(
            not own.lower <= fitted.estimates[at_cutoff(margin, cutoff)].median <= own.upper
            for own, margin in zip(pair, QUANTITIES, strict=True)
        )
        found.append(Separate(cutoff, len(enough[cutoff]), pair, (apart[0], apart[1])))
    return tuple(found)
