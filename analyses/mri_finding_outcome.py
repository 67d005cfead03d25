"""Does an MRI finding go with a worse outcome? Run: uv run analyses/mri_finding_outcome.py

Pools odds ratios, findings nested in studies, those told as "not significant" or by a P value among
them, and writes reports/mri_finding_outcome/. Of the studies that print their numbers alone, one
row each, with publication bias: reports/mri_finding_outcome_complete/; with Cohen 2025 at 12 weeks
reports/mri_finding_outcome_12_weeks/; with the condition as a covariate
reports/mri_finding_outcome_condition/.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
JUDGEMENTS = Path(__file__).with_name("judgements") / "mri_finding_outcome.toml"
DISC = "disc disease or radicular pain"
TITLE = "An MRI finding and a worse outcome: odds ratio"
MAIN = "mri_finding_outcome"
ALSO = {  # variant: what its title adds, and its question
    "complete": ("complete rows", "by the studies that print counts or an odds ratio"),
    "12_weeks": ("Cohen 2025 at 12 weeks", "with the outcome of Cohen 2025 at 12 weeks"),
    "condition": ("by condition", "in disc disease or radicular pain, and in other conditions"),
}
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

LATER = "Variant: Cohen 2025 enters with its outcome at 12 weeks instead of 4."
CONDITION = (
    "Variant: the condition is a covariate, as disc disease or radicular pain against all "
    "other conditions, because finer groups have one study each."
)


def exact_counts(studies: Any) -> str:
    """The exact model of the rows with counts, in a sentence."""
    rows = studies.arm_counts()
    model = bp.association.BinomialNormal()
    e = bp.fit(model, rows, engine="quadrature").estimates["mu_ratio"]
    return (
        f"The exact binomial model of the {len(rows)} studies with counts gives an odds ratio of "
        f"{e.median:.2f} (95 % credible interval {e.lower:.2f} to {e.upper:.2f}); studies that "
        "print an odds ratio only are not in it."
    )


def unseen(studies: Any) -> str:
    """Which rows a model of publication bias can take, and what the others say to the question."""
    kinds = [said and said.kind for said in studies.partial]
    n, told = len(kinds), kinds.count("censored")
    return (
        f"Publication bias is asked about in the report of complete rows: {n - told} of the {n} "
        "results here print an estimate or counts and can enter a selection model. The other "
        f"{told} answer the question in part: a selection model asks which results nobody sees "
        "because they were not significant, and most of these are such results, seen at last. A "
        "model of both would count them twice."
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
    simple = bp.association.NormalNormal
    others = {
        "One finding per study, its first in the table": (simple.for_studies(first)[0], first),
        "Only studies with counts or an odds ratio, one row each": (
            simple.for_studies(complete)[0], complete,
        ),
    }  # fmt: skip
    nested, _ = bp.association.Nested.for_studies(studies)
    # NUTS takes more than half an hour for these censored and tied rows
    more = {"other_rows": others, "judgements": JUDGEMENTS, "engine": "auto"}
    write("mri_finding_outcome", nested, studies, (*CENSORED, unseen(studies)), more)


def titles(name: str) -> dict[str, Any]:
    """Title and question of a report, and of a variant its main report."""
    if name == MAIN:
        return {"title": TITLE, "question": QUESTION}
    title, question = ALSO[name.removeprefix(f"{MAIN}_")]
    return {
        "title": f"{TITLE}, {title}",
        "question": f"Do people whose MRI shows the finding fare worse, {question}?",
        "variant_of": (TITLE, f"../{MAIN}/index.html"),
    }


def write(
    name: str, model: Any, studies: Any, notes: tuple[str, ...], more: dict[str, Any]
) -> None:
    """Fit, by both engines unless another is asked for, and write one report."""
    folder = bp.make_report(
        model,
        studies,
        REPORTS / name,
        leave_one_out=True,
        prior_sensitivity=True,
        **titles(name),
        mid=1.25,
        baseline_risks=(0.2, 0.4),
        notes=(*notes, *CARE),
        command="uv run analyses/mri_finding_outcome.py",
        **more,
    )
    print(folder / "index.html")


def variants(every: Any, main_rows: Any) -> list[tuple]:
    """Arguments of `write` for the reports of complete rows."""
    simple = bp.association.NormalNormal
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
    groups = main_rows.covariates["condition_group"]
    disc = tuple("disc or radicular" if g == DISC else "other" for g in groups)
    grouped = replace(main_rows, covariates={**main_rows.covariates, "condition": disc})
    by_condition, _ = simple.for_studies(grouped, covariates=("condition",))
    years = {"cumulative": True}
    of_all = years | {"other_rows": choices, "bias": "robma"}
    return [
        ("mri_finding_outcome_complete", simple.for_studies(main_rows)[0], main_rows,
         (exact_counts(main_rows), *COMPLETE), of_all),
        ("mri_finding_outcome_12_weeks", simple.for_studies(later)[0], later,
         (LATER, *COMPLETE), years),
        ("mri_finding_outcome_condition", by_condition, grouped, (CONDITION, *COMPLETE), {}),
    ]  # fmt: skip


def main() -> None:
    """The main analysis, then its variants side by side."""
    every = bp.load_dataset("mri_finding_outcome")
    main_rows = every.where("analysis", "main")
    write_all(every_result(every), main_rows)
    tasks = variants(every, main_rows)
    bp.each(write, tasks, lanes=[name for name, *_ in tasks])


if __name__ == "__main__":
    bp.run(main)
