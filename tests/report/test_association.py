"""Reports of associations: the page says what summary.json says, on the reader's scale."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from shared import LIGHT, fit_once

import bayespool as bp
from bayespool.association import BetaBinomial, BinomialNormal, Nested, NormalNormal, Proportion
from bayespool.estimands import Estimate, Statement
from bayespool.priors import Fixed, ProbabilityInterval
from bayespool.quantity import Estimand, Quantity
from bayespool.report import numbers, write_report
from bayespool.report.association_numbers import NumberNeeded
from bayespool.report.effect_tables import statement
from bayespool.report.effect_words import number_needed
from bayespool.report.effect_words import said as as_told
from bayespool.report.formats import FORMATS
from bayespool.report.summary import build_summary
from bayespool.report.target import CONTENTS


def plain(text: str) -> str:
    return text.replace(numbers.SPACE, " ").replace(numbers.MINUS, "-")


def cases() -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    bcg = bp.load_dataset("bcg")
    effects = bcg.effects("rr")
    regression, _ = NormalNormal.for_studies(effects, covariates=("latitude", "allocation"))
    schools = bp.load_dataset("konstantopoulos2011")
    nested, _ = Nested.for_studies(schools)
    changes = bp.load_dataset("mrn_changes_management").where("analysis", "main")
    pain = bp.load_dataset("epidural_injection_pain").effects("md").select([2])
    risks = (0.01, ProbabilityInterval(0.05, 0.2))
    return {
        "or": (BinomialNormal(), bcg, {"mid": 1.25, "baseline_risks": risks}),
        "rr": (regression, effects, {"mid": 0.8, "baseline_risks": (0.1,)}),
        "nested": (nested, schools, {"mid": 0.1}),
        "proportion": (Proportion(), changes.where("estimand", "change of management"), {}),
        "beta": (BetaBinomial(), changes.where("estimand", "change of management"), {}),
        "alone": (Proportion(), changes.where("estimand", "extra information"), {}),
        "known": (NormalNormal(tau=Fixed(0.2), measure="rr"), effects, {}),
        "common": (NormalNormal(tau=Fixed(0), measure="md"), pain, {"mid": 5}),
    }


IN_FULL = ("or", "nested", "proportion")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("association")
    return {
        name: write_report(
            fit_once(model, studies), home / name,
            formats=FORMATS if name in IN_FULL else LIGHT, **options,
        )
        for name, (model, studies, options) in cases().items()
    }  # fmt: skip


NAMES = ("or", "rr", "nested", "proportion", "beta", "alone", "known", "common")
OF_ONE_STUDY = {
    "alone": "Proportion in the one study",
    "common": "Mean difference in the one study",
}


def page(folder: Path) -> str:
    return plain((folder / "index.html").read_text(encoding="utf-8"))


def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


SHOWN = {
    "or": "mu_ratio", "rr": "mu_ratio", "nested": "mu", "proportion": "mu_proportion",
    "beta": "mu_proportion", "alone": "mu_proportion", "known": "mu_ratio", "common": "mu",
}  # fmt: skip


def said(record: dict[str, Any]) -> tuple[str, str]:
    """Median and interval as the first screen writes them."""
    name = Estimand(record["name"], Quantity(record["name"], record["label"], record["unit"]))
    e = Estimate(name, *(0.0,) * 10)
    e = replace(e, **{k: record[k] for k in ("median", "lower", "upper")})
    return tuple(map(plain, as_told(e)))  # type: ignore[return-value]


@pytest.mark.parametrize("name", NAMES)
def test_answer_and_tables_are_those_of_the_json(written: dict[str, Path], name: str) -> None:
    html, data = page(written[name]), summary(written[name])
    e = data["estimands"][SHOWN[name]]
    kind = "proportion" if SHOWN[name] == "mu_proportion" else "effect"
    ends = plain(numbers.interval(e["lower"], e["upper"], kind))
    assert f"<td>{plain(numbers.value(e['median'], kind))}</td><td>{plain(ends)}</td>" in html
    words: Any = SimpleNamespace(
        measure=data["measure"],
        mid=data["mid"],
        estimates={n: SimpleNamespace(estimand=SimpleNamespace(label=e["label"], unit=e["unit"]))
                   for n, e in data["estimands"].items()},
    )  # fmt: skip
    mean = OF_ONE_STUDY.get(name, "Pooled ")
    assert re.search(rf"<p>{mean}.* \(95 % equal-tailed credible interval", html)
    value, bounds = said(e | {"name": SHOWN[name]})
    assert f'<span class="big">{value}</span>' in html
    assert f"credible interval {bounds}</span>" in html
    for item in data["probabilities"]:
        if name != "common" or "mu_new" not in item["statement"]:
            told = Statement(item["estimand"], item["relation"], item["cut"], item.get("high"))
            assert str(told) == item["statement"]
            assert plain(statement(told, words)) in html
    assert "significan" not in html.lower()
    read = re.sub(r'"data:[^"]*"', "", html).lower()  # without the files inside the page
    assert "nan" not in read.replace("finance", "")
    contents = {p.name for p in written[name].iterdir()}
    assert contents | {"report.docx"} == set(CONTENTS)
    assert ("report.docx" in contents) == (name in IN_FULL)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_fit_reads_back_into_the_same_report(
    written: dict[str, Path], name: str, tmp_path: Path
) -> None:
    _, _, options = cases()[name]
    again = write_report(
        bp.load(written[name] / "posterior.nc"), tmp_path / "again", formats=(), **options
    )
    assert summary(again)["estimands"] == summary(written[name])["estimands"]


def test_provenance_tells_where_priors_come_from(written: dict[str, Path]) -> None:
    assert summary(written["or"])["provenance"]["prior_source"] == "defaults for log odds ratio"
    assert summary(written["common"])["provenance"]["prior_source"] == ""
    studies = bp.load_dataset("epidural_injection_pain").effects("md").select([2])
    model, source = NormalNormal.for_studies(studies)
    assert "set from this table" in source
    fitted = fit_once(model, studies)
    from bayespool.report.effect_words import cautions

    assert any("set from this table" in text for text in cautions(fitted))


def test_absolute_effects_follow_from_draws() -> None:
    model, studies, _ = cases()["or"]
    fitted = fit_once(model, studies)
    found = build_summary(fitted, baseline_risks=(0.1,))
    odds = fitted.samples["mu_ratio"] * 0.1 / 0.9
    expected = np.median(odds / (1 + odds))
    assert found.estimates["risk@0.1"].median == pytest.approx(expected)
    needed = found.numbers_needed[0].record()
    assert needed["direction"] == "fewer events"
    assert needed["number_needed"] == pytest.approx(1 / (0.1 - expected), rel=1e-6)
    assert needed["number_needed_lower"] < needed["number_needed"] < needed["number_needed_upper"]


def test_important_differences_share_all_probability() -> None:
    model, studies, _ = cases()["rr"]
    fitted = fit_once(model, studies)
    for mid in (1.25, 0.8):  # a ratio below 1 is the same difference in the other direction
        probs = {str(p.statement): p.prob for p in build_summary(fitted, mid=mid).probabilities}
        parts = ["P(mu_ratio > 1.25)", "P(mu_ratio < 0.8)", "P(0.8 <= mu_ratio <= 1.25)"]
        assert sum(probs[part] for part in parts) == pytest.approx(1.0)


def test_numbers_needed_span_infinity_in_words() -> None:
    text = plain(number_needed(NumberNeeded(0.2, -0.05, -0.1, -0.02)))
    assert text == (
        "Where the risk in group 2 is 20 %, in group 1 there is one event fewer in 20 people "
        "(10 to 50): the number needed to benefit if the event is bad, to harm if it is good."
    )
    text = plain(number_needed(NumberNeeded(0.2, 0.05, -0.02, 0.1)))
    assert "one event more in 20 people" in text
    assert "infinite" in text
    assert "one more event in 10 people, through no difference, to one fewer in 50" in text
    assert NumberNeeded(0.2, 0.05, -0.02, 0.1).record()["number_needed_upper"] is None


@pytest.mark.parametrize(
    "name, options, words",
    [
        ("or", {"mid": 1}, "other than 1"),
        ("or", {"mid": -2}, "positive ratio"),
        ("or", {"baseline_risks": (1.2,)}, "greater than 0 and less than 1"),
        ("or", {"prevalences": (0.1,)}, "allowed here: mid"),
        ("or", {"comparators": ({"name": "A", "measure": "sens", "estimate": 0.5},)}, "accuracy"),
        ("nested", {"baseline_risks": (0.1,)}, "allowed with: or, rr, rd"),
        ("proportion", {"mid": 0.1}, "no smallest important difference"),
    ],
)
def test_wrong_requests(name: str, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    model, studies, _ = cases()[name]
    fitted = fit_once(model, studies)
    with pytest.raises(ValueError, match=words):
        write_report(fitted, tmp_path / "r", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "measure, of_three, of_four",
    [  # given both margins the other group has one event less
        ("or", (3.5 / 17.5) / (6.5 / 19.5), (4.5 / 16.5) / (5.5 / 20.5)),
        ("rr", (3.5 / 21) / (6.5 / 26), (4.5 / 21) / (5.5 / 26)),
        ("rd", 3.5 / 21 - 6.5 / 26, 4.5 / 21 - 5.5 / 26),
    ],
)
def test_predicted_events_are_drawn_as_effects(
    measure: str, of_three: float, of_four: float
) -> None:
    from bayespool.report.effect_figures import effect_of_events

    studies = bp.studies.ArmCounts.from_counts(["A"], [3], [20], [6], [25])
    seen = effect_of_events(studies, 0, np.array([3.0, 4.0]), measure)
    assert seen == pytest.approx([of_three, of_four])


def test_corrected_zero_cells_are_said() -> None:
    from bayespool.report.effect_words import cautions

    counts = bp.studies.ArmCounts.from_counts(["A", "B", "C"], [0, 3, 5], [9] * 3, [2] * 3, [8] * 3)
    exact = bp.fit(BinomialNormal(), counts, engine="quadrature")
    assert any("kept as they are, without correction: A" in text for text in cautions(exact))
    effects = counts.effects("or", add=0.5)
    model, _ = NormalNormal.for_studies(effects)
    rough = bp.fit(model, effects, engine="quadrature")
    assert any("A had a constant added" in text for text in cautions(rough))


@pytest.mark.parametrize("exact", [True, False])
def test_trials_without_an_event_are_listed_and_named(exact: bool, tmp_path: Path) -> None:
    counts = bp.studies.ArmCounts.from_counts(
        ["A", "B", "C", "D"], [4, 3, 5, 0], [40] * 4, [2, 1, 6, 0], [30, 31, 32, 33]
    )
    model, studies = BinomialNormal(), counts
    if not exact:
        studies = counts.effects("or")
        model, _ = NormalNormal.for_studies(studies)
    folder = bp.write_report(bp.fit(model, studies, engine="quadrature", ess=500), tmp_path / "r")
    words = " ".join(page(folder).split())
    assert "a study says nothing of the odds ratio; it is listed and moves nothing: D." in words
    assert 'id="incomplete"' not in page(folder)  # nothing of it is missing
    assert "0/40, 0/33" in words
    with (folder / "studies.csv").open(newline="") as file:
        row = list(csv.DictReader(file))[3]
    assert (row["row"], row["effect_observed"], row["e1_predictive_median"] if exact else "") == (
        "D", "", ""
    )  # fmt: skip


@pytest.mark.parametrize("measure", ["rr", "rd"])
def test_exact_risk_ratios_and_differences_have_their_report(measure: str, tmp_path: Path) -> None:
    from bayespool.choice import choose

    model, studies = choose(bp.load_dataset("bcg"), measure, "binomial")
    assert model.measure == measure
    fitted = fit_once(model, studies, ess=500)
    folder = bp.write_report(fitted, tmp_path / "r", formats=())
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["estimands"]["mu"]["upper"] < 0.2
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "given the number of events of both groups together" in " ".join(page.split())
    assert f"Spread of the risk {'ratios' if measure == 'rr' else 'differences'}" in page
    assert "odds ratio" not in page.lower().replace("estimate the summary odds ratio", "")


def test_the_beta_binomial_page_tells_of_overdispersion(written: dict[str, Path]) -> None:
    html, e = page(written["beta"]), summary(written["beta"])["estimands"]
    assert summary(written["beta"])["provenance"]["prior_source"] == "defaults for logit proportion"
    section = html[html.index('id="heterogeneity"') : html.index('id="predictive"')]
    for name, kind in (("psi", "effect"), ("icc", "prose"), ("mu_new_proportion", "prose")):
        one = e[name]
        text = (
            numbers.interval(one["lower"], one["upper"], kind)
            if kind == "effect"
            else numbers.percent_interval_prose(one["lower"], one["upper"])
        )
        assert plain(text) in section, name
    assert "common effect" not in html
    assert "Its mean is the pooled proportion: the mean over studies" in html
    assert "The pooled proportion is the mean over studies." in html
    assert "doi:10.1186/1471-2288-8-58" in html
    assert "Overdispersion ψ of the proportion: HalfNormal(0.5)" in html
    with (written["beta"] / "studies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        seen = [float(row[f"proportion_{x}"]) for x in ("observed", "median")]
        assert abs(seen[0] - seen[1]) < 0.1
        assert 0 < float(row["events_loo_pit"]) < 1


def test_the_beta_binomial_model_has_all_refits(tmp_path: Path) -> None:
    from bayespool.checks.leave_one_out import refit_without_each
    from bayespool.checks.variants import prior_sensitivity

    model, studies, _ = cases()["beta"]
    fitted = fit_once(model, studies, ess=1_000)
    folder = write_report(
        fitted, tmp_path / "r", leave_one_out=refit_without_each(fitted, ess=1_000.0),
        prior_sensitivity=prior_sensitivity(fitted), formats=(),
    )  # fmt: skip
    html, data = page(folder), summary(folder)
    assert len(data["leave_one_out"]) == 3
    told = [row["variant"] for row in data["prior_sensitivity"][1:]]
    assert [name.split(" ", 1)[1] for name in told] == list(model.alternatives())
    words = "Here mu stands for the pooled logit proportion and psi for the overdispersion ψ"
    assert words in html


@pytest.mark.parametrize("name", OF_ONE_STUDY)
def test_nothing_is_pooled_where_there_is_one_study(written: dict[str, Path], name: str) -> None:
    html = page(written[name])
    drawn = "".join(
        path.read_text(encoding="utf-8") for path in (written[name] / "figures").glob("*.svg")
    )
    assert "pooled" not in html.lower().replace("never pooled", "")
    assert "pooled" not in drawn.lower()
    assert OF_ONE_STUDY[name] in html
    assert "<h2>The study</h2>" in html


def test_a_known_standard_deviation_is_no_common_effect(written: dict[str, Path]) -> None:
    html, data = page(written["known"]), summary(written["known"])
    assert "with a standard deviation of 0.2, which was taken as known" in html
    assert "common effect" not in html
    assert "values vary with the known standard deviation 0.2" in html
    new = data["estimands"]["mu_new_ratio"]
    assert plain(numbers.interval(new["lower"], new["upper"], "effect")) in html


@pytest.mark.parametrize("name", ["rr", "nested", "known", "common"])
def test_errors_are_measured_and_none_is_called_exact(written: dict[str, Path], name: str) -> None:
    html, data = page(written[name]), summary(written[name])
    section = html[html.index('id="effect"') : html.index('id="heterogeneity"')]
    assert "exact" not in section
    cells = re.findall(r"<td>([^<]*)</td></tr>", section)
    assert cells
    assert not {"–", "0"} & set(cells)
    for e in data["estimands"].values():
        assert e["mcse"] > 0
        assert e["mcse_median"] > 0
    if name == "nested":
        shown = plain(numbers.error(data["estimands"]["tau2"]["mcse_median"], "effect"))
        assert f"<td>{shown}</td></tr>" in section


def test_robust_pages_tell_of_a_scale_and_not_of_nodes(tmp_path: Path) -> None:
    from bayespool.choice import choose
    from bayespool.model_options import ModelOptions

    model, studies = choose(bp.load_dataset("bcg"), "rr", "normal", ModelOptions(robust=True))
    fitted = fit_once(model, studies, ess=1_000)
    html = page(write_report(fitted, tmp_path / "r", formats=()))
    assert "It is the scale of a Student t distribution" in html
    assert "randomised points a study around the joint mode of its effects" in html
    assert "1 nodes per dimension" not in html


def test_the_default_scale_of_mean_differences_is_the_sd_within_groups() -> None:
    from bayespool.association.scale import prior_source
    from bayespool.choice import choose
    from bayespool.studies import GroupMeans

    means = GroupMeans.from_table(
        {"study": ["A", "B"], "mean1": [5.0, 6.0], "sd1": [2.0, 4.0], "n1": [11, 21],
         "mean2": [4.0, 4.5], "sd2": [3.0, 1.0], "n2": [11, 21]}
    )  # fmt: skip
    expected = np.sqrt((10 * 4 + 20 * 16 + 10 * 9 + 20 * 1) / 60)
    assert means.pooled_sd() == pytest.approx(expected)
    model, effects = choose(means, "md")
    assert float(model.tau.sigma) == pytest.approx(0.5 * float(f"{expected:.2g}"))
    assert "standard deviation within groups" in prior_source(model, effects)
    assert effects.select([1]).pooled_sd == effects.pooled_sd
