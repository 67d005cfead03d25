"""Commands on tables: check, datasets."""

from __future__ import annotations

from typing import Any

from bayespool.cli.delivery import DONE


def check(
    table: str,
    /,
    *,
    measure: str | None = None,
    quiet: bool = False,
) -> int:
    """Read and validate a table of 2x2 counts or of an association; fit nothing, write nothing.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file, or the name of a dataset.
    measure
        Of an association, as in the command association; without it the table is read as 2x2
        counts of diagnostic accuracy.
    quiet
        Print nothing but errors.
    """
    from bayespool.datasets import resolve, resolve_association

    if measure is not None:
        studies: Any = resolve_association(table, measure)
        what = f"read as {type(studies).__name__}"
    else:
        studies = resolve(table)
        what = f"{studies.n_diseased.sum()} diseased and {studies.n_healthy.sum()} healthy"
    if not quiet:
        print(f"{studies.file}: {len(studies)} rows of {len(set(studies.study))} studies, "
              f"{what}; covariates: {', '.join(studies.covariates) or 'none'}")  # fmt: skip
        for study, rows in studies.several_rows().items():
            print(f"  {study} has {len(rows)} rows: {'; '.join(rows)}")
        for row, said in zip(studies.row, getattr(studies, "partial", ()), strict=False):
            if said is not None:
                print(f"  {row} is no full result ({said.kind}): {said.says}")
    return DONE


def datasets() -> int:
    """List the datasets that come with the package; each name works where a path does."""
    from bayespool.datasets import dataset_card, dataset_names

    for name in dataset_names():
        print(f"{name:22s} {dataset_card(name).splitlines()[0].lstrip('# ')}")
    return DONE
