"""Side-by-side timings against the peers a user would pick instead.

One command, one machine, one run: ``uv run benchmarks/run.py`` writes ``benchmarks/results.json``
Only the ratios mean anything. Peers that are not installed are skipped with a sentence
(Debian: jags r-cran-rjags r-cran-lme4 r-cran-metafor r-cran-metadat).
"""

from __future__ import annotations

import csv
import json
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.engines import quadrature
from bayespool.estimands import summarise

HERE = Path(__file__).resolve().parent
ESS = 4_000
REPEATS = 9


def median_time(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median seconds of a warm call."""
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def rscript(script: str, *arguments: str) -> str | None:
    """Output of an R script of this folder, or None where R or a package is missing."""
    if shutil.which("Rscript") is None:
        return None
    done = subprocess.run(
        ["Rscript", str(HERE / script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"skipped: {script} ({done.stderr.strip().splitlines()[-1]})", file=sys.stderr)
        return None
    return done.stdout.strip()


def write_counts(name: str, folder: Path) -> Path:
    studies = bp.load_dataset(name)
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tp", "fp", "fn", "tn"])
        writer.writerows(zip(studies.tp, studies.fp, studies.fn, studies.tn, strict=True))
    return path


def smallest_ess(fitted: bp.Fit) -> float:
    return min(summarise(n, x, fitted.draws.ancestor).ess for n, x in fitted.draws.hyper.items())


def nutpie_refit(name: str) -> tuple[float, float]:
    """Seconds of a refit without recompiling until the smallest ESS is reached, and that ESS."""
    import nutpie
    from arviz_stats.base import array_stats

    model = bp.accuracy.Bivariate()
    studies = bp.load_dataset(name)
    compiled = nutpie.compile_pymc_model(model.build(studies))
    names = model.hierarchy(studies).names

    def sample(draws: int) -> float:
        tree = nutpie.sample(compiled, draws=draws, tune=1_000, chains=4, seed=1,
                             target_accept=0.9, progress_bar=False, save_warmup=False)  # fmt: skip
        return min(float(array_stats.ess(tree.posterior[n].values, method="mean")) for n in names)

    draws = 1_000
    while (ess := sample(draws)) < ESS and draws < 64_000:
        draws = int(draws * max(1.1, 1.05 * ESS / ess))
    return median_time(lambda: sample(draws), 3), ess


def simulated(k: int) -> bp.AccuracyStudies:
    rng = np.random.default_rng(k)
    u = rng.multivariate_normal([1.2, 1.8], [[0.5, -0.15], [-0.15, 0.6]], k)
    p = 1.0 / (1.0 + np.exp(-u))
    n1, n2 = rng.integers(10, 150, k), rng.integers(10, 150, k)
    tp, tn = rng.binomial(n1, p[:, 0]), rng.binomial(n2, p[:, 1])
    return bp.AccuracyStudies.from_counts([f"S{i}" for i in range(k)], tp, n2 - tn, n1 - tp, tn)


def association(folder: Path, record: Callable[..., None]) -> None:
    """Normal-normal, exact binomial and leave-one-out, beside metafor's point fits."""
    from bayespool.association import BinomialNormal, NormalNormal

    arms, smoke = bp.load_dataset("bcg"), bp.load_dataset("hackshaw1998")
    path = folder / "hackshaw.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["estimate", "se"])
        writer.writerows(zip(smoke.estimate, smoke.se, strict=True))
    peer = rscript("association_metafor.R", str(path))
    rma, glmm, left = (None, None, None) if peer is None else tuple(map(float, peer.split(",")))
    effects, normal = arms.effects("rr"), NormalNormal(measure="rr")
    seconds = median_time(lambda: bp.fit(normal, effects, engine="quadrature").estimates["mu"])
    record("normal-normal BCG, full posterior, warm", seconds, "metafor rma, REML", rma, "1x")
    exact = BinomialNormal()
    seconds = median_time(lambda: bp.fit(exact, arms, engine="quadrature"))
    record("exact BCG odds ratio, warm", seconds, "metafor rma.glmm CM.EL", glmm, "10x")
    fitted = bp.fit(NormalNormal(measure="or"), smoke, engine="quadrature")
    seconds = median_time(lambda: refit_without_each(fitted, ESS), 5)
    record("leave-one-out of hackshaw1998, 37 refits", seconds, "metafor leave1out", left, "1x")


def main() -> None:
    rows: list[dict[str, Any]] = []

    def record(work: str, ours: float, peer: str, theirs: float | None, aim: str) -> None:
        ratio = None if theirs is None else theirs / ours
        rows.append({"work": work, "peer": peer, "ours_seconds": ours, "peer_seconds": theirs,
                     "peer_over_ours": ratio, "aim": aim})  # fmt: skip
        told = "skipped" if ratio is None else f"{ratio:.1f}x"
        print(f"{work}: {ours:.3f} s, {peer}: {theirs} s, {told} (aim {aim})", flush=True)

    model = bp.accuracy.Bivariate()
    csf, ccp = bp.load_dataset("csf_tau_dementia"), bp.load_dataset("anti_ccp")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        csf_csv, ccp_csv = write_counts(csf.name, folder), write_counts(ccp.name, folder)

        fitted = bp.fit(model, csf, engine="quadrature")
        assert smallest_ess(fitted) > 0.9 * ESS, smallest_ess(fitted)
        warm = median_time(lambda: bp.fit(model, csf, engine="quadrature"))
        jags = rscript("bivariate_jags.R", str(csf_csv), str(ESS))
        record("csf_tau_dementia, warm", warm, "JAGS", _first(jags), "40x")

        command = [shutil.which("bayespool") or "bayespool", "accuracy", "csf_tau_dementia",
                   "--engine", "quadrature", "--json"]  # fmt: skip
        cold = median_time(lambda: subprocess.run(command, check=True, capture_output=True), 5)
        peer = None
        if jags is not None:
            peer = median_time(lambda: rscript("bivariate_jags.R", str(csf_csv), str(ESS)), 3)
        record("csf_tau_dementia, cold process", cold, "Rscript and rjags, cold", peer,
               "2.5x (0.4 of its time)")  # fmt: skip

        seconds, _ = nutpie_refit(csf.name)
        record("csf_tau_dementia, warm", warm, "PyMC/nutpie without recompiling", seconds, "12x")
        record("csf_tau_dementia, warm", warm, "lme4::glmer point fit",
               _first(rscript("bivariate_glmer.R", str(csf_csv))), "1x")  # fmt: skip

        association(folder, record)

        whole = bp.fit(model, ccp, engine="quadrature")
        ours = median_time(lambda: refit_without_each(whole, ESS), 3)
        peer = _first(rscript("bivariate_jags.R", str(ccp_csv), str(ESS), "all"))
        record("leave-one-out of anti_ccp, 37 refits", ours, "37 JAGS runs", peer, "100x")

    scaling = []
    for k in (10, 100, 1_000, 5_000):
        studies = simulated(k)
        hierarchy = model.hierarchy(studies)
        started = time.perf_counter()
        result = quadrature.sample(hierarchy, 1)
        seconds = time.perf_counter() - started
        scaling.append({
            "studies": k, "seconds": seconds, "milliseconds_per_study": 1e3 * seconds / k,
            "nodes": result.nodes, "node_error": result.node_error, "pareto_k": result.pareto_k,
            "efficiency": result.efficiency,
            "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        })  # fmt: skip
        print(scaling[-1], flush=True)
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    (HERE / "results.json").write_text(
        json.dumps({"machine": machine, "rows": rows, "scaling": scaling}, indent=1) + "\n"
    )


def _first(text: str | None) -> float | None:
    return None if text is None else float(text.split(",")[0])


if __name__ == "__main__":
    main()
