"""What is asked of a report: one record, which the folder of a report keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from bayespool.bias.asked import BiasAsked
from bayespool.calls import parse_prior
from bayespool.decoded import decoded, from_json
from bayespool.guideline.judgements import Judgements, check_judgements

if TYPE_CHECKING:
    from bayespool.report.association_numbers import BaselineRisk

FORMATS = ("markdown", "word", "tables", "png")
Cell = str | float | None
OF_JSON: dict[str, Any] = {
    "title": str | None, "question": str | None, "prevalences": tuple[float, ...] | None,
    "mid": float | None, "baseline_risks": tuple[str | float, ...],
    "thresholds": Mapping[str, tuple[float, ...]] | None, "judgements": Judgements | None,
    "comparators": tuple[Mapping[str, Cell], ...], "notes": tuple[str, ...],
    "command": str | None, "formats": tuple[str, ...], "order": str, "bias": BiasAsked,
    "groups": tuple[str, ...], "unit": str, "variant_of": tuple[str, ...],
    "new_within": tuple[str, ...],
}  # fmt: skip
OF_SUMMARY = (
    "prevalences", "thresholds", "mid", "baseline_risks", "groups", "unit", "new_within",
)  # fmt: skip


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


def check_main_report(variant_of: Sequence[str]) -> None:
    """Raise ``ValueError`` unless it is a title and the address of a page."""
    link = variant_of[-1]
    beside = not re.match(r"[a-zA-Z][\w+.-]*:|//", link)
    if len(variant_of) != 2 or not (beside or link.startswith("https://")):
        raise ValueError(
            f"variant_of={tuple(variant_of)!r}; allowed: the title of the main report and the "
            "address of its page, such as ../main/index.html or https://..."
        )


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
    groups: Sequence[str] = ()
    unit: str = ""
    variant_of: Sequence[str] = ()
    new_within: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.variant_of:
            check_main_report(self.variant_of)

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
        record = from_json(text, "the request")
        if not isinstance(record, dict):
            raise ValueError("it is no mapping")
        unknown = set(record) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}")
        found = {name: decoded(value, OF_JSON[name], name) for name, value in record.items()}
        if "baseline_risks" in found:
            found["baseline_risks"] = tuple(parse_prior(r) if isinstance(r, str) else r
                                            for r in found["baseline_risks"])  # fmt: skip
        if found.get("judgements") is not None:
            check_judgements(found["judgements"], "judgements")
        return cls(**{**found, "formats": check_formats(found.get("formats", FORMATS))})
