"""Data sets by name, and paths or names alike."""

import subprocess
import sys

import pytest

from bayespool import datasets
from bayespool.studies import SHAPES, ArmCounts, Correlations, TableError

GOOD = "study,tp,fp,fn,tn\nA,10,2,3,40\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    data, here = tmp_path / "data", tmp_path / "here"
    data.mkdir()
    here.mkdir()
    for name in ("biopsy", "Audit"):
        (data / f"{name}.csv").write_text(GOOD, encoding="utf-8")
        (data / f"{name}.md").write_text(f"# {name} é", encoding="utf-8")
    (data / "no_card.csv").write_text(GOOD, encoding="utf-8")
    (data / "README.md").write_text("no table", encoding="utf-8")
    monkeypatch.setattr(datasets, "data_dir", lambda: data)
    monkeypatch.chdir(here)
    return here


def test_names_cards_and_tables(folder):
    assert datasets.dataset_names() == ("Audit", "biopsy")
    assert datasets.dataset_card("biopsy") == "# biopsy é"
    studies = datasets.load_dataset("biopsy")
    assert (studies.name, studies.file, studies.study) == ("biopsy", "biopsy.csv", ("A",))


@pytest.mark.parametrize("ask", [datasets.load_dataset, datasets.dataset_card])
def test_unknown_name_says_which_there_are(folder, ask):
    with pytest.raises(ValueError, match="did you mean 'Audit'\\? data sets are Audit, biopsy"):
        ask("audi")
    with pytest.raises(ValueError, match=r"no data set '\.\./here/x\'; data sets are"):
        ask("../here/x")


def test_resolve(folder):
    assert datasets.resolve("biopsy").file == "biopsy.csv"
    (folder / "biopsy").mkdir()
    assert datasets.resolve("biopsy").file == "biopsy.csv"
    (folder / "mine.csv").write_text(GOOD.replace("A", "B"), encoding="utf-8")
    assert datasets.resolve("mine.csv").study == ("B",)
    assert datasets.resolve(folder / "mine.csv").name == "mine"
    with pytest.raises(ValueError, match=r"'none\.csv' is neither a file nor a data set"):
        datasets.resolve("none.csv")
    (folder / "sub").mkdir()
    with pytest.raises(TableError, match="is a folder"):
        datasets.resolve("sub")


def test_a_file_wins_over_a_data_set(folder):
    (folder / "Audit").write_text(GOOD, encoding="utf-8")
    with pytest.raises(TableError, match="ending '' is unknown"):
        datasets.resolve("Audit")


def test_data_dir_of_this_checkout_exists():
    assert datasets.data_dir().is_dir()


@pytest.mark.parametrize("name", datasets.dataset_names())
def test_every_data_set_has_a_card_and_is_read(name):
    assert datasets.dataset_card(name).strip()
    studies = datasets.load_dataset(name)
    shape, measure = datasets.dataset_shape(name)
    assert type(studies) is SHAPES[shape]
    assert getattr(studies, "measure", None) == measure
    assert studies.name == name


def test_the_card_names_the_shape(folder):
    data = datasets.data_dir()
    table = "study,a,b,c,d\nA,1,2,3,4\n"
    for name, shape in {"arms": "ArmCounts", "effects": "Effects, measure or"}.items():
        (data / f"{name}.csv").write_text(table, encoding="utf-8")
        (data / f"{name}.md").write_text(f"# x\n\nShape: {shape}\n", encoding="utf-8")
    assert type(datasets.load_dataset("arms")) is ArmCounts
    assert datasets.load_dataset("effects").measure == "or"
    assert type(datasets.resolve_association("arms", "rr")) is ArmCounts
    assert datasets.resolve_association("effects", "or").name == "effects"
    with pytest.raises(ValueError, match=r"'arms' holds ArmCounts, no 2x2 .* are Audit, bio"):
        datasets.resolve("arms")
    for wrong in ("Arms", "Effects", "ArmCounts, measure or"):
        (data / "arms.md").write_text(f"# x\n\nShape: {wrong}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="is no shape; allowed: AccuracyStudies, ArmCounts"):
            datasets.load_dataset("arms")


def test_resolve_association(folder):
    (folder / "mine.csv").write_text("study,r,n\nA,0.1,20\n", encoding="utf-8")
    assert type(datasets.resolve_association("mine.csv", "cor")) is Correlations
    with pytest.raises(ValueError, match="neither a file nor a data set"):
        datasets.resolve_association("none.csv", "cor")


def test_importing_is_cheap():
    heavy = "{'pandas', 'pyarrow', 'openpyxl', 'scipy', 'pymc', 'matplotlib', 'xarray'}"
    code = f"import sys, bayespool.studies, bayespool.datasets; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
