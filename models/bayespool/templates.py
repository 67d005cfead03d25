"""Example tables to fill in, one for each shape of a table, and what their columns mean."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bayespool.datasets import data_dir
from bayespool.replacing import replacing_file
from bayespool.studies.meaning import ROLES, of_group

SUFFIXES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Template:
    """An example table.

    Parameters
    ----------
    name
        What it is asked for by.
    table
        The file of its rows, without its ending, in ``data/templates``.
    what
        What a row is, in words.
    measure
        Of an association; empty for accuracy.
    options
        What the command that fits it needs beside the file and the measure.
    """

    name: str
    table: str
    what: str
    measure: str = ""
    options: tuple[str, ...] = ()

    @property
    def records(self) -> list[list[str]]:
        """The header, and the rows below it, as texts."""
        with (data_dir() / "templates" / f"{self.table}.csv").open(encoding="utf-8") as file:
            return list(csv.reader(file))

    @property
    def columns(self) -> dict[str, str]:
        """Every column and what it means."""
        return {column: meaning(column) for column in self.records[0]}

    @property
    def commands(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Arguments that check the table and that fit it, without the file behind the command."""
        measure = ("--measure", self.measure) if self.measure else ()
        kind = "association" if self.measure else "accuracy"
        return ("check", *measure), (kind, *measure, *self.options)


def _effect(name: str, table: str, what: str, *options: str) -> Template:
    return Template(name, table, what, name.partition("-")[0], options)


TEMPLATES = {
    template.name: template
    for template in (
        Template("accuracy", "accuracy", "a study of one test: its 2x2 table"),
        Template("accuracy-rates", "rates", "a study that prints sensitivity and specificity"),
        Template("accuracy-tests", "tests", "a test in a study, to compare tests",
                 options=("--test", "test")),
        Template("accuracy-readers", "readers", "a reader (or site) in a study",
                 options=("--model", "nested")),
        Template("thresholds", "thresholds", "a cut-off of one marker in a study",
                 options=("--model", "thresholds")),
        Template("accuracy-quadas", "quadas", "a study with its QUADAS-2 judgements"),
        Template("accuracy-incomplete", "incomplete", "a study; kind says what a row states"),
        _effect("or", "counts", "a study with events and people of two groups"),
        _effect("rr", "counts", "a study with events and people of two groups"),
        _effect("rd", "counts", "a study with events and people of two groups"),
        _effect("or-adjusted", "adjusted", "a study that prints an odds ratio"),
        _effect("or-incomplete", "unreported", "a study; kind says what a row states"),
        _effect("or-before-after", "before_after", "a study that saw the same people twice"),
        _effect("md", "means", "a study with means of two groups"),
        _effect("smd", "means", "a study with means of two groups"),
        _effect("rom", "means", "a study with means of two groups"),
        _effect("smd-medians", "medians", "a study with medians of two groups"),
        _effect("cor", "correlations", "a study with a correlation"),
        _effect("hr", "hazards", "a study that prints a hazard ratio"),
        _effect("hr-logrank", "logrank", "a study of time to event, told in any way"),
        _effect("irr", "incidence", "a study that prints a rate ratio"),
        _effect("proportion", "proportions", "a study of one group, with events and people"),
        _effect("cstat", "cstatistics", "a validation of a prediction model, with its c statistic"),
        _effect("oe", "observed", "a validation, with observed and expected events"),
        _effect("slope", "slopes", "a validation, with its calibration slope"),
        _effect("kappa", "kappas", "a study of two readers, with their kappa"),
        _effect("icc", "intraclass", "a study of readers, with their intraclass correlation"),
        _effect("alpha", "alphas", "a study of a scale, with Cronbach's alpha"),
        _effect("generic", "generic", "a study with any estimate and its standard error"),
    )
}  # fmt: skip

_MEANINGS = {
    "study": "name of the study; rows with one name are one study",
    "year": "year of publication, for --cumulative and --order year; may be left out",
    "design": "a covariate: any column of yours, for --covariate or --where; may be left out",
    "test": "which test the row is of",
    "threshold": "the cut-off that the counts of the row are at, a number in one unit",
    "reader": "what tells the rows of a study apart",
    "kind": "what the row states; blank is a full result",
    "or": "odds ratio, as printed", "hr": "hazard ratio, as printed",
    "irr": "incidence rate ratio, as printed", "c": "c statistic (area under the curve)",
    "slope": "calibration slope", "kappa": "kappa, as printed",
    "icc": "intraclass correlation, as printed", "alpha": "Cronbach's alpha, as printed",
    "estimate": "the estimate; of a ratio its logarithm",
    "ci_low": "lower limit of the 95 % interval", "ci_high": "upper limit of the 95 % interval",
    "adjusted": "yes or no, for a reader; may be left out",
    "p": "of a row told by a P value: ns, >0.05, <0.001 or the value",
    "direction": "of a row told by a P value: positive, negative, or blank where not known",
    "both": "people with the finding before and after", "lost": "people who lost the finding",
    "gained": "people who gained the finding", "neither": "people who never had the finding",
    "e1": "events of group 1 (treated, exposed, or with the finding)",
    "e2": "events of group 2 (the comparison)",
}  # fmt: skip


def meaning(column: str) -> str:
    """What a column of a template means."""
    stem, _, domain = column.partition("_")
    if stem in ("rob", "applicability"):
        what = "risk of bias" if stem == "rob" else "concern about applicability"
        return f"{what}, {domain.replace('_', ' ')}: low, high or unclear"
    return _MEANINGS.get(column) or ROLES.get(column) or of_group(column)


def template(name: str) -> Template:
    """The template of a name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if name not in TEMPLATES:
        raise ValueError(f"there is no template {name!r}; allowed: {', '.join(TEMPLATES)}")
    return TEMPLATES[name]


def write_template(chosen: Template, path: Path) -> None:
    """Write an example table; in a workbook a comment at each heading says what it means.

    Raises
    ------
    ValueError
        The file is there already, or its ending is none of ``.csv`` and ``.xlsx``.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: allowed is a file ending in {' or '.join(SUFFIXES)}")
    if path.exists():
        raise ValueError(f"{path}: the file is there already; allowed: --out with another name")
    with replacing_file(path) as partial:
        if path.suffix.lower() == ".xlsx":
            _workbook(chosen).save(partial)
        else:
            with partial.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(chosen.records)


def _workbook(chosen: Template) -> Any:
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = chosen.name
    sheet.freeze_panes = "A2"
    header, *rows = chosen.records
    sheet.append(header)
    for cell, (column, means) in zip(sheet[1], chosen.columns.items(), strict=True):
        cell.font = Font(bold=True)
        cell.comment = Comment(means, "bayespool", width=260, height=70)
        sheet.column_dimensions[cell.column_letter].width = max(12, len(column) + 2)
    for row in rows:
        sheet.append([_cell(text) for text in row])
    return book


def _cell(text: str) -> str | int | float | None:
    """A number where a spreadsheet would make one of what is typed."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None
