"""Risk of bias as tables give it: QUADAS-2 and QUADAS-C columns, read and checked.

References
----------
Whiting et al. (2011), Ann Intern Med 155:529-536 (QUADAS-2); Yang et al. (2021), Ann Intern Med
174:1592-1599 (QUADAS-C).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.held import held
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import normalise

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

DOMAINS = {
    "patient_selection": "Patient selection",
    "index_test": "Index test",
    "reference_standard": "Reference standard",
    "flow_timing": "Flow and timing",
}
CODES = {
    "1": "low",
    "2": "high",
    "3": "unclear",
    "low": "low",
    "high": "high",
    "unclear": "unclear",
    "l": "low",
    "h": "high",
    "u": "unclear",
    "?": "unclear",
    "+": "low",
    "-": "high",
}
WORDS = ("low", "unclear", "high")
_PREFIXES = {
    "rob": ("rob", "riskofbias", "bias", "quadas"),
    "applicability": ("applicability", "app", "concern", "concerns"),
    "comparative": ("quadasc", "robc", "comparative"),
}
_DOMAIN_WORDS = {
    "patient_selection": ("patientselection", "patients", "selection", "ps"),
    "index_test": ("indextest", "index", "it"),
    "reference_standard": ("referencestandard", "reference", "rs"),
    "flow_timing": ("flowtiming", "flowandtiming", "flow", "ft"),
}


@dataclass(frozen=True)
class RiskOfBias:
    """Judgements of every row.

    Parameters
    ----------
    rows : tuple of str
        Labels of the rows.
    judgements : mapping of (kind, domain) to tuple of {"low", "unclear", "high"} or None
        Kind is ``rob``, ``applicability`` or ``comparative`` (QUADAS-C).
    """

    rows: tuple[str, ...]
    judgements: Mapping[tuple[str, str], tuple[str | None, ...]]

    @property
    def overall(self) -> tuple[str | None, ...]:
        """Of each row the worst of its domains of risk of bias; None where one is not judged."""
        columns = [v for (kind, _), v in self.judgements.items() if kind == "rob"]
        out: list[str | None] = []
        for cells in zip(*columns, strict=True):
            if "high" in cells:
                out.append("high")
            elif None in cells:
                out.append(None)
            else:
                out.append("unclear" if "unclear" in cells else "low")
        return tuple(out)

    @property
    def low(self) -> np.ndarray:
        """Rows with a low risk of bias in every domain, shape (n_rows,)."""
        return np.array([word == "low" for word in self.overall])

    def shares(self, kind: str) -> dict[str, dict[str, float]]:
        """Share of the judged rows with each word, by domain."""
        out = {}
        for (own, domain), cells in self.judgements.items():
            judged = [cell for cell in cells if cell is not None]
            if own == kind and judged:
                out[domain] = {word: judged.count(word) / len(judged) for word in WORDS}
        return out


@held
def read_bias(studies: AccuracyStudies | Any) -> RiskOfBias | None:
    """QUADAS columns of a table, None where there are none.

    Columns are named by kind and domain, such as ``rob_patient_selection`` or
    ``applicability_index_test``; cells are low, high, unclear, or 1, 2, 3 in that order.

    Raises
    ------
    TableError
        A cell that is no judgement.
    """
    names = {
        prefix + word: (kind, domain)
        for kind, prefixes in _PREFIXES.items()
        for prefix in prefixes
        for domain, words in _DOMAIN_WORDS.items()
        for word in words
        if not (kind == "applicability" and domain == "flow_timing")
    }
    found: dict[tuple[str, str], tuple[str | None, ...]] = {}
    problems = []
    for header, cells in studies.covariates.items():
        key = names.get(normalise(header))
        if key is None:
            continue
        read: list[str | None] = []
        for row, cell in zip(studies.row, cells, strict=True):
            text = "" if cell is None else str(cell).strip().casefold()
            text = text.removesuffix(".0")
            if text and text not in CODES:
                problems.append(
                    Problem(
                        studies.file,
                        None,
                        header,
                        f"{row}: {cell!r} is no judgement",
                        "low, high or unclear, or 1 (low), 2 (high), 3 (unclear)",
                    )
                )
            read.append(CODES.get(text))
        found[key] = tuple(read)
    if problems:
        raise TableError(problems)
    if not any(kind == "rob" for kind, _ in found):
        return None
    order = [(kind, domain) for kind in _PREFIXES for domain in DOMAINS]
    return RiskOfBias(studies.row, {key: found[key] for key in order if key in found})


def low_risk_only(studies: Any) -> Any:
    """The rows with a low risk of bias in every domain.

    Raises
    ------
    ValueError
        The table has no such columns, or no such row.
    """
    bias = read_bias(studies)
    if bias is None:
        raise ValueError(
            f"{studies.file}: no columns of risk of bias; allowed: such as rob_patient_selection "
            "with low, high or unclear"
        )
    if not bias.low.any():
        raise ValueError(f"{studies.file}: no row has a low risk of bias in every domain")
    return studies.select(bias.low)
