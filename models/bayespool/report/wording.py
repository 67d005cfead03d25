"""What estimands are called in a report, and how their numbers are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from bayespool.association.scale import varies
from bayespool.report import numbers
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit

POOLED, AVERAGE, ALONE = "Pooled {}", "{} in the average study", "{} in the one study"

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
    "shape_coefficients": ("Coefficients on the shape", "number"),
    "sigma_alpha": ("SD of accuracy σα", "number"),
    "sigma_theta": ("SD of threshold σθ", "number"),
    "sens_new_study": ("Sensitivity of a new study, over its results", "proportion"),
    "spec_new_study": ("Specificity of a new study, over its results", "proportion"),
    "tau_within_sens": ("SD of sensitivity within studies", "number"),
    "tau_within_spec": ("SD of specificity within studies", "number"),
    "rho_within": ("Correlation within studies", "number"),
    "share_between_sens": ("Share of the variance of sensitivity between studies", "proportion"),
    "share_between_spec": ("Share of the variance of specificity between studies", "proportion"),
    "dependence": ("Odds ratio between tests within patients", "ratio"),
    "dependence_diseased": ("Odds ratio between tests, patients with the condition", "ratio"),
    "dependence_healthy": ("Odds ratio between tests, patients without the condition", "ratio"),
    "nu": ("Degrees of freedom of the study effects", "number"),
    "beta": ("Coefficients", "number"),
}
# of two groups or tests, or of all: what is compared, in words
_COMPARED = {
    "difference": ("Difference in {one}", "points"),
    "ratio": ("Ratio of {many}", "ratio"),
    "rank": ("Rank of {one} (1 is the highest)", "number"),
}
_ONE_AND_MANY = {
    "sens": ("sensitivity", "sensitivities"),
    "spec": ("specificity", "specificities"),
    "dor": ("the diagnostic odds ratio", "diagnostic odds ratios"),
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
    "psi": ("Overdispersion ψ of the {measure}", "effect"),
    "icc": ("Share of the variance that is between studies (intra-study correlation)",
            "proportion"),
    "I2": ("I² (share of the variation that is between studies)", "proportion"),
    "nu": ("Degrees of freedom of the study effects", "number"),
}  # fmt: skip
_AT_RISK = {"risk": "Risk in group 1", "difference": "Difference in risk"}


def measure_of(model: Any) -> str:
    """The measure of an association model; empty for diagnostic accuracy."""
    return getattr(model, "measure", "")


def naming(fitted: Fit) -> str:
    """What the answer is called: nothing is pooled where there is one study."""
    if len(set(fitted.studies.study)) > 1:
        return POOLED
    common = bool(measure_of(fitted.model)) and not varies(fitted.model)
    return ALONE if fitted.of_one_study or common else AVERAGE


def label_of(fitted: Fit, name: str) -> str:
    """The estimand in words, in a report of this fit."""
    return estimand_label(name, measure_of(fitted.model), naming(fitted))


def estimand_label(name: str, measure: str = "", pooled: str = POOLED) -> str:
    """The estimand in words; those of an association need its measure."""
    stem, group = parted(name)
    if "_average" in stem:
        of = stem.replace("_average", "") + (f"[{group}]" if group else "")
        text = estimand_label(of, measure, AVERAGE)
        return text if measure else AVERAGE.format(text)
    if measure and name in ASSOCIATION:
        found = MEASURES[measure]
        text = ASSOCIATION[name][0].format(measure=found.label, analysed=found.analysis_label)
        if text.startswith("Pooled "):
            text = pooled.format(text.removeprefix("Pooled "))
        return text[:1].upper() + text[1:]
    if measure and name.startswith("beta_"):
        covariate, _, level = name.removeprefix("beta_").rstrip("]").partition("[")
        return f"Coefficient of {covariate}{f': {level}' if level else ''}"
    if name in LABELS:
        return LABELS[name][0]
    if not measure and ("[" in name or name.startswith("beta_")):
        return _of_group(name)
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


_SETTING = re.compile(r"(^| [-/] )(\w+)=(?!=)")


def of_answer(pooled: str, what: str) -> str:
    """What is answered, inside a sentence: ``pooled sensitivity``."""
    return inside(pooled.format(what))


def told(label: str) -> str:
    """A label as a reader sees it: ``year=2004`` as ``year 2004``."""
    return _SETTING.sub(r"\1\2 ", label)


def parted(name: str) -> tuple[str, str]:
    """``ppv[CT]@0.1`` as ``ppv@0.1`` and ``CT``: an estimand, and the group that it is of."""
    stem, bracket, rest = name.partition("[")
    label, _, after = rest.rpartition("]")
    return (stem + after, label) if bracket else (name, "")


def _of_group(name: str) -> str:
    """An estimand of a group, a comparison of groups, or a coefficient, in words."""
    stem, label = parted(name)
    label = told(label)
    if name.startswith("beta_"):
        _, part, covariate = stem.split("_", 2)
        what = inside(LABELS[part][0])
        return f"Coefficient of {covariate}{': ' if label else ''}{label}, for {what}"
    of, _, compared = stem.partition("_")
    if compared in _COMPARED and of in _ONE_AND_MANY:
        one, many = _ONE_AND_MANY[of]
        label = label.replace(" - ", " − ")
        return f"{_COMPARED[compared][0].format(one=one, many=many)}, {label}"
    return f"{estimand_label(stem)}, {label}"


def estimand_kind(name: str) -> str:
    """``proportion``, ``points``, ``ratio``, ``effect`` or ``number``."""
    name = name.replace("_average", "")
    for known in (LABELS, ASSOCIATION):
        if name in known:
            return known[name][1]
    if name.startswith("beta_"):
        return "effect"
    name = parted(name)[0]
    of, _, compared = name.partition("_")
    if of in _ONE_AND_MANY and compared in _COMPARED:
        return _COMPARED[compared][1]
    if name in LABELS:
        return LABELS[name][1]
    stem, at, _ = name.partition("@")
    return "proportion" if at and stem in _PREDICTIVE_VALUES | _AT_RISK else "number"


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


def check_label(name: str, measure: str = "") -> str:
    """The check in words."""
    prefix = "prior_overlap_"
    if name.startswith(prefix):
        label = estimand_label(name.removeprefix(prefix), measure)
        return f"Overlap with the prior: {inside(label)}"
    if measure and name == "loo_pit_extreme":
        return "Extreme results"
    if name == "spread_e1":
        return f"Spread of the {MEASURES[measure or 'or'].label}s"
    return CHECKS.get(name, name.replace("_", " "))


def spoken(
    sentence: str, names: Iterable[str], label: Callable[[str], str] = estimand_label
) -> str:
    """A sentence of a check, with its percent signs tied and its hyperparameters in words.

    Only names in brackets or after "of" are meant as such.
    """
    for name in names:
        words = inside(label(name))
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
