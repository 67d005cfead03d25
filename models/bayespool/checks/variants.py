"""The same question asked several ways: other priors, or studies added in order of year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayespool.estimands import Estimate
from bayespool.fitting import Fit, fit

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies


@dataclass(frozen=True, eq=False)
class Variant:
    """One fit of a series and what distinguishes it."""

    name: str
    fit: Fit

    @property
    def estimates(self) -> dict[str, Estimate]:
        return self.fit.estimates

    @property
    def log_marginal_likelihood(self) -> float | None:
        """Of the data under this model; None for fits by NUTS."""
        return self.fit.draws.info.get("log_marginal_likelihood")


def prior_sensitivity(fitted: Fit, models: Mapping[str, Any] | None = None) -> tuple[Variant, ...]:
    """Refit under each of several named priors; the first variant is the fit itself.

    Parameters
    ----------
    fitted : Fit
    models : mapping of str to model, optional
        By default the model's own `alternatives`.
    """
    models = fitted.model.alternatives() if models is None else models
    refits = [
        Variant(name, fit(model, fitted.studies, engine="auto", seed=fitted.seed))
        for name, model in models.items()
    ]
    return (Variant("as fitted", fitted), *refits)


def cumulative(fitted: Fit, column: str = "year") -> tuple[Variant, ...]:
    """Fits of the first study, the first two, ... in the order of `column`.

    Studies of one year enter together, because nothing orders them. The last variant has all.

    Raises
    ------
    ValueError
        When the table has no such column, or a study has no value in it.
    """
    return tuple(
        Variant(name, fit(fitted.model, upto, engine="auto", seed=fitted.seed))
        for name, upto in steps(fitted.studies, column).items()
    )


def steps(studies: AccuracyStudies, column: str = "year") -> dict[str, AccuracyStudies]:
    """Named selections of studies for `cumulative`, which raises what this raises."""
    if column not in studies.covariates:
        raise ValueError(
            f"{studies.file}: a cumulative analysis needs the column {column!r}; "
            f"legal: one of {', '.join(studies.covariates) or 'none, the table has no covariate'}"
        )
    values = studies.covariates[column]
    missing = [row for row, value in zip(studies.row, values, strict=True) if value is None]
    if missing:
        raise ValueError(
            f"{studies.file}: column {column!r} is empty for {', '.join(missing)}; legal: a value "
            "for every study, or leave these studies out"
        )
    out = {}
    for value in sorted(set(values)):  # type: ignore[type-var]
        upto = studies.select([other <= value for other in values])  # type: ignore[operator]
        year = f"{value:g}" if isinstance(value, float) else str(value)
        out[f"to {year} ({len(upto)} {'study' if len(upto) == 1 else 'studies'})"] = upto
    return out


def check_steps(model: Any, studies: AccuracyStudies, column: str = "year") -> None:
    """Refuse what `cumulative` could not fit: early studies may lack a group or a test."""
    for name, upto in steps(studies, column).items():
        try:
            model.check(upto.by_study())
        except ValueError as error:
            raise ValueError(
                f"--cumulative {name}: {error}; legal: without --cumulative, or a model that the "
                "first studies are enough for"
            ) from None
