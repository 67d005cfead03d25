"""``engine="both"``: the answer by quadrature, and NUTS beside it as an independent check."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bayespool as bp
from bayespool import fitting, progress
from bayespool.agreement import difference
from bayespool.checks import agreement
from bayespool.engines import quadrature
from bayespool.estimands import Estimate
from bayespool.parallel import CORES
from bayespool.report.summary import build_summary
from bayespool.report.summary_record import summary_dict
from bayespool.storage import load

MODEL = bp.accuracy.Bivariate()


@pytest.fixture(scope="module")
def both(csf_tau) -> bp.Fit:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CORES, "2")
        fitted = bp.fit(MODEL, csf_tau, engine="both")
        assert fitted.check is not None
    return fitted


def test_each_engine_gives_what_it_gives_alone(both, quadrature_fit, nuts_fit):
    for alone, fitted in ((quadrature_fit, both), (nuts_fit, both.check)):
        assert fitted.engine == alone.engine
        for name, draws in alone.draws.hyper.items():
            np.testing.assert_array_equal(fitted.draws.hyper[name], draws, strict=True)
        assert fitted.estimates == alone.estimates
    np.testing.assert_array_equal(both.check.draws.effects, nuts_fit.draws.effects)


def test_the_engines_agree_and_it_is_said(both):
    findings = {finding.name: finding for finding in agreement.check(both)}
    assert findings["engines_agree"].passed
    assert findings["engines_agree"].gate
    assert 0.3 < findings["engines_agree"].value < 4.0
    assert "Fitted again by nuts" in findings["engines_agree"].sentence
    assert findings["mcse_of_check"].passed
    told = summary_dict(build_summary(both), both)
    record = told["agreement"]
    json.dumps(record, allow_nan=False)
    assert record["engine"] == "nuts"
    sens = record["estimands"]["sens"]
    ours, theirs = both.estimates["sens"], both.check.estimates["sens"]
    assert sens["median"] == theirs.median
    assert sens["differences"]["median"] == pytest.approx(
        (ours.median - theirs.median) / np.hypot(ours.mcse_median, theirs.mcse_median)
    )
    largest = record["largest"]
    apart = record["estimands"][largest["estimand"]]["differences"][largest["summary"]]
    assert apart == largest["difference"]
    assert "engines_agree" in {check["name"] for check in told["checks"]}


def test_the_report_holds_the_agreement_and_a_saved_fit_keeps_it(both, tmp_path):
    folder = bp.write_report(both, tmp_path / "rep", formats=("markdown",))
    page = (folder / "report.md").read_text()
    assert "The same model and data were also fitted by a second engine" in page
    assert "Median, nuts" in page
    again = load(folder / "posterior.nc")
    assert again.check is None
    assert again.agreement.record(again.estimates) == both.agreement.record(both.estimates)
    second = bp.write_report(again, tmp_path / "again", formats=("markdown",))
    assert (second / "report.md").read_text() == page


def test_an_engine_that_finds_something_else_fails_the_check(both):
    check = both.check
    hyper = dict(check.draws.hyper)
    hyper["tau_sens"] = hyper["tau_sens"] * 1.2
    wrong = both.with_check(replace(check, draws=replace(check.draws, hyper=hyper)))
    finding = agreement.check(wrong)[0]
    assert not finding.passed
    assert "tau_sens" in finding.sentence
    assert not build_summary(wrong).passed
    assert agreement.check(both)[0].passed


def test_an_inaccurate_check_is_no_check(both):
    few = {name: x[:, :40] for name, x in both.check.draws.hyper.items()}
    effects = both.check.draws.effects[..., :40]
    short = replace(both.check, draws=replace(both.check.draws, hyper=few, effects=effects))
    findings = {finding.name: finding for finding in agreement.check(both.with_check(short))}
    assert not findings["mcse_of_check"].passed
    assert not findings["mcse_of_check"].gate


def test_without_a_second_engine_nothing_is_said_of_one(quadrature_fit):
    assert quadrature_fit.check is None
    assert quadrature_fit.agreement is None
    assert agreement.check(quadrature_fit) == []
    assert "agreement" not in summary_dict(build_summary(quadrature_fit), quadrature_fit)


def test_where_quadrature_fails_nuts_answers_and_it_is_said(csf_tau, nuts_fit, monkeypatch):
    draws = quadrature.run(nuts_fit.hierarchy, 1, ess=500.0)
    failed = replace(draws, failures=("the nodes were too few",))
    monkeypatch.setattr(quadrature, "run", lambda *a, **k: failed)
    monkeypatch.setattr(fitting, "_by_nuts", lambda *a: nuts_fit)
    monkeypatch.setenv(CORES, "1")
    heard: list[progress.Event] = []
    for engine in ("both", "auto"):
        with progress.watched_by(heard.append):
            fitted = bp.fit(MODEL, csf_tau, engine=engine)
        assert fitted.engine == "nuts"
        assert fitted.check is None
        assert "the nodes were too few" in fitted.draws.messages[0]
        note = next(event.words for event in heard if event.kind == "line")
        assert note.startswith("note: quadrature did not pass its self-check (the nodes were")
        heard.clear()


def test_an_error_of_the_check_comes_when_it_is_asked_for(csf_tau, monkeypatch):
    monkeypatch.setenv(CORES, "2")
    fitted = bp.fit(MODEL, csf_tau, engine="both", ess=500, draws=-1)
    assert fitted.estimates["sens"].median > 0.5
    with pytest.raises(Exception, match="negative"):
        fitted.check  # noqa: B018


def test_differences_in_errors():
    assert difference(1.0, 0.5, 0.3, 0.4) == 1.0
    assert difference(1.0, 1.0, 0.0, 0.0) == 0.0
    assert difference(0.0, 1.0, 0.0, 0.0) == -np.inf


def test_a_mean_that_is_infinite_is_not_compared(both):
    e = both.estimates["dor"]
    endless = replace(e, mean=np.inf, sd=np.inf, mcse=np.inf)
    compared = list(both.agreement.differences({"dor": endless}))
    assert [one.summary for one in compared] == ["median", "lower", "upper"]
    assert all(isinstance(x, Estimate) for x in both.agreement.estimates.values())


def test_a_pickled_fit_brings_its_check(both, tmp_path: Path):
    import pickle

    again = pickle.loads(pickle.dumps(both))
    assert again.check.estimates == both.check.estimates
    assert both.bare.check is None
