"""Seconds of every model on a reference table of its own, at an effective sample size of 4,000.

``uv run benchmarks/models.py`` writes ``benchmarks/models.csv``. Warm, one process, one run; then
leave-one-out and prior grid of the nested models. Only on a quiet machine do the seconds mean much.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bayespool as bp
from bayespool.accuracy import (
    HSROC,
    Bivariate,
    Comparison,
    LatentClass,
    MetaRegression,
    NestedBivariate,
    NestedMetaRegression,
    SelectionBivariate,
    Thresholds,
    Trivariate,
)
from bayespool.association import (
    PEESE,
    PET,
    BetaBinomial,
    BinomialNormal,
    Nested,
    NormalNormal,
    PrePost,
    Proportion,
    SelectionBeta,
    SelectionExponential,
    SelectionNormal,
)
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import prior_sensitivity
from bayespool.estimands import summarise
from bayespool.priors import Beta, Gamma, ProbabilityInterval
from bayespool.studies import Proportions

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "analyses"))
from mri_finding_outcome import every_result  # noqa: E402

NU = Gamma(2, 0.1)
COLUMNS = ("work", "table", "rows", "seconds", "aim", "smallest_ess", "nodes", "points", "said")


def cidp() -> Any:
    every = bp.load_dataset("cidp_mrn")
    return every.select([a in ("main", "variant", "partial") for a in every.covariates["analysis"]])


def findings() -> Any:
    return every_result(bp.load_dataset("mri_finding_outcome"))


def infections() -> Any:
    """Infections with the usual catheter, as proportions."""
    arms = bp.load_dataset("nielweise2007")
    return Proportions.from_counts(arms.row, arms.e2, arms.n2)


def once(name: str) -> Callable[[], Any]:
    """The first row of every study."""

    def load() -> Any:
        every = bp.load_dataset(name)
        return every.select([every.study.index(study) for study in dict.fromkeys(every.study)])

    return load


def of(name: str) -> Callable[[], Any]:
    return lambda: bp.load_dataset(name)


def trials() -> Any:
    """Log odds ratios of the trials of BCG."""
    return bp.load_dataset("bcg").effects("or")


# what is timed, its model (of the studies), its table, aim in seconds
MODELS: tuple[tuple[str, Callable[[Any], Any], str, Callable[[], Any], float], ...] = (
    ("Bivariate", lambda s: Bivariate(), "csf_tau_dementia", of("csf_tau_dementia"), 2),
    ("Bivariate, Student t", lambda s: Bivariate(nu=NU), "anti_ccp", of("anti_ccp"), 2),
    ("MetaRegression", lambda s: MetaRegression(covariates=("generation",)), "anti_ccp",
     of("anti_ccp"), 2),
    ("MetaRegression, own covariances",
     lambda s: MetaRegression(covariates=("generation",), by="generation"), "anti_ccp",
     of("anti_ccp"), 2),
    ("NestedBivariate", lambda s: NestedBivariate(), "brachial_plexus_readers",
     of("brachial_plexus_readers"), 2),
    ("NestedMetaRegression", lambda s: NestedMetaRegression(covariates=("control_type",)),
     "cidp_mrn", cidp, 2),
    ("Comparison", lambda s: Comparison(), "ascus_hc2_repc", of("ascus_hc2_repc"), 2),
    ("Comparison, shared effects", lambda s: Comparison(shared=True), "ct_mri_cad",
     of("ct_mri_cad"), 2),
    ("Comparison", lambda s: Comparison(), "ct_mri_cad", of("ct_mri_cad"), 2),
    ("HSROC", lambda s: HSROC(), "rheumatoid_factor", of("rheumatoid_factor"), 2),
    ("NormalNormal", lambda s: NormalNormal.for_studies(s)[0], "hackshaw1998", of("hackshaw1998"),
     2),
    ("NormalNormal, Student t", lambda s: NormalNormal.for_studies(s, nu=NU)[0], "hackshaw1998",
     of("hackshaw1998"), 2),
    ("BinomialNormal, odds ratio", lambda s: BinomialNormal(), "nielweise2007", of("nielweise2007"),
     2),
    ("BinomialNormal, risk ratio", lambda s: BinomialNormal(measure="rr"), "nielweise2007",
     of("nielweise2007"), 2),
    ("Proportion", lambda s: Proportion(), "nielweise2007, group 2", infections, 2),
    ("BetaBinomial", lambda s: BetaBinomial(), "nielweise2007, group 2", infections, 2),
    ("Nested", lambda s: Nested.for_studies(s)[0], "konstantopoulos2011", of("konstantopoulos2011"),
     2),
    ("Nested, censored rows", lambda s: Nested.for_studies(s)[0], "mri_finding_outcome", findings,
     5),
    ("PrePost", lambda s: PrePost(), "spine_infection_followup",
     once("spine_infection_followup"), 2),
    ("SelectionNormal", lambda s: SelectionNormal(measure="or"), "bcg", trials, 2),
    ("SelectionExponential", lambda s: SelectionExponential(measure="or"), "bcg", trials, 2),
    ("SelectionBeta", lambda s: SelectionBeta(measure="or"), "bcg", trials, 2),
    ("PET", lambda s: PET(measure="or"), "bcg", trials, 2),
    ("PEESE", lambda s: PEESE(measure="or"), "bcg", trials, 2),
    ("SelectionBivariate", lambda s: SelectionBivariate(seen=0.6), "telomerase", of("telomerase"),
     4),
    ("Thresholds", lambda s: Thresholds(cutoff=50.0), "feno_asthma", of("feno_asthma"), 5),
    ("Thresholds, same spread",
     lambda s: Thresholds(cutoff=50.0, tau_spread_sens=None, tau_spread_spec=None),
     "feno_asthma", of("feno_asthma"), 5),
    ("LatentClass", lambda s: LatentClass(reference_sens=ProbabilityInterval(0.3, 0.9),
                                          reference_spec=Beta(71.25, 3.75)),
     "tb_pleuritis", of("tb_pleuritis"), 5),
    ("Trivariate", lambda s: Trivariate(), "csf_tau_dementia", of("csf_tau_dementia"), 2),
)  # fmt: skip


def timed(work: Callable[[], Any], repeats: int = 3) -> float:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    records = []

    def record(work: str, table: str, fitted: bp.Fit, seconds: float, aim: float) -> None:
        info = fitted.draws.info
        least = min(summarise(n, x, fitted.draws.ancestor).ess
                    for n, x in fitted.draws.hyper.items())  # fmt: skip
        records.append((work, table, len(fitted.studies), f"{seconds:.2f}", f"{aim:g}",
                        f"{least:.0f}", info.get("nodes", ""), info.get("points", ""),
                        "; ".join(fitted.draws.failures)))  # fmt: skip
        print(*records[-1], sep=", ", flush=True)

    for name, build, table, load, aim in MODELS:
        studies = load()
        model = build(studies)
        fitted = bp.fit(model, studies, engine="quadrature")

        def work(model: Any = model, studies: Any = studies) -> object:
            return bp.fit(model, studies, engine="quadrature")

        record(name, table, fitted, timed(work), aim)
        if name in ("NestedMetaRegression", "Nested, censored rows"):
            many = 10.0 if name == "NestedMetaRegression" else 60.0

            def left(fitted: bp.Fit = fitted) -> object:
                return refit_without_each(fitted)

            def grid(fitted: bp.Fit = fitted) -> object:
                return prior_sensitivity(fitted)

            record(f"{name}: leave-one-out", table, fitted, timed(left, 1), many)
            record(f"{name}: prior grid", table, fitted, timed(grid, 1), many)
    with (HERE / "models.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(records)


if __name__ == "__main__":
    main()
