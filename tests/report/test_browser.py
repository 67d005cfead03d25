"""Reports in Chromium: what a reader sees on a screen, on a phone and on paper."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from report.browser import DESKTOP, differences, expected, opened, serious, shown

import bayespool as bp
from bayespool.report import write_report

PHONE = (390, 844)
PAPER = (672, 950)  # A4 without its margins of 16 mm, in CSS pixels
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
REPORTS = ("accuracy", "groups", "association", "failed")
EACH = pytest.mark.parametrize("name", REPORTS)
AGREEING = pytest.mark.parametrize("name", ["accuracy", "groups", "association"])
ATTACK, FORMULA = "<script>window.hacked=1</script>", '=HYPERLINK("x")'
OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true; })"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("browser")
    small = bp.AccuracyStudies.from_counts(
        [ATTACK, FORMULA, "C", "D", "E"],
        tp=[8, 10, 9, 12, 7], fp=[1, 3, 2, 0, 1], fn=[2, 2, 3, 1, 4], tn=[9, 12, 20, 9, 5],
    )  # fmt: skip
    fits = {
        "accuracy": (bp.accuracy.Bivariate(), bp.load_dataset("iqcode_dementia")),
        "groups": (
            bp.accuracy.MetaRegression(covariates=("generation",)), bp.load_dataset("anti_ccp"),
        ),
        "association": (bp.association.BinomialNormal(), bp.load_dataset("bcg")),
        "failed": (bp.accuracy.Bivariate(), small),
    }  # fmt: skip
    options: dict[str, dict[str, Any]] = {
        "accuracy": {"prevalences": (0.1, 0.3)},
        "groups": {"prevalences": (0.25,)},
        "association": {"mid": 1.25, "baseline_risks": (0.2,)},
        "failed": {"title": ATTACK, "notes": (FORMULA,)},
    }
    out = {}
    for name, (model, studies) in fits.items():
        fitted = bp.fit(model, studies, engine="quadrature", ess=1_000)
        if name == "failed":
            info = dict(fitted.draws.info) | {"pareto_k": 0.95}
            fitted = replace(fitted, draws=replace(fitted.draws, info=info))
        out[name] = write_report(fitted, home / name, formats=(), **options[name])
    return out


def record(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return data


def compared(browser: Browser, page_of: Path, summary_of: Path) -> list[str]:
    with opened(browser, page_of) as page:
        return differences(shown(page), expected(record(summary_of)))


@EACH
def test_the_page_needs_nothing_else_and_has_no_errors(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    asked, said = [], []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = (folders[name] / "index.html").as_uri()
    page.goto(address, wait_until="networkidle")
    page.close()
    assert asked == [address]
    assert said == []


@AGREEING
def test_the_page_shows_the_numbers_of_the_summary(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    values = expected(record(folders[name]))
    captions = {caption for caption, _, _ in values}
    assert {"card", "Between which thresholds the value lies"} < captions
    assert compared(browser, folders[name], folders[name]) == []


@AGREEING
@pytest.mark.parametrize(
    "place", ['<span class="big">', '<section id="findings">', '<h3 id="bands">']
)
def test_one_changed_digit_is_found(
    browser: Browser, folders: dict[str, Path], tmp_path: Path, name: str, place: str
) -> None:
    html = (folders[name] / "index.html").read_text(encoding="utf-8")
    before, mark, after = html.partition(place)
    cell = re.compile(r"(<td[^>]*>\D*|^\D*)(\d)" if "span" in place else r"(<td[^>]*>\D*)(\d)")
    changed = cell.sub(lambda m: f"{m[1]}{(int(m[2]) + 1) % 10}", after, count=1)
    (tmp_path / "index.html").write_text(before + mark + changed, encoding="utf-8")
    assert len(compared(browser, tmp_path, folders[name])) == 1


def test_a_missing_table_is_found(
    browser: Browser, folders: dict[str, Path], tmp_path: Path
) -> None:
    html = (folders["accuracy"] / "index.html").read_text(encoding="utf-8")
    html = html.replace("Summary of findings: median", "Another table: median")
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    found = compared(browser, tmp_path, folders["accuracy"])
    values = expected(record(folders["accuracy"]))
    assert len(found) == sum(caption == "Summary of findings" for caption, _, _ in values) > 10
    assert all("not there" in text for text in found)


@EACH
@SIZES
def test_no_serious_barrier(
    browser: Browser, folders: dict[str, Path], name: str, size: tuple[int, int]
) -> None:
    with opened(browser, folders[name], size) as page:
        page.evaluate(OPEN)
        assert serious(page) == []


def test_a_barrier_is_found(browser: Browser, folders: dict[str, Path]) -> None:
    with opened(browser, folders["failed"]) as page:
        page.add_style_tag(content=".lead { color: #ccc; }")
        assert any(text.startswith("color-contrast") for text in serious(page))


@EACH
def test_on_a_phone_only_boxes_scroll_sideways(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name], PHONE) as page:
        page.evaluate(OPEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        boxes = page.evaluate("""() => [...document.querySelectorAll(".scroll")].map(box => ({
          right: box.getBoundingClientRect().right, wide: box.scrollWidth > box.clientWidth,
          how: getComputedStyle(box).overflowX }))""")
        assert all(box["right"] <= PHONE[0] for box in boxes)
        assert {box["how"] for box in boxes if box["wide"]} == {"auto"}
        outside = "table:not(.scroll table), svg:not(.scroll svg, .first svg)"
        assert page.locator(outside).count() == 0
        for figure in page.locator(".first svg").all():
            box = figure.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= PHONE[0]


@AGREEING
def test_on_a_phone_findings_are_read_without_scrolling(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name], PHONE) as page:
        cells = page.locator("#findings td")
        assert cells.count() > 4
        for cell in cells.all():
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= PHONE[0]
            assert cell.evaluate("x => getComputedStyle(x, '::before').content").startswith(
                f'"{cell.get_attribute("data-label")}"'
            )


@AGREEING
@SIZES
def test_the_answer_is_on_the_first_screen(
    browser: Browser, folders: dict[str, Path], name: str, size: tuple[int, int]
) -> None:
    with opened(browser, folders[name], size) as page:
        parts = [page.locator(".card").first]
        if size == DESKTOP:
            parts = [*page.locator(".card").all(), page.locator(".certainty").first,
                     page.locator(".lead"), page.locator(".first figure svg"),
                     *page.locator(".care li").all()]  # fmt: skip
            assert page.locator(".care li").count() <= 3
        for part in parts:
            box = part.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= size[1]


@EACH
def test_paper_shows_everything_and_cuts_nothing(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name], PAPER) as page:
        page.emulate_media(media="print")
        folded = page.locator("details table")
        assert folded.count() > 0
        for table in folded.all():
            assert table.is_visible()
        too_wide = page.evaluate("""() => {
          const edge = document.body.getBoundingClientRect().right + 0.5;
          return [...document.querySelectorAll("body :not(svg *)")]
            .filter(x => x.getBoundingClientRect().right > edge)
            .map(x => x.outerHTML.slice(0, 200)); }""")
        assert too_wide == []


@EACH
def test_pdf(browser: Browser, folders: dict[str, Path], tmp_path: Path, name: str) -> None:
    with opened(browser, folders[name]) as page:
        raw = page.pdf(format="A4", prefer_css_page_size=True)
        cells = page.locator("details td").all_text_contents()
    assert raw.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", raw)) >= 1
    program = shutil.which("pdftotext")
    if program is None:
        return
    (tmp_path / "page.pdf").write_bytes(raw)
    done = subprocess.run(
        [program, "-enc", "UTF-8", tmp_path / "page.pdf", "-"], capture_output=True, check=True
    )
    text = "".join(done.stdout.decode("utf-8").split())
    assert len(cells) > 10
    assert [word for cell in cells for word in cell.split() if word not in text] == []


def test_every_light_holds_the_sign_of_its_judgement(
    browser: Browser, folders: dict[str, Path]
) -> None:
    with opened(browser, folders["accuracy"]) as page:
        page.evaluate(OPEN)
        found = page.evaluate("""() => {
          const svg = document.querySelector("figure.traffic svg");
          const box = x => x.getBoundingClientRect();
          const signs = [...svg.querySelectorAll("g[id*=text_]")].map(g => {
            const b = box(g);
            return [g.textContent.trim(), b.x + b.width / 2, b.y + b.height / 2];
          });
          return [...svg.querySelectorAll("use[style*='stroke-opacity: 0']")].map(box).map(b =>
            [Math.round(b.y), b.x, signs.filter(([, x, y]) =>
              b.left < x && x < b.right && b.top < y && y < b.bottom).map(s => s[0]).join()]);
        }""")
    signs = [sign for _, _, sign in sorted(found)]
    words = {"low": "+", "unclear": "?", "high": "\u2212"}
    columns = [one["cells"] for one in record(folders["accuracy"])["risk_of_bias"]["judgements"]]
    assert signs == [words[cell] for row in zip(*columns, strict=True) for cell in row]


@EACH
def test_nothing_is_said_by_colour_alone(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name]) as page:
        page.evaluate(OPEN)
        for link in page.locator("main :not(nav) > a").all():
            assert "underline" in link.evaluate("x => getComputedStyle(x).textDecorationLine")
        judged = page.locator(".body.bias td").all_text_contents()
        assert bool(judged) == (name == "accuracy")
        for cell in judged:
            assert re.fullmatch(r"[+?\u2212] (low|unclear|high)|low|unclear|high", cell)
        marked = page.locator("td.failed").all_text_contents()
        assert marked == ["FAILED"] * page.get_by_role("cell", name="FAILED").count()
        assert len(marked) == page.locator(".banner li").count() == (name == "failed")


def test_names_and_titles_are_shown_and_never_run(
    browser: Browser, folders: dict[str, Path]
) -> None:
    with opened(browser, folders["failed"]) as page:
        assert page.evaluate("window.hacked") is None
        assert page.locator("script").count() == 2  # numbers, and the page's own
        assert page.title() == ATTACK
        assert page.locator("h1").text_content() == ATTACK
        assert page.locator(".care li", has_text=FORMULA).count() == 1
        for study in (ATTACK, FORMULA):
            assert page.locator("#studies th").get_by_text(study, exact=True).count() == 1


@AGREEING
def test_the_lead_repeats_no_number_of_the_tiles(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name]) as page:
        text = str(page.locator(".lead").text_content()).replace("95\u00a0%", "")
        lead = re.findall(r"[\d.,]*\d", text)
        tiles = [re.findall(r"[\d.,]*\d", text)
                 for text in page.locator(".card .big").all_text_contents()]  # fmt: skip
    assert tiles
    assert not [tile for tile in tiles if tile[0] in lead]


@AGREEING
def test_the_main_part_is_short(browser: Browser, folders: dict[str, Path], name: str) -> None:
    with opened(browser, folders[name]) as page:
        words = page.evaluate("""() => {
          const main = document.querySelector("main").cloneNode(true);
          main.querySelector("#appendix").remove();
          main.querySelectorAll("details, svg, nav").forEach(x => x.remove());
          return main.textContent.trim().split(/\\s+/).length; }""")
    assert 100 < words < 1_500


@AGREEING
def test_the_main_part_is_printed_on_seven_pages_at_most(
    browser: Browser, folders: dict[str, Path], tmp_path: Path, name: str
) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext on the PATH")
    with opened(browser, folders[name]) as page:
        (tmp_path / "page.pdf").write_bytes(page.pdf(format="A4", prefer_css_page_size=True))
    done = subprocess.run(
        [program, "-enc", "UTF-8", tmp_path / "page.pdf", "-"], capture_output=True, check=True
    )
    sheets = done.stdout.decode("utf-8").split("\f")
    appendix = [i for i, text in enumerate(sheets) if text.lstrip().startswith("Appendix")]
    assert appendix
    assert appendix[0] <= 7


OLD = (
    "rightly cleared", "false alarm", "theirs", "nobody gave", "does the answer stay", " legal",
    "one beside another", "read with care", "shrunken", "has it if positive", "falsely alarm",
)  # fmt: skip


@EACH
def test_the_page_speaks_in_the_terms_of_the_field(
    browser: Browser, folders: dict[str, Path], name: str
) -> None:
    with opened(browser, folders[name]) as page:
        text = page.evaluate("""() => {
          const body = document.body.cloneNode(true);
          body.querySelectorAll("svg, figcaption").forEach(x => x.remove());
          return body.textContent.toLowerCase(); }""")
    assert not [words for words in OLD if words in text]
    for words in ("heterogeneity", "prediction", "certainty of the evidence (grade)"):
        assert words in text
