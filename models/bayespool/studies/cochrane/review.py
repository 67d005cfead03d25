"""A review as its files hold it: analyses with their rows, judgements, and the choice of one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bayespool.studies.limits import listed
from bayespool.studies.measures import MEASURES
from bayespool.studies.problems import Problem, TableError, printable

# What RevMan calls a measure, without case and signs, and what it is called here.
_MEASURES = {
    "or": "or", "oddsratio": "or", "petoor": "or", "petooddsratio": "or",
    "oddsrationonevent": "or", "rr": "rr", "riskratio": "rr", "relativerisk": "rr",
    "riskrationonevent": "rr", "rd": "rd", "riskdifference": "rd", "md": "md",
    "meandifference": "md", "smd": "smd", "stdmeandifference": "smd",
    "standardizedmeandifference": "smd", "standardisedmeandifference": "smd", "hr": "hr",
    "hazardratio": "hr", "rateratio": "irr", "incidencerateratio": "irr",
    "ratioofmeans": "rom",
}  # fmt: skip
COUNTS, MEANS, ESTIMATES, LOG_RANK = "counts", "means", "estimates", "O-E and variance"
_COLUMNS = {
    COUNTS: ("e1", "n1", "e2", "n2"),
    MEANS: ("mean1", "sd1", "n1", "mean2", "sd2", "n2"),
    ESTIMATES: ("estimate", "se"),
    LOG_RANK: ("estimate", "se"),
}
_LONGEST_NAME = 90


def measure_of(words: str) -> str:
    """What RevMan calls a measure as the package does; "" for one that it does not have."""
    bare = "".join(c for c in words.casefold() if c.isalnum())
    return _MEASURES.get(bare.removeprefix("log"), "")


@dataclass(frozen=True)
class DataRow:
    """One study in one analysis.

    Parameters
    ----------
    line
        Where it stands in its file.
    study, year, subgroup
        Labels; blank where there is none.
    values
        By the names of `COLUMNS`: counts and sizes, means, or an estimate with its standard error
        on the scale of analysis.
    """

    line: int
    study: str
    year: str
    subgroup: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Analysis:
    """One outcome of one comparison.

    Parameters
    ----------
    comparison, outcome
        Numbers, as in 1.2.
    comparison_name, outcome_name
        Names; blank where the file has none.
    kind
        ``counts``, ``means``, ``estimates`` or ``O-E and variance``.
    measure
        Name in `bayespool.studies.measures`; "" where the file does not say one that there is.
    rows
        Studies in the order of the file.
    warnings
        What is odd but allowed.
    """

    comparison: str
    outcome: str
    comparison_name: str
    outcome_name: str
    kind: str
    measure: str
    rows: tuple[DataRow, ...]
    warnings: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """As the review numbers it: 1.2."""
        return f"{self.comparison}.{self.outcome}"

    def in_words(self) -> str:
        """One line of a list to choose from."""
        names = ": ".join(filter(None, (self.comparison_name, self.outcome_name)))
        measure = MEASURES[self.measure].label if self.measure else f"measure not said, {self.kind}"
        studies = len({row.study for row in self.rows})
        return (f"{self.number}  {printable(names, _LONGEST_NAME)} ({measure}, {studies} "
                f"{'study' if studies == 1 else 'studies'})")  # fmt: skip


@dataclass(frozen=True)
class Review:
    """All that is read of a file.

    Parameters
    ----------
    file
        Its name.
    analyses
        Outcomes that have rows, in order.
    judgements
        By the name of a domain, the judgement on every study that has one, in words.
    """

    file: str
    analyses: tuple[Analysis, ...]
    judgements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class ChoiceError(TableError):
    """Several outcomes, and none or no single one chosen; the message lists what there is."""

    def __init__(self, problem: Problem, choices: Sequence[Analysis]) -> None:
        super().__init__([problem])
        self.choices = tuple(choices)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {a.in_words()}" for a in self.choices)])


def choose(review: Review, comparison: str | None, outcome: str | None) -> Analysis:
    """The analysis that is asked for, or the only one.

    Parameters
    ----------
    review
        What there is.
    comparison, outcome
        Number or name; an outcome as 1.2 too.

    Raises
    ------
    ChoiceError
        None or several are meant.
    """
    if not review.analyses:
        rule = "the review has no outcome with studies in it"
        allowed = "dichotomous, continuous, generic inverse variance or O-E and variance outcomes"
        raise TableError([Problem(review.file, None, None, rule, allowed)])
    found = [a for a in review.analyses if _meant(comparison, outcome, a)]
    if len(found) == 1:
        return found[0]
    asked = " and ".join(
        f"{name} {value!r}"
        for name, value in (("comparison", comparison), ("outcome", outcome))
        if value is not None
    )
    rule = (
        f"the file holds {len(review.analyses)} outcomes"
        if not asked
        else f"{len(found) or 'no'} outcomes have {asked}"
    )
    allowed = "one of these, chosen by --outcome 1.2, or by --comparison and --outcome"
    raise ChoiceError(
        Problem(review.file, None, None, rule, allowed), found or list(review.analyses)
    )


def _meant(comparison: str | None, outcome: str | None, analysis: Analysis) -> bool:
    return (
        comparison is None
        or _same(comparison, analysis.comparison, analysis.comparison_name)
    ) and (
        outcome is None
        or _same(outcome, analysis.number, analysis.outcome_name)
        or _same(outcome, analysis.outcome, analysis.outcome_name)
    )  # fmt: skip


def _same(asked: str, *names: str) -> bool:
    folded = " ".join(asked.split()).casefold()
    return any(folded == " ".join(name.split()).casefold() for name in names if name)


def as_rows(analysis: Analysis, judgements: Mapping[str, Mapping[str, str]]) -> tuple[
    list[tuple[int, list[object]]], tuple[str, ...]
]:  # fmt: skip
    """A table of the analysis, and what is odd about it.

    Rows are in the order of their subgroup and study, because the files of one review differ in
    theirs. Studies without people or without a standard error are left out with a warning, as
    RevMan calls them not estimable.

    Parameters
    ----------
    analysis
        What was chosen.
    judgements
        As in `Review`; each domain becomes a column.

    Returns
    -------
    rows
        Numbered rows of cells, the header first.
    warnings
        Sentences.
    """
    columns = _COLUMNS[analysis.kind]
    used = [row for row in analysis.rows if _estimable(analysis.kind, row.values)]
    dropped = [row.study for row in analysis.rows if row not in used]
    warnings = list(analysis.warnings)
    if dropped:
        warnings.append(
            f"outcome {analysis.number}: not estimable, and left out: {listed(dropped)}"
        )
    used.sort(key=lambda row: (row.subgroup.casefold(), row.study.casefold(), row.line))
    subgroups = any(row.subgroup for row in used)
    years = any(row.year for row in used)
    studies = {row.study for row in used}
    domains = [name for name, cells in judgements.items() if studies & set(cells)]
    header: list[object] = ["study", *(["year"] if years else []), *columns]
    header += ["subgroup"] if subgroups else []
    header += ["from"] if analysis.kind == LOG_RANK else []
    rows: list[tuple[int, list[object]]] = [
        (1, [*header, *(f"Risk of bias: {d}" for d in domains)])
    ]
    for row in used:
        cells: list[object] = [row.study, *([row.year] if years else [])]
        cells += [_number(row.values[name]) for name in columns]
        cells += [row.subgroup] if subgroups else []
        cells += ["(O-E) / V"] if analysis.kind == LOG_RANK else []
        rows.append((row.line, [*cells, *(judgements[d].get(row.study) for d in domains)]))
    return rows, tuple(warnings)


def _number(value: float) -> object:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _estimable(kind: str, values: Mapping[str, float]) -> bool:
    if kind in (ESTIMATES, LOG_RANK):
        return math.isfinite(values["estimate"]) and 0.0 < values["se"] < math.inf
    if not all(math.isfinite(value) for value in values.values()):
        return False
    people = values["n1"] > 0 and values["n2"] > 0
    return people and (kind == COUNTS or values["sd1"] > 0 or values["sd2"] > 0)
