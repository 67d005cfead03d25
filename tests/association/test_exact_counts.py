"""Exact ratios and differences of counts against the models written out and summed over grids.

Nothing of the package's likelihoods is used for what is expected: scipy's distributions, and sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reference_data import REFERENCE
from scipy import special, stats

import bayespool as bp
from bayespool.association import BinomialNormal, Nested, NormalNormal
from bayespool.choice import choose
from bayespool.integration import draw_effects
from bayespool.priors import Fixed, Gamma, HalfNormal, Normal
from bayespool.studies import ArmCounts, Effects

ROWS = [0, 6, 11]  # of BCG: few and many people, 4 to 186 events
POINTS = {
    "or": [(-0.7, 0.5), (0.2, 0.2), (-1.5, 1.0)],
    "rr": [(-0.7, 0.5), (0.2, 0.2), (-1.5, 1.0)],
    "rd": [(-0.01, 0.01), (-0.05, 0.1), (0.1, 0.05)],
}
Row = tuple[int, int, int, int]
_ = None
PARTIAL = {
    "study": ["A", "B", "C", "D", "D", "E"],
    "kind": ["", "censored", "rates", "candidate", "candidate", ""],
    "e1": [4, _, _, 5, 6, 0], "n1": [20, 8, "29-31", 20, 20, 30],
    "e2": [6, _, _, 9, 8, 4], "n2": [22, 9, 40, 25, 26, 31],
    "risk1": [_, _, "13%", _, _, _], "risk2": [_, _, "0.25", _, _, _],
    "p": [_, "ns", _, _, _, _], "events": [_, "5-6", _, _, _, _],
    "weight": [_, _, _, 3, 1, _],
}  # fmt: skip


def table_likelihood(
    row: Row, d: np.ndarray, measure: str, people: tuple[int, int] | None = None
) -> np.ndarray:
    """Likelihood of one table at each effect: totals uniform, or the overall risk uniform.

    The overall risk is that of the table's own people, or of `people`.
    """
    e1, n1, e2, n2 = row
    n, t = n1 + n2, e1 + e2
    if measure == "or":
        known = t in (0, n)
        given = 1.0 if known else stats.nchypergeom_fisher.pmf(e1, n, n1, t, np.exp(d))
        return given / (n + 1) * np.ones_like(d)
    m1, m2 = people or (n1, n2)
    if measure == "rr":
        slope2 = (m1 + m2) / (m1 * np.exp(d) + m2)
        slope1, shift1, shift2 = np.exp(d) * slope2, 0 * d, 0 * d
    else:
        slope1 = slope2 = 1 + 0 * d
        shift1, shift2 = d * m2 / (m1 + m2), -d * m1 / (m1 + m2)
    low = np.maximum(0.0, np.maximum(-shift1, -shift2))
    width = np.minimum((1 - shift1) / slope1, (1 - shift2) / slope2) - low
    logit, step = np.linspace(-25, 25, 1_501, retstep=True)
    share = special.expit(logit)[:, None]
    p = low + width * share
    p1, p2 = (np.clip(x, 0, 1) for x in (shift1 + slope1 * p, shift2 + slope2 * p))
    log_p = sum(
        special.xlogy(e, x) + special.xlog1py(m - e, -x) + np.log(special.comb(m, e))
        for e, m, x in ((e1, n1, p1), (e2, n2, p2))
    )
    return (np.exp(log_p) * share * (1 - share) * step).sum(axis=0) * width


def row_likelihood(studies: Any, i: int, d: np.ndarray, measure: str) -> np.ndarray:
    """The same of a row, complete or with the tables that it allows."""
    said = studies.partial[i]
    if said is None:
        return table_likelihood(table_of(studies, i), d, measure)
    parts, people = zip(said.tables, said.weights, strict=True), table_of(studies, i)[1::2]
    return np.sum([w * table_likelihood(table, d, measure, people) for table, w in parts], axis=0)


def table_of(studies: Any, i: int) -> Row:
    e1, n1, e2, n2 = (int(getattr(studies, name)[i]) for name in ("e1", "n1", "e2", "n2"))
    return e1, n1, e2, n2


def expected_log_likelihood(studies: Any, mu: float, tau: float, measure: str) -> list[float]:
    """Sums over effects where both the row and the studies' distribution have something."""
    out = []
    for i in range(len(studies)):
        e1, n1, e2, n2 = (x + 0.5 for x in table_of(studies, i))
        p1, p2 = e1 / (n1 + 0.5), e2 / (n2 + 0.5)
        near, spread = np.log(p1 / p2), np.sqrt(1 / e1 + 1 / e2)
        if measure == "or":
            near += np.log((1 - p2) / (1 - p1))
            spread = np.sqrt(spread**2 + 1 / (n1 + 0.5 - e1) + 1 / (n2 + 0.5 - e2))
        if measure == "rd":
            near, spread = p1 - p2, np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
        reach = 40 if n1 < 200 else 14  # small tables have long tails
        low = max(mu - 9 * tau, near - reach * spread)
        high = min(mu + 9 * tau, near + reach * spread)
        if measure == "rd":
            low, high = max(low, -1 + 1e-9), min(high, 1 - 1e-9)
        effects, step = np.linspace(low, high, 801, retstep=True)
        density = stats.norm.pdf(effects, mu, tau) * step
        out.append(float(np.log((row_likelihood(studies, i, effects, measure) * density).sum())))
    return out


def integrated(studies: Any, mu: float, tau: float, measure: str) -> np.ndarray:
    hierarchy = BinomialNormal(measure=measure).hierarchy(studies)
    theta = hierarchy.unconstrained({"mu": np.array([mu]), "tau": np.array([tau])})
    return hierarchy.log_likelihood(theta, 63)[:, 0]


@pytest.mark.parametrize("measure", POINTS)
def test_rows_of_bcg(measure: str) -> None:
    studies = bp.load_dataset("bcg").select(ROWS)
    for mu, tau in POINTS[measure]:
        expected = expected_log_likelihood(studies, mu, tau, measure)
        np.testing.assert_allclose(integrated(studies, mu, tau, measure), expected, atol=2e-5)


@pytest.mark.parametrize("measure", ["or", "rr"])
def test_rows_with_a_zero_cell(measure: str) -> None:
    """The first row of BCG without its four events among the vaccinated, and its mirror image."""
    studies = ArmCounts.from_counts(["A", "B"], [0, 11], [123, 139], [11, 0], [139, 123])
    for mu, tau in POINTS[measure]:
        expected = expected_log_likelihood(studies, mu, tau, measure)
        np.testing.assert_allclose(integrated(studies, mu, tau, measure), expected, atol=2e-5)


@pytest.mark.parametrize("measure", POINTS)
def test_rows_that_are_no_full_table(measure: str) -> None:
    studies = ArmCounts.from_table(PARTIAL)
    assert [len(said.tables) for said in studies.partial if said] == [8, 3, 2]
    for mu, tau in POINTS[measure]:
        expected = expected_log_likelihood(studies, mu, tau, measure)
        np.testing.assert_allclose(integrated(studies, mu, tau, measure), expected, atol=1e-4)


def posterior_of_mu(
    studies: Any, measure: str, prior: Callable[[np.ndarray], np.ndarray], tau_sd: float
) -> tuple[float, float]:
    """Mean and SD of mu with tau integrated out, by sums over mu, tau and every study's effect."""
    mu, taus = np.linspace(-8, 8, 321), np.linspace(0.0, 4 * tau_sd, 42)[1:]
    z, step = np.linspace(-6, 6, 61, retstep=True)
    effects = np.linspace(-20, 20, 4_001)
    rows = np.array([
        np.log(row_likelihood(studies, i, effects, measure)) for i in range(len(studies))
    ])  # fmt: skip
    joint = np.zeros((len(mu), len(taus)))
    for j, tau in enumerate(taus):
        at = mu[:, None] + tau * z
        total = sum(
            np.log((np.exp(np.interp(at, effects, row)) * stats.norm.pdf(z) * step).sum(axis=1))
            for row in rows
        )
        joint[:, j] = total + stats.norm.logpdf(tau, 0, tau_sd)
    density = np.exp(joint - joint.max()).sum(axis=1) * prior(mu)
    density /= density.sum()
    mean = float(density @ mu)
    return mean, float(np.sqrt(density @ (mu - mean) ** 2))


@pytest.mark.parametrize("measure", ["or", "rr"])
def test_the_pooled_value_is_that_of_a_sum_over_everything(measure: str) -> None:
    """Two studies of a ratio of 1, one with a zero cell and one without any event."""
    studies = ArmCounts.from_counts(
        list("ABCD"), [6, 9, 0, 0], [300, 450, 80, 300], [2, 3, 2, 0], [100, 150, 60, 100]
    )
    mean, sd = posterior_of_mu(studies, measure, lambda x: stats.norm.pdf(x, 0, 4), 0.5)
    model = BinomialNormal(measure=measure)
    fitted = bp.fit(model, studies, engine="quadrature", ess=20_000)
    ours = fitted.estimates["mu"]
    assert ours.mean == pytest.approx(mean, abs=4 * ours.mcse)
    assert ours.sd == pytest.approx(sd, rel=0.03)


def reviewed() -> ArmCounts:
    """Ten trials of 0/200 against 0/100, which once made an odds ratio of 0.5."""
    return ArmCounts.from_table(REFERENCE / "doublezero_2to1.csv")


@pytest.mark.parametrize(
    ("measure", "model"),
    [("or", "auto"), ("rr", "binomial"), ("or", "normal"), ("rr", "normal"), ("or", "nested")],
)
def test_ten_trials_without_an_event_leave_the_prior(measure: str, model: str) -> None:
    chosen, studies = choose(reviewed(), measure, model)
    fitted = bp.fit(chosen, studies, engine="quadrature")
    mu = fitted.estimates["mu"]
    assert abs(mu.mean) < 4 * mu.mcse + 0.02
    assert mu.sd == pytest.approx(4.0, rel=0.05)
    assert fitted.estimates["tau"].mean == pytest.approx(0.5 * np.sqrt(2 / np.pi), rel=0.05)


BASE: list[Row] = [(6, 300, 2, 100), (9, 450, 3, 150), (4, 100, 1, 120), (12, 220, 9, 190)]


def with_rows(*rows: Row) -> ArmCounts:
    columns = list(zip(*BASE, *rows, strict=True))
    return ArmCounts.from_counts([f"S{i}" for i in range(len(BASE) + len(rows))], *columns)


NOBODY: list[Row] = [(0, 300, 0, 100), (0, 60, 0, 240), (0, 1_000, 0, 50)] * 5
EVERYBODY: list[Row] = [(300, 300, 100, 100), (60, 60, 240, 240), (9, 9, 31, 31)] * 5
SILENT: list[tuple[Any, list[Row]]] = [
    (BinomialNormal(), NOBODY),
    (BinomialNormal(), EVERYBODY),
    (BinomialNormal(nu=Gamma(2, 0.1)), NOBODY),
    (BinomialNormal(measure="rr"), NOBODY),
    (NormalNormal(measure="or"), NOBODY),
    (NormalNormal(measure="or"), EVERYBODY),
    (NormalNormal(measure="rr"), NOBODY),
    (NormalNormal(measure="rr"), EVERYBODY),
    (NormalNormal(measure="or", nu=Gamma(2, 0.1)), NOBODY),
    (Nested(measure="rr"), NOBODY),
]


@pytest.mark.parametrize(("model", "rows"), SILENT)
def test_rows_without_a_contrast_tell_no_ratio(model: Any, rows: list[Row]) -> None:
    """They add a constant to the log likelihood.

    An exact risk ratio knows that no risk is above 1, which is worth 1 / n at the ends of the line.
    """
    few, many = with_rows(), with_rows(*rows)
    if not isinstance(model, BinomialNormal):
        few, many = few.effects(model.measure, add=0.5), many.effects(model.measure, add=0.5)
    theta = model.hierarchy(few).draw_prior(300, np.random.default_rng(6))
    before, after = (model.hierarchy(s).log_likelihood(theta, 15) for s in (few, many))
    added = after.sum(axis=0) - before.sum(axis=0)
    exact_ratio = isinstance(model, BinomialNormal) and model.measure == "rr"
    most = sum(1 / min(row[1], row[3]) for row in rows) if exact_ratio else 1e-7
    assert np.ptp(added) < most


@pytest.mark.parametrize("measure", ["or", "rr"])
def test_trials_without_events_leave_the_pooled_value_where_it_was(measure: str) -> None:
    fits = [
        bp.fit(BinomialNormal(measure=measure), studies, engine="quadrature", ess=10_000)
        for studies in (with_rows(), with_rows(*NOBODY))
    ]
    before, after = (one.estimates["mu"] for one in fits)
    assert not any(one.draws.failures for one in fits)
    shift = abs(after.mean - before.mean)
    assert shift < 0.02 * before.sd + 3 * np.hypot(before.mcse, after.mcse)
    assert after.sd == pytest.approx(before.sd, rel=0.05)


def test_risk_ratios_move_by_less_than_a_fiftieth_of_an_sd() -> None:
    """Free of Monte Carlo error: one set of draws, weighted by what the rows without events add."""
    model = BinomialNormal(measure="rr")
    fitted = bp.fit(model, with_rows(), engine="quadrature")
    many = model.hierarchy(with_rows(*NOBODY)).log_likelihood(fitted.theta, 15)[4:].sum(axis=0)
    weight = np.exp(many - many.max())
    mu = fitted.samples["mu"].ravel()
    assert abs(np.average(mu, weights=weight) - mu.mean()) < 0.02 * mu.std()


def test_of_a_difference_a_trial_without_events_tells_that_it_is_small() -> None:
    few, many = (with_rows(*rows).effects("rd", add=0.5) for rows in ((), NOBODY))
    narrow, wide = (bp.fit(NormalNormal(mu=Normal(0, 0.5), tau=HalfNormal(0.15), measure="rd"), s)
                    for s in (many, few))  # fmt: skip
    assert narrow.estimates["mu"].sd < wide.estimates["mu"].sd
    assert not many.is_partial.any()
    assert (many.estimate[4:] == 0.0).all()  # and not what 1/2 in every cell makes of the sizes
    assert all("zero cell" in how for how in many.how[4:])


EDGED: list[tuple[str, Row]] = [
    ("rd", (0, 118, 0, 105)), ("rd", (20, 20, 30, 30)), ("rd", (0, 5, 0, 300)),
    ("rr", (20, 20, 30, 30)),
]  # fmt: skip


def of_edged_row(measure: str, row: Row, effect: np.ndarray) -> np.ndarray:
    """The uniform risk of all people integrated out: a polynomial in it, by an exact Gauss rule."""
    e1, n1, _, n2 = row
    x, w = np.polynomial.legendre.leggauss((n1 + n2) // 2 + 1)
    share, d = n1 / (n1 + n2), effect[:, None]
    if measure == "rd":
        low = np.maximum(0.0, np.maximum(-d * (1.0 - share), d * share))
        high = np.minimum(1.0, np.minimum(1.0 - d * (1.0 - share), 1.0 + d * share))
    else:
        p2_of_all = share * np.exp(d) + 1.0 - share
        low, high = 0.0 * d, np.minimum(1.0, np.minimum(p2_of_all, p2_of_all / np.exp(d)))
    p = low + (high - low) * 0.5 * (x + 1.0)
    p1, p2 = p + d * (1.0 - share), p - d * share
    if measure == "rr":
        p2 = p / p2_of_all
        p1 = p2 * np.exp(d)
    of_all = p1**n1 * p2**n2 if e1 else (1.0 - p1) ** n1 * (1.0 - p2) ** n2
    return 0.5 * (high - low)[:, 0] * (of_all @ w)


def edged_integral(measure: str, row: Row, mean: float, sd: float, upto: float) -> float:
    """Of the likelihood times the density of an effect up to a value, each side in short steps."""
    n, far = max(row[1], row[3]), min(1.0 if measure == "rd" else 9.0, abs(mean) + 9 * sd)
    steps = np.unique(
        np.clip(
            np.concatenate(
                [[0.0], np.geomspace(1e-2 / n, far, 40), abs(mean) + sd * np.arange(-8, 9)]
            ),
            0.0,
            far,
        )
    )
    x, w = np.polynomial.legendre.leggauss(12)
    ends = np.minimum(np.concatenate([-steps[:0:-1], steps]), upto)
    half = 0.5 * np.diff(ends)[:, None]
    at = (ends[:-1, None] + half * (x + 1.0)).ravel()
    heights = of_edged_row(measure, row, at) * stats.norm.pdf(at, mean, sd)
    return float(np.sum(half * w * heights.reshape(-1, len(x))))


@pytest.mark.parametrize(("measure", "row"), EDGED)
@pytest.mark.parametrize(("mean", "sd"), [(0.05, 0.3), (-0.08, 0.002), (-0.2, 0.1), (0.3, 1e-4)])
def test_an_edge_at_no_effect_is_integrated(measure: str, row: Row, mean: float, sd: float) -> None:
    """Where the bend is sharp (sd much above 1 / n), and where it is far from the mean."""
    hierarchy = BinomialNormal(measure=measure).hierarchy(with_rows(row))
    assert list(hierarchy.likelihood.edged) == [False] * 4 + [True]
    theta = hierarchy.unconstrained({"mu": np.array([mean]), "tau": np.array([sd])})
    expected = np.log(edged_integral(measure, row, mean, sd, np.inf))
    for nodes in (1, 4):
        assert hierarchy.log_likelihood(theta, nodes)[4, 0] == pytest.approx(expected, abs=2e-7)


def test_effects_of_a_trial_with_an_edge_have_their_distribution() -> None:
    """2,000 draws, within four errors of the distribution function at three places."""
    row = EDGED[0][1]
    hierarchy = BinomialNormal(measure="rd").hierarchy(with_rows(row))
    theta = hierarchy.unconstrained({"mu": np.full(2_000, 0.01), "tau": np.full(2_000, 0.03)})
    effects = 0.01 + draw_effects(hierarchy, theta, np.random.default_rng(4))[0][0, 4]
    whole = edged_integral("rd", row, 0.01, 0.03, np.inf)
    for place in (-0.005, 0.0, 0.01):
        share = edged_integral("rd", row, 0.01, 0.03, place) / whole
        error = np.sqrt(share * (1.0 - share) / len(effects))
        assert abs(np.mean(effects <= place) - share) < 4.0 * error


def test_a_trial_without_events_tells_how_small_differences_are() -> None:
    """It was refused before: the posterior narrows, and passes the engine's own checks."""
    model = BinomialNormal(measure="rd", tau=HalfNormal(0.1))
    without, beside = (bp.fit(model, s, engine="quadrature", ess=500)
                       for s in (with_rows(), with_rows((0, 118, 0, 105))))  # fmt: skip
    assert not beside.draws.failures
    assert beside.estimates["mu"].sd < without.estimates["mu"].sd


def test_rows_that_say_nothing_of_a_ratio_stay_listed_by_name() -> None:
    from bayespool.report.effect_rows import effect_rows
    from bayespool.report.effect_words import cautions

    rows = {
        "study": list("ABCD"), "or": [2.0, _, _, 1.5], "se_log": [0.4, _, _, 0.3],
        "e1": [_, 0, 5, _], "n1": [_, 20, 30, _], "e2": [_, 0, 3, _], "n2": [_, 45, 31, _],
    }  # fmt: skip
    studies = Effects.from_table(rows, "or", add=None)  # nothing has to be added to B
    assert [p.says if p else "" for p in studies.partial] == [
        "", "nobody has the event in either group: it says nothing", "", "",
    ]  # fmt: skip
    assert studies.approximated == (False, False, False, False)
    model = NormalNormal(measure="or", tau=Fixed(0.3))
    fitted = bp.fit(model, studies, engine="quadrature")
    without = bp.fit(model, studies.select([0, 2, 3]), engine="quadrature")
    assert fitted.draws.info["path"] == "grid"
    assert fitted.estimates["mu"].mean == pytest.approx(without.estimates["mu"].mean, abs=1e-9)
    assert any(text.endswith("moves nothing: B.") for text in cautions(fitted))
    row = effect_rows(fitted)[1]
    assert (row.row, row.margins[0].observed, row.margins[0].counts) == ("B", None, "0/20, 0/45")
    back = studies.arm_counts()
    assert (back.row, back.is_partial.any()) == (("B", "C"), False)


def test_a_candidate_without_a_contrast_is_no_estimate() -> None:
    table = {"study": ["A", "B", "B"], "kind": ["", "candidate", "candidate"],
             "e1": [3, 0, 2], "n1": [20] * 3, "e2": [6, 0, 1], "n2": [25] * 3}  # fmt: skip
    effects = ArmCounts.from_table(table).effects("or", add=0.5)
    assert len(effects.partial[1].intervals) == 1
    table["e1"][2] = table["e2"][2] = 0
    (only,) = ArmCounts.from_table(table | {"n2": [25, 25, 24]}).effects("or").partial[1].intervals
    assert only[:2] == (-np.inf, np.inf)


@pytest.mark.parametrize("measure", ["or", "rr", "rd"])
def test_partial_rows_as_pymc_states_them(measure: str) -> None:
    """The sum over study effects, and over overall risks where the model has them."""
    table = {"study": ["A", "A"], "kind": ["candidate"] * 2, "e1": [5, 0], "n1": [20, 20],
             "e2": [9, 8], "n2": [25, 40], "weight": [3, 1]}  # fmt: skip
    studies = ArmCounts.from_table(table)
    mu, tau = (-0.1, 0.1) if measure == "rd" else (-0.4, 0.5)
    logp = BinomialNormal(measure=measure).build(studies).compile_logp(jacobian=False)
    fixed = {"mu": np.array(mu), "tau_log__": np.log(tau)}
    z, step = np.linspace(-6, 6, 61, retstep=True)
    logit, width = np.linspace(-12, 9, 71, retstep=True) if measure != "or" else (np.zeros(1), 1.0)
    terms = []
    for v in z:
        for place in logit:
            point = fixed | {"v": np.full((1, 1), v)}
            if measure != "or":
                point["overall_risk_interval__"] = np.array([place])
            terms.append(float(logp(point)))
            if measure != "or":
                d, share = mu + tau * v, 25 / 45  # the place between its bounds, times their width
                bounds = 1 - abs(d) if measure == "rd" else min(
                    1 - share + share * np.exp(-d), (1 - share) * np.exp(d) + share)  # fmt: skip
                terms[-1] += np.log(bounds) - np.logaddexp(0, place) - np.logaddexp(0, -place)
    priors = stats.norm.logpdf(mu, 0, 4) + np.log(2) + stats.norm.logpdf(tau, 0, 0.5)
    got = np.logaddexp.reduce(terms) + np.log(step * width) - priors
    assert got == pytest.approx(integrated(studies, mu, tau, measure)[0], abs=2e-5)
