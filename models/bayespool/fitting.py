"""``fit(model, studies)``: run an engine, or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bayespool import progress
from bayespool.engines.draws import Draws
from bayespool.fitted import Fit, package_versions
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.parallel import Later
    from bayespool.studies import AccuracyStudies

DEFAULT_SEED = 2026
ENGINES = {
    "auto": "quadrature, or NUTS where its self-check fails",
    "both": "quadrature, and NUTS beside it as a check",
    "nuts": "NUTS",
    "quadrature": "quadrature",
}
QUADRATURE_OPTIONS = ("ess", "nodes")
NUTS_OPTIONS = ("draws", "sampler", "progress")


def fit(
    model: Any,
    studies: AccuracyStudies,
    engine: str = "auto",
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> Fit:
    """Fit a model to studies.

    Parameters
    ----------
    model : a model such as ``accuracy.Bivariate()``
    studies : AccuracyStudies
    engine : {"auto", "both", "nuts", "quadrature"}
        ``auto`` takes quadrature where the model has a hierarchy and the engine's self-check
        passes, and goes on to NUTS otherwise; the fit's messages say which and why. ``both`` does
        the same, and fits by NUTS in another process meanwhile, as an independent check:
        `Fit.check` waits for it, and a report holds the agreement.
    seed : int
    **options
        Passed to the engine: ``ess`` and ``nodes`` for quadrature; ``draws``, ``sampler`` and
        ``progress`` for NUTS.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine={engine!r} is unknown; allowed: {', '.join(ENGINES)}")
    _check_options(engine, options)
    studies = studies.by_study()
    model.check(studies)
    by_nuts = model, studies, seed, _only(options, NUTS_OPTIONS)
    if engine == "nuts":
        return _by_nuts(*by_nuts)
    later: Later | None = None
    if engine == "both":
        from bayespool.parallel import beside

        later = beside(_as_check, *by_nuts, lane="check by NUTS")
    progress.stage("fitting by quadrature")
    from bayespool.engines import quadrature

    draws = quadrature.run(model.hierarchy(studies), seed, **_only(options, QUADRATURE_OPTIONS))
    if draws.failures and engine != "quadrature":
        message = (
            f"quadrature did not pass its self-check ({'; '.join(draws.failures)}); fitted by NUTS "
            "instead"
        )
        progress.note(message)
        return _with_messages(later.result() if later else _by_nuts(*by_nuts), (message,))
    fitted = Fit(model, studies, draws, seed, package_versions("quadrature"), later)
    return _with_messages(fitted, _cautions(model))


def foreseen(model: Any, studies: Any) -> Fit:
    """One draw of the prior in the place of a fit: what will be estimated, before anything is."""
    studies = studies.by_study()
    model.check(studies)
    hierarchy = model.hierarchy(studies)
    drawn = hierarchy.natural(hierarchy.draw_prior(1, rng(DEFAULT_SEED, "prior")))
    draws = Draws("prior", {name: value[None] for name, value in drawn.items()})
    return Fit(model, studies, draws, DEFAULT_SEED, {})


def planned(model: Any, studies: AccuracyStudies, engine: str) -> str:
    """What `fit` is going to do, in a line."""
    n, rows = len(set(studies.study)), len(studies)
    of = f"{rows} row{'s' * (rows != 1)} of {n} stud{'ies' if n != 1 else 'y'}"
    return f"{studies.file}: {of}; {model.title}, by {ENGINES.get(engine, engine)}"


def _by_nuts(model: Any, studies: Any, seed: int, options: Mapping[str, Any]) -> Fit:
    from bayespool.engines import nuts

    progress.stage("loading PyMC")
    draws = nuts.sample(model.build(studies), model.hierarchy(studies), seed, **options)
    fitted = Fit(model, studies, draws, seed, package_versions("nuts"))
    return _with_messages(fitted, _cautions(model))


def _as_check(model: Any, studies: Any, seed: int, options: Mapping[str, Any]) -> Fit:
    """A fit by NUTS with what will be asked of it, which takes its time too."""
    fitted = _by_nuts(model, studies, seed, options)
    dict(fitted.estimates)
    return fitted


def _cautions(model: Any) -> tuple[str, ...]:
    cautions = (getattr(prior, "caution", "") for prior in model.priors.values())
    return tuple(caution for caution in cautions if caution)


def _with_messages(fitted: Fit, messages: tuple[str, ...]) -> Fit:
    """The fit with messages put first."""
    if not messages:
        return fitted
    draws = replace(fitted.draws, messages=messages + fitted.draws.messages)
    return replace(fitted, draws=draws)


def _check_options(engine: str, options: Mapping[str, Any]) -> None:
    allowed = {
        "quadrature": QUADRATURE_OPTIONS,
        "nuts": NUTS_OPTIONS,
    }.get(engine, QUADRATURE_OPTIONS + NUTS_OPTIONS)
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise TypeError(
            f"engine {engine!r} has no option {', '.join(unknown)}; allowed: {', '.join(allowed)}"
        )


def _only(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in names}
