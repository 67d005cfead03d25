"""Selection by the t statistic: the authors' likelihood, brute force, PyMC, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytest
from densities import integrated
from pytensor.compile.mode import Mode
from scipy import optimize, special, stats

import bayespool as bp
from bayespool.accuracy import Bivariate
from bayespool.accuracy.selection import SelectionBivariate, logits
from bayespool.datasets import resolve
from bayespool.numerics.share_seen import ShareSeen, intercept
from bayespool.priors import Beta, Gamma, HalfNormal, Normal

CD64 = resolve(Path(__file__).parents[1] / "reference" / "cd64.csv")
FOUR = bp.load_dataset("telomerase").select([0, 3, 5, 8])

# where the likelihood of Zhou, Huang & Hattori (2023) is largest: github meta2020/dtametasa-r at
# 45194c2, R/llk.o.R with c1^2 = 1/2 and the tolerance of its uniroot set to 1e-13, by nlminb of
# R 4.2.2 from three starts; mu1, mu2, tau1, tau2, rho, beta, and minus the log likelihood
BY_ITS_AUTHORS = {
    0.8: (1.325156694, 1.874369250, 0.828578646, 0.882392172,
          0.220020579, 1.270422545, 23.541322418),
    0.6: (1.179395946, 1.699625941, 0.854751198, 0.903638883,
          0.296020475, 1.059608447, 21.349248927),
    0.4: (0.985833812, 1.475805654, 0.878854817, 0.924569089,
          0.364596672, 0.953631482, 19.676845636),
}  # fmt: skip
NAMES = ("logit_sens", "logit_spec", "tau_sens", "tau_spec", "rho", "strength")


@pytest.mark.parametrize("seen", BY_ITS_AUTHORS)
def test_the_maximum_is_that_of_the_authors(seen: float) -> None:
    hierarchy = SelectionBivariate(seen=seen, errors="own").hierarchy(CD64)

    def height(theta: np.ndarray) -> float:
        return -float(hierarchy.total_log_likelihood(theta[:, None], 1)[0])

    start = hierarchy.unconstrained({
        name: np.array([x]) for name, x in zip(NAMES, BY_ITS_AUTHORS[seen][:-1], strict=True)
    })[:, 0]  # fmt: skip
    best = optimize.minimize(height, start + 0.1, jac="3-point", method="BFGS",
                             options={"gtol": 1e-5})  # fmt: skip
    natural = hierarchy.natural(best.x[:, None])
    got = (*(float(natural[name][0]) for name in NAMES), best.fun - 27 * np.log(2 * np.pi))
    np.testing.assert_allclose(got, BY_ITS_AUTHORS[seen], atol=1e-5)


def test_without_selection_it_is_reitsmas_model() -> None:
    """Marginal normal densities, written out."""
    hierarchy = SelectionBivariate().hierarchy(FOUR)
    natural = {"logit_sens": 1.0, "logit_spec": 1.5, "tau_sens": 0.5, "tau_spec": 0.9, "rho": -0.4}
    theta = hierarchy.unconstrained({k: np.array([v]) for k, v in natural.items()})
    y, se = logits(FOUR)
    sigma = np.array([[0.25, -0.18], [-0.18, 0.81]])
    expected = [stats.multivariate_normal([1.0, 1.5], sigma + np.diag(s**2)).logpdf(x)
                for x, s in zip(y, se, strict=True)]  # fmt: skip
    np.testing.assert_allclose(hierarchy.log_likelihood(theta, 1)[:, 0], expected, rtol=1e-10)


def test_the_likelihood_is_selection_over_its_share_by_brute_force() -> None:
    """The share of a study's kind that is seen, summed over a grid of both logits."""
    seen, strength = 0.55, 1.3
    hierarchy = SelectionBivariate(seen=seen).hierarchy(FOUR)
    values = {"logit_sens": 0.6, "logit_spec": 1.1, "tau_sens": 0.7, "tau_spec": 0.5, "rho": 0.3}
    one = {k: np.array([v]) for k, v in (values | {"strength": strength}).items()}
    got = hierarchy.log_likelihood(hierarchy.unconstrained(one), 1)[:, 0]
    y, se = logits(FOUR)
    sigma = np.array([[0.49, 0.105], [0.105, 0.25]])
    axis = np.linspace(-7, 7, 281)
    grid = np.stack(np.meshgrid(axis + 0.6, axis + 1.1, indexing="ij"), axis=-1)
    densities = [stats.multivariate_normal([0.6, 1.1], sigma + np.diag(s**2)) for s in se]
    t = [grid.sum(axis=-1) / np.hypot(*s) for s in se]
    mass = [d.pdf(grid) * (axis[1] - axis[0]) ** 2 for d in densities]

    def shares(a: float) -> np.ndarray:
        return np.array([
            (m * special.ndtr(a + strength * x)).sum() for m, x in zip(mass, t, strict=True)
        ])  # fmt: skip

    a = optimize.brentq(lambda a: 1.0 / np.mean(1.0 / shares(a)) - seen, -12, 6, xtol=1e-12)
    expected = [
        d.logpdf(x) + special.log_ndtr(a + strength * x.sum() / np.hypot(*s)) - np.log(p)
        for d, x, s, p in zip(densities, y, se, shares(a), strict=True)
    ]
    np.testing.assert_allclose(got, expected, rtol=1e-7)


def test_pooled_errors_are_of_group_sizes_alone() -> None:
    studies = bp.studies.AccuracyStudies.from_counts(list("AB"), [3, 1], [2, 0], [1, 3], [7, 9])
    y, se = logits(studies)
    np.testing.assert_allclose(y[:, 0], np.log([3.5 / 1.5, 1.5 / 3.5]))
    np.testing.assert_allclose(y[:, 1], np.log([7.5 / 2.5, 9.5 / 0.5]))
    odds = np.sqrt(3.0 * 19.0)  # at the mean logit
    expected = [1 / np.sqrt(5 * 0.25), 1 / np.sqrt(10 * odds / (1 + odds) ** 2)]
    np.testing.assert_allclose(se, [expected, expected])


@pytest.mark.parametrize("seen", [0.02, 0.5, 0.999])
@pytest.mark.parametrize("strength", [1e-6, 1.0, 40.0])
def test_the_intercept_gives_the_share_that_is_seen(seen: float, strength: float) -> None:
    at = strength * np.random.default_rng(2).normal(3.0, 4.0, (300, 5))
    spread = np.sqrt(1.0 + strength**2 * np.linspace(1.0, 9.0, 300)[:, None]) * np.ones(5)
    a = intercept(at, spread, np.full(5, seen))
    share = 1.0 / np.mean(np.exp(-special.log_ndtr((a + at) / spread)), axis=0)
    np.testing.assert_allclose(share, seen, rtol=1e-8)


VALUES = {"logit_sens": 1.2, "logit_spec": 1.0, "tau_sens_log__": np.log(0.5),
          "tau_spec_log__": np.log(0.8), "strength_log__": np.log(0.9),
          "seen_logodds__": special.logit(0.45)}  # fmt: skip


def of_pymc(build: Any) -> dict[str, np.ndarray]:
    """One point of the hyperparameters, for the names that the model has."""
    named = VALUES | {
        v.name: 2.0 * np.arctanh(0.35) for v in build.value_vars if v.name.startswith("rho")
    }
    return {v.name: np.array([named[v.name]]) for v in build.value_vars if v.name in named}


def of_hierarchy(model: SelectionBivariate) -> np.ndarray:
    """The log likelihood of every study at the same point."""
    natural = {"logit_sens": 1.2, "logit_spec": 1.0, "tau_sens": 0.5, "tau_spec": 0.8,
               "rho": 0.35, "strength": 0.9, "seen": 0.45}  # fmt: skip
    hierarchy = model.hierarchy(FOUR)
    theta = hierarchy.unconstrained({k: np.array([natural[k]]) for k in hierarchy.names})
    return hierarchy.log_likelihood(theta, 1)


def test_integrated_pymc_density_equals_the_hierarchy() -> None:
    model, axis = SelectionBivariate(), np.linspace(-5.5, 5.5, 41)
    build = model.build(FOUR)
    expected = integrated(build, of_pymc(build), {"v": (axis, axis)})
    np.testing.assert_allclose(of_hierarchy(model), expected, atol=1e-5)


@pytest.mark.parametrize("seen", [0.6, Beta(2, 1)])
def test_selection_in_pymc_is_that_of_the_hierarchy(seen: Any) -> None:
    """It does not depend on the study effects, so that one point of them is enough."""
    model = SelectionBivariate(seen=seen)
    build = model.build(FOUR)
    point = {k: x[0] for k, x in of_pymc(build).items()} | {"v": np.zeros((len(FOUR), 2))}
    (term,) = build.logp(vars=[build["selection"]], sum=False)
    with pytensor.config.change_flags(cxx=""):
        # a dozen steps of Newton's method are not worth the time that it takes to simplify them
        simple = build.compile_fn(
            term, inputs=build.value_vars, mode=Mode("py", None), on_unused_input="ignore"
        )
        expected = simple(point)[:, None]
    got = of_hierarchy(model) - of_hierarchy(SelectionBivariate())
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_replicated_studies_are_those_that_are_seen() -> None:
    """Against studies drawn before selection, and taken or left."""
    n, rng = 40_000, np.random.default_rng(4)
    draws = {"strength": np.full(n, 1.4)}
    se = np.array([[0.3, 0.6]])
    selection = ShareSeen(HalfNormal(1), 0.4, np.zeros(1), se)
    mean = np.tile([[0.8], [0.2]], n)
    loading = np.tile(np.array([[0.7, 0.3], [0.0, 0.5]])[..., None], n)
    got = selection.simulate(mean, loading, None, draws, np.random.default_rng(1))
    y = mean + np.einsum("qrd,qd->rd", loading, rng.standard_normal((2, n)))
    y = y + se.T * rng.standard_normal((2, n))
    total = np.sqrt(0.45)
    at, spread = selection._latent(mean.sum(axis=0, keepdims=True), loading.sum(axis=1)[:, None],
                                   draws)  # fmt: skip
    a = intercept(at, spread, np.full(n, 0.4))
    taken = y[:, rng.random(n) < special.ndtr(a + 1.4 * y.sum(axis=0) / total)]
    assert taken.shape[1] / n == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / n))
    for one in ((1, 0), (0, 1), (1, 1), (1, -1)):
        assert stats.ks_2samp(one @ got, one @ taken).pvalue > 1e-3


def test_studies_beyond_one_part_are_still_selected_together() -> None:
    """Ten times the same 27: the intercept is that of the 27, and one for all 270."""
    rows = [i % len(CD64) for i in range(270)]
    many = bp.studies.AccuracyStudies.from_counts(
        [str(i) for i in range(270)], *(getattr(CD64, c)[rows] for c in ("tp", "fp", "fn", "tn"))
    )
    model = SelectionBivariate(seen=0.5)
    theta = model.hierarchy(CD64).draw_prior(3, np.random.default_rng(1))
    expected = np.tile(model.hierarchy(CD64).log_likelihood(theta, 1), (10, 1))
    np.testing.assert_allclose(model.hierarchy(many).log_likelihood(theta, 1), expected, rtol=1e-9)
    total = model.hierarchy(many).total_log_likelihood(theta, 1)
    np.testing.assert_allclose(total, expected.sum(axis=0), rtol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seen": 0.0}, "a share above 0"), ({"seen": 1.2}, "a share above 0"),
        ({"seen": HalfNormal(1)}, "Beta"), ({"strength": Normal(0, 1)}, "positive numbers"),
        ({"errors": "exact"}, "allowed: pooled, own"),
        ({"link": "probit"}, "allowed: 'logit'"), ({"nu": Gamma(2, 0.1)}, "allowed: None"),
    ],
)  # fmt: skip
def test_impossible_choices_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SelectionBivariate(**wrong)


def test_more_unseen_studies_mean_less_accuracy() -> None:
    """Of a table in which small studies are the accurate ones; all seen is near the exact model."""
    fits = {
        seen: bp.fit(SelectionBivariate(seen=seen), CD64, engine="quadrature")
        for seen in (1.0, 0.8, 0.6, 0.4)
    }
    assert not any(one.draws.failures for one in fits.values())
    means = [one.estimates["dor"].median for one in fits.values()]
    assert means == sorted(means, reverse=True)
    exact = bp.fit(Bivariate(), CD64, engine="quadrature").estimates
    for name in ("sens", "spec"):
        assert fits[1.0].estimates[name].mean == pytest.approx(
            exact[name].mean, abs=exact[name].sd
        )  # fmt: skip
