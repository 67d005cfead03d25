"""What estimands are called in a report, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Iterable

from bayespool.report import numbers

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


def estimand_label(name: str) -> str:
    """The estimand in words."""
    if name in LABELS:
        return LABELS[name][0]
    stem, _, prevalence = name.partition("@")
    if stem in _PREDICTIVE_VALUES:
        where = numbers.given_percent(float(prevalence))
        return f"{_PREDICTIVE_VALUES[stem]} at prevalence {where}"
    link, _, measure = name.partition("_")
    if measure in LABELS:
        return f"Pooled {inside(LABELS[measure][0])}, {link} scale"
    return name


def estimand_kind(name: str) -> str:
    """``proportion``, ``ratio`` or ``number``."""
    if name in LABELS:
        return LABELS[name][1]
    return "proportion" if name.partition("@")[0] in _PREDICTIVE_VALUES else "number"


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
    "loo_pit_extreme": "Extreme counts",
}


def check_label(name: str) -> str:
    """The check in words."""
    prefix = "prior_overlap_"
    if name.startswith(prefix):
        return f"Overlap with the prior: {inside(estimand_label(name.removeprefix(prefix)))}"
    return CHECKS.get(name, name.replace("_", " "))


def spoken(sentence: str, names: Iterable[str]) -> str:
    """A sentence of a check, with its percent signs tied and its hyperparameters in words.

    Only names in brackets or after "of" are meant as such.
    """
    for name in names:
        words = inside(estimand_label(name))
        sentence = sentence.replace(f"({name})", f"({words})")
        sentence = sentence.replace(f" of {name} ", f" of {words} ")
    return numbers.tied(sentence)


def inside(label: str) -> str:
    """A label as it stands inside a sentence."""
    return label[:1].lower() + label[1:]


def listed(words: list[str], last: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(n: int, one: str, many: str) -> str:
    """``1 study``, ``2 studies``."""
    return f"{numbers.count(n)}{numbers.SPACE}{one if n == 1 else many}"
