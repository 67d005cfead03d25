"""A fit as a NetCDF file that reads back into the same fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bayespool.agreement import Agreement
from bayespool.decoded import from_json
from bayespool.engines import grid
from bayespool.engines.draws import Draws
from bayespool.fitted import Fit
from bayespool.storage import netcdf
from bayespool.storage.facts import (
    check_support,
    engine_info,
    hierarchy_in_file,
    package_versions_in_file,
    seed_in_file,
    texts,
)
from bayespool.storage.groups import FORMAT, attributes, effect_names, groups_of, stored
from bayespool.storage.records import model_from_call, studies_from_record
from bayespool.storage.sealed import sealing
from bayespool.storage.strict import Folder, opened

Array = np.ndarray
DRAWS = "posterior.nc"  # in the folder of a report
ALLOWED = "a posterior.nc as bayespool saved it"
DRAWN, DRAWN_AGAIN = "as drawn", "drawn again when asked for"


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
    effects = DRAWN_AGAIN if fitted.draws.effects is None else DRAWN
    with sealing(path) as partial:
        netcdf.write(partial, groups, attributes(fitted) | {"effects": effects})


def load(path: str | Path) -> Fit:
    """Read a fit that `save` wrote, or the one in the folder of a report.

    Everything is checked before it is used: the checksum, the structure, types and sizes, model
    and studies, and that every draw is one that the prior allows.

    Raises
    ------
    FileNotFoundError
    ValueError
        When the file is not a fit of this package, or not as it was saved.
    """
    path = Path(path)
    with opened(path / DRAWS if path.is_dir() else path, FORMAT, ALLOWED) as root:
        model = model_from_call(root.text("model"))
        studies = studies_from_record(from_json(root.text("studies"), "studies"))
        whole = None
        if root.has_text("whole"):
            whole = studies_from_record(from_json(root.text("whole"), "whole"))
        hierarchy = hierarchy_in_file(model, studies, whole)
        draws = _draws(root, model, hierarchy)
        versions = package_versions_in_file(from_json(root.text("versions"), "versions"))
        fitted = Fit(model, studies, draws, seed_in_file(root.whole("seed")), versions, whole=whole)
        vars(fitted)["hierarchy"] = hierarchy
        check_support(fitted)
        if root.has_text("agreement"):
            vars(fitted)["agreement"] = Agreement.from_text(root.text("agreement"))
    return fitted


def _draws(root: Folder, model: Any, hierarchy: Any) -> Draws:
    posterior, stats_group = root.folder("posterior"), root.folder("sample_stats")
    engine = root.text("engine")
    shape = posterior.shape(stored(hierarchy.names[0])) if hierarchy.names else (0, 0)
    if len(shape) != 2 or not all(shape):
        raise ValueError(f"draws have the shape {shape}, and should have chains and draws")
    stats = {
        name: stats_group.values(name, shape, "whole" if name == "ancestor" else "number")
        for name in stats_group.names() if name not in ("chain", "draw")
    }  # fmt: skip
    ancestor = stats.pop("ancestor", None)
    info = engine_info(from_json(root.text("info"), "info"), engine, hierarchy, stats)
    # the deterministic path is cheaper to run again than to store
    again = grid.run(hierarchy, seed_in_file(root.whole("seed"))) if "path" in info else None
    effects = within = None
    how = root.text("effects")
    if how not in (DRAWN, DRAWN_AGAIN):
        raise ValueError(f"effects are {how[:40]!r}")
    if how == DRAWN:  # else drawn again from their conditional
        names = _effects(model, hierarchy)
        counts = hierarchy.n_studies, 0 if hierarchy.within is None else hierarchy.within.n_results
        parts = names[: hierarchy.dimension], names[hierarchy.dimension :]
        effects, within = (_stacked(posterior, part, (*shape, n))
                           for part, n in zip(parts, counts, strict=True))  # fmt: skip
        if effects is None:
            raise ValueError(f"{parts[0]} are missing")
    return Draws(
        engine=engine,
        hyper={name: posterior.values(stored(name), shape) for name in hierarchy.names},
        effects=effects,
        within=within,
        ancestor=None if ancestor is None else ancestor.ravel(),
        sample_stats=stats,
        z_new=None if again is None else again.z_new,
        exact={} if again is None else again.exact,
        info=info,
        messages=texts(root.text("messages"), "messages"),
        failures=texts(root.text("failures"), "failures"),
    )


def _effects(model: Any, hierarchy: Any) -> list[str]:
    """Variables of the effects of studies, and after them of those of results."""
    inside = 0 if hierarchy.within is None else hierarchy.within.Z.shape[1]
    own = [f"u_{name}" for name in effect_names(model, hierarchy)]
    return [*own, *(f"w_{i}" for i in range(inside))]


def _stacked(posterior: Folder, names: list[str], shape: tuple[int, ...]) -> Array | None:
    """Variables along a first axis, that of studies or results second; None without any."""
    if not any(name in posterior for name in names):
        return None
    return np.stack([np.moveaxis(posterior.values(name, shape), -1, 0) for name in names])
