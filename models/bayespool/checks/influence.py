"""Leave-one-study-out by Pareto-smoothed importance sampling of the integrated likelihood.

The likelihood of each study has its study effects integrated out: the question of a
meta-analysis is how well the other studies predict a whole new one (Vehtari, Gelman & Gabry 2017,
Stat Comput 27:1413-1432; Merkle, Furr & Rabe-Hesketh 2019, Psychometrika 84:802-829).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.finding import Finding, at_most
from bayespool.held import held
from bayespool.numerics.pareto import smooth_log_weights

if TYPE_CHECKING:
    from bayespool.fitted import Fit

PARETO_K = 0.7


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Expected log predictive density of each study given the others.

    Attributes
    ----------
    elpd : array, shape (n_studies,)
    pareto_k : array, shape (n_studies,)
    log_weights : array, shape (n_studies, n_draws)
        Normalised; they turn posterior draws into draws without that study.
    """

    elpd: np.ndarray
    pareto_k: np.ndarray
    log_weights: np.ndarray

    @property
    def total(self) -> float:
        return float(self.elpd.sum())

    @property
    def se(self) -> float:
        """Standard error of the total over studies."""
        return float(np.sqrt(self.elpd.size * self.elpd.var()))


@held
def leave_one_out(fitted: Fit) -> LeaveOneOut:
    """PSIS leave-one-study-out of a fit."""
    log_lik = fitted.log_likelihood.reshape(len(fitted.log_likelihood), -1)
    elpd, k = np.empty(len(log_lik)), np.empty(len(log_lik))
    weights = np.empty_like(log_lik)
    for i, values in enumerate(log_lik):
        weights[i], k[i] = smooth_log_weights(-values)
        combined = weights[i] + values
        top = combined.max()
        elpd[i] = top + np.log(np.exp(combined - top).sum())
    return LeaveOneOut(elpd, k, weights)


def check(fitted: Fit) -> list[Finding]:
    """One finding: the largest Pareto k, and whose it is."""
    result = leave_one_out(fitted)
    worst = int(np.argmax(result.pareto_k))
    above = [fitted.hierarchy.labels[i] for i in np.flatnonzero(result.pareto_k > PARETO_K)]
    note = f" Influential: {', '.join(above)}." if above else ""
    return [
        at_most(
            "loo_pareto_k",
            float(result.pareto_k[worst]),
            PARETO_K,
            f"Leave-one-study-out: the largest Pareto k is {result.pareto_k[worst]:.2f} "
            f"({fitted.hierarchy.labels[worst]}).{note}",
            gate=False,
        )
    ]
