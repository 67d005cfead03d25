"""One finding of a check: what was measured, what is asked of it, and a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bayespool.quantity import Estimand


@dataclass(frozen=True)
class Finding:
    """A measured value against its threshold.

    ``gate`` findings decide whether the numbers may be used at all; the others inform. A check
    that could not fail with so few rows is not `checkable`: it did not pass. ``of`` is the
    hyperparameter that a check is of, where there is one check for each.
    """

    name: str
    value: float
    threshold: float
    passed: bool
    gate: bool
    sentence: str
    checkable: bool = True
    of: Estimand | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain values; ``passed`` is None where there was nothing to pass."""
        plain = asdict(self) | {"passed": self.passed if self.checkable else None}
        del plain["of"]
        return plain


def at_most(name: str, value: float, threshold: float, sentence: str, *, gate: bool) -> Finding:
    """Passes when the value is at most the threshold; a value that is not a number fails."""
    return Finding(name, float(value), threshold, bool(value <= threshold), gate, sentence)


def at_least(name: str, value: float, threshold: float, sentence: str, *, gate: bool) -> Finding:
    """Passes when the value is at least the threshold; a value that is not a number fails."""
    return Finding(name, float(value), threshold, bool(value >= threshold), gate, sentence)


def two_decimals(p: float) -> str:
    """A probability in a sentence, never 0.00 or 1.00."""
    if 0.005 <= p <= 0.995:
        return f"{p:.2f}"
    return "< 0.01" if p < 0.5 else "> 0.99"


def whole_percent(share: float) -> str:
    """A share in a sentence, never 0 or 100 %."""
    if 0.005 <= share < 0.995:
        return f"{share:.0%}"
    return "less than 1%" if share < 0.5 else "more than 99%"
