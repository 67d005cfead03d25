"""Does an MRI finding go with a worse outcome? Run: uv run analyses/mri_finding_outcome.py

Pools odds ratios, findings nested in studies, those told as "not significant" or by a P value among
them, and writes reports/mri_finding_outcome/. Of the studies that print their numbers alone, one
row each: reports/mri_finding_outcome_complete/; with Cohen 2025 at 12 weeks
reports/mri_finding_outcome_12_weeks/; with the condition as a covariate
reports/mri_finding_outcome_condition/.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespool as bp
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import Variant, cumulative, other_rows, prior_sensitivity

REPORTS = Path(__file__).resolve().parents[1] / "reports"
JUDGEMENTS = Path(__file__).with_name("judgements") / "mri_finding_outcome.toml"
DISC = "disc disease or radicular pain"
TITLE = "An MRI finding and a worse outcome: odds ratio"
QUESTION = "Do people whose MRI shows the finding fare worse than people whose MRI does not?"
CARE = (
    "Findings, conditions and outcomes differ between studies: the pooled odds ratio averages over "
    "unlike questions, and how much studies differ is as much the answer as the mean.",
    "This is no systematic sample: many of these studies were looked for because their result was "
    "null (the card of the data set lists what was left out, and why).",
    "Bharadwaj 2023 counts nerves, two per patient, as if they were independent.",
)
COMPLETE = (
    "Only studies that print counts or an odds ratio are here; the main report adds those that "
    "tell a P value or say that a finding was not significant.",
    "In six of the eight studies the MRI was made when the outcome was: they ask whether finding "
    "and complaint go together, not whether the finding predicts.",
)
CENSORED = (
    "Of a result told as not significant the P value is taken to lie above 0.05 two-sided; where "
    "how many had the finding is not printed, every split of the people is equally likely.",
    "Several findings of one study are of the same people: they are nested in their study, but "
    "their sampling errors are taken as independent.",
    "Some P values come from regression models, while the standard errors are those of crude "
    "tables.",
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


def every_result(studies: Any) -> Any:
    """Main and censored rows, with all possible tables in the place of one chosen among them."""
    rows = list(zip(studies.study, studies.covariates["analysis"], strict=True))
    several = {study for study, analysis in rows if analysis == "candidate"}
    taken = [
        analysis in ("candidate", "censored") or (analysis == "main" and study not in several)
        for study, analysis in rows
    ]
    return studies.select(taken)


def write_all(studies: Any, complete: Any) -> None:
    """Fit the findings of all studies, nested in them, and write the main report."""
    first = studies.select([studies.study.index(study) for study in dict.fromkeys(studies.study)])
    variants = []
    for words, rows in (
        ("One finding per study, its first in the table", first),
        ("Only studies with counts or an odds ratio, one row each", complete),
    ):
        model, _ = NormalNormal.for_studies(rows)
        one = Variant(words, bp.fit(model, rows, engine="quadrature", ess=1_000))
        e = one.estimates["mu_ratio"]
        print(f"{words}: {e.median:.2f} ({e.lower:.2f} to {e.upper:.2f})", flush=True)
        variants.append(one)
    nested, _ = Nested.for_studies(studies)
    folder = bp.write_report(
        bp.fit(nested, studies, engine="quadrature", ess=1_000),
        REPORTS / "mri_finding_outcome",
        title=TITLE,
        question=QUESTION,
        mid=1.25,
        baseline_risks=(0.2, 0.4),
        judgements=JUDGEMENTS,
        notes=(*CENSORED, *CARE),
        other_rows=tuple(variants),
        command="uv run analyses/mri_finding_outcome.py",
    )
    print(folder / "index.html")


def write(
    name: str,
    studies: Any,
    notes: tuple[str, ...],
    covariates: tuple[str, ...] = (),
    choices: dict[str, Any] | None = None,
) -> None:
    """Fit complete rows by both engines and write one report; `choices` are other rows to fit."""
    model, _ = NormalNormal.for_studies(studies, covariates=covariates)
    fitted = bp.fit(model, studies, engine="quadrature")
    folder = bp.write_report(
        fitted,
        REPORTS / name,
        title=TITLE,
        question=QUESTION,
        mid=1.25,
        baseline_risks=(0.2, 0.4),
        notes=(*notes, *COMPLETE, *CARE),
        command="uv run analyses/mri_finding_outcome.py",
        other_engine=bp.fit(model, studies, engine="nuts"),
        leave_one_out=refit_without_each(fitted),
        prior_sensitivity=prior_sensitivity(fitted),
        cumulative=None if covariates else cumulative(fitted),
        other_rows=other_rows(fitted, choices) if choices else None,
    )
    print(folder / "index.html")


def main() -> None:
    """The main analysis and its variants."""
    every = bp.load_dataset("mri_finding_outcome")
    main_rows = every.where("analysis", "main")
    write_all(every_result(every), main_rows)
    complete = every.select(~every.is_partial)
    later = complete.select(
        [
            study != "Cohen 2025" or analysis == "variant"
            for study, analysis in zip(complete.study, complete.covariates["analysis"], strict=True)
        ]
    )
    choices = {
        "Cohen 2025 at 12 weeks": later,
        "Without derived counts": [
            counts != "derived" for counts in main_rows.covariates["counts"]
        ],
    }
    note = exact_counts(main_rows)
    write("mri_finding_outcome_complete", main_rows, (note,), choices=choices)
    note = "Variant: Cohen 2025 enters with its outcome at 12 weeks instead of 4."
    write("mri_finding_outcome_12_weeks", later, (note,))
    groups = main_rows.covariates["condition_group"]
    disc = tuple("disc or radicular" if g == DISC else "other" for g in groups)
    grouped = replace(main_rows, covariates={**main_rows.covariates, "condition": disc})
    note = (
        "Variant: the condition is a covariate, as disc disease or radicular pain against all "
        "other conditions, because finer groups have one study each."
    )
    write("mri_finding_outcome_condition", grouped, (note,), ("condition",))


if __name__ == "__main__":
    main()
