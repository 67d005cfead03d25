"""Is treatment decided sooner with MR neurography? Run: uv run analyses/decision_time.py

One study, whose printed spread is either an SD or a standard error of the mean: each reading is
analysed by itself, never both together, as a difference in days and as a ratio of means, and
printed side by side; reports/decision_time_sd/ and reports/decision_time_sem/ hold the difference.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
READINGS = {"sd": "standard deviation", "sem": "standard error of the mean"}
# prior SD of the difference (days) or log ratio, and its units
MEASURES = {"md": (180, "days"), "rom": (4, "times as long")}
CARE = (
    "One study of at most 29 matched pairs, and no meta-analysis: the effect is that of this study "
    "(no variation between studies is assumed).",
    "The sizes, 29 and 29, are of all matched people; the numbers are of those injured at most 90 "
    "days before, and how many these were is not said. With fewer people the interval is wider if "
    "the spread is an SD, and the same if it is a standard error.",
    "Means and spreads do not hold the pairs: the groups are taken as independent.",
    "As SDs the spreads are small for a time to a decision; as standard errors they stand for SDs "
    "of 41 and 76 days, hence for times that are far from normal.",
    "Later than 90 days after injury the difference is called not significant, without numbers.",
)


def analysis(measure: str, reading: str) -> tuple[Any, Any]:
    """Model and table of one reading of the spread."""
    prior, fixed = bp.priors.Normal(0, MEASURES[measure][0]), bp.priors.Fixed(0)
    model = bp.association.NormalNormal(mu=prior, tau=fixed, measure=measure)
    return model, bp.load_dataset("decision_time").where("analysis", reading).effects(measure)


def write(reading: str, words: str) -> None:
    """The report of the difference in days, in one reading."""
    folder = bp.make_report(
        *analysis("md", reading),
        REPORTS / f"decision_time_{reading}",
        title=f"Days to a treatment decision, spread read as {words}",
        question=(
            "By how many days does the time to a treatment decision differ when MR neurography is "
            "added to the work-up of a nerve injury of the arm? Below 0 it is shorter with it."
        ),
        mid=7,
        notes=(
            f"Whether the printed spread is an SD or a standard error is not said. Here it is "
            f"taken for the {words}; the other report takes it for the other.",
            *CARE,
        ),
        command="uv run analyses/decision_time.py",
    )
    print(folder / "index.html")


def main() -> None:
    """Print both readings side by side, and write their reports."""
    for measure, (_, units) in MEASURES.items():
        for reading, words in READINGS.items():
            fitted = bp.fit(*analysis(measure, reading), engine="quadrature")
            e = fitted.estimates["mu" if measure == "md" else "mu_ratio"]
            print(f"spread read as {words}: {e.median:.2f} {units} "
                  f"(95 % credible interval {e.lower:.2f} to {e.upper:.2f})")  # fmt: skip
    bp.each(write, list(READINGS.items()), lanes=list(READINGS))


if __name__ == "__main__":
    bp.run(main)
