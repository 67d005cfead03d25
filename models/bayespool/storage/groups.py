"""The groups of draws and data that ArviZ knows, of a fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.storage.netcdf import Group
from bayespool.storage.records import studies_to_record
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Array = np.ndarray
Variables = dict[str, tuple[tuple[str, ...], Array]]
FORMAT = "bayespool-fit-1"
SAMPLED = ("chain", "draw")


def to_tree(fitted: Fit) -> Any:
    """The groups of a fit as an `xarray.DataTree`; see `groups_of`."""
    import xarray as xr

    tree = xr.DataTree.from_dict(
        {
            f"/{name}": xr.Dataset(dict(group.variables), dict(group.coords))
            for name, group in groups_of(fitted).items()
        }
    )
    tree.attrs = attributes(fitted)
    return tree


def groups_of(fitted: Fit) -> dict[str, Group]:
    """All groups that ArviZ knows.

    ``log_likelihood`` is per study with study effects integrated out, named for what is observed
    where every study has one row of one kind; ``posterior_predictive`` replicates every study with
    new effects (mixed predictive); ``log_prior`` is per hyperparameter.
    """
    hierarchy, studies = fitted.hierarchy, fitted.studies
    chains, draws = fitted.draws.shape
    labels = list(hierarchy.labels)
    drawn: dict[str, Any] = {"chain": np.arange(chains), "draw": np.arange(draws)}
    of_prior = np.arange(fitted.prior_theta.shape[1])
    prior_drawn: dict[str, Any] = {"chain": np.arange(1), "draw": of_prior}
    by_study, of_study = (*SAMPLED, "study"), {"study": labels}
    random = rng(fitted.seed, "prior predictive")
    prior_effects = hierarchy.new_studies(fitted.prior_theta, random)
    prior_rows = hierarchy.simulate(fitted.prior_theta, prior_effects, random)
    return {
        "posterior": Group(drawn | of_study, _posterior(fitted)),
        "sample_stats": Group(drawn, {n: (SAMPLED, x) for n, x in sample_stats(fitted).items()}),
        "log_likelihood": Group(
            drawn | of_study,
            {_observed_by_study(hierarchy): (by_study, _last(fitted.log_likelihood))},
        ),
        "log_prior": Group(
            drawn,
            {
                stored(name): (SAMPLED, values.reshape(chains, draws))
                for name, values in hierarchy.log_prior_by_name(fitted.theta).items()
            },
        ),
        "posterior_predictive": Group(
            drawn | of_study, _rows(hierarchy, fitted.predictive, (chains, draws))
        ),
        "prior": Group(
            prior_drawn, {stored(n): (SAMPLED, x) for n, x in fitted.prior_samples.items()}
        ),
        "prior_predictive": Group(
            prior_drawn | of_study, _rows(hierarchy, prior_rows, (1, prior_rows.shape[-1]))
        ),
        "observed_data": Group(of_study, _observed(hierarchy)),
        "constant_data": Group(
            {_by_row(fitted): list(studies.row)},
            {name: ((_by_row(fitted),), value) for name, value in _numbers(studies).items()},
        ),
    }


def attributes(fitted: Fit) -> dict[str, Any]:
    """Everything of a fit that is no array, as texts and numbers."""
    draws, beside = fitted.draws, {}
    if fitted.agreement is not None:
        beside["agreement"] = fitted.agreement.text()
    if fitted.whole is not None:
        beside["whole"] = json.dumps(studies_to_record(fitted.whole))
    return {
        "format": FORMAT,
        "model": repr(fitted.model),
        "priors": json.dumps({n: repr(p) for n, p in fitted.model.priors.items()}),
        "engine": fitted.engine,
        "seed": fitted.seed,
        "data_sha256": fitted.studies.sha256,
        "versions": json.dumps(dict(fitted.versions)),
        "info": json.dumps(dict(draws.info)),
        "messages": json.dumps(list(draws.messages)),
        "failures": json.dumps(list(draws.failures)),
        "studies": json.dumps(studies_to_record(fitted.studies)),
        **beside,
    }


def sample_stats(fitted: Fit) -> dict[str, Array]:
    """What the engine tells of every draw, (n_chains, n_draws)."""
    stats = dict(fitted.draws.sample_stats)
    if fitted.draws.ancestor is not None:
        stats["ancestor"] = fitted.draws.ancestor.reshape(fitted.draws.shape)
    return stats


def effect_names(model: Any, hierarchy: Any) -> tuple[str, ...]:
    """What each dimension of the study effects is called in a file.

    A model may have effects beside those that it speaks of: baselines, shared sampling errors.
    """
    if len(model.effects) == hierarchy.dimension:
        return tuple(model.effects)
    spread = hierarchy.sigmas[0].scales
    return tuple(model.effects[0] if name == model.spread else name for name in spread)


def stored(name: str) -> str:
    """The name in a file, where a slash would part groups: a division slash stands for it."""
    return name.replace("/", "\u2215")


def _posterior(fitted: Fit) -> Variables:
    by_study = (*SAMPLED, "study")
    samples = fitted.samples | dict(fitted.draws.hyper)
    out: Variables = {stored(name): (SAMPLED, values) for name, values in samples.items()}
    names = effect_names(fitted.model, fitted.hierarchy)
    for effect, values in zip(names, fitted.effects, strict=True):
        out[f"u_{effect}"] = (by_study, _last(values))
    for i, values in enumerate(fitted.within if fitted.within is not None else ()):
        out[f"w_{i}"] = ((*SAMPLED, "within"), _last(values))
    for name, values in fitted.study_samples.items():
        of_studies = len(values) == fitted.hierarchy.n_studies
        dims = by_study if of_studies else (*SAMPLED, _by_row(fitted))
        out[f"{name}_study"] = (dims, _last(values))
    return out


def _by_row(fitted: Fit) -> str:
    """The dimension of the rows of the table."""
    return "study" if tuple(fitted.studies.row) == tuple(fitted.hierarchy.labels) else "result"


def _rows(hierarchy: Any, values: Array, shape: tuple[int, int]) -> Variables:
    """Rows of the hierarchy by what they observe."""
    out: Variables = {}
    for kind, (study, part) in hierarchy.by_kind(values).items():
        once = np.array_equal(study, np.arange(hierarchy.n_studies))
        out[kind] = ((*SAMPLED, "study" if once else "result"), _last(part.reshape(-1, *shape)))
    return out


def _observed_by_study(hierarchy: Any) -> str:
    """What the likelihood of a study is of: one row of a kind that ArviZ finds, or all its rows."""
    kinds = hierarchy.by_kind(hierarchy.likelihood.observed())
    if len(kinds) == 1:
        ((name, (study, _)),) = kinds.items()
        if np.array_equal(study, np.arange(hierarchy.n_studies)):
            return str(name)
    return "studies"


def _observed(hierarchy: Any) -> Variables:
    return {
        kind: (("study",) if len(part) == hierarchy.n_studies else ("result",), np.asarray(part))
        for kind, (_, part) in hierarchy.by_kind(hierarchy.likelihood.observed()).items()
    }


def _last(values: Array) -> Array:
    """The first axis at the end."""
    return np.moveaxis(values, 0, -1)


def _numbers(studies: Any) -> dict[str, Array]:
    """The arrays of a study table: counts, effects and their errors."""
    return {name: getattr(studies, name) for name in (*studies.ARRAYS, *studies.DERIVED)}
