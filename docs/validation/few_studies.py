"""What the default priors do to a good test when studies are few: simulated reviews, pooled.

``uv run docs/validation/few_studies.py`` takes about ten minutes and writes ``few_studies.csv``; a
quick test holds the kept results to thresholds. The truth is fixed: a test with a sensitivity of
85 % and a specificity of 90 %, in 5, 10 or 30 studies of 10 to 40 people a group. Every review is
fitted by quadrature under the default priors, and again with wider ones of the pooled values.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
from page import render
from scipy.special import expit, logit

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.priors import Normal
from bayespool.studies import AccuracyStudies

HERE = Path(__file__).resolve().parent
SENS, SPEC, TAU, RHO = 0.85, 0.90, 0.7, -0.4
FEWEST, MOST = 10, 40  # people of a group
REPLICATES = {5: 200, 10: 200, 30: 100}  # by the number of studies
PRIORS = {
    "Normal(0, 1.5)": Bivariate(),
    "Normal(0, 3)": Bivariate(sens=Normal(0, 3), spec=Normal(0, 3)),
}
ESS = 2_000
TRUTH = {
    "logit sensitivity": float(logit(SENS)),
    "logit specificity": float(logit(SPEC)),
    "log diagnostic odds ratio": float(logit(SENS) + logit(SPEC)),
    "log positive likelihood ratio": float(np.log(SENS / (1.0 - SPEC))),
    "SD of sensitivity": TAU,
    "SD of specificity": TAU,
    "correlation": RHO,
}


def simulated(k: int, rng: np.random.Generator) -> AccuracyStudies:
    """A review of k studies."""
    n, m = rng.integers(FEWEST, MOST + 1, k), rng.integers(FEWEST, MOST + 1, k)
    cross = RHO * TAU**2
    u = rng.multivariate_normal([0, 0], [[TAU**2, cross], [cross, TAU**2]], k)
    tp = rng.binomial(n, expit(TRUTH["logit sensitivity"] + u[:, 0]))
    tn = rng.binomial(m, expit(TRUTH["logit specificity"] + u[:, 1]))
    return AccuracyStudies.from_counts([f"S{i}" for i in range(k)], tp, m - tn, n - tp, tn)


def replicate(k: int, number: int) -> list[dict[str, Any]]:
    """One simulated review under both priors, one record per estimand."""
    studies = simulated(k, np.random.default_rng([31, k, number]))
    out = []
    for prior, model in PRIORS.items():
        fitted = bp.fit(model, studies, engine="quadrature", seed=number, ess=ESS)
        s = fitted.samples
        draws = (
            s["logit_sens"], s["logit_spec"], np.log(s["dor"]), np.log(s["lr_pos"]),
            s["tau_sens"], s["tau_spec"], s["rho"],
        )  # fmt: skip
        for (estimand, truth), values in zip(TRUTH.items(), draws, strict=True):
            low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
            out.append({
                "prior": prior, "estimand": estimand, "error": median - truth,
                "below": truth < low, "above": truth > high,
                "failed": bool(fitted.draws.failures),
            })  # fmt: skip
    return out


def summarised(k: int, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bias and coverage with Monte Carlo errors, and on which side the truth was missed."""
    out = []
    for prior in PRIORS:
        for estimand, truth in TRUTH.items():
            mine = [r for r in records if (r["prior"], r["estimand"]) == (prior, estimand)]
            errors = np.array([r["error"] for r in mine])
            below, above = (np.mean([r[side] for r in mine]) for side in ("below", "above"))
            held = 1.0 - below - above
            out.append({
                "studies": k, "prior": prior, "estimand": estimand, "truth": round(truth, 4),
                "replicates": len(mine), "failed": sum(r["failed"] for r in mine),
                "bias": round(float(errors.mean()), 4),
                "bias_error": round(float(errors.std(ddof=1) / np.sqrt(len(mine))), 4),
                "coverage": round(float(held), 4),
                "coverage_error": round(float(np.sqrt(held * (1.0 - held) / len(mine))), 4),
                "truth_below": round(float(below), 4), "truth_above": round(float(above), 4),
            })  # fmt: skip
    return out


def main() -> None:
    """Simulate, write."""
    rows: list[dict[str, Any]] = []
    for k, n in REPLICATES.items():
        start = time.perf_counter()
        rows += summarised(k, [r for i in range(n) for r in replicate(k, i)])
        print(f"{k} studies: {time.perf_counter() - start:.0f} s", flush=True)
    with (HERE / "few_studies.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    render()


if __name__ == "__main__":
    main()
