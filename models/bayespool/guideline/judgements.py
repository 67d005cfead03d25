"""A panel's judgements on certainty, as a small TOML file; the numbers stand beside, apart.

References
----------
Guyatt et al. (2011), J Clin Epidemiol 64:383-394; Schuenemann et al. (2020), J Clin Epidemiol
122:129-152 (test accuracy).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEVELS = ("very low", "low", "moderate", "high")
DOWN = {"not serious": 0, "serious": 1, "very serious": 2, "extremely serious": 3}
UP = {"no": 0, "yes": 1, "very": 2}
LOWERING = {
    "risk_of_bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "Publication bias",
}
RAISING = {
    "large_effect": "Large effect",
    "dose_response": "Dose response",
    "opposing_confounding": "Confounding that would have hidden the effect",
}
WORDS = ("question", "subject", "outcome", "by")
KEYS = (*WORDS, "start", "causal")


@dataclass(frozen=True)
class Judgement:
    """One domain: a word of the scale, and why."""

    domain: str
    judgement: str
    reason: str


@dataclass(frozen=True)
class Judgements:
    """What a panel decided.

    Parameters
    ----------
    start : {"high", "moderate", "low", "very low"}
        Certainty before the domains.
    domains : tuple of Judgement
        Those that were judged; a domain that is left out is open.
    question, subject, outcome, by : str
        What was judged, and who: ``subject`` and ``outcome`` are words for the sentence that states
        the result, such as "MR neurography", or "being treated" and "the risk of death".
    causal : bool
        Of an effect: the subject changes the outcome, as treatment in trials does; otherwise it
        goes with it.
    """

    start: str
    domains: tuple[Judgement, ...]
    question: str = ""
    subject: str = ""
    outcome: str = ""
    by: str = ""
    causal: bool = False

    @property
    def open(self) -> tuple[str, ...]:
        """Lowering domains without a judgement."""
        judged = {j.domain for j in self.domains}
        return tuple(domain for domain in LOWERING if domain not in judged)

    @property
    def certainty(self) -> str | None:
        """The level that follows, None while a domain is open."""
        if self.open:
            return None
        level = LEVELS.index(self.start)
        for j in self.domains:
            level += UP[j.judgement] if j.domain in RAISING else -DOWN[j.judgement]
        return LEVELS[min(max(level, 0), len(LEVELS) - 1)]


def read_judgements(path: str | Path) -> Judgements:
    """Read and check a judgement file.

    ``start = "high"``, then one table per domain, such as ``[imprecision]`` with ``judgement =
    "serious"`` and ``reason = "..."``. Legal domains are those of `LOWERING` and `RAISING`.

    Raises
    ------
    FileNotFoundError
    ValueError
        No TOML, an unknown domain or word, or a judgement without a reason.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; legal: a TOML file of judgements")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not a TOML file ({error})") from None
    return from_record(record, path.name)


def from_record(record: Mapping[str, Any], name: str = "judgements") -> Judgements:
    """Judgements from nested mappings, checked as `read_judgements` does."""
    domains = LOWERING | RAISING
    unknown = [key for key in record if key not in domains and key not in KEYS]
    if unknown:
        raise ValueError(
            f"{name}: unknown domain {unknown[0]!r}; legal: {', '.join((*KEYS, *domains))}"
        )
    start = record.get("start", "high")
    if start not in LEVELS:
        raise ValueError(f"{name}: start={start!r}; legal: {', '.join(LEVELS)}")
    for key in WORDS:
        if not isinstance(record.get(key, ""), str):
            raise ValueError(f"{name}: {key}={record[key]!r}; legal: a text")
    causal = record.get("causal", False)
    if not isinstance(causal, bool):
        raise ValueError(f"{name}: causal={causal!r}; legal: true, false")
    judged = []
    for domain in domains:
        if domain not in record:
            continue
        cell = record[domain]
        scale = UP if domain in RAISING else DOWN
        if not isinstance(cell, Mapping) or set(cell) - {"judgement", "reason"}:
            raise ValueError(f"{name}: [{domain}] has keys other than judgement and reason")
        word, reason = cell.get("judgement"), cell.get("reason", "")
        if word not in scale:
            raise ValueError(f"{name}: [{domain}] judgement={word!r}; legal: {', '.join(scale)}")
        if not isinstance(reason, str) or (scale[word] and not reason.strip()):
            raise ValueError(f'{name}: [{domain}] {word} without a reason; legal: reason = "..."')
        judged.append(Judgement(domain, word, reason.strip()))
    words = {key: record.get(key, "").strip() for key in WORDS}
    return Judgements(start, tuple(judged), causal=causal, **words)


def blank_form() -> str:
    """A form to fill in, as TOML."""
    lines = [
        'by = ""', 'question = ""  # asked at the top of the report',
        'subject = ""  # in the sentence of the result: the test, or what the effect is of',
        'outcome = ""  # of an effect: what it changes, such as the risk of death',
        "causal = false  # of an effect: true says leads to, false says goes with",
        f'start = "high"  # {", ".join(reversed(LEVELS))}', "",
    ]  # fmt: skip
    for domain, label in LOWERING.items():
        lines += [f"# {label}: {', '.join(DOWN)}", f"# [{domain}]", '# judgement = ""',
                  '# reason = ""', ""]  # fmt: skip
    for domain, label in RAISING.items():
        lines += [f"# {label}: {', '.join(UP)}", f"# [{domain}]", '# judgement = ""',
                  '# reason = ""', ""]  # fmt: skip
    return "\n".join(lines)
