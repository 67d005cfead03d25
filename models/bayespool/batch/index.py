"""The index page of a batch: each analysis with its interval, to sort, and filter by what failed.

One HTML file that loads nothing: the rows are in it as JSON, and are drawn a page at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bayespool.batch import results
from bayespool.batch.plan import Plan
from bayespool.batch.reports import REPORTS, folder_name
from bayespool.replacing import replacing_file

INDEX = "index.html"
COLUMNS = ["analysis", "record", "name", "label", "unit", "main", "median", "lower", "upper",
           "passed", "gate", "sentence", "measure", "rows", "studies"]  # fmt: skip
OF_ESTIMATE = ("label", "unit", "median", "lower", "upper")
FAILED = {"table": "table or request", "program": "program", "worker": "worker"}
Entry = dict[str, Any]


def write_index(folder: Path, plan: Plan) -> Path:
    """Write the page of what is done of a plan by now, whole or not at all."""
    found = _entries(folder)
    entries = [found.get(one.name) or {"name": one.name, "status": "not done", "failed": []}
               for one in plan.analyses]  # fmt: skip
    for entry, one in zip(entries, plan.analyses, strict=True):
        report = f"{REPORTS}/{folder_name(one)}/{INDEX}"
        if (folder / report).is_file():
            entry["report"] = report
    text = (files("bayespool") / "batch" / "index.html.j2").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string
    data = json.dumps(entries, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    place = folder / INDEX
    with replacing_file(place) as partial:
        partial.write_text(template(text).render(plan=plan.file, data=data), encoding="utf-8")
    return place


def _entries(folder: Path) -> dict[str, Entry]:
    """What is shown of every analysis, by its name."""
    entries: dict[str, Entry] = {}
    for part in sorted((folder / results.RESULTS).glob("part-*.parquet")):
        for row in _shown(pq.read_table(part, columns=COLUMNS)):
            if row["record"] == "analysis":
                entries[row["analysis"]] = _entry(row)
                continue
            entry = entries[row["analysis"]]
            if row["record"] == "check":
                entry["failed"].append(row["name"])
            elif row["main"]:
                entry["estimates"].append({name: row[name] for name in OF_ESTIMATE})
    return entries


def _shown(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows of analyses, of main estimates, and of checks that did not pass."""
    is_main = pc.fill_null(table["main"], False)
    not_passed = pc.invert(pc.fill_null(table["passed"], True))
    failed = pc.and_(pc.equal(table["record"], "check"), not_passed)
    kept = pc.or_(pc.equal(table["record"], "analysis"), pc.or_(is_main, failed))
    yield from table.filter(kept).to_pylist()


def _entry(row: dict[str, Any]) -> Entry:
    status = "passed" if row["passed"] else "did not pass"
    if row["name"] is not None:
        status = f"failed: {FAILED[row['name']]}"
    return {
        "name": row["analysis"], "status": status, "why": row["sentence"] or "",
        "measure": row["measure"] or "", "rows": row["rows"], "studies": row["studies"],
        "failed": [], "estimates": [],
    }  # fmt: skip
