"""What the documentation tells people to type is right: quick blocks run, commands are parsed."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from command import run

from bayespool.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# those with fits that take seconds are run when the site is built, like the notebooks
SLOW = {
    "tutorials/first-accuracy.md", "tutorials/first-association.md", "tutorials/first-script.md",
    "how-to/robustness.md",
}  # fmt: skip
RUN = [page for page in PAGES if "\n``` { ." in page.read_text(encoding="utf-8")]
CODE = re.compile(r"^ *```[^\n]*\n.*?^ *```$|^    [^\n]*$", re.S | re.M)
COMMAND = re.compile(r"^ *(?:uv run )?(bayespool (?:[^\n\\]|\\\n)+)", re.M)
FENCE = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def rendered() -> Any:
    """The module that renders pages, which is not of the package."""
    spec = importlib.util.spec_from_file_location("rendered", DOCS / "site/rendered.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page", [page for page in RUN if page.relative_to(DOCS).as_posix() not in SLOW], ids=named
)
def test_quick_blocks_run(page, rendered):
    text = page.read_text(encoding="utf-8")
    made = rendered.page(text)
    assert '<div class="output"' in made
    assert ".run }" not in made


def test_the_script_of_twenty_lines_does_what_it_says(rendered):
    text = (DOCS / "tutorials/first-script.md").read_text(encoding="utf-8")
    code = rendered.FENCE.search(text)[2]
    assert len([line for line in code.splitlines() if line]) <= 25
    session = rendered.Session()
    with session.folder():
        assert "<table" in session.python(code)
        assert {"forest.png", "posterior.nc"} == {path.name for path in Path.cwd().iterdir()}
    fitted, again = session.names["fitted"], session.names["again"]
    assert fitted.estimates["sens"] == again.estimates["sens"]


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=named)
def test_every_command_of_a_page_is_one(page):
    """Its name, its options and the kinds of their values; nothing is run."""
    code = "\n".join(re.findall(CODE, page.read_text(encoding="utf-8")))
    for found in COMMAND.findall(code):
        words = shlex.split(found.replace("\\\n", " "), comments=True)
        words = words[1 : words.index(">")] if ">" in words else words[1:]
        if words and "..." not in found:
            app.parse_args(words, exit_on_error=False, print_error=False)


def test_help_comes_in_groups_with_examples_that_are_commands(tmp_path):
    shown = run("--help", cwd=tmp_path).stdout
    assert all(f"─ {title} ─" in shown for title in ("A table", "Pooling", "Reports", "Help"))
    helps = [shown]
    for name, titles in (
        ("accuracy", ("The model", "How the table is read", "Rows, priors and engine",
                      "Sensitivity analyses", "What a panel asks", "Output")),
        ("association", ("The model", "Publication bias")),
        ("report", ("What a panel asks",)),
        ("template", ()), ("check", ()),
    ):  # fmt: skip
        helps.append(run(name, "--help", cwd=tmp_path).stdout)
        places = [helps[-1].index(f"─ {title} ─") for title in titles]
        assert places == sorted(places)
        assert "─ Parameters ─" not in helps[-1]
        assert "[default: ()]" not in helps[-1]
    for text in helps:
        examples = re.findall(r"^ *bayespool (.*?)(?:   .*)?$", text.split("Examples:")[1], re.M)
        assert examples
        for example in examples:
            if "--help" not in example:
                app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_that_is_not_run_is_python(page):
    for code in FENCE.findall(page.read_text(encoding="utf-8")):
        ast.parse(code)


def test_a_block_that_fails_fails_the_page(rendered):
    with pytest.raises(ValueError, match="exit code 2"):
        rendered.page("``` { .bash .run }\nbayespool check nothing.csv\n```\n")
    with pytest.raises(ZeroDivisionError):
        rendered.page("``` { .python .run }\n1 / 0\n```\n")


def test_what_comes_from_the_network_is_seen(rendered):
    for text in ('<script src="https://x.y/z.js">', "<link rel=stylesheet href=//x.y/z.css>",
                 "@import '//x.y/z.css';", "url(https://x.y/z.woff)"):  # fmt: skip
        assert rendered.EXTERNAL.search(text)
    assert not rendered.EXTERNAL.search('<a href="https://x.y">a link</a><script src=a.js>')


def test_tables_of_columns_have_every_template_and_header(rendered):
    from bayespool.studies.spellings import ACCURACY
    from bayespool.templates import TEMPLATES

    headings = re.findall(r"^## (.*)$", rendered.templates(), re.M)
    assert sorted(", ".join(headings).split(", ")) == sorted(TEMPLATES)
    assert all(f"`{header}`" in rendered.spellings() for names in ACCURACY.values()
               for header in names)  # fmt: skip
