"""With one study the answer is that study's; what an average one might be stands beside."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.accuracy import HSROC, Bivariate, NestedBivariate
from bayespool.association import BinomialNormal, NormalNormal
from bayespool.report.summary import build_summary
from bayespool.studies import AccuracyStudies, ArmCounts, Effects

ONE = AccuracyStudies.from_counts(["A"], [186], [5], [16], [95])
READERS = AccuracyStudies.from_counts(
    ["A"] * 3, [44, 44, 44], [2, 3, 1], [1, 1, 1], [40, 39, 41], row=["A, 1", "A, 2", "A, 3"]
)


def of_the_study(events: int, n: int) -> dict[str, float]:
    """Median and interval of a proportion whose logit has the prior of one study's, by a grid."""
    x = np.linspace(-12.0, 12.0, 4_001)
    tau = np.linspace(0.0, 6.0, 1_201)[:, None]
    prior = (stats.norm.pdf(x, 0.0, np.hypot(1.5, tau)) * stats.halfnorm.pdf(tau)).sum(axis=0)
    density = prior * np.exp(stats.binom.logpmf(events, n, 1.0 / (1.0 + np.exp(-x))))
    below = np.cumsum(density) / density.sum()
    ends = {"lower": 0.025, "median": 0.5, "upper": 0.975}
    return {name: 1.0 / (1.0 + np.exp(-np.interp(p, below, x))) for name, p in ends.items()}


def test_accuracy_of_the_study_against_a_grid():
    fitted = bp.fit(Bivariate(), ONE, engine="quadrature")
    for name, events, n in (("sens", 186, 202), ("spec", 95, 100)):
        e = fitted.estimates[name]
        for end, expected in of_the_study(events, n).items():
            error = getattr(e, f"mcse_{end}")
            assert abs(getattr(e, end) - expected) < 4.0 * error + 5e-4, (name, end)
        average = fitted.estimates[f"{name}_average"]
        assert average.lower < 0.5 < e.lower
        assert fitted.estimates[f"{name}_new"].lower < average.lower
    np.testing.assert_allclose(
        fitted.samples["lr_pos"], fitted.samples["sens"] / (1.0 - fitted.samples["spec"])
    )


def test_effect_of_the_study_against_a_grid():
    studies = Effects.from_table({"study": ["A"], "estimate": [-0.9], "se": [0.45]}, measure="or")
    fitted = bp.fit(NormalNormal(measure="or"), studies, engine="quadrature", ess=20_000)
    x = np.linspace(-8.0, 8.0, 8_001)
    tau = np.linspace(0.0, 3.0, 601)[:, None]
    prior = (stats.norm.pdf(x, 0.0, np.hypot(4.0, tau)) * stats.halfnorm.pdf(tau, 0, 0.5)).sum(0)
    density = prior * stats.norm.pdf(-0.9, x, 0.45)
    below = np.cumsum(density) / density.sum()
    e = fitted.estimates["mu"]
    for end, p in (("lower", 0.025), ("median", 0.5), ("upper", 0.975)):
        expected = np.interp(p, below, x)
        assert abs(getattr(e, end) - expected) < 4.0 * getattr(e, f"mcse_{end}") + 2e-3
    (above,) = (p for p in build_summary(fitted).probabilities if p.statement.estimand == "mu")
    expected = 1.0 - np.interp(0.0, x, below)
    assert abs(above.prob - expected) < 4.0 * above.mcse + 1e-3


@pytest.mark.parametrize(
    ("model", "studies", "name", "observed"),
    [
        (HSROC(), ONE, "sens", 186 / 202),
        (NestedBivariate(), READERS, "sens", 132 / 135),
        (BinomialNormal(), ArmCounts.from_counts(["A"], [10], [50], [20], [52]), "mu_ratio", 0.4),
    ],
)
def test_the_answer_lies_where_the_study_does(model, studies, name, observed, tmp_path):
    fitted = bp.fit(model, studies, engine="quadrature", ess=1_000)
    e = fitted.estimates[name]
    assert e.lower < observed < e.upper
    assert e.median == pytest.approx(observed, rel=0.05)
    average = fitted.estimates[{"sens": "sens_average", "mu_ratio": "mu_average_ratio"}[name]]
    assert average.upper - average.lower > 1.5 * (e.upper - e.lower)
    fitted.save(tmp_path / "posterior.nc")
    again = bp.storage.load(tmp_path / "posterior.nc")
    assert dict(again.estimates) == dict(fitted.estimates)


def test_the_page_says_whose_answer_it_is(tmp_path):
    fitted = bp.fit(Bivariate(), ONE, engine="quadrature")
    page = bp.write_report(fitted, tmp_path / "r", formats=("markdown",), prevalences=(0.2,))
    text = (page / "report.md").read_text().replace("\u00a0", " ")
    assert "Sensitivity in the one study: **92 %**" in text
    assert "True positives: with the condition, test positive | 184" in text
    main, _, appendix = text.partition("\n## Appendix")
    assert "pooled" not in main.replace("not pooled", "").lower()
    assert appendix
    assert "one study says little of it, and the priors say the rest" in text
