"""What estimands are called in a report, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bayespool.association.scale import varies
from bayespool.quantity import Estimand, inside
from bayespool.report import numbers
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.checks import Finding
    from bayespool.fitted import Fit

POOLED, AVERAGE, ALONE = "Pooled {}", "{} in the average study", "{} in the one study"


def naming(fitted: Fit) -> str:
    """What the answer is called: nothing is pooled where there is one study."""
    if len(set(fitted.studies.study)) > 1:
        return POOLED
    common = bool(fitted.model.measure) and not varies(fitted.model)
    return ALONE if fitted.of_one_study or common else AVERAGE


def of_answer(pooled: str, what: str) -> str:
    """What is answered, inside a sentence: ``pooled sensitivity``."""
    return inside(pooled.format(what))


CHECKS = {
    "quadrature_error": "Quadrature error",
    "likelihood_variance": "Variance of the log likelihood",
    "second_sample": "Independent sample",
    "missed": "Posterior missed",
    "pareto_k": "Pareto k of the weights",
    "ess": "Effective sample size",
    "ess_bulk": "Effective sample size, bulk",
    "ess_tail": "Effective sample size, tails",
    "r_hat": "R-hat",
    "divergences": "Divergences",
    "e_bfmi": "Energy (E-BFMI)",
    "max_tree_depth": "Largest tree depth",
    "mcse_of_sd": "Monte Carlo error over SD",
    "loo_pareto_k": "Leave-one-out Pareto k",
    "predictive_coverage": "Predictive coverage",
    "spread_tp": "Spread of sensitivity",
    "spread_tn": "Spread of specificity",
    "spread_events": "Spread of the proportions",
    "spread_estimate": "Spread of the estimates",
    "grid_error": "Grid error",
    "loo_pit_extreme": "Extreme counts",
}


def check_label(finding: Finding, measure: str = "") -> str:
    """The check in words."""
    if isinstance(finding.of, Estimand):
        return f"Overlap with the prior: {inside(finding.of.label)}"
    if measure and finding.name == "loo_pit_extreme":
        return "Extreme results"
    if finding.name == "spread_e1":
        return f"Spread of the {MEASURES[measure or 'or'].label}s"
    return CHECKS.get(finding.name, finding.name.replace("_", " "))


def spoken(sentence: str, named: Mapping[str, Estimand]) -> str:
    """A sentence of a check, with its percent signs tied and its estimands in words.

    Only names in brackets or after "of" are meant as such.
    """
    for name, estimand in named.items():
        words = inside(estimand.label)
        sentence = sentence.replace(f"({name})", f"({words})")
        sentence = sentence.replace(f" of {name} ", f" of {words} ")
    return numbers.tied(sentence)


def listed(words: list[str], last: str = "and") -> str:
    """``a, b and c``."""
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(n: int, one: str, many: str) -> str:
    """``1 study``, ``2 studies``."""
    return f"{numbers.count(n)}{numbers.SPACE}{one if n == 1 else many}"
