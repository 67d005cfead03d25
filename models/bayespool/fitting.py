"""``fit(model, studies)``: run an engine, or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool import progress
from bayespool.engines.draws import Draws
from bayespool.engines.reach import OutOfReach
from bayespool.fitted import Fit, package_versions
from bayespool.model import Model
from bayespool.priors import Fixed
from bayespool.streams import rng
from bayespool.studies import AccuracyStudies, Effects, Rows, read_studies

if TYPE_CHECKING:
    from bayespool.parallel import Later
    from bayespool.studies.tables import TableSource

DEFAULT_SEED = 2026
LARGEST_SEED = 2**63 - 1  # what every engine and every file can hold
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
    studies: Rows | TableSource,
    engine: str = "auto",
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> Fit:
    """Fit a model to studies.

    Parameters
    ----------
    model : Model
        Such as ``accuracy.Bivariate()``.
    studies : studies, or a table of them
        What the model takes; or a data frame, a mapping of columns or a path, which is read for the
        model.
    engine : {"auto", "both", "nuts", "quadrature"}
        ``auto`` takes quadrature where the model has a hierarchy and the engine's self-check
        passes, and goes on to NUTS otherwise; the fit's messages say which and why. ``both`` does
        the same, and fits by NUTS in another process meanwhile, as an independent check:
        `Fit.check` waits for it, and a report holds the agreement.
    seed : int
        Of all random numbers; the same seed gives the same bits.
    **options
        Passed to the engine: ``ess`` and ``nodes`` for quadrature; ``draws``, ``sampler`` and
        ``progress`` for NUTS.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine={engine!r} is unknown; allowed: {', '.join(ENGINES)}")
    if not isinstance(seed, int | np.integer) or not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"seed={seed!r}: allowed is a whole number from 0 to {LARGEST_SEED}")
    _check_options(engine, options)
    rows: Any = studies_for(model, studies).by_study()
    model.check(rows)
    _check_fixed(model)
    model = model.settled(rows)
    by_nuts = model, rows, seed, _only(options, NUTS_OPTIONS)
    if engine == "nuts":
        return _by_nuts(*by_nuts)
    later: Later | None = None
    if engine == "both":
        from bayespool.parallel import beside

        later = beside(_as_check, *by_nuts, lane="check by NUTS")
    progress.stage("fitting by quadrature")
    from bayespool.engines import quadrature

    alone = engine == "quadrature"
    try:
        hierarchy = model.hierarchy(rows)
        draws = quadrature.run(hierarchy, seed, **_only(options, QUADRATURE_OPTIONS))
    except OutOfReach as error:
        if alone:
            raise
        return _by_the_other(by_nuts, later, error)
    if draws.failures and not alone:
        message = (
            f"quadrature did not pass its self-check ({'; '.join(draws.failures)}); fitted by NUTS "
            "instead"
        )
        progress.note(message)
        return _with_messages(later.result() if later else _by_nuts(*by_nuts), (message,))
    fitted = Fit(model, rows, draws, seed, package_versions("quadrature"), later)
    fitted = _with_messages(fitted, _cautions(model, rows))
    vars(fitted)["hierarchy"] = hierarchy
    return fitted


def studies_for(model: Any, given: Rows | TableSource) -> Rows:
    """Studies of a shape that a model takes, read from a table where they are one.

    Raises
    ------
    TypeError
        The model is none.
    ValueError
        The studies are of another shape.
    """
    _check_model(model)
    studies = given if isinstance(given, Rows) else _read(model, given)
    if model.takes and not isinstance(studies, model.takes):
        names = " or ".join(shape.__name__ for shape in model.takes)
        more = ""
        if Effects in model.takes and not isinstance(studies, AccuracyStudies | Effects):
            more = f"; allowed: studies.effects({model.measure!r}), or the table itself"
        raise ValueError(
            f"{studies.file}: {type(model).__name__} is a model of {names}, and these are "
            f"{type(studies).__name__}{more}"
        )
    return studies


def _check_model(model: Any) -> None:
    if not isinstance(model, Model):
        what = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(
            f"fit(model, studies): the model is {what}; allowed: a model, such as "
            "bayespool.accuracy.Bivariate()"
        )


def _read(model: Any, table: TableSource) -> Rows:
    own = [shape for shape in model.takes if not shape.__module__.startswith("bayespool.")]
    if own:  # a shape that is defined beside the model
        made: Rows = own[0].from_table(table)
        return made
    if not model.measure:
        return AccuracyStudies.from_table(table)
    found: Rows = read_studies(table, model.measure)
    if isinstance(found, model.takes) or (model.takes and Effects not in model.takes):
        return found
    effects: Rows = found.as_effects(model.measure)
    return effects


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


def _by_the_other(by_nuts: tuple[Any, ...], later: Later | None, error: OutOfReach) -> Fit:
    """A fit by NUTS of what quadrature cannot reach; the refusal where NUTS cannot either."""
    message = f"out of reach of quadrature ({error}); fitted by NUTS instead"
    progress.note(message)
    try:
        fitted = later.result() if later else _by_nuts(*by_nuts)
    except OutOfReach as neither:
        raise OutOfReach(f"{error}; {neither}") from neither
    return _with_messages(fitted, (message,))


def _by_nuts(model: Any, studies: Any, seed: int, options: Mapping[str, Any]) -> Fit:
    from bayespool.engines import nuts

    progress.stage("loading PyMC")
    draws = nuts.sample(model.build(studies), model.hierarchy(studies), seed, **options)
    fitted = Fit(model, studies, draws, seed, package_versions("nuts"))
    return _with_messages(fitted, _cautions(model, studies))


def _as_check(model: Any, studies: Any, seed: int, options: Mapping[str, Any]) -> Fit:
    """A fit by NUTS with what will be asked of it, which takes its time too."""
    fitted = _by_nuts(model, studies, seed, options)
    dict(fitted.estimates)
    return fitted


def _cautions(model: Any, studies: Any) -> tuple[str, ...]:
    cautions = (prior.caution for prior in model.priors.values())
    return (*(caution for caution in cautions if caution), *model.cautions(studies))


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


def _check_fixed(model: Any) -> None:
    """Refuse a known value in the place of a prior that the model needs."""
    for name, prior in model.priors.items():
        if isinstance(prior, Fixed):
            raise ValueError(
                f"{name}={prior!r}: {name} is estimated ({model.title}); allowed: a prior, as "
                "narrow as you like"
            )


def _only(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in names}
