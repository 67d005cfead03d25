"""How accurate is anti-CCP antibody for rheumatoid arthritis?

Run: uv run analyses/anti_ccp_accuracy.py

Pools the 37 studies of example 1 of the Cochrane Handbook for DTA reviews, and writes
reports/anti_ccp/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
JUDGEMENTS = Path(__file__).with_name("judgements") / "anti_ccp.toml"
QUESTION = (
    "In people examined for rheumatoid arthritis, how often is anti-CCP antibody found in those "
    "who have it (sensitivity) and absent in those who do not (specificity)?"
)
CARE = (
    "MetaBayesDTA pooled the same 37 studies with the same priors: where it agrees it confirms the "
    "computation and adds no evidence.",
    "Assays of the first and the second generation (CCP1, CCP2) are pooled here as one test; the "
    "report anti_ccp_generation tells them apart.",
)


def main() -> None:
    """Fit by both engines and write the report."""
    folder = bp.make_report(
        bp.accuracy.Bivariate(),
        bp.load_dataset("anti_ccp"),
        REPORTS / "anti_ccp",
        options={"ess": 20_000},
        leave_one_out=True,
        prior_sensitivity=True,
        cumulative=True,
        title="Anti-CCP antibody for rheumatoid arthritis: diagnostic accuracy",
        question=QUESTION,
        prevalences=(0.1, 0.3, 0.5),
        comparators=bp.datasets.comparators("anti_ccp"),
        judgements=JUDGEMENTS,
        bias="selection",
        notes=CARE,
        command="uv run analyses/anti_ccp_accuracy.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
