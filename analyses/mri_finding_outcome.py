"""Does an MRI finding go with a worse outcome? Run: uv run analyses/mri_finding_outcome.py

Pools odds ratios, one row per study, and writes reports/mri_finding_outcome/; with Cohen 2025 at 12
weeks reports/mri_finding_outcome_12_weeks/; with the condition as a covariate
reports/mri_finding_outcome_condition/.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespool as bp
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, prior_sensitivity

REPORTS = Path(__file__).resolve().parents[1] / "reports"
DISC = "disc disease or radicular pain"
QUESTION = "Do people whose MRI shows the finding fare worse than people whose MRI does not?"
CARE = (
    "Findings, conditions and outcomes differ between studies: the pooled odds ratio averages over "
    "unlike questions, and how much studies differ is as much the answer as the mean.",
    "This is no systematic sample: many of these studies were looked for because their result was "
    "null, and others with results in either direction print no numbers (the card of the data set "
    "lists them).",
    "In six of the eight studies the MRI was made when the outcome was: they ask whether finding "
    "and complaint go together, not whether the finding predicts.",
    "Bharadwaj 2023 counts nerves, two per patient, as if they were independent.",
)


def exact_counts(studies: Any) -> str:
    """The exact model of the rows with counts, in a sentence."""
    rows = studies.arm_counts()
    e = bp.fit(BinomialNormal(), rows, engine="quadrature").estimates["mu_ratio"]
    return (
        f"The exact binomial model of the {len(rows)} studies with counts gives an odds ratio of "
        f"{e.median:.2f} (95 % credible interval {e.lower:.2f} to {e.upper:.2f}); studies that "
        "print an odds ratio only are not in it."
    )


def write(name: str, studies: Any, notes: tuple[str, ...], **options: Any) -> None:
    """Fit by both engines and write one report."""
    model, _ = NormalNormal.for_studies(studies, **options)
    fitted = bp.fit(model, studies, engine="quadrature")
    folder = bp.write_report(
        fitted,
        REPORTS / name,
        title="An MRI finding and a worse outcome: odds ratio",
        question=QUESTION,
        mid=1.25,
        baseline_risks=(0.2, 0.4),
        notes=(*notes, *CARE),
        command="uv run analyses/mri_finding_outcome.py",
        other_engine=bp.fit(model, studies, engine="nuts"),
        leave_one_out=refit_without_each(fitted),
        prior_sensitivity=prior_sensitivity(fitted),
        cumulative=None if options else cumulative(fitted),
    )
    print(folder / "index.html")


def main() -> None:
    """The main analysis and its variants."""
    every = bp.load_dataset("mri_finding_outcome")
    main_rows = every.where("analysis", "main")
    write("mri_finding_outcome", main_rows, (exact_counts(main_rows),))
    later = every.select(
        [
            study != "Cohen 2025" or analysis == "variant"
            for study, analysis in zip(every.study, every.covariates["analysis"], strict=True)
        ]
    )
    note = "Variant: Cohen 2025 enters with its outcome at 12 weeks instead of 4."
    write("mri_finding_outcome_12_weeks", later, (note,))
    groups = main_rows.covariates["condition_group"]
    disc = tuple("disc or radicular" if g == DISC else "other" for g in groups)
    grouped = replace(main_rows, covariates={**main_rows.covariates, "condition": disc})
    note = (
        "Variant: the condition is a covariate, as disc disease or radicular pain against all "
        "other conditions, because finer groups have one study each."
    )
    write("mri_finding_outcome_condition", grouped, (note,), covariates=("condition",))


if __name__ == "__main__":
    main()
