"""Which column is what: finding the roles of a shape, its labels and its covariates in a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bayespool.studies.problems import Problem
from bayespool.studies.spellings import STUDY_LABELS, Group, Spellings
from bayespool.studies.tables import Table


@dataclass(frozen=True)
class Recognised:
    """Where the columns of a table are: indices into ``table.columns``.

    Parameters
    ----------
    forms
        For each group of counts, the pair of roles its counts are read from; no entry if none.
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
    spellings
        Normalised headers that name a role of the shape, so that none becomes a second label.
    problems
        Missing columns, and roles that two columns claim.
    """

    forms: dict[Group, tuple[str, str]]
    roles: dict[str, int]
    totals: tuple[tuple[Group, int], ...]
    study: int | None
    year: int | None
    covariates: tuple[int, ...]
    spellings: frozenset[str]
    problems: tuple[Problem, ...]


def normalise(name: str) -> str:
    """A column name without case, spaces, underscores, dots and hyphens."""
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def find(table: Table, spellings: Spellings) -> dict[str, list[int]]:
    """Indices of the columns that name each role; empty lists where none does."""
    names = [normalise(name) for name in table.columns]
    return {
        role: [index for index, name in enumerate(names) if name in headers]
        for role, headers in spellings.items()
    }


def has_groups(table: Table, spellings: Spellings, groups: Sequence[Group]) -> bool:
    """Whether the table has columns for the counts of every group."""
    found = find(table, spellings)
    return all(_form(group, found) for group in groups)


def recognise(table: Table, spellings: Spellings, groups: Sequence[Group] = ()) -> Recognised:
    """Find the columns of a shape in a table; report what is missing or claimed twice.

    Parameters
    ----------
    table
        The table.
    spellings
        Headers of every role.
    groups
        Groups whose counts the table must give. Their roles are used only as far as needed: a rate
        beside the counts stays a covariate. Roles of no group are used wherever they are.
    """
    names = [normalise(name) for name in table.columns]
    found = find(table, spellings)
    forms: dict[Group, tuple[str, str]] = {}
    roles: dict[str, int] = {}
    totals: list[tuple[Group, int]] = []
    problems: list[Problem] = []

    def take(role: str) -> None:
        roles[role] = found[role][0]
        problems.extend(_claimed_twice(table, role, found[role]))

    for group in groups:
        form = _form(group, found)
        if form is None:
            problems.append(_missing(table, group, found))
            continue
        forms[group] = form
        for role in form:
            take(role)
        if group.total not in form:
            totals += [(group, index) for index in found[group.total]]
    grouped = {role for g in groups for role in (g.hit, g.miss, g.total, g.rate)}
    for role, indices in found.items():
        if indices and role not in grouped:
            take(role)
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
        spellings=frozenset(header for headers in spellings.values() for header in headers),
        problems=tuple(problems),
    )


def _form(group: Group, found: dict[str, list[int]]) -> tuple[str, str] | None:
    return next((pair for pair in group.forms if all(found[role] for role in pair)), None)


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
