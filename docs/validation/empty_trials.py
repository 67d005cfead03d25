"""Rare events, some trials without any: bias and coverage of odds ratios, with metafor beside.

``uv run docs/validation/empty_trials.py`` writes ``empty_trials.csv``; a quick test holds the kept
results to thresholds. Trials are simulated from a fixed truth, with groups of unequal size, and
pooled by the exact models of the package, by a model of its past (a uniform risk midway between the
groups, written out here in plain sums), by a common practice (1/2 added to the cells of every
trial with a zero cell, those without any event among them), and, where R is there, by
``metafor::rma.glmm`` with the exact and the approximate conditional likelihood (Debian:
r-cran-metafor r-cran-lme4 r-cran-biasedurn). It takes an hour, most of it metafor's, whose exact
likelihood needs some ten seconds a fit and often ends in an error.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logit, logsumexp

import bayespool as bp
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.numerics.effects import log_odds_ratio
from bayespool.studies import ArmCounts, Effects

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from page import render  # noqa: E402

COLUMNS = ("case", "analysis", "truth", "replicates", "fitted", "failed", "without_events", "bias",
           "bias_error", "coverage_95", "coverage_95_error", "missed_below", "missed_above",
           "width", "width_error")  # fmt: skip
Array = np.ndarray


class Design(NamedTuple):
    """Trials of `sizes` (the mean of group 1 and group 2), a risk in group 2, effects, replicates.

    The exact likelihood takes metafor some ten seconds a fit: it has the first 5 replicates.
    """

    trials: int
    sizes: tuple[int, int]
    risk: float
    mu: float
    tau: float
    replicates: int


CASES = {
    "5 trials, 1:1, risk 1 %": Design(5, (140, 140), 0.01, 0.0, 0.3, 200),
    "10 trials, 1:1, risk 1 %": Design(10, (140, 140), 0.01, 0.0, 0.3, 200),
    "10 trials, 2:1, risk 0.5 %": Design(10, (300, 150), 0.005, 0.0, 0.3, 200),
    "10 trials, 2:1, risk 0.5 %, OR 2": Design(10, (300, 150), 0.005, np.log(2.0), 0.3, 200),
    "20 trials, 3:1, risk 0.2 %": Design(20, (540, 180), 0.002, 0.0, 0.2, 200),
}
EXACT, RATIO, MIDPOINT, HALF = "exact", "exact, risk ratio", "uniform midpoint", "1/2 added"
METAFOR = {"CM.EL": 5, "CM.AL": 100}  # replicates of the exact and the approximate likelihood


def simulated(case: str, k: int) -> Array:
    """Events and people of both groups, (trials, 4); sizes vary by half of their mean."""
    design = CASES[case]
    rng = np.random.default_rng([41, list(CASES).index(case), k])
    n1, n2 = (rng.integers(m // 2, m + m // 2 + 1, design.trials) for m in design.sizes)
    effect = design.mu + design.tau * rng.standard_normal(design.trials)
    e2 = rng.binomial(n2, design.risk)
    e1 = rng.binomial(n1, expit(logit(design.risk) + effect))
    return np.stack([e1, n1, e2, n2], axis=1)


def replicate(case: str, k: int) -> list[dict[str, Any]]:
    """Every analysis of one simulated review."""
    counts = simulated(case, k)
    studies = ArmCounts.from_counts([f"S{i}" for i in range(len(counts))], *counts.T)
    models: dict[str, tuple[Any, Any]] = {
        EXACT: (BinomialNormal(), studies),
        HALF: (NormalNormal(measure="or"), half_added(counts)),
    }
    if CASES[case].mu == 0.0:  # a ratio of 1 is one of risks too
        models[RATIO] = BinomialNormal(measure="rr"), studies
    out = []
    for analysis, (model, rows) in models.items():
        fitted = bp.fit(model, rows, engine="quadrature", seed=k, ess=2_000)
        mu = fitted.estimates["mu"]
        out.append({"k": k, "analysis": analysis, "failed": bool(fitted.draws.failures),
                    "median": mu.median, "lower": mu.lower, "upper": mu.upper})  # fmt: skip
    lower, median, upper = midpoint_posterior(counts)
    out.append({"k": k, "analysis": MIDPOINT, "failed": False, "median": median, "lower": lower,
                "upper": upper})  # fmt: skip
    return out


def half_added(counts: Array) -> Effects:
    """Every trial as an estimate, 1/2 in every cell of those with a zero, as is often done."""
    found = log_odds_ratio(*counts.T, add=0.5)
    return Effects.from_values([f"S{i}" for i in range(len(counts))], *found, measure="or")


def midpoint_posterior(counts: Array) -> Array:
    """Ends and median of mu where ``expit(a) ~ Beta(1, 1)`` and logits are ``a + d/2, a - d/2``.

    Plain sums over midpoints, effects, mu and tau, with the default priors.
    """
    middle, effect = np.linspace(-25, 15, 321)[:, None], np.linspace(-14, 14, 561)
    mu, tau = np.linspace(-8, 8, 401), np.linspace(0.04, 2.2, 28)
    uniform = -np.logaddexp(0, middle) - np.logaddexp(0, -middle)
    log_p = -0.5 * (mu[:, None] / 4.0) ** 2 - 0.5 * (tau / 0.5) ** 2
    kernel = np.exp(-0.5 * ((effect - mu[:, None, None]) / tau[:, None]) ** 2) / tau[:, None]
    for e1, n1, e2, n2 in counts:
        up, down = middle + effect / 2, middle - effect / 2
        terms = e1 * up - n1 * np.logaddexp(0, up) + e2 * down - n2 * np.logaddexp(0, down)
        of_effect = logsumexp(terms + uniform, axis=0)
        log_p += np.log(kernel @ np.exp(of_effect - of_effect.max()))
    density = np.exp(log_p - log_p.max()).sum(axis=1)
    return np.interp([0.025, 0.5, 0.975], np.cumsum(density) / density.sum(), mu)


def by_metafor(case: str, model: str) -> list[dict[str, Any]]:
    """The conditional maximum likelihood of metafor; nothing where R or a package is missing."""
    if shutil.which("Rscript") is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["replicate", "e1", "n1", "e2", "n2"])
            for k in range(METAFOR[model]):
                writer.writerows([k, *row] for row in simulated(case, k))
        done = subprocess.run(
            ["Rscript", str(HERE / "empty_trials.R"), str(path), model],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"metafor left out: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return []
    rows = [line.split(",") for line in done.stdout.split()]
    return [
        {"k": int(k), "analysis": f"metafor {model}", "failed": False, "median": float(x),
         "lower": float(low), "upper": float(high)}
        for k, x, low, high in rows
    ]  # fmt: skip


def summarised(case: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bias, coverage and width of every analysis, each with its Monte Carlo error."""
    design, out = CASES[case], []
    empty = [np.mean(simulated(case, k)[:, [0, 2]].sum(axis=1) == 0)
             for k in range(design.replicates)]  # fmt: skip
    for analysis in dict.fromkeys(r["analysis"] for r in records):
        rows = [r for r in records if r["analysis"] == analysis]
        n, truth = len(rows), design.mu
        bias = np.array([r["median"] for r in rows]) - truth
        width = np.array([r["upper"] - r["lower"] for r in rows])
        below = float(np.mean([r["upper"] < truth for r in rows]))
        above = float(np.mean([r["lower"] > truth for r in rows]))
        held = 1.0 - below - above
        asked = METAFOR.get(analysis.removeprefix("metafor "), design.replicates)
        values = {
            "bias": bias.mean(), "bias_error": bias.std() / np.sqrt(n), "coverage_95": held,
            "coverage_95_error": np.sqrt(held * (1.0 - held) / n), "missed_below": below,
            "missed_above": above, "width": width.mean(), "width_error": width.std() / np.sqrt(n),
        }  # fmt: skip
        out.append({
            "case": case, "analysis": analysis, "truth": round(float(truth), 4),
            "replicates": asked, "fitted": n, "failed": sum(r["failed"] for r in rows),
            "without_events": round(float(np.mean(empty)), 3),
        } | {name: round(float(x), 4) for name, x in values.items()})  # fmt: skip
    return out


def main() -> None:
    """Simulate on two processes, write."""
    chosen = sys.argv[1:] or list(CASES)
    kept: list[dict[str, Any]] = []
    path = HERE / "empty_trials.csv"
    if sys.argv[1:] and path.exists():
        with path.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["case"] not in chosen]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for case in chosen:
            peers = [pool.submit(by_metafor, case, model) for model in METAFOR]
            n = CASES[case].replicates
            records = [r for rows in pool.map(replicate, [case] * n, range(n)) for r in rows]
            records += [r for peer in peers for r in peer.result()]
            kept = sorted(
                kept + summarised(case, records), key=lambda row: list(CASES).index(row["case"])
            )
            print(case, *(f"{r['analysis']}: {r['bias']} ({r['bias_error']}), "
                          f"{r['coverage_95']}" for r in kept if r["case"] == case),
                  sep="\n  ", flush=True)  # fmt: skip
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(kept)
    render()


if __name__ == "__main__":
    main()
