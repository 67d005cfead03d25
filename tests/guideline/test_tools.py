"""Columns of QUADAS-2, RoB 2, QUIPS and ROBINS-I, as tables and robvis write them."""

from __future__ import annotations

import pytest

import bayespool as bp
from bayespool.association import NormalNormal
from bayespool.figures import bias_bars, traffic_light
from bayespool.guideline.bias import low_risk_only, read_bias
from bayespool.guideline.tools import TOOLS
from bayespool.report.guideline_figures import _bias
from bayespool.report.guideline_tables import bias_table
from bayespool.report.guideline_words import bias_words
from bayespool.studies import Effects, TableError

N = 4
WORDS = {
    "QUADAS-2": ("low", "high", "unclear", "low"),
    "RoB 2": ("Low", "High", "Some concerns", "+"),
    "QUIPS": ("low", "high", "moderate", "l"),
    "ROBINS-I": ("low", "serious", "Moderate", "No information"),
}
LEVELS = {name: ["low", "high", "unclear", "low"] for name in WORDS} | {
    "ROBINS-I": ["low", "high", "unclear", "no information"]
}


def effects(**columns):
    return Effects.from_values(
        [f"S{i}" for i in range(N)], [0.3, 0.1, 0.5, 0.2], [0.2, 0.3, 0.2, 0.1], "or", **columns
    )


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_as_robvis_writes_it(tool):
    rest = {f"D{i + 1}": ["low"] * N for i in range(1, len(tool.domains))}
    bias = read_bias(effects(D1=WORDS[tool.name], **rest))
    assert bias.tool is tool
    assert list(bias.judgements) == [("rob", domain) for domain in tool.domains]
    assert list(bias.judgements["rob", next(iter(tool.domains))]) == LEVELS[tool.name]
    assert list(bias.overall) == LEVELS[tool.name]  # the worst: all others are low


@pytest.mark.parametrize("tool", TOOLS[1:], ids=lambda tool: tool.name)
def test_by_the_names_of_domains(tool):
    columns = {f"{tool.prefixes[0]}_{domain}": ["low"] * N for domain in tool.domains}
    bias = read_bias(effects(**columns))
    assert (bias.tool, len(bias.judgements)) == (tool, len(tool.domains))
    assert bias.low.all()


def test_the_overall_judgement_of_the_table_stands():
    concerns = ["some concerns"] * N
    columns = {f"rob2_d{i}": concerns for i in range(1, 6)}
    bias = read_bias(effects(**columns, Overall=["high", "low", "", "some concerns"]))
    assert bias.overall == ("high", "low", "unclear", "unclear")
    assert low_risk_only(effects(**columns, Overall=["high", "low", "", "low"])).row == ("S1", "S3")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"rob2_d1": ["low", "bad", "low", "low"]}, "'bad' is no judgement of RoB 2.*low or some"),
        ({"robins_d1": ["unclear"] * N}, "'unclear' is no judgement of ROBINS-I.*critical"),
        ({"rob2_d1": ["low"] * N, "quips_d2": ["low"] * N}, "are of RoB 2 and QUIPS; allowed"),
    ],
)
def test_what_is_no_judgement(columns, words):
    with pytest.raises(TableError, match=words):
        read_bias(effects(**columns))


def test_other_columns_called_d_are_left_alone():
    assert read_bias(effects(D1=["a", "b", "c", "d"], D3=["x"] * N)) is None


def test_the_page_speaks_the_words_of_the_tool():
    rest = {f"D{i}": ["low", "low", "low", "critical"] for i in range(2, 8)}
    studies = effects(D1=WORDS["ROBINS-I"], **rest)
    fitted = bp.fit(NormalNormal.for_studies(studies)[0], studies, "quadrature")
    assert "1 low, 1 moderate, 1 serious, 1 critical, 0 no information" in bias_words(fitted)
    table = bias_table(fitted)
    assert [row[1] for row in table.rows] == [
        "+ low", "\N{MINUS SIGN} serious", "? moderate", "\N{EMPTY SET} no information",
    ]  # fmt: skip
    lights, bars = _bias(fitted)
    assert "By ROBINS-I. Plus: low; question mark: moderate; minus: serious" in lights.caption
    for drawn in (lights, bars):
        assert "critical" in drawn.svg


def test_every_level_has_a_light():
    for tool in TOOLS:
        assert set(tool.levels) <= set(traffic_light.LIGHTS)
    assert set(bias_bars.BiasBarsTable(()).words) <= set(traffic_light.LIGHTS)


@pytest.mark.parametrize(
    ("columns", "levels", "words"),
    [
        ({"Allocation concealment": ["low", "high", None, "unclear"],
          "Blinding: pain": ["low"] * N}, ("low", "high", None, "unclear"), "unclear"),
        ({"Bias arising from the randomization process": ["Low risk", "High risk",
                                                          "Some concerns", "Low risk"],
          "Bias due to missing outcome data": ["Low risk"] * N,
          "Overall bias": ["Low risk", "High risk", "High risk", "Some concerns"]},
         ("low", "high", "high", "unclear"), "some concerns"),
        ({"Bias due to confounding": ["Serious risk", "Moderate risk", "Critical risk",
                                      "Low risk"]},
         ("high", "unclear", "critical", "low"), "moderate"),
    ],
)  # fmt: skip
def test_the_tables_of_cochrane_reviews(columns, levels, words):
    """Domains are the review's own, words those of the tool that it took."""
    studies = effects(**{f"Risk of bias: {name}": cells for name, cells in columns.items()})
    bias = read_bias(studies)
    assert bias.overall == levels
    assert bias.tool.words["unclear"] == words
    assert set(bias.tool.domains.values()) == set(columns) - {"Overall bias"}
    assert low_risk_only(studies).row == tuple(
        row for row, level in zip(studies.row, levels, strict=True) if level == "low"
    )
    fitted = bp.fit(NormalNormal.for_studies(studies)[0], studies, "quadrature", ess=500)
    assert "By the review's own tool." in _bias(fitted)[0].caption
    assert len(bias_table(fitted).rows) == N


def test_the_words_of_a_review_of_test_accuracy():
    """RevMan's High risk and Low risk, in the domains of QUADAS-2."""
    cells = ["High risk", "Low risk", "Unclear risk", None]
    bias = read_bias(effects(**{"Risk of bias: Index Test": cells}))
    assert (bias.tool.name, bias.overall) == ("QUADAS-2", ("high", "low", "unclear", None))
