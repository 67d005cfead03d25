"""Summary of findings: what a pooled estimate means for 1,000 people.

References
----------
Schuenemann et al. (2019), J Clin Epidemiol 111:69-82 (GRADE: accuracy to outcomes); Handbook for
DTA reviews v2, chapter 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.estimands import Estimate
from bayespool.quantity import WHOLE, Group
from bayespool.studies import AccuracyStudies

if TYPE_CHECKING:
    from bayespool.fitted import Fit

PEOPLE = 1_000
PERSONS = ("patient", "person", "participant", "people", "patients", "participants")
RESULTS = ("tp", "fn", "tn", "fp")


@dataclass(frozen=True)
class Finding:
    """One cell of the table: how many of 1,000 people tested.

    Parameters
    ----------
    result : {"tp", "fn", "tn", "fp"}
    prevalence : float
        Proportion of those tested who have the condition.
    label : str
        Test or group; empty where there is one. Of a difference "B - A".
    people : Estimate
        Of 1,000; of a difference how many more.
    """

    result: str
    prevalence: float
    label: Group
    people: Estimate


def accuracy_findings(
    fitted: Fit, prevalences: Sequence[float], labels: Sequence[Group] = (WHOLE,)
) -> tuple[Finding, ...]:
    """True and false results of 1,000 people at each prevalence, at the pooled accuracy.

    Parameters
    ----------
    fitted : Fit
        Of an accuracy model.
    prevalences : proportions in (0, 1)
    labels : sequence of str
        Groups or tests of the model, as in ``sens[CCP2]``.

    Raises
    ------
    ValueError
        A prevalence outside (0, 1), or a label that the model does not tell of.
    """
    out = []
    for p in check_prevalences(prevalences):
        for label in labels:
            ending = f"[{label}]" if label else ""
            sens, spec = (_estimate(fitted, f"{name}{ending}") for name in ("sens", "spec"))
            out += [Finding(result, p, label, people) for result, people in _split(p, sens, spec)]
    return tuple(out)


def differences(fitted: Fit, prevalences: Sequence[float], between: Group) -> tuple[Finding, ...]:
    """How many more of each result one test gives than the other, of 1,000 people.

    Parameters
    ----------
    between : Group
        Both, as `bayespool.quantity.pair` names them: ``CT - MRI``.
    """
    out = []
    sens, spec = (_estimate(fitted, f"{name}_difference[{between}]") for name in ("sens", "spec"))
    for p in check_prevalences(prevalences):
        diseased, healthy = PEOPLE * p, PEOPLE * (1.0 - p)
        rows = {
            "tp": scaled(sens, diseased), "fn": scaled(sens, -diseased),
            "tn": scaled(spec, healthy), "fp": scaled(spec, -healthy),
        }  # fmt: skip
        out += [Finding(result, p, between, people) for result, people in rows.items()]
    return tuple(out)


def _split(p: float, sens: Estimate, spec: Estimate) -> list[tuple[str, Estimate]]:
    diseased, healthy = PEOPLE * p, PEOPLE * (1.0 - p)
    return [
        ("tp", scaled(sens, diseased)),
        ("fn", scaled(sens, -diseased, diseased)),
        ("tn", scaled(spec, healthy)),
        ("fp", scaled(spec, -healthy, healthy)),
    ]


def scaled(estimate: Estimate, factor: float, shift: float = 0.0) -> Estimate:
    """The estimate of ``shift + factor x``: quantiles follow exactly, and change places if turned.

    The rounded numbers of true and false results add up, because both come from one estimate.
    """
    lower, upper = estimate.lower, estimate.upper
    mcse_lower, mcse_upper = estimate.mcse_lower, estimate.mcse_upper
    if factor < 0:
        lower, upper, mcse_lower, mcse_upper = upper, lower, mcse_upper, mcse_lower
    size = abs(factor)
    return replace(
        estimate,
        mean=shift + factor * estimate.mean,
        median=shift + factor * estimate.median,
        sd=size * estimate.sd,
        lower=shift + factor * lower,
        upper=shift + factor * upper,
        mcse=size * estimate.mcse,
        mcse_median=size * estimate.mcse_median,
        mcse_lower=size * mcse_lower,
        mcse_upper=size * mcse_upper,
    )


def _estimate(fitted: Fit, name: str) -> Estimate:
    if name not in fitted.estimates:
        raise ValueError(
            f"{name}: the model does not estimate it; allowed: {', '.join(fitted.estimates)}"
        )
    return fitted.estimates[name]


def check_prevalences(prevalences: Sequence[float]) -> tuple[float, ...]:
    """Prevalences, each once.

    Raises
    ------
    ValueError
        Outside (0, 1).
    """
    for p in prevalences:
        if not 0.0 < p < 1.0:
            raise ValueError(f"prevalence={p!r}; allowed: greater than 0, less than 1")
    return tuple(dict.fromkeys(float(p) for p in prevalences))


@dataclass(frozen=True)
class Evidence:
    """What a result rests on.

    Parameters
    ----------
    studies : int
    participants : int
        0 where the table does not tell.
    shared : bool
        Several results of one study may share participants: the largest of them counts.
    what : {"participant", "unit"}
        Units where the column ``unit`` of the table says that some counts are not of people.
    diseased, healthy : int
        Of accuracy: with and without the condition.
    """

    studies: int = 0
    participants: int = 0
    shared: bool = False
    what: str = "participant"
    diseased: int = 0
    healthy: int = 0

    def people(self, margin: str = "") -> int:
        """Participants that ``sens`` or ``spec`` rests on; without either all."""
        return {"sens": self.diseased, "spec": self.healthy}.get(margin, self.participants)


def evidence(studies: Any) -> Evidence:
    """Studies and participants of a table."""
    labels = list(dict.fromkeys(studies.study))
    sizes = studies.people
    if not len(sizes):
        return Evidence(len(labels))
    people, *parts = (_largest(studies.study, size) for size in (sizes.sum(axis=0), *sizes))
    of_accuracy = parts if isinstance(studies, AccuracyStudies) else (0, 0)
    shared = len(labels) < len(studies)
    return Evidence(len(labels), people, shared, what_counts(studies), *of_accuracy)


def _largest(study: Sequence[str], size: np.ndarray) -> int:
    """Sum over studies of their largest row."""
    largest: dict[str, int] = {}
    for name, n in zip(study, size, strict=True):
        largest[name] = max(largest.get(name, 0), int(n))
    return sum(largest.values())


def what_counts(studies: Any) -> str:
    """``participant``, or ``unit`` where the table counts eyes, nerves or readings somewhere."""
    cells = studies.covariates.get("unit", ())
    return (
        "participant" if all(c is None or str(c).casefold() in PERSONS for c in cells) else "unit"
    )
