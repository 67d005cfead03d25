"""One page that lists all reports: what each asks, its answer, and how certain that is."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from html import escape
from pathlib import Path

REPORTS = Path(__file__).resolve().parents[1] / "reports"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reports</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .5rem; }}
th, td {{ border-bottom: 1px solid #d0d0d0; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14171a; color: #e8e8e8; }}
a {{ color: #7ab8e8; }} }}
</style>
</head>
<body>
<h1>Reports</h1>
<p>Written by the scripts in <code>analyses/</code>. Intervals are 95 % equal-tailed credible
intervals; certainty is as judged in the report, where anybody judged.</p>
<table>
<thead><tr><th>Report</th><th>Answer</th><th>Certainty</th><th>Studies</th>
<th>Numbers of</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def main() -> None:
    """Write ``reports/index.html``."""
    folders = sorted(path.parent for path in REPORTS.glob("*/summary.json"))
    (REPORTS / "index.html").write_text(
        PAGE.format(rows="\n".join(map(row, folders))), encoding="utf-8"
    )
    print(REPORTS / "index.html")


def row(folder: Path) -> str:
    """One report as a row of the table."""
    text = (folder / "report.md").read_text(encoding="utf-8")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    title, question = (re.findall(rf"^{marks} (.*)$", text, re.M)[0] for marks in ("#", "##"))
    title = f"{title} (variant)" if "\nA variant. " in text else title
    bullets = text.split("\n## ")[1].split("\n\n")[1]
    answer = "<br>".join(
        escape(line.removeprefix("- ").replace("**", "")) for line in bullets.splitlines()
    )
    judged, level = summary["certainty"]["judgements"], summary["certainty"]["certainty"]
    levels = level.values() if isinstance(level, dict) else [level]
    words = ", ".join(dict.fromkeys(word or "open" for word in levels)) if judged else ""
    link = f'<a href="{folder.name}/index.html">{escape(title)}</a>'
    studies = summary["findings"]["studies"]
    return (
        f"<tr><td>{link}<br>{escape(question)}</td><td>{answer}</td>"
        f"<td>{escape(words or 'not judged')}</td><td>{studies}</td><td>{day(folder)}</td></tr>"
    )


def day(folder: Path) -> str:
    """When the numbers of a report last changed: the day of their commit, or today."""
    name = folder / "summary.json"
    told = ["git", "-C", str(REPORTS), "status", "--porcelain", "--", str(name)]
    if not subprocess.run(told, capture_output=True, check=True).stdout:
        told = ["git", "-C", str(REPORTS), "log", "-1", "--format=%cs", "--", str(name)]
        found = subprocess.run(told, capture_output=True, check=True, text=True).stdout.strip()
        if found:
            return found
    return date.today().isoformat()


if __name__ == "__main__":
    main()
