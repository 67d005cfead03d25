"""RoBMA's ensemble against its printed numbers, brute force and the other engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference_data import reference_rows
from scipy import integrate as scipy_integrate
from scipy import stats

import bayespool as bp
from bayespool.association import SelectionNormal
from bayespool.bias import Averaged, Ensemble, OnError, Weighted, psma, robma
from bayespool.bias.asymmetry import egger, rank_test
from bayespool.bias.ensemble import Member
from bayespool.bias.lattice import Target, integrate
from bayespool.datasets import resolve_association
from bayespool.priors import CumulativeDirichlet, Fixed, HalfCauchy, HalfNormal, LogNormal, Normal
from bayespool.studies import Correlations, Effects

ROWS = reference_rows("lui2015")
LUI = Correlations.from_table({name: [row[name] for row in ROWS] for name in ("study", "r", "n")},
                              "cor").effects("cor")  # fmt: skip
PRINTED = reference_rows("robma_lui2015_36_models")


@pytest.fixture(scope="module")
def lui() -> Averaged:
    return robma(LUI)


def test_the_36_marginal_likelihoods_are_those_printed(lui: Averaged) -> None:
    assert len(lui.models) == len(PRINTED) == 36
    for one, member, row in zip(lui.models, lui.members, PRINTED, strict=True):
        assert member.prior == pytest.approx(float(row["prior_prob"]), abs=6e-4)
        got = one.log_marginal_likelihood
        assert one.error < 1e-4, row["model"]
        assert got == pytest.approx(float(row["log_marglik"]), abs=0.05), row["model"]
        if row["own_quadrature"]:
            assert got == pytest.approx(float(row["own_quadrature"]), abs=0.005), row["model"]
    printed = [float(row["post_prob"]) for row in PRINTED]
    np.testing.assert_allclose(lui.posterior, printed, atol=0.007)


def test_the_averages_are_those_printed(lui: Averaged) -> None:
    """Told as standardised mean differences, twice Fisher's z, with the printed intervals."""
    found = {one.component: one for one in lui.inclusions}
    assert found["effect"].posterior == pytest.approx(0.552, abs=0.01)
    assert np.exp(found["effect"].log_bayes_factor) == pytest.approx(1.231, abs=0.04)
    assert found["bias"].posterior == pytest.approx(0.844, abs=0.01)
    assert np.exp(found["bias"].log_bayes_factor) == pytest.approx(5.420, abs=0.15)
    assert found["heterogeneity"].posterior == pytest.approx(1.0, abs=0.001)
    e = lui.estimates
    assert 2 * e["mu"].mean == pytest.approx(0.195, abs=0.01)
    assert 2 * e["mu"].upper == pytest.approx(0.598, abs=0.02)
    assert 2 * e["tau"].mean == pytest.approx(0.33, abs=0.01)
    assert e["pet"].mean == pytest.approx(0.828, abs=0.03)
    assert e["peese"].mean / 2 == pytest.approx(0.803, abs=0.1)
    for place, mean in (("0.025,0.05", 0.936), ("0.05,0.5", 0.741), ("0.5,0.95", 0.697),
                        ("0.95,0.975", 0.704), ("0.975,1", 0.713)):  # fmt: skip
        assert e[f"omega[{place}]"].mean == pytest.approx(mean, abs=0.012)


def test_a_marginal_likelihood_equals_brute_force() -> None:
    """Two weights and a mean, by SciPy, with the likelihood written out."""
    y, se = np.array([0.5, 0.1, 0.7]), np.array([0.2, 0.3, 0.25])
    bias = Weighted(2, (0.05,), CumulativeDirichlet(2, 1))
    member = Member(Normal(0, 1), Fixed(0), bias, 1.0)
    found = integrate(Target(member, y, se, 1.0))
    significant = 2 * stats.norm.sf(np.abs(y / se)) <= 0.05
    edge = se * stats.norm.isf(0.025)

    def density(omega: float, mu: float) -> float:
        seen = stats.norm.sf(edge, mu, se) + stats.norm.cdf(-edge, mu, se)
        w = np.where(significant, 1.0, omega)
        each = w * stats.norm.pdf(y, mu, se) / (seen + omega * (1 - seen))
        prior = stats.norm.pdf(mu) * stats.beta.pdf(omega, 1, 2)
        return float(np.prod(each) * prior)

    total = scipy_integrate.dblquad(density, -3, 3, 0, 1, epsabs=1e-12, epsrel=1e-9)[0]
    assert found.log_marginal_likelihood == pytest.approx(np.log(total), abs=1e-6)
    assert found.error < 1e-4


@pytest.mark.parametrize("direction", ["positive", "negative"])
def test_the_importance_sampler_finds_the_same_evidence_and_posterior(direction: str) -> None:
    studies = resolve_association("hackshaw1998", "or")
    mu, tau = Normal(0, 1), HalfNormal(0.5)
    model = SelectionNormal(mu=mu, tau=tau, measure="or", direction=direction)
    fitted = bp.fit(model, studies, engine="quadrature")
    member = Member(mu, tau, Weighted(1, (0.025, 0.05)), 1.0)
    sign = 1.0 if direction == "positive" else -1.0
    found = integrate(Target(member, sign * studies.estimate, studies.se, sign))
    info = fitted.draws.info
    away = info["log_marginal_likelihood"] - found.log_marginal_likelihood
    assert abs(away) < 4 * info["log_marginal_likelihood_mcse"]
    draws, _ = found.draw(20_000, np.random.default_rng(2))
    for name in ("mu", "tau"):
        e = fitted.estimates[name]
        assert draws[name].mean() == pytest.approx(e.mean, abs=4 * e.mcse + 0.002)
        assert draws[name].std() == pytest.approx(e.sd, rel=0.06)


def test_an_ensemble_of_ones_own_and_of_a_negative_direction() -> None:
    """Turning all signs turns the answer; one model of each kind is enough to see it."""
    own = Ensemble(
        effect=((Fixed(0), 1), (Normal(0.2, 0.5), 1)),
        heterogeneity=((HalfNormal(0.3), 1),),
        bias=((None, 1), (Weighted(1, (0.05,)), 1), (OnError(1, HalfCauchy(1)), 1)),
    )
    turned = Ensemble(((Fixed(0), 1), (Normal(-0.2, 0.5), 1)), own.heterogeneity, own.bias)
    y, se = [0.5, 0.1, 0.7, 0.6], [0.2, 0.3, 0.25, 0.4]
    up = Effects.from_values(list("ABCD"), y, se, measure="generic")
    down = Effects.from_values(list("ABCD"), [-x for x in y], se, measure="generic")
    a, b = robma(up, own, unit=1.0), robma(down, turned, unit=1.0)
    assert (a.direction, b.direction) == ("positive", "negative")
    error = 2 * max(one.error for one in (*a.models, *b.models))
    np.testing.assert_allclose(a.posterior, b.posterior, atol=error)
    assert error < 1e-4
    assert a.estimates["mu"].mean == pytest.approx(-b.estimates["mu"].mean, abs=0.01)
    assert a.inclusion("heterogeneity") is None
    assert sum(member.prior for member in a.members) == pytest.approx(1.0)


def test_fishers_z_of_a_mean_difference_has_its_known_standard_error() -> None:
    """d = 0.5 of 100 people: z = asinh(0.25), se = 1 / sqrt(97)."""
    from bayespool.bias.scales import scale_of

    se = np.sqrt((8 + 0.25) / (2 * 100))
    on = scale_of(Effects.from_values(["A", "B"], [0.5, 0.5], [se, se], measure="smd"))
    np.testing.assert_allclose(on.y, np.arcsinh(0.25))
    np.testing.assert_allclose(on.se, 1 / np.sqrt(97))
    np.testing.assert_allclose(on.mean_back(on.y), 0.5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: robma(bp.load_dataset("bcg")), "allowed: effects"),
        (lambda: robma(LUI.select([0])), "two or more studies"),
        (lambda: robma(LUI, scale="d"), "allowed: fisher_z, native"),
        (lambda: robma(LUI, direction="up"), "allowed: positive, negative"),
        (lambda: robma(LUI, psma(effect=LogNormal(0, 1))), "does not go over to another scale"),
        (lambda: Weighted(1, (0.05, 0.025)), "ascending order"),
        (lambda: OnError(3, HalfCauchy(1)), "1 \\(PET\\) or 2 \\(PEESE\\)"),
        (lambda: Ensemble(((Fixed(1), 1),), ((Fixed(0), 1),), ((None, 1),)), "allowed is Fixed"),
    ],
)  # fmt: skip
def test_what_cannot_be_averaged_is_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_regression_and_rank_tests_are_those_of_metafor() -> None:
    """R: regtest(rma(yi, vi, data=dat.hackshaw1998), model="lm") and ranktest(...)."""
    studies = resolve_association("hackshaw1998", "or")
    found, rank = egger(studies), rank_test(studies)
    assert found.df == 35
    assert (found.t, found.p) == pytest.approx((2.3824144, 0.0227642), abs=1e-4)
    assert (rank.tau, rank.p) == pytest.approx((0.1441441, 0.2156881), abs=1e-4)
    pet, peese = egger(LUI), egger(LUI, power=2)
    assert (pet.intercept, pet.slope) == pytest.approx((-0.0008722, 2.854965), abs=1e-5)
    assert pet.slope_se == pytest.approx(1.359345, abs=1e-5)
    assert (peese.intercept, peese.slope) == pytest.approx((0.11498, 15.58064), abs=1e-4)
    with pytest.raises(ValueError, match="allowed: Deeks' funnel"):
        egger(bp.load_dataset("telomerase"))
