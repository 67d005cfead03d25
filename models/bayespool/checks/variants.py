"""The same question asked several ways: other priors, other rows, studies added year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.rows import fit_to_rows
from bayespool.design import design
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
    def estimates(self) -> Mapping[str, Estimate]:
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


def other_rows(fitted: Fit, choices: Mapping[str, Any]) -> tuple[Variant, ...]:
    """Refit to other rows of the table: without some, or with others in their place.

    Parameters
    ----------
    fitted : Fit
    choices : mapping of str to bool array of shape (n_rows,), or to studies
        What the variant is called, and which of the fitted rows it keeps; or another selection of
        the same table, such as another outcome or reader of a study.

    Raises
    ------
    ValueError
        Rows of another table, none left, not enough for the model, without a group that is pooled,
        or another selection where a numeric covariate would be centred elsewhere.
    """
    return tuple(Variant(name, _refitted(fitted, name, rows)) for name, rows in choices.items())


def _refitted(fitted: Fit, name: str, rows: Any) -> Fit:
    studies: Any = fitted.studies
    try:
        if not hasattr(rows, "study"):
            keep = np.flatnonzero(np.asarray(rows, bool))
            if len(rows) != len(studies) or not 0 < len(keep) < len(studies):
                raise ValueError(
                    f"keeps {len(keep)} of {len(rows)} rows; legal: true or false for each of "
                    f"{len(studies)} rows, some of them false"
                )
            one = fit_to_rows(fitted, keep)
        else:
            if rows.sha256 != studies.sha256:
                raise ValueError(f"is of {rows.file}; legal: rows of {studies.file}")
            covariates = getattr(fitted.model, "covariates", ())
            if any(not c.levels for c in design(studies, covariates).codings):
                raise ValueError(
                    "a numeric covariate would be centred elsewhere; legal: a choice among the "
                    "rows that were fitted"
                )
            one = fit(fitted.model, rows, engine="auto", seed=fitted.seed)
        lost = [name for name in fitted.estimates if name not in one.estimates]
        if lost:
            raise ValueError(f"has no {', '.join(lost[:3])}; legal: rows of every group")
    except ValueError as error:
        raise ValueError(f"other rows {name!r}: {error}") from None
    return one


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
