"""How accurate is exhaled nitric oxide for asthma, and at which cut-off?

Run: uv run analyses/feno_asthma.py

Pools 150 cut-offs of 29 groups of patients (Schneider and others 2017), and writes
reports/feno_asthma/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
QUESTION = (
    "In people with symptoms of asthma, how often does exhaled nitric oxide above a cut-off find "
    "asthma (sensitivity), and how often is it below the cut-off without asthma (specificity)?"
)
CARE = (
    "Schneider and others (2017) pooled the same studies by a linear mixed model: at a prevalence "
    "of 30 % they print a positive predictive value of 0.76 (0.29 to 0.96) above 50 ppb, and a "
    "negative predictive value of 0.86 (0.66 to 0.95) below 20 ppb.",
    "Groups of patients of one publication (Malinovschi 2012, Wang 2015) count as independent.",
)


def main() -> None:
    """Fit and write the report."""
    folder = bp.make_report(
        bp.accuracy.Thresholds(cutoff=50.0),
        bp.load_dataset("feno_asthma"),
        REPORTS / "feno_asthma",
        title="Exhaled nitric oxide for asthma: accuracy at every cut-off",
        question=QUESTION,
        prevalences=(0.3,),
        notes=CARE,
        command="uv run analyses/feno_asthma.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
