"""Sentences from the size of an effect and the certainty about it, in GRADE's wording.

References
----------
Santesso et al. (2020), J Clin Epidemiol 119:126-135 (informative statements).
"""

from __future__ import annotations

from dataclasses import dataclass

VERBS = {"high": "", "moderate": "probably ", "low": "may ", "very low": ""}
UNCERTAIN = "the evidence is very uncertain"


@dataclass(frozen=True)
class Size:
    """How large an effect is, against the smallest important difference.

    Parameters
    ----------
    middle, lower, upper : float
        Median and 95 % limits, zero for no effect, in the units of `mid`.
    mid : float
        Smallest important difference, above 0.
    """

    middle: float
    lower: float
    upper: float
    mid: float

    @property
    def word(self) -> str:
        """``large``, ``""`` (important) or ``little``."""
        size = abs(self.middle)
        if size < self.mid:
            return "little"
        return "large" if size >= 3.0 * self.mid else ""

    @property
    def may_matter(self) -> tuple[bool, bool]:
        """Whether the interval holds an important decrease, an important increase."""
        return self.lower <= -self.mid, self.upper >= self.mid


def effect_sentence(
    subject: str, outcome: str, size: Size, certainty: str | None, *, causal: bool = False
) -> str:
    """What goes with the subject; never "no effect" where an important one is possible.

    Parameters
    ----------
    subject, outcome : str
        "the finding", "the risk of a poor outcome".
    certainty : {"high", "moderate", "low", "very low"} or None
        None where the panel has not judged: the sentence then speaks of the numbers alone.
    causal : bool
        The subject changes the outcome, as a treatment in trials does, and does not merely go with
        it.
    """
    fewer, more = size.may_matter
    verb = "increase" if size.middle > 0 else "decrease"
    if certainty == "very low":
        link = "changes" if causal else "goes with a change in"
        return _capital(f"{UNCERTAIN} about whether {subject} {link} {outcome}.")
    if size.word == "little":
        little = "make little or no difference to" if causal else "go with little or no change in"
        rest = f"{little} {outcome}"
        if fewer or more:
            kinds = [w for w, yes in (("decrease", fewer), ("increase", more)) if yes]
            rest += f"; an important {' or '.join(kinds)} remains possible"
    else:
        strong = " a large" if size.word == "large" else " an important"
        rest = f"{'lead to' if causal else 'go with'}{strong} {verb} in {outcome}"
        if (fewer and size.middle > 0) or (more and size.middle < 0):
            rest += (
                f"; an important {'decrease' if size.middle > 0 else 'increase'} remains possible"
            )
        elif not (size.lower > 0 or size.upper < 0):
            rest += "; little or no difference remains possible"
    if certainty is None:
        return _capital(f"by the numbers alone, {subject} would {rest}.")
    if certainty == "low":
        return _capital(f"{subject} may {rest}.")
    head, _, tail = rest.partition(" ")
    return _capital(f"{subject} {VERBS[certainty]}{_third(head)} {tail}.")


def accuracy_sentence(test: str, found: str, alarmed: str, certainty: str | None) -> str:
    """How many a test detects and how many false positives it has, the certainty in its verb.

    Parameters
    ----------
    found, alarmed : str
        Such as "80 of 100 with the condition"; one of them may be empty.
    """
    if certainty == "very low":
        what = "accuracy" if found and alarmed else "sensitivity" if found else "specificity"
        said = _both("detect", "give", found, alarmed)
        return _capital(
            f"{UNCERTAIN} about the {what} of {test}: it may {said}, but the true numbers may be "
            "very different."
        )
    if certainty is None:
        said = _both("detect", "give", found, alarmed)
        return _capital(f"by the numbers alone, {test} would {said}.")
    if certainty == "low":
        return _capital(f"{test} may {_both('detect', 'give', found, alarmed)}.")
    said = _both("detects", "gives", found, alarmed)
    return _capital(f"{test} {VERBS[certainty]}{said}.")


def _both(find: str, alarm: str, found: str, alarmed: str) -> str:
    parts = [f"{find} {found}"] if found else []
    parts += [f"{alarm} a false positive result in {alarmed}"] if alarmed else []
    return " and ".join(parts)


def _third(verb: str) -> str:
    return {"go": "goes"}.get(verb, f"{verb}s")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
