"""A fit as a NetCDF file that reads back into the same fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.agreement import Agreement
from bayespool.engines import grid
from bayespool.engines.draws import Draws
from bayespool.fitted import Fit, hierarchy_of
from bayespool.storage import netcdf
from bayespool.storage.groups import FORMAT, attributes, effect_names, groups_of, stored
from bayespool.storage.records import model_from_call, studies_from_record

if TYPE_CHECKING:
    import h5py

Array = np.ndarray
DRAWS = "posterior.nc"  # in the folder of a report


def save(fitted: Fit, path: str | Path) -> None:
    """Write a fit as NetCDF-4, which ArviZ and xarray read too.

    Hyperparameters, and effects that the engine drew, keep all their digits. What follows from
    them is there for other programs, and has seven digits; counts are small integers.
    """
    exact = {("posterior", stored(name)) for name in (*fitted.draws.hyper, *fitted.samples)}
    exact |= {("sample_stats", name) for name in fitted.draws.sample_stats}
    if fitted.draws.effects is not None:
        exact |= {("posterior", name) for name in _effects(fitted.model, fitted.hierarchy)}
    groups = {
        name: netcdf.Group(
            group.coords,
            {
                own: (dims, values if (name, own) in exact else netcdf.compact(values))
                for own, (dims, values) in group.variables.items()
            },
        )
        for name, group in groups_of(fitted).items()
    }
    effects = "as drawn" if fitted.draws.effects is not None else "drawn again when asked for"
    netcdf.write(path, groups, attributes(fitted) | {"effects": effects})


def load(path: str | Path) -> Fit:
    """Read a fit that `save` wrote, or the one in the folder of a report.

    Raises
    ------
    FileNotFoundError
    ValueError
        When the file is not a fit of this package.
    """
    import h5py

    path = Path(path)
    if path.is_dir():
        path /= DRAWS
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; allowed: a posterior.nc written by bayespool"
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path.name}: not a NetCDF file ({error})") from None
    with file:
        told = dict(file.attrs)
        if told.get("format") != FORMAT:
            raise ValueError(
                f"{path.name}: not a fit of this package (format attribute "
                f"{told.get('format')!r}); allowed: {FORMAT}"
            )
        model = model_from_call(told["model"])
        studies = studies_from_record(json.loads(told["studies"]))
        whole = studies_from_record(json.loads(told["whole"])) if "whole" in told else None
        draws = _draws(file, told, model, hierarchy_of(model, studies, whole))
    versions = json.loads(told["versions"])
    fitted = Fit(model, studies, draws, int(told["seed"]), versions, whole=whole)
    if "agreement" in told:
        vars(fitted)["agreement"] = Agreement.from_text(told["agreement"])
    return fitted


def _draws(file: h5py.File, told: dict[str, Any], model: Any, hierarchy: Any) -> Draws:
    posterior = file["posterior"]
    info = json.loads(told["info"])
    # the deterministic path is cheaper to run again than to store
    again = grid.run(hierarchy, int(told["seed"])) if "path" in info else None
    effects = within = None
    if told.get("effects", "as drawn") == "as drawn":  # else drawn again from their conditional
        names = _effects(model, hierarchy)
        effects = _stacked(posterior, names[: hierarchy.dimension])
        within = _stacked(posterior, names[hierarchy.dimension :])
    stats = {
        name: values[()].astype(bool) if values.attrs.get("dtype") == "bool" else values[()]
        for name, values in file["sample_stats"].items()
        if name not in ("chain", "draw")
    }
    ancestor = stats.pop("ancestor", None)
    return Draws(
        engine=told["engine"],
        hyper={name: posterior[stored(name)][()] for name in hierarchy.names},
        effects=effects,
        within=within,
        ancestor=None if ancestor is None else ancestor.ravel(),
        sample_stats=stats,
        z_new=None if again is None else again.z_new,
        exact={} if again is None else again.exact,
        info=info,
        messages=tuple(json.loads(told["messages"])),
        failures=tuple(json.loads(told["failures"])),
    )


def _effects(model: Any, hierarchy: Any) -> list[str]:
    """Variables of the effects of studies, and after them of those of results."""
    inside = 0 if hierarchy.within is None else hierarchy.within.Z.shape[1]
    own = [f"u_{name}" for name in effect_names(model, hierarchy)]
    return [*own, *(f"w_{i}" for i in range(inside))]


def _stacked(posterior: h5py.Group, names: list[str]) -> Array | None:
    """Variables along a first axis, that of studies or results second; None without any."""
    if not names or not all(name in posterior for name in names):
        return None
    return np.stack([np.moveaxis(posterior[name][()], -1, 0) for name in names])
