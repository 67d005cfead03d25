"""``fit(model, studies)``: run an engine and hold what came out and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool import __version__
from bayespool.engines.draws import Draws
from bayespool.estimands import Estimate, Estimates
from bayespool.hierarchy import Hierarchy
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
DEFAULT_SEED = 2026
ENGINES = ("auto", "nuts", "quadrature")
N_PRIOR = 4_000


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: draws, and what follows from them, computed when first asked for.

    Attributes
    ----------
    model, studies : the model and the data it was fitted to
    draws : Draws
    seed : int
    versions : mapping of package to version at the time of the fit
    """

    model: Any
    studies: AccuracyStudies
    draws: Draws
    seed: int
    versions: Mapping[str, str]

    @property
    def engine(self) -> str:
        return self.draws.engine

    @cached_property
    def hierarchy(self) -> Hierarchy:
        return self.model.hierarchy(self.studies)

    @cached_property
    def coding(self) -> Any:
        """The studies that covariates and tests are coded by: those fitted, or the whole table."""
        return self.studies

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

    @cached_property
    def samples(self) -> dict[str, Array]:
        """Draws of every estimand, each of shape (n_chains, n_draws)."""
        random = rng(self.seed, "new study")
        if self.draws.z_new is None:
            new = self.hierarchy.new_effects(self.theta, random)
        else:
            z = self.draws.z_new.reshape(len(self.draws.z_new), 1, -1)
            new = self.hierarchy.effects_from(self.theta, z, random)
        new = self._shaped(_of_one(new))
        return self.model.estimands(dict(self.draws.hyper), new, self.coding)

    @cached_property
    def estimates(self) -> Mapping[str, Estimate]:
        """Summary of every estimand: exact where the engine knows its marginal, else of draws."""
        exact = self.model.exact(dict(self.draws.exact), self.studies) if self.draws.exact else {}
        error = float(self.draws.info.get("grid_error", 0.0))
        endless = tuple(getattr(self.model, "without_mean", ()))
        return Estimates(self.samples, self.draws.ancestor, exact, error, endless)

    @cached_property
    def study_samples(self) -> dict[str, Array]:
        """Draws of each study's own estimands, shape (n_studies, n_chains, n_draws).

        Of every row of the table where the model speaks of rows.
        """
        if hasattr(self.model, "row_estimands"):
            return self.model.row_estimands(self.predictors, self.studies)
        return self.model.study_estimands(dict(self.draws.hyper), self.effects, self.studies)

    @cached_property
    def log_likelihood(self) -> Array:
        """Log likelihood of each study, study effects integrated out.

        Shape (n_studies, n_chains, n_draws).
        """
        nodes = int(self.draws.info.get("nodes", 15))
        return self._shaped(self.hierarchy.log_likelihood(self.theta, nodes))

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
        return self.model.estimands(hyper, new, self.coding)

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
    engine : {"auto", "nuts", "quadrature"}
        ``auto`` takes quadrature where the model has a hierarchy and the engine's self-check
        passes, and goes on to NUTS otherwise; the fit's messages say which and why.
    seed : int
    **options
        Passed to the engine: ``ess`` and ``nodes`` for quadrature; ``draws``, ``sampler`` and
        ``progress`` for NUTS.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine={engine!r} is unknown; legal: {', '.join(ENGINES)}")
    _check_options(engine, options)
    studies = studies.by_study()
    model.check(studies)
    hierarchy = model.hierarchy(studies)
    messages: tuple[str, ...] = ()
    draws: Draws | None = None
    if engine in ("auto", "quadrature"):
        from bayespool.engines import quadrature

        draws = quadrature.run(hierarchy, seed, **_only(options, QUADRATURE_OPTIONS))
        if engine == "auto" and draws.failures:
            reasons = "; ".join(draws.failures)
            messages = (
                f"quadrature did not pass its self-check ({reasons}); fitted by NUTS instead",
            )
            draws = None
    if draws is None:
        from bayespool.engines import nuts

        draws = nuts.sample(model.build(studies), hierarchy, seed, **_only(options, NUTS_OPTIONS))
    cautions = (getattr(prior, "caution", "") for prior in model.priors.values())
    messages += tuple(caution for caution in cautions if caution)
    if messages:
        draws = replace(draws, messages=messages + draws.messages)
    return Fit(model, studies, draws, seed, package_versions(draws.engine))


def _of_one(new: Array) -> Array:
    """Effects of a new study without the axis of groups, where there is one group."""
    return new[:, 0] if new.shape[1] == 1 else new


QUADRATURE_OPTIONS = ("ess", "nodes")
NUTS_OPTIONS = ("draws", "sampler", "progress")


def _check_options(engine: str, options: Mapping[str, Any]) -> None:
    legal = {
        "quadrature": QUADRATURE_OPTIONS,
        "nuts": NUTS_OPTIONS,
        "auto": QUADRATURE_OPTIONS + NUTS_OPTIONS,
    }[engine]
    unknown = sorted(set(options) - set(legal))
    if unknown:
        raise TypeError(
            f"engine {engine!r} has no option {', '.join(unknown)}; legal: {', '.join(legal)}"
        )


def _only(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in names}


@lru_cache(maxsize=4)
def package_versions(engine: str) -> Mapping[str, str]:
    """Versions of what produced the numbers."""
    from importlib.metadata import version

    packages = ["numpy", "scipy"]
    if engine == "nuts":
        packages += ["pymc", "pytensor", "nutpie", "arviz-stats"]
    return {"bayespool": __version__} | {name: version(name) for name in packages}


def provenance_json(fitted: Fit) -> str:
    """Provenance as compact JSON, for file attributes."""
    return json.dumps(fitted.provenance, sort_keys=True)
