"""Posteriors of several modes, against brute force.

``uv run docs/validation/several_modes.py`` takes some minutes and writes ``several_modes.csv``. One
table of results told by P values without a direction is fitted with twenty seeds, and forty tables
of that kind, drawn at random, with one each. The grid lays mu and tau on a lattice; each study's
effect is integrated by 41 nodes.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bayespool.association import NormalNormal
from bayespool.engines import quadrature
from bayespool.estimands import summarise
from bayespool.hierarchy import Hierarchy
from bayespool.studies import read_studies

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from page import render  # noqa: E402

SEEDS, TABLES = 20, 40
NODES, MU, TAU = 41, 421, 161
GRID_ERROR = 5e-4  # of a probability, with half the lattice
COLUMNS = ("table", "seed", "rows", "modes", "positive", "grid_positive", "z", "lower_off",
           "upper_off", "said")  # fmt: skip
FIRST = {
    "study": ["A", "B", "C", "D", "E"], "estimate": [0.5, None, None, None, None],
    "se": [0.6, 0.5, 0.5, 0.5, 0.5], "kind": ["", *["censored"] * 4], "p": [None, *["<0.001"] * 4],
}  # fmt: skip


def table(k: int) -> dict[str, list[Any]]:
    """One or two estimates and two to five results without a direction."""
    rng = np.random.default_rng([7, k])
    known, told = int(rng.integers(1, 3)), int(rng.integers(2, 6))
    cut = [f"<{rng.choice(['0.001', '0.01', '0.05'])}" for _ in range(told)]
    return {
        "study": [f"S{i}" for i in range(known + told)],
        "estimate": [*rng.normal(0.3, 0.6, known).round(2).tolist(), *[None] * told],
        "se": rng.uniform(0.3, 0.8, known + told).round(2).tolist(),
        "kind": [*[""] * known, *["censored"] * told],
        "p": [*[None] * known, *cut],
    }


def hierarchy_of(columns: dict[str, list[Any]]) -> Hierarchy:
    studies = read_studies(columns, "or").by_study()
    return NormalNormal.for_studies(studies)[0].hierarchy(studies)


def by_grid(h: Hierarchy) -> tuple[float, float, float, float]:
    """P(mu > 0), both ends of the 95 % interval of mu, and its SD."""
    mu, tau = np.linspace(-10.0, 10.0, MU), np.linspace(0.01, 3.21, TAU)
    at = np.array(np.meshgrid(mu, tau, indexing="ij")).reshape(2, -1)
    log_p = h.log_posterior(h.unconstrained({"mu": at[0], "tau": at[1]}), NODES) - np.log(at[1])
    p = np.exp(log_p - log_p.max()).reshape(MU, TAU).sum(axis=1)
    p /= p.sum()
    middle = np.cumsum(p) - 0.5 * p
    low, high = np.interp([0.025, 0.975], middle, mu)
    mean = float(p @ mu)
    return 1.0 - float(np.interp(0.0, mu, middle)), low, high, float(np.sqrt(p @ (mu - mean) ** 2))


def main() -> None:
    cases = [("one", seed, FIRST) for seed in range(1, SEEDS + 1)]
    cases += [(str(k), 2026, table(k)) for k in range(TABLES)]
    grids: dict[str, tuple[float, float, float, float]] = {}
    records = []
    for name, seed, columns in cases:
        h = hierarchy_of(columns)
        if name not in grids:
            grids[name] = by_grid(h)
        positive, low, high, sd = grids[name]
        draws = quadrature.run(h, seed)
        mu = draws.hyper["mu"]
        share = float(np.mean(mu > 0.0))
        error = max(summarise("positive", (mu > 0.0) * 1.0, draws.ancestor).mcse, GRID_ERROR)
        ends = np.quantile(mu, [0.025, 0.975])
        records.append((
            name, seed, len(columns["study"]), draws.info["n_modes"], f"{share:.4f}",
            f"{positive:.4f}", f"{(share - positive) / error:.2f}", f"{(ends[0] - low) / sd:.3f}",
            f"{(ends[1] - high) / sd:.3f}", int(bool(draws.failures)),
        ))  # fmt: skip
        print(*records[-1], flush=True)
    with (HERE / "several_modes.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(records)
    render()


if __name__ == "__main__":
    main()
