"""Proportions before and after in the same people: one validated, frozen class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from bayespool.studies.censoring import PValue, read_p
from bayespool.studies.columns import recognise
from bayespool.studies.limits import MOST_LISTED
from bayespool.studies.measures import measure_named
from bayespool.studies.partial import Partial, RowReader, read_kinds, too_many
from bayespool.studies.problems import Problem
from bayespool.studies.rows import Rows
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.tables import IN_MEMORY, Reading, TableSource, read_table

if TYPE_CHECKING:
    from bayespool.studies.effects import Effects

Counts = NDArray[np.int64]
CELLS = ("both", "lost", "gained", "neither")
TESTS = ("exact", "mcnemar", "corrected")


@dataclass(frozen=True, eq=False, repr=False)
class PairedProportions(Rows):
    """People with a finding before and after, one comparison per row.

    Build one with `from_table`, which checks everything.

    Parameters
    ----------
    name
        Short name: the file's stem, or the data set's name.
    study
        Study of every row; the rows of one study share it.
    row
        Label of every row, unique.
    both, lost, gained, neither
        People with the finding twice, before only, after only, never; int64, shape (n_rows,). Where
        only margins are known those of the possible table in the middle.
    before_only, after_only
        People seen once, at that time.
    yes_before, yes_after
        Of all seen at that time, how many have the finding.
    covariates
        Every other column under its own header, one value per row.
    partial
        What a row states where its pairs are not known (every possible table, as in
        `bayespool.numerics.paired_tables`); None where they are.
    file
        Name of the file, or ``<table>``.
    sha256
        Of the whole table that was read, also after `select`.
    warnings
        What is odd about that table but allowed, a sentence each.
    """

    IN_WORDS: ClassVar[str] = "a finding before and after in the same people"
    ARRAYS: ClassVar[Mapping[str, type]] = dict.fromkeys(
        (*CELLS, "before_only", "after_only", "yes_before", "yes_after"), np.int64
    )
    TUPLES: ClassVar[tuple[str, ...]] = ("partial",)
    COUNTED: ClassVar[Mapping[str, tuple[str, str]]] = {
        "before": ("yes_before", "n_before"), "after": ("yes_after", "n_after"),
    }  # fmt: skip
    PEOPLE: ClassVar[tuple[str, ...]] = ("n_before",)
    same_people: ClassVar[bool] = True

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    both: Counts
    lost: Counts
    gained: Counts
    neither: Counts
    before_only: Counts
    after_only: Counts
    yes_before: Counts
    yes_after: Counts
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    partial: tuple[Partial | None, ...] = ()
    file: str = IN_MEMORY
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_table(
        cls, table: TableSource, name: str | None = None, **reading: Unpack[Reading]
    ) -> Self:
        """Read and validate a table.

        Parameters
        ----------
        table
            Path, data frame or mapping of columns: both, lost, gained, neither; or, where
            ``kind`` is ``margins``, before of n_before and after of n_after, with p and p_test
            (``exact``, ``mcnemar``, ``corrected``; blank if not named) where they are printed. The
            larger group then holds people who were seen once.
        name
            Short name; the file's stem if None.
        **reading
            keep_rows, sheet and column_map: see `bayespool.studies.tables.Reading`.

        Raises
        ------
        TableError
            With every problem of the table's content, not only the first.
        """
        kinds = read_kinds(read_table(table, **reading), ("margins",))
        recognised = recognise(kinds.table, {})
        problems: list[Problem] = []
        rows, partial = [], []
        for row, kind in enumerate(kinds.kinds):
            reader = RowReader(kinds.table, row, problems)
            said = _margins(reader) if kind else None
            partial.append(said)
            cells = said.central if said is not None else None if kind else _cells(reader)
            rows.append(cells)
        full = {row: cells for row, cells in enumerate(rows)
                if cells is not None and partial[row] is None}  # fmt: skip
        shared = shared_fields(kinds.table, recognised, name, problems, full)
        c = np.array(rows, dtype=np.int64).T
        return cls(
            **shared,
            **dict(zip(CELLS, c[:4], strict=True)),
            before_only=c[4] + c[5],
            after_only=c[6] + c[7],
            yes_before=c[0] + c[1] + c[4],
            yes_after=c[0] + c[2] + c[6],
            partial=tuple(partial),
        )

    @property
    def n_before(self) -> Counts:
        """People seen before, shape (n_rows,)."""
        return self.both + self.lost + self.gained + self.neither + self.before_only

    @property
    def n_after(self) -> Counts:
        """People seen after, shape (n_rows,)."""
        return self.both + self.lost + self.gained + self.neither + self.after_only

    def tables(self) -> list[Counts]:
        """Every row's possible tables, each of shape (n_tables, 8)."""
        out = []
        for i, said in enumerate(self.partial):
            if said is not None:
                out.append(np.array(said.tables))
                continue
            yes_b = self.yes_before[i] - self.both[i] - self.lost[i]
            yes_a = self.yes_after[i] - self.both[i] - self.gained[i]
            out.append(np.array([[
                *(getattr(self, cell)[i] for cell in CELLS),
                yes_b, self.before_only[i] - yes_b, yes_a, self.after_only[i] - yes_a,
            ]]))  # fmt: skip
        return out

    def as_effects(self, measure: str) -> "Effects":
        return self.effects(measure)

    def effects(self, measure: str = "or", add: float | None = 0.5) -> "Effects":
        """Log odds ratio of after against before, with the pairing in its standard error.

        An approximation for figures: 1/2 is added to the counts with and without the finding of a
        row where one of them is empty.
        """
        from bayespool.studies.effects import Effects

        measure_named(measure, ("or",))
        n1, n2 = self.n_before.astype(float), self.n_after.astype(float)
        edges = (self.yes_before, n1 - self.yes_before, self.yes_after, n2 - self.yes_after)
        half = np.where(np.min(edges, axis=0) == 0, 0.5, 0.0)
        p, q = (self.yes_before + half) / (n1 + 2 * half), (self.yes_after + half) / (n2 + 2 * half)
        pairs = (self.both + self.lost + self.gained + self.neither).astype(float)
        together = (self.both + half / 2) / (pairs + 2 * half) - p * q
        variance = 1 / (n1 * p * (1 - p)) + 1 / (n2 * q * (1 - q))
        shared = 2.0 * pairs * together / (n1 * n2 * p * (1 - p) * q * (1 - q))
        estimate = np.log(q / (1 - q)) - np.log(p / (1 - p))
        shown = self._shared() | {"partial": ()}
        return Effects(
            **shown, measure="or", estimate=estimate,
            se=np.sqrt(np.maximum(variance - shared, 0.05 * variance)),
            approximated=tuple(self.is_partial.tolist()),
            how=tuple("pairs" if said is None else said.says for said in self.partial),
        )  # fmt: skip


def _cells(reader: RowReader) -> tuple[int, ...] | None:
    values = {name: reader.count(name) for name in CELLS}
    blank = [name for name, value in values.items() if value is None and not reader.text(name)]
    for name in blank:
        reader.fault(name, f"{name} is blank", "both, lost, gained and neither; or kind=margins")
    if None in values.values():
        return None
    whole = [value for value in values.values() if value is not None]
    if sum(whole) == 0:
        reader.fault("both", "nobody was seen twice", "at least one person")
        return None
    return (*whole, 0, 0, 0, 0)


def _margins(reader: RowReader) -> Partial | None:
    before = len(reader.problems)
    x, n, y, m = (reader.count(name) for name in ("before", "n_before", "after", "n_after"))
    for name, value in zip(("before", "n_before", "after", "n_after"), (x, n, y, m), strict=True):
        if value is None and not reader.text(name):
            reader.fault(name, f"{name} is blank", "before, n_before, after and n_after")
    p = read_p(reader) if reader.text("p") else None
    named = reader.word(TESTS, "p_test")
    if len(reader.problems) > before or x is None or n is None or y is None or m is None:
        return None
    for name, part, whole in (("before", x, n), ("after", y, m)):
        if part > whole or whole == 0:
            reader.fault(name, f"{name}={part} of {whole}", f"from 0 to n_{name}, which is above 0")
            return None
    if (many := _how_many(x, n, y, m)) > MOST_LISTED:
        rule = f"{many} tables or more have these margins"
        reader.fault("before", rule, f"pairs; or margins of at most {MOST_LISTED} tables")
        return None
    tables = _possible(x, n, y, m)
    said = f"{x} of {n} before, {y} of {m} after"
    if p is not None:
        tests = (named,) if named else TESTS
        values = _p(np.array(tables), tests)
        fitting = ((values > p.low) & (values <= p.high)).any(axis=1)
        fits = [table for table, fine in zip(tables, fitting, strict=True) if fine]
        if not fits:
            every = values.ravel()
            nearest = every[np.argmin(np.maximum(p.low - every, every - p.high))]
            rule = f"no table with these margins ({said}) gives {p.text} by the test "
            rule += " or ".join(tests)
            reader.fault("p", rule, f"the nearest possible is {nearest:.3g}")
            return None
        tables, said = fits, f"{said}, {_named(p, named)}"
    if too_many(tables):
        reader.fault("before", f"{len(tables)} tables have these margins", "pairs, or a P value")
        return None
    count = "one table" if len(tables) == 1 else f"{len(tables)} tables"
    return Partial("margins", f"{said}: {count}", tuple(tables), (1.0,) * len(tables))


def _named(p: PValue, test: str) -> str:
    return f"{p.text} ({test})" if test else f"{p.text} (test not named)"


def _how_many(x: int, n: int, y: int, m: int) -> int:
    """How many tables `_possible` lists, counted up to the first beyond what is listed."""
    pairs, many = min(n, m), 0
    for once in range(min(abs(n - m), x if n > m else y) + 1):
        a, b = (x - once, y) if n > m else (x, y - once)
        if max(a, b) <= pairs:
            many += min(a, b) - max(0, a + b - pairs) + 1
        if many > MOST_LISTED or once > MOST_LISTED:
            return max(many, MOST_LISTED + 1)
    return many


def _possible(x: int, n: int, y: int, m: int) -> list[tuple[int, ...]]:
    """All tables with x of n before and y of m after, where the smaller group was seen twice."""
    pairs = min(n, m)
    out: list[tuple[int, ...]] = []
    for once_yes in range(min(abs(n - m), x if n > m else y) + 1):
        before_yes, after_yes = (once_yes, 0) if n > m else (0, once_yes)
        a, b = x - before_yes, y - after_yes
        once = (before_yes, max(n - m, 0) - before_yes, after_yes, max(m - n, 0) - after_yes)
        if min(a, b, *once) < 0 or max(a, b) > pairs:
            continue
        for both in range(max(0, a + b - pairs), min(a, b) + 1):
            out.append((both, a - both, b - both, pairs - a - b + both, *once))
    return out


def _p(tables: Counts, tests: tuple[str, ...]) -> NDArray[np.float64]:
    """P values of the discordant pairs of tables, shape (n_tables, n_tests); 1 without any."""
    from scipy import stats

    lost, gained = tables[:, 1], tables[:, 2]
    total = np.maximum(lost + gained, 1)
    off = np.abs(lost - gained)
    found = {
        "exact": np.minimum(1.0, 2.0 * stats.binom.cdf(np.minimum(lost, gained), total, 0.5)),
        "mcnemar": stats.chi2.sf(off**2 / total, 1),
        "corrected": stats.chi2.sf(np.maximum(off - 1, 0) ** 2 / total, 1),
    }
    some = lost + gained > 0
    return np.stack([np.where(some, found[test], 1.0) for test in tests], axis=1)
