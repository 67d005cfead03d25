"""By how much do nerve measurements differ in CIDP? Run: uv run analyses/cidp_nerve_measurement.py

Standardised mean differences, one pool per measurement, one row per study, results told by a P
value or a direction among them; reports/cidp_nerve_measurement_<measurement>/.
"""

from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
NODES = 41  # a direction with a small standard error is nearly a step
MEASUREMENTS = {  # in the table: (report, what a difference above 0 means)
    "size": ("size", "nerves or roots are larger in CIDP"),
    "fractional anisotropy": ("anisotropy", "fractional anisotropy is lower in CIDP"),
    "signal": ("signal", "signal is higher in CIDP"),
    "apparent diffusion coefficient": ("diffusion", "diffusion is higher in CIDP"),
}
FURTHER = {  # rows that are no main ones
    "size": "With Su 2020 too, whose patients may be those of Su 2021",
    "fractional anisotropy": "With the comparison of van Rosmalen 2021b with motor neuron disease "
    "too, nested in its study",
}
CARE = (
    "Nearly all controls are healthy: a difference from healthy people is not one from people with "
    "other neuropathies.",
    'A result told as "larger" without its P value may have been significant; only its sign is '
    "used.",
    "Some standard deviations may be over roots and not over people (Wu 2020), some group sizes "
    "are assumed (Markvardsen 2016), and Kakuda 2011 prints medians and ranges.",
    "The same people are in the analysis of the accuracy of MR neurography for CIDP: the two are "
    "not independent evidence.",
)


def told(words: str, kind: str, studies: Any, **options: Any) -> str:
    """Fit, and the pooled difference in a sentence."""
    model, _ = getattr(bp.association, kind).for_studies(studies, **options)
    e = bp.fit(model, studies, engine="quadrature", nodes=NODES).estimates["mu"]
    numbers = f"{e.median:.2f} SD (95 % credible interval {e.lower:.2f} to {e.upper:.2f})"
    return f"{words}: {numbers.replace('-', '−')}."


def complete(studies: Any) -> str:
    """The answer of the rows that print numbers; of one such study that study's own."""
    rows = studies.select(~studies.is_partial)
    if len(rows) > 1:
        return told(f"The {len(rows)} studies that print numbers alone", "NormalNormal", rows)
    return told(f"{rows.study[0]} alone prints numbers and by itself gives", "NormalNormal",
                rows, tau=bp.priors.Fixed(0))  # fmt: skip


def write(measurement: str, name: str, above: str) -> None:
    """Fit one measurement by both engines and write its report."""
    every = bp.load_dataset("cidp_nerve_measurement").where("measurement", measurement)
    studies = every.where("analysis", "main")
    notes = [complete(studies)]
    if measurement in FURTHER:
        notes.append(told(FURTHER[measurement], "Nested", every, correlation=0.5))
    print(*notes, sep="\n")
    model, _ = bp.association.NormalNormal.for_studies(studies)
    folder = bp.make_report(
        model,
        studies,
        REPORTS / f"cidp_nerve_measurement_{name}",
        options={"nodes": NODES},
        leave_one_out=True,
        prior_sensitivity=True,
        title=f"{measurement.capitalize()} of nerves in CIDP and in controls",
        question=f"By how many standard deviations do people differ? Above 0 {above}.",
        mid=0.5,
        notes=(*notes, *CARE),
        command="uv run analyses/cidp_nerve_measurement.py",
    )
    print(folder / "index.html")


def main() -> None:
    """Every measurement, side by side."""
    tasks = [(measurement, *of) for measurement, of in MEASUREMENTS.items()]
    bp.each(write, tasks, lanes=[name for name, _ in MEASUREMENTS.values()])
    one = bp.load_dataset("cidp_nerve_measurement").where("measurement", "contrast enhancement")
    fixed = bp.priors.Fixed(0)
    print(told("contrast enhancement, one study", "NormalNormal", one, tau=fixed))


if __name__ == "__main__":
    bp.run(main)
