"""Refits of one analysis in one file: what each needs to be the same fit when read again.

Of a refit only its own is written: the draws, each distinct one once, and which rows of the main
table it is of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.decoded import decoded, from_json
from bayespool.engines import grid
from bayespool.engines.draws import Draws
from bayespool.fitted import Fit
from bayespool.storage.facts import check_support, engine_info, hierarchy_in_file, seed_in_file
from bayespool.storage.groups import stored
from bayespool.storage.netcdf import created
from bayespool.storage.records import model_from_call, studies_from_record, studies_to_record
from bayespool.storage.sealed import sealing
from bayespool.storage.strict import Folder, opened

if TYPE_CHECKING:
    import h5py

Array = np.ndarray
FORMAT = "bayespool-refits-1"
ALLOWED = "a refits.nc as bayespool saved it, or none"
MOST_DRAWS = 10_000_000
Facts = Mapping[str, Any]
RECORD = {
    "model": str, "engine": str, "seed": int, "versions": Mapping[str, str],
    "messages": tuple[str, ...], "failures": tuple[str, ...], "shape": tuple[int, int],
    "coded_by_the_whole": bool, "rows": tuple[int, ...] | None,
}  # fmt: skip


def save_series(
    path: str | Path, fitted: Fit, series: Mapping[str, Iterable[tuple[Facts, Fit]]]
) -> None:
    """Write several series of refits of a fit, each refit with facts that JSON knows."""

    with sealing(path) as partial, created(partial) as file:
        file.attrs["format"] = FORMAT
        for name, refits in series.items():
            group = file.create_group(name, track_order=True)
            for number, (facts, refit) in enumerate(refits):
                _write(group.create_group(str(number), track_order=True), fitted, facts, refit)


def load_series(path: str | Path, fitted: Fit) -> dict[str, list[tuple[dict[str, Any], Fit]]]:
    """What `save_series` wrote of this fit.

    Raises
    ------
    ValueError
        Not such a file, or not as it was saved.
    """
    with opened(Path(path), FORMAT, ALLOWED) as root:
        groups = {name: root.folder(name) for name in root.names()}
        return {
            name: [_read(group.folder(number), fitted) for number in group.names()]
            for name, group in groups.items()
        }


def _write(target: h5py.Group, fitted: Fit, facts: Facts, refit: Fit) -> None:
    draws = refit.draws
    record: dict[str, Any] = {
        "facts": dict(facts),
        "model": repr(refit.model),
        "engine": draws.engine,
        "seed": refit.seed,
        "versions": dict(refit.versions),
        "info": dict(draws.info),
        "messages": list(draws.messages),
        "failures": list(draws.failures),
        "shape": list(draws.shape),
        "coded_by_the_whole": refit.whole is not None,
        **_which_rows(refit.studies, fitted.studies),
    }
    target.create_dataset("record", data=json.dumps(record))
    if "path" in draws.info:  # cheaper to lay out again than to store
        return
    first: Any = slice(None)
    if draws.ancestor is not None:
        _, first, copies = np.unique(draws.ancestor, return_index=True, return_inverse=True)
        _array(target, "ancestor", draws.ancestor)
        _array(target, "copies", copies)
    hyper = target.create_group("hyper", track_order=True)
    for name, values in draws.hyper.items():
        _array(hyper, stored(name), values.ravel()[first])
    stats = target.create_group("sample_stats", track_order=True)
    for name, values in draws.sample_stats.items():
        _array(stats, name, values)


def _array(target: h5py.Group, name: str, values: Array) -> None:
    if values.dtype.kind in "iu":
        values = values.astype(np.min_scalar_type(int(values.max(initial=0))))
    target.create_dataset(name, data=values, compression="gzip", compression_opts=1, shuffle=True)


def _which_rows(studies: Any, table: Any) -> dict[str, Any]:
    """Rows of the main table by number, or a whole record where they are others."""
    place = {row: i for i, row in enumerate(table.row)}
    if studies.sha256 == table.sha256 and all(row in place for row in studies.row):
        return {"rows": [place[row] for row in studies.row]}
    return {"studies": studies_to_record(studies)}


def _read(group: Folder, fitted: Fit) -> tuple[dict[str, Any], Fit]:
    record = _record(group.record("record"))
    model, seed = model_from_call(record["model"]), seed_in_file(record["seed"])
    studies: Any = (
        studies_from_record(record["studies"]) if record.get("rows") is None
        else _selected(fitted.studies, record["rows"])
    )  # fmt: skip
    whole = fitted.coding if record["coded_by_the_whole"] else None
    if whole is not None and not set(studies.row) <= set(whole.row):
        raise ValueError("a refit has rows that the table has not")
    hierarchy = hierarchy_in_file(model, studies, whole)
    draws = _draws(group, record, hierarchy)
    if "path" in record["info"]:
        draws = grid.run(hierarchy, seed)
    refit = Fit(model, studies, draws, seed, record["versions"], whole=whole)
    vars(refit)["hierarchy"] = hierarchy
    check_support(refit)
    return record["facts"], refit


def _record(text: str) -> dict[str, Any]:
    given = from_json(text, "record")
    if not isinstance(given, dict):
        raise ValueError("the record of a refit is no mapping")
    found = {
        name: decoded(given.get(name), hint, f"record: {name}") for name, hint in RECORD.items()
    }
    facts = given.get("facts")
    if not isinstance(facts, dict):
        raise ValueError("the record of a refit has no facts")
    return found | {"facts": facts, "studies": given.get("studies"), "info": given.get("info")}


def _selected(table: Any, rows: tuple[int, ...]) -> Any:
    if not all(0 <= row < len(table) for row in rows):
        raise ValueError("a refit has rows that the table has not")
    return table.select(list(rows))


def _draws(group: Folder, record: Mapping[str, Any], hierarchy: Any) -> Draws:
    shape = record["shape"]
    n = shape[0] * shape[1]
    if min(shape) < 1 or n > MOST_DRAWS:
        raise ValueError(f"a refit has draws of the shape {shape}")
    folder = group.folder("sample_stats") if "sample_stats" in group else None
    stats = {} if folder is None else {name: folder.values(name, shape) for name in folder.names()}
    info = engine_info(record["info"], record["engine"], hierarchy, stats)
    hyper: dict[str, Array] = {}
    ancestor = None
    if "path" not in info:
        distinct: int = n
        copies: Any = slice(None)
        if "copies" in group:
            ancestor = group.values("ancestor", (n,), "whole").astype(int)
            copies = group.values("copies", (n,), "whole").astype(int)
            distinct = int(copies.max()) + 1
        if distinct > n:
            raise ValueError("a refit has more distinct draws than draws")
        own = group.folder("hyper")
        hyper = {name: own.values(stored(name), (distinct,))[copies].reshape(shape)
                 for name in hierarchy.names}  # fmt: skip
    return Draws(
        engine=record["engine"],
        hyper=hyper,
        ancestor=ancestor,
        sample_stats=stats,
        info=info,
        messages=record["messages"],
        failures=record["failures"],
    )
