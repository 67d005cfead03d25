"""What a reader can move and point at on a page, in Chromium, beside what Python computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from report.browser import opened, serious

import bayespool as bp
from bayespool.guideline import decision
from bayespool.report import write_report

ASKED = (0.1, 0.3)


@pytest.fixture(scope="module")
def fitted() -> Any:
    return bp.fit(
        bp.accuracy.Bivariate(), bp.load_dataset("csf_tau_dementia"), engine="quadrature", ess=500
    )


@pytest.fixture(scope="module")
def page(browser: Browser, fitted: Any, tmp_path_factory: Any) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("interaction") / "r"
    write_report(fitted, folder, prevalences=ASKED, formats=())
    with opened(browser, folder) as page:
        yield page


def slide(page: Page, **values: int) -> dict[str, str]:
    """Every row of the table below the sliders once they stand at these values."""
    for name, value in values.items():
        page.locator(f"#{name}").fill(str(value))
    rows = page.locator("#explorer tbody tr")
    cells = [row.locator("th, td").all_text_contents() for row in rows.all()]
    return {name: text.replace("\u00a0", " ").replace("\u2212", "-") for name, text in cells}


def found(text: str) -> list[float]:
    return [float(x.replace(",", "")) for x in re.findall(r"-?[\d,]+(?:\.\d+)?", text)]


@pytest.mark.parametrize("p", ASKED)
def test_at_a_prevalence_of_the_table_the_sliders_say_what_it_says(page: Page, p: float) -> None:
    below = slide(page, prevalence=round(100 * p))
    column = 1 + ASKED.index(p)
    for row in page.locator("#findings tbody tr").all():
        head, *cells = row.locator("th, td").all_text_contents()
        cell = cells[column - 1].replace("\u00a0", " ")
        assert below[head.partition(":")[0]] == cell


@pytest.mark.parametrize("p, t", [(1, 1), (10, 20), (30, 60), (75, 95), (99, 99)])
def test_net_benefit_is_that_of_the_decision_curve(page: Page, fitted: Any, p: int, t: int) -> None:
    below = slide(page, prevalence=p, threshold=t)
    curves = decision.net_benefit(fitted, p / 100, x=np.array([t / 100]))
    test = curves["test"]
    values = [1000 * x[0] for x in (test.median, test.lower, test.upper)]
    shown = found(below["Net benefit of testing, in true positives"])
    # to the digit shown; between points of its grid the page draws straight lines
    np.testing.assert_allclose(shown, values, atol=0.5 + 0.001 * np.abs(values).max())
    assert found(below["Net benefit of treating all"]) == [round(1000 * curves["all"].median[0])]
    chance = 100 * curves["chance"].median[0]
    said = below["Probability that testing is best"]
    assert abs(found(said)[0] - chance) < 1.0


def test_pointing_at_a_study_marks_it_everywhere_and_tells_its_counts(
    page: Page, fitted: Any
) -> None:
    studies = fitted.studies
    for i in (0, len(studies) - 1):
        page.select_option("#study", str(i))
        for place in ("#studies figure", "#sroc figure", "#studies tr", ".first figure"):
            marked = page.locator(f"{place}.marked, {place} .marked").all()
            assert {one.get_attribute("data-study") for one in marked} == {str(i)}, place
        told = str(page.locator(".told").text_content())
        assert told.startswith(f"{studies.row[i]}. ")
        assert f"{studies.tp[i]}/{studies.n_diseased[i]}" in told
    page.keyboard.press("Escape")
    assert page.locator(".marked").count() == 0
    assert page.locator(".told").text_content() == ""
    page.locator("#studies [data-study='1']:has(text)").first.hover()
    assert page.locator(".tip").is_visible()
    assert str(page.locator(".tip").text_content()).startswith(f"{studies.row[1]}. ")
    page.mouse.move(0, 0)
    assert not page.locator(".tip").is_visible()


def test_the_page_can_be_read_in_the_dark_and_by_keyboard(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert serious(page) == []
    page.emulate_media(color_scheme="light")
    page.locator("#prevalence").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.locator("#prevalence-value").text_content() == "2\u00a0%"


def test_on_paper_and_without_script_nothing_is_left_that_does_nothing(
    page: Page,
    browser: Browser,
) -> None:
    page.emulate_media(media="print")
    for place in (".find", "#explorer", ".tip"):
        assert not page.locator(place).is_visible()
    page.emulate_media(media="screen")
    still = browser.new_context(java_script_enabled=False).new_page()
    still.goto(page.url)
    assert still.locator(".find").count() == 0
    assert not still.locator("#explorer").is_visible()
    assert still.locator("#findings table").is_visible()
    still.close()
