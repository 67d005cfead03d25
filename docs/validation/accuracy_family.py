"""Every accuracy model recovers what it simulated: simulation-based calibration.

``uv run docs/validation/accuracy_family.py`` takes about half an hour and writes
``accuracy_family.csv``; a quick test holds the kept results to thresholds. Parameters are drawn
from the priors, tables from the model, and the model is fitted to each by quadrature: the share of
posterior draws below the truth is then uniform (Talts et al. 2018, arXiv:1804.06788).
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, Comparison, MetaRegression, NestedBivariate
from bayespool.priors import Gamma
from bayespool.studies import AccuracyStudies

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from page import render  # noqa: E402

COLUMNS = ("model", "variable", "tables", "failed", "ks_p", "coverage_95", "coverage_50", "seconds")


def template(n_studies: int, results: int = 1, crossed: bool = False) -> AccuracyStudies:
    """A table of designs, counts to be simulated: sizes like those of imaging reviews."""
    rng = np.random.default_rng(7)
    table: dict[str, list[Any]] = {
        name: [] for name in ("study", "result", "size", "kind", "tp", "fn", "fp", "tn")
    }
    for i in range(n_studies):
        n1, n0 = int(rng.integers(15, 80)), int(rng.integers(15, 80))
        of_study = results if i % 2 == 0 else 1  # half of the studies have one result
        for j in range(of_study):
            row = (f"S{i:02d}", "AB"[j], float(i % 5), "xy"[i % 2], n1, 0, 0, n0)
            for name, value in zip(table, row, strict=True):
                table[name].append(value)
    if crossed:
        twice = [table["study"].count(study) == 2 for study in table["study"]]
        table["tp_both"] = [n if two else None for n, two in zip(table["tp"], twice, strict=True)]
        table["fp_both"] = [0 if two else None for two in twice]
    return AccuracyStudies.from_table(table).by_study()


CASES: dict[str, tuple[Any, AccuracyStudies, int]] = {
    "Bivariate, Student t": (Bivariate(nu=Gamma(2, 0.1)), template(12), 60),
    "MetaRegression": (MetaRegression(covariates=("kind", "size")), template(14), 200),
    "MetaRegression, own covariances": (
        MetaRegression(covariates=("kind",), by="kind"), template(16), 120,
    ),
    "HSROC": (HSROC(on_accuracy=("kind",), on_shape=("kind",)), template(14), 120),
    "Comparison": (Comparison(test="result"), template(10, results=2), 60),
    "Comparison, shared effects": (
        Comparison(test="result", shared=True), template(12, results=2), 200,
    ),
    "Comparison, cross-classified": (
        Comparison(test="result", shared=True), template(12, results=2, crossed=True), 120,
    ),
    "NestedBivariate": (NestedBivariate(), template(8, results=2), 60),
}  # fmt: skip


def simulated(model: Any, studies: AccuracyStudies, rng: np.random.Generator) -> Any:
    """Parameters from the prior, and a table simulated from them."""
    hierarchy = model.hierarchy(studies)
    theta = hierarchy.draw_prior(1, rng)
    rows = hierarchy.simulate(theta, hierarchy.new_studies(theta, rng), rng)[:, 0].astype(int)
    place = {label: i for i, label in enumerate(studies.row)}
    tp, tn = np.zeros(len(studies), int), np.zeros(len(studies), int)
    for value, kind, label in zip(rows, hierarchy.kinds, hierarchy.row_labels, strict=True):
        (tp if kind == "tp" else tn)[place[label]] = value
    table = replace(studies, tp=tp, tn=tn, fn=studies.n_diseased - tp, fp=studies.n_healthy - tn)
    if "tp_both" in studies.covariates:
        table = replace(table, covariates=crossed(model, theta, table, rng))
    return {name: float(x[0]) for name, x in hierarchy.natural(theta).items()}, table


def crossed(model: Any, theta: Any, table: AccuracyStudies, rng: np.random.Generator) -> dict:
    """Cross-classifications given the margins: non-central hypergeometric with the odds ratio."""
    from scipy.stats import nchypergeom_fisher

    natural = model.hierarchy(template(12, results=2, crossed=True)).natural(theta)
    columns = {name: list(values) for name, values in table.covariates.items()}
    for i in range(len(table) - 1):
        if table.study[i] != table.study[i + 1]:
            continue
        n1, n0 = int(table.n_diseased[i]), int(table.n_healthy[i])
        # right on both tests, then false positive on both
        right = nchypergeom_fisher.rvs(
            n1,
            int(table.tp[i]),
            int(table.tp[i + 1]),
            float(natural["dependence_diseased"][0]),
            random_state=rng,
        )
        clear = nchypergeom_fisher.rvs(
            n0,
            int(table.tn[i]),
            int(table.tn[i + 1]),
            float(natural["dependence_healthy"][0]),
            random_state=rng,
        )
        both_wrong = n0 - int(table.tn[i]) - int(table.tn[i + 1]) + int(clear)
        for k in (i, i + 1):
            columns["tp_both"][k], columns["fp_both"][k] = int(right), both_wrong
    return {name: tuple(values) for name, values in columns.items()}


def calibrate(name: str) -> list[dict[str, Any]]:
    """Rank statistics of every hyperparameter of one model."""
    from scipy.stats import kstest

    model, studies, repetitions = CASES[name]
    ranks: dict[str, list[float]] = {}
    failed, start = 0, time.perf_counter()
    for k in range(repetitions):
        rng = np.random.default_rng([11, k])
        truth, table = simulated(model, studies, rng)
        fitted = bp.fit(model, table, engine="quadrature", seed=k, ess=1_000)
        failed += bool(fitted.draws.failures)
        for parameter, value in truth.items():
            draws = fitted.draws.hyper[parameter]
            ranks.setdefault(parameter, []).append(float(np.mean(draws < value)))
    seconds = (time.perf_counter() - start) / repetitions
    out = []
    for parameter, values in ranks.items():
        u = np.array(values)
        out.append({
            "model": name, "variable": parameter, "tables": repetitions, "failed": failed,
            "ks_p": round(float(kstest(u, "uniform").pvalue), 4),
            "coverage_95": round(float(np.mean((u > 0.025) & (u < 0.975))), 3),
            "coverage_50": round(float(np.mean((u > 0.25) & (u < 0.75))), 3),
            "seconds": round(seconds, 2),
        })  # fmt: skip
    return out


def main() -> None:
    """Calibrate, write."""
    chosen = sys.argv[1:] or list(CASES)
    kept: list[dict[str, Any]] = []
    path = HERE / "accuracy_family.csv"
    if sys.argv[1:] and path.exists():
        with path.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["model"] not in chosen]
    for name in chosen:
        kept = sorted(kept + calibrate(name), key=lambda row: list(CASES).index(row["model"]))
        print(name, {r["variable"]: r["ks_p"] for r in kept if r["model"] == name}, flush=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
    render()


if __name__ == "__main__":
    main()
