"""How do MRI findings of spine infection change? Run: uv run analyses/spine_infection_followup.py

One study, four findings of the same 33 people before and after treatment: each is analysed by
itself, over every table of pairs that the margins and the printed P value allow, and written to
reports/spine_infection_<finding>/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
FINDINGS = {  # in the table: report
    "loss of vertebral height": "vertebral_height",
    "epidural enhancement": "epidural_enhancement",
    "epidural canal abscess": "canal_abscess",
    "epidural canal compromise": "canal_compromise",
}
CARE = (
    "How many people lost and how many gained the finding is not printed. The counts at each time "
    "and the P value leave few tables, and all of them enter; which test gave the P is not said.",
    "One study of 33 people, and no meta-analysis: the effect is that of this study (no variation "
    "between studies is assumed). The four findings are of the same people and are never pooled.",
    "One of the 33 has no second scan of the epidural findings.",
    "Without a group that was not treated, a change is not an effect of treatment; people with two "
    "scans are not all those treated.",
)


def write(finding: str, name: str) -> None:
    """Fit one finding by both engines and write its report."""
    row = bp.load_dataset("spine_infection_followup").where("finding", finding)
    print(f"{finding}: {row.partial[0].says}")
    folder = bp.make_report(
        bp.association.PrePost(tau=bp.priors.Fixed(0)),
        row,
        REPORTS / f"spine_infection_{name}",
        title=f"Spine infection: {finding} after 4 to 8 weeks of treatment",
        question=(
            f"How do the odds of {finding} on MRI change between the first scan and the "
            "follow-up of the same people? Below 1 it gets less frequent."
        ),
        mid=1.25,
        notes=CARE,
        command="uv run analyses/spine_infection_followup.py",
    )
    print(folder / "index.html")


def main() -> None:
    """Every finding, side by side."""
    bp.each(write, list(FINDINGS.items()), lanes=list(FINDINGS))


if __name__ == "__main__":
    bp.run(main)
