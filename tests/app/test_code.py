"""The command and the script that a session shows give its numbers, to the last digit."""

from __future__ import annotations

import ast
import csv
import inspect
import io
import json
import runpy
import shlex
import tomllib

import pytest

import bayespool as bp
from bayespool import cli
from bayespool.app.answer import refined
from bayespool.app.session import Session
from bayespool.guideline.judgements import from_record
from bayespool.report.files import summary_csv
from bayespool.report.request import Request
from bayespool.report.summary import build_summary

JUDGED = from_record(
    {
        "question": 'Is "it" so?\n\\', "start": "low", "by": "\x7f",
        "imprecision": {"judgement": "serious", "reason": "wide"},
        "sens": {"imprecision": {"judgement": "very serious", "reason": "wider"}},
    }
)  # fmt: skip


def accuracy(session: Session) -> None:
    session.load_dataset("iqcode_dementia")
    session.ask(prevalences=(0.1, 0.3), priors=(("tau_sens", "HalfNormal(0.5)"),), seed=7,
                title="A \"quoted\" title's end", question="How?")  # fmt: skip
    session.edit(lambda sheet: sheet.switched(2))


def regression(session: Session) -> None:
    content = b"Paper;True pos;fp;fn;tn;kind of\nA;12;3;4;30;x\nB;14;2;5;41;y\nC;20;1;3;28;x\n"
    session.load("review.csv", content + b"D;9;4;3;33;y\nE;15;1;6;24;x\n")
    session.ask(
        column_map=(("tp", "True pos"), ("study", "Paper")), covariate=("kind of",), link="probit"
    )


def ratios(session: Session) -> None:
    session.load_dataset("bcg")
    session.ask(measure="rr", mid=1.25, baseline_risks=(0.1,), covariate=("latitude",))
    session.edit(lambda sheet: sheet.with_cell(0, 1, "1949"))


def means(session: Session) -> None:
    session.load_dataset("eight_schools")
    session.ask(priors=(("tau", "HalfNormal(5)"),), robust=True)


CASES = pytest.mark.parametrize("make", [accuracy, regression, ratios, means])


@pytest.fixture
def case(make, tmp_path, monkeypatch):
    session = Session()
    make(session)
    assert session.understood.ready, session.understood
    source = session.sheet.source
    (tmp_path / source.file).write_bytes(source.content)
    monkeypatch.chdir(tmp_path)
    return session


class Fitted(Exception):
    """A fit was asked for."""


def same(asked, session: Session) -> None:
    """A fit with these arguments is that of the session: nothing else decides its numbers."""
    (model, studies, engine, seed), own = asked, session.understood.prepared
    assert repr(model) == repr(own.model)
    assert (engine, seed) == (session.asked.engine, session.asked.seed)
    assert (studies.sha256, studies.row) == (own.studies.sha256, own.studies.row)
    for name in own.studies.ARRAYS:
        assert getattr(studies, name).tolist() == getattr(own.studies, name).tolist()


@CASES
def test_the_command_asks_for_the_fit_of_the_session(case, monkeypatch):
    seen = []

    def fit(*arguments):
        seen.append(arguments)
        raise Fitted

    monkeypatch.setattr("bayespool.fitting.fit", fit)
    words = shlex.split(case.command())[1:]
    with pytest.raises(Fitted):
        cli.app(words, exit_on_error=False, print_error=False)
    same(seen[0], case)


@CASES
def test_the_script_asks_for_the_report_of_the_session(case, tmp_path, monkeypatch):
    seen = []

    def report(*arguments, **named):
        seen.append(inspect.signature(bp.report.make_report).bind(*arguments, **named).arguments)

    monkeypatch.setattr(bp, "make_report", report)
    (tmp_path / "analysis.py").write_text(case.script(), encoding="utf-8")
    runpy.run_path(str(tmp_path / "analysis.py"))["main"]()
    (asked,) = seen
    same([asked[name] for name in ("model", "studies", "engine", "seed")], case)
    words, request = asked.get("words", {}), case.asked.request
    inspect.signature(bp.write_report).bind(None, "report", **words)
    for name in ("title", "question", "prevalences", "mid", "baseline_risks"):
        assert words.get(name, getattr(Request(), name)) == getattr(request, name)


@pytest.mark.parametrize("make", [ratios])
def test_session_command_and_script_give_the_same_numbers(case, tmp_path, monkeypatch, capsys):
    prepared, asked = case.understood.prepared, case.asked
    answer, _ = refined(prepared, case.request, asked.engine, asked.seed, case.stamp)

    words = shlex.split(case.command())[1:]
    with pytest.raises(SystemExit):
        cli.main([*words[: words.index("--out")], "--json"])
    printed = json.loads(capsys.readouterr().out)["estimands"]
    own = {row["estimand"]: row for row in csv.DictReader(io.StringIO(answer.estimates))}
    assert {k: repr(v["median"]) for k, v in printed.items()} == {
        k: v["median"] for k, v in own.items()
    }

    seen = []

    def report(model, studies, out_dir, *, engine, seed, **words):
        seen.append(summary_csv(build_summary(bp.fit(model, studies, engine, seed), **words)))

    monkeypatch.setattr(bp, "make_report", report)
    (tmp_path / "analysis.py").write_text(case.script(), encoding="utf-8")
    runpy.run_path(str(tmp_path / "analysis.py"))["main"]()
    assert seen == [answer.estimates]


def test_judgements_are_a_file_beside_both():
    session = Session()
    session.load_dataset("telomerase")
    session.ask(judgements=JUDGED)
    assert "--judgements judgements.toml" in session.command()
    assert "judgements='judgements.toml'" in session.script()
    content = session.beside()["judgements.toml"].decode()
    assert from_record(tomllib.loads(content)) == JUDGED


@pytest.mark.parametrize(
    "title", ['"""\nimport os #', "\\", "\x00\x07", "'" * 9, "{x}", "a\u2028b"]
)
def test_no_title_breaks_the_script(title):
    session = Session()
    session.load_dataset("telomerase")
    session.ask(title=title)
    tree = ast.parse(session.script())
    (call,) = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and "make_report" in ast.dump(n.func)
    ]
    given = {item.arg: ast.literal_eval(item.value) for item in call.keywords}
    assert given["title"] == title
    assert len([n for n in tree.body if isinstance(n, ast.Import)]) == 1
