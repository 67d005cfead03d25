"""Many analyses by `bayespool batch` and by metafor on the same tables, in the same run.

``uv run benchmarks/batch.py [ANALYSES] [BIVARIATE]`` writes ``benchmarks/batch.csv``: seconds that
elapsed and seconds of processors, of whole commands as a user starts them. bayespool works with as
many processes as there are cores and makes posterior draws of every quantity, metafor point
estimates in one R process. What elapses depends on what else the machine does, the rest far less.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from bayespool.batch import results
from bayespool.parallel import cores

HERE = Path(__file__).resolve().parent
COLUMNS = ("work", "by", "analyses", "failed", "processes", "seconds", "processor_seconds",
           "analyses_per_second")  # fmt: skip
SEED = 20


def normal_tables(n: int) -> pa.Table:
    """Effects with standard errors of 3 to 20 studies each."""
    random = np.random.default_rng(SEED)
    names, studies, estimates, errors = [], [], [], []
    for i in range(n):
        k = int(random.integers(3, 21))
        se = random.uniform(0.1, 0.5, k)
        estimate = random.normal(random.normal(0, 0.3), np.hypot(se, random.uniform(0, 0.3)))
        names += [f"a{i}"] * k
        studies += [f"S{j}" for j in range(k)]
        estimates += estimate.tolist()
        errors += se.tolist()
    return pa.table({"analysis": names, "study": studies, "estimate": estimates, "se": errors})


def accuracy_tables(n: int) -> pa.Table:
    """2x2 tables of 6 to 15 studies each."""
    random = np.random.default_rng(SEED)
    rows: dict[str, list[object]] = {c: [] for c in ("analysis", "study", "tp", "fp", "fn", "tn")}
    for i in range(n):
        k = int(random.integers(6, 16))
        u = random.multivariate_normal([1.4, 1.8], [[0.4, -0.1], [-0.1, 0.5]], k)
        sens, spec = (1 / (1 + np.exp(-u))).T
        diseased, healthy = random.integers(20, 200, (2, k))
        tp, tn = random.binomial(diseased, sens), random.binomial(healthy, spec)
        cells = ([f"a{i}"] * k, [f"S{j}" for j in range(k)], tp, healthy - tn, diseased - tp, tn)
        for column, values in zip(rows, cells, strict=True):
            rows[column] += list(np.asarray(values).tolist())
    return pa.table(rows)


def timed(command: list[str]) -> tuple[str, float, float]:
    """Standard output, elapsed seconds, and seconds of processors with those of all children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})  # fmt: skip
    if done.returncode not in (0, 1):  # 1: an analysis did not pass
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        done.stdout,
        seconds,
        sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime")),
    )


def by_bayespool(work: str, tables: pa.Table, folder: Path, *options: str) -> dict[str, object]:
    """One run of the command, from a Parquet of all tables to an index page."""
    plan, out = folder / "tables.parquet", folder / "out"
    pq.write_table(tables, plan)
    program = [sys.executable, "-c", "from bayespool.cli import main; main()"]
    asked = ["--out", str(out), "--engine", "quadrature", "--checks", "gates", *options]
    command = [*program, "batch", str(plan), *asked]
    _, seconds, of_processors = timed(command)
    n = len(set(tables.column("analysis").to_pylist()))
    failed = results.count(out, passed=False)
    return row(work, "bayespool", n, failed, cores(), seconds, of_processors)


def by_metafor(work: str, tables: pa.Table, folder: Path) -> list[dict[str, object]]:
    """The loop of rma alone, and the whole process with loading and reading."""
    plan = folder / "tables.csv"
    pa.csv.write_csv(tables, plan)
    text, _, _ = timed(["Rscript", str(HERE / "batch_metafor.R"), str(plan)])
    n, failed, loop, of_loop, whole, of_whole = map(float, text.split(","))
    return [
        row(work, "metafor::rma, loop alone", int(n), int(failed), 1, loop, of_loop),
        row(work, "metafor::rma, whole process", int(n), int(failed), 1, whole, of_whole),
    ]


def row(work: str, by: str, n: int, failed: int, processes: int, seconds: float,
        of_processors: float) -> dict[str, object]:  # fmt: skip
    """A row of the table of results."""
    values = (work, by, n, failed, processes, f"{seconds:.1f}", f"{of_processors:.1f}",
              f"{n / seconds:.1f}")  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def main() -> None:
    """Time all of it and write the table."""
    n, bivariate = (int(text) for text in (*sys.argv[1:], "10000", "1000")[:2])
    normal = normal_tables(n)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows += by_metafor("normal-normal", normal, Path(folder))
        print(rows, flush=True)
        rows.append(by_bayespool("normal-normal", normal, Path(folder), "--measure", "generic",
                                 "--model", "normal"))  # fmt: skip
        print(rows[-1], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        rows.append(by_bayespool("bivariate", accuracy_tables(bivariate), Path(folder),
                                 "--measure", "accuracy", "--model", "bivariate"))  # fmt: skip
        print(rows[-1], flush=True)
    with (HERE / "batch.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
