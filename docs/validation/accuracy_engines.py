"""Every accuracy model by both engines on a real table: means and interval ends compared.

``uv run docs/validation/accuracy_engines.py`` takes some ten minutes and writes
``accuracy_engines.csv``; a quick test holds the kept results to thresholds.
"""

from __future__ import annotations

import csv
import sys
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

COLUMNS = ("model", "table", "variable", "quadrature_mean", "nuts_mean", "z", "ends_sd",
           "quadrature_failures", "nuts_messages")  # fmt: skip


def crossed() -> AccuracyStudies:
    """Two tests in the same women, a cross-classification assumed for half of the studies."""
    studies = bp.load_dataset("ascus_hc2_repc").by_study()
    both: dict[str, list[int | None]] = {"tp_both": [], "fp_both": []}
    for i in range(0, len(studies), 2):
        same = all(n[i] == n[i + 1] for n in (studies.n_diseased, studies.n_healthy))
        for name, hit, n in (
            ("tp_both", studies.tp, studies.n_diseased), ("fp_both", studies.fp, studies.n_healthy)
        ):  # fmt: skip
            a, b, size = int(hit[i]), int(hit[i + 1]), int(n[i])
            middle = (max(0, a + b - size) + 2 * min(a, b)) // 3
            both[name] += [middle if same else None] * 2
    covariates = {name: tuple(values) for name, values in both.items()}
    from dataclasses import replace

    return replace(studies, covariates=dict(studies.covariates) | covariates)


def cases() -> dict[str, tuple[Any, AccuracyStudies]]:
    """Models and tables."""
    anti_ccp = bp.load_dataset("anti_ccp")
    ascus, factor = bp.load_dataset("ascus_hc2_repc"), bp.load_dataset("rheumatoid_factor_method")
    return {
        "Bivariate, Student t": (Bivariate(nu=Gamma(2, 0.1)), anti_ccp),
        "MetaRegression": (MetaRegression(covariates=("generation", "year")), anti_ccp),
        "MetaRegression, own covariances": (
            MetaRegression(covariates=("generation",), by="generation"), anti_ccp,
        ),
        "HSROC": (
            HSROC(on_accuracy=("method",), on_threshold=("method",), on_shape=("method",)), factor,
        ),
        "Comparison": (Comparison(), ascus),
        "Comparison, shared effects": (Comparison(shared=True), ascus),
        "Comparison, cross-classified": (Comparison(), crossed()),
        "NestedBivariate": (NestedBivariate(), bp.load_dataset("cidp_mrn")),
        "NestedBivariate, shared patients": (
            NestedBivariate(correlation=0.5), bp.load_dataset("cidp_mrn"),
        ),
    }  # fmt: skip


def main() -> None:
    """Fit by both, compare, write."""
    out: list[dict[str, Any]] = []
    for name, (model, studies) in cases().items():
        a = bp.fit(model, studies, engine="quadrature", ess=20_000)
        b = bp.fit(model, studies, engine="nuts", draws=10_000)
        for variable, first in a.estimates.items():
            second = b.estimates[variable]
            error = np.hypot(first.mcse, second.mcse)
            ends = (first.lower - second.lower, first.upper - second.upper)
            sd = np.hypot(first.sd, second.sd) / np.sqrt(2.0)
            if not error > 0.0 or not np.isfinite(first.mean) or "ratio" in variable:
                continue  # means of ratios need not exist
            out.append({
                "model": name, "table": studies.name, "variable": variable,
                "quadrature_mean": round(first.mean, 6), "nuts_mean": round(second.mean, 6),
                "z": round((first.mean - second.mean) / error, 3),
                "ends_sd": round(max(map(abs, ends)) / sd, 4),
                "quadrature_failures": "; ".join(a.draws.failures),
                "nuts_messages": "; ".join(b.draws.messages),
            })  # fmt: skip
        rows = [row for row in out if row["model"] == name]
        worst = max(rows, key=lambda row: abs(row["z"]))
        print(name, worst["variable"], worst["z"], max(r["ends_sd"] for r in rows),
              a.draws.failures, b.draws.messages, flush=True)  # fmt: skip
        with (HERE / "accuracy_engines.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(out)
    render()


if __name__ == "__main__":
    main()
