"""One analysis of a plan: a name, a table, what is asked of it, and the hash of all that counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bayespool import __version__
from bayespool.app.asked import Asked
from bayespool.studies.sources import Content, Part

FORMAT = 1  # of a row of results: another one is computed again
ALL, GATES = "all", "gates"
CHECKS = (ALL, GATES)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What one fit is made of.

    Parameters
    ----------
    name
        Its own in the plan.
    source
        The table: the bytes of a file, or a part of one.
    asked
        How it is read and fitted; a measure of None is found out from the columns.
    key
        From `key_of`.
    checks
        `ALL`, or `GATES`: those of the computation alone, which decide whether it may be used.
    """

    name: str
    source: Content | Part
    asked: Asked
    key: str
    checks: str = ALL


def key_of(source: Content | Part, asked: str, checks: str = ALL) -> str:
    """Of the bytes of the table, all options of the fit (`Asked.of_fit`) and the version."""
    record = [FORMAT, __version__, source.sha256, asked, checks]
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()


def keyed(wanted: Iterable[tuple[str, Content | Part, Asked]], checks: str = ALL) -> list[Analysis]:
    """Analyses with their keys; what many share is written out once."""
    texts: dict[int, str] = {}
    made = []
    for name, source, asked in wanted:
        text = texts.get(id(asked)) or texts.setdefault(id(asked), asked.of_fit())
        made.append(Analysis(name, source, asked, key_of(source, text, checks), checks))
    return made
