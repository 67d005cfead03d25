"""How do MRI findings of spine infection change? Run: uv run analyses/spine_infection_followup.py

One study, four findings of the same 33 people before and after treatment: each is analysed by
itself, over every table of pairs that the margins and the printed P value allow, and written to
reports/spine_infection_<finding>/.
"""

from pathlib import Path

import bayespool as bp
from bayespool.association import PrePost
from bayespool.priors import Fixed

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


def main() -> None:
    """Fit each finding by both engines and write its report."""
    every = bp.load_dataset("spine_infection_followup")
    model = PrePost(tau=Fixed(0))
    for finding, name in FINDINGS.items():
        row = every.where("finding", finding)
        fitted = bp.fit(model, row, engine="quadrature")
        e = fitted.estimates["mu_ratio"]
        print(f"{finding} ({row.partial[0].says}): odds ratio {e.median:.2f} "
              f"(95 % credible interval {e.lower:.2f} to {e.upper:.2f})", flush=True)  # fmt: skip
        folder = bp.write_report(
            fitted,
            REPORTS / f"spine_infection_{name}",
            title=f"Spine infection: {finding} after 4 to 8 weeks of treatment",
            question=(
                f"How do the odds of {finding} on MRI change between the first scan and the "
                "follow-up of the same people? Below 1 it gets less frequent."
            ),
            mid=1.25,
            notes=CARE,
            command="uv run analyses/spine_infection_followup.py",
            other_engine=bp.fit(model, row, engine="nuts"),
        )
        print(folder / "index.html")


if __name__ == "__main__":
    main()
