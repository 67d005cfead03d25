"""Tables for users of pandas, predictions, and models beside one another."""

import numpy as np
import pandas as pd
import pytest

import bayespool as bp


@pytest.fixture(scope="module")
def fitted():
    return bp.fit(bp.accuracy.Bivariate(), bp.load_dataset("telomerase"), ess=1_000)


@pytest.fixture(scope="module")
def regression():
    model = bp.accuracy.MetaRegression(covariates=("generation", "year"))
    return bp.fit(model, bp.load_dataset("anti_ccp"), ess=1_000)


def test_estimates_as_a_frame_are_the_estimates(fitted):
    frame = fitted.to_frame()
    assert list(frame.index) == list(fitted.estimates)
    assert frame.loc["sens", "median"] == fitted.estimates["sens"].median
    assert frame.loc["sens", "eti95_upper"] == fitted.estimates["sens"].upper
    assert list(fitted.summary(["spec", "rho"]).index) == ["spec", "rho"]
    with pytest.raises(ValueError, match="nothing is not estimated; allowed: "):
        fitted.summary(["nothing"])


def test_a_name_without_group_stands_for_every_group(regression):
    found = list(regression.summary(["sens"]).index)
    assert found == [name for name in regression.estimates if name.startswith("sens[")]
    assert len(found) > 2


def test_ratios_are_in_the_frame_of_an_association():
    fitted = bp.fit(bp.association.NormalNormal(measure="or"), bp.load_dataset("bcg").effects("or"))
    frame = fitted.summary()
    assert frame.loc["mu_ratio", "median"] == pytest.approx(np.exp(frame.loc["mu", "median"]))
    assert fitted.predict().loc["mu_ratio", "median"] == pytest.approx(
        frame.loc["mu_ratio", "median"], rel=0.02
    )
    with pytest.raises(ValueError, match="are of accuracy"):
        fitted.predict(n_diseased=3)


def test_studies_as_a_frame():
    studies = bp.load_dataset("telomerase")
    frame = studies.to_frame()
    assert frame["tp"].tolist() == studies.tp.tolist()
    assert frame["study"].tolist() == list(studies.study)
    partial = bp.load_dataset("cidp_mrn")
    frame = partial.to_frame()
    stated = np.array([one is not None for one in partial.partial])
    assert frame.loc[stated, "tp"].isna().all()
    assert not frame.loc[~stated, "tp"].isna().any()
    assert (frame.loc[stated, "stated"] != "").all()


def test_a_notebook_shows_tables_whose_names_are_inert(fitted):
    assert "<table" in fitted._repr_html_()
    assert "sens" in fitted._repr_html_()
    attack = bp.AccuracyStudies.from_counts(
        ["<script>x</script>", "b"], tp=[3, 4], fp=[1, 1], fn=[1, 2], tn=[5, 6]
    )
    assert "<script>" not in attack._repr_html_()
    assert len(repr(fitted)) < 400


def test_prediction_at_the_settings_is_what_the_fit_estimates(regression):
    for label, at in regression.model.settings(regression.studies).items():
        own = regression.predict(at)
        for name in ("sens", "spec", "sens_new", "spec_new"):
            estimate = regression.estimates[f"{name}[{label}]"]
            assert own.loc[name, "median"] == pytest.approx(estimate.median, abs=1e-12)


def test_predicted_counts_hold_the_chance_of_sampling(fitted):
    found = fitted.predict(n_diseased=40, n_healthy=60)
    assert found.loc["tp", "median"] == pytest.approx(40 * found.loc["sens_new", "median"], abs=1.5)
    width = found.loc["tp", "eti95_upper"] - found.loc["tp", "eti95_lower"]
    true = 40 * (found.loc["sens_new", "eti95_upper"] - found.loc["sens_new", "eti95_lower"])
    assert width > true - 1.0


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"colour": 1}, "no covariate 'colour' in the model; allowed: generation, year"),
        ({"generation": "CCP9"}, "generation='CCP9'; allowed: CCP1, CCP2"),
        ({"year": "old"}, "year='old'; allowed: a number"),
        ({}, "no single average study"),
    ],
)
def test_covariate_values_that_are_none(regression, at, said):
    with pytest.raises(ValueError, match=said):
        regression.predict(at)


def test_a_report_folder_is_loaded(fitted, tmp_path):
    fitted.save(tmp_path / "posterior.nc")
    assert bp.load(tmp_path).estimates["sens"] == fitted.estimates["sens"]


def test_models_beside_one_another(fitted):
    wide = bp.fit(
        bp.accuracy.Bivariate(tau_sens=bp.priors.HalfNormal(2.0)), fitted.studies, ess=1_000
    )
    frame = bp.compare({"usual": fitted, "wide": wide})
    assert isinstance(frame, pd.DataFrame)
    assert frame["elpd_diff"].iloc[0] == 0.0
    assert frame["probability"].sum() == pytest.approx(1.0)
    assert frame["stacking_weight"].sum() == pytest.approx(1.0)
    assert frame["elpd_loo"].is_monotonic_decreasing
    factor = np.exp(bp.averaging.log_bayes_factor(wide, fitted)[0])
    one, other = frame.loc["wide", "bayes_factor"], frame.loc["usual", "bayes_factor"]
    assert one / other == pytest.approx(factor)
