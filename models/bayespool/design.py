"""Design matrices of study covariates: centred numbers, and categories against a reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression beside the intercept.

    Attributes
    ----------
    matrix : array, shape (n_rows, n_columns)
    names : tuple of str
        ``latitude`` for a number, ``allocation[random]`` for a level.
    notes : tuple of str
        How each covariate was coded: its centre, or its reference level.
    """

    matrix: Array
    names: tuple[str, ...]
    notes: tuple[str, ...]


def design(studies: Any, covariates: Sequence[str]) -> Design:
    """Code study covariates; the intercept is then the value at the centres and references.

    Raises
    ------
    ValueError
        For an unknown covariate, one with gaps (the rows are named), a constant one, a level in
        a single study, or collinear columns.
    """
    n = len(studies)
    columns: list[Array] = []
    names: list[str] = []
    notes: list[str] = []
    for covariate in covariates:
        if covariate not in studies.covariates:
            legal = ", ".join(studies.covariates) or "none, the table has no covariate"
            raise ValueError(f"{studies.file}: no covariate {covariate!r}; legal: {legal}")
        values = studies.covariates[covariate]
        gaps = [row for row, v in zip(studies.row, values, strict=True) if v is None]
        if gaps:
            raise ValueError(
                f"{studies.file}: covariate {covariate!r} is empty for {', '.join(gaps)}; legal: "
                "a value for every study, or leave these studies out"
            )
        if len(set(values)) < 2:
            raise ValueError(f"{studies.file}: covariate {covariate!r} has one value only")
        if all(isinstance(v, int | float) for v in values):
            numbers = np.array(values, float)
            columns.append(numbers - numbers.mean())
            names.append(covariate)
            notes.append(f"{covariate}: centred at {numbers.mean():.4g}")
            continue
        levels = sorted(set(map(str, values)), key=lambda x: (-list(map(str, values)).count(x), x))
        for level in levels:
            rows = [r for r, v in zip(studies.row, values, strict=True) if str(v) == level]
            if len(rows) == 1:
                raise ValueError(
                    f"{studies.file}: covariate {covariate!r} has level {level!r} in one row only "
                    f"({rows[0]}); legal: at least 2 rows per level"
                )
        for level in levels[1:]:
            columns.append(np.array([float(str(v) == level) for v in values]))
            names.append(f"{covariate}[{level}]")
        notes.append(f"{covariate}: reference {levels[0]}")
    matrix = np.column_stack(columns) if columns else np.zeros((n, 0))
    whole = np.column_stack([np.ones(n), matrix])
    if np.linalg.matrix_rank(whole) < whole.shape[1]:
        raise ValueError(
            f"{studies.file}: covariates {', '.join(covariates)} are collinear; legal: columns "
            "that no other combination gives, and more studies than columns"
        )
    return Design(matrix, tuple(names), tuple(notes))
