"""What integrating out study effects costs: nanoseconds per row and draw, by mode, node and point.

``uv run benchmarks/integration.py`` prints the table that the constants of ``engines/rule.py`` are
from. Only ratios mean anything; seconds are of the processor, the least of several.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, Comparison, NestedBivariate
from bayespool.engines.mode import posterior_mode
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.points import Points
from bayespool.priors import Gamma

DRAWS, REPEATS = 2_000, 5
CASES = {
    "bivariate": (Bivariate(), "csf_tau_dementia"),
    "bivariate, 37 studies": (Bivariate(), "anti_ccp"),
    "Student t": (Bivariate(nu=Gamma(2, 0.1)), "anti_ccp"),
    "HSROC": (HSROC(), "rheumatoid_factor"),
    "comparison": (Comparison(), "ascus_hc2_repc"),
    "readers": (NestedBivariate(), "brachial_plexus_readers"),
}


def nanoseconds(work: Callable[[], object], h: Hierarchy) -> float:
    work()
    least = np.inf
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        least = min(least, time.process_time() - started)
    return least * 1e9 / DRAWS / len(h.Z)


def main() -> None:
    print("| case | mode | a point | a node | mode in nodes | point in nodes |")
    print("|---|---|---|---|---|---|")
    for name, (model, dataset) in CASES.items():
        h = model.hierarchy(bp.load_dataset(dataset).by_study())
        mode, cov = posterior_mode(h)
        rng = np.random.default_rng(0)
        theta = mode[:, None] + np.linalg.cholesky(cov) @ rng.standard_normal((len(mode), DRAWS))

        def at(rule: int | Points, h: Hierarchy = h, theta: np.ndarray = theta) -> float:
            return nanoseconds(lambda: h.log_likelihood(theta, rule), h)

        laplace = at(1)
        point = (at(Points(16, rng)) - at(Points(4, rng))) / 12.0
        row = [f"{laplace:.0f}", f"{point:.0f}", "", "", ""]
        if h.within is None and h.freedom_prior is None:
            node = (at(7) - laplace) / float(np.mean(7.0 ** (h.rows.depth + 1.0)))
            row[2:] = [f"{node:.0f}", f"{laplace / node:.1f}", f"{point / node:.1f}"]
        print(f"| {name} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
