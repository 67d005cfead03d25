"""The index page of a batch: all of a plan, one file, and what failed in words."""

from __future__ import annotations

import json
import re

import pytest
from batch.plans import write_effects

from bayespool.batch.index import write_index
from bayespool.batch.plan import read_plan
from bayespool.batch.reports import chosen, folder_name, write_reports
from bayespool.batch.run import run_batch


@pytest.fixture
def done(tmp_path):
    path = write_effects(tmp_path, 4)
    (tmp_path / "t1.csv").write_text("study,estimate,se\nA,0.1,-3\n")
    path.write_text(path.read_text().replace("a2,", "</script><b>,"))
    plan = read_plan(path)
    run_batch(plan, tmp_path / "out", workers=0)
    return tmp_path, plan


def entries(page: str) -> dict[str, dict]:
    data = re.search(r'id="data">(.*?)</script>', page, re.S)
    assert data is not None
    return {one["name"]: one for one in json.loads(data[1])}


def test_the_page_holds_every_analysis_and_loads_nothing(done):
    folder, plan = done
    page = write_index(folder / "out", plan).read_text()
    found = entries(page)
    assert list(found) == ["a0", "a1", "</script><b>", "a3"]
    assert found["a0"]["status"] == "passed"
    (estimate,) = found["a0"]["estimates"]
    assert estimate["lower"] < estimate["median"] < estimate["upper"]
    assert found["a1"]["status"] == "failed: table or request"
    assert found["a1"]["why"].startswith("t1.csv row 2, column se")
    assert "src=" not in page
    assert set(re.findall(r"https?://[^\"']+", page)) == {"http://www.w3.org/2000/svg"}


def test_what_is_not_done_yet_is_said(done):
    folder, plan = done
    (folder / "empty").mkdir()
    found = entries(write_index(folder / "empty", plan).read_text())
    assert {one["status"] for one in found.values()} == {"not done"}


def test_a_report_of_a_chosen_one_is_that_of_a_single_fit(done):
    folder, plan = done
    write_reports(folder / "out", chosen(plan, ["a0"]))
    found = entries(write_index(folder / "out", plan).read_text())
    assert found["a0"]["report"] == "reports/a0/index.html"
    assert "report" not in found["a3"]
    summary = json.loads((folder / "out" / "reports" / "a0" / "summary.json").read_text())
    assert summary["estimands"]["mu"]["median"] == found["a0"]["estimates"][0]["median"]
    with pytest.raises(ValueError, match="--report zz: no analysis has this name; allowed: a0"):
        chosen(plan, ["zz"])


def test_a_folder_of_a_report_has_a_name_that_a_disk_takes(done):
    _, plan = done
    names = [folder_name(one) for one in plan.analyses]
    assert names[0] == "a0"
    assert re.fullmatch(r"script_b-[0-9a-f]{8}", names[2])
