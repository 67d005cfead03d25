"""A fit as an xarray DataTree, and the same as NetCDF that reads back into the same fit."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from bayespool.calls import prior_from_call
from bayespool.engines import grid
from bayespool.engines.draws import Draws
from bayespool.fitting import Fit

FORMAT = "bayespool-fit-1"


def to_tree(fitted: Fit) -> Any:
    """All groups that ArviZ knows, as an `xarray.DataTree`.

    ``log_likelihood`` is per study with study effects integrated out; ``posterior_predictive``
    replicates every study with new effects (mixed predictive).
    """
    import xarray as xr

    hierarchy, studies = fitted.hierarchy, fitted.studies
    chains, draws = fitted.draws.shape
    labels = list(hierarchy.labels)
    by_row = "study" if list(studies.row) == labels else "result"
    coords = {"chain": np.arange(chains), "draw": np.arange(draws), "study": labels}
    sampled = ("chain", "draw")
    by_study = ("chain", "draw", "study")

    def last(values: np.ndarray) -> np.ndarray:
        return np.moveaxis(values, 0, -1)

    drawn = dict(fitted.draws.hyper) | fitted.samples
    posterior: dict[str, Any] = {stored(n): (sampled, x) for n, x in drawn.items()}
    for i, effect in enumerate(effect_names(fitted.model, hierarchy)):
        posterior[f"u_{effect}"] = (by_study, last(fitted.effects[i]))
    for i, values in enumerate(fitted.within if fitted.within is not None else ()):
        posterior[f"w_{i}"] = (("chain", "draw", "within"), last(values))
    for name, values in fitted.study_samples.items():
        dims = by_study if len(values) == len(labels) else ("chain", "draw", by_row)
        posterior[f"{name}_study"] = (dims, last(values))

    def rows(values: np.ndarray, shape: tuple[int, int]) -> dict[str, Any]:
        out = {}
        for kind, (study, part) in hierarchy.by_kind(values).items():
            once = np.array_equal(study, np.arange(len(labels)))
            dims = by_study if once else ("chain", "draw", "result")
            out[kind] = (dims, last(part.reshape(-1, *shape)))
        return out

    rng = np.random.default_rng([fitted.seed, 5])
    prior_theta = fitted.prior_theta
    prior_effects = hierarchy.new_studies(prior_theta, rng)
    prior_rows = hierarchy.simulate(prior_theta, prior_effects, rng)
    prior_coords = coords | {"chain": [0], "draw": np.arange(prior_theta.shape[1])}

    stats = dict(fitted.draws.sample_stats)
    if fitted.draws.ancestor is not None:
        stats["ancestor"] = fitted.draws.ancestor[None]
    observed = {
        kind: (("study",) if len(part) == len(labels) else ("result",), part)
        for kind, (_, part) in hierarchy.by_kind(hierarchy.likelihood.observed()).items()
    }
    groups = {
        "posterior": xr.Dataset(posterior, coords),
        "sample_stats": xr.Dataset(
            {n: (sampled, x) for n, x in stats.items()},
            {k: coords[k] for k in ("chain", "draw")},
        ),
        "log_likelihood": xr.Dataset({"studies": (by_study, last(fitted.log_likelihood))}, coords),
        "posterior_predictive": xr.Dataset(rows(fitted.predictive, (chains, draws)), coords),
        "prior": xr.Dataset(
            {stored(n): (sampled, x) for n, x in fitted.prior_samples.items()},
            {k: prior_coords[k] for k in ("chain", "draw")},
        ),
        "prior_predictive": xr.Dataset(rows(prior_rows, (1, prior_theta.shape[1])), prior_coords),
        "observed_data": xr.Dataset(observed, {"study": labels}),
        "constant_data": xr.Dataset(
            {name: ((by_row,), value) for name, value in _numbers(studies).items()},
            {by_row: list(studies.row)},
        ),
    }
    tree = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    tree.attrs = {
        "format": FORMAT,
        "model": repr(fitted.model),
        "priors": json.dumps({n: repr(p) for n, p in fitted.model.priors.items()}),
        "engine": fitted.engine,
        "seed": fitted.seed,
        "data_sha256": studies.sha256,
        "versions": json.dumps(dict(fitted.versions)),
        "info": json.dumps(dict(fitted.draws.info)),
        "messages": json.dumps(list(fitted.draws.messages)),
        "failures": json.dumps(list(fitted.draws.failures)),
        "studies": json.dumps(studies_to_record(studies)),
    }
    return tree


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


def save(fitted: Fit, path: str | Path) -> None:
    """Write the DataTree as NetCDF-4."""
    fitted.tree.to_netcdf(path, engine="h5netcdf")


def load(path: str | Path) -> Fit:
    """Read a fit that `save` wrote.

    Raises
    ------
    FileNotFoundError
    ValueError
        When the file is not a fit of this package.
    """
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; legal: a posterior.nc written by bayespool")
    try:
        tree = xr.open_datatree(path, engine="h5netcdf")
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name}: not a NetCDF file ({error})") from None
    with tree:
        if tree.attrs.get("format") != FORMAT:
            raise ValueError(
                f"{path.name}: not a fit of this package (format attribute "
                f"{tree.attrs.get('format')!r}); legal: {FORMAT}"
            )
        tree = tree.load()
    model = model_from_call(tree.attrs["model"])
    studies = studies_from_record(json.loads(tree.attrs["studies"]))
    hierarchy = model.hierarchy(studies)
    kept = [f"u_{effect}" for effect in effect_names(model, hierarchy)]
    effects = None
    if set(kept) <= set(tree["posterior"].data_vars):  # else drawn again from their conditional
        effects = np.stack([np.moveaxis(tree["posterior"][n].values, -1, 0) for n in kept])
    hyper = {n: tree["posterior"][stored(n)].values for n in hierarchy.names}
    own = [n for n in tree["posterior"].data_vars if "within" in tree["posterior"][n].dims]
    within = [np.moveaxis(tree["posterior"][n].values, -1, 0) for n in sorted(own)]
    stats = {n: v.values for n, v in tree["sample_stats"].data_vars.items()}
    ancestor = stats.pop("ancestor", None)
    info = json.loads(tree.attrs["info"])
    # the deterministic path is cheaper to run again than to store
    again = grid.run(hierarchy, int(tree.attrs["seed"])) if "path" in info else None
    draws = Draws(
        engine=tree.attrs["engine"],
        hyper=hyper,
        effects=effects,
        within=np.stack(within) if within else None,
        ancestor=None if ancestor is None else ancestor[0],
        sample_stats=stats,
        z_new=None if again is None else again.z_new,
        exact={} if again is None else again.exact,
        info=info,
        messages=tuple(json.loads(tree.attrs["messages"])),
        failures=tuple(json.loads(tree.attrs["failures"])),
    )
    versions = json.loads(tree.attrs["versions"])
    return Fit(model, studies, draws, int(tree.attrs["seed"]), versions)


def model_from_call(text: str) -> Any:
    """A model from its own call as text, such as ``Bivariate(sens=Normal(0, 1.5), ...)``.

    Parsed, never evaluated.

    Raises
    ------
    ValueError
        Not a call of a model, or one with options that the model has not, or no longer has.
    """
    from bayespool import accuracy, association

    models: dict[str, Any] = {
        name: getattr(home, name)
        for home in (accuracy, association)
        for name in home.__all__
        if isinstance(getattr(home, name), type)
    }
    call = ast.parse(text, mode="eval").body
    if not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in models
    ):
        raise ValueError(f"{text!r} is not a model; legal: a call of {', '.join(models)}")
    options = {
        str(item.arg): prior_from_call(item.value)
        if isinstance(item.value, ast.Call)
        else ast.literal_eval(item.value)
        for item in call.keywords
    }
    kind = models[call.func.id]
    allowed = [item.name for item in fields(kind) if item.init]
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise ValueError(
            f"{call.func.id} has no option {', '.join(unknown)}: the fit was written by another "
            f"version of this package, whose model was another; allowed: {', '.join(allowed)}"
        )
    return kind(**options)


def studies_to_record(studies: Any) -> dict[str, Any]:
    """Studies of any shape as plain lists and texts, with the name of their class."""
    record: dict[str, Any] = {"kind": type(studies).__name__}
    for item in fields(studies):
        value = getattr(studies, item.name)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        elif isinstance(value, Mapping):
            value = {key: list(column) for key, column in value.items()}
        elif item.name == "partial":
            value = [None if row is None else asdict(row) for row in value]
        record[item.name] = value
    return record


def studies_from_record(record: dict[str, Any]) -> Any:
    """The studies that `studies_to_record` wrote down."""
    from bayespool import studies

    kind = getattr(studies, record["kind"])
    arrays = set(kind.ARRAYS)
    return kind(
        **{
            key: np.array(value)
            if key in arrays
            else tuple(tuple(v) if isinstance(v, list) else v for v in value)
            if isinstance(value, list)
            else value
            for key, value in record.items()
            if key != "kind"
        }
    )


def _numbers(studies: Any) -> dict[str, np.ndarray]:
    """The arrays of a study table: counts, effects and their errors."""
    return {name: getattr(studies, name) for name in (*studies.ARRAYS, *studies.DERIVED)}
