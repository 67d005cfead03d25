"""What the pages of the documentation get from the program: runs, notebooks, tables of columns.

A fenced block of Python or of commands whose info string has ``.run`` is run where it stands, in a
folder of its own for each page, and what it prints or shows stands below it. A command that fails
fails the page. Notebooks become pages in the same way.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any
from unittest import mock

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
FENCE = re.compile(r"^``` ?\{ \.(python|bash) \.run \}\n(.*?)^```$", re.S | re.M)
RENDERED = re.compile(r"^<!-- rendered: (\w+) -->$", re.M)
EXTERNAL = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(?:https?:)?//[^>]*"""
    r"""|<link[^>]*rel=["']?(?:stylesheet|preconnect|icon)[^>]*href=["']?(?:https?:)?//[^>]*"""
    r"""|url\(["']?(?:https?:)?//[^)]*|@import[^;]*//[^;]*"""
)
FIGURES = ("forest", "fagan")


def on_files(files: Any, config: Any) -> Any:
    """Pages and pictures that are files of no folder of the documentation."""
    from mkdocs.structure.files import File

    for path in sorted((DOCS / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=notebook(path)))
    for name in FIGURES:
        drawn = ROOT / f"reports/cidp_mrn_accuracy/figures/{name}.svg"
        files.append(File.generated(config, f"site/{name}.svg", abs_src_path=str(drawn)))
    return files


def on_page_markdown(markdown: str, **rest: Any) -> str:
    """A page with its runs and rendered tables."""
    return page(markdown)


def on_post_build(config: Any, **rest: Any) -> None:
    """Fail if a page would load anything from the network."""
    for path in Path(config["site_dir"]).rglob("*"):
        if path.suffix in (".html", ".css") and (found := EXTERNAL.search(path.read_text("utf-8"))):
            raise ValueError(f"{path.name} loads from the network: {found[0]}")


def page(markdown: str) -> str:
    """Markdown with what its blocks print, and with its rendered tables."""
    session = Session()
    with session.folder():
        markdown = FENCE.sub(lambda found: f"{session.fence(found[1], found[2])}", markdown)
    return RENDERED.sub(lambda found: TABLES[found[1]](), markdown)


def notebook(path: Path) -> str:
    """A notebook as a page: its cells, and what they show."""
    parts, session = [], Session()
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    with session.folder():
        for cell in cells:
            text = "".join(cell["source"])
            parts.append(text if cell["cell_type"] == "markdown" else session.fence("python", text))
    title, rest = parts[0].partition("\n")[::2]
    link = f"[Download this notebook]({path.name}){{ .md-button download }}"
    return "\n\n".join([title, link, rest.strip(), *parts[1:]])


class Session:
    """What the blocks of one page share: a folder, and the names that Python has given."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.drawn = 0

    @contextlib.contextmanager
    def folder(self) -> Any:
        """An empty folder to be in."""
        with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
            yield

    def fence(self, language: str, code: str) -> str:
        """A block, and below it what it shows."""
        found = self.python(code) if language == "python" else self.commands(code)
        below = f'\n\n<div class="output" markdown="0">\n{found}\n</div>' if found else ""
        return f"``` {language}\n{code.rstrip()}\n```{below}"

    def commands(self, code: str) -> str:
        """What commands of bayespool print."""
        from bayespool.cli import main

        out = io.StringIO()
        for line in code.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] != "bayespool":
                raise ValueError(f"{line}: only commands of bayespool are run")
            errors = io.StringIO()
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(errors),
                mock.patch.object(sys, "argv", words),
            ):
                try:
                    main(words[1:])
                except SystemExit as left:
                    if left.code:
                        said = errors.getvalue() or out.getvalue()
                        raise ValueError(f"{line}: exit code {left.code}\n{said}") from None
        return _pre(out.getvalue())

    def python(self, code: str) -> str:
        """What Python prints, and what its last expression is."""
        tree = ast.parse(code)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        out, value = io.StringIO(), None
        with contextlib.redirect_stdout(out):
            exec(compile(tree, "<docs>", "exec"), self.names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<docs>", "eval"), self.names)
        return "\n".join(filter(None, [_pre(out.getvalue()), self._shown(value)]))

    def _shown(self, value: Any) -> str:
        if value is None:
            return ""
        if hasattr(value, "savefig"):
            from bayespool.figures.svg import to_svg

            self.drawn += 1
            return str(
                to_svg(value, f"drawn-{self.drawn}", "Figure", "The figure of the code above.")
            )
        if hasattr(value, "to_html"):
            return str(value.to_html(border=0, na_rep="", float_format=lambda x: f"{x:.3g}"))
        if hasattr(value, "_repr_html_"):
            return str(value._repr_html_())
        return _pre(repr(value))


def _pre(text: str) -> str:
    return f"<pre><code>{escape(text.rstrip())}</code></pre>" if text.strip() else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def templates() -> str:
    """Every template: what a row is, its columns, the commands, and its rows."""
    from bayespool.templates import TEMPLATES

    seen: dict[str, list[Any]] = {}
    for one in TEMPLATES.values():
        seen.setdefault(one.table, []).append(one)
    parts = []
    for same in seen.values():
        first = same[0]
        fit, *options = first.commands[1]
        command = " ".join(["bayespool", fit, f"{first.name}.csv", *options])
        header, *rows = first.records
        parts += [
            f"## {', '.join(one.name for one in same)}",
            f"A row is {first.what}. `bayespool template {first.name}` writes this table, "
            f"`{command}` fits it.",
            _table(["column", "meaning"], [[f"`{c}`", m] for c, m in first.columns.items()]),
            _table(header, rows),
        ]
    return "\n\n".join(parts)


def spellings() -> str:
    """Every role and the headers that it goes by."""
    from bayespool.studies import spellings as known
    from bayespool.studies.derived import FORMS
    from bayespool.studies.meaning import ROLES, of_group
    from bayespool.studies.measures import MEASURES

    shapes = {
        "Diagnostic accuracy": known.ACCURACY, "Two groups": known.ARMS,
        "One group": known.SINGLE, "Correlations": known.CORRELATION,
        "Means and medians of two groups": known.MEANS,
        "Beside an estimate": known.PRECISION,
    }  # fmt: skip
    shapes |= {f"Beside the {MEASURES[name].label}": form.spellings for name, form in FORMS.items()}
    parts = [
        "Upper and lower case, spaces, underscores, dots and hyphens make no difference; a final "
        "`(n)`, `(%)` or `(95% CI)` is left out.",
        f"The study: {_codes(known.STUDY_LABELS)}, the first that there is. What tells the rows of "
        f"a study apart: {_codes(known.SECOND_LABELS)}.",
    ]
    for title, roles in shapes.items():
        rows = [[f"`{role}`", ROLES.get(role) or of_group(role), _codes(headers)]
                for role, headers in roles.items()]  # fmt: skip
        parts += [f"### {title}", _table(["role", "what it is", "headers"], rows)]
    rows = [[f"`{one.name}`", one.label, _codes(one.headers), _codes(one.analysis_headers)]
            for one in MEASURES.values()]  # fmt: skip
    head = ["measure", "what it is", "as printed", "as analysed (of ratios the logarithm)"]
    return "\n\n".join([*parts, "### Estimates", _table(head, rows)])


def _codes(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


TABLES = {"templates": templates, "spellings": spellings}
