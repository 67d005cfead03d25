"""Is treatment decided sooner with MR neurography? Run: uv run analyses/decision_time.py

One study, whose printed spread is either an SD or a standard error of the mean: each reading is
analysed by itself, never both together, as a difference in days and as a ratio of means, and
printed side by side; reports/decision_time_sd/ and reports/decision_time_sem/ hold the difference.
"""

from pathlib import Path

import bayespool as bp
from bayespool.association import NormalNormal
from bayespool.priors import Fixed, Normal

REPORTS = Path(__file__).resolve().parents[1] / "reports"
READINGS = {"sd": "standard deviation", "sem": "standard error of the mean"}
# prior of the difference (days) or log ratio, and its units
MEASURES = {"md": (Normal(0, 180), "days"), "rom": (Normal(0, 4), "times as long")}
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


def main() -> None:
    """Fit both readings by both engines, print them side by side and write their reports."""
    means = bp.load_dataset("decision_time")
    for measure, (prior, units) in MEASURES.items():
        model = NormalNormal(mu=prior, tau=Fixed(0), measure=measure)
        for reading, words in READINGS.items():
            studies = means.where("analysis", reading).effects(measure)
            fitted = bp.fit(model, studies, engine="quadrature")
            e = fitted.estimates["mu" if measure == "md" else "mu_ratio"]
            print(f"spread read as {words}: {e.median:.2f} {units} "
                  f"(95 % credible interval {e.lower:.2f} to {e.upper:.2f})")  # fmt: skip
            if measure == "md":
                write(reading, words, fitted)


def write(reading: str, words: str, fitted: bp.Fit) -> None:
    """The report of the difference in days, in one reading."""
    folder = bp.write_report(
        fitted,
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
        other_engine=bp.fit(fitted.model, fitted.studies, engine="nuts"),
    )
    print(folder / "index.html")


if __name__ == "__main__":
    main()
