"""The command line: parses, calls, prints. No statistics of its own.

Exit codes: 0 done; 1 the fit failed a gate (the report is written and says so); 2 the request or
the table is wrong (nothing is written); 130 interrupted (nothing is written).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from bayespool import __version__

if TYPE_CHECKING:
    from bayespool.fitting import Fit
    from bayespool.report.refits import Refits

DONE, FAILED_GATE, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130
ALONE = (
    "one study says nothing of the variation between studies: the model has tau=Fixed(0), and the "
    'effect is that of this study (--prior "tau=HalfNormal(0.5)" adds what the prior says of a new '
    "study)"
)

app = App(
    name="bayespool",
    version=__version__,
    help="Bayesian meta-analysis of diagnostic accuracy and outcome associations.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


@app.command
def accuracy(
    table: str,
    /,
    *,
    out: Path | None = None,
    seed: int | None = None,
    model: str = "auto",
    covariate: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    covariate_on: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    by: str = "",
    test: str = "",
    shared: Annotated[bool, Parameter(negative=())] = False,
    indirect: Annotated[bool, Parameter(negative=())] = False,
    correlation: float | None = None,
    robust: Annotated[bool, Parameter(negative=())] = False,
    link: str = "logit",
    marker: str = "ignored",
    prior: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    prevalence: Annotated[tuple[float, ...], Parameter(negative=())] = (),
    where: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    engine: str = "auto",
    leave_one_out: Annotated[bool, Parameter(negative=())] = False,
    prior_sensitivity: Annotated[bool, Parameter(negative=())] = False,
    cumulative: Annotated[bool, Parameter(negative=())] = False,
    allow_unconverged: Annotated[bool, Parameter(negative=())] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Pool sensitivity and specificity over studies and write a report.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file of 2x2 tables, or the name of a dataset. A column kind
        marks rows that state less: margin, rates, candidate or marker.
    out
        Folder of the report; reports/NAME unless --json is given.
    seed
        Of all random numbers; fixed and shown by default.
    model
        auto, bivariate, meta-regression, nested (several results per study), comparison (of tests)
        or hsroc. auto is comparison with --test, meta-regression with --covariate, else bivariate.
    covariate
        A study covariate of meta-regression or hsroc; repeat for more.
    covariate_on
        Of hsroc, what covariates act on: accuracy, threshold or shape; all three by default.
    by
        A covariate whose levels differ in their between-study SDs too.
    test
        The column that names the test of every row, for a comparison.
    shared
        Of a comparison: tests differ by the same amount in all studies.
    indirect
        Of a comparison: allow a test that no study compares with another.
    correlation
        Of nested results: their correlation within patients, 0 (different patients) to 1.
    robust
        Student-t study effects, which give way to outlying studies; not of hsroc.
    link
        logit, probit or cloglog; of hsroc the logit.
    marker
        What rows with kind marker (two means, or an area under the curve) do: ignored, or binormal.
    prior
        A prior as its own call, such as "tau_sens=HalfNormal(0.5)"; repeat for more.
    prevalence
        Prevalence (a proportion) for predictive values and natural frequencies; repeat for more.
    where
        Keep the rows with COLUMN=VALUE, or with a blank cell by COLUMN=; repeat for more.
    engine
        auto, quadrature or nuts.
    leave_one_out
        Also how the answer moves when each study is left out.
    prior_sensitivity
        Also the answer under other priors.
    cumulative
        Also the answer year by year; the table needs a column year.
    allow_unconverged
        Exit with 0 even if the fit fails a check of convergence.
    as_json
        Print the summary as JSON; write no report unless --out is given.
    quiet
        Print nothing but errors.
    """
    from bayespool.accuracy.choosing import Options, choose
    from bayespool.checks.variants import check_steps
    from bayespool.datasets import resolve
    from bayespool.fitting import DEFAULT_SEED, fit

    studies = _where(resolve(table), where)
    options = Options(
        link=link, covariate=covariate, covariate_on=covariate_on, by=by, test=test, shared=shared,
        indirect=indirect, correlation=correlation, robust=robust, marker=marker,
    )  # fmt: skip
    chosen = with_priors(choose(model, options), prior)
    chosen.check(studies)
    _check_prevalences(prevalence)
    folder = out if out is not None or as_json else Path("reports") / studies.name
    if folder is not None:
        _check_folder(folder)
    if cumulative:
        check_steps(chosen, studies)  # says what is wrong before a fit is waited for
    of_engine: dict[str, Any] = {}
    if engine == "nuts":
        of_engine["progress"] = not quiet and not as_json and sys.stderr.isatty()
    fitted = fit(chosen, studies, engine, DEFAULT_SEED if seed is None else seed, **of_engine)
    refits = _refits(fitted, left=leave_one_out, priors=prior_sensitivity, years=cumulative)
    asked = {"prevalences": prevalence or None}
    return _deliver(
        fitted, folder, asked, refits, as_json=as_json, quiet=quiet, allow=allow_unconverged
    )


@app.command
def association(
    table: str,
    /,
    *,
    measure: str,
    out: Path | None = None,
    seed: int | None = None,
    covariate: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    prior: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    mid: float | None = None,
    baseline_risk: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    model: str = "auto",
    bridge: Annotated[bool, Parameter(negative=())] = False,
    robust: Annotated[bool, Parameter(negative=())] = False,
    where: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    engine: str = "auto",
    leave_one_out: Annotated[bool, Parameter(negative=())] = False,
    prior_sensitivity: Annotated[bool, Parameter(negative=())] = False,
    cumulative: Annotated[bool, Parameter(negative=())] = False,
    allow_unconverged: Annotated[bool, Parameter(negative=())] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Pool an association over studies and write a report.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file of counts, effects, means, correlations, proportions or
        findings before and after, or the name of a dataset. A column kind marks rows that state
        less: rates, candidate, censored (a P value) or margins (before and after).
    measure
        or, rr, rd, md, smd, rom, cor, hr, irr, proportion or generic (study, estimate, se).
    out
        Folder of the report; reports/NAME unless --json is given.
    seed
        Of all random numbers; fixed and shown by default.
    covariate
        A study covariate of a meta-regression; repeat for more.
    prior
        A prior as its own call, such as "tau=HalfNormal(0.5)"; repeat for more.
    mid
        Smallest important difference on the measure's own scale, such as 1.25 for an odds ratio.
    baseline_risk
        Risk in group 2, such as 0.1 or "ProbabilityInterval(0.05, 0.2)", for absolute effects;
        repeat for more.
    model
        auto, normal (effects with standard errors), binomial (exact counts), beta-binomial (counts
        of a proportion, beta study effects), nested (several results per study) or pre-post (a
        finding before and after in the same people). auto is pre-post where a table has such
        findings, binomial where it has counts of an odds ratio or a proportion, else normal.
    bridge
        Take rows of kind smd among odds ratios, or of kind or among standardised mean differences,
        times or divided by pi / sqrt(3); they are marked.
    robust
        Student-t study effects, which give way to outlying studies.
    where
        Keep the rows with COLUMN=VALUE, or with a blank cell by COLUMN=; repeat for more.
    engine
        auto, quadrature or nuts.
    leave_one_out
        Also how the answer moves when each study is left out.
    prior_sensitivity
        Also the answer under other priors.
    cumulative
        Also the answer year by year; the table needs a column year.
    allow_unconverged
        Exit with 0 even if the fit fails a check of convergence.
    as_json
        Print the summary as JSON; write no report unless --out is given.
    quiet
        Print nothing but errors.
    """
    from bayespool.association.choosing import choose
    from bayespool.association.scale import varies
    from bayespool.checks.variants import steps
    from bayespool.datasets import resolve_association
    from bayespool.fitting import DEFAULT_SEED, fit
    from bayespool.report.association_numbers import check_baseline, check_mid

    read = _where(resolve_association(table, measure, bridge=bridge), where)
    chosen, studies = choose(read, measure, model, covariate, robust=robust)
    chosen = with_priors(chosen, prior)
    asked: dict[str, Any] = {"mid": mid, "baseline_risks": tuple(map(_risk, baseline_risk))}
    check_mid(mid, measure)
    check_baseline(asked["baseline_risks"], measure)
    folder = out if out is not None or as_json else Path("reports") / studies.name
    if folder is not None:
        _check_folder(folder)
    if cumulative:
        steps(studies)
    options: dict[str, Any] = {}
    if engine == "nuts":
        options["progress"] = not quiet and not as_json and sys.stderr.isatty()
    fitted = fit(chosen, studies, engine, DEFAULT_SEED if seed is None else seed, **options)
    alone = hasattr(studies, "yes_before") and not varies(chosen)
    refits = _refits(fitted, left=leave_one_out, priors=prior_sensitivity, years=cumulative)
    return _deliver(
        fitted, folder, asked, refits, as_json=as_json, quiet=quiet, allow=allow_unconverged,
        notes=(ALONE,) if alone else (),
    )  # fmt: skip


@app.command
def check(
    table: str,
    /,
    *,
    measure: str | None = None,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Read and validate a table of 2x2 counts or of an association; fit nothing, write nothing.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file, or the name of a dataset.
    measure
        Of an association, as in the command association; without it the table is read as 2x2
        counts of diagnostic accuracy.
    quiet
        Print nothing but errors.
    """
    from bayespool.datasets import resolve, resolve_association

    if measure is not None:
        studies: Any = resolve_association(table, measure)
        what = f"read as {type(studies).__name__}"
    else:
        studies = resolve(table)
        what = f"{studies.n_diseased.sum()} diseased and {studies.n_healthy.sum()} healthy"
    if not quiet:
        print(f"{studies.file}: {len(studies)} rows of {len(set(studies.study))} studies, "
              f"{what}; covariates: {', '.join(studies.covariates) or 'none'}")  # fmt: skip
        for study, rows in studies.several_rows().items():
            print(f"  {study} has {len(rows)} rows: {'; '.join(rows)}")
        for row, said in zip(studies.row, getattr(studies, "partial", ()), strict=False):
            if said is not None:
                print(f"  {row} is no full result ({said.kind}): {said.says}")
    return DONE


@app.command
def report(
    posterior: Path,
    /,
    *,
    out: Path | None = None,
    prevalence: Annotated[tuple[float, ...], Parameter(negative=())] = (),
    mid: float | None = None,
    baseline_risk: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    allow_unconverged: Annotated[bool, Parameter(negative=())] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Write the report of a saved fit again, without fitting.

    Parameters
    ----------
    posterior
        A posterior.nc that a report contains.
    out
        Folder of the report; by default the folder of the file.
    prevalence
        Of accuracy: prevalence (a proportion) for predictive values; repeat for more.
    mid
        Of an association: smallest important difference on the measure's own scale.
    baseline_risk
        Of an association: risk in group 2, for absolute effects; repeat for more.
    allow_unconverged
        Exit with 0 even if the fit fails a check of convergence.
    as_json
        Print the summary as JSON; write no report unless --out is given.
    quiet
        Print nothing but errors.
    """
    from bayespool.storage import load

    _check_prevalences(prevalence)
    fitted = load(posterior)
    asked: dict[str, Any] = {"prevalences": prevalence or None, "mid": mid}
    asked["baseline_risks"] = tuple(map(_risk, baseline_risk))
    folder = out if out is not None or as_json else posterior.resolve().parent
    if folder is not None:
        _check_folder(folder)
    return _deliver(fitted, folder, asked, as_json=as_json, quiet=quiet, allow=allow_unconverged)


@app.command
def summary_of_findings(
    *folders: Path,
    out: Path | None = None,
    title: str = "Summary of findings",
) -> int:
    """Join reports of the same kind of question into one table that a panel can paste.

    Parameters
    ----------
    folders
        Folders that the other commands or write_report wrote.
    out
        File to write, ending in .html, .md or .csv; Markdown on the screen if not given.
    title
        Heading of the table.
    """
    from bayespool.report.guideline_joined import summary_of_findings

    formats = {".html": "html", ".md": "markdown", ".csv": "csv"}
    if out is not None and out.suffix not in formats:
        raise ValueError(f"--out {out}: legal is a file ending in {', '.join(formats)}")
    joined = summary_of_findings(folders, title=title)
    if out is None:
        print(joined.text("markdown"))
    else:
        out.write_text(joined.text(formats[out.suffix]), encoding="utf-8")
        print(out)
    return DONE


@app.command
def datasets() -> int:
    """List the datasets that come with the package; each name works where a path does."""
    from bayespool.datasets import dataset_card, dataset_names

    for name in dataset_names():
        print(f"{name:22s} {dataset_card(name).splitlines()[0].lstrip('# ')}")
    return DONE


def with_priors(model: Any, assignments: Sequence[str]) -> Any:
    """The model with priors given as ``NAME=CALL`` put in place of its own."""
    from dataclasses import replace

    from bayespool.calls import parse_prior

    changes: dict[str, Any] = {}
    for text in assignments:
        name, separator, call = text.partition("=")
        if not separator:
            raise ValueError(
                f'--prior "{text}": legal is NAME=CALL, as in tau_sens=HalfNormal(0.5)'
            )
        field = model.field_of(name.strip())
        if field in changes:
            raise ValueError(f"--prior: {field} is given twice")
        changes[field] = parse_prior(call)
    changed = replace(model, **changes)
    for field in changes:
        if not any(name == field or name.endswith(f"_{field}") for name in changed.priors):
            raise ValueError(
                f"--prior {field}: this model has no such parameter; legal: "
                f"{', '.join(changed.priors)}"
            )
    return changed


def _where(studies: Any, conditions: Sequence[str]) -> Any:
    for text in conditions:
        column, separator, value = text.partition("=")
        if not separator:
            raise ValueError(f'--where "{text}": legal is COLUMN=VALUE')
        blank = _blank(studies, column.strip()) if not value.strip() else []
        studies = studies.select(blank) if blank else studies.where(column.strip(), value.strip())
    return studies


def _blank(studies: Any, column: str) -> list[int]:
    """Rows in which a covariate is blank; none where there is no such covariate."""
    return [i for i, cell in enumerate(studies.covariates.get(column, ())) if cell is None]


def _risk(text: str) -> Any:
    """A baseline risk as a number or as a `ProbabilityInterval`."""
    from bayespool.calls import parse_prior
    from bayespool.priors import ProbabilityInterval

    try:
        return float(text)
    except ValueError:
        found = parse_prior(text)
    if not isinstance(found, ProbabilityInterval):
        raise ValueError(f"--baseline-risk {text}: legal is a risk between 0 and 1, or "
                         "ProbabilityInterval(0.05, 0.2)")  # fmt: skip
    return found


def _check_prevalences(values: Sequence[float]) -> None:
    for value in values:
        if not 0.0 < value < 1.0:
            raise ValueError(
                f"--prevalence {value:g}: legal is a proportion between 0 and 1, such as 0.1"
            )


def _check_folder(folder: Path) -> None:
    """Refuse to replace a folder that is not a report of ours."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out {folder}: is a file; legal is a folder")
    if folder.is_dir() and any(folder.iterdir()):
        ours = (folder / "summary.json").exists() or (folder / "posterior.nc").exists()
        if not ours:
            raise ValueError(
                f"--out {folder}: holds files that are not a report; legal is a new or empty "
                "folder, or one with a report to replace"
            )


def _refits(fitted: Fit, *, left: bool, priors: bool, years: bool) -> Refits:
    from bayespool.checks import leave_one_out, variants
    from bayespool.report.refits import Refits

    return Refits(
        leave_one_out.refit_without_each(fitted) if left else None,
        variants.prior_sensitivity(fitted) if priors else None,
        variants.cumulative(fitted) if years else None,
    )


def _deliver(
    fitted: Fit,
    folder: Path | None,
    asked: dict[str, Any],
    refits: Refits | None = None,
    *,
    as_json: bool,
    quiet: bool,
    allow: bool,
    notes: tuple[str, ...] = (),
) -> int:
    from bayespool.report.summary import build_summary, summary_dict

    summary = build_summary(fitted, **asked)
    if folder is not None:
        from bayespool.report import write_report

        write_report(
            fitted, folder, command="bayespool " + _spoken(), **asked,
            **(vars(refits) if refits is not None else {}),
        )  # fmt: skip
    if as_json:
        print(json.dumps(summary_dict(summary, fitted, refits), indent=1, allow_nan=False))
    elif not quiet:
        from bayespool.report.console import print_summary

        print_summary(summary, fitted, refits, folder)
    failed = [finding for finding in summary.checks if finding.gate and not finding.passed]
    for finding in failed:
        print(f"check failed: {finding.sentence} (threshold {finding.threshold:g})",
              file=sys.stderr)  # fmt: skip
    for sentence in (*fitted.draws.messages, *(() if quiet else notes)):
        print(f"note: {sentence}", file=sys.stderr)
    return FAILED_GATE if failed and not allow else DONE


def _spoken() -> str:
    import shlex

    return shlex.join(sys.argv[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and exit with its code."""
    from bayespool.studies import TableError

    try:
        code = app(arguments, exit_on_error=False, print_error=False)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except CycloptsError as error:
        print(f"bayespool: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except (TableError, ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_INPUT)
    sys.exit(code if isinstance(code, int) else DONE)


if __name__ == "__main__":
    main()
