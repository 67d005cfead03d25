"""Which column is what: the one list of names by which counts, rates, groups and labels go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bayespool.studies.problems import Problem
from bayespool.studies.tables import Table

# Role -> the spellings that name it, after `normalise`.
ROLES: dict[str, tuple[str, ...]] = {
    "tp": ("tp", "truepos", "truepositive", "truepositives", "ntp"),
    "fp": ("fp", "falsepos", "falsepositive", "falsepositives", "nfp"),
    "fn": ("fn", "falseneg", "falsenegative", "falsenegatives", "nfn"),
    "tn": ("tn", "trueneg", "truenegative", "truenegatives", "ntn"),
    "n_diseased": ("ndiseased", "npos", "n1", "ndis", "ncases"),
    "n_healthy": ("nhealthy", "nneg", "n2", "nnondiseased", "ncontrols"),
    "sens": ("sens", "sensitivity", "se"),
    "spec": ("spec", "specificity", "sp"),
}

# In order of preference; the first one present labels the studies, the others are covariates.
STUDY_LABELS = (
    "study",
    "studyid",
    "studlab",
    "author",
    "authors",
    "firstauthor",
    "id",
    "name",
    "trial",
    "citation",
)
AUTHOR_LABELS = ("author", "authors", "firstauthor")

# What tells the rows of one study apart, in order of preference.
SECOND_LABELS = (
    "site",
    "test",
    "indextest",
    "reader",
    "result",
    "threshold",
    "subgroup",
    "group",
    "location",
    "arm",
    "generation",
    "method",
    "testcat",
    "dt",
)


@dataclass(frozen=True)
class Group:
    """The columns of one group (diseased or healthy) and the three ways to state its counts.

    ``hit`` is what the test gets right in the group, ``miss`` what it gets wrong.
    """

    hit: str
    miss: str
    total: str
    rate: str

    @property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """Pairs of roles that suffice, in order of preference."""
        pairs = (self.hit, self.miss), (self.hit, self.total), (self.miss, self.total)
        return (*pairs, (self.rate, self.total))

    @property
    def legal(self) -> str:
        """The forms in words."""
        return ", or ".join(f"{first} with {second}" for first, second in self.forms)


DISEASED = Group(hit="tp", miss="fn", total="n_diseased", rate="sens")
HEALTHY = Group(hit="tn", miss="fp", total="n_healthy", rate="spec")


@dataclass(frozen=True)
class Recognised:
    """Where the columns of a table are: indices into ``table.columns``.

    Parameters
    ----------
    forms
        For each group, the pair of roles its counts are read from; no entry if there is none.
    roles
        Index of the column that plays each role.
    totals
        Group-size columns that the counts must agree with, as (group, index).
    study
        Index of the study label, None if there is none.
    year
        Index of the year, None if there is none.
    covariates
        Indices of all other columns, ``year`` among them.
    problems
        Missing columns, and roles that two columns claim.
    """

    forms: dict[Group, tuple[str, str]]
    roles: dict[str, int]
    totals: tuple[tuple[Group, int], ...]
    study: int | None
    year: int | None
    covariates: tuple[int, ...]
    problems: tuple[Problem, ...]


def normalise(name: str) -> str:
    """A column name without case, spaces, underscores, dots and hyphens."""
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def recognise(table: Table) -> Recognised:
    """Find the columns of counts and labels in a table; report what is missing or claimed twice."""
    names = [normalise(name) for name in table.columns]
    found = {
        role: [index for index, name in enumerate(names) if name in spellings]
        for role, spellings in ROLES.items()
    }
    forms: dict[Group, tuple[str, str]] = {}
    roles: dict[str, int] = {}
    totals: list[tuple[Group, int]] = []
    problems: list[Problem] = []
    for group in (DISEASED, HEALTHY):
        form = next((pair for pair in group.forms if all(found[role] for role in pair)), None)
        if form is None:
            problems.append(_missing(table, group, found))
            continue
        forms[group] = form
        for role in form:
            roles[role] = found[role][0]
            problems += _claimed_twice(table, role, found[role])
        if group.total not in form:
            totals += [(group, index) for index in found[group.total]]
    study, claims = _first_named(names, STUDY_LABELS)
    problems += _claimed_twice(table, "the study label", claims)
    year, claims = _first_named(names, ("year",))
    problems += _claimed_twice(table, "year", claims)
    used = {*roles.values(), *(index for _, index in totals), study}
    return Recognised(
        forms=forms,
        roles=roles,
        totals=tuple(totals),
        study=study,
        year=year,
        covariates=tuple(index for index in range(len(names)) if index not in used),
        problems=tuple(problems),
    )


def _first_named(names: Sequence[str], wanted: Sequence[str]) -> tuple[int | None, list[int]]:
    for want in wanted:
        claims = [index for index, name in enumerate(names) if name == want]
        if claims:
            return claims[0], claims
    return None, []


def _claimed_twice(table: Table, role: str, claims: list[int]) -> list[Problem]:
    if len(claims) < 2:
        return []
    listed = " and ".join(table.columns[index] for index in claims)
    rule = f"the columns {listed} all name {role}"
    return [
        Problem(table.file, None, table.columns[claims[0]], rule, "keep one, or rename the others")
    ]


def _missing(table: Table, group: Group, found: dict[str, list[int]]) -> Problem:
    """The form that lacks least is the one the user meant."""
    lacks = [[role for role in pair if not found[role]] for pair in group.forms]
    lack = min(lacks, key=len)
    rule = f"missing column{'s' if len(lack) > 1 else ''} {' and '.join(lack)}"
    columns = ", ".join(table.columns)
    legal = f"legal is {group.legal} (upper or lower case); the columns found are {columns}"
    return Problem(table.file, None, lack[0], rule, legal)
