"""Empirical priors by name: heterogeneity and effects seen in published meta-analyses.

The tables lie in ``prior_tables/`` with their sources. Standard deviations are meant throughout:
where a paper gives ``tau^2``, location and scale of its logarithm are halved.

References
----------
Turner et al. (2012), Int J Epidemiol 41:818-827; Turner et al. (2015), Stat Med 34:984-998;
Rhodes, Turner & Higgins (2015), J Clin Epidemiol 68:52-60; Bartos et al. (2021), Stat Med
40:6743-6761 and (2023), arXiv:2306.11468.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bayespool.priors import (
    Distribution,
    HalfNormal,
    InverseGamma,
    LogNormal,
    LogStudentT,
    Normal,
    StudentT,
)

Array = np.ndarray
SUSPICIOUS = 0.1  # of a Rhodes location from its additive fit, on the scale of log tau^2
BROAD = ("semi-objective", "subjective")  # outcome groups of Turner 2012, not of Turner 2015


@dataclass(frozen=True)
class Empirical(Distribution):
    """A prior from a published table; prints back as the call that names it.

    Attributes
    ----------
    call : str
    base : prior
        The distribution itself.
    caution : str
        What to know before relying on it; empty for most.
    """

    call: str
    base: Any
    caution: str = ""
    kind: ClassVar[str] = "empirical"

    @property
    def support(self) -> str:  # type: ignore[override]
        return str(self.base.support)

    @property
    def non_negative(self) -> bool:
        return bool(self.base.non_negative)

    @property
    def mu(self) -> float:
        return float(self.base.mu)

    @property
    def sigma(self) -> float:
        return float(self.base.sigma)

    def logpdf(self, x: Array) -> Array:
        return self.base.logpdf(x)

    def ppf(self, u: Array) -> Array:
        return self.base.ppf(u)

    def to_pymc(self, name: str) -> Any:
        return self.base.to_pymc(name)

    def __repr__(self) -> str:
        return self.call


def turner2012(outcome: str, comparison: str) -> Empirical:
    """Between-study SD of log odds ratios in 9 settings (Turner 2012).

    Parameters
    ----------
    outcome : {"all-cause mortality", "semi-objective", "subjective"}
    comparison : str
        Such as ``pharmacological vs placebo/control``; an unambiguous beginning is enough.
    """
    row = _find("turner2012", {"outcome": outcome, "comparison": comparison})
    return _log_normal("turner2012", row)


def turner2015(outcome: str = "any", comparison: str = "any") -> Empirical:
    """Between-study SD of log odds ratios by outcome and comparison (Turner 2015, table IV).

    ``semi-objective`` and ``subjective`` are outcome groups of Turner 2012: asked for here, that
    paper's prior is given, and prints as such.
    """
    if _plain(outcome) in map(_plain, BROAD):
        return turner2012(outcome, comparison)
    row = _find("turner2015", {"outcome": outcome, "comparison": comparison})
    return _log_normal("turner2015", row)


def rhodes2015(outcome: str = "any", comparison: str = "any", area: str = "any") -> Empirical:
    """Between-study SD of standardised mean differences (Rhodes 2015), log-t with 5 df.

    Three entries stand far from what the table's own structure predicts and look like errors of
    transcription; using one says so.
    """
    row = _find("rhodes2015", {"outcome": outcome, "comparison": comparison, "area": area})
    doubt = _doubt(row)
    caution = (
        f"the prior {_call('rhodes2015', row, ('outcome', 'comparison', 'area'))} {doubt} and may "
        "be an error of transcription: check the paper"
        if doubt
        else ""
    )
    base = LogStudentT(
        float(row["location_log_tau"]), float(row["scale_log_tau"]), float(row["df"])
    )
    return Empirical(_call("rhodes2015", row, ("outcome", "comparison", "area")), base, caution)


def cochrane(measure: str, subfield: str = "Cochrane", parameter: str = "tau") -> Empirical:
    """Prior of a Cochrane subfield (Bartos 2021, 2023) for heterogeneity or effect.

    Parameters
    ----------
    measure : {"smd", "logor", "logrr", "rd", "loghr"}
    subfield : str
        Such as ``Heart``; ``Cochrane`` is the whole database.
    parameter : {"tau", "mu"}
    """
    wanted = {"tau": "heterogeneity", "mu": "effect"}
    if parameter not in wanted:
        raise ValueError(f"cochrane: parameter={parameter!r}; allowed: tau, mu")
    row = _find(
        "cochrane", {"parameter": wanted[parameter], "measure": measure, "subfield": subfield}
    )
    kind, scale = row["distribution"], float(row["scale"])
    location = float(row["location"] or 0.0)
    bases = {
        "t": lambda: StudentT(location, scale, float(row["df"])),
        "normal": lambda: Normal(location, scale) if parameter == "mu" else HalfNormal(scale),
        "invgamma": lambda: InverseGamma(float(row["shape"]), scale),
    }
    call = f"cochrane({row['measure']!r}, {row['subfield']!r}, {parameter!r})"
    return Empirical(call, bases[kind]())


def _doubt(row: dict[str, str]) -> str:
    """How an entry of Rhodes (2015) departs from the structure of its own table."""
    residual = row["additive_residual"]
    if residual != "NA" and abs(float(residual)) > SUSPICIOUS:
        return (
            f"lies {float(residual):+.2f} on the scale of log tau^2 from what the rest of its "
            "table predicts"
        )
    if row["area"] == "respiratory":
        # elsewhere in the table the scales of this area and of "other" are equal to 0.01
        twin = _find(
            "rhodes2015", {c: row[c] for c in ("outcome", "comparison")} | {"area": "other"}
        )
        gap = float(row["scale_log_tau2"]) - float(twin["scale_log_tau2"])
        if abs(gap) > 0.05:
            return f"has a scale that is {gap:+.2f} off its counterpart of area 'other'"
    return ""


def vanleeuwen2025(c: float = 0.75) -> Empirical:
    """Between-study SD of logit c of 469 prediction models with their validations.

    The paper prints the SD of c itself, log-normal with mean 0.055 and SD 0.015; it is carried to
    the logit at a c statistic, where it is 1 / (c (1 - c)) times as large (delta method).

    Parameters
    ----------
    c
        Above 0.5 and below 1; where the validations are expected.

    References
    ----------
    van Leeuwen et al. (2025), Stat Med 44:e70011.
    """
    if not 0.5 < c < 1.0:
        raise ValueError(f"vanleeuwen2025({c!r}): allowed is a c statistic above 0.5 and below 1")
    mean, sd = 0.055, 0.015
    variance = float(np.log1p((sd / mean) ** 2))
    location = float(np.log(mean / (c * (1.0 - c))) - 0.5 * variance)
    caution = f"was published for c itself and carried to its logit at c = {c:g}"
    return Empirical(
        f"vanleeuwen2025({c!r})", LogNormal(location, float(np.sqrt(variance))), caution
    )


EMPIRICAL = {f.__name__: f for f in (turner2012, turner2015, rhodes2015, cochrane, vanleeuwen2025)}


def _log_normal(table: str, row: dict[str, str]) -> Empirical:
    base = LogNormal(float(row["mu_log_tau2"]) / 2.0, float(row["sigma_log_tau2"]) / 2.0)
    return Empirical(_call(table, row, ("outcome", "comparison")), base)


def _call(table: str, row: dict[str, str], columns: Sequence[str]) -> str:
    return f"{table}({', '.join(repr(row[c]) for c in columns)})"


@lru_cache(maxsize=8)
def _table(name: str) -> tuple[dict[str, str], ...]:
    path = Path(__file__).parent / "prior_tables" / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


def _plain(text: str) -> str:
    """Letters and digits only, so that ``vs.`` is ``vs`` and blanks around a slash are nothing."""
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()


def _find(table: str, wanted: dict[str, str]) -> dict[str, str]:
    rows: Sequence[dict[str, str]] = _table(table)
    for column, value in wanted.items():
        values = list(dict.fromkeys(row[column] for row in rows))
        equal = [v for v in values if _plain(v) == _plain(value)]
        begins = [v for v in values if _plain(v).startswith(_plain(value))]
        chosen = equal or begins
        if len(chosen) != 1:
            found = "matches several" if chosen else "is none"
            raise ValueError(
                f"{table}: {column}={value!r} {found} of the allowed values: {'; '.join(values)}"
            )
        rows = [row for row in rows if row[column] == chosen[0]]
    if len(rows) != 1:
        raise ValueError(f"{table}: {wanted} does not name one prior")
    return rows[0]
