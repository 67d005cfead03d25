"""Commands on tables: check, template, datasets."""

from __future__ import annotations

import shlex
from pathlib import Path
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
            lines.append(
                f"{which} are cut-offs of the same patients (--model thresholds takes them)"
            )
    for row, said in zip(studies.row, studies.statements, strict=True):
        if said is not None:
            lines.append(f"{row} is no full result ({said.kind}): {said.says}")
    return [*lines, *(f"note: {sentence}" for sentence in studies.warnings)]


def _indented(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {line}" for line in table_text(rows)]


def template(name: str = "", /, *, out: Path | None = None, quiet: bool = False) -> int:
    """Write an example table to fill in, and say what its columns mean; without NAME, list them.

    Parameters
    ----------
    name
        What is pooled, such as accuracy, or, rr, md, hr, cor or proportion; the list has all.
    out
        File to write, ending in .csv or .xlsx (whose headings have the meanings as comments); by
        default NAME.csv.
    quiet
        Print nothing but errors.
    """
    from bayespool.templates import TEMPLATES, write_template
    from bayespool.templates import template as named

    if not name:
        print("\n".join(table_text((key, one.what) for key, one in TEMPLATES.items())))
        return DONE
    chosen, path = named(name), out or Path(f"{name}.csv")
    write_template(chosen, path)
    if not quiet:
        print(f"{path}: a row is {chosen.what}; put your studies in the place of the invented ones")
        print("columns", *_indented(list(chosen.columns.items())), sep="\n")
        for what, (command, *options) in zip(("check", "fit"), chosen.commands, strict=True):
            print(f"{what}: bayespool {shlex.join([command, str(path), *options])}")
    return DONE


def datasets() -> int:
    """List the datasets that come with the package; each name works where a path does."""
    from bayespool.datasets import dataset_card, dataset_names

    for name in dataset_names():
        print(f"{name:22s} {dataset_card(name).splitlines()[0].lstrip('# ')}")
    return DONE
