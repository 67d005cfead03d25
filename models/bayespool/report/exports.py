"""Reports in the forms of other programs, from what their folders keep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bayespool.report import fhir, gradepro
from bayespool.report.guideline_joined import named_records

Record = Mapping[str, Any]


def exported(folders: Sequence[str | Path], form: str, names: Sequence[str] | None = None) -> str:
    """Text of a file that another program reads.

    Parameters
    ----------
    folders : one or more folders of reports
    form : {"fhir", "gradepro"}
        A Bundle of Evidence resources as JSON, or the columns of an evidence profile as CSV.
    names : sequence of str, optional
        One for each; by default the name of the folder.

    Raises
    ------
    ValueError
        Another form, no report, or a ``summary.json`` that bayespool did not write.
    """
    if form not in FORMS:
        raise ValueError(f"--to {form}: allowed is {', '.join(FORMS)}")
    records = named_records(folders, names, {})
    try:
        return FORMS[form](records)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(
            f"a summary.json of {', '.join(map(str, folders))} is not as bayespool writes it "
            f"({type(error).__name__}: {error}); allowed: folders of reports of this version"
        ) from error


def _fhir(records: Mapping[str, Record]) -> str:
    made = fhir.bundle(records)
    return json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


FORMS = {"fhir": _fhir, "gradepro": gradepro.profile}
