"""Does MR neurography change what clinicians think and do?

Run: uv run analyses/mrn_changes_management.py

One pool of single-arm proportions per question, main rows only; four reports,
reports/mrn_changes_management_<question>/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
QUESTIONS = {
    "change of impression": "In how many did the clinical impression change in any way?",
    "change of diagnosis": "In how many did MR neurography change the diagnosis?",
    "change of management": "In how many did MR neurography change treatment?",
    "extra information": "In how many did MR neurography tell more than electrodiagnosis?",
}
CARE = (
    "Four questions are kept apart: change of impression, of diagnosis, of management, and extra "
    "information are never pooled with one another.",
    "Retrospective series from centres that do much MR neurography; who judged the change is often "
    "who ordered the scan.",
    "A change is not a benefit: no study says whether patients did better for it.",
)
ZHANG = (
    "Zhang 2021 reports management for the 33 of 55 people who had an intervention: its "
    "denominator stays 33, and any change is counted (23)."
)


def write(estimand: str, question: str) -> None:
    """Fit one question by both engines and write its report."""
    rows = bp.load_dataset("mrn_changes_management").where("analysis", "main")
    studies = rows.where("estimand", estimand)
    folder = bp.make_report(
        bp.association.Proportion(),
        studies,
        REPORTS / f"mrn_changes_management_{estimand.replace(' ', '_')}",
        leave_one_out=len(studies) > 1,
        title=f"MR neurography: {estimand}",
        question=question,
        notes=(*([ZHANG] if "Zhang 2021" in studies.study else []), *CARE),
        command="uv run analyses/mrn_changes_management.py",
    )
    print(folder / "index.html")


def main() -> None:
    """Every question, side by side."""
    bp.each(write, list(QUESTIONS.items()), lanes=list(QUESTIONS))


if __name__ == "__main__":
    bp.run(main)
