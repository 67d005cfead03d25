"""The quadrature engine against published maxima, an independent sampler, and itself."""

from __future__ import annotations

import numpy as np
import pytest
from reference_data import reference_rows, reference_studies

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.association import SelectionBeta
from bayespool.datasets import resolve_association
from bayespool.engines import quadrature
from bayespool.estimands import summarise
from bayespool.numerics.mixture import Mixture
from bayespool.studies import AccuracyStudies

POSTERIORS = reference_rows("bivariate_posteriors")
DATASETS = tuple(dict.fromkeys(row["dataset"] for row in POSTERIORS))
MAXIMA = {
    "csf_tau_dementia": "csf_tau_dementia_metadta",
    "telomerase": "telomerase",
    "anti_ccp": "anti_ccp",
    "auditc": "AuditC",
    "iqcode_dementia": "IQCODE_MetaDTA",
    "scheidler_ct": "scheidler_CT",
    "scheidler_lag": "scheidler_LAG",
    "scheidler_mri": "scheidler_MRI",
    "ascus_repc": "ascus_RepC",
    "ascus_hc2": "ascus_HC2",
}


def test_the_reference_cannot_shrink():
    assert len(DATASETS) == 11
    assert len(POSTERIORS) == 11 * 12


@pytest.mark.parametrize("dataset", DATASETS)
def test_posterior_equals_an_independent_sampler(dataset):
    # so many draws that 0.1 SD at an interval's end is well above their Monte Carlo error
    fitted = bp.fit(Bivariate(), reference_studies(dataset), engine="quadrature", ess=60_000)
    assert not fitted.draws.failures
    samples = fitted.samples | {"log_dor": np.log(fitted.samples["dor"])}
    for row in POSTERIORS:
        if row["dataset"] != dataset:
            continue
        name = row["variable"]
        ours = summarise(name, samples[name], fitted.draws.ancestor)
        sd = float(row["sd"])
        error = np.hypot(ours.mcse, float(row["mcse_mean"]))
        assert abs(ours.mean - float(row["mean"])) < 4 * error, name
        # an end of the reference's own interval may be uncertain by 0.07 SD (5,000 draws)
        inflation = np.hypot(1.0, np.sqrt(ours.ess / float(row["ess_bulk"])))
        for end, mcse, column in (
            (ours.lower, ours.mcse_lower, "q025"),
            (ours.upper, ours.mcse_upper, "q975"),
            (ours.median, ours.mcse_median, "median"),
        ):
            assert abs(end - float(row[column])) < max(0.1 * sd, 2 * inflation * mcse), name


@pytest.mark.parametrize("dataset", MAXIMA)
def test_log_likelihood_at_the_maximum_to_four_decimals(dataset):
    row = next(r for r in reference_rows("computed_exact_mle") if r["dataset"] == MAXIMA[dataset])
    hierarchy = Bivariate().hierarchy(reference_studies(dataset))
    natural = {
        "logit_sens": row["mu_se"], "logit_spec": row["mu_sp"],
        "tau_sens": row["tau_se"], "tau_spec": row["tau_sp"], "rho": row["rho"],
    }  # fmt: skip
    theta = hierarchy.unconstrained({k: np.array([float(x)]) for k, x in natural.items()})
    total = hierarchy.log_likelihood(theta, 21).sum()
    assert total == pytest.approx(float(row["logLik"]), abs=5e-5)


def test_same_seed_same_bits(csf_tau):
    hierarchy = Bivariate().hierarchy(csf_tau)
    a, b = quadrature.sample(hierarchy, 3), quadrature.sample(hierarchy, 3)
    assert a.theta.tobytes() == b.theta.tobytes()
    assert quadrature.sample(hierarchy, 4).theta.tobytes() != a.theta.tobytes()


def test_effective_sample_size_is_reached_for_every_hyperparameter(quadrature_fit):
    for name, samples in quadrature_fit.draws.hyper.items():
        assert summarise(name, samples, quadrature_fit.draws.ancestor).ess > 3_600, name


def test_monte_carlo_error_is_what_repetition_shows(csf_tau):
    hierarchy = Bivariate().hierarchy(csf_tau)
    means, errors = [], []
    for seed in range(40):
        draws = quadrature.run(hierarchy, seed, ess=300.0)
        estimate = summarise("rho", draws.hyper["rho"], draws.ancestor)
        means.append(estimate.mean)
        errors.append(estimate.mcse)
    ratio = np.std(means) / np.mean(errors)
    assert 0.65 < ratio < 1.4  # the SD of 40 means has a relative error of 11 %


def test_too_few_nodes_are_reported(csf_tau):
    draws = quadrature.run(Bivariate().hierarchy(csf_tau), 1, ess=500.0, nodes=1)
    assert any("nodes" in failure for failure in draws.failures)


def test_a_poor_proposal_is_reported(csf_tau, monkeypatch):
    hierarchy = Bivariate().hierarchy(csf_tau)

    def poor(coordinates, modes, rng):
        mode, cov = coordinates.from_mode(modes.theta[0], modes.cov[0])
        return Mixture(np.ones(1), (mode + 3.0)[None], (0.02 * cov)[None], 50.0)

    monkeypatch.setattr(quadrature, "adapt", poor)
    monkeypatch.setattr(quadrature, "_guarded", lambda coordinates, proposal, *rest: proposal)
    monkeypatch.setattr(quadrature, "MAX_DRAWS", 6_000)
    monkeypatch.setattr(quadrature, "REFITS", 0)
    draws = quadrature.run(hierarchy, 1)
    assert any("Pareto" in failure or "effective" in failure for failure in draws.failures)
    assert any("next to no draws" in failure for failure in draws.failures)


@pytest.mark.parametrize(
    "counts",
    [
        {"tp": [9], "fp": [1], "fn": [2], "tn": [30]},
        {"tp": [9, 4], "fp": [1, 0], "fn": [2, 3], "tn": [30, 8]},
        {"tp": [0, 0, 0], "fp": [0, 0, 0], "fn": [4, 9, 2], "tn": [8, 3, 5]},
        {"tp": [10**6, 2 * 10**6, 10**5], "fp": [10, 200, 3], "fn": [10**5, 10**4, 10**4],
         "tn": [10**6, 10**6, 10**6]},
        {"tp": [0, 5, 7], "fp": [1, 0, 2], "fn": [0, 3, 1], "tn": [9, 0, 6]},
    ],
    ids=["one study", "two studies", "zero columns", "enormous groups", "empty groups"],
)  # fmt: skip
def test_hard_tables_work(counts):
    studies = AccuracyStudies.from_counts([f"S{i}" for i in range(len(counts["tp"]))], **counts)
    fitted = bp.fit(Bivariate(), studies, engine="quadrature")
    assert not fitted.draws.failures
    for name, samples in fitted.samples.items():
        assert np.isfinite(samples).all(), name


def test_a_posterior_of_two_lobes_gets_a_proposal_with_more_components() -> None:
    """A beta weight and heterogeneity explain the same estimates: two bent ridges that meet."""
    studies = resolve_association("hackshaw1998", "or")
    model, _ = SelectionBeta.for_studies(studies)
    draws = quadrature.sample(model.hierarchy(studies), 2026, ess=1_000)
    assert draws.failures == ()
    assert draws.pareto_k < 0.6
