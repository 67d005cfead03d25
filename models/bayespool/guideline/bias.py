"""Risk of bias as tables give it, by any of the tools in `tools`: columns read and checked.

References
----------
Whiting et al. (2011), Ann Intern Med 155:529-536 (QUADAS-2); Yang et al. (2021), Ann Intern Med
174:1592-1599 (QUADAS-C).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.guideline.tools import (
    BY_DOMAINS,
    OF_REVIEW,
    OVERALL,
    QUADAS,
    TOOLS,
    Tool,
    of_review,
    worst,
)
from bayespool.held import held
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import normalise

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

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
BEHIND = (" risk of bias", " risk", " concerns about applicability", " concern")
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
    judgements : mapping of (kind, domain) to tuple of levels or None
        Kind is ``rob``, ``applicability`` or ``comparative`` (QUADAS-C); levels are those of
        `tools`.
    tool : Tool
    given : tuple of levels or None
        What the table itself calls the risk of bias overall, if it does.
    """

    rows: tuple[str, ...]
    judgements: Mapping[tuple[str, str], tuple[str | None, ...]]
    tool: Tool = QUADAS
    given: tuple[str | None, ...] = ()

    @property
    def overall(self) -> tuple[str | None, ...]:
        """Of each row what the table gives, else the worst of its domains of risk of bias; None
        where one is not judged."""
        columns = [v for (kind, _), v in self.judgements.items() if kind == "rob"]
        found = [worst(cells) for cells in zip(*columns, strict=True)]
        given = self.given or (None,) * len(found)
        return tuple(own or one for own, one in zip(given, found, strict=True))

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
                out[domain] = {word: judged.count(word) / len(judged) for word in self.tool.levels}
        return out


@held
def read_bias(studies: AccuracyStudies | Any) -> RiskOfBias | None:
    """Columns of risk of bias of a table, None where there are none.

    Columns are named by kind and domain, such as ``rob_patient_selection`` or
    ``applicability_index_test`` (QUADAS-2), by tool and domain or its number, such as
    ``rob2_randomisation`` or ``robins_d3``, or as robvis has them: ``D1``, ``D2``, ... and
    ``Overall``; those of a Cochrane review as its file has them. Cells are the tool's words, their
    first letters, or of QUADAS 1, 2, 3.

    Raises
    ------
    TableError
        A cell that is no judgement, or columns of two tools.
    """
    columns = {normalise(header).replace(":", ""): header for header in studies.covariates}
    of_tools = {tool.name: (tool, _columns(tool, columns)) for tool in TOOLS}
    numbered = [name for name in columns if re.fullmatch("d[1-9]", name)]
    tool = BY_DOMAINS.get(len(numbered))
    if tool and sorted(numbered) == [f"d{i + 1}" for i in range(len(numbered))]:
        own = {("rob", domain): columns[f"d{i}"] for i, domain in enumerate(tool.domains, 1)}
        of_tools[tool.name] = (tool, of_tools[tool.name][1] | own)
    reviewed = _of_review(studies)
    if reviewed is not None and not any(own for _, own in of_tools.values()):
        of_tools[reviewed[0].name] = reviewed
        columns |= {normalise(name): OF_REVIEW + name for name in _overall_of_review(studies)}
    used = [(tool, own) for tool, own in of_tools.values() if any(k == "rob" for k, _ in own)]
    if not used:
        return None
    if len(used) > 1:
        names = " and ".join(tool.name for tool, _ in used)
        rule = f"columns of risk of bias are of {names}"
        raise TableError([Problem(studies.file, None, None, rule, "allowed is one tool")])
    tool, own = used[0]
    found = {key: _cells(studies, tool, header) for key, header in own.items()}
    overall = [columns[name] for name in OVERALL if name in columns]
    given = _cells(studies, tool, overall[0]) if overall else ()
    order = [(kind, domain) for kind in _PREFIXES for domain in tool.domains]
    judged = {key: found[key] for key in order if key in found}
    return RiskOfBias(studies.row, judged, tool, given)


def _columns(tool: Tool, columns: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Headers of a tool's columns, by kind and domain."""
    if tool is QUADAS:
        names = {
            prefix + word: (kind, domain)
            for kind, prefixes in _PREFIXES.items()
            for prefix in prefixes
            for domain, words in _DOMAIN_WORDS.items()
            for word in words
            if not (kind == "applicability" and domain == "flow_timing")
        }
    else:
        names = {
            prefix + normalise(word): ("rob", domain)
            for prefix in tool.prefixes
            for i, (domain, label) in enumerate(tool.domains.items(), 1)
            for word in (domain, label, f"d{i}", *tool.spellings.get(domain, ()))
        }
    return {names[name]: header for name, header in columns.items() if name in names}


def _overall_of_review(studies: Any) -> list[str]:
    """What the review calls the domain of the whole, if it judged that."""
    names = [h.removeprefix(OF_REVIEW) for h in studies.covariates if h.startswith(OF_REVIEW)]
    return [name for name in names if normalise(name) in OVERALL]


def _of_review(studies: Any) -> tuple[Tool, dict[tuple[str, str], str]] | None:
    """The tool of a Cochrane review and its columns; None where there are none."""
    overall = _overall_of_review(studies)
    headers = {h.removeprefix(OF_REVIEW): h for h in studies.covariates if h.startswith(OF_REVIEW)}
    domains = {normalise(name): name for name in headers if name not in overall}
    if not domains:
        return None
    cells = (_word(cell) for h in headers.values() for cell in studies.covariates[h])
    own = {("rob", key): headers[name] for key, name in domains.items()}
    return of_review(domains, cells), own


def _word(cell: Any) -> str:
    """A judgement as it stands in a cell, without case and what follows the word."""
    text = "" if cell is None else " ".join(str(cell).split()).casefold().removesuffix(".0")
    text = text.replace("\N{MINUS SIGN}", "-")
    return next((text.removesuffix(end) for end in BEHIND if text.endswith(end)), text)


def _cells(studies: Any, tool: Tool, header: str) -> tuple[str | None, ...]:
    """The levels of a column, None where nothing is judged."""
    read: list[str | None] = []
    problems = []
    for row, cell in zip(studies.row, studies.covariates[header], strict=True):
        text = _word(cell)
        level = CODES.get(text) if tool is QUADAS else tool.level(text)
        if text and level is None:
            allowed = " or ".join(tool.words.values())
            if tool is QUADAS:
                allowed = "low, high or unclear, or 1 (low), 2 (high), 3 (unclear)"
            rule = f"{row}: {cell!r} is no judgement of {tool.name}"
            problems.append(Problem(studies.file, None, header, rule, allowed))
        read.append(level)
    if problems:
        raise TableError(problems)
    return tuple(read)


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
