"""Do readers of brachial plexus neurography agree? Run: uv run analyses/reader_agreement.py"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
CARE = (
    "Three studies, of which one prints an interval; the errors of the others are reconstructed "
    "from kappa and the readers' margins (Fleiss, Cohen & Everitt).",
    "Three readers of one study share their people: only one of their pairs is taken; the other "
    "stands in the sensitivity analysis.",
    "Kappa depends on how frequent the finding is, and that of three categories (van Rosmalen) is "
    "another number than that of two.",
)


def main() -> None:
    """One pair of each study; the other pair instead; two categories alone."""
    every = bp.load_dataset("reader_agreement")
    rows = every.where("main", "yes")
    model, _ = bp.association.NormalNormal.for_studies(rows)
    first = [pair != "lowest of three" for pair in every.covariates["pair"]]
    folder = bp.make_report(
        model,
        rows,
        REPORTS / "reader_agreement",
        leave_one_out=True,
        prior_sensitivity=True,
        other_rows={
            "Highest pair of Kwee instead": every.select(first),
            "Two categories alone": [study != "van Rosmalen 2020" for study in rows.study],
        },
        title="Agreement of two readers of brachial plexus neurography",
        question=(
            "How far beyond chance do two readers agree on whether MR neurography of the brachial "
            "plexus is abnormal?"
        ),
        new_within=("0.6,",),
        notes=CARE,
        command="uv run analyses/reader_agreement.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
