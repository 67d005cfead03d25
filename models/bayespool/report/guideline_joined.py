"""Findings of several reports in one table: as HTML, Markdown or CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespool.association import quantities
from bayespool.calls import parse_prior
from bayespool.decoded import from_json
from bayespool.estimands import Estimate
from bayespool.guideline.findings import RESULTS, Evidence, Finding
from bayespool.guideline.judgements import MARGINS
from bayespool.quantity import Group, point
from bayespool.report import numbers
from bayespool.report.association_numbers import risk_name
from bayespool.report.blocks import Table
from bayespool.report.effect_words import risk_words
from bayespool.report.files import to_csv
from bayespool.report.findings_table import NAMES, evidence_cell, people_cell
from bayespool.report.tables import INTERVAL
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit

FORMATS = ("html", "markdown", "csv")
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Joined:
    """One table of several analyses, with notes below it."""

    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]

    def text(self, form: str = "html") -> str:
        """The table in a format.

        Parameters
        ----------
        form : {"html", "markdown", "csv"}
            CSV has the tables one below another, each with its caption in the first column.

        Raises
        ------
        ValueError
            Another format.
        """
        writers = {"html": _html, "markdown": _markdown, "csv": _csv}
        if form not in writers:
            raise ValueError(f"format {form!r}; allowed: {', '.join(FORMATS)}")
        return writers[form](self)


def summary_of_findings(
    sources: Sequence[Fit | str | Path],
    *,
    names: Sequence[str] | None = None,
    title: str = "Summary of findings",
    **options: Any,
) -> Joined:
    """Join fits or reports that answer the same kind of question.

    Parameters
    ----------
    sources : fits, or folders of reports
        One or more. A folder is read as it was written.
    names : sequence of str, optional
        One for each; by default the name of the folder, or that of the table of a fit.
    title : str
    **options
        Of fits: what `bayespool.report.summary.build_summary` takes, such as prevalences.

    Raises
    ------
    ValueError
        Different kinds of analysis, measures or prevalences, or a folder that is no report.
    """
    records = named_records(sources, names, options)
    found = list(records)
    measures = [record.get("measure", "") for record in records.values()]
    for name, measure in zip(found, measures, strict=True):
        if measure != measures[0]:
            raise ValueError(
                f"two fits of different questions: {found[0]} ({_question(measures[0])}) and "
                f"{name} ({_question(measure)}); allowed: reports of the same measure"
            )
    build = _effects if measures[0] else _accuracy
    try:
        tables = build(records)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(
            f"a summary.json of {', '.join(map(str, sources))} is not as bayespool writes it "
            f"({type(error).__name__}: {error}); allowed: folders of reports of this version"
        ) from error
    notes = (
        ["Rows come from different studies: a difference between rows is no comparison."]
        if len(records) > 1
        else []
    )
    notes += ["Intervals hold the uncertainty of the pooled values only; in a single new setting "
             "the spread is wider."]  # fmt: skip
    if any(one["findings"]["results_share_people"] for one in records.values()):
        notes.append("Of a study with several results the largest counts as its participants.")
    return Joined(title, tuple(tables), tuple(notes))


def named_records(
    sources: Sequence[Fit | str | Path], names: Sequence[str] | None, options: Mapping[str, Any]
) -> dict[str, Record]:
    """What the summaries of fits or reports hold, by names that tell them apart."""
    if not sources:
        raise ValueError("no report was given; allowed: one or more folders of reports, or fits")
    if names is not None and len(names) != len(sources):
        raise ValueError(f"{len(names)} names for {len(sources)} reports; allowed: one for each")
    found = list(names) if names is not None else [_name(source) for source in sources]
    records = [_record(source, options) for source in sources]
    return dict(zip(_unique(found), records, strict=True))


def _record(source: Fit | str | Path, options: Mapping[str, Any]) -> Record:
    if not isinstance(source, str | Path):
        from bayespool.report.summary import build_summary
        from bayespool.report.summary_record import summary_dict

        return summary_dict(build_summary(source, **options), source)
    path = Path(source) / "summary.json"
    if not path.is_file():
        raise ValueError(f"{source} has no summary.json; allowed: folders of reports")
    try:
        record = from_json(path.read_text(encoding="utf-8"), "summary.json")
    except ValueError as error:
        raise ValueError(f"{path}: {error}; allowed: folders of reports") from None
    if not isinstance(record, dict) or "findings" not in record:
        raise ValueError(f"{path} has no findings; allowed: a report written by this version")
    return record


def _name(source: Fit | str | Path) -> str:
    if isinstance(source, str | Path):
        return Path(source).resolve().name
    return str(source.studies.name).replace("_", " ")


def _unique(names: Sequence[str]) -> list[str]:
    """Names that tell apart: the second of two is ``name (2)``."""
    out: list[str] = []
    for name in names:
        number, own = 1, name
        while own in out:
            number += 1
            own = f"{name} ({number})"
        out.append(own)
    return out


def _question(measure: str) -> str:
    return MEASURES[measure].label if measure else "diagnostic accuracy"


def _evidence(record: Record, label: str = "") -> str:
    found = record["findings"]["labels"][label] if label else record["findings"]
    one = Evidence(found["studies"], found["participants"] or 0)
    what = "" if found["counted"] == one.what else f" {found['counted']}s"
    return evidence_cell(one, what=what)


def _level(record: Record) -> str:
    level = record["certainty"]["certainty"]
    if not isinstance(level, dict):
        return level or "open"
    own = {MARGINS[name]: one or "open" for name, one in level.items()}
    if len(set(own.values())) == 1:
        return next(iter(own.values()))
    return ", ".join(f"{name} {one}" for name, one in own.items())


def _both(record: Record, kind: str) -> str:
    value = numbers.value(record["median"], kind)
    return f"{value} ({numbers.interval(record['lower'], record['upper'], kind)})"


ENDS = ("Participants (studies)", "Certainty")


def _accuracy(records: Mapping[str, Record]) -> list[Table]:
    shared = [p for p in next(iter(records.values()))["prevalences"]
              if all(p in record["prevalences"] for record in records.values())]  # fmt: skip
    if not shared:
        told_of = "; ".join(
            f"{name}: {', '.join(f'{p:g}' for p in record['prevalences']) or 'none'}"
            for name, record in records.items()
        )
        raise ValueError(f"no prevalence is in all of them ({told_of}); allowed: the same "
                         "prevalence for every report, such as by bayespool report FOLDER "
                         "--prevalence 0.1")  # fmt: skip
    rows = []
    for name, record in records.items():
        for label in _labels(record):
            of = f"[{label}]" if label else ""
            cells = [_both(record["estimands"][f"{x}{of}"], "proportion") for x in ("sens", "spec")]
            rows.append((_title(name, label), *cells, _evidence(record, label), _level(record)))
    head = ("", "Sensitivity", "Specificity", *ENDS)
    tables = [Table(f"Pooled accuracy: median ({INTERVAL})", head, tuple(rows))]
    return [*tables, *(_per_thousand(records, p) for p in shared)]


def _labels(record: Record) -> list[Group]:
    own = [row for row in record["findings"]["rows"] if not row["difference"]]
    return list(dict.fromkeys(Group(row["label"], row.get("shown")) for row in own))


def _title(name: str, label: Group) -> str:
    return f"{name}, {label.shown}" if label else name


def _per_thousand(records: Mapping[str, Record], p: float) -> Table:
    rows = []
    for name, record in records.items():
        for label in _labels(record):
            found = {
                row["result"]: row for row in record["findings"]["rows"]
                if not row["difference"] and (row["prevalence"], row["label"]) == (p, label)
            }  # fmt: skip
            cells = [people_cell(_finding(found[result])) for result in RESULTS]
            rows.append((_title(name, label), *cells))
    at = numbers.given_percent(p)
    caption = f"Of 1,000 people tested at a prevalence of {at}: median ({INTERVAL})"
    return Table(caption, ("", *(NAMES[result] for result in RESULTS)), tuple(rows))


def _finding(row: Record) -> Finding:
    e = Estimate(
        row["result"], mean=row["median"], median=row["median"], sd=0.0, lower=row["lower"],
        upper=row["upper"], mcse=0.0, mcse_median=0.0, mcse_lower=0.0, mcse_upper=0.0, ess=0.0,
    )  # fmt: skip
    return Finding(row["result"], row["prevalence"], Group(row["label"]), e)


def _effects(records: Mapping[str, Record]) -> list[Table]:
    effect = point(quantities.told(next(iter(records.values()))["measure"]))
    rows, absolute = [], []
    for name, record in records.items():
        told_of = {row["estimand"]: row for row in record["findings"]["rows"]}
        kind, new = effect.unit, effect.like("new")
        cells = [_both(told_of[effect], kind),
                 _both(told_of[new], kind) if new in told_of else numbers.MISSING]  # fmt: skip
        rows.append((name, *cells, _evidence(record), _level(record)))
        for given in record["baseline_risks"]:
            risk = parse_prior(given) if isinstance(given, str) else float(given)
            at = risk_name(risk)
            absolute.append((f"{name}, {risk_words(risk)}", _people(told_of[f"risk@{at}"]),
                             _people(told_of[f"difference@{at}"])))  # fmt: skip
    head = ("", effect.label, "In a new study", *ENDS)
    out = [Table(f"{effect.label}: median ({INTERVAL})", head, tuple(rows))]
    if absolute:
        heads = ("Risk in group 2", "Events per 1,000 in group 1", "Difference per 1,000")
        out.append(Table(f"In 1,000 people: median ({INTERVAL})", heads, tuple(absolute)))
    return out


def _people(row: Record) -> str:
    middle, low, high = (numbers.number(row[key], 0) for key in ("median", "lower", "upper"))
    return f"{middle} ({low}{numbers.TO}{high})"


def _html(joined: Joined) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bayespool.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("joined.html").render(
        title=joined.title, tables=joined.tables, notes=joined.notes
    )


def _markdown(joined: Joined) -> str:
    from bayespool.report.markdown import inline, line

    parts = [f"# {inline(joined.title)}"]
    for table in joined.tables:
        lines = [table.head, (":---", *["---:"] * (len(table.head) - 1))]
        texts = [tuple(map(inline, lines[0])), lines[1],
                 *(tuple(map(inline, row)) for row in table.rows)]  # fmt: skip
        rows = "\n".join(f"| {' | '.join(row)} |" for row in texts)
        parts.append(f"**{inline(table.caption)}**\n\n{rows}")
    return "\n\n".join([*parts, *map(line, joined.notes)]) + "\n"


def _csv(joined: Joined) -> str:
    return "\n".join(
        to_csv(("table", *table.head), [(table.caption, *row) for row in table.rows])
        for table in joined.tables
    )
