"""Two tests in the same patients with both results known: columns ``tp_both`` and ``fp_both``.

References
----------
Plackett (1965), J Am Stat Assoc 60:516-522.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.studies.problems import Problem, TableError

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

BOTH = ("tp_both", "fp_both")


def cross_classified(studies: AccuracyStudies) -> list[tuple[int, int]]:
    """Pairs of rows whose cross-classification is given, checked against their margins.

    Raises
    ------
    TableError
        Where columns ``tp_both`` and ``fp_both`` contradict the rows, each other, or the design.
    """
    if not any(name in studies.covariates for name in BOTH):
        return []
    problems: list[Problem] = []

    def wrong(row: int, column: str, rule: str, allowed: str) -> None:
        problems.append(Problem(studies.file, None, column, f"{studies.row[row]}: {rule}", allowed))

    found = []
    for study in dict.fromkeys(studies.study):
        rows = [i for i, s in enumerate(studies.study) if s == study]
        given = {i: [studies.covariates.get(name, (None,) * len(studies))[i] for name in BOTH]
                 for i in rows}  # fmt: skip
        if all(value is None for values in given.values() for value in values):
            continue
        i, j = (*rows, -1)[:2]
        if len(rows) != 2:
            wrong(i, BOTH[0], f"cross-classified, but the study has {len(rows)} rows",
                  "two rows, one for each test")  # fmt: skip
            continue
        if given[i] != given[j]:
            wrong(j, BOTH[0], f"{given[j]} differs from {given[i]} of the other test",
                  "the same tp_both and fp_both on both rows")  # fmt: skip
            continue
        sizes = (studies.n_diseased, studies.n_healthy)
        for name, hit, size in zip(BOTH, (studies.tp, studies.fp), sizes, strict=True):
            value = given[i][BOTH.index(name)]
            a, b, n = int(hit[i]), int(hit[j]), int(size[i])
            low, high = max(0, a + b - n), min(a, b)
            if int(size[j]) != n:
                wrong(j, name, f"{int(size[j])} people, but {n} with the other test",
                      "the same people with both tests")  # fmt: skip
            elif not isinstance(value, int | float) or value != int(value):
                wrong(i, name, f"{value!r} is no count", "a whole number")
            elif not low <= value <= high:
                wrong(i, name, f"{int(value)} contradicts the margins {a} and {b} of {n}",
                      f"from {low} to {high}")  # fmt: skip
        found.append((i, j))
    if problems:
        raise TableError(problems)
    return found
