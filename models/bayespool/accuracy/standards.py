"""What is known beforehand of the reference standards of a table: an interval, a share, or all.

References
----------
Dendukuri, Schiller, Joseph & Pai (2012), Biometrics 68:1285-1293 (Beta priors from ranges).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from bayespool.accuracy import quantities
from bayespool.calls import parse_prior
from bayespool.priors import Beta, Fixed, ProbabilityInterval
from bayespool.quantity import WHOLE, Estimand, Group
from bayespool.studies.cells import number_text
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import REFERENCE_LABELS, normalise

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

PARTS = ("reference_sens", "reference_spec")
KINDS = (
    "an interval as ProbabilityInterval(0.6, 0.9), a Beta(a, b), or a known value as Fixed(0.95) "
    "or the number 1"
)
_INTERVAL = re.compile(r"\s*([0-9.]+%?)\s*(?:to|-|\N{EN DASH})\s*([0-9.]+%?)\s*")
ENDS = np.array([0.025, 0.975])
STEPS = 100  # of Newton's method
Pairs = tuple[tuple[str, Any], ...]


class Standard(NamedTuple):
    """A reference standard: its name, and what its sensitivity and specificity may be."""

    name: Group
    sens: Any
    spec: Any

    @property
    def parameters(self) -> tuple[Estimand, Estimand]:
        """What its sensitivity and its specificity are called."""
        sens, spec = (quantities.parameter(part, self.name) for part in PARTS)
        return sens, spec

    @property
    def priors(self) -> dict[Estimand, Beta]:
        """Of those that are not known."""
        return {
            name: as_beta(prior)
            for name, prior in zip(self.parameters, (self.sens, self.spec), strict=True)
            if not isinstance(prior, Fixed)
        }

    @property
    def known(self) -> tuple[float, float]:
        """Known values, and medians of the others."""
        sens, spec = (
            float(p.value if isinstance(p, Fixed) else as_beta(p).ppf(np.array(0.5)))
            for p in (self.sens, self.spec)
        )
        return sens, spec


def checked(name: str, given: Any) -> Any:
    """A field as it is kept: None, one prior of all standards, or pairs of a name and a prior.

    Raises
    ------
    ValueError
        Something that is no prior of a proportion.
    """
    if given is None:
        return None
    if isinstance(given, Mapping):
        given = tuple(given.items())
    if isinstance(given, tuple):
        pairs = tuple((str(standard), _one(name, prior)) for standard, prior in given)
        if len(dict(pairs)) < len(pairs) or not pairs:
            raise ValueError(f"{name}={given!r}; allowed: every reference standard once")
        return pairs
    return _one(name, given)


def _one(name: str, prior: Any) -> Any:
    if isinstance(prior, int | float) and not isinstance(prior, bool):
        prior = Fixed(prior)
    if isinstance(prior, Fixed) and 0.0 < prior.value <= 1.0:
        return prior
    if isinstance(prior, Beta | ProbabilityInterval):
        as_beta(prior)
        return prior
    raise ValueError(f"{name}={prior!r} says nothing of a proportion; allowed: {KINDS}")


@lru_cache(maxsize=64)
def as_beta(prior: Beta | ProbabilityInterval) -> Beta:
    """The Beta distribution whose central 95 % an interval is.

    Raises
    ------
    ValueError
        There is none that can be computed with.
    """
    if isinstance(prior, Beta):
        return prior
    aim = np.array([prior.lower, prior.upper])
    middle, sd = aim.mean(), (aim[1] - aim[0]) / 4.0
    size = max(middle * (1.0 - middle) / sd**2 - 1.0, 0.5)
    logs = np.log([middle * size, (1.0 - middle) * size])
    for _ in range(STEPS):
        off = _quantiles(logs) - special.logit(aim)
        if np.abs(off).max() < 1e-10:
            break
        h = 1e-5
        slope = np.stack([_quantiles(logs + h * e) - _quantiles(logs - h * e) for e in np.eye(2)])
        step = np.linalg.solve(slope.T / (2.0 * h), off)
        logs = logs - step / max(1.0, float(np.abs(step).max()))
    else:
        raise ValueError(
            f"{prior!r}: no Beta distribution has these ends; allowed: a narrower or a wider "
            "interval, or Beta(a, b)"
        )
    return Beta(*map(float, np.exp(logs)))


def _quantiles(logs: np.ndarray) -> np.ndarray:
    """Logits of the ends of the central 95 % of a Beta distribution."""
    a, b = np.exp(logs)
    return np.array(special.logit(np.clip(special.betaincinv(a, b, ENDS), 1e-300, 1.0 - 1e-16)))


def read(option: str, texts: Sequence[str]) -> Any:
    """A field from the command line: ``NAME=0.6 to 0.9``, or without a name for all standards.

    Raises
    ------
    ValueError
        A text that is no interval, number or Beta.
    """
    pairs: list[tuple[str, Any]] = []
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or "(" in name:  # no name, or a sign inside a call: Beta(a=2, b=3)
            name, separator, value = "", "", text
        if separator and not name.strip():
            raise ValueError(f'{option} "{text}" names no reference standard before "="')
        pairs.append((name.strip(), _value(option, text, value)))
    if len(pairs) == 1 and not pairs[0][0]:
        return pairs[0][1]
    if any(not name for name, _ in pairs):
        raise ValueError(f"{option} is given {len(pairs)} times; allowed: NAME=0.6 to 0.9 for each "
                         "reference standard, or one interval for all")  # fmt: skip
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"{option} names a reference standard twice; allowed: each once")
    return tuple(pairs) or None


def _value(option: str, text: str, value: str) -> Any:
    interval = _INTERVAL.fullmatch(value)
    try:
        if interval:
            low, high = (float(x.rstrip("%")) / (100.0 if x.endswith("%") else 1.0)
                         for x in interval.groups())  # fmt: skip
            return _one(option, ProbabilityInterval(low, high))
        return _one(option, parse_prior(value) if "(" in value else float(value))
    except ValueError as error:
        raise ValueError(
            f'{option} "{text}": {error}; allowed: an interval such as "0.6 to 0.9" or '
            '"culture=0.6 to 0.9" (proportions), Beta(a, b), or 1 for a reference never wrong'
        ) from None


def column_of(studies: AccuracyStudies, column: str = "") -> str:
    """The covariate that names the reference standards; empty where there is none.

    Raises
    ------
    TableError
        A column is asked for that is not there.
    """
    wanted = (normalise(column),) if column else REFERENCE_LABELS
    found = [name for name in studies.covariates if normalise(name) in wanted]
    if column and not found:
        rule = f"there is no column {column!r} of reference standards"
        allowed = ", ".join(studies.covariates) or "a column reference"
        raise TableError([Problem(studies.file, None, column, rule, allowed)])
    return column if column in found else (found[0] if found else "")


def names_of(studies: AccuracyStudies, column: str = "") -> tuple[Group, ...]:
    """The reference standard of every row.

    Raises
    ------
    TableError
        A row of a column of reference standards names none.
    """
    name = column_of(studies, column)
    if not name:
        return (WHOLE,) * len(studies)
    texts = [number_text(cell) for cell in studies.covariates[name]]
    blank = [studies.row[i] for i, text in enumerate(texts) if not text]
    if blank:
        rule = f"no reference standard is named for {', '.join(blank)}"
        allowed = "the name of the reference standard in every row"
        raise TableError([Problem(studies.file, None, name, rule, allowed)])
    shown = name.replace("_", " ")
    return tuple(
        Group(text, f"{shown} {text}" if text.replace(".", "").isdigit() else text)
        for text in texts
    )


def standards(studies: AccuracyStudies, column: str, sens: Any, spec: Any) -> tuple[Standard, ...]:
    """The reference standards of a table in the order of first rows, with what is known of each.

    Raises
    ------
    TableError
        One of which nothing is said, or something is said of one that the table has not.
    """
    groups = tuple(dict.fromkeys(names_of(studies, column)))
    where = column_of(studies, column) or None
    problems = []
    found: dict[str, dict[Group, Any]] = {}
    for part, given in zip(PARTS, (sens, spec), strict=True):
        option = f"--{part.replace('_', '-')}"
        if not isinstance(given, tuple):
            if given is None:
                rule = f"{part} is not given, and no table says how often a reference is right"
                allowed = (
                    f'{option} "0.6 to 0.9", or {part}=ProbabilityInterval(0.6, 0.9) in Python'
                )
                problems.append(Problem(studies.file, None, where, rule, allowed))
            found[part] = dict.fromkeys(groups, given)
            continue
        named = dict(given)
        missing = [group for group in groups if group not in named]
        unknown = [name for name in named if name not in groups]
        if missing or unknown:
            wrong = f"not for {', '.join(missing)}" if missing else f"there is no {unknown[0]}"
            rule = f"{part} is given for {', '.join(named)}, and {wrong}"
            names = ", ".join(group for group in groups if group)
            allowed = f"one for each of {names}" if names else "one interval without a name"
            problems.append(Problem(studies.file, None, where, rule, allowed))
        found[part] = {group: named.get(group) for group in groups}
    if problems:
        raise TableError(problems)
    return tuple(Standard(group, *(found[part][group] for part in PARTS)) for group in groups)
