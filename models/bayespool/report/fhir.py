"""Reports as FHIR (R5) resources: one Evidence for each, in a Bundle.

Every estimate, probability and finding of ``summary.json`` is a statistic with its interval; the
certainty has the codes that HL7 publishes. Kinds of statistics are told in words, because no code
means the median of a posterior.

References
----------
HL7 FHIR R5 (5.0.0), resource Evidence; Alper et al. (2021), J Biomed Inform 115:103692 (EBMonFHIR).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bayespool.guideline.judgements import LOWERING, MARGINS, RAISING

Record = Mapping[str, Any]
ESTIMAND = "urn:bayespool:estimand"  # system of codes that are the names of estimands
TERMS = "http://terminology.hl7.org/CodeSystem/"
DOMAINS = {
    "risk_of_bias": "RiskOfBias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "PublicationBias",
    "large_effect": "LargeEffect",
    "dose_response": "DoseResponseGradient",
    "opposing_confounding": "PlausibleConfounding",
}
RATINGS = {
    "not serious": "no-concern",
    "serious": "serious-concern",
    "very serious": "very-serious-concern",
    "extremely serious": "extremely-serious-concern",
    "no": "no-change",
    "yes": "upcode1",
    "very": "upcode2",
}
ERRORS = ("mcse", "mcse_median", "mcse_lower", "mcse_upper")


def bundle(records: Mapping[str, Record]) -> dict[str, Any]:
    """A Bundle with the Evidence of every report.

    Parameters
    ----------
    records : mapping of title to record
        What ``summary.json`` holds.
    """
    made = [evidence(title, record) for title, record in records.items()]
    entries = [{"fullUrl": f"urn:bayespool:evidence:{i}", "resource": one}
               for i, one in enumerate(made, 1)]  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def evidence(title: str, record: Record) -> dict[str, Any]:
    """The Evidence resource of one report."""
    judged = record["certainty"]["judgements"] or {}
    about = record["provenance"]
    notes = [judged.get("question", ""), *record["warnings"],
             f"SHA-256 of the table: {about['data']['sha256']}"]  # fmt: skip
    made = {
        "resourceType": "Evidence",
        "status": "active",
        "title": title,
        "description": judged.get("question") or title,
        "note": [{"text": note} for note in notes if note],
        "variableDefinition": _variables(record, judged),
        "synthesisType": {"text": f"Bayesian random-effects meta-analysis: {record['model']}"},
        "statistic": list(_statistics(record)),
        "certainty": list(_certainty(record)),
    }
    return {key: value for key, value in made.items() if value}


def _variables(record: Record, judged: Record) -> list[dict[str, Any]]:
    """Population, exposures and what was measured, in the panel's words where it gave them."""
    found = record["findings"]
    people = judged.get("population") or f"{found['counted']}s of the included studies".capitalize()
    if record.get("measure"):
        exposure = judged.get("exposure") or judged.get("subject") or "Group 1"
        outcome = judged.get("outcome") or "Outcome"
        comparator = judged.get("comparator") or "Group 2"
        told = [("exposure", exposure), ("referenceExposure", comparator),
                ("measuredVariable", outcome)]  # fmt: skip
    else:
        tests = [one.get("shown") or one["label"] for one in found["rows"] if one["label"]]
        test = judged.get("index_test") or judged.get("subject") or "Index test"
        labels = [f"{test}: {label}" for label in dict.fromkeys(tests)] or [test]
        target = judged.get("target_condition") or "Target condition"
        standard = judged.get("reference_standard")
        outcome = f"{target}, by {standard}" if standard else target
        told = [*(("exposure", label) for label in labels), ("measuredVariable", outcome)]
    return [
        {"description": words, "variableRole": _coded("variable-role", role)}
        for role, words in [("population", people), *told]
    ]


def _statistics(record: Record) -> Iterable[dict[str, Any]]:
    size = {"numberOfStudies": record["findings"]["studies"]}
    if record["findings"]["participants"]:
        size["numberOfParticipants"] = record["findings"]["participants"]
    level = record["interval"]["prob"]
    priors = [{"code": {"text": f"Prior of {name}: {prior}"}}
              for name, prior in record["provenance"]["priors"].items()]  # fmt: skip
    by = f"Engine: {record['engine']}, seed {record['seed']}"
    of_model = [{"code": {"text": by}}, *priors]
    for number, (name, one) in enumerate(record["estimands"].items()):
        errors = [_attribute(f"Monte Carlo standard error of the {_error_of(key)}", one.get(key))
                  for key in ERRORS]  # fmt: skip
        of_draws = {"Posterior mean": "mean", "Posterior SD": "sd", "Effective sample size": "ess"}
        more = [*(_attribute(words, one.get(key)) for words, key in of_draws.items()), *errors]
        made = _statistic(one["label"], "Posterior median", one, level, one["unit"], more)
        made["statisticType"]["coding"] = [{"system": ESTIMAND, "code": name}]
        yield made | {"sampleSize": size} | ({} if number else {"modelCharacteristic": of_model})
    for one in record["probabilities"]:
        error = [_attribute("Monte Carlo standard error", one["mcse"])]
        told = {"median": one["prob"]}
        yield _statistic(
            one["statement"], "Posterior probability", told, level, "proportion", error
        )
    for one in record["findings"]["rows"]:
        yield _statistic(*_finding(one), one, level, "per 1,000" if "prevalence" in one else "")


def _finding(one: Record) -> tuple[str, str]:
    """What a row of the findings is, and of which kind."""
    if "estimand" in one:
        return str(one["estimand"]), "Posterior median, in the summary of findings"
    group = f", {one['shown']}" if one["label"] else ""
    kind = "difference" if one["difference"] else "number"
    return (f"{one['result']}{group} at a prevalence of {one['prevalence']:g}",
            f"Posterior median of the {kind} of people per 1,000 tested")  # fmt: skip


def _error_of(key: str) -> str:
    return {"mcse": "mean", "mcse_median": "median", "mcse_lower": "lower end",
            "mcse_upper": "upper end"}[key]  # fmt: skip


def _statistic(
    description: str,
    kind: str,
    one: Record,
    level: float,
    unit: str,
    more: Sequence[dict[str, Any] | None] = (),
) -> dict[str, Any]:
    attributes = [_interval(one, level), *more]
    made = {
        "description": description,
        "statisticType": {"text": kind},
        "quantity": _quantity(one["median"], unit),
        "attributeEstimate": [found for found in attributes if found],
    }
    return {key: value for key, value in made.items() if value}


def _interval(one: Record, level: float) -> dict[str, Any] | None:
    ends = {end: _quantity(one.get(key)) for end, key in (("low", "lower"), ("high", "upper"))}
    known = {end: value for end, value in ends.items() if value}
    if not known:
        return None
    words = f"{100 * level:g} % equal-tailed credible interval"
    return {"description": words, "type": {"text": "Credible interval"}, "level": level,
            "range": known}  # fmt: skip


def _attribute(words: str, value: float | None) -> dict[str, Any] | None:
    quantity = _quantity(value)
    return quantity and {"type": {"text": words}, "quantity": quantity}


def _quantity(value: float | None, unit: str = "") -> dict[str, Any] | None:
    if value is None:
        return None
    return {"value": value, "unit": unit} if unit else {"value": value}


def _certainty(record: Record) -> Iterable[dict[str, Any]]:
    """GRADE's level, of sensitivity and specificity apart, with what each domain was judged."""
    judged, level = record["certainty"]["judgements"], record["certainty"]["certainty"]
    if judged is None:
        return
    margins = level if isinstance(level, Mapping) else {"": level}
    for margin, one in margins.items():
        own = {j["domain"]: j for j in judged["domains"]}
        own |= {j["domain"]: j for j in judged["apart"].get(margin, ())}
        words = f"GRADE, {MARGINS[margin]}" if margin else "GRADE"
        made: dict[str, Any] = {"description": words, "type": _coded("certainty-type", "Overall")}
        if one is not None:
            made["rating"] = _coded("certainty-rating", one.replace(" ", "-"))
        parts = [_part(j) for j in own.values()]
        yield made | ({"subcomponent": parts} if parts else {})


def _part(j: Record) -> dict[str, Any]:
    rating = {"text": j["judgement"]} | _coded("certainty-rating", RATINGS[j["judgement"]])
    words = (LOWERING | RAISING)[j["domain"]]
    made = {"description": words, "type": _coded("certainty-type", DOMAINS[j["domain"]]),
            "rating": rating}  # fmt: skip
    return made | ({"note": [{"text": j["reason"]}]} if j["reason"] else {})


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{TERMS}{system}", "code": code}]}
