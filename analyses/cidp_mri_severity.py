"""Does a more abnormal nerve MRI go with worse CIDP? Run: uv run analyses/cidp_mri_severity.py

Pools correlations of MRI findings with the severity of CIDP, several of one study nested in it,
those told by a P value or as "not related" among them, and writes reports/cidp_mri_severity/; with
one result per study reports/cidp_mri_severity_one_each/.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
QUESTION = (
    "How strongly does the MRI of nerves go with the severity of CIDP? A correlation above 0 means "
    "that worse on MRI goes with worse clinically."
)
SHARED = 0.5  # correlation of the sampling errors of two results of the same patients
CARE = (
    "One study prints a correlation and one more a P value with its direction; the rest say "
    '"not related": what the pool says rests on reading that as a P value above 0.05.',
    "Results of one study are of the same people: they are nested in their study, and their "
    f"sampling errors are taken to correlate by {SHARED:g}.",
    "Su 2020 and Su 2021 may share patients.",
    "Left out: nerve conduction and duration of the disease, which are not severity, and "
    "alcohol-related polyneuropathy (Rother 2022).",
    "This is no systematic sample: many null results were looked for as such. MRI and clinical "
    "measures differ, and so do Pearson's and Spearman's correlations.",
)


def told(words: str, kind: str, studies: Any, **options: Any) -> str:
    """Fit, and the correlation in a sentence."""
    model, _ = getattr(bp.association, kind).for_studies(studies, **options)
    e = bp.fit(model, studies, engine="quadrature").estimates["mu_correlation"]
    numbers = f"{e.median:.2f} (95 % credible interval {e.lower:.2f} to {e.upper:.2f})"
    return f"{words}: {numbers.replace('-', '−')}."


def write(name: str, studies: Any, notes: tuple[str, ...], correlation: float) -> None:
    """Fit by both engines and write one report."""
    model, _ = bp.association.Nested.for_studies(studies, correlation=correlation)
    folder = bp.make_report(
        model,
        studies,
        REPORTS / name,
        leave_one_out=True,
        prior_sensitivity=True,
        title="Nerve MRI and the severity of CIDP: correlation",
        question=QUESTION,
        mid=0.3,
        notes=(*notes, *CARE),
        command="uv run analyses/cidp_mri_severity.py",
    )
    print(folder / "index.html")


def variations(severity: Any) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """What else is told in a sentence: words, model, rows, options."""
    alone = severity.select(~severity.is_partial)
    without = severity.select([s != "Su 2020" for s in severity.study])
    return [
        ("Markvardsen 2016, the one study that prints its correlation, by itself gives",
         "NormalNormal", alone, {"tau": bp.priors.Fixed(0)}),
        ("With sampling errors of one study independent", "Nested", severity, {}),
        ("With sampling errors of one study correlated by 0.8", "Nested", severity,
         {"correlation": 0.8}),
        ("Without Su 2020", "Nested", without, {"correlation": SHARED}),
    ]  # fmt: skip


def main() -> None:
    """The analysis of all results, and its variants."""
    cidp = bp.load_dataset("cidp_mri_severity").effects("cor").where("disease", "CIDP")
    severity = cidp.where("domain", "severity")
    notes = tuple(told(words, kind, rows, **more) for words, kind, rows, more in
                  variations(severity))  # fmt: skip
    print(*notes, sep="\n")
    note = "Variant: one result per study, the one that the card of the data set calls main."
    tasks = [
        ("cidp_mri_severity", severity, notes, SHARED),
        ("cidp_mri_severity_one_each", severity.where("analysis", "main"), (note,), 0.0),
    ]
    bp.each(write, tasks, lanes=[name for name, *_ in tasks])


if __name__ == "__main__":
    bp.run(main)
