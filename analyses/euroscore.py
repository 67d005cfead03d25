"""How well does EuroSCORE II predict elsewhere? Run: uv run analyses/euroscore.py

Two reports: the c statistic, with the between-study SD that 469 other models had as its prior, and
observed to expected deaths. Each says how probable it is that a new hospital sees an acceptable
value.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
COMMAND = "uv run analyses/euroscore.py"
QUESTIONS = {
    "cstat": "How well does EuroSCORE II tell people who die after cardiac surgery from others?",
    "oe": "Do as many people die after cardiac surgery as EuroSCORE II predicts?",
}
ASKED = {"cstat": ("0.7,", "0.75,"), "oe": ("0.8,1.25",)}
CARE = {
    "cstat": (
        "Four studies print neither standard error nor interval; theirs are reconstructed from "
        "events and non-events (Newcombe's method 4) and marked.",
    ),
    "oe": (
        "The error of log O:E is that of the observed deaths; the expected ones count as known.",
    ),
}


def write(measure: str) -> None:
    """The report of one measure."""
    from bayespool.datasets import resolve_association

    studies: Any = resolve_association("euroscore2", measure).as_effects(measure)
    priors = {"tau": bp.priors.vanleeuwen2025(0.8)} if measure == "cstat" else {}
    model, _ = bp.association.NormalNormal.for_studies(studies, **priors)
    folder = bp.make_report(
        model,
        studies,
        REPORTS / f"euroscore_{measure}",
        leave_one_out=True,
        prior_sensitivity=True,
        title=f"EuroSCORE II: {bp.studies.MEASURES[measure].label}",
        question=QUESTIONS[measure],
        new_within=ASKED[measure],
        notes=(
            *CARE[measure],
            "Whether the two validations of Wang, and of Barilli, are of different people was not "
            "checked.",
        ),
        command=COMMAND,
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(lambda: bp.each(write, [("cstat",), ("oe",)], lanes=["cstat", "oe"]))
