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

from bayespool.engines import grid
from bayespool.engines.draws import Draws
from bayespool.fitted import Fit, hierarchy_of
from bayespool.storage.records import model_from_call, studies_from_record, studies_to_record

if TYPE_CHECKING:
    import h5py

Array = np.ndarray
FORMAT = "bayespool-refits-1"
Facts = Mapping[str, Any]


def save_series(
    path: str | Path, fitted: Fit, series: Mapping[str, Iterable[tuple[Facts, Fit]]]
) -> None:
    """Write several series of refits of a fit, each refit with facts that JSON knows."""
    import h5py

    with h5py.File(path, "w", track_order=True) as file:
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
        Not such a file.
    """
    import h5py

    path = Path(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path.name}: not a file of refits ({error})") from None
    with file:
        if file.attrs.get("format") != FORMAT:
            raise ValueError(f"{path.name}: not a file of refits; allowed: {FORMAT}")
        return {
            name: [_read(group[number], fitted) for number in group] for name, group in file.items()
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
        _array(hyper, name.replace("/", "\u2215"), values.ravel()[first])
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


def _read(group: h5py.Group, fitted: Fit) -> tuple[dict[str, Any], Fit]:
    record = json.loads(group["record"][()])
    model, table = model_from_call(record["model"]), fitted.studies
    studies: Any = (
        table.select(record["rows"]) if "rows" in record else studies_from_record(record["studies"])
    )
    whole = fitted.coding if record["coded_by_the_whole"] else None
    seed, info = int(record["seed"]), record["info"]
    refit = Fit(model, studies, _draws(group, record), seed, record["versions"], whole=whole)
    if "path" in info:
        draws = grid.run(hierarchy_of(model, studies, whole), seed)
        refit = Fit(model, studies, draws, seed, record["versions"], whole=whole)
    return record["facts"], refit


def _draws(group: h5py.Group, record: Mapping[str, Any]) -> Draws:
    copies = group["copies"][()].astype(int) if "copies" in group else slice(None)
    return Draws(
        engine=record["engine"],
        hyper={
            name.replace("\u2215", "/"): values[()][copies].reshape(record["shape"])
            for name, values in group.get("hyper", {}).items()
        },
        ancestor=group["ancestor"][()].astype(int) if "ancestor" in group else None,
        sample_stats={name: values[()] for name, values in group.get("sample_stats", {}).items()},
        info=record["info"],
        messages=tuple(record["messages"]),
        failures=tuple(record["failures"]),
    )
