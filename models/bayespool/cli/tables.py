"""Commands on tables: check, datasets."""

from __future__ import annotations

from typing import Any

from bayespool.cli.delivery import DONE
from bayespool.cli.reading import READ, Read, table_text

SHOWN = 5  # rows


def check(
    table: str,
    /,
    *,
    measure: str | None = None,
    read: Read = READ,
    quiet: bool = False,
) -> int:
    """Read and validate a table of 2x2 counts or of an association; fit nothing, write nothing.

    Says what every column is taken for, what the first rows say, and what is odd.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file, or the name of a dataset.
    measure
        Of an association, as in the command association; without it the table is read as 2x2
        counts of diagnostic accuracy, unless it is of a Cochrane review, which says its measure.
    quiet
        Print nothing but errors.
    """
    from bayespool.datasets import resolve, resolve_association, table_path
    from bayespool.studies import read_table

    options = read.options()
    known = read_table(table_path(table), **options)
    measure = measure or known.measure or None
    studies: Any = (
        resolve(table, **options)
        if measure is None
        else resolve_association(table, measure, **options)
    )
    if not quiet:
        print("\n".join(_understood(studies, known)))
    return DONE


def _understood(studies: Any, table: Any) -> list[str]:
    """What was read, line by line."""
    from bayespool.studies import AccuracyStudies
    from bayespool.studies.meaning import columns_in_words, read_as, rows_in_words

    accuracy = isinstance(studies, AccuracyStudies)
    lines = [f"{studies.file}: {read_as(studies)}"]
    lines += ["columns", *_indented(columns_in_words(table, studies))]
    lines += ["rows" if len(studies) <= SHOWN else f"the first {SHOWN} rows"]
    lines += _indented(rows_in_words(studies, SHOWN))
    for study, rows in studies.several_rows().items():
        lines.append(f"{study} has {len(rows)} rows: {'; '.join(rows)}")
    if accuracy:
        from bayespool.studies.cutoffs import cutoffs_of_the_same_patients

        for found in cutoffs_of_the_same_patients(studies):
            which = f"{found.study}: rows with {found.column} {', '.join(found.values)}"
            lines.append(f"{which} are cut-offs of the same patients (no model takes them yet)")
    for row, said in zip(studies.row, studies.statements, strict=True):
        if said is not None:
            lines.append(f"{row} is no full result ({said.kind}): {said.says}")
    return [*lines, *(f"note: {sentence}" for sentence in studies.warnings)]


def _indented(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {line}" for line in table_text(rows)]


def datasets() -> int:
    """List the datasets that come with the package; each name works where a path does."""
    from bayespool.datasets import dataset_card, dataset_names

    for name in dataset_names():
        print(f"{name:22s} {dataset_card(name).splitlines()[0].lstrip('# ')}")
    return DONE
