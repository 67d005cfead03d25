"""How accurate is nucleic acid amplification for tuberculous pleuritis, if no reference is perfect?

Run: uv run analyses/tb_pleuritis.py

Pools 11 studies with three imperfect reference standards (Pai and others 2004; Dendukuri and others
2012), and writes reports/tb_pleuritis/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
QUESTION = (
    "In people with a pleural effusion, how often does nucleic acid amplification find "
    "tuberculosis (sensitivity), and how often is it negative without it (specificity)?"
)
SENSITIVITY = {
    "culture": (9.2, 13.8),
    "culture or clinical picture": (6.678, 8.162),
    "culture or biopsy": (50.4, 12.6),
}
CARE = (
    "What is assumed of the references is that of Dendukuri and others (2012): sensitivity of "
    "culture 20 to 60 %, with the clinical picture 20 to 70 %, with biopsy 70 to 90 %; specificity "
    "of all 90 to 100 %. Their model (HSROC, probit, uniform priors) gives a sensitivity of 68 % "
    "(51 to 83 %) and a specificity of 99.6 % (98.1 to 100 %).",
    "Culture and amplification both look for the organism. Conditional dependence is among the "
    "other priors.",
)


def main() -> None:
    """Fit and write the report."""
    model = bp.accuracy.LatentClass(
        reference_sens={name: bp.priors.Beta(*ab) for name, ab in SENSITIVITY.items()},
        reference_spec=bp.priors.Beta(71.25, 3.75),
    )
    folder = bp.make_report(
        model,
        bp.load_dataset("tb_pleuritis"),
        REPORTS / "tb_pleuritis",
        title="Nucleic acid amplification for tuberculous pleuritis, against imperfect references",
        question=QUESTION,
        prevalences=(0.3,),
        prior_sensitivity=True,
        notes=CARE,
        command="uv run analyses/tb_pleuritis.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
