"""The same question asked several ways: other priors, other rows, studies added year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.alternatives import PriorChange, prior_change
from bayespool.checks.rows import fit_to_rows
from bayespool.design import design
from bayespool.estimands import Estimate
from bayespool.fitted import Fit
from bayespool.fitting import fit
from bayespool.parallel import each
from bayespool.studies import Rows

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies


@dataclass(frozen=True, eq=False)
class Variant:
    """One fit of a series and what distinguishes it; of other priors, how they differ."""

    name: str
    fit: Fit
    prior: PriorChange | None = None

    @property
    def competes(self) -> bool:
        """It may be named on the first screen: no prior that is there as an extreme."""
        return self.prior is None or self.prior.plausible

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
        By default the model's own `alternatives`, each with a word before its name that says how
        it differs from the prior of the fit, as in ``wide tau: HalfNormal(2)``. Those given are
        plausible to whoever gave them.
    """
    own = fitted.model.alternatives() if models is None else models
    changes = {name: prior_change(fitted, model) for name, model in own.items()}
    if models is None:  # the fit has some of these priors already
        changes = {name: change for name, change in changes.items() if change is not None}
    else:
        changes = {
            name: change and replace(change, word="", plausible=True)
            for name, change in changes.items()
        }
    tasks = [(own[name], fitted.studies, fitted.seed) for name in changes]
    fits = each(refit, tasks, "refits under other priors")
    refits = [
        Variant(
            f"{change.word} {name}" if change is not None and change.word else name, one, change
        )
        for (name, change), one in zip(changes.items(), fits, strict=True)
    ]
    return (Variant("as fitted", fitted), *refits)


def refit(model: Any, studies: AccuracyStudies, seed: int) -> Fit:
    """A fit with draws of its estimands, which another process is to work out too."""
    one = fit(model, studies, engine="auto", seed=seed)
    one.samples  # noqa: B018
    return one


def other_rows(fitted: Fit, choices: Mapping[str, Any]) -> tuple[Variant, ...]:
    """Refit to other rows of the table: without some, or with others in their place.

    Parameters
    ----------
    fitted : Fit
    choices : mapping of str to bool array of shape (n_rows,), to studies, or to (model, studies)
        What the variant is called, and which of the fitted rows it keeps; or another selection of
        the same table, such as another outcome or reader of a study; or a model as well, where the
        same question needs another for them.

    Raises
    ------
    ValueError
        Rows of another table, none left, not enough for the model, without a group that is pooled,
        or another selection where a numeric covariate would be centred elsewhere.
    """
    tasks = [(fitted.bare, name, rows) for name, rows in choices.items()]
    return tuple(map(Variant, choices, each(_refitted, tasks, "refits to other rows")))


def _refitted(fitted: Fit, name: str, rows: Any) -> Fit:
    studies: Any = fitted.studies
    if isinstance(rows, tuple):
        model, others = rows
        return refit(model, others, fitted.seed)
    try:
        table: Any = rows
        if not isinstance(rows, Rows):
            keep = np.flatnonzero(np.asarray(rows, bool))
            if len(rows) != len(studies) or not 0 < len(keep) < len(studies):
                raise ValueError(
                    f"keeps {len(keep)} of {len(rows)} rows; allowed: true or false for each of "
                    f"{len(studies)} rows, some of them false"
                )
            one = fit_to_rows(fitted, tuple(keep.tolist()))
        else:
            if rows.sha256 != studies.sha256:
                raise ValueError(f"is of {rows.file}; allowed: rows of {studies.file}")
            covariates = fitted.model.covariates
            if any(not c.levels for c in design(studies, covariates).codings):
                raise ValueError(
                    "a numeric covariate would be centred elsewhere; allowed: a choice among the "
                    "rows that were fitted"
                )
            one = fit(fitted.model, table, engine="auto", seed=fitted.seed)
        lost = [name for name in fitted.estimates if name not in one.estimates]
        if lost:
            raise ValueError(f"has no {', '.join(lost[:3])}; allowed: rows of every group")
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
    selections = steps(fitted.studies, column)
    tasks = [(fitted.model, upto, fitted.seed) for upto in selections.values()]
    return tuple(map(Variant, selections, each(refit, tasks, f"refits by {column}")))


def steps(studies: AccuracyStudies, column: str = "year") -> dict[str, AccuracyStudies]:
    """Named selections of studies for `cumulative`, which raises what this raises."""
    if column not in studies.covariates:
        raise ValueError(
            f"{studies.file}: a cumulative analysis needs the column {column!r}; "
            f"allowed: one of {', '.join(studies.covariates) or 'none, the table has no covariate'}"
        )
    values = studies.covariates[column]
    missing = [row for row, value in zip(studies.row, values, strict=True) if value is None]
    if missing:
        raise ValueError(
            f"{studies.file}: column {column!r} is empty for {', '.join(missing)}; allowed: a "
            "value for every study, or leave these studies out"
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
                f"--cumulative {name}: {error}; allowed: without --cumulative, or a model that the "
                "first studies are enough for"
            ) from None
