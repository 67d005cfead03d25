"""The page in Chromium: from a table with mistakes to an answer, a code and a session."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bayespool.app.session import Session

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ATTACK = "<img src=x onerror=window.hacked=1>"
HEAD = "study\ttp\tfp\tfn\ttn"
ROWS = [
    f"{ATTACK}\t12\t3\t4\t30", "Kim 2019\t14\t2\t5\t41", "Lee 2018\t20\t1\t3\t28",
    "Ito 2017\t9\t4\t3\t33", "Ruiz 2016\t15\t1\t6\t24", "Okoro 2015\t11\t2\t2\t19",
]  # fmt: skip
LONG = 60_000  # ms
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server that is asked for by its command, as a user does; it leaves no files."""
    folder = tmp_path_factory.mktemp("server")
    words = [sys.executable, "-m", "bayespool.cli", "app", "--no-browser"]
    plain = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    plain["TMPDIR"] = str(folder)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=plain) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", server.stdout.readline())
        assert found is not None
        yield found[0]
        server.terminate()
        server.wait(20)
    assert not list(folder.glob("bayespool-app-*"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if path is None:
        pytest.skip(f"no browser on the PATH: {', '.join(BROWSERS)}")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page in a browser of its own, which must not call anybody else nor stumble."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    found, odd = context.new_page(), []
    found.on("pageerror", lambda error: odd.append(str(error)))
    here = address.partition("?")[0]
    own = (here, here.replace("http", "ws"), "data:", "blob:", "about:")
    found.on("request", lambda r: odd.append(r.url) if not r.url.startswith(own) else None)
    found.goto(address)
    expect(found.get_by_role("heading", name="Answer")).to_be_visible(timeout=LONG)
    yield found
    assert not odd
    context.close()


def paste(page: Page, rows: list[str]) -> None:
    page.get_by_label("Or paste cells").fill("\n".join([HEAD, *rows]))
    page.get_by_role("button", name="Use what is pasted").click()
    expect(cell(page, 0, 0)).to_have_text(rows[0].partition("\t")[0], timeout=LONG)


def cell(page: Page, row: int, column: int):
    return page.locator(f".ag-row[row-id='{row}'] .ag-cell[col-id='c{column}']")


def big(page: Page) -> list[str]:
    return page.locator(".tile .big").all_inner_texts()


def test_two_mistakes_become_an_answer_that_is_never_stale(page: Page, tmp_path: Path):
    wrong = [ROWS[0], ROWS[1].replace("14", "1x4"), ROWS[2].replace("28", "-28"), *ROWS[3:]]
    paste(page, wrong)
    expect(page.get_by_text("To be mended (2)")).to_be_visible()
    assert page.locator(".ag-cell.fault").count() == 2

    for column, text in (("tp", "14"), ("tn", "28")):
        page.get_by_role("button", name=f"column {column}").click()  # jumps to the cell
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    expect(page.get_by_text("To be mended")).to_have_count(0, timeout=LONG)
    expect(page.locator(".ag-cell.fault")).to_have_count(0)

    state = page.get_by_role("status")
    expect(state).to_contain_text("of the table as it stands", ignore_case=True, timeout=LONG)
    expect(page.locator(".figure svg").first).to_be_visible(timeout=LONG)
    expect(page.locator(".answer")).not_to_have_class(re.compile("stale"))
    before = big(page)
    assert len(before) == 2
    assert page.evaluate("window.hacked") is None
    assert ATTACK in page.locator(".figure").first.inner_text()
    study = page.locator(".figure [data-row='3']").first
    study.hover()
    expect(page.locator(".ag-row.lit[row-id='3']")).not_to_have_count(0)

    study.click()
    expect(page.locator(".ag-row[row-id='3'] input[type=checkbox]")).not_to_be_checked()
    expect(page.locator(".answer")).to_have_class(re.compile("stale"))
    expect(page.locator(".answer")).not_to_have_class(re.compile("stale"), timeout=LONG)
    page.get_by_role("button", name="Undo").click()
    expect(state).to_contain_text("of the table as it stands", ignore_case=True)
    assert big(page) == before

    page.get_by_text("Judge the certainty").click()
    page.get_by_label("Imprecision", exact=True).click()
    page.get_by_role("option", name="serious", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="without a reason")).to_be_visible()
    page.get_by_label("Reason (imprecision)").fill("few people")
    page.keyboard.press("Tab")
    expect(page.get_by_role("cell", name="few people")).to_be_visible(timeout=LONG)

    page.get_by_text("Show the code").click()
    expect(page.locator("pre").first).to_contain_text("bayespool accuracy pasted")
    found = [r for r in Axe().run(page).response["violations"] if r["impact"] in SERIOUS]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []

    with page.expect_download() as loaded:
        page.get_by_role("button", name="Session").click()
    loaded.value.save_as(tmp_path / "session.json")
    saved = Session()
    saved.open((tmp_path / "session.json").read_bytes())
    judged = saved.asked.request.judgements
    assert judged is not None
    assert judged.domains[0].reason == "few people"

    page.reload()
    expect(cell(page, 1, 1)).to_have_text("14", timeout=LONG)  # the tab keeps its session
    assert big(page) == before

    other = page.context.browser.new_context().new_page()
    other.goto(page.url.partition("#")[0])
    assert "token" in other.inner_text("body")  # a stranger is not let in
    other.context.close()


def test_another_tab_has_nothing_of_it(page: Page):
    expect(page.get_by_role("status")).to_contain_text("Open a table")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.pdf.csv", "mimeType": "text/csv", "buffer": b"%PDF-1.7"}
    )
    expect(page.get_by_role("alert").filter(has_text="PDF")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    paste(page, ROWS)
    expect(page.locator(".tile").first).to_be_visible(timeout=LONG)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
