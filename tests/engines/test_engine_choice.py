"""``engine="auto"``: quadrature where its self-check passes, else NUTS, and it says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bayespool as bp
from bayespool.engines import nuts, quadrature
from bayespool.engines.reach import OutOfReach
from bayespool.studies import ArmCounts


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


def test_auto_goes_on_to_nuts_out_of_reach_of_quadrature(csf_tau, quadrature_fit, monkeypatch):
    """A prior narrower than the spacing of numbers: no draw has a density."""
    draws = quadrature.run(quadrature_fit.hierarchy, 1, ess=500.0)
    sampled = replace(draws, engine="nuts", ancestor=None)
    model = bp.accuracy.Bivariate(sens=bp.priors.Normal(1e6, 1e-70))
    with pytest.raises(OutOfReach, match="excludes what the data say"):
        bp.fit(model, csf_tau, engine="quadrature")
    monkeypatch.setattr(nuts, "sample", lambda *a, **k: sampled)
    fitted = bp.fit(model, csf_tau)
    assert fitted.engine == "nuts"
    assert "out of reach of quadrature (no draw" in fitted.draws.messages[0]
    assert fitted.draws.messages[0].endswith("fitted by NUTS instead")

    def nowhere(*_, **__):
        raise OutOfReach(nuts.NOWHERE)

    monkeypatch.setattr(nuts, "sample", nowhere)
    with pytest.raises(OutOfReach, match=r"excludes.*; NUTS finds no point to start from"):
        bp.fit(model, csf_tau)


@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_nuts_says_that_it_cannot_start(sampler):
    """Risk differences of 5: no study's effect is one where the chains begin."""
    trials = ArmCounts.from_counts(["A", "B"], [3, 10], [40, 100], [6, 14], [42, 97])
    model = bp.association.BinomialNormal(measure="rd", mu=bp.priors.Normal(5.0, 0.01))
    with pytest.raises(OutOfReach, match="NUTS finds no point to start from"):
        bp.fit(model, trials, engine="nuts", sampler=sampler, draws=10)


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
