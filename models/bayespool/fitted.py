"""A fitted model: what came out of the engine, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.agreement import Agreement
from bayespool.engines.draws import Draws
from bayespool.estimands import Estimate, Estimates
from bayespool.hierarchy import Hierarchy
from bayespool.kept_rows import hierarchy_of, of_rows
from bayespool.numerics.marginals import Marginal
from bayespool.one_study import in_the_study
from bayespool.quantity import MAIN, Estimand, recorded
from bayespool.streams import rng
from bayespool.versions import package_versions

if TYPE_CHECKING:
    import pandas as pd

    from bayespool.parallel import Later
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
N_PRIOR = 4_000
KEPT = ("hierarchy", "estimates")


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: draws, and what follows from them, computed when first asked for.

    Attributes
    ----------
    model, studies : the model and the data it was fitted to
    draws : Draws
    seed : int
    versions : mapping of package to version at the time of the fit
    checked_by : Fit or Later, optional
        The same model and data fitted by another engine, or the promise of it.
    whole : optional
        The table that the studies are some rows of, where covariates stay coded as in that.
    """

    model: Any
    studies: AccuracyStudies
    draws: Draws
    seed: int
    versions: Mapping[str, str]
    checked_by: Fit | Later | None = field(default=None, repr=False)
    whole: AccuracyStudies | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"<Fit of {self.model!r} to {self.studies!r}, by {self.engine}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        from bayespool.frames import html_of

        about = f"{self.model.title}: {self.studies.name}, by {self.engine}, seed {self.seed}"
        return html_of(self.summary(), about)

    @property
    def engine(self) -> str:
        return self.draws.engine

    @property
    def check(self) -> Fit | None:
        """The same model and data fitted by another engine, which is waited for, or None."""
        if self.checked_by is None or isinstance(self.checked_by, Fit):
            return self.checked_by
        found: Fit = self.checked_by.result()
        return found

    @cached_property
    def agreement(self) -> Agreement | None:
        """What is kept of the check by another engine, in a file too; None where there was none."""
        if (other := self.check) is None:
            return None
        return Agreement(other.engine, other.seed, dict(other.estimates), other.draws.messages)

    def with_check(self, other: Fit) -> Fit:
        """This fit, checked by another of the same model and data; else a ``ValueError``."""
        a, b = ((repr(x.model), x.studies.sha256, x.studies.row) for x in (self, other))
        if a != b:
            raise ValueError(
                "other_engine is a fit of another model or other data; allowed: the same model and "
                "studies fitted by another engine"
            )
        return self._again(other, *KEPT, "samples")

    @property
    def bare(self) -> Fit:
        """What a refit needs of this one: no draws of estimands, and no check to be waited for."""
        return self._again(None, *KEPT)

    def _again(self, check: Fit | None, *kept: str) -> Fit:
        """This fit with another check, and of what was computed only what is kept."""
        one = replace(self, checked_by=check)
        vars(one).update({name: vars(self)[name] for name in kept if name in vars(self)})
        return one

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"checked_by": self.check}

    def of_rows(self, keep: Array, run: Callable[[Hierarchy], Draws]) -> Fit:
        """The same model of some of the rows; covariates stay coded as in the whole table.

        Parameters
        ----------
        keep : int array, shape (n_kept,)
            Increasing.
        run : callable
            The draws of a hierarchy.
        """
        versions = package_versions("quadrature")
        rest: Any = self.studies.select(keep)
        if self.model.of_studies:
            hierarchy = self.model.hierarchy(rest)
        else:
            hierarchy = of_rows(self.hierarchy, len(self.studies), keep)
        one = Fit(self.model, rest, run(hierarchy), self.seed, versions, whole=self.coding)
        vars(one)["hierarchy"] = hierarchy
        return one

    @cached_property
    def hierarchy(self) -> Hierarchy:
        return hierarchy_of(self.model, self.studies, self.whole)

    @property
    def coding(self) -> Any:
        """The studies that covariates and tests are coded by: those fitted, or the whole table."""
        return self.studies if self.whole is None else self.whole

    @cached_property
    def theta(self) -> Array:
        """Unconstrained hyperparameters, shape (n_hyper, n_chains * n_draws)."""
        flat = {name: value.ravel() for name, value in self.draws.hyper.items()}
        return self.hierarchy.unconstrained(flat)

    def _shaped(self, values: Array) -> Array:
        """Flat draws on the last axis to (..., n_chains, n_draws)."""
        return values.reshape(*values.shape[:-1], *self.draws.shape)

    @cached_property
    def _all_effects(self) -> tuple[Array, Array | None]:
        if self.draws.effects is not None:
            return self.draws.effects, self.draws.within
        u, w = self.hierarchy.effects(self.theta, rng(self.seed, "effects"))
        return self._shaped(u), None if w is None else self._shaped(w)

    @property
    def effects(self) -> Array:
        """Study effects u on the link scale, shape (q, n_studies, n_chains, n_draws)."""
        return self._all_effects[0]

    @property
    def within(self) -> Array | None:
        """Effects of results within studies, if any, (p, n_results, n_chains, n_draws)."""
        return self._all_effects[1]

    @cached_property
    def predictors(self) -> Array:
        """Linear predictor of every row of the hierarchy, shape (n_rows, n_chains, n_draws)."""
        u, w = (
            None if e is None else e.reshape(*e.shape[:2], -1) for e in (self.effects, self.within)
        )
        assert u is not None
        return self._shaped(self.hierarchy.row_predictors(self.theta, u, w))

    @property
    def new_effects(self) -> Array:
        """Effects of one new study, shape (q, n_chains, n_draws); (q, n_groups, ...) of groups."""
        random = rng(self.seed, "new study")
        if self.draws.z_new is None:
            new = self.hierarchy.new_effects(self.theta, random)
        else:
            z = self.draws.z_new.reshape(len(self.draws.z_new), 1, -1)
            new = self.hierarchy.effects_from(self.theta, z, random)
        return self._shaped(_of_one(new))

    @cached_property
    def samples(self) -> dict[str, Array]:
        """Draws of every estimand, each of shape (n_chains, n_draws)."""
        hyper, new = self._recorded(self.draws.hyper), self.new_effects
        found: dict[str, Array] = self.model.estimands(hyper, new, self.coding)
        if not self.of_one_study:
            return found
        return in_the_study(self.model, self.coding, found, hyper, self.effects[:, 0], new)

    def _recorded(self, hyper: Mapping[str, Array]) -> dict[str, Array]:
        """Hyperparameters under the names that the model gave them."""
        known = {name: name for name in self.hierarchy.names}
        return {known[name]: values for name, values in hyper.items()}

    @cached_property
    def named(self) -> dict[str, Estimand]:
        """The record of every estimand by its name; see `bayespool.quantity`."""
        return recorded(self.samples)

    @property
    def of_one_study(self) -> bool:
        """There is one study, whose own values are the answer.

        What the average study might be follows from the prior of the variation between studies, of
        which one study says nothing; it stands beside, under names with ``_average``.
        """
        return self.hierarchy.n_studies == 1 and bool(self.model.located)

    @cached_property
    def estimates(self) -> Mapping[str, Estimate]:
        """Summary of every estimand: exact where the engine knows its marginal, else of draws."""
        error = float(self.draws.info.get("grid_error", 0.0))
        endless = self.model.without_mean
        return Estimates(self.samples, self.draws.ancestor, self.exact, error, endless)

    @cached_property
    def exact(self) -> dict[str, Marginal]:
        """Marginals of estimands that the engine knows without draws."""
        if not self.draws.exact:
            return {}
        found: dict[str, Marginal] = self.model.exact(dict(self.draws.exact), self.studies)
        if self.of_one_study:
            return {n: marginal for n, marginal in found.items() if self.named[n].role not in MAIN}
        return found

    @cached_property
    def study_samples(self) -> dict[str, Array]:
        """Draws of each study's own estimands, shape (n_studies, n_chains, n_draws).

        Of every row of the table where the model speaks of rows.
        """
        if self.model.of_rows:
            return self.model.row_estimands(self.predictors, self.studies)
        return self.model.study_estimands(dict(self.draws.hyper), self.effects, self.studies)

    @cached_property
    def log_likelihood(self) -> Array:
        """Log likelihood of each study, study effects integrated out.

        Shape (n_studies, n_chains, n_draws).
        """
        from bayespool.engines import rule

        chosen = rule.of_fit(self.hierarchy, self.draws.info)
        found = rule.by_study(
            self.hierarchy, self.theta, chosen, self.draws.ancestor, rng(self.seed, "points")
        )
        return self._shaped(found)

    @cached_property
    def predictive(self) -> Array:
        """Replicated rows with new effects for each study, shape (n_rows, n_chains * n_draws).

        The mixed predictive distribution of Marshall & Spiegelhalter (2003), Stat Med
        22:1649-1660: less conservative than replication from each study's own effects.
        """
        random = rng(self.seed, "predictive")
        effects = self.hierarchy.new_studies(self.theta, random)
        return self.hierarchy.simulate(self.theta, effects, random)

    @cached_property
    def prior_theta(self) -> Array:
        """Unconstrained hyperparameters from the prior, shape (n_hyper, N_PRIOR)."""
        return self.hierarchy.draw_prior(N_PRIOR, rng(self.seed, "prior"))

    @cached_property
    def prior_samples(self) -> dict[str, Array]:
        """Prior draws of every estimand, each of shape (1, N_PRIOR)."""
        random = rng(self.seed, "new study, prior")
        new = _of_one(self.hierarchy.new_effects(self.prior_theta, random))[..., None, :]
        hyper = {n: x[None] for n, x in self.hierarchy.natural(self.prior_theta).items()}
        found: dict[str, Array] = self.model.estimands(hyper, new, self.coding)
        if not self.of_one_study:
            return found
        study = _of_one(self.hierarchy.new_effects(self.prior_theta, random))[..., None, :]
        return in_the_study(self.model, self.coding, found, hyper, study, new)

    def to_frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Estimates with everything that is known of their error, a row for each estimand.

        Proportions are between 0 and 1, ratios on their own scale, ``mu`` and ``tau`` on the scale
        of the analysis (logit, log, Fisher z).

        Parameters
        ----------
        names : iterable of str, optional
            All by default; ``sens`` stands for that of every group.

        Returns
        -------
        DataFrame
            Index ``estimand``; columns ``mean``, ``median``, ``sd``, ``eti95_lower`` and
            ``eti95_upper`` (95 % equal-tailed interval), Monte Carlo errors, ``ess_mean``.
        """
        from bayespool import frames

        return frames.of_estimates(self.estimates, self.estimates if names is None else names)

    def summary(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """`to_frame` with the columns that one reads: median, 95 % interval, its error."""
        from bayespool import frames

        return self.to_frame(names)[list(frames.READ)]

    def predict(
        self, at: Mapping[str, Any] | None = None, *, n_diseased: int = 0, n_healthy: int = 0
    ) -> pd.DataFrame:
        """The average study and a new study at covariate values; see `bayespool.prediction`."""
        from bayespool.prediction import predict

        return predict(self, at or {}, n_diseased, n_healthy)

    @property
    def provenance(self) -> dict[str, Any]:
        """Everything needed to repeat the fit."""
        return {
            "model": repr(self.model),
            "priors": {name: repr(prior) for name, prior in self.model.priors.items()},
            "engine": self.engine,
            "seed": self.seed,
            "data": {
                "name": self.studies.name,
                "file": self.studies.file,
                "sha256": self.studies.sha256,
                "rows": list(self.studies.row),
            },
            "versions": dict(self.versions),
            "engine_info": dict(self.draws.info),
            "messages": list(self.draws.messages),
        }

    @cached_property
    def tree(self) -> Any:
        """The fit as an xarray DataTree (see `bayespool.storage`)."""
        from bayespool.storage import to_tree

        return to_tree(self)

    def save(self, path: str | Path) -> None:
        """Write the DataTree as NetCDF."""
        from bayespool.storage import save

        save(self, path)


def _of_one(new: Array) -> Array:
    """Effects of a new study without the axis of groups, where there is one group."""
    return new[:, 0] if new.shape[1] == 1 else new
