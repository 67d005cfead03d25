"""What the command line prints of a fit: a table of its first numbers, then sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bayespool.checks import convergence
from bayespool.report import effect_words, incomplete
from bayespool.report.refit_words import sentences
from bayespool.report.summary import comparisons
from bayespool.report.wording import counted
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit
    from bayespool.report.refits import Refits
    from bayespool.report.summary import Summary

ENDINGS = tuple(dict.fromkeys(measure.ending for measure in MEASURES.values() if measure.ending))
FIRST_LINES = (*(f"mu_{ending}" for ending in ENDINGS), "mu",
               *(f"mu_new_{ending}" for ending in ENDINGS), "mu_new", "tau", "tau_within",
               "psi", "icc", "I2",
               "sens", "spec", "sens_difference", "spec_difference", "lr_pos", "lr_neg", "dor",
               "auc", "sens_new", "spec_new", "tau_sens", "tau_spec", "rho")  # fmt: skip
OF_GROUPS = ("sens", "spec", "sens_difference", "spec_difference", "tau_sens", "tau_spec", "rho")
OWN = ("beta_", "Lambda", "Theta", "shape", "sigma_", "tau_within_", "rho_within", "dependence_",
       "nu")  # fmt: skip
SMALLEST = 0.001  # of a probability that is printed


def print_answer(fitted: Fit) -> None:
    """Print what is known as soon as a fit is: its first numbers, and how its groups compare."""
    table = Table(
        title=f"{fitted.model.title}, "
        f"{counted(fitted.hierarchy.n_studies, 'study', 'studies')}, {fitted.engine}"
    )
    for column in ("", "median", "95 % interval (equal-tailed)", "MCSE"):
        table.add_column(column, justify="left" if not column else "right", overflow="fold")
    for e in first_lines(fitted.estimates, fitted):
        table.add_row(e.name.replace("[", "\\["), f"{e.median:.3f}",
                      f"{e.lower:.3f} to {e.upper:.3f}", f"{e.mcse_median:.4f}")  # fmt: skip
    console = Console()
    console.print(table)
    failed = (f"Do not use these numbers: {f.sentence}" for f in convergence.check(fitted)
              if f.gate and not f.passed)  # fmt: skip
    for text in (*failed, *statements(fitted)):
        console.print(text, highlight=False, markup=False)


def print_rest(summary: Summary, fitted: Fit, refits: Refits | None, out: Path | None) -> None:
    """Print what took longer: rows that are no full results, refits, the check, the report."""
    console = Console()
    of_refits = sentences(fitted, refits) if refits is not None else ()
    checked = (f.sentence for f in summary.checks if f.name == "engines_agree")
    about_rows = (*incomplete.sentences(fitted), *effect_words.without_contrast(fitted))
    for text in (*about_rows, *of_refits, *checked):
        console.print(text, highlight=False, markup=False)
    if out is not None:
        console.print(f"report: {out / 'index.html'}", highlight=False, soft_wrap=True)


def first_lines(estimates: Mapping[str, Estimate], fitted: Fit) -> Iterator[Estimate]:
    """The estimates to print: pooled values, those of groups, and the model's own parameters."""
    for first in FIRST_LINES:
        for name, estimate in estimates.items():
            if first == name or (first in OF_GROUPS and first == estimate.estimand.stem):
                yield estimate
    for name in fitted.hierarchy.names:
        if name.startswith(OWN):
            yield estimates[name]


def statements(fitted: Fit) -> Iterator[str]:
    """Probability statements of a model that compares groups, as lines."""
    for p in comparisons(fitted):
        if p.prob < SMALLEST or p.prob > 1.0 - SMALLEST:
            yield f"{p.statement} {f'< {SMALLEST}' if p.prob < SMALLEST else f'> {1 - SMALLEST}'}"
        else:
            yield f"{p.statement} = {p.prob:.3f} (Monte Carlo error {p.mcse:.4f})"
