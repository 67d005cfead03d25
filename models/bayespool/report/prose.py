"""The sentences of the page. Every number comes from the summary or the studies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bayespool.association.scale import prior_source
from bayespool.report import numbers
from bayespool.report.numbers import percent_interval_prose, percent_prose
from bayespool.report.per_study import MARGINS
from bayespool.report.summary import Summary
from bayespool.report.wording import (
    LABELS,
    counted,
    inside,
    label_of,
    listed,
    measure_of,
    spoken,
)

if TYPE_CHECKING:
    from bayespool.fitting import Fit

NB = numbers.SPACE
FEW_STUDIES = 5


def headline(summary: Summary, name: str) -> tuple[str, str, str]:
    """Name, median and interval of a pooled proportion, in whole percent."""
    e = summary.estimates[name]
    return (
        f"Pooled {LABELS[name][0].lower()}",
        percent_prose(e.median),
        percent_interval_prose(e.lower, e.upper),
    )


def answer(summary: Summary) -> str:
    """The pooled accuracy in one sentence."""
    parts: list[str] = []
    for name in MARGINS:
        label, median, interval = headline(summary, name)
        kind = "95\u00a0% equal-tailed credible interval" if not parts else "interval"
        parts.append(f"{label if not parts else label.lower()} {median} ({kind} {interval})")
    return f"{parts[0]}, {parts[1]}."


def plain_words(summary: Summary) -> str:
    """The same for a reader without statistics."""
    found, clear = (summary.estimates[name] for name in MARGINS)
    return (
        f"Of people who have the condition the test finds about {percent_prose(found.median)} at "
        f"the average study; of people who do not have it, about {percent_prose(clear.median)} "
        "test negative. The data cannot rule out a pooled sensitivity as low as "
        f"{percent_prose(found.lower)} or as high as {percent_prose(found.upper)}, nor a pooled "
        f"specificity as low as {percent_prose(clear.lower)} or as high as "
        f"{percent_prose(clear.upper)}."
    )


def elsewhere(summary: Summary) -> str:
    """What a new study or setting could show."""
    sens, spec = summary.estimates["sens_new"], summary.estimates["spec_new"]
    return (
        "A new study in a setting like these could show a sensitivity anywhere from "
        f"{percent_interval_prose(sens.lower, sens.upper)} and a specificity anywhere from "
        f"{percent_interval_prose(spec.lower, spec.upper)} (95{NB}% predictive intervals, before "
        "the chance of its own sampling)."
    )


def evidence(fitted: Fit) -> str:
    """How many studies and people."""
    studies = fitted.studies
    diseased, healthy = int(studies.n_diseased.sum()), int(studies.n_healthy.sum())
    n = len(set(studies.study))
    return (
        f"Based on {counted(n, 'study', 'studies')} with "
        f"{counted(diseased + healthy, 'participant', 'participants')}: "
        f"{numbers.count(diseased)} with the target condition and {numbers.count(healthy)} without."
    )


def empty_groups(fitted: Fit) -> list[str]:
    """Studies that have nobody with, or nobody without, the target condition."""
    studies, out = fitted.studies, []
    for counts, words in ((studies.n_diseased, "with"), (studies.n_healthy, "without")):
        empty = [row for row, count in zip(studies.row, counts, strict=True) if count == 0]
        if empty:
            shown = empty if len(empty) <= 5 else [*empty[:5], f"{len(empty) - 5} more"]
            other = "specificity" if words == "with" else "sensitivity"
            out.append(
                f"No participants {words} the target condition: {listed(shown)}. "
                f"{'It informs' if len(empty) == 1 else 'They inform'} {other} only."
            )
    return out


def cautions(
    fitted: Fit,
    summary: Summary,
    notes: Sequence[str],
    of_data: Sequence[str],
    *,
    exact: bool,
) -> tuple[str, ...]:
    """What to keep in mind: the user's notes, thin data, and checks that inform.

    With `exact` leave-one-out the Pareto k of its approximation is no caution.
    """
    studies = fitted.studies
    out = list(notes)
    n = len(set(studies.study))
    common = bool(summary.measure) and not summary.varies
    if n == 1 and common:
        out.append("There is one study: nothing is known of variation between studies.")
    elif n == 1:
        out.append(
            "There is one study: what is said of variation between studies, and of a new study, "
            "comes from the priors."
        )
    elif n < FEW_STUDIES and not common:
        out.append(
            f"There are only {n} studies: what is said of variation between studies, and of a new "
            "study, leans on the priors."
        )
    out += of_data
    failed = [f for f in summary.checks if not f.gate and not f.passed]
    failed = [f for f in failed if not (exact and f.name == "loo_pareto_k")]
    if n == 1 and summary.measure:  # there is nothing to predict it from
        failed = [f for f in failed if f.name != "loo_pareto_k"]
    prefix = "prior_overlap_"
    little = [f.name.removeprefix(prefix) for f in failed if f.name.startswith(prefix)]
    if little:
        words = listed([inside(label_of(fitted, name)) for name in little])
        out.append(f"The data say little beyond the prior about: {words}.")
    names, label = fitted.draws.hyper, partial(label_of, fitted)
    out += [spoken(f.sentence, names, label) for f in failed if not f.name.startswith(prefix)]
    return tuple(dict.fromkeys(numbers.tied(text) for text in out))


def heterogeneity(fitted: Fit, summary: Summary) -> tuple[str, ...]:
    """Between-study variation in words."""
    out = []
    scale = fitted.model.link
    for name in MARGINS:
        tau, new, pooled = (summary.estimates[n] for n in (f"tau_{name}", f"{name}_new", name))
        out.append(
            f"On the {scale} scale {LABELS[name][0].lower()} varies between studies with a "
            f"standard deviation of {numbers.number(tau.median)} "
            f"({numbers.interval(tau.lower, tau.upper, 'number')}). Around a pooled "
            f"{percent_prose(pooled.median)}, a new study's own value is expected within "
            f"{percent_interval_prose(new.lower, new.upper)} with 95{NB}% probability."
        )
    rho = summary.estimates["rho"]
    bounds = f"{numbers.number(rho.median)} ({numbers.interval(rho.lower, rho.upper, 'number')})"
    if rho.lower < 0.0 < rho.upper:
        reading = "The data cannot rule out a correlation of either sign."
    elif rho.upper <= 0.0:
        reading = "More sensitive studies are less specific, as when studies differ in threshold."
    else:
        reading = "Studies that are more sensitive are also more specific."
    out.append(f"Sensitivity and specificity correlate between studies by {bounds}. {reading}")
    if "shape" in summary.estimates:
        shape = summary.estimates["shape"]
        bounds = numbers.interval(shape.lower, shape.upper, "number")
        if shape.lower < 0.0 < shape.upper:
            reading = "The data cannot rule out a symmetric summary curve (shape 0)."
        else:
            reading = "The summary curve is asymmetric: the odds ratio changes along it."
        out.append(f"The shape of the summary curve is {numbers.number(shape.median)} ({bounds}). "
                   f"{reading}")  # fmt: skip
    return tuple(out)


def engine_words(fitted: Fit) -> str:
    """What the engine did, in words."""
    info, messages = fitted.draws.info, fitted.draws.messages
    chains, draws = fitted.draws.shape
    if info.get("path") == "grid":
        how = (
            "the standard deviations were laid out on a grid of "
            f"{numbers.count(info['n_evaluated'])} points, given which everything else has a "
            "closed form"
        )
        if info["n_evaluated"] == 1:
            how = "with the standard deviation known, the posterior has a closed form"
        text = (
            f"Nothing was sampled: {how}, and summaries come from marginal distributions. For what "
            f"has no such marginal {draws:,} evenly spread draws were taken."
        )
    elif fitted.engine == "quadrature":
        how = f"by adaptive Gauss-Hermite quadrature with {info['nodes']} nodes per dimension"
        if fitted.hierarchy.likelihood.exact:
            how = "in closed form, a Student t distribution as a mixture of normal ones"
        if getattr(fitted.model, "spread", "") == "psi":
            how = "in closed form"
        text = (
            f"The study effects were integrated out {how}, and the hyperparameters by adaptive "
            f"importance sampling with Pareto-smoothed weights. The {draws:,} draws are worth "
            f"{numbers.count(info['ess'])} independent ones."
        )
    else:
        text = (
            f"Sampled by NUTS ({info['sampler']}) with {chains} chains of {draws:,} draws each "
            f"after {info['tune']:,} warm-up draws, at a target acceptance of "
            f"{info['target_accept']:g}."
        )
    return " ".join([text, *(f"{m[:1].upper()}{m[1:]}." for m in messages)])


def evidence_words(fitted: Fit) -> str:
    """How probable the data are under the model; empty for fits by NUTS."""
    info = fitted.draws.info
    if "log_marginal_likelihood" not in info:
        return ""
    return (
        "The log marginal likelihood of the data under this model and its priors is "
        f"{numbers.number(info['log_marginal_likelihood'])} "
        f"({'numerical' if info.get('path') == 'grid' else 'Monte Carlo'} error "
        f"{numbers.small(info['log_marginal_likelihood_mcse'])})."
    )


PSIS = (
    "Leave-one-study-out uses Pareto-smoothed importance sampling of the likelihood with study "
    "effects integrated out."
)
EXACT = (
    "Leave-one-study-out is exact: the likelihood of each study, its effects integrated out, is "
    "divided out of the importance weights of a common set of draws, and where these weights fail "
    "their self-check the model is fitted again without the study. Leave-one-out probability "
    "integral transforms use Pareto-smoothed importance sampling."
)


ON_A_GRID = (
    "Leave-one-study-out is exact: the model was fitted again without each study. Leave-one-out "
    "probability integral transforms use Pareto-smoothed importance sampling."
)


def left_out(fitted: Fit, *, exact: bool) -> str:
    """How studies were left out; empty where there is one study."""
    if fitted.hierarchy.n_studies == 1:
        return ""
    if not exact:
        return PSIS
    return ON_A_GRID if fitted.draws.info.get("path") == "grid" else EXACT


def likelihood(fitted: Fit) -> str:
    """The model in words."""
    model = fitted.model
    return (
        f"{model.title}. In every study the number of true positives is binomial among the "
        "participants with the target condition, and the number of true negatives is binomial "
        f"among those without. The studies' sensitivities and specificities on the {model.link} "
        "scale follow a bivariate normal distribution. Zero counts enter as they are, without "
        "continuity correction."
    )


def methods(fitted: Fit, likelihood: str, observed: str, *, exact: bool) -> tuple[str, ...]:
    """The methods paragraphs; the model and the observed intervals in the words of their kind."""
    model, studies = fitted.model, fitted.studies
    measure = measure_of(model)
    priors = "; ".join(f"{label_of(fitted, n)}: {p!r}" for n, p in model.priors.items())
    if measure:
        source = prior_source(model, studies)
        priors += f" ({source or 'all of them given by the user'})"
    versions = listed([f"{name} {version}" for name, version in fitted.versions.items()])
    by_draws = "percentile of the posterior" if measure else "percentile of the posterior draws"
    intervals = (
        f"All intervals of estimates are 95{NB}% equal-tailed credible intervals: from the 2.5th "
        f"to the 97.5th {by_draws}. {observed} Predictive checks replicate every study with new "
        f"study effects (mixed predictive). {left_out(fitted, exact=exact)}"
    ).rstrip()
    return (
        likelihood,
        f"Priors. {priors}.",
        f"{engine_words(fitted)} The seed was {fitted.seed}.",
        intervals,
        f"Data: {studies.file}, SHA-256 {studies.sha256}. Software: {versions}.",
    )
