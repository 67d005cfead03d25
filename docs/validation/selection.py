"""Models of publication bias: calibration, engines, and simulated reviews that were selected.

``uv run docs/validation/selection.py calibration|engines|reviews`` writes
``selection_calibration.csv`` (parameters from the priors, seen studies from the model, ranks),
``selection_engines.csv`` (posterior means by quadrature and by NUTS on tables that are kept) or
``selection_reviews.csv`` (tables of counts, seen by the t statistic that a journal sees, and what
every model says of the test). Five to fifteen minutes each; a quick test holds the kept results.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from page import render
from scipy import stats
from scipy.special import expit, ndtr

import bayespool as bp
from bayespool.accuracy import Bivariate, SelectionBivariate
from bayespool.accuracy.selection import logits
from bayespool.association import PET, SelectionExponential, SelectionNormal
from bayespool.datasets import resolve_association
from bayespool.engines import quadrature
from bayespool.numerics.likelihoods import Gaussian
from bayespool.priors import Beta, HalfNormal, Normal
from bayespool.studies import AccuracyStudies, Effects

HERE = Path(__file__).resolve().parent
ESS = 800
TABLES = 80  # of each model's calibration
REVIEWS = 12  # of each way to be seen
K = 20  # studies of a table
OWN = {"mu": Normal(0, 1), "tau": HalfNormal(0.5)}
EFFECTS = {
    "SelectionNormal": SelectionNormal(**OWN),
    "SelectionExponential": SelectionExponential(**OWN),
    "PET": PET(**OWN),
}
ACCURACY = SelectionBivariate(seen=Beta(2, 1))


def drawn_again(hierarchy: Any, rng: np.random.Generator) -> tuple[dict[str, float], Any]:
    """Hyperparameters from the prior, and the hierarchy of seen studies drawn with them."""
    theta = hierarchy.draw_prior(1, rng)
    effects = hierarchy.new_studies(theta, rng)
    y = hierarchy.simulate(theta, effects, rng)[:, 0]
    se, selection = hierarchy.likelihood.se, hierarchy.selection
    if hasattr(selection, "row_se"):
        total = y.reshape(-1, 2).sum(axis=1)
        selection = replace(selection, t=total / np.hypot(*selection.row_se.T))
    elif selection is not None:
        selection = replace(selection, z=selection.sign * y / se)
    truth = {name: float(x[0]) for name, x in hierarchy.natural(theta).items()}
    return truth, replace(hierarchy, likelihood=Gaussian(y, se), selection=selection)


def calibration() -> list[dict[str, Any]]:
    """Shares of posterior draws below the truth, tested for uniformity parameter by parameter."""
    rng = np.random.default_rng(17)
    se = np.exp(rng.normal(-1.2, 0.5, K))
    table = {"study": [f"S{i}" for i in range(K)], "estimate": [0.0] * K, "se": se.tolist()}
    n1, n2 = rng.integers(15, 150, K), rng.integers(15, 150, K)
    tables = {name: model.hierarchy(Effects.from_table(table, measure="generic"))
              for name, model in EFFECTS.items()}  # fmt: skip
    half = AccuracyStudies.from_counts(table["study"], n1 // 2, n2 // 2, n1 - n1 // 2, n2 - n2 // 2)
    tables["SelectionBivariate"] = ACCURACY.hierarchy(half)
    out = []
    for model, hierarchy in tables.items():
        ranks: dict[str, list[float]] = {name: [] for name in hierarchy.names}
        failed = 0
        for i in range(TABLES):
            truth, one = drawn_again(hierarchy, rng)
            found = quadrature.sample(one, i, ESS)
            failed += bool(found.failures)
            for name, draws in one.natural(found.theta).items():
                ranks[name].append(float(np.mean(draws < truth[name])))
        for name, shares in ranks.items():
            u = np.array(shares)
            out.append({
                "model": model, "parameter": name, "tables": TABLES, "failed": failed,
                "ks_p": f"{stats.kstest(u, 'uniform').pvalue:.4f}",
                "held_95": f"{np.mean(abs(u - 0.5) < 0.475):.4f}",
                "held_50": f"{np.mean(abs(u - 0.5) < 0.25):.4f}",
            })  # fmt: skip
        print(model, flush=True)
    return out


def engines() -> list[dict[str, Any]]:
    """Means of every hyperparameter by both engines, in combined Monte Carlo errors."""
    smoking = resolve_association("hackshaw1998", "or")
    telomerase = bp.load_dataset("telomerase")
    kinds = (SelectionNormal, PET)
    cases: list[tuple[Any, Any]] = [(kind.for_studies(smoking)[0], smoking) for kind in kinds]
    cases += [(SelectionBivariate(seen=0.6), telomerase)]
    out = []
    for model, studies in cases:
        a = bp.fit(model, studies, engine="quadrature")
        b = bp.fit(model, studies, engine="nuts")
        for name in a.hierarchy.names:
            both = [one.estimates[name] for one in (a, b) if name in one.estimates]
            if len(both) == 2:
                first, second = both
                z = (first.mean - second.mean) / np.hypot(first.mcse, second.mcse)
                out.append({
                    "model": type(model).__name__, "table": studies.name, "parameter": str(name),
                    "quadrature": f"{first.mean:.5f}", "nuts": f"{second.mean:.5f}",
                    "z": f"{z:.2f}", "failed": len(a.draws.failures) + len(b.draws.failures),
                })  # fmt: skip
        print(repr(model), flush=True)
    return out


TRUE = {"logit_sens": 1.4, "logit_spec": 1.8}
SD = (0.6, 0.6)
MODELS = {
    "counts, no selection": Bivariate(),
    "60 % seen, pooled errors": SelectionBivariate(seen=0.6),
    "60 % seen, own errors": SelectionBivariate(seen=0.6, errors="own"),
    "unknown share, pooled errors": ACCURACY,
}
STRENGTH, INTERCEPT = 1.0, -4.5  # of these 60 % are seen


def reviewed(selected: bool, rng: np.random.Generator) -> tuple[AccuracyStudies, float]:
    """A review of K seen studies, and the share that they are of all that were made."""
    kept: list[tuple[int, ...]] = []
    made = 0
    while len(kept) < K:
        made += 1
        n = np.exp(rng.normal(3.6, 0.7, 2)).round().astype(int) + 8
        p = expit(np.array(list(TRUE.values())) + rng.normal(0.0, SD))
        tp, tn = rng.binomial(n, p)
        one = AccuracyStudies.from_counts(["A"], [tp], [n[1] - tn], [n[0] - tp], [tn])
        y, se = logits(one, "own")
        seen = ndtr(INTERCEPT + STRENGTH * float(y.sum() / np.hypot(*se[0])))
        if not selected or rng.random() < seen:
            kept.append((tp, n[1] - tn, n[0] - tp, tn))
    names = [f"S{i}" for i in range(K)]
    return AccuracyStudies.from_counts(names, *np.array(kept).T), K / made


def reviews() -> list[dict[str, Any]]:
    """Bias and coverage of the pooled logits and of the log odds ratio."""
    out = []
    truth = TRUE | {"log_dor": sum(TRUE.values())}
    for way, selected in (("by t, 60 % seen", True), ("all", False)):
        errors: dict[tuple[str, str], list[float]] = {}
        held: dict[tuple[str, str], list[bool]] = {}
        failed = dict.fromkeys(MODELS, 0)
        shares = []
        for i in range(REVIEWS):
            studies, share = reviewed(selected, np.random.default_rng([7, selected, i]))
            shares.append(share)
            for name, model in MODELS.items():
                fitted = bp.fit(model, studies, engine="quadrature", seed=i, ess=ESS)
                failed[name] += bool(fitted.draws.failures)
                s = fitted.samples
                draws = {n: s[n] for n in TRUE} | {"log_dor": np.log(s["dor"])}
                for what, x in draws.items():
                    low, median, high = np.quantile(x, [0.025, 0.5, 0.975])
                    errors.setdefault((name, what), []).append(float(median - truth[what]))
                    held.setdefault((name, what), []).append(bool(low < truth[what] < high))
        for (name, what), e in errors.items():
            out.append({
                "seen": way, "share": f"{np.mean(shares):.3f}", "model": name, "estimand": what,
                "reviews": REVIEWS, "failed": failed[name], "bias": f"{np.mean(e):.4f}",
                "bias_error": f"{np.std(e, ddof=1) / np.sqrt(REVIEWS):.4f}",
                "coverage": f"{np.mean(held[name, what]):.4f}",
            })  # fmt: skip
        print(way, flush=True)
    return out


def main() -> None:
    """One part, written and rendered."""
    parts = {"calibration": calibration, "engines": engines, "reviews": reviews}
    if len(sys.argv) != 2 or sys.argv[1] not in parts:
        raise SystemExit(f"allowed: {', '.join(parts)}")
    rows = parts[sys.argv[1]]()
    with (HERE / f"selection_{sys.argv[1]}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    render()


if __name__ == "__main__":
    main()
