"""The session without a page: tables, mending, undo, stamps, files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from reviews import write_review

from bayespool.app.answer import Answer, coarse
from bayespool.app.asked import Asked, asked_from
from bayespool.app.session import Session
from bayespool.app.sheet import pasted
from bayespool.datasets import data_dir
from bayespool.guideline.judgements import from_record
from bayespool.report.request import Request
from bayespool.studies import TableError

FAULTY = b"""study,tp,fp,fn,tn
Feng 2020,12,3,4,30
Kim 2019,x,2,5,41
Lee 2018,20,1,3,28
"""


def loaded(content: bytes = FAULTY, name: str = "review.csv") -> Session:
    session = Session()
    session.load(name, content)
    return session


def test_a_fault_is_found_beside_its_cell_mended_and_undone():
    session = loaded()
    (problem,) = session.understood.problems
    assert (problem.column, session.sheet.index_of(problem.row)) == ("tp", 1)
    assert not session.understood.ready
    session.edit(lambda sheet: sheet.with_cell(1, 1, "14"))
    assert session.understood.ready
    assert session.understood.rows[1][1].startswith("14 of 19")
    session.undo()
    assert session.understood.problems == (problem,)
    session.redo()
    assert session.understood.ready
    assert not session.can_redo


def test_rows_of_the_file_are_found_again_when_others_are_off():
    session = loaded()
    session.edit(lambda sheet: sheet.switched(0))
    (problem,) = session.understood.problems
    assert problem.row == 2  # of what is read
    assert session.sheet.index_of(problem.row) == 1
    session.edit(lambda sheet: sheet.switched(1))
    assert session.understood.ready
    assert [label for label, _ in session.understood.rows] == ["Lee 2018"]
    assert len(session.sheet.rows) == 3


def test_an_untouched_file_keeps_its_bytes():
    content = (data_dir() / "anti_ccp.csv").read_bytes()
    session = loaded(content, "anti_ccp.csv")
    assert session.sheet.source.content == content
    session.edit(lambda sheet: sheet.switched(3).switched(3))
    assert session.sheet.source.content == content


def test_a_decimal_comma_survives_an_edit():
    session = Session()
    session.load("effects.csv", b"study;estimate;se\nA;0,5;0,2\nB;0,25;0,1\n")
    assert session.asked.measure is None  # an estimate and its error may be of any effect
    assert "hr" in session.understood.refusal
    session.ask(measure="hr")
    before = session.understood.prepared.studies
    session.edit(lambda sheet: sheet.with_row().with_cell(2, 0, "C").with_cell(2, 1, "0.1"))
    session.edit(lambda sheet: sheet.with_cell(2, 2, "0.3"))
    after = session.understood.prepared.studies
    assert after.estimate[:2].tolist() == before.estimate.tolist() == [0.5, 0.25]
    assert after.se[2] == 0.3


@pytest.mark.parametrize(
    "name, measure", [("bcg", "or"), ("telomerase", ""), ("eight_schools", "md")]
)
def test_a_data_set_knows_what_it_is_of(name, measure):
    session = Session()
    session.load_dataset(name)
    assert session.asked.measure == measure
    assert session.understood.ready


def test_a_file_that_is_no_table_leaves_the_session_as_it_was():
    session = loaded()
    state = session.state
    for name, content in (("x.pdf", b"%PDF"), ("x.csv", b"\x89PNG"), ("x.csv", b"")):
        with pytest.raises(TableError):
            session.load(name, content)
        assert session.refused is not None
    assert session.state is state


def test_folders_in_a_file_name_are_ignored():
    for name in ("../../outside/review.csv", "/outside/review.csv", "a/review.csv"):
        assert loaded(FAULTY, name).sheet.source.file == "review.csv"


def test_what_is_pasted_from_a_spreadsheet_is_a_table():
    source = pasted("study\ttp\tfp\tfn\ttn\r\nA\t5\t1\t2\t9\r\nB\t6\t1\t2\t9\r\n")
    assert loaded(source.content, source.file).understood.ready


def test_a_table_that_wants_a_model_says_so_and_takes_it():
    session = Session()
    session.load_dataset("ct_mri_cad")
    assert "--test COLUMN" in session.understood.refusal
    session.ask(test="test")
    assert session.understood.ready
    session.ask(test="nothing")
    assert not session.understood.ready
    assert "nothing" in session.understood.refusal or session.understood.problems


def test_an_answer_is_current_until_anything_is_asked_anew():
    session = loaded(FAULTY.replace(b"x", b"14"))
    answer = Answer(session.stamp, True, (), "")
    assert session.accept(answer)
    assert session.is_current
    session.ask(prevalences=(0.1,))
    assert not session.is_current
    assert not session.accept(answer)
    session.undo()
    assert session.is_current
    session.edit(lambda sheet: sheet.with_cell(0, 1, "13"))
    assert not session.is_current


def test_whoever_goes_back_finds_the_answer_and_the_fit_again():
    session = loaded(FAULTY.replace(b"x", b"14"))
    first, fitted = Answer(session.stamp, False, (), ""), object()
    session.accept(first, fitted)
    session.edit(lambda sheet: sheet.with_cell(0, 1, "13"))
    assert session.answer is first  # shown as out of date
    session.accept(Answer(session.stamp, False, (), ""), object())
    session.undo()
    assert session.is_current
    assert (session.answer, session.fit) == (first, fitted)
    for seed in range(5):
        session.ask(seed=seed)
        session.accept(Answer(session.stamp, False, (), ""), object())
    session.ask(seed=2026)
    assert not session.is_current  # the oldest are forgotten


def test_a_fit_serves_as_long_as_table_and_model_stay():
    session = loaded(FAULTY.replace(b"x", b"14"))
    fitted = object()
    session.accept(Answer(session.stamp, False, (), ""), fitted)
    session.ask(prevalences=(0.1,), title="Another")
    assert session.fit is fitted
    session.ask(seed=3)
    assert session.fit is None


def test_the_first_digits_are_those_of_the_report():
    session = Session()
    session.load_dataset("telomerase")
    answer = coarse(session.understood.prepared, Request(), 2026, session.stamp)
    assert session.accept(answer)
    assert [tile.what for tile in answer.tiles] == ["Pooled sensitivity", "Pooled specificity"]
    assert answer.coarse


def test_a_saved_session_opens_again():
    session = loaded()
    session.edit(lambda sheet: sheet.with_cell(1, 1, "14").switched(0))
    judged = from_record({"imprecision": {"judgement": "serious", "reason": "wide"}})
    session.ask(
        judgements=judged, prevalences=(0.1, 0.3), priors=(("tau_sens", "HalfNormal(0.5)"),), seed=7
    )
    other = Session()
    other.open(session.save())
    assert other.state == session.state
    assert other.stamp == session.stamp
    assert other.save() == session.save()


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r | {"form": "something else"},
        lambda r: r | {"asked": {"seed": -1}},
        lambda r: r | {"asked": {"model": 3}},
        lambda r: r | {"asked": {"model": "antigravity:Model"}},
        lambda r: r | {"asked": {"colour": "red"}},
        lambda r: r | {"table": r["table"] | {"off": [99]}},
        lambda r: r | {"table": r["table"] | {"rows": [["A"]]}},
        lambda r: r | {"table": r["table"] | {"content": "*"}},
    ],
)
def test_what_is_no_session_is_refused_and_changes_nothing(change):
    session = loaded()
    record = json.loads(session.save())
    with pytest.raises(ValueError, match="not a session file"):
        session.open(json.dumps(change(record)).encode())
    with pytest.raises(ValueError, match="not a session file"):
        session.open(b"\xff\xfe")
    assert session.sheet.rows[0][0] == "Feng 2020"


def test_what_is_asked_is_kept_whole():
    asked = Asked(
        measure="or", column_map=(("tp", "True pos"),), covariate=("age",), correlation=0.5,
        request=Request(mid=1.25, baseline_risks=(0.1,), title="Ä"),
    )  # fmt: skip
    assert asked_from(json.loads(asked.text())) == asked
    assert asked.of_fit() == replace(asked, request=Request(title="other")).of_fit()


def test_a_file_of_several_outcomes_is_asked_which_is_meant(tmp_path):
    review = write_review(tmp_path)["review.rm5"]
    session = loaded(review.read_bytes(), review.name)
    assert [number for number, _ in session.understood.choices] == ["1.1", "1.2"]
    for outcome, measure in (("1.1", "or"), ("1.2", "smd")):
        session.ask(outcome=outcome)
        assert session.understood.ready
        assert session.asked.measure == measure
        assert f"--outcome {outcome}" in session.command()
    session.edit(lambda sheet: sheet.with_cell(0, 0, "Renamed"))
    assert session.understood.ready
    assert session.understood.rows[0][0].startswith("Renamed")
    assert "--outcome" not in session.command()  # the mended table has one
