"""Networks of tests: the model of metadta, its likelihood by brute force, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from reference_data import reference_rows
from scipy import special

import bayespool as bp
from bayespool.accuracy import Comparison
from bayespool.accuracy.networks import Network
from bayespool.hierarchy import Hierarchy
from bayespool.studies import AccuracyStudies

TESTS = ("HC2", "LBC", "CC")
NODES = 9  # doubling them moves the log likelihood by less than 1e-4
DENSE = -359.848  # at the published estimates, by a grid over all effects; docs/networks.md


@pytest.fixture(scope="module")
def hpv() -> AccuracyStudies:
    return bp.load_dataset("hpv_cytology_network").by_study()


@pytest.fixture(scope="module")
def published() -> dict[str, tuple[float, float]]:
    """Estimates of metadta with their standard errors."""
    return {r["quantity"]: (float(r["value"]), float(r["se"] or "nan"))
            for r in reference_rows("hpv_cytology_network")}  # fmt: skip


def natural(of: dict[str, float]) -> dict[str, np.ndarray]:
    """Our hyperparameters from the published ones."""
    sens, spec = np.sqrt(of["var study sens"]), np.sqrt(of["var study spec"])
    found = {f"logit_{m}[{t}]": of[f"logit {m} {t}"] for m in ("sens", "spec") for t in TESTS}
    found |= {"tau_sens": sens, "tau_spec": spec, "rho": of["cov study"] / (sens * spec),
              "tau_within": np.sqrt(of["var test in study"])}  # fmt: skip
    return {name: np.array([value]) for name, value in found.items()}


def as_published(draws: dict[str, np.ndarray]) -> dict[str, float]:
    """The published parameters from ours."""
    of = {name: float(x[0]) for name, x in draws.items()}
    found = {f"logit {m} {t}": of[f"logit_{m}[{t}]"] for m in ("sens", "spec") for t in TESTS}
    return found | {
        "var study sens": of["tau_sens"] ** 2, "var study spec": of["tau_spec"] ** 2,
        "cov study": of["rho"] * of["tau_sens"] * of["tau_spec"],
        "var test in study": of["tau_within"] ** 2,
    }  # fmt: skip


def newton(h: Hierarchy, theta: np.ndarray, step: float = 0.05) -> np.ndarray:
    """One step up the exact log likelihood, from differences."""
    d = len(theta)
    pairs = [(i, j) for i in range(d) for j in range(i)]
    moves = np.concatenate([np.zeros((1, d)), np.eye(d), -np.eye(d),
                            [np.eye(d)[i] + np.eye(d)[j] for i, j in pairs]])  # fmt: skip
    f = h.total_log_likelihood(theta + step * moves.T, NODES)
    up, down = f[1 : 1 + d], f[1 + d : 1 + 2 * d]
    curvature = np.diag((up - 2.0 * f[0] + down) / step**2)
    for (i, j), both in zip(pairs, f[1 + 2 * d :], strict=True):
        curvature[i, j] = curvature[j, i] = (both - up[i] - up[j] + f[0]) / step**2
    return theta - np.linalg.solve(curvature, (up - down) / (2.0 * step))[:, None]


def test_the_mode_under_flat_priors_is_that_of_metadta(hpv, published):
    """Nyaga & Arbyn (2023), Res Synth Methods 14:544-562: ten estimates by maximum likelihood.

    Their integration (7 points, whose inner nodes stay where the joint mode is) is 25 off in the
    log likelihood and moves the variances by a fifth of their standard errors.
    """
    h = Comparison(structure="common").hierarchy(hpv)
    start = h.unconstrained(natural({name: value for name, (value, _) in published.items()}))
    theta = start
    for _ in range(3):
        theta = newton(h, theta)
    ours = as_published(h.natural(theta))
    assert len(ours) == 10
    for name, value in ours.items():
        estimate, error = published[name]
        close = 0.035 if name.startswith("var") else 0.02
        assert value == pytest.approx(estimate, abs=close), name
        assert abs(value - estimate) < 0.25 * error, name
    at_theirs, at_ours = (h.total_log_likelihood(x, NODES)[0] for x in (start, theta))
    assert at_theirs == pytest.approx(DENSE, abs=1e-3)
    assert at_theirs < at_ours < at_theirs + 0.1


def dense(studies: AccuracyStudies, of: dict[str, float], points: int = 81) -> float:
    """The log likelihood with all effects summed over evenly spaced grids, in plain NumPy."""
    grid, inner = np.linspace(-5, 5, points), np.linspace(-6, 6, 4 * points)
    weight, inner_weight = (
        -0.5 * x * x + np.log((x[1] - x[0]) / np.sqrt(2 * np.pi)) for x in (grid, inner)
    )
    cov = np.array([[of["var study sens"], of["cov study"]],
                    [of["cov study"], of["var study spec"]]])  # fmt: skip
    factor, within = np.linalg.cholesky(cov), np.sqrt(of["var test in study"])
    first, second = np.meshgrid(grid, grid, indexing="ij")
    effects = {"sens": factor[0, 0] * first, "spec": factor[1, 0] * first + factor[1, 1] * second}
    terms = dict.fromkeys(studies.study, weight[:, None] + weight)
    counts = {"sens": (studies.tp, studies.n_diseased), "spec": (studies.tn, studies.n_healthy)}
    for i, (study, test) in enumerate(zip(studies.study, studies.covariates["test"], strict=True)):
        for margin, effect in effects.items():
            y, n = (int(x[i]) for x in counts[margin])
            at, back = np.unique(effect.round(6), return_inverse=True)
            eta = of[f"logit {margin} {test}"] + at[:, None] + within * inner
            ways = special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)
            row = ways + y * eta - n * np.logaddexp(0.0, eta) + inner_weight
            terms[study] = terms[study] + special.logsumexp(row, axis=1)[back].reshape(effect.shape)
    return float(sum(special.logsumexp(x) for x in terms.values()))


def test_the_likelihood_of_one_common_variance_is_that_of_a_dense_grid(hpv, published):
    """Two studies, one of all three tests: eight effects."""
    few = hpv.select([study in ("Clavel C 2001", "Li N 2009") for study in hpv.study])
    of = {name: value for name, (value, _) in published.items()}
    h = Comparison(structure="common").hierarchy(few)
    exact = h.total_log_likelihood(h.unconstrained(natural(of)), 15)[0]
    assert exact == pytest.approx(dense(few, of), abs=2e-4)


def test_a_network_knows_its_links_and_its_parts(hpv):
    network = Network.of(hpv, "test")
    within = {(str(p.second), str(p.first)): p.within for p in network.pairs}
    assert within == {("LBC", "HC2"): 10, ("CC", "HC2"): 9, ("CC", "LBC"): 2}
    assert network.parts == (TESTS,)
    apart = AccuracyStudies.from_table({
        "study": [*"AABBCC"], "test": ["CT", "MRI", "US", "PET", "CT", "MRI"],
        "tp": [5] * 6, "fp": [1] * 6, "fn": [2] * 6, "tn": [9] * 6,
    })  # fmt: skip
    assert Network.of(apart, "test").parts == (("CT", "MRI"), ("US", "PET"))
    with pytest.raises(ValueError, match=r"CT, MRI; US, PET\. Only different studies would be"):
        Comparison().check(apart)
    Comparison(indirect=True).check(apart)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"structure": "own"}, "unknown; allowed: factor, common, by-test"),
        ({"structure": "common", "shared": True}, "which shared leaves out; allowed: one of the"),
    ],
)
def test_a_structure_that_there_is_not_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Comparison(**options)
