"""What models of diagnostic accuracy estimate, in words: the names of their numbers."""

from __future__ import annotations

from bayespool.design import Term
from bayespool.quantity import (
    FREEDOM,
    WHOLE,
    Estimand,
    Group,
    Quantity,
    Range,
    Role,
    Unit,
    inside,
    point,
)

SENS = Quantity("sens", "Sensitivity", "proportion", "proportion", many="sensitivities")
SPEC = Quantity("spec", "Specificity", "proportion", "proportion", many="specificities")
DOR = Quantity("dor", "Diagnostic odds ratio", "ratio", "positive",
               one="the diagnostic odds ratio", many="diagnostic odds ratios")  # fmt: skip
AUC = Quantity("auc", "Area under the summary ROC curve", "proportion", "proportion")
MARGINS = (SENS, SPEC)
MEASURES = (
    SENS,
    SPEC,
    Quantity("fpr", "False-positive proportion (1 − specificity)", "proportion", "proportion"),
    Quantity("lr_pos", "Likelihood ratio of a positive result", "ratio", "positive"),
    Quantity("lr_neg", "Likelihood ratio of a negative result", "ratio", "positive"),
    DOR,
)
PREDICTIVE_VALUES = (
    Quantity("ppv", "Positive predictive value", "proportion", "proportion"),
    Quantity("npv", "Negative predictive value", "proportion", "proportion"),
)
# label, unit and range of hyperparameters and of what follows from them
_PARAMETERS: dict[str, tuple[str, Unit, Range]] = {
    "tau_sens": ("Between-study SD of sensitivity", "number", "positive"),
    "tau_spec": ("Between-study SD of specificity", "number", "positive"),
    "rho": ("Between-study correlation", "number", "correlation"),
    "Lambda": ("Accuracy Λ", "number", "real"),
    "Theta": ("Threshold Θ", "number", "real"),
    "shape": ("Shape β", "number", "real"),
    "shape_coefficients": ("Coefficients on the shape", "number", "real"),
    "sigma_alpha": ("SD of accuracy σα", "number", "positive"),
    "sigma_theta": ("SD of threshold σθ", "number", "positive"),
    "tau_within": ("SD of tests within studies", "number", "positive"),
    "tau_within_sens": ("SD of sensitivity within studies", "number", "positive"),
    "tau_within_spec": ("SD of specificity within studies", "number", "positive"),
    "rho_within": ("Correlation within studies", "number", "correlation"),
    "share_between_sens": (
        "Share of the variance of sensitivity between studies", "proportion", "proportion",
    ),
    "share_between_spec": (
        "Share of the variance of specificity between studies", "proportion", "proportion",
    ),
    "dependence": ("Odds ratio between tests within patients", "ratio", "positive"),
    "dependence_diseased": (
        "Odds ratio between tests, patients with the condition", "ratio", "positive",
    ),
    "dependence_healthy": (
        "Odds ratio between tests, patients without the condition", "ratio", "positive",
    ),
    "beta": ("Coefficients", "number", "real"),
    "slope_sens": (
        "Slope of sensitivity in the transformed cut-off", "number", "positive",
    ),
    "slope_spec": (
        "Slope of specificity in the transformed cut-off", "number", "positive",
    ),
    "tau_spread_sens": (
        "Between-study SD of the log spread, with the condition", "number", "positive",
    ),
    "tau_spread_spec": (
        "Between-study SD of the log spread, without the condition", "number", "positive",
    ),
    "rho_spread": ("Correlation of the two spreads", "number", "correlation"),
    "power": ("Box-Cox power of the marker", "number", "real"),
    "best_cutoff": ("Best cut-off (largest Youden index)", "number", "real"),
    "youden": ("Youden index at the best cut-off", "number", "real"),
    "reference_sens": ("Sensitivity of the reference", "proportion", "proportion"),
    "reference_spec": ("Specificity of the reference", "proportion", "proportion"),
    "rho_sens_prev": ("Correlation of sensitivity and prevalence", "number", "correlation"),
    "rho_spec_prev": ("Correlation of specificity and prevalence", "number", "correlation"),
    "logit_prev": ("Prevalence, logit scale", "number", "real"),
    "tau_prev": ("Between-study SD of prevalence", "number", "positive"),
    "strength": ("Strength of selection by the t statistic", "number", "positive"),
    "seen": ("Share of all studies that is seen", "proportion", "proportion"),
}  # fmt: skip
OF_BIAS = ("strength", "seen")
SPREADS = ("tau_sens", "tau_spec", "tau_within", "tau_within_sens", "tau_within_spec",
           "sigma_alpha", "sigma_theta", "tau_spread_sens", "tau_spread_spec",
           "tau_prev")  # fmt: skip
PREVALENCE = point(Quantity("prev", "Prevalence", "proportion", "proportion"), "summary")
# at the prevalence of the average study, where a model learns that
OF_PREVALENCE = (PREVALENCE, *(point(quantity, "summary") for quantity in PREDICTIVE_VALUES))


def measure(name: str, group: Group = WHOLE) -> Estimand:
    """Sensitivity, specificity or what follows of both, at the average study."""
    return point(next(q for q in MEASURES if q.name == name), group=group)


def area(group: Group = WHOLE) -> Estimand:
    """The area under the summary curve."""
    return point(AUC, "summary", group)


def intercept(link: str, quantity: Quantity, group: Group = WHOLE) -> Estimand:
    """The pooled value on the scale of the link, such as ``logit_sens``."""
    words = f"Pooled {inside(quantity.label)}, {link} scale"
    own = Quantity(f"{link}_{quantity.name}", words)
    return Estimand(f"{own.name}{group.ending}", own, "parameter", group)


def parameter(name: str, group: Group = WHOLE) -> Estimand:
    """A hyperparameter, or what follows from several, perhaps of one group of studies."""
    if name == FREEDOM:
        return FREEDOM
    role: Role = "parameter"
    if name in SPREADS:
        role = "spread"
    elif name in OF_BIAS:
        role = "bias"
    label, unit, numbers = _PARAMETERS[name]
    return Estimand(f"{name}{group.ending}", Quantity(name, label, unit, numbers), role, group)


def coefficient(part: str, term: Term) -> Estimand:
    """Of a covariate, on sensitivity, specificity or a part of the HSROC model."""
    of = {quantity.name: quantity.label for quantity in MARGINS}
    label = of.get(part) or _PARAMETERS[part][0]
    what = f"Coefficient of {term.words}, for {inside(label)}"
    return Estimand(f"beta_{part}_{term.name}", Quantity("beta", what, "effect"), "coefficient")


def at_cutoff(quantity: Quantity, cutoff: float, role: Role = "pooled") -> Estimand:
    """Sensitivity or specificity at a cut-off, of the average study or a new one."""
    end = "_new" if role == "new" else ""
    what = f"{quantity.label} at the cut-off {cutoff:g}"
    return Estimand(
        f"{quantity.name}{end}[{cutoff:g}]", quantity, "summary",
        what=f"{what} in a new study" if role == "new" else what,
    )  # fmt: skip


def after(quantity: Quantity, prevalence: float, shown: str, group: Group = WHOLE) -> Estimand:
    """A predictive value at a prevalence, which is `shown` as a reader sees it."""
    return Estimand(
        f"{quantity.name}{group.ending}@{prevalence:g}", quantity, "after", group,
        what=f"{quantity.label} at prevalence {shown}",
    )  # fmt: skip
