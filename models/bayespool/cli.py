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
FIRST_LINES = ("mu_ratio", "mu_correlation", "mu_proportion", "mu", "mu_new_ratio",
               "mu_new_correlation", "mu_new_proportion", "mu_new", "tau", "tau_within", "I2",
               "sens", "spec", "lr_pos", "lr_neg", "dor", "auc", "sens_new", "spec_new",
               "tau_sens", "tau_spec", "rho")  # fmt: skip

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
    prevalence: Annotated[tuple[float, ...], Parameter(negative=())] = (),
    prior: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    link: str = "logit",
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
        A CSV, TSV, XLSX or Parquet file of 2x2 tables, or the name of a dataset.
    out
        Folder of the report; reports/NAME unless --json is given.
    seed
        Of all random numbers; fixed and shown by default.
    prevalence
        Prevalence (a proportion) for predictive values and natural frequencies; repeat for more.
    prior
        A prior as its own call, such as "tau_sens=HalfNormal(0.5)"; repeat for more.
    link
        logit, probit or cloglog.
    where
        Keep the rows with COLUMN=VALUE; repeat for more.
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
    from bayespool.accuracy import Bivariate
    from bayespool.checks.variants import steps
    from bayespool.datasets import resolve
    from bayespool.fitting import DEFAULT_SEED, fit

    studies = _where(resolve(table), where)
    model = with_priors(Bivariate(link=link), prior)
    _check_prevalences(prevalence)
    folder = out if out is not None or as_json else Path("reports") / studies.name
    if folder is not None:
        _check_folder(folder)
    if cumulative:
        steps(studies)  # says what is wrong with the years before a fit is waited for
    options: dict[str, Any] = {}
    if engine == "nuts":
        options["progress"] = not quiet and not as_json and sys.stderr.isatty()
    fitted = fit(model, studies, engine, DEFAULT_SEED if seed is None else seed, **options)
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
        A CSV, TSV, XLSX or Parquet file of counts, effects, means, correlations or proportions, or
        the name of a dataset.
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
        auto, normal (effects with standard errors), binomial (exact counts) or nested (several
        results per study). auto is binomial where a table has counts of an odds ratio or a
        proportion, else normal.
    robust
        Student-t study effects, which give way to outlying studies.
    where
        Keep the rows with COLUMN=VALUE; repeat for more.
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
    from bayespool.checks.variants import steps
    from bayespool.datasets import resolve_association
    from bayespool.fitting import DEFAULT_SEED, fit
    from bayespool.report.association_numbers import check_baseline, check_mid

    read = _where(resolve_association(table, measure), where)
    chosen, studies = choose(read, measure, model, covariate, robust=robust)
    chosen = with_priors(chosen, prior)
    asked: dict[str, Any] = {"mid": mid, "baseline_risks": tuple(map(_risk, baseline_risk))}
    check_mid(mid, measure)
    check_baseline(asked["baseline_risks"], measure)
    if prior_sensitivity and not hasattr(chosen, "alternatives"):
        raise ValueError(f"--prior-sensitivity: {type(chosen).__name__} has no alternative priors; "
                         "legal: fits with other --prior")  # fmt: skip
    folder = out if out is not None or as_json else Path("reports") / studies.name
    if folder is not None:
        _check_folder(folder)
    if cumulative:
        steps(studies)
    options: dict[str, Any] = {}
    if engine == "nuts":
        options["progress"] = not quiet and not as_json and sys.stderr.isatty()
    fitted = fit(chosen, studies, engine, DEFAULT_SEED if seed is None else seed, **options)
    refits = _refits(fitted, left=leave_one_out, priors=prior_sensitivity, years=cumulative)
    return _deliver(
        fitted, folder, asked, refits, as_json=as_json, quiet=quiet, allow=allow_unconverged
    )


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
def datasets() -> int:
    """List the datasets that come with the package; each name works where a path does."""
    from bayespool.datasets import dataset_card, dataset_names

    for name in dataset_names():
        print(f"{name:22s} {dataset_card(name).splitlines()[0].lstrip('# ')}")
    return DONE


def with_priors(model: Any, assignments: Sequence[str]) -> Any:
    """The model with priors given as ``NAME=CALL`` put in place of its own."""
    from dataclasses import replace

    from bayespool.priors import parse_prior

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
    return replace(model, **changes)


def _where(studies: Any, conditions: Sequence[str]) -> Any:
    for text in conditions:
        column, separator, value = text.partition("=")
        if not separator:
            raise ValueError(f'--where "{text}": legal is COLUMN=VALUE')
        studies = studies.where(column.strip(), value.strip())
    return studies


def _risk(text: str) -> Any:
    """A baseline risk as a number or as a `ProbabilityInterval`."""
    from bayespool.priors import ProbabilityInterval, parse_prior

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
        _print_summary(summary, fitted, refits, folder)
    failed = [finding for finding in summary.checks if finding.gate and not finding.passed]
    for finding in failed:
        print(f"check failed: {finding.sentence} (threshold {finding.threshold:g})",
              file=sys.stderr)  # fmt: skip
    for sentence in fitted.draws.messages:
        print(f"note: {sentence}", file=sys.stderr)
    return FAILED_GATE if failed and not allow else DONE


def _spoken() -> str:
    import shlex

    return shlex.join(sys.argv[1:])


def _print_summary(summary: Any, fitted: Fit, refits: Refits | None, folder: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from bayespool.report.refit_words import sentences
    from bayespool.report.wording import counted

    table = Table(
        title=f"{fitted.model.title}, "
        f"{counted(fitted.hierarchy.n_studies, 'study', 'studies')}, {fitted.engine}"
    )
    for column in ("", "median", "95 % interval (equal-tailed)", "MCSE"):
        table.add_column(column, justify="left" if not column else "right")
    for name in FIRST_LINES:
        if name in summary.estimates:
            e = summary.estimates[name]
            table.add_row(name, f"{e.median:.3f}", f"{e.lower:.3f} to {e.upper:.3f}",
                          f"{e.mcse_median:.4f}")  # fmt: skip
    console = Console()
    console.print(table)
    for text in sentences(fitted, refits) if refits is not None else ():
        console.print(text, highlight=False, markup=False)
    if folder is not None:
        console.print(f"report: {folder / 'index.html'}", highlight=False, soft_wrap=True)


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
