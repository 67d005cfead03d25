"""How do three readers of the brachial plexus do? Run: uv run analyses/brachial_plexus_readers.py

One study, three readers of the same people, printed as ranges: the readers are nested in the study,
and reports/brachial_plexus_readers/ says what the study itself tells apart from what the priors do.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
CARE = (
    "One study: how much studies differ is known from the priors alone, and so is most of what the "
    "page says of pooled accuracy, of a new study and of a new reader. It is no pool.",
    "Printed are ranges over three readers: one reader has the lowest sensitivity and one the "
    "highest, and which specificity is whose is not known. Every table in the range is possible.",
    "The three readers saw the same 60 people and enter as if each had people of his own: the "
    "intervals of the average reader are too narrow. One reader alone counts people once.",
    "The reference standard was a review of the same images, and the number of abnormal scans was "
    "chosen by design.",
)


def percent(values: Any) -> str:
    """Median and 95 % interval of proportions in words."""
    import numpy as np  # here, so that the first line is out before it is loaded

    low, mid, high = (f"{100 * x:.0f}" for x in np.quantile(values, [0.025, 0.5, 0.975]))
    return f"{mid} % ({low} to {high} %)"


def main() -> None:
    """Fit by both engines, and write the report."""
    readers = bp.load_dataset("brachial_plexus_readers")
    fitted = bp.fit(bp.accuracy.NestedBivariate(), readers, engine="both", ess=2_000)
    bp.print_answer(fitted)
    between = readers.where("reader", "in between")
    one = bp.fit(bp.accuracy.Bivariate(), between, engine="quadrature")
    # the mean over the readers of the study, draw by draw
    average = {name: draws.mean(axis=0) for name, draws in fitted.study_samples.items()}
    spread = {name: draws.max(0) - draws.min(0) for name, draws in fitted.study_samples.items()}
    notes = (
        "What this study tells, the average of its three readers: sensitivity "
        f"{percent(average['sens'])}, specificity {percent(average['spec'])}, with 95 % credible "
        f"intervals; the best and the worst reader differ by {percent(spread['sens'])} in "
        f"sensitivity and {percent(spread['spec'])} in specificity.",
        "One of its readers, anywhere in the printed ranges, with each of the 60 people counted "
        f"once: sensitivity {percent(one.study_samples['sens'])}, specificity "
        f"{percent(one.study_samples['spec'])}.",
    )
    print(*notes, sep="\n")
    folder = bp.write_report(
        fitted,
        REPORTS / "brachial_plexus_readers",
        title="MR neurography of the brachial plexus: three readers of one study",
        question=(
            "How often do readers call MR neurography abnormal in people with an abnormal brachial "
            "plexus (sensitivity) and normal in people without (specificity), and how much do "
            "readers differ?"
        ),
        notes=(*notes, *CARE),
        command="uv run analyses/brachial_plexus_readers.py",
    )
    print(folder / "index.html")


if __name__ == "__main__":
    bp.run(main)
