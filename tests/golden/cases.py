"""Small fixed cases of every kind of report, and the files that hold what they say.

Run as a program, it writes the files anew.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import bayespool as bp
from bayespool.accuracy import (
    HSROC,
    Bivariate,
    Comparison,
    MetaRegression,
    NestedBivariate,
)
from bayespool.association import BinomialNormal, Nested, NormalNormal, PrePost, Proportion
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import prior_sensitivity
from bayespool.figures import svg
from bayespool.priors import Fixed
from bayespool.studies import (
    AccuracyStudies,
    ArmCounts,
    Correlations,
    Effects,
    GroupMeans,
    PairedProportions,
    Proportions,
)

HERE = Path(__file__).parent
_ = None
A_TO_F = [f"{name} 20{year}" for name, year in zip("ABCDEF", range(11, 17), strict=True)]
COUNTS: dict[str, Any] = {
    "tp": [18, 30, 9, 44, 21, 12], "fp": [3, 9, 4, 6, 11, 1],
    "fn": [4, 6, 5, 3, 2, 7], "tn": [40, 61, 12, 55, 30, 19],
}  # fmt: skip
ROBUST = {"bias_patients": ["low", "low", "high", "low", "unclear", "low"]}
Answer = tuple[bp.Fit, dict[str, Any]]


def _fit(model: Any, studies: Any, **asked: Any) -> Answer:
    return bp.fit(model, studies, engine="quadrature", ess=1_000), asked


def one_group() -> Answer:
    studies = AccuracyStudies.from_table({"study": A_TO_F} | COUNTS | ROBUST, "one_group")
    fitted, asked = _fit(Bivariate(), studies, prevalences=(0.1, 0.3))
    judged = {"thresholds": {"sens": (0.8, 0.9), "lr_pos": (2.0, 5.0)}}
    return fitted, asked | judged | {"leave_one_out": refit_without_each(fitted, ess=400.0)}


def covariate_groups() -> Answer:
    columns = {"control": ["healthy", "mimic"] * 3, "year": [2004, 2006, 2009, 2011, 2012, 2015]}
    studies = AccuracyStudies.from_table({"study": A_TO_F} | COUNTS | columns, "covariate_groups")
    words = {"healthy": "studies with healthy controls", "mimic": "studies with mimics"}
    model = MetaRegression(covariates=("control", "year"))
    return _fit(model, studies.relabel({"control": words}), prevalences=(0.2,))


def comparison() -> Answer:
    columns = {"test": ["CT", "MRI", "CT", "MRI", "CT", "US"]}
    names = ["A 2011", "A 2011", "B 2012", "B 2012", "C 2013", "C 2013"]
    studies = AccuracyStudies.from_table({"study": names} | COUNTS | columns, "comparison")
    return _fit(Comparison(), studies, prevalences=(0.2,))


def readers() -> Answer:
    names = ["A 2011", "A 2011", "B 2012", "C 2013", "C 2013", "D 2014"]
    columns = {"reader": ["first", "second", "first", "first", "second", "first"]}
    studies = AccuracyStudies.from_table({"study": names} | COUNTS | columns, "readers")
    return _fit(NestedBivariate(correlation=0.5), studies)


def hsroc() -> Answer:
    columns = {"year": [2004, 2006, 2009, 2011, 2012, 2015]}
    studies = AccuracyStudies.from_table({"study": A_TO_F} | COUNTS | columns, "hsroc")
    return _fit(HSROC(on_accuracy=("year",)), studies)


def one_study() -> Answer:
    studies = AccuracyStudies.from_counts(["A 2011"], [44], [3], [6], [52])
    return _fit(Bivariate(), studies, prevalences=(0.25,))


def partial_rows() -> Answer:
    studies = AccuracyStudies.from_table({
        "study": [*A_TO_F[:4], "E 2015", "F 2016"], "kind": ["", "", "", "", "rates", "margin"],
        "tp": [18, 30, 9, 44, _, 12], "fn": [4, 6, 5, 3, _, 7],
        "fp": [3, 9, 4, 6, _, _], "tn": [40, 61, 12, 55, _, _],
        "n_diseased": [_, _, _, _, 23, _], "n_healthy": [_, _, _, _, 20, _],
        "sens": [_, _, _, _, "0.9", _], "spec": [_, _, _, _, "0.7-0.8", _],
    }, "partial_rows")  # fmt: skip
    return _fit(Bivariate(), studies, prevalences=(0.2,))


def odds_ratio() -> Answer:
    studies = ArmCounts.from_table({
        "study": A_TO_F, "e1": [12, 4, 0, 22, 9, 15], "n1": [40, 30, 22, 61, 35, 44],
        "e2": [7, 3, 2, 12, 8, 6], "n2": [41, 29, 20, 60, 33, 45], "year": range(2011, 2017),
    }, "odds_ratio")  # fmt: skip
    fitted, asked = _fit(BinomialNormal(), studies, mid=1.25, baseline_risks=(0.1, 0.00001))
    return fitted, asked | {"prior_sensitivity": prior_sensitivity(fitted)}


def mean_difference() -> Answer:
    studies = GroupMeans.from_table({
        "study": A_TO_F, "mean1": [5.1, 4.0, 6.2, 3.8, 5.5, 4.9],
        "sd1": [2.0, 1.8, 2.4, 1.5, 2.2, 2.0],
        "n1": [20, 35, 18, 40, 25, 31], "mean2": [4.0, 3.9, 4.1, 3.1, 4.2, 4.4],
        "sd2": [1.9, 1.7, 2.1, 1.4, 2.3, 1.8], "n2": [21, 33, 19, 41, 24, 30],
        "year": [2004, 2006, 2009, 2011, 2012, 2015],
    }, "mean_difference")  # fmt: skip
    model, source = NormalNormal.for_studies(studies.effects("md"), covariates=("year",))
    del source
    return _fit(model, studies.effects("md"), mid=0.5, thresholds={"mu": (0.3, 1.0)})


def correlation() -> Answer:
    studies = Correlations.from_table(
        {"study": A_TO_F, "r": [0.3, 0.45, 0.1, 0.6, 0.25, 0.5], "n": [30, 41, 25, 60, 33, 52]},
        "correlation",
    )
    return _fit(NormalNormal.for_studies(studies.effects("cor"))[0], studies.effects("cor"))


def proportion() -> Answer:
    studies = Proportions.from_table(
        {"study": A_TO_F, "events": [3, 8, 0, 12, 5, 9], "n": [30, 41, 25, 60, 33, 52]},
        "proportion",
    )
    return _fit(Proportion(), studies, thresholds={"mu_proportion": (0.1, 0.2)})


def told_by_p_values() -> Answer:
    names = ["A 2011", "A 2011", "B 2012", "B 2012", "C 2013"]
    studies = Effects.from_table({
        "study": names, "finding": list("xyxyx"),
        "kind": ["", "censored", "censored", "", ""], "estimate": [0.2, _, _, 0.4, 0.9],
        "se": [0.3, 0.5, 0.4, 0.4, 0.2], "p": [_, "ns", "<0.01", _, _],
        "direction": [_, _, "positive", _, _],
    }, "smd", "told_by_p_values")  # fmt: skip
    return _fit(Nested.for_studies(studies)[0], studies)


def before_and_after() -> Answer:
    table = {"study": ["A 2011"], "both": [8], "lost": [9], "gained": [1], "neither": [12]}
    studies = PairedProportions.from_table(table, "before_and_after")
    return _fit(PrePost(tau=Fixed(0)), studies)


CASES: dict[str, Callable[[], Answer]] = {
    case.__name__: case
    for case in (
        one_group, covariate_groups, comparison, readers, hsroc, one_study, partial_rows,
        odds_ratio, mean_difference, correlation, proportion, told_by_p_values, before_and_after,
    )
}  # fmt: skip


def texts(name: str) -> dict[str, str]:
    """What the report of a case says, by the name of the file that holds it."""
    fitted, asked = CASES[name]()
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(svg, "to_svg", _not_drawn):
        report = bp.write_report(fitted, Path(folder) / "report", formats=("markdown",), **asked)
        page = (report / "report.md").read_text(encoding="utf-8")
        summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
    return {f"{name}.md": _page(page), f"{name}.json": _numbers(summary)}


def _not_drawn(figure: Any, name: str, title: str, description: str) -> svg.Svg:
    """In the place of a figure, which these files do not hold, and which takes most of the time."""
    made = svg.Svg("<svg/>")
    made.what, made.description, made.figure = title, description, figure
    return made


def _page(text: str) -> str:
    """The page without the list of references and what changes with every release of a package."""
    text = re.sub(r"^\d+\. .*\n", "", text, flags=re.M)
    return re.sub(r"\b(bayespool|numpy|scipy) [0-9][0-9.a-z]*[0-9a-z]", r"\1", text)


def _numbers(summary: dict[str, Any]) -> str:
    """Estimates and statements, a line each, to six digits."""
    lines = [
        json.dumps([name, *(_six(e[key]) for key in ("median", "lower", "upper"))])
        for name, e in summary["estimands"].items()
    ]
    lines += [
        json.dumps([p["statement"], _six(p["prob"])], ensure_ascii=False)
        for p in summary["probabilities"]
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _six(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


if __name__ == "__main__":
    for case in CASES:
        for file, text in texts(case).items():
            (HERE / file).write_text(text, encoding="utf-8")
