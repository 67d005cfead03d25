"""What another engine finds for the same model and data, beside the answer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bayespool.decoded import decoded, from_json
from bayespool.estimands import Estimate

SUMMARIES = {"mean": "mcse", "median": "mcse_median", "lower": "mcse_lower", "upper": "mcse_upper"}
SAID = {"mean": "mean", "median": "median", "lower": "lower end", "upper": "upper end"}


@dataclass(frozen=True)
class Difference:
    """Of one summary of one estimand, in units of the combined Monte Carlo standard error."""

    name: str
    summary: str
    value: float

    def __str__(self) -> str:
        return f"{SAID[self.summary]} of {self.name}"


@dataclass(frozen=True, eq=False)
class Agreement:
    """What is kept of the check by another engine.

    Attributes
    ----------
    engine : str
    seed : int
    estimates : mapping of str to Estimate
    messages : tuple of str
        What that engine had to say, such as draws that diverged.
    """

    engine: str
    seed: int
    estimates: Mapping[str, Estimate]
    messages: tuple[str, ...] = ()

    def differences(
        self, ours: Mapping[str, Estimate], names: Iterable[str] | None = None
    ) -> Iterator[Difference]:
        """Of the estimands that both have: mean (where there is one), median, ends of interval."""
        for name in self.estimates if names is None else names:
            if name not in ours or name not in self.estimates:
                continue
            a, b = ours[name], self.estimates[name]
            for summary, error in SUMMARIES.items():
                one, other = getattr(a, summary), getattr(b, summary)
                if math.isfinite(one) and math.isfinite(other):
                    errors = getattr(a, error), getattr(b, error)
                    yield Difference(name, summary, difference(one, other, *errors))

    def largest(
        self, ours: Mapping[str, Estimate], names: Iterable[str] | None = None
    ) -> Difference:
        """The largest in absolute value, of medians and ends of intervals.

        A mean whose variance is infinite, as of a diagnostic odds ratio it may be, has no error
        that could be relied on.
        """
        told = (one for one in self.differences(ours, names) if one.summary != "mean")
        return max(told, key=lambda one: abs(one.value))

    def text(self) -> str:
        """As JSON, for attributes of a file; `from_text` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Agreement:
        """The agreement that `text` wrote down; else a ``ValueError``."""
        found: Agreement = decoded(from_json(text, "agreement"), cls, "agreement")
        return found

    def record(self, ours: Mapping[str, Estimate]) -> dict[str, Any]:
        """For summary.json: the other engine's estimates, and how far they are from ours."""
        largest = self.largest(ours)
        out: dict[str, Any] = {
            "engine": self.engine, "seed": self.seed, "messages": list(self.messages),
            "largest": {"estimand": largest.name, "summary": largest.summary,
                        "difference": largest.value},
            "estimands": {
                name: {key: value for key, value in asdict(e).items() if key != "name"}
                for name, e in self.estimates.items()
            },
        }  # fmt: skip
        for one in self.differences(ours):
            out["estimands"][one.name].setdefault("differences", {})[one.summary] = one.value
        return out


def difference(a: float, b: float, mcse_a: float, mcse_b: float) -> float:
    """Difference in units of the combined Monte Carlo standard error; 0 of 0 is 0."""
    if a == b:
        return 0.0
    combined = math.hypot(mcse_a, mcse_b)
    return (a - b) / combined if combined > 0.0 else math.copysign(math.inf, a - b)
