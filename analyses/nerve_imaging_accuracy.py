"""How accurate is imaging of nerves and plexuses? Run: uv run analyses/nerve_imaging_accuracy.py

Pools complete 2x2 tables, the main row of each study, with the group of conditions as a covariate,
and writes reports/nerve_imaging_accuracy/; without studies that count several nerves, roots, wrists
or readings of one person, reports/nerve_imaging_accuracy_unclustered/.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
TITLE = "Imaging of nerves and plexuses: diagnostic accuracy"
MAIN = "nerve_imaging_accuracy"
QUESTION = (
    "How often is MRI or ultrasound abnormal in lesions of the brachial plexus, in carpal tunnel "
    "syndrome and in other diseases of peripheral nerves (sensitivity), and normal without them "
    "(specificity)?"
)
CARE = (
    "This is no systematic sample: studies were met with while looking for others, and only "
    "complete 2x2 tables are in. Each study gives one row, the test that its title, or else its "
    "abstract, names first; no study's choice could be checked for prespecification.",
    "Left out: Baeumer 2012, whose patients were picked by the image that is then the test; CIDP, "
    "which has reports of its own; ranges over readers and percentages that no counts give (the "
    "card of the data set lists them).",
    "No full table was printed: counts were solved from percentages and group sizes, and for some "
    "studies a group size is assumed.",
    "Many studies compare patients with healthy people, and many chose their threshold on the data "
    "on which it is judged: both make a test look better.",
)
JOINT = (
    "Other nerve is a remainder of three conditions, one study each: its mean describes nothing "
    "that a patient can have.",
    "Modality goes with the group: all studies of the brachial plexus are of MRI, most of the "
    "others of ultrasound. A difference between groups may be one between modalities.",
    "Seven of the eleven studies count nerves, roots, wrists, hands or readings, several of one "
    "person, as if they were independent, which makes intervals too narrow; the variant leaves "
    "them out.",
)
UNCLUSTERED = (
    "Variant: only studies in which a count is a person. Four are left, one of them of the "
    "brachial plexus: too few for the group as a covariate, so that unlike conditions are pooled "
    "as one, and how much they differ rests largely on the prior.",
)


def by_modality(studies: Any) -> str:
    """The same rows with the modality as the covariate, in a sentence."""
    model = bp.accuracy.MetaRegression(covariates=("modality",))
    e = bp.fit(model, studies, engine="quadrature").estimates
    told = [
        f"{name} {100 * value.median:+.0f} percentage points ({100 * value.lower:+.0f} to "
        f"{100 * value.upper:+.0f})"
        for name, value in (
            ("sensitivity", e["sens_difference[ultrasound - MRI]"]),
            ("specificity", e["spec_difference[ultrasound - MRI]"]),
        )
    ]
    return (
        "With the modality as covariate instead of the group, ultrasound differs from MRI in "
        f"{' and '.join(told)} (95 % credible intervals). The groups differ in modality, so that "
        "this compares conditions as much as it compares ultrasound with MRI."
    )


def titles(name: str) -> dict[str, Any]:
    """Title and question of a report, and of the variant its main report."""
    if name == MAIN:
        return {"title": TITLE, "question": QUESTION}
    return {
        "title": f"{TITLE}, only studies that count people",
        "question": "How accurate is imaging of nerves and plexuses in studies in which a count "
        "is a person?",
        "variant_of": (TITLE, f"../{MAIN}/index.html"),
    }


def write(
    name: str,
    model: Any,
    studies: Any,
    notes: tuple[str, ...],
    reports: Path,
    choices: dict[str, Any] | None = None,
) -> None:
    """Fit by both engines and write one report; `choices` are other rows to fit."""
    folder = bp.make_report(
        model,
        studies,
        reports / name,
        options={"ess": 20_000},
        leave_one_out=True,
        prior_sensitivity=True,
        other_rows=choices,
        **titles(name),
        prevalences=(0.1, 0.3, 0.5),
        notes=(*notes, *CARE),
        command="uv run analyses/nerve_imaging_accuracy.py",
    )
    print(folder / "index.html")


def main(reports: Path = REPORTS) -> None:
    """The main analysis and its variants."""
    every = bp.load_dataset("nerve_imaging_accuracy")
    rows = every.where("main", "yes")
    usable = every.select([study in rows.study for study in every.study])
    second = usable.where("main", "no")
    # each study once, by its first row that is not the main one where it has such a row
    other = [
        second.row.index(row) == second.study.index(study) if row in second.row
        else study not in second.study
        for study, row in zip(usable.study, usable.row, strict=True)
    ]  # fmt: skip
    choices = {
        "Without doubtful counts": [
            status not in ("derived, assumed denominator", "derived, may be doubled")
            for status in rows.covariates["count_status"]
        ],
        "Other test where several": usable.select(other),
    }
    model = bp.accuracy.MetaRegression(covariates=("group",))
    people, simple = rows.where("clustered", "no"), bp.accuracy.Bivariate()
    tasks: list[tuple[Any, ...]] = [
        ("nerve_imaging_accuracy", model, rows, (*JOINT, by_modality(rows)), reports, choices),
        ("nerve_imaging_accuracy_unclustered", simple, people, UNCLUSTERED, reports),
    ]
    bp.each(write, tasks, lanes=[name for name, *_ in tasks])


if __name__ == "__main__":
    bp.run(main)
