"""Association models against bayesmeta, metafor, RoBMA and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from reference_data import reference_rows
from scipy import optimize

import bayespool as bp
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.estimands import of_marginal, summarise
from bayespool.numerics.marginals import shortest_interval
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, LogNormal, Normal, Uniform

BAYESMETA = reference_rows("bayesmeta_posteriors")
EXACT = {(r["case"], r["quantity"]): float(r["value"]) for r in reference_rows("exact_quadrature")}
TAU_PRIORS = {
    "halfnormal(0.5)": HalfNormal(0.5),
    "halfnormal(1.0)": HalfNormal(1),
    "halfcauchy(0.5)": HalfCauchy(0.5),
    "halfcauchy(1.0)": HalfCauchy(1),
    "halfcauchy(25)": HalfCauchy(25),
    "Turner2015 surgical pharm-v-placebo LN(-1.07,0.87)": LogNormal(-1.07, 0.87),
}
CASES = [
    row
    for row in BAYESMETA
    if row["tau_prior"] in TAU_PRIORS
    and row["dataset"].removesuffix("_randomized_only") in ("Crins2014_AR_logOR", "EightSchools")
]  # fmt: skip


def effects(dataset: str):
    if dataset == "EightSchools":
        return bp.load_dataset("eight_schools")
    arms = bp.load_dataset("crins2014")
    if dataset.endswith("randomized_only"):
        arms = arms.where("randomized", "yes")
    return arms.effects("or", add=0.5)


def test_the_reference_cannot_shrink():
    assert len(CASES) >= 21


@pytest.mark.parametrize(
    "row", CASES, ids=lambda r: f"{r['dataset']}-{r['tau_prior']}-{r['parameter']}"
)
def test_deterministic_path_equals_bayesmeta(row):
    mu_sd = 50 if row["dataset"] == "EightSchools" else 4
    model = NormalNormal(mu=Normal(0, mu_sd), tau=TAU_PRIORS[row["tau_prior"]])
    fitted = bp.fit(model, effects(row["dataset"]), engine="quadrature")
    assert fitted.draws.info["path"] == "grid"
    name = {"mu": "mu", "tau": "tau", "theta": "mu_new"}[row["parameter"]]
    ours = fitted.estimates[name]
    sd = float(row["sd"])
    # bayesmeta's own grid leaves about one part in a thousand of the SD
    assert ours.mean == pytest.approx(float(row["mean"]), abs=2e-3 * sd)
    assert ours.median == pytest.approx(float(row["median"]), abs=2e-3 * sd)
    assert ours.sd == pytest.approx(sd, rel=2e-3)
    marginal = fitted.model.exact(dict(fitted.draws.exact), fitted.studies)[name]
    lower, upper = shortest_interval(marginal)
    assert lower == pytest.approx(float(row["hpd_lo"]), abs=6e-3 * sd)
    assert upper == pytest.approx(float(row["hpd_hi"]), abs=6e-3 * sd)
    if row["log_marglik"] != "NA":
        evidence = fitted.draws.info["log_marginal_likelihood"]
        assert evidence == pytest.approx(float(row["log_marglik"]), abs=1e-6)


def test_bcg_risk_ratio_to_nine_digits():
    case = "BCG logRR N(0,1) HN(.5)"
    model = NormalNormal(mu=Normal(0, 1), tau=HalfNormal(0.5), measure="rr")
    fitted = bp.fit(model, bp.load_dataset("bcg").effects("rr"), engine="quadrature")
    mu, tau = fitted.estimates["mu"], fitted.estimates["tau"]
    for got, name in ((mu.mean, "mu_mean"), (mu.sd, "mu_sd"), (tau.mean, "tau_mean"),
                      (tau.sd, "tau_sd")):  # fmt: skip
        assert got == pytest.approx(EXACT[case, name], abs=2e-9)
    evidence = fitted.draws.info["log_marginal_likelihood"]
    assert evidence == pytest.approx(EXACT[case, "log_marglik"], abs=2e-9)


@pytest.mark.parametrize(("measure", "case"), [
    ("or", "BCG non-central hypergeometric odds ratio N(0,1) HN(.5)"),
    ("rr", "BCG binomial risk ratio overall risk~Beta(1,1) N(0,1) HN(.5)"),
])  # fmt: skip
def test_bcg_exact_ratios_within_monte_carlo_error(measure, case):
    model = BinomialNormal(mu=Normal(0, 1), tau=HalfNormal(0.5), measure=measure)
    fitted = bp.fit(model, bp.load_dataset("bcg"), engine="quadrature", ess=20_000)
    for name in ("mu", "tau"):
        ours = fitted.estimates[name]
        assert abs(ours.mean - EXACT[case, f"{name}_mean"]) < 4 * ours.mcse
        assert ours.sd == pytest.approx(EXACT[case, f"{name}_sd"], rel=0.03)
    evidence = fitted.draws.info["log_marginal_likelihood"]
    error = fitted.draws.info["log_marginal_likelihood_mcse"]
    assert evidence == pytest.approx(EXACT[case, "log_marglik"], abs=4 * error)


def maximum(hierarchy, start):
    def negative(x):
        return -hierarchy.log_likelihood(np.array(x)[:, None], 15).sum()

    return optimize.minimize(negative, start, method="Nelder-Mead",
                             options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000}).x  # fmt: skip


def test_conditional_maximum_equals_metafor():
    """rma.glmm CM.EL of nielweise2007; Stijnen et al. (2010), table III."""
    hierarchy = BinomialNormal().hierarchy(bp.load_dataset("nielweise2007"))
    mu, log_tau = maximum(hierarchy, [-1.0, -0.5])
    assert mu == pytest.approx(-1.3532, abs=5e-4)
    assert np.exp(log_tau) == pytest.approx(0.8327, abs=5e-4)


def test_meta_regression_equals_reml_of_metafor():
    """With flat priors the mode of the marginal posterior of tau is REML's.

    metafor prints tau2 = 0.0764 because its iterations stop at 0.076355; with a threshold of 1e-12
    it gives 0.076348.
    """
    studies = bp.load_dataset("bcg").effects("rr")
    model = NormalNormal(mu=Normal(0, 1e4), beta=Normal(0, 1e4), tau=Uniform(0, 10),
                         covariates=("latitude",))  # fmt: skip
    from bayespool.engines.conditional import conditional

    hierarchy = model.hierarchy(studies)

    def negative(x):
        return -(conditional(hierarchy, np.array([[x]])).log_density[0] - x)

    log_tau = optimize.minimize_scalar(negative, bounds=(-4, 1), method="bounded").x
    assert np.exp(2 * log_tau) == pytest.approx(0.076347964, abs=1e-6)
    given = conditional(hierarchy, np.array([[log_tau]]))
    assert given.mean[1, 0] == pytest.approx(-0.0291, abs=5e-5)
    assert given.factor[0, 1] @ given.factor[0, 1] == pytest.approx(0.0072**2, rel=0.01)


def test_nested_standard_deviations_equal_three_level_reml():
    """konstantopoulos2011: metafor's rma.mv gives 0.0651 between and 0.0327 within districts."""
    from bayespool.engines.conditional import conditional

    model = Nested(mu=Normal(0, 1e4), tau=Uniform(0, 10), tau_within=Uniform(0, 10))
    hierarchy = model.hierarchy(bp.load_dataset("konstantopoulos2011"))

    def negative(x):
        return -(conditional(hierarchy, np.array(x)[:, None]).log_density[0] - np.sum(x))

    best = optimize.minimize(negative, [-1.0, -1.5], method="Nelder-Mead",
                             options={"xatol": 1e-6, "fatol": 1e-10}).x  # fmt: skip
    assert np.exp(2 * best) == pytest.approx([0.0651, 0.0327], abs=1e-4)
    given = conditional(hierarchy, best[:, None])
    assert given.mean[0, 0] == pytest.approx(0.1847, abs=1e-4)


def test_shrinkage_equals_bayesmeta():
    """Crins: shrunken effects of Heffron and Gibelli, Roever (2020) page 28."""
    rows = {
        (r["dataset"], r[list(r)[1]], r[list(r)[2]]): float(r[list(r)[3]])
        for r in reference_rows("association_estimates")
        if "shrinkage theta" in r[list(r)[1]]
    }
    model = NormalNormal(mu=Normal(0, 4), tau=HalfNormal(0.5), measure="or")
    fitted = bp.fit(model, effects("Crins2014_AR_logOR"), engine="quadrature")
    for i, who in enumerate(("theta_1 Heffron", "theta_2 Gibelli")):
        draws = fitted.study_samples["effect"][i]
        ours = summarise(who, draws, fitted.draws.ancestor)
        key = next(k for k in rows if who in k[1] and k[2] == "mean")
        assert ours.mean == pytest.approx(rows[key], abs=4 * ours.sd / np.sqrt(draws.size))
        assert ours.sd == pytest.approx(rows[key[0], key[1], "sd"], rel=0.03)


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_swapping_arms_turns_the_sign(measure):
    arms = bp.load_dataset("nielweise2007")
    swapped = type(arms).from_counts(arms.row, arms.e2, arms.n2, arms.e1, arms.n1)
    model = BinomialNormal(measure=measure)
    a, b = model.hierarchy(arms), model.hierarchy(swapped)
    theta = a.draw_prior(6, np.random.default_rng(1))
    turned = theta.copy()
    turned[0] *= -1
    np.testing.assert_allclose(a.log_likelihood(theta, 9), b.log_likelihood(turned, 9), atol=1e-8)


@pytest.mark.parametrize("empty", [(0, 0, 0, 0), (0, 0, 5, 20), (0, 9, 0, 20)])
def test_a_study_without_information_changes_nothing(empty):
    """Nobody in it; or, given its margins, only one table possible: 1 of as many totals."""
    arms = bp.load_dataset("nielweise2007")
    counts = {
        name: np.array([*getattr(arms, name), value])
        for name, value in zip(("e1", "n1", "e2", "n2"), empty, strict=True)
    }
    more = type(arms)(name="x", study=(*arms.study, "empty"), row=(*arms.row, "empty"), **counts)
    model = BinomialNormal()
    theta = model.hierarchy(arms).draw_prior(6, np.random.default_rng(1))
    extra = model.hierarchy(more).log_likelihood(theta, 25)[-1]
    assert np.ptp(extra) < 1e-9
    np.testing.assert_allclose(extra, -np.log(empty[1] + empty[3] + 1), atol=1e-9)


def test_common_effect_is_inverse_variance_weighting():
    studies = bp.load_dataset("bcg").effects("rr")
    model = NormalNormal(mu=Normal(0, 1e4), tau=Fixed(0), measure="rr")
    fitted = bp.fit(model, studies, engine="quadrature")
    assert fitted.estimates["mu"].mean == pytest.approx(-0.4303, abs=5e-5)
    assert fitted.estimates["mu"].lower == pytest.approx(-0.5097, abs=5e-5)
    assert fitted.estimates["mu"].upper == pytest.approx(-0.3509, abs=5e-5)


def test_the_stated_error_of_a_standard_deviation_covers_its_grid(monkeypatch):
    """Against a grid four times as fine: linear interpolation leaves more than round-off."""
    from bayespool.engines import grid

    hierarchy = NormalNormal(tau=HalfCauchy(25)).hierarchy(bp.load_dataset("eight_schools"))
    ours = of_marginal("tau", grid.sample(hierarchy, 1).marginals["tau"], 0.0)
    monkeypatch.setattr(grid, "FINE", {1: 2_401, 2: 121})
    fine = of_marginal("tau", grid.sample(hierarchy, 1).marginals["tau"], 0.0)
    assert abs(ours.median - fine.median) > 1e-8
    for end in ("mean", "median", "lower", "upper"):
        stated = ours.mcse if end == "mean" else getattr(ours, f"mcse_{end}")
        assert abs(getattr(ours, end) - getattr(fine, end)) <= stated, end
