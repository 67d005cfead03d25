"""Design matrices of study covariates: centred numbers, and categories against a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bayespool.held import held
from bayespool.quantity import Group

Array = np.ndarray


@dataclass(frozen=True)
class Term:
    """One column of a regression: a number, or a level against the reference."""

    covariate: str
    level: str = ""

    @property
    def name(self) -> str:
        """``latitude`` for a number, ``allocation[random]`` for a level."""
        return f"{self.covariate}[{self.level}]" if self.level else self.covariate

    @property
    def words(self) -> str:
        """``latitude``, ``allocation: random``."""
        return f"{self.covariate}: {self.level}" if self.level else self.covariate


@dataclass(frozen=True)
class Coding:
    """How one covariate became columns.

    Attributes
    ----------
    covariate : str
    levels : tuple of str
        Of a categorical one, the reference first; empty for a number.
    centre, sd : float
        Of a number: its mean, and its standard deviation over rows.
    values : tuple of float
        Of a number: its smallest, median and largest value.
    """

    covariate: str
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    sd: float = 1.0
    values: tuple[float, ...] = ()

    @property
    def columns(self) -> tuple[Term, ...]:
        """What each column is."""
        if not self.levels:
            return (Term(self.covariate),)
        return tuple(Term(self.covariate, level) for level in self.levels[1:])

    @property
    def note(self) -> str:
        """The coding in words."""
        if self.levels:
            return f"{self.covariate}: reference {self.levels[0]}"
        return f"{self.covariate}: centred at {self.centre:.4g}"

    def encode(self, value: Any) -> Array:
        """The columns at one value, shape (n_columns,)."""
        if not self.levels:
            return np.array([float(value) - self.centre])
        if str(value) not in self.levels:
            raise ValueError(f"{self.covariate}={value!r}; allowed: {', '.join(self.levels)}")
        return np.array([float(str(value) == level) for level in self.levels[1:]])


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression beside the intercept.

    Attributes
    ----------
    matrix : array, shape (n_rows, n_columns)
    codings : tuple of Coding
        One for each covariate.
    """

    matrix: Array
    codings: tuple[Coding, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """What each column is."""
        return tuple(term for coding in self.codings for term in coding.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """``latitude`` for a number, ``allocation[random]`` for a level."""
        return tuple(term.name for term in self.terms)

    @property
    def notes(self) -> tuple[str, ...]:
        """How each covariate was coded: its centre, or its reference level."""
        return tuple(coding.note for coding in self.codings)

    @property
    def scales(self) -> tuple[float, ...]:
        """What one unit of each column is in standard deviations of a number; one for levels."""
        return tuple(coding.sd for coding in self.codings for _ in coding.columns)

    def priors(self, prior: Any) -> list[Any]:
        """Of the coefficient of every column: the prior is on that of one standard deviation."""
        return [replace(prior, mu=prior.mu / sd, sigma=prior.sigma / sd) for sd in self.scales]

    def settings(self) -> dict[Group, dict[str, Any]]:
        """Covariate values at which results are told, by label.

        Every level of each category, and the smallest, median and largest value of each number,
        with the other covariates at their reference or centre.
        """
        several = len(self.codings) > 1
        found: dict[Group, dict[str, Any]] = {}
        for coding in self.codings:
            for value in coding.levels or coding.values:
                shown = value if isinstance(value, str) else f"{value:g}"
                plain = bool(coding.levels) and not several
                told = Group(f"{coding.covariate}={shown}", f"{coding.covariate} {shown}")
                found[Group(shown) if plain else told] = {coding.covariate: value}
        return found

    def by_category(self) -> list[list[Group]]:
        """Labels of the levels of each categorical covariate."""
        settings = self.settings()
        return [
            [label for label, at in settings.items() if coding.covariate in at]
            for coding in self.codings
            if coding.levels
        ]

    def at(self, values: Mapping[str, Any]) -> Array:
        """The columns at given covariate values, others at their centre or reference."""
        unknown = set(values) - {coding.covariate for coding in self.codings}
        if unknown:
            raise ValueError(f"no covariate {', '.join(sorted(unknown))} in the model")
        parts = [
            coding.encode(values[coding.covariate])
            if coding.covariate in values
            else np.zeros(len(coding.columns))
            for coding in self.codings
        ]
        return np.concatenate(parts) if parts else np.zeros(0)


@held
def design(studies: Any, covariates: tuple[str, ...]) -> Design:
    """Code study covariates; the intercept is then the value at the centres and references.

    Raises
    ------
    ValueError
        For an unknown covariate, one with gaps (the rows are named), a constant one, a level in
        a single study, or collinear columns.
    """
    n = len(studies)
    codings: list[Coding] = []
    for covariate in covariates:
        if covariate not in studies.covariates:
            allowed = ", ".join(studies.covariates) or "none, the table has no covariate"
            raise ValueError(f"{studies.file}: no covariate {covariate!r}; allowed: {allowed}")
        values = studies.covariates[covariate]
        gaps = [row for row, v in zip(studies.row, values, strict=True) if v is None]
        if gaps:
            raise ValueError(
                f"{studies.file}: covariate {covariate!r} is empty for {', '.join(gaps)}; allowed: "
                "a value for every study, or leave these studies out"
            )
        if len(set(values)) < 2:
            raise ValueError(f"{studies.file}: covariate {covariate!r} has one value only")
        if all(isinstance(v, int | float) for v in values):
            x = np.array(values, float)
            three = tuple(dict.fromkeys(map(float, (x.min(), np.median(x), x.max()))))
            codings.append(Coding(covariate, (), float(x.mean()), float(x.std(ddof=1)), three))
            continue
        levels = sorted(set(map(str, values)), key=lambda x: (-list(map(str, values)).count(x), x))
        for level in levels:
            rows = [r for r, v in zip(studies.row, values, strict=True) if str(v) == level]
            if len(rows) == 1:
                raise ValueError(
                    f"{studies.file}: covariate {covariate!r} has level {level!r} in one row only "
                    f"({rows[0]}); allowed: at least 2 rows per level"
                )
        codings.append(Coding(covariate, tuple(levels)))
    columns = [
        np.stack([coding.encode(value) for value in studies.covariates[coding.covariate]])
        for coding in codings
    ]
    matrix = np.concatenate(columns, axis=1) if columns else np.zeros((n, 0))
    size = np.abs(matrix).max(axis=0, initial=0.0)
    whole = np.column_stack([np.ones(n), matrix / np.where(size > 0, size, 1.0)])
    if np.linalg.matrix_rank(whole) < whole.shape[1]:
        raise ValueError(
            f"{studies.file}: covariates {', '.join(covariates)} are collinear; allowed: columns "
            "that no other combination gives, and more studies than columns"
        )
    matrix.setflags(write=False)
    return Design(matrix, tuple(codings))
