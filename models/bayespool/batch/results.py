"""The dataset of results: its schema, and parts that appear whole or not at all.

A folder ``results`` of Parquet files, a row for each analysis, each estimand and each check; what a
row is of stands in ``record``. A part holds all rows of its analyses, so that one rename makes them
be there. ``posteriors`` holds the draws of the same parts, where they were asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from bayespool.replacing import replacing_file

if TYPE_CHECKING:
    from bayespool.batch.analysis import Analysis

RESULTS, POSTERIORS = "results", "posteriors"
NUMBERS = ("mean", "median", "sd", "lower", "upper", "mcse_mean", "mcse_median", "mcse_lower",
           "mcse_upper", "ess")  # fmt: skip
SCHEMA = pa.schema([
    ("analysis", pa.string()),  # its name in the plan
    ("key", pa.string()),  # hash of table, options and version
    ("record", pa.string()),  # analysis, estimate or check
    ("name", pa.string()),  # of the estimand or the check; of the analysis what failed, if anything
    ("label", pa.string()),  # in words
    ("unit", pa.string()),  # proportion, points, ratio, effect or number
    ("main", pa.bool_()),  # one of the estimands that a report shows first
    *((name, pa.float64()) for name in NUMBERS),  # of an estimand; null where infinite or undefined
    ("value", pa.float64()),  # of a check
    ("threshold", pa.float64()),
    ("passed", pa.bool_()),  # of a check (null: it could not fail); of an analysis all its gates
    ("gate", pa.bool_()),  # the check decides whether the numbers may be used
    ("sentence", pa.string()),  # of a check what was found; of an analysis why it failed
    ("file", pa.string()),  # of an analysis, here and below
    ("measure", pa.string()),  # empty for accuracy
    ("model", pa.string()),  # with its priors, as its own call
    ("engine", pa.string()),
    ("seed", pa.int64()),
    ("rows", pa.int64()),
    ("studies", pa.int64()),
    ("warnings", pa.list_(pa.string())),  # odd but allowed in the table, and said by the engine
    ("seconds", pa.float64()),
    ("version", pa.string()),  # of bayespool
])  # fmt: skip
DRAWS = pa.schema([
    ("analysis", pa.string()), ("key", pa.string()), ("name", pa.string()),
    ("draws", pa.list_(pa.float64())),
])  # fmt: skip
WORKER = "worker"  # died of it: the next run tries again
Named = tuple[str, str]


def part_name(analyses: Sequence[Analysis]) -> str:
    """Of the file that holds the results of these."""
    text = "\n".join(f"{one.name}\t{one.key}" for one in analyses)
    return f"part-{hashlib.sha256(text.encode()).hexdigest()[:24]}.parquet"


def table_of(rows: Iterable[dict[str, Any]], schema: pa.Schema = SCHEMA) -> pa.Table:
    """Rows, which leave out what is null."""
    return pa.Table.from_pylist(list(rows), schema=schema)


def write_part(folder: Path, name: str, results: pa.Table, draws: pa.Table | None) -> None:
    """Put a part into the folder; its results last, as they say that it is there."""
    if draws is not None:
        _write(folder / POSTERIORS / name, draws)
    _write(folder / RESULTS / name, results)


def _write(place: Path, table: pa.Table) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing_file(place) as partial:
        pq.write_table(table, partial, compression="zstd")


def finished(folder: Path, wanted: Collection[Named], *, draws: bool) -> set[Named]:
    """Those of the wanted names and keys that are done; rows of others are removed.

    Parameters
    ----------
    folder : Path
        Of the batch.
    wanted : collection of (name, key)
        All that the plan holds now.
    draws : bool
        Posteriors are wanted too.
    """
    done = set[Named]()
    for place in sorted((folder / RESULTS).glob("part-*.parquet")):
        beside = folder / POSTERIORS / place.name
        rows = pq.read_table(place, columns=["analysis", "key", "record", "name"]).to_pylist()
        own = [row for row in rows if row["record"] == "analysis"]
        names = {(row["analysis"], row["key"]) for row in own if row["name"] != WORKER}
        kept = names & set(wanted) - done
        if draws and not beside.is_file():
            kept = set()
        if not kept:
            place.unlink()
            beside.unlink(missing_ok=True)
        elif len(kept) < len(own):
            _without_others(place, kept)
            if beside.is_file():
                _without_others(beside, kept)
        done |= kept
    for place in (folder / POSTERIORS).glob("part-*.parquet"):  # written before a run was killed
        if not (folder / RESULTS / place.name).is_file():
            place.unlink()
    return done


def _without_others(place: Path, kept: Collection[Named]) -> None:
    table = pq.read_table(place)
    names = zip(table.column("analysis").to_pylist(), table.column("key").to_pylist(), strict=True)
    _write(place, table.filter(pa.array([name in kept for name in names])))


def read_results(folder: Path) -> pa.Table:
    """The whole dataset; no rows where nothing is done yet."""
    parts = sorted((folder / RESULTS).glob("part-*.parquet"))
    if not parts:
        return SCHEMA.empty_table()
    return pa.concat_tables([pq.read_table(part, schema=SCHEMA) for part in parts])


def holds_any(folder: Path, names: Collection[str]) -> bool:
    """One of these analyses is there, or none at all."""
    parts = sorted((folder / RESULTS).glob("part-*.parquet"))
    found = (pq.read_table(part, columns=["analysis"]).column(0).to_pylist() for part in parts)
    return not parts or any(not set(names).isdisjoint(own) for own in found)


def count(folder: Path, *, passed: bool) -> int:
    """How many analyses have an answer that may be used, or none."""
    columns = ["record", "passed"]
    parts = (folder / RESULTS).glob("part-*.parquet")
    rows = (row for part in parts for row in pq.read_table(part, columns=columns).to_pylist())
    return sum(row["record"] == "analysis" and row["passed"] is passed for row in rows)
