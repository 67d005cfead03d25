"""The command that does many analyses at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from bayespool.cli.delivery import DONE, FAILED_GATE
from bayespool.progress import say
from bayespool.terminal import watched

SHARED = Group("Where the plan says nothing", sort_key=2)
WHERE = Group("Where it is computed", sort_key=3)


def batch(
    plan: Path,
    /,
    *,
    out: Path,
    posteriors: bool = False,
    report: tuple[str, ...] = (),
    checks: str = "all",
    by: str = "analysis",
    measure: Annotated[str, Parameter(group=SHARED)] = "",
    model: Annotated[str, Parameter(group=SHARED)] = "auto",
    prior: Annotated[tuple[str, ...], Parameter(group=SHARED)] = (),
    engine: Annotated[str, Parameter(group=SHARED)] = "auto",
    seed: Annotated[int | None, Parameter(group=SHARED)] = None,
    scheduler: Annotated[str, Parameter(group=WHERE)] = "",
    workers: Annotated[int | None, Parameter(group=WHERE)] = None,
    quiet: bool = False,
) -> int:
    """Do many analyses, and keep their estimates and checks as one dataset.

    What is done already is not done again, however an earlier run ended.

    Parameters
    ----------
    plan
        A table (CSV, TSV, XLSX) or TOML file with an analysis in each row (columns name and data,
        and options such as measure, model, priors), a folder of tables, a Cochrane review (.rm5,
        .zip: every outcome), or a Parquet file of many tables.
    out
        Folder of the results: new, empty, or of the same plan.
    posteriors
        Also keep the draws of every estimand.
    report
        Name of an analysis that is to have a report; repeat for more.
    checks
        all, or gates: those alone that decide whether a computation may be used, which is faster.
    by
        Of a Parquet file: the column that names the analysis of every row.
    measure
        As of bayespool association, or accuracy; by default as the columns of each table say.
    model
        As of bayespool accuracy or association.
    prior
        A prior as its own call, such as "tau=HalfNormal(0.5)"; repeat for more.
    engine
        auto, both, quadrature or nuts.
    seed
        Of all random numbers of each analysis; the same answer as that of a single one.
    scheduler
        Address of a Dask scheduler, such as tcp://10.0.0.1:8786; by default a cluster of this
        process.
    workers
        Processes of that cluster, by default as many as cores; 0 computes in this process, without
        Dask.
    quiet
        Print nothing but errors.
    """
    with watched(silent=quiet):
        say(f"reading {plan}")
        from bayespool.batch.index import write_index
        from bayespool.batch.plan import defaults, read_plan
        from bayespool.batch.reports import chosen, write_reports
        from bayespool.batch.run import run_batch

        shared = defaults(measure, model=model, prior=prior, engine=engine, seed=seed)
        asked = read_plan(plan, shared, by=by, checks=checks)
        told = chosen(asked, report)
        ended = run_batch(asked, out, scheduler=scheduler, workers=workers, draws=posteriors)
        write_reports(out, told)
        index = write_index(out, asked)
        failed = f"; {ended.failed:,} of them failed, or did not pass" if ended.failed else ""
        say(f"{ended.total:,} analyses are in {index}{failed}")
    return FAILED_GATE if ended.failed else DONE
