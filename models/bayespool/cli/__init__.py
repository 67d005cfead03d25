"""The command line: parses, calls, prints. No statistics of its own.

Exit codes: 0 done; 1 the fit failed a gate (the report is written and says so); 2 the request or
the table is wrong, or a disk refuses (nothing is written); 70 a fault of the program, with its
traceback; 130 interrupted (nothing is written).
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from cyclopts import App, CycloptsError, Group, Parameter

from bayespool import __version__
from bayespool.cli.batches import batch
from bayespool.cli.delivery import DONE
from bayespool.cli.exports import export
from bayespool.cli.fits import accuracy, association
from bayespool.cli.page import app as open_page
from bayespool.cli.panel import judgement_form, summary_of_findings
from bayespool.cli.saved import report
from bayespool.cli.tables import check, datasets, template
from bayespool.terminal import INTERRUPTED

WRONG_INPUT, FAULT = 2, 70
PACKAGE = Path(__file__).parents[1]
COMMANDS: dict[Group, tuple[Any, ...]] = {
    Group("A table", sort_key=1): (template, check, datasets),
    Group("Pooling", sort_key=2): (accuracy, association, batch),
    Group("Reports", sort_key=3): (report, judgement_form, summary_of_findings, export),
}
EXAMPLES = """Examples:

    bayespool template accuracy --out review.csv    an example table to fill in
    bayespool check review.csv                      how is it read?
    bayespool accuracy review.csv                   writes reports/review/
    bayespool association trials.csv --measure or   odds ratios
    bayespool accuracy --help                       all options of a command"""
OF_COMMAND = {
    "accuracy": """Examples:

    bayespool accuracy review.csv --prevalence 0.1 --leave-one-out
    bayespool accuracy review.csv --covariate generation
    bayespool accuracy review.csv --test test --shared
    bayespool accuracy review.csv --prior "tau_sens=HalfNormal(0.5)" --engine both""",
    "association": """Examples:

    bayespool association trials.csv --measure or --mid 1.25 --baseline-risk 0.2
    bayespool association trials.csv --measure or --bias robma
    bayespool association review.rm5 --outcome 1.2""",
    "batch": """Examples:

    bayespool batch plan.csv --out answers
    bayespool batch review.zip --out answers
    bayespool batch tables.parquet --measure or --out answers --scheduler tcp://10.0.0.1:8786""",
    "template": """Examples:

    bayespool template
    bayespool template or --out trials.xlsx""",
    "check": """Examples:

    bayespool check review.xlsx --sheet 2024 --map "tp=True pos"
    bayespool check trials.csv --measure or""",
    "report": """Examples:

    bayespool report reports/review --prevalence 0.05 --threshold sens=0.8,0.9
    bayespool report reports/review --judgements judgements.toml""",
    "export": """Examples:

    bayespool export reports/review --to fhir --out evidence.json
    bayespool export reports/review --to gradepro --out profile.csv""",
}


def _default(value: object) -> object:
    """What help shows of a default; nothing where nothing is asked for."""
    return value if value not in ((), "", False) else None


app = App(
    name="bayespool",
    version=__version__,
    help="Bayesian meta-analysis of diagnostic accuracy and outcome associations.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=(), show_default=_default),
    group_parameters=Group("Options", sort_key=1),
    group_commands=Group("Help", sort_key=4),
    help_epilogue=EXAMPLES,
)
for group, commands in COMMANDS.items():
    for place, command in enumerate(commands):
        examples = OF_COMMAND.get(command.__name__, "")
        app.command(command, group=group, sort_key=place, help_epilogue=examples)
app.command(open_page, name="app", group=Group("A page to click", sort_key=0))
for name in ("accuracy", "association"):
    app[name].group_parameters = Group("The model", sort_key=1)


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
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except (TableError, ValueError, OSError) as error:
        print(error if _meant(error) else _of_the_system(error), file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except Exception:
        _confess()
    sys.exit(code if isinstance(code, int) else DONE)


def _meant(error: Exception) -> bool:
    """It was raised in words by this package, and did not come out of a computation."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return False
    file = last.tb_frame.f_code.co_filename
    line = linecache.getline(file, last.tb_lineno).strip()
    return Path(file).is_relative_to(PACKAGE) and line.startswith("raise ")


def _of_the_system(error: Exception) -> str:
    """A full disk, a folder that is not there, in a line; what is no such thing is our fault."""
    if not isinstance(error, OSError):
        _confess()
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; nothing was changed"


def _confess() -> NoReturn:
    """The traceback of a fault of our own, and what to do with it."""
    traceback.print_exc()
    print(
        "This is a fault of bayespool, not of the table: please report it with the lines above, "
        "the command and, if it may be shown, the table.",
        file=sys.stderr,
    )
    sys.exit(FAULT)
