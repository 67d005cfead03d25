"""Coefficients on the shape of the HSROC have a prior of their own."""

from __future__ import annotations

from typing import Any

import pytest

import bayespool as bp
from bayespool.accuracy import HSROC
from bayespool.cli.options import with_priors
from bayespool.priors import HalfNormal, Normal, StudentT
from bayespool.report import write_report
from bayespool.storage import load
from bayespool.studies import AccuracyStudies

STUDIES = AccuracyStudies.from_counts(
    study=list("ABCDEF"), tp=[9, 12, 30, 18, 7, 25], fp=[2, 5, 9, 3, 6, 8],
    fn=[3, 2, 8, 9, 4, 5], tn=[20, 31, 44, 25, 19, 40],
    size=[1.0, 2.0, 4.0, 3.0, 6.0, 2.0], kind=["a", "b", "a", "b", "a", "a"],
)  # fmt: skip
EVERYWHERE: dict[str, Any] = dict.fromkeys(
    ("on_accuracy", "on_threshold", "on_shape"), ("kind", "size")
)


def test_each_part_has_its_prior_on_one_standard_deviation():
    model = HSROC(**EVERYWHERE, beta=Normal(0.2, 1.5), shape_coefficients=StudentT(0.1, 0.4, 4))
    found = model.hierarchy(STUDIES).priors
    sd = STUDIES.covariates["size"]
    mean = sum(sd) / len(sd)
    sd = (sum((x - mean) ** 2 for x in sd) / (len(sd) - 1)) ** 0.5
    for part in ("Lambda", "Theta"):
        assert found[f"beta_{part}_kind[b]"] == Normal(0.2, 1.5)
        assert found[f"beta_{part}_size"].sigma == pytest.approx(1.5 / sd)
    assert found["beta_shape_kind[b]"] == StudentT(0.1, 0.4, 4)
    assert found["beta_shape_size"].mu == pytest.approx(0.1 / sd)
    assert found["beta_shape_size"].sigma == pytest.approx(0.4 / sd)


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ((), set()),
        (("on_accuracy",), {"beta"}),
        (("on_threshold",), {"beta"}),
        (("on_shape",), {"shape_coefficients"}),
        (("on_accuracy", "on_shape"), {"beta", "shape_coefficients"}),
    ],
)
def test_only_priors_in_use_are_told_and_taken(on, told):
    model = HSROC(**dict.fromkeys(on, ("kind",)))
    assert set(model.priors) & {"beta", "shape_coefficients"} == told
    for name in ("beta", "shape_coefficients"):
        given = f"{name}=Normal(0, 0.25)"
        if name in told:
            assert getattr(with_priors(model, [given]), name) == Normal(0, 0.25)
        else:
            with pytest.raises(ValueError, match="this model has no such parameter"):
                with_priors(model, [given])


def test_the_prior_of_shape_coefficients_has_a_scale():
    with pytest.raises(ValueError, match=r"shape_coefficients=.*allowed: Normal or StudentT"):
        HSROC(shape_coefficients=HalfNormal(1))


def test_a_covariate_on_the_shape_is_stored_and_reported(tmp_path):
    model = HSROC(on_shape=("kind",), shape_coefficients=Normal(0, 0.3))
    fitted = bp.fit(model, STUDIES, engine="quadrature", ess=500)
    write_report(fitted, tmp_path, formats=())
    assert "Normal(0, 0.3)" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert load(tmp_path / "posterior.nc").model == model
