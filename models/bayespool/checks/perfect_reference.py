"""What would be found if the reference standard were taken for the truth: the bivariate model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.fitting import fit
from bayespool.held import held

if TYPE_CHECKING:
    from bayespool.fitted import Fit

ESS = 1_000.0


@held
def perfect_reference(fitted: Fit) -> Fit | None:
    """The same studies and priors with a reference that is never wrong.

    None where its self-check fails.
    """
    model = fitted.model.with_perfect_reference
    found = fit(model, fitted.studies, engine="quadrature", seed=fitted.seed, ess=ESS)
    return None if found.draws.failures else found
