"""How accurate is MR neurography for CIDP? Run: uv run analyses/cidp_mrn_accuracy.py

Pools the complete 2x2 tables, one row per study, and writes reports/cidp_mrn_accuracy/ and, with
the other row of Su 2020, reports/cidp_mrn_accuracy_variant/.
"""

from pathlib import Path

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, prior_sensitivity
from bayespool.datasets import comparators

REPORTS = Path(__file__).resolve().parents[1] / "reports"
QUESTION = (
    "In people examined for chronic inflammatory demyelinating polyradiculoneuropathy (CIDP), "
    "how often is MR neurography abnormal in those who have it (sensitivity) and normal in those "
    "who do not (specificity)?"
)
LEFT_OUT = {  # report folder: (the Su 2020 row that stays out, what the report says)
    "cidp_mrn_accuracy": (
        "brachial plexus",
        "One row per study: Su 2020 enters with its lumbosacral plexus, the site nearest to what "
        "the other studies examined; its brachial plexus (same patients) is the variant.",
    ),
    "cidp_mrn_accuracy_variant": (
        "lumbosacral plexus",
        "Variant: Su 2020 enters with its brachial plexus; the main analysis uses the "
        "lumbosacral plexus of the same patients.",
    ),
}
CARE = (
    "Su 2020 and Feng 2020 share authors and a hospital: some patients may be in both.",
    "Three of the four studies read the images by eye and one measured diffusion; controls were "
    "healthy people in two studies and patients with other neuropathies in two.",
)


def main() -> None:
    """Fit both choices of rows by both engines and write the reports."""
    studies = bp.load_dataset("cidp_mrn")
    model = bp.accuracy.Bivariate()
    for name, (left_out, note) in LEFT_OUT.items():
        rows = studies.select([site != left_out for site in studies.covariates["site"]])
        fitted = bp.fit(model, rows, engine="quadrature", ess=20_000)
        folder = bp.write_report(
            fitted,
            REPORTS / name,
            title="MR neurography for CIDP: diagnostic accuracy",
            question=QUESTION,
            prevalences=(0.1, 0.3, 0.5),
            comparators=comparators("cidp_mrn"),
            notes=(note, *CARE),
            command="uv run analyses/cidp_mrn_accuracy.py",
            other_engine=bp.fit(model, rows, engine="nuts"),
            leave_one_out=refit_without_each(fitted),
            prior_sensitivity=prior_sensitivity(fitted),
            cumulative=cumulative(fitted) if name == "cidp_mrn_accuracy" else None,
        )
        print(f"{folder / 'index.html'}")


if __name__ == "__main__":
    main()
