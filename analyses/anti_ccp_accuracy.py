"""How accurate is anti-CCP antibody for rheumatoid arthritis?

Run: uv run analyses/anti_ccp_accuracy.py

Pools the 37 studies of example 1 of the Cochrane Handbook for DTA reviews, and writes
reports/anti_ccp/.
"""

from pathlib import Path

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, prior_sensitivity
from bayespool.datasets import comparators

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
    studies = bp.load_dataset("anti_ccp")
    model = bp.accuracy.Bivariate()
    fitted = bp.fit(model, studies, engine="quadrature", ess=20_000)
    folder = bp.write_report(
        fitted,
        REPORTS / "anti_ccp",
        title="Anti-CCP antibody for rheumatoid arthritis: diagnostic accuracy",
        question=QUESTION,
        prevalences=(0.1, 0.3, 0.5),
        comparators=comparators("anti_ccp"),
        judgements=JUDGEMENTS,
        notes=CARE,
        command="uv run analyses/anti_ccp_accuracy.py",
        other_engine=bp.fit(model, studies, engine="nuts"),
        leave_one_out=refit_without_each(fitted),
        prior_sensitivity=prior_sensitivity(fitted),
        cumulative=cumulative(fitted),
    )
    print(f"{folder / 'index.html'}")


if __name__ == "__main__":
    main()
