"""NUTS and quadrature: two independent computations of one posterior."""

from __future__ import annotations

import numpy as np
import pytest

import bayespool as bp
from bayespool.association import Nested
from bayespool.engines import nuts
from bayespool.estimands import summarise
from bayespool.studies import Effects


def test_both_engines_agree_on_every_estimand(nuts_fit, quadrature_fit):
    for name in nuts_fit.samples:
        a = summarise(name, nuts_fit.samples[name], nuts_fit.draws.ancestor)
        b = summarise(name, quadrature_fit.samples[name], quadrature_fit.draws.ancestor)
        assert abs(a.mean - b.mean) < 4 * np.hypot(a.mcse, b.mcse), name
        assert abs(a.lower - b.lower) < 4 * np.hypot(a.mcse_lower, b.mcse_lower), name
        assert abs(a.upper - b.upper) < 4 * np.hypot(a.mcse_upper, b.mcse_upper), name


def test_both_engines_agree_on_every_study(nuts_fit, quadrature_fit):
    for name, samples in nuts_fit.study_samples.items():
        other = quadrature_fit.study_samples[name]
        for i in range(len(samples)):
            a = summarise(name, samples[i], None)
            b = summarise(name, other[i], quadrature_fit.draws.ancestor)
            assert abs(a.mean - b.mean) < 4 * np.hypot(a.mcse, b.mcse), (name, i)


class _Scripted:
    """A sampler that diverges until the target acceptance is high enough."""

    def __init__(self, posterior, enough):
        self.posterior, self.enough, self.targets = posterior, enough, []

    def __call__(self, model, names):
        assert set(names) == set(self.posterior)

        def start(seed, target, draws, progress):
            self.targets.append(target)
            shape = self.posterior["v"].shape[:2]
            return self.posterior, {"diverging": np.full(shape, target < self.enough)}

        return start


@pytest.mark.parametrize("enough,runs", [(0.5, 1), (0.95, 2), (2.0, 3)])
def test_divergences_lead_to_another_run_and_are_told(nuts_fit, monkeypatch, enough, runs):
    v = np.zeros((*nuts_fit.draws.shape, len(nuts_fit.studies), 2))
    scripted = _Scripted(dict(nuts_fit.draws.hyper) | {"v": v}, enough)
    monkeypatch.setattr(nuts, "_with_nutpie", scripted)
    built = nuts_fit.model.build(nuts_fit.studies)
    draws = nuts.sample(built, nuts_fit.hierarchy, 1)
    assert len(scripted.targets) == runs
    assert scripted.targets == sorted(scripted.targets)
    assert len(draws.messages) == (runs - 1 if runs < 3 else 3)
    assert draws.info["divergences"] == (0 if runs < 3 else draws.hyper["rho"].size)


def test_an_interrupt_does_not_pass_off_a_part_for_the_whole(quadrature_fit, monkeypatch):
    import nutpie

    class Interrupted:
        def wait(self):
            raise KeyboardInterrupt

    def sample(compiled, *, blocking=True, **options):
        assert not blocking  # nutpie itself would return what there is
        return Interrupted()

    monkeypatch.setattr(nutpie, "sample", sample)
    with pytest.raises(KeyboardInterrupt):
        nuts.sample(quadrature_fit.model.build(quadrature_fit.studies), quadrature_fit.hierarchy, 1)


def test_an_unknown_sampler_is_refused(nuts_fit):
    with pytest.raises(ValueError, match="allowed: nutpie, pymc"):
        nuts.sample(None, nuts_fit.hierarchy, 1, sampler="gibbs")


def test_effects_that_a_model_calls_otherwise_are_drawn_when_asked_for():
    """Nested results, some of them partial, have effects under names of their own."""
    table = {"study": ["A", "A", "B", "C"], "kind": ["", "", "", "censored"],
             "or": [2.0, 1.5, 0.8, None], "ci_low": [1.1, 0.7, 0.4, None],
             "ci_high": [3.6, 3.2, 1.6, None], "n": [None, None, None, 40], "p": ["", "", "", "ns"],
             "events": [None, None, None, 15], "finding": ["x", "y", "x", "x"]}  # fmt: skip
    studies = Effects.from_table(table, measure="or")
    model = Nested(measure="or")
    assert model.hierarchy(studies.by_study()).within is not None
    fitted = bp.fit(model, studies, engine="nuts", draws=200)
    assert fitted.draws.effects is None
    assert fitted.effects.shape[1] == 3
    assert fitted.within is not None
    assert fitted.within.shape[1] == 4
