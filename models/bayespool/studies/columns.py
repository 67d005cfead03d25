"""Which column is what: finding the roles of a shape, its labels and its covariates in a table."""

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


def find(table: Table, spellings: Spellings) -> dict[str, list[int]]:
    """Indices of the columns that name each role; empty lists where none does.

    A column that plays a role by request is the only one that does.
    """
    names = table.names
    found = {}
    for role, headers in spellings.items():
        every = [index for index, name in enumerate(names) if name in headers]
        asked = [index for index in every if index in table.mapped and index not in table.derived]
        found[role] = asked or every
    return found


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
    names = table.names
    found = find(table, spellings)
    forms: dict[Group, tuple[str, str]] = {}
    roles: dict[str, int] = {}
    totals: list[tuple[Group, int]] = []
    problems: list[Problem] = []

    def take(role: str) -> None:
        roles[role] = found[role][0]
        own = [index for index in found[role] if index not in table.derived]
        problems.extend(_claimed_twice(table, role, own))

    for group in groups:
        form = _form(group, found)
        if form is None:
            problems.append(_missing(table, group, found))
            continue
        forms[group] = form
        for role in form:
            take(role)
        sizes = [index for index in found[group.total] if index != roles.get(group.total)]
        totals += [(group, i) for i in sizes if group.total not in form or i in table.derived]
    grouped = {role for g in groups for role in (g.hit, g.miss, g.total, g.rate)}
    for role, indices in found.items():
        if indices and role not in grouped:
            take(role)
    study, claims = _first_named(table, STUDY_LABELS)
    problems += _claimed_twice(table, "the study label", claims)
    year, claims = _first_named(table, ("year",))
    problems += _claimed_twice(table, "year", claims)
    used = {*roles.values(), *(index for _, index in totals), study}
    return Recognised(
        forms=forms,
        roles=roles,
        totals=tuple(totals),
        study=study,
        year=year,
        covariates=tuple(i for i in range(len(names)) if i not in used | table.derived),
        spellings=frozenset(header for headers in spellings.values() for header in headers),
        problems=tuple(problems),
    )


def _form(group: Group, found: dict[str, list[int]]) -> tuple[str, str] | None:
    return next((pair for pair in group.forms if all(found[role] for role in pair)), None)


def _first_named(table: Table, wanted: Sequence[str]) -> tuple[int | None, list[int]]:
    """The first of the wanted names that a column has; one that is asked for before all others."""
    places = {want: find(table, {want: (want,)})[want] for want in wanted}
    asked = [index for claims in places.values() for index in claims if index in table.mapped]
    claims = asked or next((claims for claims in places.values() if claims), [])
    return (claims[0] if claims else None), claims


def _claimed_twice(table: Table, role: str, claims: list[int]) -> list[Problem]:
    if len(claims) < 2:
        return []
    named = " and ".join(table.columns[index] for index in claims)
    rule = f"the columns {named} all name {role}"
    return [
        Problem(table.file, None, table.columns[claims[0]], rule, "keep one, or rename the others")
    ]


def _missing(table: Table, group: Group, found: dict[str, list[int]]) -> Problem:
    """The form that lacks least is the one the user meant."""
    lacks = [[role for role in pair if not found[role]] for pair in group.forms]
    lack = min(lacks, key=len)
    rule = f"missing column{'s' if len(lack) > 1 else ''} {' and '.join(lack)}"
    allowed = f"allowed is {group.allowed} (upper or lower case); {table.found}"
    return Problem(table.file, None, lack[0], rule, allowed)
