"""The summary as plain values and as strict JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association.scale import prior_source
from bayespool.estimands import INTERVAL_KIND, INTERVAL_PROB
from bayespool.report import changes, guideline_numbers, incomplete

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.refits import Refits
    from bayespool.report.summary import Summary


def summary_dict(summary: Summary, fitted: Fit, refits: Refits | None = None) -> dict[str, Any]:
    """The summary as plain lists, texts and numbers, without NaN or infinity (null instead).

    Every estimand has its label and unit (proportion, points, ratio, effect or number) beside its
    numbers. An association has its measure, mid, baseline risks and numbers needed beside the keys
    that both kinds of analysis have: among these "warnings" (what is odd about the table but
    allowed), and "findings", "certainty", "risk_of_bias" (null without such columns) and
    "sensitivity", which are what a guideline panel takes away. With refits there is a
    list of records for each: "leave_one_out", "prior_sensitivity", "cumulative"; with rows that are
    no full results also "incomplete" and "without_incomplete". After a check by another engine
    there is "agreement", and "publication_bias" where that was asked.
    """
    estimands = {}
    for name, estimate in summary.estimates.items():
        words = {"label": estimate.estimand.label, "unit": estimate.estimand.unit}
        values = asdict(estimate)
        values.pop("name")
        estimands[name] = words | values
    other = fitted.agreement
    plain: dict[str, Any] = strict(
        {
            "model": repr(fitted.model),
            "engine": fitted.engine,
            "seed": fitted.seed,
            "interval": {"kind": INTERVAL_KIND, "prob": INTERVAL_PROB},
            "estimands": estimands,
            "probabilities": [p.record() for p in summary.probabilities],
            "prevalences": list(summary.prevalences),
            "checks": [finding.to_dict() for finding in summary.checks],
            "warnings": list(fitted.studies.warnings),
            "provenance": fitted.provenance,
        }
        | guideline_numbers.records(summary, fitted)
        | changes.records(fitted, refits)
        | (_of_association(summary, fitted) if summary.measure else {})
        | ({} if other is None else {"agreement": other.record(summary.estimates)})
        | (refits.records(fitted) if refits is not None else {})
        | incomplete.records(fitted)
        | (
            {}
            if summary.publication is None
            else {"publication_bias": summary.publication.record()}
        )
    )
    return plain


def _of_association(summary: Summary, fitted: Fit) -> dict[str, Any]:
    source = prior_source(fitted.model, fitted.studies)
    return {
        "measure": summary.measure,
        "mid": summary.mid,
        "groups": list(summary.groups),
        "unit": summary.unit,
        "baseline_risks": [p if isinstance(p, float) else repr(p) for p in summary.baseline_risks],
        "numbers_needed": [needed.record() for needed in summary.numbers_needed],
        "provenance": fitted.provenance | {"prior_source": source},
    }


def summary_json(summary: Summary, fitted: Fit, refits: Refits | None = None) -> str:
    """`summary_dict` as strict JSON, ending in a line break."""
    plain = summary_dict(summary, fitted, refits)
    return json.dumps(plain, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def strict(value: Any) -> Any:
    """Nested values as JSON knows them: no arrays, no NumPy numbers, null for NaN and infinity."""
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return strict(value.tolist())
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    if isinstance(value, np.generic):
        return strict(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
