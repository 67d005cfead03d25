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
from reference_data import reference_rows, reference_studies  # noqa: E402

TEXT = """# Validation

Rendered by `uv run docs/validation/bivariate.py`; nothing here is typed by hand.

## The bivariate model, both engines, eleven tables

The reference posteriors were computed by an independent sampler (Stan or JAGS, 32,000 to 160,000
draws) with the default priors. For each table: the largest difference of any posterior mean in
combined Monte Carlo standard errors, and the largest difference of any end of a 95 % interval in
posterior standard deviations. Twelve estimands per table, so one or two differences above 2
combined errors are expected; above 4 would be a fault.

| table | studies | quadrature: means | ends | NUTS: means | ends | engines compared: means |
|---|---|---|---|---|---|---|
{rows}

Quadrature with an effective sample size of {ess:,}; NUTS with 4 chains of 20,000 draws. The
reference's own interval ends are uncertain by up to 0.07 SD where its draws are worth 5,000
independent ones.

Log likelihoods at the published maxima, the densities of PyMC and of the integrator against one
another, and the association models against bayesmeta, metafor and RoBMA are tests: see
`tests/engines`, `tests/accuracy` and `tests/association`.

## Speed

{speed}
"""
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


def render() -> None:
    """``validation.md`` from the kept results."""
    with (HERE / "bivariate.csv").open(newline="") as file:
        results = list(csv.DictReader(file))
    lines = []
    for dataset in dict.fromkeys(row["dataset"] for row in results):
        rows = [row for row in results if row["dataset"] == dataset]

        def largest(column: str, rows: list[dict[str, str]] = rows) -> str:
            return f"{max(abs(float(row[column])) for row in rows):.2f}"

        cells = [largest(c) for c in ("quadrature_z", "quadrature_ends_sd", "nuts_z",
                                      "nuts_ends_sd", "engines_z")]  # fmt: skip
        lines.append(f"| {dataset} | {rows[0]['studies']} | {' | '.join(cells)} |")
    page = TEXT.format(rows="\n".join(lines), ess=ESS, speed=speed())
    (HERE.parent / "validation.md").write_text(page, encoding="utf-8")


def speed() -> str:
    """The kept benchmark as tables, with its aims."""
    import json

    kept = json.loads((HERE.parents[1] / "benchmarks" / "results.json").read_text())
    lines = [
        "Measured by `uv run benchmarks/run.py`, everything in one run on one machine "
        f"({kept['machine']}); only ratios mean anything.",
        "",
        "| work | ours | peer | peer's time | peer / ours | aim |",
        "|---|---|---|---|---|---|",
    ]
    for row in kept["rows"]:
        peer, ratio = row["peer_seconds"], row["peer_over_ours"]
        told = ("skipped", "skipped") if peer is None else (f"{peer:.3g} s", f"{ratio:.1f}x")
        lines.append(
            f"| {row['work']} | {row['ours_seconds']:.3g} s | {row['peer']} | {told[0]} | "
            f"{told[1]} | {row['aim']} |"
        )
    lines += ["", "| studies | seconds | ms per study | nodes | peak memory, MiB |",
              "|---|---|---|---|---|"]  # fmt: skip
    for row in kept["scaling"]:
        lines.append(
            f"| {row['studies']} | {row['seconds']:.2f} | {row['milliseconds_per_study']:.1f} | "
            f"{row['nodes']} | {row['peak_mebibytes']:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
