"""Does pain after an epidural injection differ with the MRI?

Run: uv run analyses/epidural_injection_pain.py

One study with three outcomes of the same people on two scales: nothing is pooled. Each outcome is
analysed by itself as a mean difference with one common effect, because one study knows nothing of
the variation between studies, and written to reports/epidural_injection_pain_<outcome>/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
OUTCOMES = {  # report: (outcome, units, prior SD of the difference, smallest important difference)
    "leg_pain": ("leg pain reduction at 4 weeks", "points of 0 to 10", 5, 1.0),
    "back_pain": ("back pain reduction at 4 weeks", "points of 0 to 10", 5, 1.0),
    "oswestry": ("Oswestry reduction at 12 weeks", "points of 0 to 100", 50, 10.0),
}
CARE = (
    "One study of 28 people, and no meta-analysis: three outcomes of the same people, on two "
    "scales, are reported one by one. A pool of them would count each person three times.",
    "The effect is that of this study (no variation between studies is assumed); a new study can "
    "differ by more than its interval says.",
    "Groups were matched by propensity; means and SDs do not hold the pairs, so the analysis takes "
    "them as independent groups.",
    "Other outcomes were compared and not printed, so that a clear difference among these is "
    "easier to find by chance.",
)


def write(name: str, outcome: str, units: str, width: float, mid: float) -> None:
    """Fit one outcome by both engines and write its report."""
    effects = bp.load_dataset("epidural_injection_pain").effects("md")
    normal, fixed = bp.priors.Normal(0, width), bp.priors.Fixed(0)
    folder = bp.make_report(
        bp.association.NormalNormal(mu=normal, tau=fixed, measure="md"),
        effects.where("outcome", outcome),
        REPORTS / f"epidural_injection_pain_{name}",
        title=f"Epidural injection: {outcome}, by MRI",
        question=(
            f"How does {outcome} ({units}) differ between people whose MRI shows pathology "
            "that fits the pain (group 1) and people with a near-normal MRI (group 2)? Below 0 "
            "group 1 improves less."
        ),
        mid=mid,
        notes=CARE,
        command="uv run analyses/epidural_injection_pain.py",
    )
    print(folder / "index.html")


def main() -> None:
    """Every outcome, side by side."""
    tasks = [(name, *of) for name, of in OUTCOMES.items()]
    bp.each(write, tasks, lanes=list(OUTCOMES))


if __name__ == "__main__":
    bp.run(main)
