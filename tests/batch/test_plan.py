"""Plans: a table or TOML of analyses, a folder, a review, a Parquet of many tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch.plans import EFFECTS
from reviews import write_review

import bayespool as bp
from bayespool.batch.analysis import keyed
from bayespool.batch.plan import defaults, read_plan
from bayespool.batch.work import fit_of
from bayespool.choice import choose
from bayespool.studies import TableError, read_studies


def plan_of(folder: Path, text: str, name: str = "plan.csv"):
    (folder / "x.csv").write_text(EFFECTS)
    (folder / name).write_text(text)
    return read_plan(folder / name)


def test_a_row_is_asked_as_on_the_command_line(tmp_path):
    plan = plan_of(
        tmp_path,
        "name,data,kind,measure,Covariate,prior,low-risk only,seed,robust\n"
        'one,x.csv,association,MD,age; sex,"tau=HalfNormal(0.5); mu=Normal(0, 1)",no,7,yes\n'
        "two,telomerase,accuracy,,,,yes,,\n",
    )
    one, two = (analysis.asked for analysis in plan.analyses)
    assert [analysis.name for analysis in plan.analyses] == ["one", "two"]
    assert (one.measure, one.covariate, one.seed, one.robust) == ("md", ("age", "sex"), 7, True)
    assert one.priors == (("tau", "HalfNormal(0.5)"), ("mu", "Normal(0, 1)"))
    assert (two.measure, two.low_risk_only) == ("", True)
    assert plan.analyses[0].source.content == EFFECTS.encode()


def test_toml_says_the_same_with_what_is_shared(tmp_path):
    text = (
        '[default]\nmeasure = "generic"\nmodel = "normal"\n'
        '[[analysis]]\ndata = "x.csv"\npriors = {tau = "HalfNormal(0.5)"}\n'
    )
    toml = plan_of(tmp_path, text, "plan.toml").analyses
    table = "name,data,measure,model,priors\nx,x.csv,generic,normal,tau=HalfNormal(0.5)\n"
    assert [one.key for one in toml] == [one.key for one in plan_of(tmp_path, table).analyses]
    assert toml[0].name == "x"


def test_a_folder_is_its_tables(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(EFFECTS)
    (tmp_path / "notes.md").write_text("none of them")
    found = read_plan(tmp_path, defaults("generic")).analyses
    assert [(one.name, one.asked.measure) for one in found] == [("a", "generic"), ("b", "generic")]


def test_a_review_is_all_its_outcomes_with_their_measures(tmp_path):
    review = write_review(tmp_path)["review.zip"]
    found = read_plan(review).analyses
    assert [(one.name, one.asked.measure) for one in found] == [("1.1", "or"), ("1.2", "smd")]
    read = read_studies(review, outcome="1.2")
    model, studies = choose(read, "smd", "auto")
    batched, single = fit_of(found[1]), bp.fit(model, studies)
    assert repr(batched.model) == repr(single.model)
    assert batched.studies.study == single.studies.study
    assert batched.estimates["mu"].lower == single.estimates["mu"].lower


def test_a_parquet_is_a_table_for_each_name(tmp_path):
    rows = {"analysis": ["p", "q", "p"], "study": ["A", "B", "C"], "estimate": [0.1, 0.2, 0.3],
            "se": [1.0, 1.0, 2.0], "year": [None, 1999, None]}  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "many.parquet")
    p, q = read_plan(tmp_path / "many.parquet", defaults("generic")).analyses
    assert p.source.records.rows == [
        (1, ["study", "estimate", "se"]), (2, ["A", 0.1, 1.0]), (4, ["C", 0.3, 2.0]),
    ]  # fmt: skip
    assert q.source.records.rows[0][1] == ["study", "estimate", "se", "year"]
    with pytest.raises(TableError, match="no column 'name' names the analysis"):
        read_plan(tmp_path / "many.parquet", by="name")


@pytest.mark.parametrize(
    "text, words",
    [
        ("name,data\na,x.csv\nb,none.csv\n", r"plan.csv row 3, column data: b: .*there is no file"),
        ("name,data\na,x.csv\na,x.csv\n", "row 3, column name: the name 'a' is that of row 2 too"),
        ("name,table\na,x.csv\n", "a plan has a column data"),
        ("name,data,modell\na,x.csv,normal\n", "row 2: unknown column 'modell'; allowed: name"),
        ("name,data,measure\na,x.csv,xyz\n", "row 2: measure='xyz'; allowed: or,"),
        ("name,data,kind\na,x.csv,both\n", "row 2: kind='both'; allowed: accuracy, association"),
        ("name,data,kind\na,x.csv,association\n", "an association has a measure; allowed: or"),
        ("name,data,robust\na,x.csv,perhaps\n", "robust='perhaps'; allowed: true, false"),
        ("name,data,priors\na,x.csv,HalfNormal(1)\n", "allowed: NAME=VALUE"),
        ("name,data,engine\na,x.csv,fast\n", "engine='fast'; allowed: auto"),
    ],
)  # fmt: skip
def test_a_faulty_plan_is_refused_in_words(tmp_path, text, words):
    with pytest.raises(TableError, match=words):
        plan_of(tmp_path, text)


def test_a_plan_that_is_none_is_refused(tmp_path):
    with pytest.raises(TableError, match="there is no file"):
        read_plan(tmp_path / "none.csv")
    with pytest.raises(TableError, match="holds no table"):
        read_plan(tmp_path)
    with pytest.raises(TableError, match="it is no TOML"):
        plan_of(tmp_path, "[[analysis", "plan.toml")


def test_the_key_is_of_all_that_counts_and_of_nothing_else(tmp_path):
    (first,) = plan_of(tmp_path, "name,data,measure\na,x.csv,generic\n").analyses
    (renamed,) = plan_of(tmp_path, "name,data,measure\nb,x.csv,generic\n").analyses
    (other_seed,) = plan_of(tmp_path, "name,data,measure,seed\na,x.csv,generic,1\n").analyses
    (fewer,) = keyed([("a", first.source, first.asked)], "gates")
    (tmp_path / "x.csv").write_text(EFFECTS.replace("0.4", "0.5"))
    (other_table,) = read_plan(tmp_path / "plan.csv").analyses
    assert first.key == renamed.key
    assert len({one.key for one in (first, other_seed, fewer, other_table)}) == 4
