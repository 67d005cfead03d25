"""Small plans and what a batch should hold of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import bayespool as bp
from bayespool.association import NormalNormal

EFFECTS = "study,estimate,se\nA,0.1,0.2\nB,0.4,0.15\nC,-0.1,0.25\n"


def write_effects(folder: Path, n: int, *, of: str = "generic") -> Path:
    """A plan of `n` tables of three effects, all different."""
    lines = ["name,data,measure,model,engine"]
    random = np.random.default_rng(7)
    for i in range(n):
        cells = random.normal(0.3, 0.2, 3)
        rows = [f"S{j},{value:.4f},0.2" for j, value in enumerate(cells)]
        (folder / f"t{i}.csv").write_text("study,estimate,se\n" + "\n".join(rows) + "\n")
        lines.append(f"a{i},t{i}.csv,{of},normal,quadrature")
    plan = folder / "plan.csv"
    plan.write_text("\n".join(lines) + "\n")
    return plan


def alone(table: Path) -> bp.Fit:
    """The fit of one table, as a user of the package makes it."""
    effects = bp.studies.Effects.from_table(table, "generic")
    model, _ = NormalNormal.for_studies(effects)
    return bp.fit(model, effects, "quadrature")
