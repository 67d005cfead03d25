"""Comparing and averaging models: Bayes factors, evidence weights, stacking.

References
----------
Yao, Vehtari, Simpson & Gelman (2018), Bayesian Analysis 13:917-1007 (stacking); Gronau et al.
(2021), Adv Methods Pract Psychol Sci 4:1-19 (model-averaged meta-analysis).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.leave_one_out import refit_without_each
from bayespool.estimands import Estimate, summarise
from bayespool.fitted import Fit
from bayespool.streams import rng

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray


def compare(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Models of the same studies beside one another, the best prediction first.

    Parameters
    ----------
    fits : mapping of str to Fit
        By quadrature.

    Returns
    -------
    DataFrame
        Index ``model``; ``elpd_loo`` (exact leave-one-study-out) with ``se``; ``elpd_diff`` to the
        best with the ``dse`` of that difference over studies; ``stacking_weight``;
        ``log_marginal_likelihood`` with its numerical error ``lml_mcse``; ``bayes_factor`` against
        the best prediction; ``probability`` from marginal likelihoods, models equal beforehand.

    Raises
    ------
    ValueError
        Different studies, or a fit by NUTS.
    """
    import pandas as pd

    _same_data(list(fits.values()))
    elpd = {n: np.array([s.elpd for s in refit_without_each(f).studies]) for n, f in fits.items()}
    weights = stack(np.column_stack(list(elpd.values())))
    probability = evidence_weights(fits)
    order = sorted(fits, key=lambda name: -elpd[name].sum())
    best, rows = order[0], []
    k = len(elpd[best])
    for name in order:
        difference = elpd[name] - elpd[best]
        value, error = _evidence(fits[name])
        rows.append(
            {
                "model": name,
                "elpd_loo": elpd[name].sum(), "se": np.sqrt(k) * elpd[name].std(ddof=1),
                "elpd_diff": difference.sum(), "dse": np.sqrt(k) * difference.std(ddof=1),
                "stacking_weight": weights[list(fits).index(name)],
                "log_marginal_likelihood": value, "lml_mcse": error,
                "bayes_factor": np.exp(value - _evidence(fits[best])[0]),
                "probability": probability[name],
            }
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("model")


def log_bayes_factor(a: Fit, b: Fit) -> tuple[float, float]:
    """Log Bayes factor of `a` over `b`, and its Monte Carlo standard error."""
    _same_data([a, b])
    (first, first_error), (second, second_error) = (_evidence(fitted) for fitted in (a, b))
    return first - second, float(np.hypot(first_error, second_error))


def evidence_weights(
    fits: Mapping[str, Fit], prior: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Posterior model probabilities from marginal likelihoods and prior probabilities.

    Parameters
    ----------
    fits : mapping of str to Fit
        By quadrature, of the same studies.
    prior : mapping of str to float, optional
        Prior model probabilities; equal by default.
    """
    _same_data(list(fits.values()))
    names = list(fits)
    if prior is not None and set(prior) != set(fits):
        raise ValueError(f"prior must name every model: {', '.join(names)}")
    log_prior = [np.log(prior[name]) if prior is not None else 0.0 for name in names]
    log_w = np.array([_evidence(fits[name])[0] for name in names]) + log_prior
    w = np.exp(log_w - log_w.max())
    return dict(zip(names, (w / w.sum()).tolist(), strict=True))


def stacking_weights(fits: Mapping[str, Fit]) -> dict[str, float]:
    """Weights that maximise the leave-one-study-out log score of the mixture of predictions."""
    _same_data(list(fits.values()))
    densities = np.column_stack(
        [[one.elpd for one in refit_without_each(fitted).studies] for fitted in fits.values()]
    )
    return dict(zip(fits, stack(densities).tolist(), strict=True))


def stack(elpd: Array) -> Array:
    """Stacking weights from log predictive densities, shape (n_studies, n_models).

    The objective is concave; expectation-maximisation climbs it without a step size.
    """
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))
    w = np.full(elpd.shape[1], 1.0 / elpd.shape[1])
    for _ in range(100_000):
        share = density * w
        new = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(new - w).max() < 1e-9:
            return new
        w = new
    return w


def average(fits: Mapping[str, Fit], weights: Mapping[str, float]) -> dict[str, Estimate]:
    """Summaries of the mixture of posteriors, for estimands that all models have.

    Each model contributes draws in proportion to its weight; the Monte Carlo error is that of the
    mixture's draws.
    """
    if set(weights) != set(fits):
        raise ValueError(f"weights must name every model: {', '.join(fits)}")
    total = sum(weights.values())
    if not np.isclose(total, 1.0) or min(weights.values()) < 0.0:
        raise ValueError("weights must be 0 or more and sum to 1")
    shared = [n for n in next(iter(fits.values())).samples
              if all(n in f.samples for f in fits.values())]  # fmt: skip
    size = min(f.samples[shared[0]].size for f in fits.values())
    random = rng(next(iter(fits.values())).seed, "mixture")
    picks, ancestors, offset = {}, [], 0
    for name, fitted in fits.items():
        count = round(weights[name] * size)
        index = random.permutation(fitted.samples[shared[0]].size)[:count]
        picks[name] = index
        own = fitted.draws.ancestor
        own = np.arange(fitted.samples[shared[0]].size) if own is None else own
        ancestors.append(own[index] + offset)
        offset += int(own.max()) + 1
    ancestor = np.concatenate(ancestors)
    return {
        estimand: summarise(
            estimand,
            np.concatenate([f.samples[estimand].ravel()[picks[n]] for n, f in fits.items()])[None],
            ancestor,
        )
        for estimand in shared
    }


def _evidence(fitted: Fit) -> tuple[float, float]:
    info = fitted.draws.info
    if "log_marginal_likelihood" not in info:
        raise ValueError("marginal likelihoods come from the quadrature engine; this fit is NUTS")
    return info["log_marginal_likelihood"], info["log_marginal_likelihood_mcse"]


def _same_data(fits: list[Fit]) -> None:
    if len({(f.studies.sha256, f.studies.row) for f in fits}) != 1:
        raise ValueError("models can be compared on the same studies only")
