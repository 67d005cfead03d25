"""The page says what summary.json says, escapes what it is given, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import pytest
from shared import placed

from bayespool.report import numbers, write_report
from bayespool.report.findings_table import NAMES
from bayespool.report.kept import kept

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Reader(HTMLParser):
    """Tables as rows of texts, ids, attributes, and whether elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.text += " "
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if "style" not in self.open and "script" not in self.open:
            self.text += data


def read(folder: Path) -> Reader:
    reader = Reader()
    reader.feed((folder / "index.html").read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


SHOWN = (
    "sens", "spec", "lr_pos", "lr_neg", "dor", "auc", "tau_sens", "tau_spec", "rho", "sens_new",
    "spec_new", "Lambda", "Theta", "shape", "sigma_alpha", "sigma_theta",
)  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_tables_agree_with_json(report: Path, name: str) -> None:
    estimate = summary(report)["estimands"][name]
    kind = estimate["unit"]
    expected = [
        estimate["label"],
        numbers.value(estimate["median"], kind),
        numbers.interval(estimate["lower"], estimate["upper"], kind),
        numbers.error(estimate["mcse_median"], kind),
    ]
    assert expected in read(report).rows


def test_three_summaries_agree_with_json(report: Path) -> None:
    estimands, rows = summary(report)["estimands"], read(report).rows
    for name, label in (("sens", "Sensitivity"), ("spec", "Specificity")):
        cells = [label]
        for suffix in ("", "_marginal", "_new"):
            e = estimands[name + suffix]
            bounds = numbers.percent_interval(e["lower"], e["upper"])
            cells.append(f"{numbers.percent(e['median'])} ({bounds})")
        assert cells in rows


def test_prose_agrees_with_json(report: Path) -> None:
    estimands, text = summary(report)["estimands"], read(report).text
    for name in ("sens", "spec"):
        e, new = estimands[name], estimands[f"{name}_new"]
        bounds = numbers.percent_interval_prose(e["lower"], e["upper"])
        median = numbers.percent_prose(e["median"])
        assert re.search(rf"ooled \w+ivity {median} \(.*?{bounds}\)|icity {median} \(.*?{bounds}\)",
                         text)  # fmt: skip
        assert numbers.percent_interval_prose(new["lower"], new["upper"]) in text
    for name in ("tau_sens", "tau_spec", "rho", "shape"):
        e = estimands[name]
        bounds = numbers.interval(e["lower"], e["upper"], "number")
        assert f"{numbers.number(e['median'])} ({bounds})" in text


def test_natural_frequencies_add_up_and_agree(report: Path) -> None:
    data, rows = summary(report), read(report).rows
    sens, spec = data["estimands"]["sens"], data["estimands"]["spec"]
    head = next(row for row in rows if row and row[0] == "Of 1,000 people tested")
    six = rows[rows.index(head) + 1 :][:6]
    assert [row[0].partition(":")[0] for row in six[:4]] == list(NAMES.values())
    assert "What follows" not in head  # nobody said what does
    for p in data["prevalences"]:
        column = head.index(f"Prevalence {numbers.given_percent(p)}")
        four = [row[column] for row in six[:4]]
        tp, fn, tn, fp = (int(cell.split(" ")[0].replace(",", "")) for cell in four)
        assert (tp + fn, tn + fp) == (round(1000 * p), round(1000 * (1 - p)))
        assert (tp, tn) == (
            round(1000 * p * sens["median"]),
            round(1000 * (1 - p) * spec["median"]),
        )
        bounds = [round(1000 * p * sens[end]) for end in ("lower", "upper")]
        assert four[0] == f"{tp} ({bounds[0]}{numbers.TO}{bounds[1]})"
        assert four[1].endswith(f"({round(1000 * p) - bounds[1]}{numbers.TO}"
                                f"{round(1000 * p) - bounds[0]})")  # fmt: skip
        for row, value in zip(six[4:], ("ppv", "npv"), strict=True):
            e = data["estimands"][f"{value}@{p:g}"]
            ends = numbers.percent_interval(e["lower"], e["upper"])
            assert row[column] == f"{numbers.percent(e['median'])} ({ends})"


def test_studies_and_comparators_are_shown(report: Path, fitted: Any) -> None:
    reader = read(report)
    firsts = [row[0] for row in reader.rows if row]
    assert set(fitted.studies.row) <= set(firsts)
    assert "Sensitivity: Elsewhere 2023" in firsts
    assert "not pooled" in reader.text
    assert "Two studies may share patients." in reader.text


@pytest.mark.parametrize("which", ["report", "awkward_report"])
def test_page_is_sound_and_loads_nothing(which: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(which)
    reader = read(folder)
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert len(reader.ids) == len(set(reader.ids))
    anchors = [a for tag, a in reader.tags if tag == "a"]
    for tag, found in reader.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed")
        assert "src" not in found
        for key in ("href", "xlink:href"):
            if tag != "a" and key in found:
                assert str(found[key])[1:] in reader.ids
    for found in anchors:
        href = str(found["href"])
        inside = href.startswith("data:") and "download" in found
        assert inside or href.startswith("https://doi.org/10.") or href[1:] in reader.ids
    scripts = [found.get("type") for tag, found in reader.tags if tag == "script"]
    assert scripts == ["application/json", None]
    script = html.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert "@import" not in html
    assert "url(http" not in html
    headers = [a for tag, a in reader.tags if tag == "th"]
    assert headers
    assert all(a.get("scope") in ("col", "row") for a in headers)
    figures = [a for tag, a in reader.tags if tag == "svg"]
    assert len(figures) == len(placed(folder)) + 1 == 9  # the small one of the first screen
    for found in figures:
        assert found["role"] == "img"
        assert set(str(found["aria-labelledby"]).split()) <= set(reader.ids)
    assert ("html", {"lang": "en"}) in reader.tags


def test_labels_are_escaped(awkward_report: Path) -> None:
    html = (awkward_report / "index.html").read_text(encoding="utf-8")
    assert html.count("<script") == 2  # numbers, and the page's own
    assert "<b>Title" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "=HYPERLINK(1) &amp; $x^2$" in html
    assert "研究 2021" in html
    for path in (awkward_report / "figures").glob("*.svg"):
        assert "<script" not in path.read_text(encoding="utf-8")


def test_empty_groups_are_named(awkward_report: Path) -> None:
    reader = read(awkward_report)
    assert "no diseased participants" in reader.text
    assert "It informs specificity only." in reader.text
    assert "It informs sensitivity only." in reader.text


def test_no_banner_when_gates_pass(report: Path) -> None:
    assert "Do not use these numbers" not in read(report).text


def test_failed_gate_shows_banner_first(fitted: Any, tmp_path: Path) -> None:
    info = dict(fitted.draws.info) | {"pareto_k": 0.95}
    draws = replace(fitted.draws, info=info, failures=("the weights are too uneven",))
    folder = write_report(replace(fitted, draws=draws), tmp_path / "bad", formats=())
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert html.index("Do not use these numbers") < html.index("<h1>")
    assert "Pareto k 0.95" in html
    assert "The weights are too uneven." in html
    assert "FAILED" in html


def test_second_engine(fitted: Any, tmp_path: Path) -> None:
    folder = write_report(fitted, tmp_path / "two", other_engine=fitted, formats=())
    reader = read(folder)
    assert "agreement" in reader.ids
    e = summary(folder)["estimands"]["dor"]
    median, mean = numbers.ratio(e["median"]), numbers.ratio(e["mean"])
    assert ["Diagnostic odds ratio", median, median, "0.0", mean, mean, "0.0"] in reader.rows


def test_second_engine_of_other_data_is_refused(fitted: Any, awkward: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allowed: the same model"):
        write_report(fitted, tmp_path / "two", other_engine=awkward)
    assert list(tmp_path.iterdir()) == []


def test_house_language(report: Path, awkward_report: Path) -> None:
    for folder in (report, awkward_report):
        assert "significan" not in read(folder).text.lower()
        assert not re.search(r"\b[01]\.000\b", read(folder).text)


def test_the_page_carries_its_files(report: Path) -> None:
    links = {str(a["download"]): str(a["href"]) for tag, a in read(report).tags
             if tag == "a" and "download" in a}  # fmt: skip
    assert list(links) == ["report.docx", "studies.csv", "summary.csv", "tables.zip"]
    found = {name: base64.b64decode(href.partition(";base64,")[2]) for name, href in links.items()}
    for name in ("studies.csv", "summary.csv"):
        assert found[name].decode("utf-8-sig") == (report / name).read_text(encoding="utf-8")
    with zipfile.ZipFile(io.BytesIO(found["tables.zip"])) as archive:
        assert set(archive.namelist()) == {path.name for path in (report / "tables").iterdir()}
        for name in archive.namelist():
            assert archive.read(name) == (report / "tables" / name).read_bytes()
    own, whole = (
        docx.Document(io.BytesIO(found["report.docx"])),
        docx.Document(report / "report.docx"),
    )
    assert [p.text for p in own.paragraphs] == [p.text for p in whole.paragraphs]
    assert len(own.inline_shapes) == len(whole.inline_shapes) > 0
    for a, b in zip(own.inline_shapes, whole.inline_shapes, strict=True):
        assert (a.width, a.height) == pytest.approx((b.width, b.height), rel=2e-3)
    assert 4 * len(found["report.docx"]) < (report / "report.docx").stat().st_size


def test_a_variant_names_and_links_its_main_report(fitted: Any, tmp_path: Path) -> None:
    main = ("The <main> report", "../main/index.html")
    folder = write_report(fitted, tmp_path / "r", formats=("markdown",), variant_of=main)
    html = (folder / "index.html").read_text(encoding="utf-8")
    before = html.partition("<h1>")[0]
    assert '<a href="../main/index.html">The &lt;main&gt; report</a>' in before
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "A variant. The main report is [The \\<main> report](../main/index.html)." in text
    assert kept(folder / "posterior.nc").request.variant_of == main
    for wrong in (("title", "javascript:alert(1)"), ("title",), ("title", "//elsewhere")):
        with pytest.raises(ValueError, match="allowed: the title of the main report"):
            write_report(fitted, tmp_path / "no", variant_of=wrong)
