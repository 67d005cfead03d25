"""Checks: can the numbers be trusted? Each check gives findings with a value and a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.checks.finding import Finding
from bayespool.held import held

if TYPE_CHECKING:
    from bayespool.fitted import Fit

__all__ = ["Finding", "run_checks"]


@held
def run_checks(fitted: Fit) -> tuple[Finding, ...]:
    """All findings on a fit, gates first."""
    from bayespool.checks import agreement, convergence, influence, predictive, prior_overlap

    findings = (
        *convergence.check(fitted),
        *agreement.check(fitted),
        *influence.check(fitted),
        *predictive.check(fitted),
        *prior_overlap.check(fitted),
    )
    return tuple(sorted(findings, key=lambda finding: not finding.gate))
