"""Findings in the columns of GRADEpro's evidence profiles, of effects and of test accuracy, as CSV.

Intervals are credible intervals, and say so.

References
----------
Guyatt et al. (2011), J Clin Epidemiol 64:383-394; Schuenemann et al. (2020), J Clin Epidemiol
122:129-152 (test accuracy).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayespool.association.quantities import told
from bayespool.guideline.judgements import LOWERING, MARGINS, RAISING, RESULTS
from bayespool.quantity import point
from bayespool.report import numbers
from bayespool.report.files import to_csv
from bayespool.report.findings_table import NAMES

Record = Mapping[str, Any]
STUDIES = ("No. of studies", "Study design")
ENDS = {"tp": "sens", "fn": "sens", "tn": "spec", "fp": "spec"}
OPEN = "not judged"


def profile(records: Mapping[str, Record]) -> str:
    """CSV text: a row for every outcome, its certainty assessment, effect and certainty.

    Parameters
    ----------
    records : mapping of outcome to record
        What ``summary.json`` holds; all of effects, or all of test accuracy.
    """
    of_effects = {bool(record.get("measure")) for record in records.values()}
    if len(of_effects) > 1:
        raise ValueError("reports of effects and of test accuracy have different evidence "
                         "profiles; allowed: reports of one kind")  # fmt: skip
    return _effects(records) if of_effects == {True} else _accuracy(records)


def _effects(records: Mapping[str, Record]) -> str:
    head = ("Outcome", *STUDIES, *LOWERING.values(), "Other considerations", "No. of participants",
            "Relative effect (95 % CrI)", "Absolute effect per 1,000 (95 % CrI)", "Certainty",
            "Importance")  # fmt: skip
    rows = []
    for outcome, record in records.items():
        found = record["findings"]
        by_name = {row["estimand"]: row for row in found["rows"]}
        effect = point(told(record["measure"]))
        absolute = [f"{name.partition('@')[2]}: {_people(row)}" for name, row in by_name.items()
                    if name.startswith("difference@")]  # fmt: skip
        rows.append((outcome, found["studies"], "", *_domains(record, LOWERING),
                     _raised(record), found["participants"] or "",
                     f"{effect.label} {_both(by_name[effect], effect.unit)}", "; ".join(absolute),
                     record["certainty"]["certainty"] or OPEN, ""))  # fmt: skip
    return to_csv(head, rows)


def _accuracy(records: Mapping[str, Record]) -> str:
    head = ("Test", "Outcome", "Pre-test probability", *STUDIES, "No. of patients",
            *LOWERING.values(), "Effect per 1,000 patients tested (95 % CrI)",
            "Sensitivity or specificity (95 % CrI)", "Test accuracy certainty")  # fmt: skip
    rows = []
    for name, record in records.items():
        for one in record["findings"]["rows"]:
            if one["difference"] or one["result"] not in RESULTS:
                continue
            margin, label = ENDS[one["result"]], one["label"]
            people = record["findings"]["labels"][label] if label else record["findings"]
            level = (record["certainty"]["certainty"] or {}).get(margin) or OPEN
            of = f"{margin}[{label}]" if label else margin
            counted = people["with_condition" if margin == "sens" else "without_condition"]
            rows.append((f"{name}, {one['shown']}" if label else name, NAMES[one["result"]],
                         f"{one['prevalence']:g}", people["studies"], "", counted or "",
                         *_domains(record, LOWERING, margin), _people(one),
                         _both(record["estimands"][of], "proportion"), level))  # fmt: skip
    return to_csv(head, rows)


def _judged(record: Record, margin: str = "") -> dict[str, Record]:
    judged = record["certainty"]["judgements"]
    if judged is None:
        return {}
    own = [*judged["domains"], *judged["apart"].get(margin, ())]
    return {one["domain"]: one for one in own}


def _domains(record: Record, domains: Mapping[str, str], margin: str = "") -> list[str]:
    assert not margin or margin in MARGINS
    judged = _judged(record, margin)
    return [judged[domain]["judgement"] if domain in judged else OPEN for domain in domains]


def _raised(record: Record) -> str:
    judged = _judged(record)
    told_of = [f"{label}: {judged[domain]['judgement']}" for domain, label in RAISING.items()
               if domain in judged]  # fmt: skip
    return "; ".join(told_of) or "none"


def _both(one: Record, kind: str) -> str:
    interval = numbers.interval(one["lower"], one["upper"], kind)
    return f"{numbers.value(one['median'], kind)} ({interval})"


def _people(one: Record) -> str:
    middle, low, high = (numbers.number(one[key], 0) for key in ("median", "lower", "upper"))
    return f"{middle} ({low}{numbers.TO}{high})"
