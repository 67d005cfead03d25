"""What a panel takes away, in numbers: against arithmetic and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayespool as bp
from bayespool.guideline import bias, certainty, decision, findings, judgements, wording
from bayespool.priors import Fixed, Normal
from bayespool.studies import AccuracyStudies, Effects, TableError


@pytest.fixture(scope="module")
def accuracy():
    return bp.fit(bp.accuracy.Bivariate(), bp.load_dataset("iqcode_dementia"), engine="quadrature")


@pytest.fixture(scope="module")
def effect():
    rows = Effects.from_values(["A", "B"], [0.3, 0.5], [0.2, 0.25], "or")
    model = bp.association.NormalNormal(mu=Normal(0, 1), tau=Fixed(0), measure="or")
    return bp.fit(model, rows, engine="quadrature")


def test_results_of_1000_people_add_up_and_follow_the_estimate(accuracy):
    found = {f.result: f.people for f in findings.accuracy_findings(accuracy, [0.2])}
    sens, spec = accuracy.estimates["sens"], accuracy.estimates["spec"]
    assert found["tp"].median == pytest.approx(200 * sens.median)
    assert found["tp"].median + found["fn"].median == pytest.approx(200)
    assert found["fn"].lower == pytest.approx(200 * (1 - sens.upper))
    assert found["fp"].upper == pytest.approx(800 * (1 - spec.lower))
    draws = 800 * (1 - accuracy.samples["spec"])
    assert np.quantile(draws, 0.975) == pytest.approx(found["fp"].upper, rel=1e-9)
    assert found["fp"].mcse_upper == pytest.approx(800 * spec.mcse_lower)


def test_prevalences_and_labels_that_are_none(accuracy):
    with pytest.raises(ValueError, match=r"prevalence=1.0; allowed"):
        findings.accuracy_findings(accuracy, [0.2, 1.0])
    with pytest.raises(ValueError, match="does not estimate"):
        findings.accuracy_findings(accuracy, [0.2], ["CT"])


def test_participants_of_a_study_with_several_results_count_once():
    rows = AccuracyStudies.from_table({
        "study": ["A", "A", "B"], "reader": ["1", "2", "1"], "tp": [5, 6, 3], "fn": [5, 4, 3],
        "fp": [1, 1, 1], "tn": [9, 9, 4],
    })  # fmt: skip
    assert findings.evidence(rows) == findings.Evidence(2, 31, True, "participant", 16, 15)


def test_bands_are_normal_probabilities(effect):
    precision = 1 + 1 / 0.2**2 + 1 / 0.25**2
    mean = (0.3 / 0.2**2 + 0.5 / 0.25**2) / precision
    sd = precision**-0.5
    (told,) = certainty.support(effect, {"mu_ratio": (0.8, 1.25, 2.0)})
    edges = stats.norm.cdf(np.log([0.8, 1.25, 2.0]), mean, sd)
    expected = np.diff([0.0, *edges, 1.0])
    for band, p in zip(told.bands, expected, strict=True):
        assert band.probability.prob == pytest.approx(p, abs=4 * band.probability.mcse + 1e-3)
    assert sum(b.probability.prob for b in told.bands) == pytest.approx(1.0)
    assert told.crossed == (1.25,)
    assert told.prior_share == pytest.approx(1 / precision, rel=0.1)
    assert (told.likely.low, told.likely.high) == (1.25, 2.0)


def test_predictions_are_held_to_the_thresholds_too(accuracy):
    (told,) = certainty.support(accuracy, {"sens": (0.5, 0.8, 0.97)})
    assert told.new is accuracy.estimates["sens_new"]
    assert set(told.crossed) <= set(told.crossed_new)


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ({"sens": (0.9, 0.8)}, "increasing"),
        ({"sens": (0.8, 1.2)}, "above 0 and below 1"),
        ({"sens": ()}, "one or more"),
        ({"mu": (0.1,)}, "does not estimate"),
    ],
)
def test_thresholds_that_are_none(accuracy, thresholds, words):
    with pytest.raises(ValueError, match=words):
        certainty.support(accuracy, thresholds)


def test_post_test_probability_is_bayes_theorem(accuracy):
    curves = decision.post_test(accuracy, x=np.array([0.1, 0.5]))
    sens, spec = accuracy.samples["sens"], accuracy.samples["spec"]
    ppv = 0.1 * sens / (0.1 * sens + 0.9 * (1 - spec))
    after_negative = 0.5 * (1 - sens) / (0.5 * (1 - sens) + 0.5 * spec)
    assert curves["positive"].median[0] == pytest.approx(np.median(ppv))
    assert curves["negative"].upper[1] == pytest.approx(np.quantile(after_negative, 0.975))


def test_a_new_study_is_less_certain_than_the_pooled_accuracy(accuracy):
    x = np.array([0.1, 0.5])
    sens, spec = accuracy.samples["sens_new"], accuracy.samples["spec_new"]
    after = decision.post_test(accuracy, x=x, new=True)
    ppv = 0.1 * sens / (0.1 * sens + 0.9 * (1 - spec))
    assert after["positive"].lower[0] == pytest.approx(np.quantile(ppv, 0.025))
    benefit = decision.net_benefit(accuracy, 0.3, x=x, new=True)
    own = 0.3 * sens - 0.7 * (1 - spec) * (0.1 / 0.9)
    assert benefit["test"].lower[0] == pytest.approx(np.quantile(own, 0.025))
    pooled = decision.net_benefit(accuracy, 0.3, x=x)
    assert (benefit["test"].lower < pooled["test"].lower).all()


def test_net_benefit_counts_true_positives_less_weighted_false_ones(accuracy):
    curves = decision.net_benefit(accuracy, 0.3, x=np.array([0.2, 0.99]))
    sens, spec = accuracy.samples["sens"], accuracy.samples["spec"]
    benefit = 0.3 * sens - 0.7 * (1 - spec) * 0.25
    assert curves["test"].median[0] == pytest.approx(np.median(benefit))
    assert curves["all"].median[0] == pytest.approx(0.3 - 0.7 * 0.25)
    best = np.mean(benefit > max(0.3 - 0.7 * 0.25, 0))
    assert curves["chance"].median[0] == pytest.approx(best)
    assert (curves["none"].median == 0).all()


FORM = """start = "high"
by = "the panel"
[risk_of_bias]
judgement = "serious"
reason = "case-control"
[inconsistency]
judgement = "not serious"
[indirectness]
judgement = "serious"
reason = "healthy controls"
[imprecision]
judgement = "not serious"
[publication_bias]
judgement = "not serious"
"""


def test_judgements_lower_the_certainty(tmp_path):
    path = tmp_path / "panel.toml"
    path.write_text(FORM)
    read = judgements.read_judgements(path)
    assert (read.certainty, read.by, read.open) == ("low", "the panel", ())
    path.write_text(FORM.replace('[publication_bias]\njudgement = "not serious"\n', ""))
    read = judgements.read_judgements(path)
    assert (read.certainty, read.open) == (None, ("publication_bias",))
    path.write_text(judgements.blank_form())
    assert judgements.read_judgements(path).certainty is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[imprecision]", "[imprecison]", "unknown domain 'imprecison'; allowed"),
        ('"serious"\nreason = "case-control"', '"bad"', "allowed: not serious, serious"),
        ('"serious"\nreason = "case-control"', '["serious"]', "allowed: not serious, serious"),
        ('reason = "case-control"', "", "without a reason"),
        ('start = "high"', 'start = "certain"', "start='certain'"),
        ('start = "high"', "start = high", "not a TOML file"),
        ('start = "high"', 'causal = "no"', "causal='no'; allowed: true, false"),
        ('start = "high"', "subject = 1", "subject=1; allowed: a text"),
        ('reason = "case-control"', 'reasons = "x"', "has reasons; allowed: judgement and reason"),
        ('by = "the panel"', 'spec.size = "x"', r"\[spec.size\]; allowed: risk_of_bias"),
        (
            "[imprecision]",
            '[large_effect]\njudgement = "yes"\nreason = "x"\n[imprecision]',
            "would raise the certainty although .* lowers it; allowed: to raise what starts at low",
        ),
    ],
)
def test_judgement_files_that_are_none(tmp_path, old, new, words):
    path = tmp_path / "panel.toml"
    path.write_text(FORM.replace(old, new))
    with pytest.raises(ValueError, match=words):
        judgements.read_judgements(path)


def test_sensitivity_and_specificity_are_judged_apart(tmp_path):
    path = tmp_path / "panel.toml"
    path.write_text(f'{FORM}\n[spec.indirectness]\njudgement = "not serious"\n')
    read = judgements.read_judgements(path)
    assert (read.of("sens").certainty, read.of("spec").certainty) == ("low", "moderate")
    assert read.certainty == "low"


def test_an_effect_can_be_raised_from_low(tmp_path):
    path = tmp_path / "panel.toml"
    path.write_text(
        FORM.replace('"high"', '"low"').replace('"serious"', '"not serious"')
        + '[large_effect]\njudgement = "yes"\nreason = "x"\n'
    )
    assert judgements.read_judgements(path).certainty == "moderate"


@pytest.mark.parametrize(
    ("size", "level", "expected"),
    [
        ((40, 20, 60, 10), "moderate", "The finding probably leads to a large increase in harm."),
        ((15, 12, 18, 10), "high", "The finding leads to an important increase in harm."),
        ((15, -12, 30, 10), "low", "The finding may lead to an important increase in harm; an "
                                   "important decrease remains possible."),
        ((2, -5, 30, 10), "high", "The finding makes little or no difference to harm; an "
                                  "important increase remains possible."),
        ((2, -5, 8, 10), "moderate", "The finding probably makes little or no difference to harm."),
        ((2, -5, 8, 10), "very low", "The evidence is very uncertain about whether the finding "
                                     "changes harm."),
    ],
)  # fmt: skip
def test_sentences_follow_size_and_certainty(size, level, expected):
    said = wording.effect_sentence("the finding", "harm", wording.Size(*size), level, causal=True)
    assert said == expected
    plain = wording.effect_sentence("the finding", "harm", wording.Size(*size), level)
    for cause, link in (
        ("leads to", "goes with"), ("lead to", "go with"),
        ("changes harm", "goes with a change in harm"),
        ("makes little or no difference to", "goes with little or no change in"),
    ):  # fmt: skip
        expected = expected.replace(cause, link)
    assert plain == expected
    assert "significant" not in said
    assert "no effect" not in said


def test_quadas_columns_are_read_from_words_and_codes():
    told = bias.read_bias(bp.load_dataset("iqcode_dementia"))
    assert told is not None
    assert set(told.overall) <= {"low", "high", "unclear"}
    assert told.shares("rob")["patient_selection"]["high"] > 0
    assert sum(told.shares("applicability")["index_test"].values()) == pytest.approx(1)
    table = {"study": ["A", "B"], "tp": [1, 2], "fp": [3, 4], "fn": [5, 6], "tn": [7, 8]}
    coded = AccuracyStudies.from_table(
        table | {"RoB patient selection": [1, 2], "rob_flow_timing": ["low", "unclear"]}
    )
    told = bias.read_bias(coded)
    assert told.overall == ("low", "high")
    assert bias.low_risk_only(coded).study == ("A",)
    assert bias.read_bias(AccuracyStudies.from_table(table)) is None
    with pytest.raises(ValueError, match="no columns of risk of bias"):
        bias.low_risk_only(AccuracyStudies.from_table(table))
    wrong = AccuracyStudies.from_table(table | {"rob_index_test": ["low", "dunno"]})
    with pytest.raises(TableError, match=r"B: 'dunno' is no judgement; low, high or unclear"):
        bias.read_bias(wrong)


@pytest.mark.parametrize(
    ("units", "word"),
    [(["patient", None], "participant"), (["Patients", "person"], "participant"),
     (["patient", "root"], "unit")],
)  # fmt: skip
def test_counts_of_something_else_than_people_are_units(units, word):
    rows = AccuracyStudies.from_table(
        {"study": ["A", "B"], "tp": [5, 6], "fn": [5, 4], "fp": [1, 1], "tn": [9, 9], "unit": units}
    )
    assert findings.evidence(rows).what == word
