"""What partial evidence is worth: complete tables are simulated, reduced, and pooled again.

``uv run docs/validation/partial_evidence.py`` takes about half an hour on two busy cores and writes
``partial_evidence.csv``; a quick test holds the kept results to thresholds. Unlike in calibration
the truth is fixed. In accuracy every second study prints less than its 2x2 table. In association
whatever is not significant (Wald test, 0.05) prints no more than that, so that what is lost depends
on the outcome. Every replicate is fitted by quadrature from the complete tables, with the partial
rows as such, and with these dropped or entered as no effect, as is often done.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, logit

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.studies import AccuracyStudies, ArmCounts, Effects
from bayespool.studies.censoring import p_values

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from page import render  # noqa: E402

COLUMNS = ("case", "analysis", "estimand", "truth", "replicates", "fitted", "failed", "studies",
           "tables", "bias", "bias_error", "shift", "shift_error", "coverage_95",
           "coverage_95_error", "coverage_50", "coverage_50_error", "width", "width_error",
           "seconds")  # fmt: skip
COMPLETE, DROPPED = "complete", "dropped"
ACCURACY = {"logit_sens": 1.4, "logit_spec": 2.0}
TAU_SENS, TAU_SPEC, RHO = 0.5, 0.6, -0.3
LOG_2, TAU = float(np.log(2.0)), 0.3
FEWEST, MOST = 40, 160  # people of a group
RATES = ("sens and spec", "PPV and NPV", "overall accuracy", "one margin")
NS, RANGE, SPLIT = "ns, n1 and n2", "ns, n and a range of n1", "ns, n"
ZERO = "ns as zero"
ESS = 1_000


def accuracy(rng: np.random.Generator, reductions: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """Eight studies of 15 to 80 people a group, every second one reduced."""
    n, m = rng.integers(15, 81, 8), rng.integers(15, 81, 8)
    cross = RHO * TAU_SENS * TAU_SPEC
    u = rng.multivariate_normal([0, 0], [[TAU_SENS**2, cross], [cross, TAU_SPEC**2]], 8)
    tp = rng.binomial(n, expit(ACCURACY["logit_sens"] + u[:, 0]))
    tn = rng.binomial(m, expit(ACCURACY["logit_spec"] + u[:, 1]))
    whole = [
        {"study": f"S{i}", "kind": "", "tp": int(tp[i]), "fn": int(n[i] - tp[i]),
         "tn": int(tn[i]), "fp": int(m[i] - tn[i])}
        for i in range(8)
    ]  # fmt: skip
    out = {COMPLETE: whole, DROPPED: whole[::2]}
    for name in reductions:
        out[name] = [row if i % 2 == 0 else printed(row, name) for i, row in enumerate(whole)]
    return {
        name: (Bivariate(), AccuracyStudies.from_table(columns(rows))) for name, rows in out.items()
    }


def printed(row: dict[str, Any], name: str) -> dict[str, Any]:
    """What is left of a 2x2 table."""
    tp, fn, tn, fp = (row[cell] for cell in ("tp", "fn", "tn", "fp"))
    if name == "one margin":
        return {"study": row["study"], "kind": "margin", "tp": tp, "fn": fn}
    out = {"study": row["study"], "kind": "rates", "n_diseased": tp + fn, "n_healthy": tn + fp}
    rates = {
        "sens and spec": {"sens": (tp, tp + fn), "spec": (tn, tn + fp)},
        "PPV and NPV": {"ppv": (tp, tp + fp), "npv": (tn, tn + fn)},
        "overall accuracy": {"accuracy": (tp + tn, tp + fn + tn + fp)},
    }[name]
    return out | {
        key: f"{int(100 * top / bottom + 0.5)}%" for key, (top, bottom) in rates.items() if bottom
    }


def association(
    rng: np.random.Generator, mu: float, exact: bool, reductions: tuple[str, ...]
) -> dict[str, tuple[Any, Any]]:
    """Ten studies of 40 to 160 people a group; those not significant are reduced."""
    n1, n2 = rng.integers(FEWEST, MOST + 1, 10), rng.integers(FEWEST, MOST + 1, 10)
    middle, effect = logit(rng.uniform(0.2, 0.5, 10)), mu + TAU * rng.standard_normal(10)
    e1 = rng.binomial(n1, expit(middle + effect / 2.0))
    e2 = rng.binomial(n2, expit(middle - effect / 2.0))
    whole: list[dict[str, Any]] = [
        {"study": f"S{i}", "kind": "", "e1": int(e1[i]), "n1": int(n1[i]), "e2": int(e2[i]),
         "n2": int(n2[i])}
        for i in range(10)
    ]  # fmt: skip
    told = [
        float(p_values("wald", e1[[i]], int(n1[i]), e2[[i]], int(n2[i]))[0]) > 0.05
        for i in range(10)
    ]
    reduced = {
        NS: lambda n1, n2: {"n1": n1, "n2": n2},
        SPLIT: lambda n1, n2: {"n": n1 + n2},
        # the sizes that the simulation allows of so many people
        RANGE: lambda n1, n2: {
            "n": n1 + n2,
            "n1": f"{max(FEWEST, n1 + n2 - MOST)}-{min(MOST, n1 + n2 - FEWEST)}",
        },
    }
    chosen = {COMPLETE: whole, DROPPED: [r for r, ns in zip(whole, told, strict=True) if not ns]}
    chosen |= {
        name: [
            not_significant(row, people(row["n1"], row["n2"])) if ns else row
            for row, ns in zip(whole, told, strict=True)
        ]
        for name, people in reduced.items()
    }
    out: dict[str, tuple[Any, Any]] = {}
    for name in (COMPLETE, DROPPED, *reductions):
        rows = chosen[NS if name == ZERO else name]
        if not rows:
            continue
        counts = ArmCounts.from_table(columns(rows))
        if exact:
            out[name] = BinomialNormal(), counts
            continue
        effects = counts.effects("or", add=0.5)
        out[name] = (
            NormalNormal.for_studies(effects)[0],
            as_zero(effects) if name == ZERO else effects,
        )
    return out


def not_significant(row: dict[str, Any], people: dict[str, Any]) -> dict[str, Any]:
    """A comparison of which no more is known than its size, its events and that P > 0.05."""
    return {"study": row["study"], "kind": "censored", "p": "ns", "p_test": "wald",
            "events": row["e1"] + row["e2"]} | people  # fmt: skip


def as_zero(effects: Effects) -> Effects:
    """The wrong practice: no effect, with the standard error of the design."""
    return replace(
        effects,
        estimate=np.where(effects.is_partial, 0.0, effects.estimate),
        partial=(None,) * len(effects),
    )


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows with different keys as columns."""
    return {name: [row.get(name) for row in rows] for name in {k: 0 for row in rows for k in row}}


# what is simulated, the truth, replicates
CASES: dict[str, tuple[Any, dict[str, float], int]] = {
    "accuracy": (lambda rng: accuracy(rng, RATES), ACCURACY, 100),
    "normal, mu = log 2": (
        lambda rng: association(rng, LOG_2, False, (NS, RANGE, SPLIT, ZERO)), {"mu": LOG_2}, 200,
    ),
    "normal, mu = 0": (
        lambda rng: association(rng, 0.0, False, (NS, SPLIT, ZERO)), {"mu": 0.0}, 200,
    ),
    "exact, mu = log 2": (
        lambda rng: association(rng, LOG_2, True, (NS,)), {"mu": LOG_2}, 150,
    ),
    "exact, mu = 0": (lambda rng: association(rng, 0.0, True, (NS,)), {"mu": 0.0}, 100),
    "exact, mu = log 2, split": (
        lambda rng: association(rng, LOG_2, True, (SPLIT,)), {"mu": LOG_2}, 30,
    ),
}  # fmt: skip


def replicate(case: str, k: int) -> list[dict[str, Any]]:
    """Every analysis of one simulated review, one record per estimand."""
    simulate, truth, _ = CASES[case]
    out = []
    for analysis, (model, studies) in simulate(np.random.default_rng([29, k])).items():
        start = time.perf_counter()
        fitted = bp.fit(model, studies, engine="quadrature", seed=k, ess=ESS)
        draws = {name: np.ravel(fitted.draws.hyper[name]) for name in truth}
        seconds = time.perf_counter() - start
        for name, value in truth.items():
            low, first, third, high = np.quantile(draws[name], [0.025, 0.25, 0.75, 0.975])
            out.append({
                "k": k, "analysis": analysis, "estimand": name, "studies": len(studies),
                "tables": np.mean([len(p.tables) for p in studies.partial if p] or [1]),
                "failed": bool(fitted.draws.failures), "mean": draws[name].mean(),
                "held_95": low < value < high, "held_50": first < value < third,
                "width": high - low, "seconds": seconds,
            })  # fmt: skip
    return out


def summarised(case: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Bias, coverage and width of every analysis, each with its Monte Carlo error.

    ``shift`` is the difference of the posterior mean from that of the complete tables, replicate
    by replicate.
    """
    _, truth, replicates = CASES[case]
    out = []
    for estimand, value in truth.items():
        mine = [r for r in records if r["estimand"] == estimand]
        whole = {r["k"]: r["mean"] for r in mine if r["analysis"] == COMPLETE}
        for analysis in dict.fromkeys(r["analysis"] for r in mine):
            rows = [r for r in mine if r["analysis"] == analysis]
            row: dict[str, Any] = {
                "case": case, "analysis": analysis, "estimand": estimand, "truth": round(value, 4),
                "replicates": replicates, "fitted": len(rows),
                "failed": sum(r["failed"] for r in rows),
            }  # fmt: skip
            for name, digits in {"studies": 1, "tables": 1, "seconds": 2}.items():
                row[name] = round(float(np.mean([r[name] for r in rows])), digits)
            for name, values in {
                "bias": [r["mean"] - value for r in rows],
                "shift": [r["mean"] - whole[r["k"]] for r in rows],
                "width": [r["width"] for r in rows],
            }.items():
                row[name] = round(float(np.mean(values)), 4)
                row[f"{name}_error"] = round(float(np.std(values) / np.sqrt(len(rows))), 4)
            for level in ("95", "50"):
                held = float(np.mean([r[f"held_{level}"] for r in rows]))
                row[f"coverage_{level}"] = round(held, 3)
                error = np.sqrt(held * (1.0 - held) / len(rows))
                row[f"coverage_{level}_error"] = round(float(error), 3)
            out.append(row)
    return out


def main() -> None:
    """Simulate on two processes, write."""
    chosen = sys.argv[1:] or list(CASES)
    kept: list[dict[str, Any]] = []
    path = HERE / "partial_evidence.csv"
    if sys.argv[1:] and path.exists():
        with path.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["case"] not in chosen]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for case in chosen:
            start, n = time.perf_counter(), CASES[case][2]
            records = [r for rows in pool.map(replicate, [case] * n, range(n)) for r in rows]
            kept = sorted(
                kept + summarised(case, records), key=lambda row: list(CASES).index(row["case"])
            )
            print(f"{case}: {time.perf_counter() - start:.0f} s", flush=True)
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(kept)
    render()


if __name__ == "__main__":
    main()
