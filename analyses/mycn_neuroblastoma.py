"""Does MYC-N foretell survival in neuroblastoma? Run: uv run analyses/mycn_neuroblastoma.py

Overall survival, one hazard ratio a study; disease-free survival stands beside it. Studies that
print both are of the same children and are never in one analysis twice.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
CARE = (
    "Seventeen studies print both outcomes of the same children. Here each outcome is analysed by "
    "itself; how outcomes of one study go together is not printed, and a joint model could borrow "
    "from one for the other.",
    "Which hazard ratios are adjusted is not told. Studies that print one may be those that found "
    "one.",
)


def main() -> None:
    """Overall survival, and the same question of disease-free survival."""
    every = bp.load_dataset("mycn_neuroblastoma")
    rows = every.where("outcome", "OS")
    model, _ = bp.association.NormalNormal.for_studies(rows)
    folder = bp.make_report(
        model,
        rows,
        REPORTS / "mycn_neuroblastoma",
        leave_one_out=True,
        prior_sensitivity=True,
        other_rows={
            "Disease-free survival instead": every.where("outcome", "DFS"),
            "Without the ratio of 299": [study != "Study 17" for study in rows.study],
        },
        title="MYC-N and overall survival in neuroblastoma",
        question=(
            "Do children with neuroblastoma die sooner if their tumour has amplified MYC-N? A "
            "hazard ratio above 1 says sooner."
        ),
        groups=("MYC-N amplified", "not amplified"),
        mid=1.5,
        notes=CARE,
        command="uv run analyses/mycn_neuroblastoma.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
