"""The bivariate model by both engines against an independent sampler, on eleven tables.

``uv run docs/validation/bivariate.py`` takes some minutes and writes ``bivariate.csv`` and
``../validation.md``; a quick test holds the kept results to thresholds.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

import bayespool as bp
from bayespool.estimands import summarise

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from page import render  # noqa: E402
from reference_data import reference_rows, reference_studies  # noqa: E402

ESS = 60_000
COLUMNS = ("dataset", "studies", "variable", "reference_mean", "reference_sd", "quadrature_mean",
           "quadrature_z", "quadrature_ends_sd", "nuts_mean", "nuts_z", "nuts_ends_sd",
           "engines_z")  # fmt: skip


def main() -> None:
    """Fit, compare, write."""
    reference = reference_rows("bivariate_posteriors")
    out: list[dict[str, object]] = []
    for dataset in dict.fromkeys(row["dataset"] for row in reference):
        studies = reference_studies(dataset)
        model = bp.accuracy.Bivariate()
        fits = {
            "quadrature": bp.fit(model, studies, engine="quadrature", ess=ESS),
            "nuts": bp.fit(model, studies, engine="nuts", draws=20_000),
        }
        print(dataset, {n: f.draws.failures or f.draws.messages for n, f in fits.items()})
        for row in reference:
            if row["dataset"] != dataset:
                continue
            name, sd = row["variable"], float(row["sd"])
            result: dict[str, object] = {
                "dataset": dataset, "studies": len(studies), "variable": name,
                "reference_mean": float(row["mean"]), "reference_sd": sd,
            }  # fmt: skip
            ours = {}
            for engine, fitted in fits.items():
                samples = fitted.samples | {"log_dor": np.log(fitted.samples["dor"])}
                e = ours[engine] = summarise(name, samples[name], fitted.draws.ancestor)
                error = np.hypot(e.mcse, float(row["mcse_mean"]))
                ends = (e.lower - float(row["q025"]), e.upper - float(row["q975"]))
                result[f"{engine}_mean"] = round(e.mean, 6)
                result[f"{engine}_z"] = round((e.mean - float(row["mean"])) / error, 3)
                result[f"{engine}_ends_sd"] = round(max(map(abs, ends)) / sd, 4)
            a, b = ours["quadrature"], ours["nuts"]
            result["engines_z"] = round((a.mean - b.mean) / np.hypot(a.mcse, b.mcse), 3)
            out.append(result)
    with (HERE / "bivariate.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(out)
    render()


if __name__ == "__main__":
    main()
