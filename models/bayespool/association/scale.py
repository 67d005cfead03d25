"""What all association models share: default priors by measure, and the estimands.

Estimands are on the scale of analysis (log ratio, difference, Fisher z, logit) unless their name
says otherwise: ``mu_ratio``, ``mu_correlation``, ``mu_proportion``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.association import quantities
from bayespool.numerics.marginals import ExpOf, LogGrid, Marginal, NormalMixture, Transformed
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.studies.measures import MEASURES

Array = np.ndarray
DEFAULTS: dict[str, tuple[Normal, HalfNormal]] = {
    **dict.fromkeys(("or", "rr", "rom", "hr", "irr", "oe"), (Normal(0, 4), HalfNormal(0.5))),
    **dict.fromkeys(("smd", "cor"), (Normal(0, 1), HalfNormal(0.5))),
    "proportion": (Normal(0, 1.5), HalfNormal(1)),
    "rd": (Normal(0, 0.5), HalfNormal(0.15)),
    "cstat": (Normal(0, 1.5), HalfNormal(0.5)),
    "slope": (Normal(1, 1), HalfNormal(0.5)),
    **dict.fromkeys(("kappa", "icc"), (Normal(0, 1), HalfNormal(0.5))),
    "alpha": (Normal(0, 4), HalfNormal(0.5)),
}
OVERDISPERSION = HalfNormal(0.5)


def default_priors(studies: Any, measure: str) -> tuple[Normal, HalfNormal, str]:
    """Priors of mu and tau for a measure, and a sentence on where they come from.

    Log ratios have the unit-information scale of Roever (2020). Mean differences and generic
    effects have no natural scale: theirs is set from the table, four and one half times the
    standard deviation within groups, or five median standard errors where there are no groups.
    """
    if measure in DEFAULTS:
        mu, tau = DEFAULTS[measure]
        return mu, tau, f"defaults for {MEASURES[measure].analysis_label}"
    effects = studies.as_effects(measure)
    sd = effects.pooled_sd
    if sd is not None:
        scale, source = float(sd), "the pooled standard deviation within groups"
    else:
        scale = 5.0 * float(np.median(effects.se))
        source = "five times the median standard error"
    unit = float(f"{scale:.2g}")
    return (
        Normal(0, 4 * unit),
        HalfNormal(0.5 * unit),
        f"the measure has no natural scale: priors set from this table ({source}, {unit:g})",
    )


def varies(model: Any) -> bool:
    """The effect differs between studies, and a new study's is not the pooled one.

    Every model says by ``spread`` which of its priors is of that variation; only a prior known to
    be 0, as ``tau=Fixed(0)``, makes the effect common to all studies.
    """
    return bool(model.variation != Fixed(0))


def located(model: Any) -> tuple[str, ...]:
    """What the effect of a study is added to; nothing where it is none."""
    return ("mu",) if varies(model) else ()


def prior_source(model: Any, studies: Any) -> str:
    """Where the priors of mu and of the variation come from, as far as they are the defaults."""
    mu, tau, source = default_priors(studies, model.measure)
    defaults = {"mu": mu, "tau": tau, "psi": OVERDISPERSION}
    own = {"mu": model.mu, model.spread: model.variation}
    kept = [name for name, prior in own.items() if prior == defaults[name]]
    if not kept:
        return ""
    return source if len(kept) == 2 else f"{kept[0]} only, {source}"


def shown_name(name: str, measure: str) -> str:
    """The estimand on the measure's own scale: ``mu`` of an odds ratio is ``mu_ratio``."""
    ending = MEASURES[measure].ending
    return f"{name}_{ending}" if ending else name


def to_measure(values: Array, measure: str) -> Array:
    """From the scale of analysis to the measure's own: log odds ratios to odds ratios."""
    return np.asarray(MEASURES[measure].transform.back(np.asarray(values, float)))


def to_analysis(values: Array, measure: str) -> Array:
    """The inverse of `to_measure`."""
    return np.asarray(MEASURES[measure].transform.forward(np.asarray(values, float)))


def effect_estimands(
    draws: dict[str, Array],
    new: Array,
    measure: str,
    studies: Any,
    typical_variance: float | None = None,
) -> dict[str, Array]:
    """mu, a new study, heterogeneity, and what they are on the measure's own scale.

    Parameters
    ----------
    draws : dict of arrays
        With ``mu`` and, unless the effect is common to all studies, ``tau``.
    new : array
        Effect of a new study around mu, one per draw.
    studies : the table, of one study or several
    typical_variance : float, optional
        Of Higgins & Thompson (2002), Stat Med 21:1539-1558, for I2; None where rows have no
        known variance.
    """
    effect, shown = quantities.analysed(measure), quantities.told(measure)
    mu = quantities.pooled(studies, effect)
    out: dict[str, Array] = {mu: draws["mu"], mu.like("new"): draws["mu"] + new}
    if "tau" in draws:
        tau, tau2, share = (quantities.parameter(n, measure) for n in ("tau", "tau2", "I2"))
        out[tau], out[tau2] = draws["tau"], draws["tau"] ** 2
        if typical_variance is not None:
            out[share] = out[tau2] / (out[tau2] + typical_variance)
    if MEASURES[measure].ending:
        own = quantities.pooled(studies, shown)
        with np.errstate(over="ignore"):  # a new study's heavy-tailed effect may be beyond exp
            out[own] = to_measure(out["mu"], measure)
            out[own.like("new")] = to_measure(out["mu_new"], measure)
    return out | {name: x for name, x in draws.items() if name not in out}


def without_mean(model: Any) -> tuple[str, ...]:
    """Estimands whose mean is infinite: the exponential of a Student t effect has none."""
    if model.nu is None or not MEASURES[model.measure].is_ratio:
        return ()
    return (shown_name("mu_new", model.measure),)


def exact_marginals(
    marginals: dict[str, Marginal], measure: str, typical_variance: float | None
) -> dict[str, Marginal]:
    """Estimands of `effect_estimands` whose marginal the deterministic path knows without draws."""
    out = {name: m for name, m in marginals.items() if name != "new"}
    out["mu_new"] = marginals["new"]
    for name in ("mu", "mu_new"):
        mixture, shown = out[name], shown_name(name, measure)
        if shown != name and isinstance(mixture, NormalMixture):
            if MEASURES[measure].is_ratio:
                out[shown] = ExpOf(mixture)
            else:
                out[shown] = Transformed(
                    mixture, lambda x: to_measure(x, measure), lambda x: to_analysis(x, measure)
                )
    tau = marginals.get("tau")
    if isinstance(tau, LogGrid):
        out["tau2"] = Transformed(tau, np.square, np.sqrt)
        if typical_variance is not None:
            out["I2"] = _share_of_variance(tau, typical_variance)
    return out


def _share_of_variance(tau: LogGrid, v: float) -> Transformed:
    return Transformed(tau, lambda t: t * t / (t * t + v), lambda p: np.sqrt(v * p / (1.0 - p)))


def typical_variance(se: Array) -> float | None:
    """The typical within-study variance of Higgins & Thompson (2002), equation 9."""
    se = np.sort(np.asarray(se, float))[::-1]
    if se.size < 2:
        return None
    w = (se[-1] / se) ** 2
    # the square of the sum without the sum of squares: of pairs, so that no precise study hides all
    pairs = np.sum(w[1:] * np.cumsum(w)[:-1])
    return float((w.size - 1) * w.sum() / (2.0 * pairs) * se[-1] ** 2)
