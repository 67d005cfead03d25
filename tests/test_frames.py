"""Tables for users of pandas, predictions, and models beside one another."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
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


@pytest.mark.parametrize("name", ["telomerase", "anti_ccp", "bcg", "eight_schools", "auditc"])
def test_studies_come_back_from_their_frame(name):
    studies = bp.load_dataset(name)
    measures = {"bcg": "or", "eight_schools": "generic"}
    again = bp.from_frame(studies.to_frame(), measures.get(name), name)
    assert type(again) is type(studies)
    assert again.study == studies.study
    for array in studies.ARRAYS:
        assert np.array_equal(getattr(again, array), getattr(studies, array))
    assert {key: again.covariates[key] for key in studies.covariates} == dict(studies.covariates)


def test_a_frame_is_read_as_a_file_would_be():
    frame = pd.DataFrame(
        {"study": ["A", "B"], "tp": [3.0, 4.0], "fp": [1, 1], "fn": [1, 2], "tn": [5, 6]}
    )
    assert bp.from_frame(frame.set_index("study")).study == ("A", "B")
    assert bp.from_frame(frame.rename(columns={"tp": "x"}), column_map={"tp": "x"}).tp[1] == 4
    frame.loc[1, "tp"] = np.nan
    with pytest.raises(bp.studies.TableError, match="<table> row 3, column tp"):
        bp.from_frame(frame)


class ByInterchange:
    """What has the interchange protocol of data frames alone."""

    def __init__(self, frame):
        self.frame = frame

    def __dataframe__(self, **options):
        return self.frame.__dataframe__(**options)


@pytest.mark.parametrize("of", [
    pl.DataFrame, pa.table, lambda x: pa.table(x).to_reader(max_chunksize=3),
    lambda x: ByInterchange(pa.table(x)),
])  # fmt: skip
@pytest.mark.parametrize("name", ["telomerase", "cidp_mrn"])
def test_frames_of_other_libraries_are_what_the_file_is(of, name):
    """Text, numbers, blanks: as in the CSV file."""
    read = pl.read_csv(bp.datasets.table_path(name), infer_schema_length=None)
    table = of(read.to_dict(as_series=False))
    ours, file = bp.from_frame(table, name=name), bp.load_dataset(name)
    assert (ours.study, ours.row, ours.warnings) == (file.study, file.row, file.warnings)
    for array in file.ARRAYS:
        assert np.array_equal(getattr(ours, array), getattr(file, array))


def test_what_no_frame_can_hand_over():
    frame = pl.DataFrame({"study": ["A", "B"], "tp": [[1], [2]], "fp": [1, 1], "fn": [1, 2]})
    with pytest.raises(bp.studies.TableError, match="missing column tn"):
        bp.from_frame(frame)
    with pytest.raises(bp.studies.TableError, match="row 2, column tp"):
        bp.from_frame(frame.with_columns(tn=pl.Series([5, 6])))
    long = pl.DataFrame({"study": ["A"] * 10_001, **dict.fromkeys(("tp", "fp", "fn", "tn"), 1)})
    with pytest.raises(bp.studies.TableError, match="more than 10000 rows"):
        bp.from_frame(long)


def test_a_model_is_fitted_to_a_frame():
    frame = bp.load_dataset("bcg").to_frame()
    normal, exact = bp.association.NormalNormal(measure="or"), bp.association.BinomialNormal()
    for model, studies in (
        (normal, bp.load_dataset("bcg").effects("or")), (exact, bp.load_dataset("bcg"))
    ):  # fmt: skip
        by_frame, own = (bp.fit(model, x, engine="quadrature", ess=500) for x in (frame, studies))
        assert by_frame.estimates["mu"] == own.estimates["mu"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (bp.association.NormalNormal(measure="or"),
         r"NormalNormal is a model of Effects, and these are ArmCounts; allowed: "
         r"studies.effects\('or'\), or the table itself"),
        (bp.accuracy.Bivariate(), "Bivariate is a model of AccuracyStudies, and these are ArmC"),
        (bp.association.BetaBinomial(), "BetaBinomial is a model of Proportions, and these are"),
    ],
)  # fmt: skip
def test_studies_of_another_shape_are_refused(model, said):
    with pytest.raises(ValueError, match=said):
        bp.fit(model, bp.load_dataset("bcg"))


def test_what_is_no_model_and_what_is_no_table():
    studies = bp.load_dataset("telomerase")
    for wrong, said in (
        (studies, "the model is AccuracyStudies; allowed: a model, such as bayespool.accuracy.B"),
        (bp.accuracy.Bivariate, "the model is the class Bivariate; allowed: a model"),
    ):
        with pytest.raises(TypeError, match=said):
            bp.fit(wrong, studies)
    with pytest.raises(TypeError, match="a table is a path, a data frame of pandas, polars"):
        bp.fit(bp.accuracy.Bivariate(), 3)


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
