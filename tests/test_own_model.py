"""A model that is defined outside the package is one like all others."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from command import run

import bayespool as bp
from bayespool.accuracy import Bivariate, NestedMetaRegression
from bayespool.association import NormalNormal
from bayespool.priors import HalfNormal
from bayespool.report.accuracy_methods import in_words
from bayespool.storage import load

TABLE = "study,tp,fp,fn,tn\nA,18,7,4,25\nB,15,5,7,19\nC,24,3,5,33\nD,30,6,9,40\n"


class MyBivariate(Bivariate):
    title = "A bivariate model of my own"


@dataclass(frozen=True, repr=False)
class Sceptical(NormalNormal):
    """Another default, and words of its own."""

    tau: Any = HalfNormal(0.1)
    title: ClassVar[str] = "A sceptical model"
    in_words: ClassVar[str] = "Effects hardly differ."


@pytest.mark.parametrize(
    ("model", "studies"),
    [
        (MyBivariate(), bp.load_dataset("iqcode_dementia").select(list(range(5)))),
        (Sceptical(measure="rr"), bp.load_dataset("bcg").effects("rr")),
    ],
)
def test_it_goes_through_fit_report_save_and_load(model, studies, tmp_path):
    fitted = bp.fit(model, studies, engine="quadrature", ess=500)
    folder = bp.write_report(fitted, tmp_path / "r", formats=("markdown",))
    text = (folder / "report.md").read_text()
    assert model.title in text
    assert getattr(model, "in_words", "") in text
    again = load(folder / "posterior.nc")
    assert again.model == model
    assert type(again.model) is type(model)
    assert dict(again.estimates) == dict(fitted.estimates)


def test_the_command_line_finds_it(tmp_path, monkeypatch):
    (tmp_path / "review.csv").write_text(TABLE)
    ask = ("accuracy", "review.csv", "--json", "--engine", "quadrature", "--model")
    done = run(*ask, "MyBivariate", "--prior", "tau_sens=HalfNormal(0.5)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"].startswith("MyBivariate(")
    (tmp_path / "mine.py").write_text(
        "from bayespool.accuracy import Bivariate\n\n\nclass Hers(Bivariate):\n    title = 'Hers'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    done = run(*ask, "mine:Hers", cwd=tmp_path)
    sys.modules.pop("mine", None)
    assert done.returncode == 0, done.stderr
    for wrong, words in (
        ("mine:His", "has no model His"), ("nowhere:Hers", "No module named 'nowhere'"),
        ("Unknown", "module:Class of a model of your own"), ("json:loads", "has no model loads"),
    ):  # fmt: skip
        refused = run(*ask, wrong, cwd=tmp_path)
        assert refused.returncode == 2
        assert words in refused.stderr
    refused = run(*ask, "MyBivariate", "--shared", cwd=tmp_path)
    assert refused.returncode == 2
    assert "has no --shared; allowed: --link, --robust, --marker" in refused.stderr


def test_words_go_by_what_a_model_is():
    class Another(NestedMetaRegression):
        pass

    assert in_words.dispatch(Another) is in_words.dispatch(NestedMetaRegression)
    assert in_words.dispatch(MyBivariate) is in_words.dispatch(Bivariate)
