"""Every accuracy model: its two statements agree, effects by effects, priors and all."""

from __future__ import annotations

import numpy as np
import pytest
from densities import log_terms
from scipy import stats

from bayespool.accuracy import (
    HSROC,
    Bivariate,
    Comparison,
    LatentClass,
    MetaRegression,
    NestedBivariate,
    NestedMetaRegression,
)
from bayespool.accuracy.thresholds import Thresholds
from bayespool.priors import Beta, Gamma, LogNormal, Normal, ProbabilityInterval
from bayespool.studies import AccuracyStudies

T, F = "yes", "no"
TABLE = {
    "study": ["A", "A", "B", "B", "C", "D", "E"],
    "test": ["x", "y", "x", "y", "x", "y", "x"],
    "tp": [8, 9, 0, 5, 30, 12, 7],
    "fn": [3, 2, 6, 1, 1, 4, 0],
    "fp": [2, 1, 5, 0, 0, 3, 7],
    "tn": [20, 21, 1, 6, 44, 30, 9],
    "size": [1.0, 1.0, 2.5, 2.5, 4.0, 3.5, 2.0],
    "late": [T, T, F, F, T, T, F],
}
ROWS = AccuracyStudies.from_table(TABLE)
ONE_EACH = ROWS.select([0, 2, 4, 5, 6])
CROSSED = AccuracyStudies.from_table(
    TABLE
    | {
        "tp_both": [7, 7, None, None, None, None, None],
        "fp_both": [1, 1, None, None, None, None, None],
    }
)
_ = None
PARTIAL = AccuracyStudies.from_table({
    "study": ["A", "B", "C", "C", "D", "E", "F", "G"],
    "site": ["one", "one", "one", "two", "one", "one", "one", "one"],
    "kind": ["", "rates", "rates", "", "margin", "marker", "candidate", "candidate"],
    "tp": [8, _, _, 9, 5, _, 7, 7], "fn": [3, _, _, 2, 4, _, 2, 2],
    "fp": [2, _, _, 1, _, _, 1, 4], "tn": [20, _, _, 21, _, _, 9, 6],
    "sens": [_, "0.9", _, _, _, _, _, _], "spec": [_, "0.8", _, _, _, _, _, _],
    "ppv": [_, _, "0.7-0.9", _, _, _, _, _], "npv": [_, _, "60-70%", _, _, _, _, _],
    "n_diseased": [_, "18-30", 12, _, _, 20, _, _], "n_healthy": [_, 40, 14, _, _, 25, _, _],
    "auc": [_, _, _, _, _, 0.85, _, _],
    "late": [T, T, F, F, T, T, F, F],
} | {"study": ["A", "B", "C", "C", "D", "E", "F", "F"]})  # fmt: skip
PARTIAL_ONE_EACH = PARTIAL.select([row != "C, two" for row in PARTIAL.row])
CUTOFFS = AccuracyStudies.from_table({
    "study": [*"AABCCC"], "threshold": [10.0, 30.0, 20.0, 40.0, 20.0, 15.0],
    "kind": ["", "", "margin", "", "", ""],
    "tp": [9, 4, 6, 5, 11, 14], "fn": [1, 6, 4, 12, 6, 3],
    "fp": [8, 1, _, 0, 5, 9], "tn": [12, 19, _, 30, 25, 21],
})  # fmt: skip
SLOPE = LogNormal(0.5, 0.3)  # a normal marker 22 SD from its cut-off is as far as numbers go
NU = Gamma(2, 0.1)
CASES = {
    "bivariate, robust": (Bivariate(nu=NU), ONE_EACH),
    "partial": (Bivariate(), PARTIAL_ONE_EACH),
    "partial, binormal": (Bivariate(marker="binormal", link="cloglog"), PARTIAL_ONE_EACH),
    "partial, group": (
        MetaRegression(covariates=("late",), marker="binormal", nu=NU), PARTIAL_ONE_EACH,
    ),
    "partial, nested": (NestedBivariate(marker="binormal"), PARTIAL),
    "nested regression": (NestedMetaRegression(covariates=("late", "size")), ROWS),
    "partial, nested regression": (NestedMetaRegression(covariates=("late",)), PARTIAL),
    "number": (MetaRegression(covariates=("size",)), ONE_EACH),
    "group": (MetaRegression(covariates=("late", "size"), link="probit"), ONE_EACH),
    "own covariance": (MetaRegression(covariates=("late",), by="late", nu=NU), ONE_EACH),
    "nested": (NestedBivariate(), ROWS),
    "nested, repeated patients": (NestedBivariate(correlation=0.4, link="cloglog"), ROWS),
    "nested regression, repeated patients": (
        NestedMetaRegression(covariates=("late",), correlation=0.4), ROWS,
    ),
    "comparison": (Comparison(), ROWS),
    "comparison, one SD": (Comparison(structure="common"), ROWS),
    "comparison, SDs by test": (Comparison(structure="by-test", nu=NU), ROWS),
    "comparison, covariates": (Comparison(covariates=("late", "size"), link="probit"), ROWS),
    "comparison, cross-classified and SDs by test": (Comparison(structure="by-test"), CROSSED),
    "comparison, partial": (
        Comparison(test="site", marker="binormal"), PARTIAL.select([0, 1, 2, 3, 4, 5, 6]),
    ),
    "comparison, shared effects": (Comparison(shared=True, nu=NU), ROWS),
    "comparison, cross-classified": (Comparison(), CROSSED),
    "comparison, cross-classified and shared": (Comparison(shared=True), CROSSED),
    "cut-offs": (Thresholds(), CUTOFFS),
    "cut-offs, normal marker, power": (
        Thresholds(link="probit", transform="box-cox", slope_sens=SLOPE, slope_spec=SLOPE), CUTOFFS,
    ),
    "cut-offs, one spread": (
        Thresholds(tau_spread_sens=None, tau_spread_spec=None, transform="identity"), CUTOFFS,
    ),
    "imperfect reference": (
        LatentClass(reference_sens=ProbabilityInterval(0.6, 0.9), reference_spec=Beta(50, 2)),
        ONE_EACH,
    ),
    "imperfect references, dependence": (
        LatentClass(
            link="probit", dependence=LogNormal(0.5, 1), reference="late",
            prevalences="hierarchical",
            reference_sens={T: ProbabilityInterval(0.3, 0.8), F: 0.9},
            reference_spec={F: Beta(20, 2), T: ProbabilityInterval(0.5, 0.99)},
        ),
        ONE_EACH,
    ),
    "hsroc": (HSROC(), ONE_EACH),
    "hsroc, covariates": (
        HSROC(on_accuracy=("late",), on_threshold=("size",), on_shape=("late",)), ONE_EACH,
    ),
}  # fmt: skip


def assigned(value_name: str, point: dict[str, np.ndarray]) -> np.ndarray:
    """PyMC's unconstrained value variable from natural hyperparameters and effects."""
    if value_name.endswith("_log__"):
        return np.log(point[value_name.removesuffix("_log__")])
    if value_name.endswith("_unit_logodds__"):
        rho = point[value_name.removesuffix("_unit_logodds__")]
        return np.log((1 + rho) / (1 - rho))
    if value_name.endswith("_logodds__"):
        share = point[value_name.removesuffix("_logodds__")]
        return np.log(share / (1 - share))
    return point[value_name]


@pytest.mark.parametrize("case", CASES)
def test_both_statements_of_a_model_agree(case):
    model, studies = CASES[case]
    model.check(studies)
    hierarchy = model.hierarchy(studies)
    rng = np.random.default_rng(3)
    theta = hierarchy.draw_prior(3, rng)
    natural = hierarchy.natural(theta)
    pymc_model = model.build(studies)
    values, all_expected = [], []
    for d in range(3):
        point = {name: x[d] for name, x in natural.items()}
        v = rng.normal(size=(hierarchy.n_studies, hierarchy.dimension))
        expected = stats.norm.logpdf(v).sum()
        spread = np.ones(hierarchy.n_studies)
        if model.nu is not None:
            point["precision"] = rng.gamma(2.0, 0.5, hierarchy.n_studies)
            spread = point["precision"] ** -0.5
            nu = point["nu"]
            expected += stats.gamma.logpdf(point["precision"], nu / 2, scale=2 / nu).sum()
        one = theta[:, d : d + 1]
        u = hierarchy.scale_effects(one, (v * spread[:, None]).T[..., None])
        w = None
        if hierarchy.within is not None:
            size = (hierarchy.within.n_results, hierarchy.within.Z.shape[1])
            z = rng.normal(size=size)
            expected += stats.norm.logpdf(z).sum()
            w = hierarchy.scale_within(one, z.T[..., None])
            point["z"] = z
        eta = hierarchy.row_predictors(one, u, w)
        rows = hierarchy.rows_at(one).likelihood
        expected += float((rows.log_density(eta) + rows.log_constant()).sum())
        for name, prior in hierarchy.priors.items():
            expected += float(np.squeeze(prior.logpdf(natural[name][d : d + 1])))
            expected += np.log(2.0) * name.startswith("rho")  # PyMC holds (rho + 1) / 2
        point["v"] = v
        values.append({x.name: assigned(x.name, point) for x in pymc_model.value_vars})
        all_expected.append(expected)
    points = {name: np.stack([one[name] for one in values]) for name in values[0]}
    terms = log_terms(pymc_model)(points)
    got = sum(x.reshape(3, -1).sum(axis=1) for x in terms.values())
    assert got == pytest.approx(np.array(all_expected), rel=1e-7, abs=1e-6)


def brute_force(hierarchy, theta: np.ndarray, points: int = 17) -> np.ndarray:
    """Log likelihood per study by a product rule over all effects of each study at once."""
    x, w = np.polynomial.hermite_e.hermegauss(points)
    w = np.log(w / w.sum())
    offset, loading, _ = hierarchy.predictors(theta)
    inner, result = hierarchy.inner_loading(theta), hierarchy.within.result
    likelihood = hierarchy.rows_at(theta).likelihood
    constant = np.broadcast_to(likelihood.log_constant(), offset.shape)
    out = []
    for k in range(hierarchy.n_studies):
        rows = np.flatnonzero(hierarchy.study == k)
        results = np.unique(result[rows])
        q, p = len(loading), len(inner)
        # every component of a study and its results that any row uses
        used = [("v", i, None) for i in range(q)]
        used += [
            ("z", a, j)
            for j in results
            for a in range(p)
            if np.any(inner[a, rows[result[rows] == j]])
        ]
        grid = np.stack(np.meshgrid(*[np.arange(points)] * len(used), indexing="ij"))
        flat = grid.reshape(len(used), -1)
        eta = np.repeat(offset[rows, 0][:, None], flat.shape[1], axis=1)
        for c, (kind, i, j) in enumerate(used):
            for r, row in enumerate(rows):
                if kind == "v":
                    eta[r] += loading[i, row, 0] * x[flat[c]]
                elif result[row] == j:
                    eta[r] += inner[i, row, 0] * x[flat[c]]
        density = likelihood.take(rows).log_density(eta).sum(axis=0) + w[flat].sum(axis=0)
        out.append(np.logaddexp.reduce(density) + constant[rows, 0].sum())
    return np.array(out)


@pytest.mark.parametrize(
    ("model", "studies"),
    [
        (NestedBivariate(), ROWS),
        (NestedBivariate(correlation=0.5), ROWS),
        (NestedMetaRegression(covariates=("size",), correlation=0.5), ROWS),
        (Comparison(), ROWS),
        (Comparison(), CROSSED),
        (Comparison(structure="common"), ROWS),
        (Comparison(structure="by-test"), ROWS),
        (Comparison(structure="by-test"), CROSSED),
        (Comparison(test="site", marker="binormal"), PARTIAL.select([2, 3, 0, 1, 5])),
        (NestedBivariate(marker="binormal"), PARTIAL.select([2, 3, 0, 1, 5])),
    ],
)
def test_two_levels_of_effects_integrate_as_by_brute_force(model, studies):
    few = studies.select([0, 1, 4])  # one study of two results, one of one: 6 dimensions at most
    hierarchy = model.hierarchy(few)
    natural = {name: np.array([0.4]) for name in hierarchy.names}
    natural |= {n: np.array([1.2]) for n in hierarchy.coefficients}
    theta = hierarchy.unconstrained(natural)
    exact = brute_force(hierarchy, theta, 13)
    np.testing.assert_allclose(hierarchy.log_likelihood(theta, 13)[:, 0], exact, atol=2e-4)


def test_without_variation_within_studies_results_are_only_more_rows():
    """Limits of the nested model: no variation within is a study effect shared by all results."""
    nested = NestedBivariate().hierarchy(ROWS)
    natural = {n: np.array([0.3]) for n in nested.names}
    natural |= {n: np.array([1e-6]) for n in ("tau_within_sens", "tau_within_spec")}
    shared = Comparison(shared=True).hierarchy(ROWS)
    same = {n: np.array([0.3]) for n in shared.names}
    np.testing.assert_allclose(
        nested.log_likelihood(nested.unconstrained(natural), 15)[:, 0],
        shared.log_likelihood(shared.unconstrained(same), 15)[:, 0],
        atol=1e-4,
    )


@pytest.mark.parametrize(
    ("several", "one"),
    [
        (NestedBivariate(correlation=1.0), Bivariate()),
        (
            NestedMetaRegression(covariates=("late",), correlation=1.0),
            MetaRegression(covariates=("late",)),
        ),
    ],
)
def test_results_that_repeat_one_another_count_once(several, one):
    twice = AccuracyStudies.from_table(
        {"study": [*"AABCDE"], "reader": [*"121111"], "tp": [8, 8, 9, 7, 12, 5],
         "fn": [3, 3, 4, 5, 1, 2], "fp": [2, 2, 1, 0, 4, 3], "tn": [20, 20, 9, 11, 17, 8],
         "late": [T, T, T, F, F, T]}
    )  # fmt: skip
    nested = several.hierarchy(twice)
    natural = {n: np.array([0.3]) for n in nested.names}
    natural |= {n: np.array([1e-6]) for n in ("tau_within_sens", "tau_within_spec")}
    once = one.hierarchy(twice.select([0, 2, 3, 4, 5]))
    same = {n: np.array([0.3]) for n in once.names}
    np.testing.assert_allclose(
        nested.log_likelihood(nested.unconstrained(natural), 15)[:, 0],
        once.log_likelihood(once.unconstrained(same), 15)[:, 0],
        atol=1e-4,
    )


def test_hsroc_without_covariates_is_the_bivariate_model():
    """Harbord et al. (2007): the same likelihood at parameters that correspond."""
    hsroc, bivariate = HSROC(), Bivariate()
    h, b = hsroc.hierarchy(ONE_EACH), bivariate.hierarchy(ONE_EACH)
    theta = h.draw_prior(6, np.random.default_rng(8))
    draws = h.natural(theta)
    mu, tau, rho = hsroc.point(draws, ONE_EACH, {})
    same = b.unconstrained(
        {"logit_sens": mu[0], "logit_spec": mu[1], "tau_sens": tau[0], "tau_spec": tau[1],
         "rho": rho}
    )  # fmt: skip
    np.testing.assert_allclose(
        h.log_likelihood(theta, 31), b.log_likelihood(same, 31), rtol=1e-4, atol=2e-3
    )
    new = np.zeros((2, 6))
    back = bivariate.estimands(b.natural(same), new, ONE_EACH)
    out = hsroc.estimands(draws, new, ONE_EACH)
    for name in ("Lambda", "Theta", "shape", "sigma_alpha", "sigma_theta", "sens", "spec", "auc"):
        np.testing.assert_allclose(out[name], back[name], rtol=1e-6, atol=1e-9)


def test_plackett_cells_have_their_margins_and_odds_ratio():
    from bayespool.numerics.paired import plackett

    p, q = np.array([0.2, 0.7, 0.999]), np.array([0.3, 0.9, 0.01])
    for psi in (0.1, 1.0, 5.0, 400.0):
        a = plackett(p, q, np.array(psi))
        b, c, d = p - a, q - a, 1 - p - q + a
        assert (np.stack([a, b, c, d]) > 0).all()
        np.testing.assert_allclose(a * d / (b * c), psi, rtol=1e-6)


def test_adding_groups_without_studies_of_another_level_is_refused_in_words():
    lonely = ONE_EACH.select([0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"level 'no' in one row only \(B"):
        MetaRegression(covariates=("late",)).check(lonely)


BAD = [
    (MetaRegression(covariates=("nothing",)), ONE_EACH, "no covariate 'nothing'; allowed:"),
    (MetaRegression(), ONE_EACH, "needs covariates; allowed: "),
    (MetaRegression(covariates=("late",)), ROWS, "studies have several rows"),
    (NestedBivariate(), ONE_EACH, "no study has several rows"),
    (
        NestedMetaRegression(covariates=("late",), correlation=0.5), PARTIAL,
        "nested model with correlation needs counts in every row; not so in .*"
        "allowed: correlation=0",
    ),
    (Comparison(test="nothing"), ROWS, "no column 'nothing' of tests; allowed:"),
    (Comparison(), ROWS.select([0, 2, 4]), "has one test only, x"),
    (Comparison(), ROWS.select([0, 3, 4, 5]), "is not connected.*part with one of another: x; y"),
    (
        Comparison(test="late"), ROWS,
        "same test twice in a study .yes in A: A, x, A, y; no in B: B, x, B, y.; allowed: one row",
    ),
    (Comparison(covariates=("test",)), ROWS, "cannot be told from differences between the tests"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "studies", "words"), BAD)
def test_what_cannot_be_fitted_is_refused_in_words(model, studies, words):
    with pytest.raises(ValueError, match=words):
        model.check(studies)


@pytest.mark.parametrize(
    ("tp_both", "fp_both", "words"),
    [
        ([9, 9], [1, 1], "contradicts the margins 8 and 9 of 11; .*from 6 to 8"),
        ([7, 7], [1, 0], "differs from .* of the other test"),
        ([7.5, 7.5], [1, 1], "is no count"),
    ],
)
def test_a_cross_classification_against_its_margins_is_refused(tp_both, fp_both, words):
    table = {k: v[:4] for k, v in TABLE.items()}
    wrong = AccuracyStudies.from_table(
        table | {"tp_both": [*tp_both, None, None], "fp_both": [*fp_both, None, None]}
    )
    with pytest.raises(ValueError, match=words):
        Comparison().check(wrong)


def test_covariates_with_gaps_or_collinear_ones_are_refused():
    gaps = AccuracyStudies.from_table(TABLE | {"late": [T, T, F, F, None, T, F]})
    with pytest.raises(ValueError, match="'late' is empty for C"):
        MetaRegression(covariates=("late",)).check(gaps.select([0, 2, 4, 5, 6]))
    double = AccuracyStudies.from_table(TABLE | {"twice": [2 * x for x in TABLE["size"]]})
    with pytest.raises(ValueError, match="collinear"):
        MetaRegression(covariates=("size", "twice")).check(double.select([0, 2, 4, 5, 6]))


def test_the_prior_of_a_number_is_on_one_standard_deviation_of_it():
    metres = AccuracyStudies.from_table(TABLE | {"size": [1000 * x for x in TABLE["size"]]})
    one, thousand = (
        MetaRegression(covariates=("size",), beta=Normal(0, 1)).hierarchy(s.select([0, 2, 4, 5, 6]))
        for s in (ROWS, metres)
    )
    assert one.priors["beta_sens_size"].sigma == pytest.approx(
        1000 * thousand.priors["beta_sens_size"].sigma
    )


def test_many_draws_at_once_are_the_same_as_few():
    """Work is cut by draws; parameters of the rows' own likelihood are cut with it."""
    for model in (Comparison(shared=True), Comparison(), Comparison(shared=True, nu=NU)):
        hierarchy = model.hierarchy(CROSSED)
        theta = hierarchy.draw_prior(1_500, np.random.default_rng(6))
        some = [0, 700, 1_499]
        if model.nu is not None:  # whose effects are drawn by the same integrals
            effects, _ = hierarchy.effects(theta, np.random.default_rng(7))
            assert np.isfinite(effects).all()
            np.testing.assert_allclose(
                hierarchy.study_precision(theta, effects)[:, some],
                hierarchy.study_precision(theta[:, some], effects[..., some]),
                atol=1e-9,
            )
        np.testing.assert_allclose(
            hierarchy.log_likelihood(theta, 5)[:, some],
            hierarchy.log_likelihood(theta[:, some], 5),
            atol=1e-9,
        )
