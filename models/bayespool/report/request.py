"""What is asked of a report: one record, which the folder of a report keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from bayespool.bias.assessment import BiasAsked
from bayespool.calls import parse_prior
from bayespool.guideline.judgements import Judgement, Judgements

if TYPE_CHECKING:
    from bayespool.report.association_numbers import BaselineRisk

FORMATS = ("markdown", "word", "tables", "png")
OF_SUMMARY = ("prevalences", "thresholds", "mid", "baseline_risks")


def check_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats, each once.

    Raises
    ------
    ValueError
        When one is unknown; the message lists the allowed ones.
    """
    asked = (formats,) if isinstance(formats, str) else tuple(dict.fromkeys(formats))
    unknown = [name for name in asked if name not in FORMATS]
    if unknown:
        raise ValueError(
            f"unknown format {', '.join(map(repr, unknown))}; allowed: {', '.join(FORMATS)}, or "
            "none of them (the page index.html and its data are always written)"
        )
    return asked


@dataclass(frozen=True)
class Request:
    """What is asked of a report, as `bayespool.write_report` takes it; judgements as read."""

    title: str | None = None
    question: str | None = None
    prevalences: Sequence[float] | None = None
    mid: float | None = None
    baseline_risks: Sequence[BaselineRisk] = ()
    thresholds: Mapping[str, Sequence[float]] | None = None
    judgements: Judgements | None = None
    comparators: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    command: str | None = None
    formats: Sequence[str] = FORMATS
    order: str = "input"
    bias: BiasAsked = BiasAsked()

    @property
    def of_numbers(self) -> dict[str, Any]:
        """What `bayespool.report.summary.checked_request` is to check."""
        return {name: getattr(self, name) for name in OF_SUMMARY}

    def changed(self, **changes: Any) -> Request:
        """With what is asked anew in the place of what was; None asks for nothing anew."""
        return replace(self, **{name: x for name, x in changes.items() if x is not None})

    def text(self) -> str:
        """As JSON that `from_text` reads."""
        record: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        record["baseline_risks"] = [r if isinstance(r, float) else repr(r)
                                    for r in self.baseline_risks]  # fmt: skip
        record["judgements"] = None if self.judgements is None else asdict(self.judgements)
        record["comparators"] = [dict(one) for one in self.comparators]
        record["bias"] = asdict(self.bias)
        return json.dumps(record, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Request:
        """The request that `text` wrote down.

        Raises
        ------
        ValueError
            It is not one.
        """
        record = json.loads(text)
        unknown = set(record) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}")
        risks = record.get("baseline_risks", [])
        record["baseline_risks"] = tuple(parse_prior(r) if isinstance(r, str) else float(r)
                                         for r in risks)  # fmt: skip
        bias: Any = record.get("bias", {})
        kept: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in bias.items()}
        record["bias"] = BiasAsked(**kept)
        if record.get("judgements") is not None:
            record["judgements"] = _judgements(record["judgements"])
        found: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
        return cls(**found)


def _judgements(record: dict[str, Any]) -> Judgements:
    apart = {margin: _judged(found) for margin, found in record.pop("apart").items()}
    return Judgements(domains=_judged(record.pop("domains")), apart=apart, **record)


def _judged(records: Sequence[Mapping[str, str]]) -> tuple[Judgement, ...]:
    return tuple(Judgement(**record) for record in records)
