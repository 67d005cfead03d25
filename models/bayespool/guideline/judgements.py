"""A panel's judgements on certainty, as a small TOML file; the numbers stand beside, apart.

Of accuracy, sensitivity (who is found and missed) and specificity (who is cleared and alarmed) may
be judged apart, as GRADE asks: ``[sens.imprecision]`` stands in the place of ``[imprecision]``.

References
----------
Guyatt et al. (2011), J Clin Epidemiol 64:383-394; Schuenemann et al. (2020), J Clin Epidemiol
122:129-152 (test accuracy).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
MARGINS = {"sens": "sensitivity", "spec": "specificity"}
RESULTS = ("tp", "fn", "tn", "fp")
# the head of a summary of findings, of a test and of an effect
PICO = {
    "population": "Population",
    "setting": "Setting",
    "index_test": "Index test",
    "cut_off": "Cut-off",
    "target_condition": "Target condition",
    "reference_standard": "Reference standard",
    "exposure": "Intervention, exposure or finding",
    "comparator": "Comparator",
}
WORDS = ("question", "subject", "outcome", "by", *RESULTS, *PICO)
KEYS = (*WORDS, "start", "causal")
MOST_BYTES = 2**20


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
    tp, fn, tn, fp : str
        Of accuracy: what follows for those with such a result.
    population, setting, index_test, cut_off, target_condition : str
    reference_standard, exposure, comparator : str
        The head of the summary of findings.
    apart : mapping of {"sens", "spec"} to tuple of Judgement
        Domains that are judged otherwise for one of the two.
    """

    start: str
    domains: tuple[Judgement, ...]
    question: str = ""
    subject: str = ""
    outcome: str = ""
    by: str = ""
    causal: bool = False
    tp: str = ""
    fn: str = ""
    tn: str = ""
    fp: str = ""
    population: str = ""
    setting: str = ""
    index_test: str = ""
    cut_off: str = ""
    target_condition: str = ""
    reference_standard: str = ""
    exposure: str = ""
    comparator: str = ""
    apart: Mapping[str, tuple[Judgement, ...]] = field(default_factory=dict)

    def of(self, margin: str) -> Judgements:
        """The judgements on sensitivity or on specificity."""
        own = {j.domain: j for j in self.apart.get(margin, ())}
        shared = {j.domain: j for j in self.domains}
        return replace(self, domains=tuple((shared | own).values()), apart={})

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
            level += steps(j)
        return LEVELS[min(max(level, 0), len(LEVELS) - 1)]


def steps(one: Judgement) -> int:
    """Levels that a judgement moves the certainty, negative for down."""
    return UP[one.judgement] if one.domain in RAISING else -DOWN[one.judgement]


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
        raise FileNotFoundError(f"{path}: no such file; allowed: a TOML file of judgements")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name}: has more than {MOST_BYTES:,} bytes; allowed: a short form")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not a TOML file ({error})") from None
    except (RecursionError, ValueError):  # lists within lists, and numbers of thousands of digits
        raise ValueError(f"{path.name}: is nested too deep, or has a number too long") from None
    if not record:
        raise ValueError(f"{path.name}: is empty; allowed: what `bayespool judgement-form` prints")
    return from_record(record, path.name)


def from_record(record: Mapping[str, Any], name: str = "judgements") -> Judgements:
    """Judgements from nested mappings, checked as `read_judgements` does."""
    domains = LOWERING | RAISING
    unknown = [key for key in record if key not in (*domains, *KEYS, *MARGINS)]
    if unknown:
        raise ValueError(
            f"{name}: unknown domain {unknown[0]!r}; allowed: {', '.join((*KEYS, *domains))}"
        )
    start = record.get("start", "high")
    if start not in LEVELS:
        raise ValueError(f"{name}: start={start!r}; allowed: {', '.join(LEVELS)}")
    for key in WORDS:
        if not isinstance(record.get(key, ""), str):
            raise ValueError(f"{name}: {key}={record[key]!r}; allowed: a text")
    causal = record.get("causal", False)
    if not isinstance(causal, bool):
        raise ValueError(f"{name}: causal={causal!r}; allowed: true, false")
    judged = _domains(record, name, "")
    apart = {}
    for margin in MARGINS:
        own = record.get(margin, {})
        wrong = sorted(set(own) - set(domains)) if isinstance(own, Mapping) else [margin]
        if wrong:
            raise ValueError(f"{name}: [{margin}.{wrong[0]}]; allowed: {', '.join(domains)}")
        apart[margin] = _domains(own, name, f"{margin}.")
    words = {key: record.get(key, "").strip() for key in WORDS}
    made = Judgements(start, judged, causal=causal, apart=apart, **words)
    check_judgements(made, name)
    return made


def check_judgements(made: Judgements, name: str) -> None:
    """Words of the scales, and GRADE's rule for what raises.

    Raises
    ------
    ValueError
        One is not allowed.
    """
    if made.start not in LEVELS or not set(made.apart) <= set(MARGINS):
        raise ValueError(f"{name}: start={made.start!r}, apart={sorted(made.apart)}")
    for one in (*made.domains, *(j for own in made.apart.values() for j in own)):
        scale = UP if one.domain in RAISING else DOWN
        if one.domain not in LOWERING | RAISING or one.judgement not in scale:
            raise ValueError(f"{name}: {one.domain}={one.judgement!r}; allowed: {', '.join(scale)}")
    for every in (made, *(made.of(margin) for margin in MARGINS)):
        _check_raising(every, name)


def _domains(record: Mapping[str, Any], name: str, prefix: str) -> tuple[Judgement, ...]:
    judged = []
    for domain in LOWERING | RAISING:
        if domain not in record:
            continue
        cell, title = record[domain], f"[{prefix}{domain}]"
        scale = UP if domain in RAISING else DOWN
        foreign = sorted(set(cell) - {"judgement", "reason"}) if isinstance(cell, Mapping) else [""]
        if foreign:
            raise ValueError(
                f"{name}: {title} has {foreign[0] or 'no table'}; allowed: judgement and reason "
                "(what is of the whole file stands above the first [ ])"
            )
        word, reason = cell.get("judgement", ""), cell.get("reason", "")
        if word == "":
            continue  # still open
        if not isinstance(word, str) or word not in scale:
            raise ValueError(f"{name}: {title} judgement={word!r}; allowed: {', '.join(scale)}")
        if not isinstance(reason, str) or (scale[word] and not reason.strip()):
            raise ValueError(f'{name}: {title} {word} without a reason; allowed: reason = "..."')
        judged.append(Judgement(domain, word, reason.strip()))
    return tuple(judged)


def _check_raising(one: Judgements, name: str) -> None:
    """GRADE raises what starts low and was not lowered."""
    raised = [j.domain for j in one.domains if steps(j) > 0]
    lowered = [j.domain for j in one.domains if steps(j) < 0]
    if raised and (LEVELS.index(one.start) > LEVELS.index("low") or lowered):
        why = f"{lowered[0]} lowers it" if lowered else f"it starts at {one.start}"
        raise ValueError(
            f"{name}: [{raised[0]}] would raise the certainty although {why}; allowed: to raise "
            "what starts at low or very low and is lowered by nothing (GRADE)"
        )


def as_toml(made: Judgements) -> str:
    """Judgements as a file that `read_judgements` reads."""
    said = {key: getattr(made, key) for key in WORDS}
    lines = [f"start = {_toml(made.start)}", f"causal = {str(made.causal).lower()}"]
    lines += [f"{key} = {_toml(text)}" for key, text in said.items() if text]
    tables = [("", made.domains), *((f"{m}.", own) for m, own in made.apart.items())]
    for prefix, domains in tables:
        for one in domains:
            lines += ["", f"[{prefix}{one.domain}]", f"judgement = {_toml(one.judgement)}",
                      f"reason = {_toml(one.reason)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """A basic string: what JSON escapes, and one sign more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def blank_form() -> str:
    """A form to fill in, as TOML; what stays empty is open."""
    lines = [
        'by = ""',
        'question = ""    # asked at the top of the report',
        'subject = ""     # in the sentence of the result: the test, or what the effect is of',
        'outcome = ""     # of an effect: what it changes, such as the risk of death',
        "causal = false   # of an effect: true says leads to, false says goes with",
        f'start = "high"   # {", ".join(reversed(LEVELS))}; low for an effect in observational '
        "studies",
        "# the head of the summary of findings:",
        *(f'{word} = ""' for word in PICO),
        "# of a test, what follows for those with such a result:",
        *(f'{result} = ""' for result in RESULTS),
        "",
        "# sensitivity and specificity apart: [sens.imprecision], [spec.imprecision], ...",
    ]
    for domain, label in LOWERING.items():
        lines += ["", f"[{domain}]  # {label}", f'judgement = ""  # {", ".join(DOWN)}',
                  'reason = ""']  # fmt: skip
    lines += ["", "# of an effect that starts at low and is lowered by nothing:"]
    for domain, label in RAISING.items():
        lines += [f"[{domain}]  # {label}", f'judgement = ""  # {", ".join(UP)}', 'reason = ""', ""]
    return "\n".join(lines)
