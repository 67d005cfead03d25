"""How accurate is MR neurography for CIDP? Run: uv run analyses/cidp_mrn_accuracy.py

The main analysis takes every usable row: both plexuses of Su 2020 nested in their study, a study
that prints percentages only, and the kind of controls as a covariate, because healthy controls
flatter a test. It writes reports/cidp_mrn_accuracy/; the variants go beside it.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespool as bp

REPORTS = Path(__file__).resolve().parents[1] / "reports"
JUDGEMENTS = Path(__file__).with_name("judgements") / "cidp_mrn_accuracy.toml"
QUESTION = (
    "In people examined for chronic inflammatory demyelinating polyradiculoneuropathy (CIDP), "
    "how often is MR neurography abnormal in those who have it (sensitivity) and normal in those "
    "who do not (specificity)?"
)
MAIN = "cidp_mrn_accuracy"
TITLE = "MR neurography for CIDP: diagnostic accuracy"
ALSO = {  # variant: what its title adds, and its question
    "complete": ("complete tables, lumbosacral plexus", "with complete tables only, Su 2020 by its "
                 "lumbosacral plexus, and all controls together"),
    "variant": ("complete tables, brachial plexus", "with complete tables only, Su 2020 by its "
                "brachial plexus, and all controls together"),
    "markers": ("with studies of measurements", "with studies that print means or areas under the "
                "curve only"),
    "chen_prior": ("Chen 2023 as prior", "starting from the pooled estimate of Chen 2023"),
}  # fmt: skip
CARE = (
    "Su 2020 and Feng 2020 share authors and a hospital: some patients may be in both.",
    "Most studies read the images by eye and one measured diffusion; controls were healthy people "
    "in three studies and patients with other neuropathies in two.",
)
CONTROLS = {"healthy": "healthy controls", "disease mimics": "disease-mimic controls"}
BRACHIAL, SACRAL = "brachial plexus", "lumbosacral plexus"
OUDEMAN = "against segmental SMA"  # its rows assume which groups the printed ranges are of
APART = ("Midroni 1999", "Oudeman 2020", "van Rosmalen 2020")
TOLD = ("main", "variant", "partial", "marker", "marker variant")
MARKERS = (
    "Variant: also studies that print means or areas under the curve only. These tell how far "
    "apart the groups lie if the measurement is normal in both (binormal link); they do not "
    "tell the threshold."
)
CHEN = (
    "Variant: the pooled estimate of Chen 2023 (14 studies of quantitative MR neurography) is "
    "the prior, and only studies that cannot be among its own are added: readings by eye."
)


def titles(name: str) -> dict[str, Any]:
    """Title and question of a report, and of a variant its main report."""
    if name == MAIN:
        return {"title": TITLE, "question": QUESTION}
    title, question = ALSO[name.removeprefix(f"{MAIN}_")]
    return {
        "title": f"{TITLE}, {title}",
        "question": f"How accurate is MR neurography for CIDP, {question}?",
        "variant_of": (TITLE, f"../{MAIN}/index.html"),
    }


def write(name: str, model: Any, rows: Any, note: str, more: dict[str, Any]) -> None:
    """Fit by both engines and write one report."""
    folder = bp.make_report(
        model,
        rows,
        REPORTS / name,
        options={"ess": 10_000},
        **titles(name),
        prevalences=(0.1, 0.3, 0.5),
        notes=(note, *CARE),
        command="uv run analyses/cidp_mrn_accuracy.py",
        **more,
    )
    print(folder / "index.html")


def main_analysis(every: Any, more: dict[str, Any]) -> None:
    """All usable rows, and what they say in other selections."""
    both = every.select([a in ("main", "variant", "partial") for a in every.covariates["analysis"]])
    model = bp.accuracy.NestedMetaRegression(covariates=("control_type",))
    once = bp.accuracy.MetaRegression(covariates=("control_type",))
    others: dict[str, Any] = {
        f"Su 2020: {kept.removesuffix(' plexus')} only": (
            once, both.select([s != other for s in both.covariates["site"]])
        )
        for kept, other in ((SACRAL, BRACHIAL), (BRACHIAL, SACRAL))
    }  # fmt: skip
    once_each = replace(model, correlation=1.0)
    others["Su 2020: patients of both counted once"] = (once_each, both)
    others["Printed counts only"] = [counts != "derived" for counts in both.covariates["counts"]]
    note = (
        "Both plexuses of Su 2020 are in, as two results of one study. Shah 2020 prints "
        "percentages, which leave one possible table."
    )
    more = more | {"other_rows": others, "judgements": JUDGEMENTS}
    write("cidp_mrn_accuracy", model, both, note, more)


def variants(every: Any, refits: dict[str, Any], published: dict[str, Any]) -> list[tuple]:
    """Arguments of `write` for every variant."""
    marked = list(zip(every.study, every.covariates["analysis"], every.row, strict=True))
    out: list[tuple[Any, ...]] = []
    for name, left_out in (("complete", BRACHIAL), ("variant", SACRAL)):
        kept = [
            a in ("main", "variant") and site != left_out
            for (_, a, _), site in zip(marked, every.covariates["site"], strict=True)
        ]
        note = (
            "Variant: complete tables only, one row per study, all controls together; Su 2020 "
            f"enters without its {left_out}."
        )
        more = refits | published | {"cumulative": True}
        model = bp.accuracy.Bivariate()
        out.append((f"cidp_mrn_accuracy_{name}", model, every.select(kept), note, more))
    nested = bp.accuracy.NestedBivariate(marker="binormal")
    rows = every.select([a in TOLD for _, a, _ in marked])
    out.append(("cidp_mrn_accuracy_markers", nested, rows, MARKERS, {}))
    rows = every.select(
        [
            study in APART and (a in ("main", "marker") or row.endswith(OUDEMAN))
            for study, a, row in marked
        ]
    )
    priors: Any = bp.accuracy.prior_from_summary("cidp_mrn", "Chen 2023", rows)
    by_chen = bp.accuracy.Bivariate(**priors, marker="binormal")
    return [*out, ("cidp_mrn_accuracy_chen_prior", by_chen, rows, CHEN, refits)]


def main() -> None:
    """The main analysis, then its variants side by side."""
    every = bp.load_dataset("cidp_mrn").relabel({"control_type": CONTROLS})
    refits = {"leave_one_out": True, "prior_sensitivity": True}
    published = {"comparators": bp.datasets.comparators("cidp_mrn")}
    main_analysis(every, refits | published)
    others = variants(every, refits, published)
    bp.each(write, others, lanes=[name for name, *_ in others])


if __name__ == "__main__":
    bp.run(main)
