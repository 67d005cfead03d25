"""Everything that is asked of a table, as one record that is kept, spoken and repeated."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_type_hints

from bayespool.decoded import decoded
from bayespool.fitting import DEFAULT_SEED, ENGINES
from bayespool.report.request import Request
from bayespool.studies.tables import Reading

ACCURACY = ""  # in the place of a measure
LARGEST_SEED = 2**32 - 1
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asked:
    """How a table is read, which model is fitted to it, and what is reported.

    Parameters
    ----------
    measure
        Of an association; empty for diagnostic accuracy, None where it has to be said yet.
    keep_rows, sheet, column_map, comparison, outcome
        As `bayespool.studies.tables.Reading`; the map as pairs of role and column.
    model, covariate, covariate_on, by, test, shared, indirect, correlation, robust, link, marker
        As the options of the command line; covariate and robust are of both kinds of analysis.
    low_risk_only, bridge
        The same, of accuracy and of an association.
    priors
        Pairs of a name and the call of a prior.
    engine, seed
        As `bayespool.fit` takes them.
    request
        Of the report.
    """

    measure: str | None = ACCURACY
    keep_rows: tuple[str, ...] = ()
    sheet: str | None = None
    column_map: Pairs = ()
    comparison: str | None = None
    outcome: str | None = None
    model: str = "auto"
    covariate: tuple[str, ...] = ()
    covariate_on: tuple[str, ...] = ()
    by: str = ""
    test: str = ""
    shared: bool = False
    indirect: bool = False
    correlation: float | None = None
    robust: bool = False
    link: str = "logit"
    marker: str = "ignored"
    low_risk_only: bool = False
    bridge: bool = False
    priors: Pairs = ()
    engine: str = "auto"
    seed: int = DEFAULT_SEED
    request: Request = field(default_factory=Request)

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine={self.engine!r}; allowed: {', '.join(ENGINES)}")
        if ":" in self.model:  # a file from a stranger could have any module imported
            raise ValueError(
                f"model={self.model!r}: a model of your own is for the command line and Python; "
                "allowed here: the models of bayespool"
            )
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed={self.seed}; allowed: a whole number, 0 to {LARGEST_SEED}")

    @property
    def reading(self) -> Reading:
        """For ``from_table``."""
        return {
            "keep_rows": self.keep_rows, "sheet": self.sheet, "column_map": dict(self.column_map),
            "comparison": self.comparison, "outcome": self.outcome,
        }  # fmt: skip

    def of_other_table(self) -> Asked:
        """What stays asked when another table comes: nothing that names its columns or rows."""
        return Asked(engine=self.engine, seed=self.seed)

    def of_fit(self) -> str:
        """All that a fit depends on beside the table, as text."""
        return replace(self, request=Request()).text()

    def record(self) -> dict[str, Any]:
        """As plain values."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return plain | {"request": json.loads(self.request.text())}

    def text(self) -> str:
        """As JSON, the same for the same request."""
        return json.dumps(self.record(), ensure_ascii=False, sort_keys=True)


def asked_from(record: Any) -> Asked:
    """What `Asked.record` wrote.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(record, dict):
        raise ValueError("what is asked is no mapping")
    given = dict(record)
    request = Request.from_text(json.dumps(given.pop("request", {})))
    hints = get_type_hints(Asked)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise ValueError(f"unknown {unknown[0]}; allowed: {', '.join(hints)}")
    found = {name: decoded(value, hints[name], name) for name, value in given.items()}
    return Asked(**found, request=request)
