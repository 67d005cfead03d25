"""Where a table begins: the row of its column names, below titles and notes."""

import re
from collections.abc import Collection, Sequence

from bayespool.studies.limits import DEEPEST_HEADER
from bayespool.studies.measures import MEASURES
from bayespool.studies.spellings import (
    ACCURACY,
    ARMS,
    CORRELATION,
    MEANS,
    PRECISION,
    SECOND_LABELS,
    SINGLE,
    STUDY_LABELS,
    normalise,
)

_NUMBER = re.compile(r"[-+]?[0-9.,]+(?:e[-+]?[0-9]+)?%?", re.I)
KNOWN = frozenset(
    header
    for spellings in (ACCURACY, ARMS, SINGLE, CORRELATION, MEANS, PRECISION)
    for headers in spellings.values()
    for header in headers
) | {*STUDY_LABELS, *SECOND_LABELS, "year", "kind"} | {
    header for m in MEASURES.values() for header in (*m.headers, *m.analysis_headers)
}  # fmt: skip


def header_at(rows: Sequence[Sequence[object]], also: Collection[str] = ()) -> int:
    """Place of the header among rows of cells; the first row unless a later one is clearly it.

    The first row is the header if it holds a known column name beside another cell. Else it is the
    first row with two known names and no number, with numbers below it, or the first with more
    than one cell.

    Parameters
    ----------
    rows
        Rows in order, blank ones among them.
    also
        Names that are known beside ours, normalised.
    """
    filled = [
        [text for cell in row if cell is not None and (text := str(cell).strip())]
        for row in rows[:DEEPEST_HEADER]
    ]
    known = [sum(normalise(text) in KNOWN or normalise(text) in also for text in row)
             for row in filled]  # fmt: skip
    first = next((place for place, row in enumerate(filled) if row), 0)
    if not filled or (known[first] and len(filled[first]) > 1):
        return first
    numbers = [any(_NUMBER.fullmatch(text) for text in row) for row in filled]
    for place in range(len(filled)):
        if known[place] > 1 and not numbers[place] and any(numbers[place + 1 :]):
            return place
    return next((place for place, row in enumerate(filled) if len(row) > 1), first)
