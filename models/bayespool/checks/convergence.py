"""Did the engine do its work? Markov chain diagnostics for NUTS, self-checks for quadrature.

Thresholds: Vehtari et al. (2021), Bayesian Analysis 16:667-718 (R-hat, ESS); Betancourt (2016),
arXiv:1604.00695 (E-BFMI); Vehtari et al. (2024), JMLR 25:1-58 (Pareto k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.finding import Finding, at_least, at_most
from bayespool.engines.quadrature import LARGEST_VARIANCE, PARETO_K
from bayespool.engines.rule import LOG_LIKELIHOOD_ERROR
from bayespool.engines.tempered import LARGEST_Z, MISSED
from bayespool.estimands import mean_error
from bayespool.held import held

if TYPE_CHECKING:
    from bayespool.fitted import Fit

R_HAT = 1.01
ESS = 400.0
TAIL = (0.05, 0.95)
E_BFMI = 0.3
MCSE_OF_SD = 0.05


@held
def check(fitted: Fit) -> tuple[Finding, ...]:
    """Findings on the engine that made the draws."""
    own = _quadrature(fitted) if fitted.engine == "quadrature" else _nuts(fitted)
    return (*own, _mcse(fitted))


def _quadrature(fitted: Fit) -> list[Finding]:
    info = fitted.draws.info
    if info.get("path") == "grid":
        return [
            at_most(
                "grid_error",
                info["grid_error"],
                LOG_LIKELIHOOD_ERROR,
                "Leaving out every second grid point moves the log evidence by "
                f"{info['grid_error']:.1g}.",
                gate=True,
            )
        ]
    found = []
    if info["nodes"]:
        what = (
            "and the expansion in the hyperparameters move" if info.get("n_expanded") else "moves"
        )
        found.append(at_most(
            "quadrature_error", info["node_error"], LOG_LIKELIHOOD_ERROR,
            f"Doubling the {info['nodes']} quadrature nodes per dimension {what} the log "
            f"likelihood by at most {info['node_error']:.1g}.", gate=True,
        ))  # fmt: skip
    if info["points"]:
        found.append(at_most(
            "likelihood_variance", info["variance"], LARGEST_VARIANCE,
            f"The log likelihood, estimated by {info['points']} points a study, has a variance of "
            f"{info['variance']:.2g}: a share of {-np.expm1(-info['variance']):.0%} of the draws.",
            gate=True,
        ))  # fmt: skip
    found += [
        at_most(
            "pareto_k", info["pareto_k"], PARETO_K,
            f"The tail of the importance weights has Pareto k {info['pareto_k']:.2f}.", gate=True,
        ),
        at_least(
            "ess", info["ess"], ESS,
            f"The draws are worth {info['ess']:,.0f} independent ones "
            f"({info['efficiency']:.0%} of those made).", gate=True,
        ),
    ]  # fmt: skip
    if np.isfinite(info.get("second_z", np.nan)):
        found.append(at_most(
            "second_sample", info["second_z"], LARGEST_Z,
            "Means and evidence of an independent sample tempered from the prior, worth "
            f"{info['second_ess']:,.0f} draws, differ by at most {info['second_z']:.1f} combined "
            "Monte Carlo errors.", gate=True,
        ))  # fmt: skip
        found.append(at_most(
            "missed", info["missed"], MISSED,
            f"That sample has {info['missed']:.1%} of the posterior where the main one has next to "
            "no draws.", gate=True,
        ))  # fmt: skip
    return found


def _nuts(fitted: Fit) -> list[Finding]:
    from arviz_stats.base import array_stats

    hyper = fitted.draws.hyper

    def worst(function: object, pick: object, **options: object) -> tuple[str, float]:
        values = {n: float(function(x, **options)) for n, x in hyper.items()}  # type: ignore[operator]
        name = pick(values, key=values.__getitem__)  # type: ignore[operator]
        return name, values[name]

    r_name, r_hat = worst(array_stats.rhat, max)
    b_name, bulk = worst(array_stats.ess, min, method="bulk")
    t_name, tail = worst(array_stats.ess, min, method="tail", prob=TAIL)
    stats = fitted.draws.sample_stats
    diverged = int(np.sum(stats["diverging"]))
    energy = float(np.min(array_stats.bfmi(np.asarray(stats["energy"]))))
    deep = float(np.mean(stats["reached_max_treedepth"]))
    return [
        at_most("r_hat", r_hat, R_HAT,
                f"The largest R-hat is {r_hat:.3f} ({r_name}).", gate=True),
        at_least("ess_bulk", bulk, ESS,
                 f"The smallest bulk effective sample size is {bulk:,.0f} ({b_name}).", gate=True),
        at_least("ess_tail", tail, ESS,
                 f"The smallest tail effective sample size is {tail:,.0f} ({t_name}).", gate=True),
        at_most("divergences", diverged, 0, f"{diverged} draws diverged.", gate=True),
        at_least("e_bfmi", energy, E_BFMI, f"The smallest E-BFMI is {energy:.2f}.", gate=True),
        at_most("max_tree_depth", deep, 0.0,
                f"{deep:.1%} of the draws reached the largest tree depth.", gate=False),
    ]  # fmt: skip


def _mcse(fitted: Fit) -> Finding:
    worst, name = 0.0, ""
    for parameter, samples in fitted.draws.hyper.items():
        mcse, _ = mean_error(samples, fitted.draws.ancestor)
        share = mcse / float(samples.std(ddof=1))
        if share > worst:
            worst, name = share, parameter
    said = f"{worst:.1%}" if worst >= 0.0005 else "less than 0.1%"
    return at_most(
        "mcse_of_sd", worst, MCSE_OF_SD,
        f"The largest Monte Carlo error is {said} of a posterior SD ({name}).", gate=True,
    )  # fmt: skip
