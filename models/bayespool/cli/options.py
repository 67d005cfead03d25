"""Options that several commands share, and what is asked of their values."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from bayespool.report.request import Request

# the order in which a command's help tells of them, after the options of its own
READING = Group("How the table is read", sort_key=2)
FITTED = Group("Rows, priors and engine", sort_key=3)
SENSITIVITY = Group("Sensitivity analyses", sort_key=4)
ASKED = Group("What a panel asks", sort_key=5)
MISSING = Group("Publication bias", sort_key=6)
WRITTEN = Group("Output", sort_key=7)


@Parameter(name="*", group=FITTED)
@dataclass(frozen=True)
class Fitting:
    """How a model is fitted, and to which rows.

    Parameters
    ----------
    where
        Keep the rows with COLUMN=VALUE, or with a blank cell by COLUMN=; repeat for more.
    label
        What a reader sees for a value of a covariate, as COLUMN.VALUE=WORDS, such as
        control.healthy="studies with healthy controls"; repeat for more.
    prior
        A prior as its own call, such as "tau_sens=HalfNormal(0.5)", or "tau=HalfNormal(0.5)" of an
        association; repeat for more.
    engine
        auto (quadrature, or NUTS where its self-check fails), both (the same, and NUTS beside it
        as an independent check), quadrature or nuts.
    seed
        Of all random numbers; fixed and shown by default.
    leave_one_out
        Also how the answer moves when each study is left out.
    prior_sensitivity
        Also the answer under other priors.
    cumulative
        Also the answer year by year; the table needs a column year.
    without
        Also the answer without the rows with COLUMN=VALUE, such as counts=derived; repeat for more.
    """

    where: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    prior: tuple[str, ...] = ()
    engine: str = "auto"
    seed: int | None = None
    leave_one_out: Annotated[bool, Parameter(group=SENSITIVITY)] = False
    prior_sensitivity: Annotated[bool, Parameter(group=SENSITIVITY)] = False
    cumulative: Annotated[bool, Parameter(group=SENSITIVITY)] = False
    without: Annotated[tuple[str, ...], Parameter(group=SENSITIVITY)] = ()


@Parameter(name="*", group=ASKED)
@dataclass(frozen=True)
class Panel:
    """What a guideline panel asks and has judged.

    Parameters
    ----------
    title
        Heading of the report.
    question
        The question that it answers.
    threshold
        Cut-offs between which a judgement changes, as NAME=A,B with names of summary.json, such as
        sens=0.7,0.8,0.9 or mu_ratio=0.8,1.25; repeat for more.
    judgements
        A TOML file with the panel's judgements on certainty (bayespool judgement-form prints an
        empty one).
    order
        Of the studies in the forest plot: input (as in the table), year or effect.
    group
        Of an association: what a reader calls group 1, and again what group 2 is called.
    unit
        Of a mean difference or a generic effect, such as m/s.
    """

    title: str | None = None
    question: str | None = None
    threshold: tuple[str, ...] = ()
    judgements: Path | None = None
    order: str | None = None
    group: tuple[str, ...] = ()
    unit: str | None = None

    def asked(self) -> dict[str, Any]:
        """For `write_report` and `build_summary`, checked."""
        from bayespool.guideline.judgements import read_judgements

        judged = read_judgements(self.judgements) if self.judgements is not None else None
        return {"thresholds": _thresholds(self.threshold), "judgements": judged}

    def words(self) -> dict[str, Any]:
        """For `write_report`."""
        return {"title": self.title, "question": self.question}

    def names(self) -> dict[str, Any]:
        """Of groups and unit, as far as they are given."""
        return {"groups": self.group or None, "unit": self.unit}


@Parameter(name="*", group=WRITTEN)
@dataclass(frozen=True)
class Output:
    """Where the answer goes.

    Parameters
    ----------
    out
        Folder of the report; by default reports/NAME, or that of posterior.nc, unless --json is
        given.
    formats
        What is written beside the page, separated by commas: markdown, word, tables, png (all of
        them by default); or none.
    as_json
        Print the summary as JSON; write no report unless --out is given.
    allow_unconverged
        Exit with 0 even if the fit fails a check of convergence.
    quiet
        Print nothing but errors.
    """

    out: Path | None = None
    formats: str | None = None
    as_json: Annotated[bool, Parameter(name="--json")] = False
    allow_unconverged: bool = False
    quiet: bool = False

    @property
    def silent(self) -> bool:
        """Nothing is said beside errors, notes and JSON."""
        return self.quiet or self.as_json

    def folder(self, default: Path) -> Path | None:
        """The folder of the report, or None where only JSON is wanted.

        Raises
        ------
        ValueError
            It holds something that is not a report of ours, or a format is unknown.
        """
        folder = default if self.out is None and not self.as_json else self.out
        if folder is not None:
            from bayespool.report.target import check_target

            check_target(folder)
            self.beside()
        return folder

    def beside(self, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Names of formats, checked; without any given the default, or all."""
        from bayespool.report.request import FORMATS, check_formats

        if self.formats is None:
            return tuple(FORMATS if default is None else default)
        names = [name.strip() for name in self.formats.split(",")]
        return check_formats([] if names == ["none"] else names)


FITTING, PANEL, OUTPUT = Fitting(), Panel(), Output()


def requested(panel: Panel, output: Output, **numbers: Any) -> Request:
    """All that is asked of a report, as one record."""
    from bayespool.report.request import Request

    return Request(
        command=spoken(), formats=output.beside(), **panel.asked(), **panel.words(), **numbers
    ).changed(order=panel.order, **panel.names())


def spoken() -> str:
    """The command as it was given."""
    return "bayespool " + shlex.join(sys.argv[1:])


def _thresholds(texts: Sequence[str]) -> dict[str, tuple[float, ...]] | None:
    from bayespool.guideline.certainty import check_order

    out: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, separator, values = text.rpartition("=")
        name = name.strip()
        try:
            cuts = tuple(float(value) for value in values.split(","))
        except ValueError:
            separator = ""
        if not separator:
            raise ValueError(f'--threshold "{text}": allowed is NAME=A,B as in sens=0.7,0.8,0.9')
        if name in out:
            raise ValueError(f"--threshold: {name} is given twice")
        check_order(name, cuts)
        out[name] = cuts
    return out or None


def with_priors(model: Any, assignments: Sequence[str]) -> Any:
    """The model with priors given as ``NAME=CALL`` put in place of its own."""
    from bayespool.calls import with_priors as with_calls

    calls: list[tuple[str, str]] = []
    for text in assignments:
        name, separator, call = text.partition("=")
        if not separator:
            raise ValueError(
                f'--prior "{text}": allowed is NAME=CALL, as in tau_sens=HalfNormal(0.5)'
            )
        calls.append((name.strip(), call))
    return with_calls(model, calls)


def labelled(studies: Any, texts: Sequence[str]) -> Any:
    """The table with values of covariates in the words of ``--label``."""
    labels: dict[str, dict[str, str]] = {}
    for text in texts:
        place, separator, words = text.partition("=")
        column, dot, value = place.strip().partition(".")
        if not (separator and dot and value and words.strip()):
            raise ValueError(f'--label "{text}": allowed is COLUMN.VALUE=WORDS')
        labels.setdefault(column, {})[value] = words.strip()
    return studies.relabel(labels) if labels else studies


def selected(studies: Any, conditions: Sequence[str]) -> Any:
    """The rows that ``--where`` keeps."""
    for text in conditions:
        column, value = _condition("--where", text)
        blank = _blank(studies, column) if not value else []
        studies = studies.select(blank) if blank else studies.where(column, value)
    return studies


def without(studies: Any, conditions: Sequence[str]) -> dict[str, list[bool]]:
    """For every ``--without``, what it is called and which rows it keeps."""
    out = {}
    for text in conditions:
        column, value = _condition("--without", text)
        found = _blank(studies, column) if not value else []
        rows = set(studies.select(found).row if found else studies.where(column, value).row)
        keep = [row not in rows for row in studies.row]
        if not any(keep):
            raise ValueError(f'--without "{text}": no row is left')
        out[f"Without {column} {value or 'not given'}"] = keep
    return out


def _condition(option: str, text: str) -> tuple[str, str]:
    column, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f'{option} "{text}": allowed is COLUMN=VALUE')
    return column.strip(), value.strip()


def _blank(studies: Any, column: str) -> list[int]:
    """Rows in which a covariate is blank; none where there is no such covariate."""
    return [i for i, cell in enumerate(studies.covariates.get(column, ())) if cell is None]


def risk(text: str) -> Any:
    """A baseline risk as a number or as a `ProbabilityInterval`."""
    from bayespool.calls import parse_prior
    from bayespool.priors import ProbabilityInterval

    try:
        return float(text)
    except ValueError:
        found = parse_prior(text)
    if not isinstance(found, ProbabilityInterval):
        raise ValueError(f"--baseline-risk {text}: allowed is a risk between 0 and 1, or "
                         "ProbabilityInterval(0.05, 0.2)")  # fmt: skip
    return found


def check_prevalences(values: Sequence[float]) -> None:
    """Raise ``ValueError`` unless all are proportions in (0, 1)."""
    for value in values:
        if not 0.0 < value < 1.0:
            raise ValueError(
                f"--prevalence {value:g}: allowed is a proportion between 0 and 1, such as 0.1"
            )
