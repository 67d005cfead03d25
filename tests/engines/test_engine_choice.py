"""``engine="auto"``: quadrature where its self-check passes, else NUTS, and it says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bayespool as bp
from bayespool.engines import nuts, quadrature


def test_auto_takes_quadrature_when_it_passes(csf_tau):
    assert bp.fit(bp.accuracy.Bivariate(), csf_tau, ess=500).engine == "quadrature"


def test_auto_goes_on_to_nuts_and_says_why(csf_tau, quadrature_fit, monkeypatch):
    draws = quadrature.run(quadrature_fit.hierarchy, 1, ess=500.0)
    sampled = replace(draws, engine="nuts", ancestor=None)
    monkeypatch.setattr(
        quadrature, "run", lambda *a, **k: replace(draws, failures=("the nodes were too few",))
    )
    monkeypatch.setattr(nuts, "sample", lambda *a, **k: sampled)
    fitted = bp.fit(bp.accuracy.Bivariate(), csf_tau, engine="auto")
    assert fitted.engine == "nuts"
    assert "the nodes were too few" in fitted.draws.messages[0]
    kept = bp.fit(bp.accuracy.Bivariate(), csf_tau, engine="quadrature")
    assert kept.engine == "quadrature"
    assert kept.draws.failures


@pytest.mark.parametrize(
    "options,error,words",
    [
        ({"engine": "gibbs"}, ValueError, "allowed: auto, both, nuts, quadrature"),
        ({"engine": "quadrature", "draws": 5}, TypeError, "allowed: ess, nodes"),
        ({"engine": "nuts", "sampler": "stan"}, ValueError, "allowed: nutpie, pymc"),
    ],
)
def test_wrong_choices_are_refused(csf_tau, options, error, words):
    with pytest.raises(error, match=words):
        bp.fit(bp.accuracy.Bivariate(), csf_tau, **options)


def test_every_cautious_prior_is_told(csf_tau):
    from bayespool.association import NormalNormal
    from bayespool.empirical import rhodes2015

    prior = rhodes2015("mental health outcome", "non-pharmacological (any)", "other")
    fitted = bp.fit(NormalNormal(tau=prior), bp.load_dataset("eight_schools"))
    assert any("check the paper" in message for message in fitted.draws.messages)


def test_handbook_values_of_anti_ccp():
    """Cochrane Handbook for DTA v2, example 1: MetaBayesDTA's medians and intervals."""
    fitted = bp.fit(
        bp.accuracy.Bivariate(), bp.load_dataset("anti_ccp"), engine="quadrature", ess=20_000
    )
    published = {
        "sens": (0.657, 0.595, 0.717),
        "spec": (0.956, 0.942, 0.968),
        "dor": (42.399, 30.358, 58.341),
    }
    for name, (median, lower, upper) in published.items():
        ours = fitted.estimates[name]
        # its draws and ours both have Monte Carlo error: a tenth of a posterior SD
        for got, expected in ((ours.median, median), (ours.lower, lower), (ours.upper, upper)):
            assert abs(got - expected) < 0.15 * ours.sd, name
