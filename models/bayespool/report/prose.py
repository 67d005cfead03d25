"""The sentences of the page. Every number comes from the summary or the studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.association.scale import prior_source
from bayespool.guideline.findings import what_counts
from bayespool.quantity import inside, recorded
from bayespool.report import numbers
from bayespool.report.summary import Summary
from bayespool.report.wording import counted, listed, spoken

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
FEW_STUDIES = 5
MIDDLE = "reconstructed counts used for incomplete results"


def evidence(fitted: Fit) -> str:
    """How many studies and people."""
    studies = fitted.studies
    diseased, healthy = int(studies.n_diseased.sum()), int(studies.n_healthy.sum())
    n = counted(len(set(studies.study)), "study", "studies")
    if studies.is_partial.any():
        n += f" ({MIDDLE})"
    if studies.several_rows():
        return (
            f"Based on {n} with {counted(len(studies), 'result', 'results')}, of "
            f"{numbers.count(diseased)} tests in people with the target condition and "
            f"{numbers.count(healthy)} in people without; participants who contribute to two "
            "results of a study are counted twice."
        )
    what = what_counts(studies)
    if fitted.model.standards(studies):
        return (
            f"Based on {n} with {counted(diseased + healthy, what, f'{what}s')}: "
            f"{numbers.count(diseased)} positive by the reference and {numbers.count(healthy)} "
            "negative. Who has the target condition is not seen."
        )
    return (
        f"Based on {n} with {counted(diseased + healthy, what, f'{what}s')}: "
        f"{numbers.count(diseased)} with the target condition and {numbers.count(healthy)} without."
    )


def empty_groups(fitted: Fit) -> list[str]:
    """Studies that have nobody with, or nobody without, the target condition."""
    studies, out = fitted.studies, []
    for counts, words in ((studies.n_diseased, "with"), (studies.n_healthy, "without")):
        known = zip(studies.row, counts, studies.is_partial, strict=True)
        empty = [row for row, count, partial in known if count == 0 and not partial]
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
    if n == 1:  # there is nothing to predict it from
        failed = [f for f in failed if f.name != "loo_pareto_k"]
    little = [f.of for f in failed if f.of is not None]
    if little:
        words = listed([inside(estimand.label) for estimand in little])
        out.append(f"Informed mainly by the priors: {words}.")
    known = recorded(fitted.hierarchy.names)
    out += [spoken(f.sentence, known) for f in failed if f.of is None]
    return tuple(dict.fromkeys(numbers.tied(text) for text in out))


def _integrated(fitted: Fit) -> str:
    """How study effects were integrated out, in words."""
    info = fitted.draws.info
    if fitted.hierarchy.gaussian:
        return "in closed form"
    nodes, points = info.get("nodes", 0), info.get("points", 0)
    of_nodes = f"by adaptive Gauss-Hermite quadrature with {nodes} nodes per dimension"
    of_points = f"by an unbiased estimate from {points} randomised points"
    if nodes and points:
        return f"{of_nodes} ({of_points} of studies with several results)"
    if info.get("n_expanded"):
        of_nodes += (
            f" at {info['n_expanded']:,} points, between which a polynomial gives the posterior"
        )
    return of_nodes if nodes else f"{of_points} a study around the joint mode of its effects"


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
        how = _integrated(fitted)
        if fitted.model.spread == "psi":
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


def _crossed(fitted: Fit) -> bool:
    """Tests were cross-classified, so that their dependence was estimated."""
    return any(name.startswith("dependence") for name in fitted.draws.hyper)


def methods(fitted: Fit, likelihood: str, observed: str, *, exact: bool) -> tuple[str, ...]:
    """The methods paragraphs; the model and the observed intervals in the words of their kind."""
    model, studies = fitted.model, fitted.studies
    measure = model.measure
    used = {n: p for n, p in model.priors.items() if n != "dependence" or _crossed(fitted)}
    known = recorded(used) | {
        n: x for n, x in recorded(fitted.hierarchy.names).items() if n in used
    }
    priors = "; ".join(f"{known[name].label}: {prior!r}" for name, prior in used.items())
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
