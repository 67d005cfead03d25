"""How the people of a study were chosen: one group, or cases and controls apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayespool.studies.cells import number_text
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import normalise

if TYPE_CHECKING:
    from bayespool.studies.accuracy import AccuracyStudies

DESIGN_LABELS = ("design", "studydesign")
COHORT = ("cohort", "cross-sectional", "one-gate", "single-gate", "consecutive")
CASE_CONTROL = ("case-control", "two-gate", "case control", "cases and controls")


def design_column(studies: AccuracyStudies) -> str:
    """The covariate that says how people were chosen; empty where there is none."""
    found = [name for name in studies.covariates if normalise(name) in DESIGN_LABELS]
    return found[0] if found else ""


def case_control(studies: AccuracyStudies) -> np.ndarray:
    """Rows whose cases and controls were chosen apart, (n_rows,); none without a column design.

    Raises
    ------
    TableError
        A row with another word, or with none.
    """
    column = design_column(studies)
    if not column:
        return np.zeros(len(studies), bool)
    words = [normalise(number_text(cell)) for cell in studies.covariates[column]]
    known = {normalise(word): False for word in COHORT} | dict.fromkeys(
        map(normalise, CASE_CONTROL), True
    )
    problems = []
    for row, word, cell in zip(studies.row, words, studies.covariates[column], strict=True):
        if word not in known:
            said = f"{number_text(cell)!r} is no design" if word else "the design is blank"
            allowed = f"one of {', '.join((*COHORT, *CASE_CONTROL[:2]))}"
            problems.append(Problem(studies.file, None, column, f"{row}: {said}", allowed))
    if problems:
        raise TableError(problems)
    return np.array([known[word] for word in words])
