"""Which of three tests finds cervical precancer best?

Run: uv run analyses/cervical_network.py

Compares an HPV test, liquid-based and conventional cytology in a network of 17 studies (Nyaga and
Arbyn 2023), and writes reports/cervical_network/.
"""

from pathlib import Path

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
NAMES = {
    "HC2": "HPV test (HC2)", "LBC": "liquid-based cytology", "CC": "conventional cytology",
}  # fmt: skip
QUESTION = (
    "In women who are screened, how often do an HPV test, liquid-based cytology and conventional "
    "cytology find cervical precancer (sensitivity), and how often are they negative without it "
    "(specificity)?"
)
CARE = (
    "Published, by maximum likelihood with one variance of tests within studies: ratio of "
    "sensitivities of the HPV test to liquid-based cytology 1.18 (1.06 to 1.31), to conventional "
    "cytology 1.46 (1.20 to 1.76); of specificities 0.97 (0.93 to 1.02) and 0.94 (0.90 to 0.97). "
    "The tables here have their inverses.",
    "In the only two studies of all three tests (Clavel 2001, de Cremoux 2003) the tests were used "
    "in different numbers of women, so that even the direct comparison of the two cytologies is "
    "not one of the same women.",
)


def main() -> None:
    """Fit and write the report."""
    folder = bp.make_report(
        bp.accuracy.Comparison(),
        bp.load_dataset("hpv_cytology_network").relabel({"test": NAMES}),
        REPORTS / "cervical_network",
        engine="quadrature",
        title="Three tests for cervical precancer",
        question=QUESTION,
        prevalences=(0.01,),
        node_splitting=True,
        notes=CARE,
        command="uv run analyses/cervical_network.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
