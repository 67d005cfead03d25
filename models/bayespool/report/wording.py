"""What estimands are called in a report, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bayespool.report import numbers
from bayespool.studies.measures import MEASURES

LABELS: dict[str, tuple[str, str]] = {
    "sens": ("Sensitivity", "proportion"),
    "spec": ("Specificity", "proportion"),
    "fpr": ("False-positive proportion (1 − specificity)", "proportion"),
    "lr_pos": ("Likelihood ratio of a positive result", "ratio"),
    "lr_neg": ("Likelihood ratio of a negative result", "ratio"),
    "dor": ("Diagnostic odds ratio", "ratio"),
    "auc": ("Area under the summary ROC curve", "proportion"),
    "sens_marginal": ("Sensitivity, mean over studies", "proportion"),
    "spec_marginal": ("Specificity, mean over studies", "proportion"),
    "sens_new": ("Sensitivity in a new study", "proportion"),
    "spec_new": ("Specificity in a new study", "proportion"),
    "tau_sens": ("Between-study SD of sensitivity", "number"),
    "tau_spec": ("Between-study SD of specificity", "number"),
    "rho": ("Between-study correlation", "number"),
    "Lambda": ("Accuracy Λ", "number"),
    "Theta": ("Threshold Θ", "number"),
    "shape": ("Shape β", "number"),
    "sigma_alpha": ("SD of accuracy σα", "number"),
    "sigma_theta": ("SD of threshold σθ", "number"),
}
_PREDICTIVE_VALUES = {"ppv": "Positive predictive value", "npv": "Negative predictive value"}


# of an association; {analysed} and {measure} are those of the measure
ASSOCIATION: dict[str, tuple[str, str]] = {
    "mu": ("Pooled {analysed}", "effect"),
    "mu_ratio": ("Pooled {measure}", "ratio"),
    "mu_correlation": ("Pooled {measure}", "number"),
    "mu_proportion": ("Pooled {measure}", "proportion"),
    "mu_proportion_marginal": ("{measure}, mean over studies", "proportion"),
    "mu_new": ("{analysed} in a new study", "effect"),
    "mu_new_ratio": ("{measure} in a new study", "ratio"),
    "mu_new_correlation": ("{measure} in a new study", "number"),
    "mu_new_proportion": ("{measure} in a new study", "proportion"),
    "tau": ("Between-study SD of the {analysed}", "effect"),
    "tau2": ("Between-study variance of the {analysed}", "effect"),
    "tau_within": ("SD between results of one study", "effect"),
    "icc": ("Share of the variance that is between studies", "proportion"),
    "I2": ("I² (share of the variation that is between studies)", "proportion"),
    "nu": ("Degrees of freedom of the study effects", "number"),
}
_AT_RISK = {"risk": "Risk in group 1", "difference": "Difference in risk"}


def measure_of(model: Any) -> str:
    """The measure of an association model; empty for diagnostic accuracy."""
    return getattr(model, "measure", "")


def estimand_label(name: str, measure: str = "") -> str:
    """The estimand in words; those of an association need its measure."""
    if measure and name in ASSOCIATION:
        found = MEASURES[measure]
        text = ASSOCIATION[name][0].format(measure=found.label, analysed=found.analysis_label)
        return text[:1].upper() + text[1:]
    if measure and name.startswith("beta_"):
        covariate, _, level = name.removeprefix("beta_").rstrip("]").partition("[")
        return f"Coefficient of {covariate}{f': {level}' if level else ''}"
    if name in LABELS:
        return LABELS[name][0]
    stem, _, prevalence = name.partition("@")
    if stem in _PREDICTIVE_VALUES:
        where = numbers.given_percent(float(prevalence))
        return f"{_PREDICTIVE_VALUES[stem]} at prevalence {where}"
    if stem in _AT_RISK and prevalence:
        return f"{_AT_RISK[stem]} where that of group 2 is {prevalence}"
    link, _, margin = name.partition("_")
    if margin in LABELS:
        return f"Pooled {inside(LABELS[margin][0])}, {link} scale"
    return name


def estimand_kind(name: str) -> str:
    """``proportion``, ``ratio``, ``effect`` or ``number``."""
    for known in (LABELS, ASSOCIATION):
        if name in known:
            return known[name][1]
    if name.startswith("beta_"):
        return "effect"
    stem, at, _ = name.partition("@")
    return "proportion" if at and stem in _PREDICTIVE_VALUES | _AT_RISK else "number"


CHECKS = {
    "quadrature_error": "Quadrature error",
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
    "spread_e1": "Spread of the odds ratios",
    "spread_estimate": "Spread of the estimates",
    "grid_error": "Grid error",
    "loo_pit_extreme": "Extreme counts",
}


def check_label(name: str, measure: str = "") -> str:
    """The check in words."""
    prefix = "prior_overlap_"
    if name.startswith(prefix):
        label = estimand_label(name.removeprefix(prefix), measure)
        return f"Overlap with the prior: {inside(label)}"
    if measure and name == "loo_pit_extreme":
        return "Extreme results"
    return CHECKS.get(name, name.replace("_", " "))


def spoken(sentence: str, names: Iterable[str], measure: str = "") -> str:
    """A sentence of a check, with its percent signs tied and its hyperparameters in words.

    Only names in brackets or after "of" are meant as such.
    """
    for name in names:
        words = inside(estimand_label(name, measure))
        sentence = sentence.replace(f"({name})", f"({words})")
        sentence = sentence.replace(f" of {name} ", f" of {words} ")
    return numbers.tied(sentence)


def inside(label: str) -> str:
    """A label as it stands inside a sentence; abbreviations keep their capitals."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def listed(words: list[str], last: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(n: int, one: str, many: str) -> str:
    """``1 study``, ``2 studies``."""
    return f"{numbers.count(n)}{numbers.SPACE}{one if n == 1 else many}"
