"""How accurate is MR neurography for CIDP? Run: uv run analyses/cidp_mrn_accuracy.py

The main analysis takes every usable row: both plexuses of Su 2020 nested in their study, a study
that prints percentages only, and the kind of controls as a covariate, because healthy controls
flatter a test. It writes reports/cidp_mrn_accuracy/; the variants go beside it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespool as bp
from bayespool.accuracy import (
    Bivariate,
    MetaRegression,
    NestedBivariate,
    NestedMetaRegression,
    prior_from_summary,
)
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import Variant, cumulative, other_rows, prior_sensitivity
from bayespool.datasets import comparators

REPORTS = Path(__file__).resolve().parents[1] / "reports"
JUDGEMENTS = Path(__file__).with_name("judgements") / "cidp_mrn_accuracy.toml"
QUESTION = (
    "In people examined for chronic inflammatory demyelinating polyradiculoneuropathy (CIDP), "
    "how often is MR neurography abnormal in those who have it (sensitivity) and normal in those "
    "who do not (specificity)?"
)
CARE = (
    "Su 2020 and Feng 2020 share authors and a hospital: some patients may be in both.",
    "Most studies read the images by eye and one measured diffusion; controls were healthy people "
    "in three studies and patients with other neuropathies in two.",
)
BRACHIAL, SACRAL = "brachial plexus", "lumbosacral plexus"
OUDEMAN = "against segmental SMA"  # its rows assume which groups the printed ranges are of


def write(
    name: str,
    model: Any,
    rows: Any,
    notes: tuple[str, ...],
    *,
    refits: bool = True,
    choices: dict[str, Any] | None = None,
    chosen: Sequence[Variant] = (),
    **more: Any,
) -> None:
    """Fit by both engines and write one report; `choices` are other rows to fit, `chosen` fits."""
    fitted = bp.fit(model, rows, engine="quadrature", ess=10_000)
    if refits:
        more["leave_one_out"] = refit_without_each(fitted)
        more["prior_sensitivity"] = prior_sensitivity(fitted)
    if choices:
        more["other_rows"] = (*chosen, *other_rows(fitted, choices))
    folder = bp.write_report(
        fitted,
        REPORTS / name,
        title="MR neurography for CIDP: diagnostic accuracy",
        question=QUESTION,
        prevalences=(0.1, 0.3, 0.5),
        notes=(*notes, *CARE),
        command="uv run analyses/cidp_mrn_accuracy.py",
        other_engine=bp.fit(model, rows, engine="nuts"),
        **more,
    )
    print(folder / "index.html")


def main() -> None:
    """The main analysis and its variants."""
    every = bp.load_dataset("cidp_mrn")
    analysis, site = every.covariates["analysis"], every.covariates["site"]
    published: dict[str, Any] = {"comparators": comparators("cidp_mrn")}

    both = every.select([a in ("main", "variant", "partial") for a in analysis])
    note = (
        "Both plexuses of Su 2020 are in, as two results of one study. Shah 2020 prints "
        "percentages, which leave one possible table."
    )
    model: Any = NestedMetaRegression(covariates=("control_type",))
    once = MetaRegression(covariates=("control_type",))
    chosen = [
        Variant(
            f"Su 2020: {kept.removesuffix(' plexus')} only",
            bp.fit(once, both.select([s != other for s in both.covariates["site"]]), "quadrature"),
        )
        for kept, other in ((SACRAL, BRACHIAL), (BRACHIAL, SACRAL))
    ]
    shared = replace(model, correlation=1.0)
    chosen.append(Variant("Su 2020: patients of both counted once", bp.fit(shared, both, "auto")))
    printed = [counts != "derived" for counts in both.covariates["counts"]]
    choices = {"Printed counts only": printed}
    write("cidp_mrn_accuracy", model, both, (note,), choices=choices, chosen=chosen,
          judgements=JUDGEMENTS, **published)  # fmt: skip

    for name, left_out in (("complete", BRACHIAL), ("variant", SACRAL)):
        note = (
            "Variant: complete tables only, one row per study, all controls together; Su 2020 "
            f"enters without its {left_out}."
        )
        rows = every.select(
            [
                a in ("main", "variant") and s != left_out
                for a, s in zip(analysis, site, strict=True)
            ]
        )
        fit = bp.fit(Bivariate(), rows, engine="quadrature")
        write(f"cidp_mrn_accuracy_{name}", Bivariate(), rows, (note,), cumulative=cumulative(fit),
              **published)  # fmt: skip

    told = ("main", "variant", "partial", "marker", "marker variant")
    rows = every.select([a in told for a in analysis])
    note = (
        "Variant: also studies that print means or areas under the curve only. These tell how far "
        "apart the groups lie if the measurement is normal in both (binormal link); they do not "
        "tell the threshold."
    )
    model = NestedBivariate(marker="binormal")
    write("cidp_mrn_accuracy_markers", model, rows, (note,), refits=False)

    apart = ("Midroni 1999", "Oudeman 2020", "van Rosmalen 2020")
    rows = every.select(
        [
            study in apart and (a in ("main", "marker") or row.endswith(OUDEMAN))
            for study, a, row in zip(every.study, analysis, every.row, strict=True)
        ]
    )
    priors: dict[str, Any] = dict(prior_from_summary("cidp_mrn", "Chen 2023", rows))
    note = (
        "Variant: the pooled estimate of Chen 2023 (14 studies of quantitative MR neurography) is "
        "the prior, and only studies that cannot be among its own are added: readings by eye."
    )
    write("cidp_mrn_accuracy_chen_prior", Bivariate(**priors, marker="binormal"), rows, (note,))


if __name__ == "__main__":
    main()
