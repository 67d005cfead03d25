"""Does another engine find the same? Where the fit was checked by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.checks.convergence import MCSE_OF_SD
from bayespool.checks.finding import Finding, at_most

if TYPE_CHECKING:
    from bayespool.fitted import Fit

ERRORS = 5.0  # of a hundred comparisons or so, 4 would stop one sound fit in two hundred


def check(fitted: Fit) -> list[Finding]:
    """Findings on the check by another engine; none where there was no such check."""
    other = fitted.agreement
    if other is None:
        return []
    ours = fitted.estimates
    largest = other.largest(ours)
    share = {name: e.mcse / e.sd for name, e in other.estimates.items()
             if name in fitted.hierarchy.names}  # fmt: skip
    worst = max(share, key=share.__getitem__)
    return [
        at_most(
            "engines_agree", abs(largest.value), ERRORS,
            f"Fitted again by {other.engine}, no estimate differs by more than "
            f"{abs(largest.value):.1f} combined Monte Carlo standard errors ({largest}).",
            gate=True,
        ),
        at_most(
            "mcse_of_check", share[worst], MCSE_OF_SD,
            f"The largest Monte Carlo error of that check is {share[worst]:.1%} of a posterior SD "
            f"({worst}).", gate=False,
        ),
    ]  # fmt: skip
